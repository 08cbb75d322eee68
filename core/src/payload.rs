//! Requests and responses as text and bytes, which nobody looks into.

use crate::error::{Code, Failure, Result};
use crate::raw::Raw;
use crate::request::{listed, refuse, version_id};

/// How a call wants its response, where it is not as an object.
pub fn output(value: &Raw) -> Result<Option<&'static str>> {
    let known = |text: &str| ["string", "bytes"].into_iter().find(|&known| known == text);
    match value {
        Raw::Undefined => Ok(None),
        Raw::Text(text) if text == "object" => Ok(None),
        Raw::Text(text) if known(text).is_some() => Ok(known(text)),
        other => Err(refuse("options.output", other, "\"object\", \"string\" or \"bytes\"")),
    }
}

/// The version id of a request that is text or bytes, which are not looked into.
pub fn raw_version_id(argument: &Raw, configured: &[&str]) -> Result<String> {
    version_id(argument, &Raw::Undefined, &Raw::Undefined)?.ok_or_else(|| {
        let message = format!(
            "A request that is text or bytes is not looked into: give the version id as the second argument. {}",
            listed(configured)
        );
        Failure::new(Code::VersionIdMissing, message).at("versionId")
    })
}

/// A text that is longer than the browser's texts can be.
pub fn too_long(what: &str, advice: &str) -> Failure {
    let message = format!("{what} is longer than a text can be in this browser (in Chromium about 512 MB). {advice}");
    Failure::new(Code::PayloadTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::check_request;

    fn text(text: &str) -> Raw {
        Raw::Text(text.into())
    }

    /// The code and path of a failure.
    fn at<T: std::fmt::Debug>(result: Result<T>) -> (Code, String) {
        let failure = result.unwrap_err();
        (failure.code, failure.into_facts().path.unwrap())
    }

    #[test]
    fn the_output_is_one_of_three() {
        for (value, found) in [
            (Raw::Undefined, None),
            (text("object"), None),
            (text("string"), Some("string")),
            (text("bytes"), Some("bytes")),
        ] {
            assert_eq!(output(&value), Ok(found));
        }
        for bad in [Raw::Null, text("Bytes"), text(""), Raw::Bool(true), Raw::Object(vec![])] {
            assert_eq!(at(output(&bad)), (Code::RequestInvalid, "options.output".into()), "{bad:?}");
        }
    }

    #[test]
    fn text_and_bytes_need_a_version_id_beside_them() {
        assert_eq!(raw_version_id(&text(" a "), &[]), Ok("a".into()));
        for none in [Raw::Undefined, Raw::Null, text(" ")] {
            let failure = raw_version_id(&none, &["only"]).unwrap_err();
            assert!(failure.message.ends_with("second argument. Configured: only."), "{failure}");
            assert_eq!(at::<()>(Err(failure)), (Code::VersionIdMissing, "versionId".into()));
        }
        assert_eq!(at(raw_version_id(&Raw::Number(1.0), &[])), (Code::RequestInvalid, "versionId".into()));
        let bytes = Raw::Bytes("Uint8Array".into(), 0.0);
        assert!(check_request(&bytes).unwrap_err().message.contains("execute(request, versionId)"));
    }
}
