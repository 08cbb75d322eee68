//! Under what name an unpacked model is kept, for later visits of the page.
//!
//! The name says all that decides what is unpacked: which package it is, and how it is read. Nobody asks a server whether it
//! has changed; so what is found under a name is used until it is cleared.

use crate::config::{Model, UrlRequest};
use crate::number::number;

/// Where a model is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// All that decides what is unpacked. It may hold secrets: a sum of it is the name.
    pub key: String,
    /// What is told of it: the address without its query, or the sum that names the package.
    pub source: String,
}

/// An address without its query, which may carry a signature or a token.
#[inline(never)]
pub fn without_query(url: &str) -> &str {
    let end = url.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    &url[..end.unwrap_or(url.len())]
}

/// The place of a model whose engine may have so many pages, as far as it can be told: by its `integrity`, before anything is
/// read (without an `address`), else by that.
pub fn place(model: &Model, max_pages: f64, address: Option<&UrlRequest>) -> Option<Place> {
    if !model.cache {
        return None;
    }
    let mut key = number(max_pages);
    key.push_str(if model.verify_checksums { " verified\n" } else { "\n" });
    let source = match (&model.integrity, address) {
        (Some(integrity), None) => {
            key.push_str(integrity);
            integrity
        }
        (None, Some(UrlRequest { url, headers, credentials })) if url.starts_with("http") => {
            // What comes may depend on who asks.
            key.push_str(credentials.as_str());
            for (name, value) in headers {
                for text in ["\n", name, ":", value] {
                    key.push_str(text);
                }
            }
            key.push('\n');
            key.push_str(url);
            without_query(url)
        }
        _ => return None,
    };
    let source = source.to_owned();
    Some(Place { key, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Config, Credentials};
    use crate::raw::Raw;

    fn model(members: &[(&str, Raw)]) -> Model {
        let mut all = vec![("versionId".to_owned(), Raw::Text("a".into())), ("binary".to_owned(), Raw::Function)];
        all.extend(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        let models = Raw::Array(vec![Raw::Object(all)]);
        let top = vec![("nodegenModels".to_owned(), models), ("cache".to_owned(), Raw::Bool(true))];
        let Config { mut models, .. } = config::parse(&Raw::Object(top)).unwrap().config;
        models.remove(0)
    }

    fn fetch(url: &str, headers: &[(&str, &str)], credentials: Credentials) -> UrlRequest {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        UrlRequest { url: url.into(), headers, credentials }
    }

    const SUM: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn all_that_decides_what_is_unpacked_is_in_the_key() {
        let plain = model(&[]);
        let unverified = model(&[("verifyChecksums", Raw::Bool(false))]);
        let url = "https://h/a.zip?x=1";
        let key = |model: &Model, pages: f64, address: &UrlRequest| place(model, pages, Some(address)).unwrap().key;
        let keys = [
            key(&plain, 65_536.0, &fetch(url, &[], Credentials::SameOrigin)),
            key(&plain, 1_024.0, &fetch(url, &[], Credentials::SameOrigin)),
            key(&unverified, 65_536.0, &fetch(url, &[], Credentials::SameOrigin)),
            key(&plain, 65_536.0, &fetch("https://h/a.zip?x=2", &[], Credentials::SameOrigin)),
            key(&plain, 65_536.0, &fetch(url, &[], Credentials::Include)),
            key(&plain, 65_536.0, &fetch(url, &[("a", "1")], Credentials::SameOrigin)),
            key(&plain, 65_536.0, &fetch(url, &[("a", "2")], Credentials::SameOrigin)),
            key(&plain, 65_536.0, &fetch(url, &[("a", "1"), ("b", "2")], Credentials::SameOrigin)),
            place(&model(&[("integrity", Raw::Text(SUM.into()))]), 65_536.0, None).unwrap().key,
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{key:?}");
        }
    }

    #[test]
    fn the_source_that_is_told_has_no_query() {
        for url in ["https://h/a.zip", "https://h/a.zip?x=1", "https://h/a.zip#x", "https://h/a.zip#x?y"] {
            assert_eq!(
                place(&model(&[]), 1.0, Some(&fetch(url, &[], Credentials::SameOrigin))).unwrap().source,
                "https://h/a.zip"
            );
        }
    }

    #[test]
    fn with_integrity_nothing_else_names_the_package() {
        let summed = model(&[("integrity", Raw::Text(SUM.into()))]);
        assert_eq!(place(&summed, 1.0, None).unwrap().source, SUM);
        assert_eq!(
            place(&summed, 1.0, Some(&fetch("https://h/a.zip", &[], Credentials::SameOrigin))),
            None,
            "it was looked for already"
        );
    }

    #[test]
    fn what_has_no_lasting_name_is_not_kept() {
        let plain = model(&[]);
        assert_eq!(place(&plain, 1.0, None), None);
        assert_eq!(place(&plain, 1.0, Some(&fetch("blob:https://h/1-2-3", &[], Credentials::SameOrigin))), None);
        let off = model(&[("cache", Raw::Bool(false))]);
        assert_eq!(place(&off, 1.0, Some(&fetch("https://h/a.zip", &[], Credentials::SameOrigin))), None);
    }
}
