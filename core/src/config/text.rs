//! Base64 or URL? Both are text, and the contract lets `binary` be either.

use super::fields::trimmed;
use crate::text::split;

/// What a text given as `binary` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A zip in base64, perhaps behind `data:…;base64,`; whether it is *good* base64 shows when it is decoded.
    Base64,
    /// An address to fetch, absolute or relative to the document.
    Url,
}

/// The `type` of a model. The contract's callers write `"base64"` whatever the binary is, so only `url` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredType {
    /// `"base64"`, the contract's only value.
    Base64,
    /// `"binary"`, an older spelling.
    Binary,
    /// `"uint8array"`, an older spelling.
    Uint8Array,
    /// `"function"`, an older spelling.
    Function,
    /// `"url"`: a text is an address, even where it could be base64.
    Url,
}

impl DeclaredType {
    /// All types with their names, the contract's own first.
    pub const ALL: &[(&str, DeclaredType)] = &[
        ("base64", DeclaredType::Base64),
        ("binary", DeclaredType::Binary),
        ("uint8array", DeclaredType::Uint8Array),
        ("function", DeclaredType::Function),
        ("url", DeclaredType::Url),
    ];

    /// The type of this name; case does not matter.
    pub fn named(name: &str) -> Option<Self> {
        let name = trimmed(name);
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, declared)| declared)
    }
}

/// Decides what a text is from its beginning (64 characters or more of it) and the declared `type`.
///
/// The first line that applies decides; blanks and a byte order mark in front do not count:
///
/// | text                                                        | is     |
/// |-------------------------------------------------------------|--------|
/// | `data:` with `;base64` before the comma, or with no comma   | base64, decoded here: needs no network permission |
/// | `data:` otherwise                                           | URL    |
/// | `type: "url"`                                               | URL    |
/// | begins with `UEs`, as the base64 of every zip does          | base64 |
/// | begins with a scheme (`https:`, `blob:` …)                  | URL    |
/// | begins with `/`, `./`, `../`                                | URL    |
/// | looks like a path: see [`looks_like_path`]                  | URL    |
/// | anything else                                               | base64 |
///
/// So `type: "base64"` never turns an address into base64. A relative path of letters and slashes alone
/// (`models/cylinder`) could be either and is taken as base64: write `./models/cylinder`, or say `type: "url"`.
pub fn classify_text(beginning: &str, declared: Option<DeclaredType>) -> TextKind {
    let text = beginning.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        return match split(text, ",") {
            Some((header, _)) if !header.to_ascii_lowercase().ends_with(";base64") => TextKind::Url,
            _ => TextKind::Base64,
        };
    }
    let is_url = declared == Some(DeclaredType::Url)
        || !text.starts_with("UEs")
            && (has_scheme(text)
                || ["/", "./", "../"].iter().any(|start| text.starts_with(start))
                || looks_like_path(text));
    if is_url { TextKind::Url } else { TextKind::Base64 }
}

/// Whether the text begins with a URL scheme and its colon, which base64 cannot hold.
fn has_scheme(text: &str) -> bool {
    split(text, ":").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
    })
}

/// Whether the text is a relative path: it ends in `.zip` before any query, or it is free of blanks and has a `.`
/// or `?` between two letters or digits. Base64 has neither character; a damaged base64 text seldom has them so.
fn looks_like_path(text: &str) -> bool {
    let text = trimmed(text);
    let path = text.split(['?', '#']).next().unwrap_or(text);
    if path.to_ascii_lowercase().ends_with(".zip") {
        return true;
    }
    let letters: Vec<char> = text.chars().collect();
    !text.contains(char::is_whitespace)
        && letters.windows(3).any(|three| {
            matches!(three[1], '.' | '?') && three[0].is_ascii_alphanumeric() && three[2].is_ascii_alphanumeric()
        })
}

#[cfg(test)]
mod tests {
    use super::TextKind::{Base64, Url};
    use super::*;

    #[test]
    fn the_decision_table() {
        for (text, kind) in [
            // Base64, good or damaged.
            ("UEsDBBQAAAAI", Base64),
            ("UEsFBgAAAAAA", Base64),
            ("  \r\n\u{feff}UEsDBBQAAAAI", Base64),
            ("UEsDBBQA\r\nAAAI", Base64),
            ("UEsDBBQA-_A=", Base64),
            ("UEsDBB.AAA?a=b", Base64),
            ("aGVsbG8gd29ybGQ=", Base64),
            ("not base64!!", Base64),
            ("This is a sentence. It is not base64.", Base64),
            ("version 1.2 is not base64", Base64),
            ("aGVsbG8.=", Base64),
            ("%%%", Base64),
            ("???", Base64),
            ("", Base64),
            ("   ", Base64),
            // Data URLs.
            ("data:application/zip;base64,UEsDB", Base64),
            ("DATA:;BASE64,UEsDB", Base64),
            (" data:application/zip;name=a.zip;base64,UEsDB", Base64),
            ("data:application/x-a-very-long-type-name-that-is-cut-before-its-comm", Base64),
            ("data:application/zip,PK%03%04", Url),
            ("data:text/plain;charset=utf-8,UEsDB", Url),
            // Addresses.
            ("https://example.com/a.zip", Url),
            ("HTTP://example.com/a", Url),
            (" https://example.com/a.zip", Url),
            ("blob:https://example.com/0000", Url),
            ("file:///a.zip", Url),
            ("chrome-extension://a/b", Url),
            ("//cdn.example.com/a.zip", Url),
            ("/models/a", Url),
            ("./a", Url),
            ("../a", Url),
            ("a.zip", Url),
            ("models/a.zip", Url),
            ("my models/a b.ZIP?v=1#x", Url),
            ("models/v1.2/a", Url),
            ("download?id=5", Url),
            // Could be either.
            ("models/cylinder", Base64),
        ] {
            assert_eq!(classify_text(text, None), kind, "{text:?}");
            for &(name, declared) in DeclaredType::ALL {
                if declared != DeclaredType::Url {
                    assert_eq!(classify_text(text, Some(declared)), kind, "{text:?} as {name}");
                }
            }
        }
    }

    #[test]
    fn type_url_forces_an_address_except_for_base64_data() {
        for (text, kind) in [
            ("models/cylinder", Url),
            ("UEsDBBQA", Url),
            ("a", Url),
            ("data:application/zip;base64,UEsDB", Base64),
            ("data:application/zip,PK", Url),
        ] {
            assert_eq!(classify_text(text, Some(DeclaredType::Url)), kind, "{text:?}");
        }
    }

    #[test]
    fn types_are_named_in_any_case() {
        assert_eq!(DeclaredType::named("base64"), Some(DeclaredType::Base64));
        assert_eq!(DeclaredType::named(" Uint8Array "), Some(DeclaredType::Uint8Array));
        assert_eq!(DeclaredType::named("URL"), Some(DeclaredType::Url));
        assert_eq!(DeclaredType::named("zip"), None);
    }
}
