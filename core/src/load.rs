//! Loading a model before its first call.

use crate::error::{Code, Failure, Result};
use crate::raw::Raw;
use crate::request::{listed, version_id};

/// The version id of the model that is to be loaded.
pub fn wanted(argument: &Raw, configured: &[&str]) -> Result<String> {
    version_id(argument, &Raw::Undefined, &Raw::Undefined)?.ok_or_else(|| {
        let message = format!("Give the version id of the model: load(versionId). {}", listed(configured));
        Failure::new(Code::VersionIdMissing, message).at("versionId")
    })
}

/// A model that is to be loaded is not on the page, and perhaps where the endpoint is.
#[cold]
pub fn only_online(mut failure: Failure) -> Failure {
    failure.message.push_str(" What only the endpoint has is not loaded: call execute.");
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::model_not_found;

    #[test]
    fn a_load_names_its_model() {
        assert_eq!(wanted(&Raw::Text(" A ".into()), &["A"]).unwrap(), "A");
        let failure = wanted(&Raw::Undefined, &["A"]).unwrap_err();
        assert_eq!((failure.code, failure.path.as_deref()), (Code::VersionIdMissing, Some("versionId")));
        assert!(failure.message.contains("load(versionId)") && failure.message.contains("Configured: A."), "{failure}");
        assert_eq!(wanted(&Raw::Number(1.0), &[]).unwrap_err().code, Code::RequestInvalid);
        assert!(only_online(model_not_found("b", &[])).message.ends_with("is not loaded: call execute."));
    }
}
