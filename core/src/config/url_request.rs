//! `{ url, headers, credentials }`: a package behind an address that needs more than a plain request.

use super::fields::{Fields, Notes, clipped, join, refuse, trimmed, wrong};
use crate::error::{Failure, Result};
use crate::raw::Raw;
use crate::text;

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

/// A text that is an address but too long to be one.
pub(super) fn too_long(path: &str, found: &Raw) -> Failure {
    refuse(path, found, &format!("a URL of at most {} characters, or a zip as base64 text", Raw::SHORT_TEXT))
}

/// Reads `{ url, headers, credentials }`.
pub(super) fn parse(fields: &Fields<'_>, notes: &mut Notes) -> Result<UrlRequest> {
    let address = fields.get("url").unwrap_or(&Raw::Undefined);
    let at = fields.at("url");
    let url = match address {
        Raw::Text(text) | Raw::Url(text) if !trimmed(text).is_empty() => trimmed(text).to_owned(),
        Raw::LongText(..) => return Err(too_long(&at, address)),
        other => return Err(refuse(&at, other, "a URL: text or a URL object")),
    };
    let credentials = match fields.get("credentials") {
        None => Credentials::default(),
        Some(given) => Credentials::ALL
            .into_iter()
            .find(|option| matches!(given, Raw::Text(text) if text == option.as_str()))
            .ok_or_else(|| refuse(&fields.at("credentials"), given, r#""omit", "same-origin" or "include""#))?,
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
                let pair = if let Raw::Array(pair) = item { pair.as_slice() } else { &[] };
                let [Raw::Text(name), value] = pair else {
                    return Err(wrong(&at, " must be a [name, value] pair of texts."));
                };
                pairs.push((name.clone(), value, at));
            }
            pairs
        }
        // A text is not repeated: it may be the header itself.
        Raw::Text(_) => return Err(wrong(path, &format!(" must be {ACCEPTED}."))),
        other => return Err(refuse(path, other, ACCEPTED)),
    };
    pairs.into_iter().map(|(name, value, at)| header(name, value, at)).collect()
}

/// One header. What it holds is never repeated in a message.
fn header(name: String, value: &Raw, at: String) -> Result<(String, String)> {
    let token = |c: char| c.is_ascii_alphanumeric() || text::has("!#$%&'*+-.^_`|~", c);
    if name.is_empty() || !name.chars().all(token) {
        return Err(wrong(&at, &format!(" is not a header: {} is not a header name.", text::quoted(&clipped(&name)))));
    }
    let Raw::Text(text) = value else {
        return Err(refuse(&at, value, &format!("text of at most {} characters", Raw::SHORT_TEXT)));
    };
    // fetch trims as well; a token read from a file often ends in a line break.
    let text = trimmed(text);
    if text.chars().any(|c| matches!(c, '\0' | '\r' | '\n') || u32::from(c) > 0xff) {
        return Err(wrong(&at, " holds a line break, or a character beyond Latin-1, which no header can carry."));
    }
    Ok((name, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::binary::{self, BinaryKind};
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
        (binary::parse(value, AT, None, &mut notes), notes.into_texts())
    }

    #[track_caller]
    fn refused(value: &Raw, path: &str, part: &str) -> String {
        let failure = read(value).0.unwrap_err();
        assert_eq!((failure.code, failure.path.as_deref()), (Code::ConfigInvalid, Some(path)), "{failure}");
        assert!(failure.message.starts_with(path) && failure.message.contains(part), "{failure}: lacks {part}");
        failure.message.clone()
    }

    #[test]
    fn a_url_object_is_a_whole_request() {
        let headers = object(&[("Authorization", text(" Bearer a\n")), ("X-Gone", Raw::Undefined)]);
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
        for bad in [text("X-Key: secret"), Raw::Null, Raw::Other("a Map".into())] {
            let message =
                refused(&given("headers", bad), "nodegenModels[0].binary.headers", "an object of header names");
            assert!(!message.contains("secret"), "{message}");
        }
        for bad in [text("secret"), Raw::Array(vec![text("a")]), Raw::Array(vec![Raw::Null, text("a")])] {
            let pairs = given("headers", Raw::Array(vec![bad]));
            let message = refused(&pairs, "nodegenModels[0].binary.headers[0]", "a [name, value] pair");
            assert!(!message.contains("secret"), "{message}");
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
