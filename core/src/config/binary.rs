//! `binary`: where a model's package comes from.

use super::fields::{Fields, Notes, refuse, trimmed};
use super::text::{DeclaredType, TextKind, classify_text};
use super::url_request::{self, UrlRequest, too_long};
use crate::error::{Failure, Result};
use crate::raw::Raw;
use crate::text::{self, concat};

/// What every refusal of a `binary` says is accepted.
pub(super) const ACCEPTED: &str = "the model's zip as base64 text, Blob, File, ArrayBuffer, typed array or Response, \
    a URL (text, URL object or { url, headers, credentials }), or a function that returns one of these";

/// What kind of thing `binary` is. Payloads stay in JavaScript.
#[derive(Clone, PartialEq, Eq)]
pub enum BinaryKind {
    /// Base64 text, perhaps with a `data:…;base64,` prefix, line breaks, or the URL-safe alphabet.
    Base64Text,
    /// An address given as text or as a `URL` object; trimmed, not yet resolved against the document.
    Url(String),
    /// `{ url, headers, credentials }`.
    UrlObject(UrlRequest),
    /// `ArrayBuffer`, typed array or `DataView`.
    Bytes,
    /// `Blob` or `File`.
    Blob,
    /// A fetch `Response`.
    Response,
    /// A function to call with the version id, once per load.
    Function,
}

impl std::fmt::Debug for BinaryKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BinaryKind::UrlObject(request) => request.fmt(f),
            // An address may be signed, and its signature is a secret.
            BinaryKind::Url(_) => f.write_str("Url"),
            BinaryKind::Base64Text => f.write_str("Base64Text"),
            BinaryKind::Bytes => f.write_str("Bytes"),
            BinaryKind::Blob => f.write_str("Blob"),
            BinaryKind::Response => f.write_str("Response"),
            BinaryKind::Function => f.write_str("Function"),
        }
    }
}

/// Reads the `binary` at `path`.
pub(super) fn parse(value: &Raw, path: &str, declared: Option<DeclaredType>, notes: &mut Notes) -> Result<BinaryKind> {
    match value {
        Raw::Text(text) => match classify_text(text, declared) {
            TextKind::Url if trimmed(text).is_empty() => Err(refuse(path, value, ACCEPTED)),
            TextKind::Url => Ok(BinaryKind::Url(trimmed(text).to_owned())),
            TextKind::Base64 => {
                if trimmed(text).is_empty() {
                    empty(path, notes);
                }
                Ok(BinaryKind::Base64Text)
            }
        },
        Raw::LongText(beginning, _) => match classify_text(beginning, declared) {
            TextKind::Base64 => Ok(BinaryKind::Base64Text),
            TextKind::Url => Err(too_long(path, value)),
        },
        Raw::Url(text) => Ok(BinaryKind::Url(text.clone())),
        Raw::Bytes(_, size) => {
            if *size == 0.0 {
                empty(path, notes);
            }
            Ok(BinaryKind::Bytes)
        }
        Raw::Blob => Ok(BinaryKind::Blob),
        Raw::Response => Ok(BinaryKind::Response),
        Raw::Function => Ok(BinaryKind::Function),
        other => match Fields::of(other, path) {
            Some(fields) if fields.get("url").is_some() => {
                url_request::parse(&fields, notes).map(BinaryKind::UrlObject)
            }
            _ => Err(hinted(path, other)),
        },
    }
}

/// An empty package fails when it is loaded, so that the other models keep working; it is told at once all the same.
fn empty(path: &str, notes: &mut Notes) {
    let text = " is empty (a transferred ArrayBuffer is empty too): running this model will fail.";
    notes.warn(concat(&["empty ", path]), concat(&[path, text]));
}

/// A refusal with advice for the mistakes that are easy to make.
fn hinted(path: &str, found: &Raw) -> Failure {
    let advice = match found {
        Raw::Array(_) => " Give the bytes as new Uint8Array(array).",
        Raw::Other(name) if text::contains(&name.to_ascii_lowercase(), "promise") => {
            " Await it first, or give a function that returns it."
        }
        Raw::Null => " A model that is to be loaded later can be given as a function.",
        Raw::Object(_) if found.get("wasm").is_some() && found.get("js").is_some() => {
            " Separate wasm and js files are not taken: give the zip that holds them."
        }
        Raw::Object(_) if matches!(found.get("type"), Some(Raw::Text(kind)) if kind == "Buffer") => {
            " This is a Buffer that went through JSON: give Uint8Array.from(object.data)."
        }
        Raw::Object(_) => " An object needs the field url.",
        _ => "",
    };
    let mut failure = refuse(path, found, ACCEPTED);
    failure.message.push_str(advice);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    const AT: &str = "nodegenModels[0].binary";

    fn text(text: &str) -> Raw {
        Raw::Text(text.into())
    }

    fn object(members: &[(&str, Raw)]) -> Raw {
        Raw::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    fn read(value: &Raw) -> (Result<BinaryKind>, Vec<String>) {
        let mut notes = Notes::default();
        (parse(value, AT, None, &mut notes), notes.into_texts())
    }

    #[track_caller]
    fn refused(value: &Raw, path: &str, part: &str) -> String {
        let failure = read(value).0.unwrap_err();
        assert_eq!((failure.code, failure.path.as_deref()), (Code::ConfigInvalid, Some(path)), "{failure}");
        assert!(failure.message.starts_with(path) && failure.message.contains(part), "{failure}: lacks {part}");
        failure.message.clone()
    }

    #[test]
    fn every_kind_is_told() {
        let url = || BinaryKind::Url("https://a.example/b.zip".into());
        for (value, kind) in [
            (text("UEsDBBQA"), BinaryKind::Base64Text),
            (Raw::LongText("UEsDBBQA".into(), 1e6), BinaryKind::Base64Text),
            (Raw::LongText("data:application/zip;base64,UEsDB".into(), 1e6), BinaryKind::Base64Text),
            (text(" https://a.example/b.zip\n"), url()),
            (Raw::Url("https://a.example/b.zip".into()), url()),
            (Raw::Bytes("Uint8Array".into(), 22.0), BinaryKind::Bytes),
            (Raw::Blob, BinaryKind::Blob),
            (Raw::Response, BinaryKind::Response),
            (Raw::Function, BinaryKind::Function),
        ] {
            assert_eq!(read(&value), (Ok(kind), vec![]), "{value:?}");
        }
    }

    #[test]
    fn an_empty_binary_is_told_but_kept() {
        for empty in [text(""), text(" \n"), Raw::Bytes("ArrayBuffer".into(), 0.0)] {
            let (kind, told) = read(&empty);
            assert!(kind.is_ok());
            assert!(told.len() == 1 && told[0].starts_with("nodegenModels[0].binary is empty"), "{told:?}");
        }
        let url = parse(&text(" "), AT, Some(DeclaredType::Url), &mut Notes::default());
        assert_eq!(url.unwrap_err().path.as_deref(), Some(AT));
    }

    #[test]
    fn what_cannot_be_a_package_is_refused_with_advice() {
        for (value, part) in [
            (Raw::Null, "given as a function"),
            (Raw::Number(1.0), "the number 1"),
            (Raw::Bool(true), "true"),
            (Raw::Array(vec![Raw::Number(80.0)]), "new Uint8Array(array)"),
            (Raw::Other("a Promise".into()), "Await it first"),
            (Raw::Other("a Map".into()), "found a Map"),
            (object(&[]), "needs the field url"),
            (object(&[("wasm", text("a")), ("js", text("b"))]), "give the zip"),
            (object(&[("type", text("Buffer")), ("data", Raw::Array(vec![]))]), "Uint8Array.from"),
            (Raw::LongText("https://a.example/".into(), 1e6), "at most 16384 characters"),
        ] {
            refused(&value, AT, part);
        }
        assert!(refused(&Raw::Null, AT, "found null").contains("ArrayBuffer"));
    }
}
