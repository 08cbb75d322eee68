//! `binary`: where a model's package comes from.

use super::fields::{Fields, Notes, clipped, join, refuse, trimmed};
use super::text::{DeclaredType, TextKind, classify_text};
use crate::error::{Code, Failure, Result};
use crate::raw::Raw;

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

/// An address with what its request needs.
#[derive(Clone, PartialEq, Eq)]
pub struct UrlRequest {
    /// The address, trimmed, not yet resolved against the document.
    pub url: String,
    /// Request headers in the order given. They may hold secrets: `Debug` shows their names alone.
    pub headers: Vec<(String, String)>,
    /// The fetch option of the same name.
    pub credentials: Credentials,
}

/// The fetch option `credentials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Never send cookies.
    Omit,
    /// Send cookies to the page's own origin: what fetch does by default.
    #[default]
    SameOrigin,
    /// Always send cookies.
    Include,
}

impl Credentials {
    const ALL: [Credentials; 3] = [Credentials::Omit, Credentials::SameOrigin, Credentials::Include];

    /// The value fetch takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Credentials::Omit => "omit",
            Credentials::SameOrigin => "same-origin",
            Credentials::Include => "include",
        }
    }
}

impl std::fmt::Debug for UrlRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("UrlRequest").field("headers", &names).field("credentials", &self.credentials).finish()
    }
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
            Some(fields) => object(&fields, other, notes).map(BinaryKind::UrlObject),
            None => Err(hinted(path, other)),
        },
    }
}

/// An empty package fails when it is loaded, so that the other models keep working; it is told at once all the same.
fn empty(path: &str, notes: &mut Notes) {
    notes.warn(format!("empty {path}"), || {
        format!("{path} is empty (a transferred ArrayBuffer is empty too): running this model will fail.")
    });
}

fn too_long(path: &str, found: &Raw) -> Failure {
    refuse(path, found, &format!("a URL of at most {} characters, or a zip as base64 text", Raw::SHORT_TEXT))
}

/// A refusal with advice for the mistakes that are easy to make.
fn hinted(path: &str, found: &Raw) -> Failure {
    let advice = match found {
        Raw::Array(_) => " Give the bytes as new Uint8Array(array).",
        Raw::Other(name) if name.to_lowercase().contains("promise") => {
            " Await it first, or give a function that returns it."
        }
        Raw::Null => " A model that is to be loaded later can be given as a function.",
        _ => "",
    };
    let mut failure = refuse(path, found, ACCEPTED);
    failure.message.push_str(advice);
    failure
}

/// `{ url, headers, credentials }`.
fn object(fields: &Fields<'_>, value: &Raw, notes: &mut Notes) -> Result<UrlRequest> {
    let path = fields.path.as_str();
    let Some(address) = fields.get("url") else {
        let mut failure = refuse(path, value, ACCEPTED);
        if fields.get("wasm").is_some() && fields.get("js").is_some() {
            failure.message.push_str(" Separate wasm and js files are not taken: give the zip that holds them.");
        } else if matches!(fields.get("type"), Some(Raw::Text(kind)) if kind == "Buffer") {
            failure.message.push_str(" This is a Buffer that went through JSON: give Uint8Array.from(object.data).");
        } else {
            failure.message.push_str(" An object needs the field url.");
        }
        return Err(failure);
    };
    let at = fields.at("url");
    let url = match address {
        Raw::Text(text) | Raw::Url(text) if !trimmed(text).is_empty() => trimmed(text).to_owned(),
        Raw::LongText(..) => return Err(too_long(&at, address)),
        other => return Err(refuse(at, other, "a URL: text or a URL object")),
    };
    let credentials = match fields.get("credentials") {
        None => Credentials::default(),
        Some(given) => Credentials::ALL
            .into_iter()
            .find(|option| matches!(given, Raw::Text(text) if text == option.as_str()))
            .ok_or_else(|| refuse(fields.at("credentials"), given, r#""omit", "same-origin" or "include""#))?,
    };
    let headers = match fields.get("headers") {
        None => Vec::new(),
        Some(given) => headers(given, &fields.at("headers"))?,
    };
    notes.unknown(fields, "binary", &["url", "headers", "credentials"], (&[], ""));
    Ok(UrlRequest { url, headers, credentials })
}

/// Headers as an object, or as `[name, value]` pairs (which is how the shell shows a `Headers` instance).
fn headers(value: &Raw, path: &str) -> Result<Vec<(String, String)>> {
    const ACCEPTED: &str = "an object of header names and text values, Headers, or an array of [name, value] pairs";
    let pairs: Vec<(String, &Raw, String)> = match value {
        Raw::Object(members) => {
            let present = members.iter().filter(|(_, value)| *value != Raw::Undefined);
            present.map(|(name, value)| (name.clone(), value, join(path, name))).collect()
        }
        Raw::Array(items) => {
            let mut pairs = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let at = format!("{path}[{index}]");
                match item {
                    Raw::Array(pair) => match pair.as_slice() {
                        [Raw::Text(name), value] => pairs.push((name.clone(), value, at)),
                        _ => return Err(refuse(at, item, "a [name, value] pair")),
                    },
                    other => return Err(refuse(at, other, "a [name, value] pair")),
                }
            }
            pairs
        }
        other => return Err(refuse(path, other, ACCEPTED)),
    };
    pairs.into_iter().map(|(name, value, at)| header(name, value, at)).collect()
}

/// One header. What it holds is never repeated in a message.
fn header(name: String, value: &Raw, at: String) -> Result<(String, String)> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        let message = format!("{at} is not a header: {:?} is not a header name.", clipped(&name));
        return Err(Failure::new(Code::ConfigInvalid, message).at(at));
    }
    match value {
        Raw::Text(text) if text.chars().all(|c| !matches!(c, '\0' | '\r' | '\n') && u32::from(c) <= 0xff) => {
            Ok((name, trimmed(text).to_owned()))
        }
        Raw::Text(_) => {
            let message = format!("{at} holds a line break, or a character beyond Latin-1, which no header can carry.");
            Err(Failure::new(Code::ConfigInvalid, message).at(at))
        }
        other => Err(refuse(at, other, &format!("text of at most {} characters", Raw::SHORT_TEXT))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        failure.message
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

    #[test]
    fn a_url_object_is_a_whole_request() {
        let headers = object(&[("Authorization", text(" Bearer a ")), ("X-Gone", Raw::Undefined)]);
        let value = object(&[
            ("url", text(" a.zip ")),
            ("headers", headers),
            ("credentials", text("include")),
            ("header", Raw::Null),
        ]);
        let (kind, told) = read(&value);
        let request = UrlRequest {
            url: "a.zip".into(),
            headers: vec![("Authorization".into(), "Bearer a".into())],
            credentials: Credentials::Include,
        };
        assert_eq!(kind, Ok(BinaryKind::UrlObject(request)));
        assert!(told.len() == 1 && told[0].contains("did you mean headers?"), "{told:?}");

        let pairs = Raw::Array(vec![Raw::Array(vec![text("a"), text("1")]), Raw::Array(vec![text("a"), text("2")])]);
        let value = object(&[("url", Raw::Url("https://a.example/".into())), ("headers", pairs)]);
        let Ok(BinaryKind::UrlObject(request)) = read(&value).0 else { panic!("{value:?}") };
        assert_eq!(request.headers, [("a".into(), "1".into()), ("a".into(), "2".into())]);
        assert_eq!((request.url.as_str(), request.credentials.as_str()), ("https://a.example/", "same-origin"));
    }

    #[test]
    fn a_url_object_is_checked_member_by_member() {
        let given = |key, value| object(&[("url", text("a.zip")), (key, value)]);
        for bad in [text(" "), Raw::Null, Raw::Function, Raw::LongText("https:".into(), 1e6)] {
            refused(&object(&[("url", bad)]), "nodegenModels[0].binary.url", "URL");
        }
        for bad in [text("always"), Raw::Bool(true), Raw::Null] {
            refused(&given("credentials", bad), "nodegenModels[0].binary.credentials", r#""omit", "same-origin""#);
        }
        for bad in [text("a: b"), Raw::Null, Raw::Other("a Map".into())] {
            refused(&given("headers", bad), "nodegenModels[0].binary.headers", "an object of header names");
        }
        for bad in [text("a"), Raw::Array(vec![text("a")]), Raw::Array(vec![Raw::Null, text("a")])] {
            let pairs = given("headers", Raw::Array(vec![bad]));
            refused(&pairs, "nodegenModels[0].binary.headers[0]", "a [name, value] pair");
        }
    }

    #[test]
    fn headers_are_such_as_http_can_carry_and_stay_secret() {
        let header = |name: &str, value| object(&[("url", text("a.zip")), ("headers", object(&[(name, value)]))]);
        let at = r#"nodegenModels[0].binary.headers["X-Key"]"#;
        for bad in ["secret\r\nX: y", "secret\0", "secret €"] {
            assert!(!refused(&header("X-Key", text(bad)), at, "no header can carry").contains("secret"));
        }
        for bad in [Raw::Number(1.0), Raw::Null, Raw::LongText("secret".into(), 1e6)] {
            assert!(!refused(&header("X-Key", bad), at, "text of at most").contains("secret"));
        }
        for name in ["", "a b", "ä", "a:"] {
            let failure = read(&header(name, text("x"))).0.unwrap_err();
            assert!(failure.message.contains("not a header name"), "{failure}");
        }
        let shown = format!("{:?} {:?}", read(&header("X-Key", text("secret"))).0, BinaryKind::Url("secret".into()));
        assert!(shown.contains("X-Key") && !shown.contains("secret"), "{shown}");
    }
}
