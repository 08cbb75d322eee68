//! Decisions about one request before an engine sees it: which model, whether its shape can be computed, and the few
//! members of `request_meta` that engines misread.
//!
//! The shell shows the members it asks about as [`Raw`], carries an [`Edit`] out on a copy, and leaves the caller's
//! object alone. `request_data` itself never comes here.

use crate::config::{MAX_ID, clipped, trimmed};
use crate::error::{Code, Failure, Result};
use crate::raw::Raw;
use crate::suggest;
use crate::text;

/// How many configured ids a message lists.
const LISTED: usize = 5;

/// What to do with one member of the request's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<T> {
    /// Leave it as the caller wrote it (or left it out).
    Keep,
    /// Delete it.
    Remove,
    /// Give it this value.
    Set(T),
}

/// A `service_category` that is fit for the engine, and what it asks of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// What the engine should see.
    pub edit: Edit<String>,
    /// An entry is `metadata`: the outputs are overlaid by the package's static metadata.
    pub metadata: bool,
    /// An entry is `formspec`: the outputs are the package's form spec, unless `metadata` is there too.
    pub formspec: bool,
}

fn invalid(path: impl Into<String>, message: impl Into<String>) -> Failure {
    Failure::new(Code::RequestInvalid, message).at(path)
}

pub(crate) fn refuse(path: &str, found: &Raw, accepted: &str) -> Failure {
    invalid(path, format!("{path} must be {accepted}; found {}.", found.describe()))
}

/// The version id a call asks for: the argument, else `request_meta.version_id`, else `request_meta.version_uuid`.
///
/// `undefined`, `null` and blank text count as absent; the first one present decides and the rest are not looked at.
/// Blanks around the id are dropped. `None` when there is none: see [`missing_version_id`].
pub fn version_id(argument: &Raw, meta_version_id: &Raw, meta_version_uuid: &Raw) -> Result<Option<String>> {
    let places = [
        ("versionId", argument),
        ("request_meta.version_id", meta_version_id),
        ("request_meta.version_uuid", meta_version_uuid),
    ];
    for (path, value) in places {
        match value {
            Raw::Undefined | Raw::Null => {}
            Raw::Text(text) if trimmed(text).is_empty() => {}
            Raw::Text(text) => return Ok(Some(trimmed(text).to_owned())),
            other => return Err(refuse(path, other, &format!("text of at most {MAX_ID} characters"))),
        }
    }
    Ok(None)
}

/// The call does not say which model to run.
pub fn missing_version_id(configured: &[&str]) -> Failure {
    let message = format!(
        "The request does not say which model to run: give the version id as the second argument or in \
         request_meta.version_id, or its service in request_meta.service_uri, as text such as \"folder/service\". {}",
        listed(configured)
    );
    Failure::new(Code::VersionIdMissing, message).at("request_meta.version_id")
}

/// No configured model has the id; the caller may have meant a similar one.
pub fn model_not_found(id: &str, configured: &[&str]) -> Failure {
    let similar = match suggest::nearest(id, configured) {
        Some(near) => format!(" Did you mean {}?", clipped(near)),
        None => String::new(),
    };
    let message = format!(
        "Model {} cannot be found: no entry of nodegenModels has this versionId.{similar} {}",
        clipped(id),
        listed(configured)
    );
    Failure::new(Code::ModelNotFound, message)
}

pub(crate) fn listed(configured: &[&str]) -> String {
    let shown: Vec<String> = configured.iter().take(LISTED).map(|id| clipped(id)).collect();
    match configured.len() {
        0 => "No models are configured.".into(),
        1..=LISTED => format!("Configured: {}.", text::join(&shown, ", ")),
        count => format!("Configured: {} and {} more.", text::join(&shown, ", "), count - LISTED),
    }
}

/// `request_meta.requested_output` as engines take it: an array of names.
///
/// A text is a list of names between commas; one without any names is removed, because engines report even `""` as
/// an error. An array of texts, `null` and `undefined` stay. The shell passes a text of any length as [`Raw::Text`].
pub fn requested_output(value: &Raw) -> Result<Edit<Vec<String>>> {
    const PATH: &str = "request_meta.requested_output";
    match value {
        Raw::Undefined | Raw::Null => Ok(Edit::Keep),
        Raw::Text(text) => {
            let names: Vec<String> =
                text.split(',').map(trimmed).filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Ok(if names.is_empty() { Edit::Remove } else { Edit::Set(names) })
        }
        Raw::Array(items) => match items.iter().position(|item| !matches!(item, Raw::Text(_) | Raw::LongText(..))) {
            None => Ok(Edit::Keep),
            Some(index) => Err(refuse(&format!("{PATH}[{index}]"), &items[index], "the name of an output, as text")),
        },
        other => Err(refuse(PATH, other, "an array of output names, or text with the names between commas")),
    }
}

/// `request_meta.service_category`: names between commas, trimmed because blanks around a name would make
/// it another name.
///
/// `null` is removed: an engine throws on anything but text.
pub fn service_category(value: &Raw) -> Result<Category> {
    let text = match value {
        Raw::Undefined => return Ok(Category { edit: Edit::Keep, metadata: false, formspec: false }),
        Raw::Null => return Ok(Category { edit: Edit::Remove, metadata: false, formspec: false }),
        Raw::Text(text) => text,
        other => {
            return Err(refuse(
                "request_meta.service_category",
                other,
                "text: one category, or several between commas",
            ));
        }
    };
    let entries: Vec<&str> = text.split(',').map(trimmed).collect();
    let lists = |name: &str| entries.iter().any(|entry| entry.eq_ignore_ascii_case(name));
    let (metadata, formspec) = (lists("metadata"), lists("formspec"));
    let tidy = text::join(&entries, ",");
    let edit = if tidy == *text { Edit::Keep } else { Edit::Set(tidy) };
    Ok(Category { edit, metadata, formspec })
}

/// The warning of a member of a call's options, if nothing reads it.
pub fn unknown_option(name: &str) -> Option<String> {
    const KNOWN: [&str; 4] = ["signal", "timeout", "output", "privateKeys"];
    if KNOWN.contains(&name) {
        return None;
    }
    let hint = match suggest::nearest(name, &KNOWN) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the options of a call are {}.", text::join(&KNOWN, ", ")),
    };
    Some(format!("options.{} is not a known option and is ignored: {hint}", clipped(name)))
}

/// Refuses what is no request at all.
pub fn check_request(request: &Raw) -> Result<()> {
    match request {
        Raw::Object(_) => Ok(()),
        Raw::Text(_) | Raw::LongText(..) | Raw::Bytes(..) => Err(invalid(
            "input",
            "The request must be an object, or JSON of one as text or UTF-8 bytes; what was found does not begin with \
             {. If it is the version id, it comes second: execute(request, versionId).",
        )),
        other => {
            let message = format!(
                "The request must be an object such as {{ request_data: {{ inputs: {{}} }}, request_meta: {{}} }}; \
                 found {}.",
                other.describe()
            );
            Err(invalid("input", message))
        }
    }
}

/// Refuses a request that an engine would answer wrongly or choke on, judging by its outline.
///
/// Absent (`undefined` or `null`) `request_data` and `inputs` pass: the engine answers with its own validation error
/// beside the outputs of the workbook's defaults.
pub fn check_shape(request_data: &Raw, inputs: &Raw) -> Result<()> {
    member("request_data", request_data)?;
    if let Raw::Array(_) = inputs {
        let message = "request_data.inputs must be an object of input names and values; found an array. execute takes \
                       one set of inputs at a time, not a batch: call it once per set.";
        return Err(invalid("request_data.inputs", message));
    }
    member("request_data.inputs", inputs)
}

/// Refuses a `request_meta` that is no object; absent is fine.
pub fn check_meta(request_meta: &Raw) -> Result<()> {
    member("request_meta", request_meta)
}

fn member(path: &str, value: &Raw) -> Result<()> {
    match value {
        Raw::Undefined | Raw::Null | Raw::Object(_) => Ok(()),
        other => Err(refuse(path, other, "an object")),
    }
}

#[cfg(test)]
mod tests;
