//! Entry names: taking them apart, comparing them, showing them.
//!
//! None of it is hot, all of it is called from many places: inlined, it would be a tenth of the reader's size.

use crate::text::quoted;

/// What follows the last separator; Windows tools write backslashes.
#[inline(never)]
pub(super) fn base(name: &str) -> &str {
    let start = name.bytes().rposition(is_separator).map_or(0, |at| at + 1);
    name.get(start..).unwrap_or_default()
}

/// The folder with its trailing separator, or nothing.
#[inline(never)]
pub(super) fn folder(name: &str) -> &str {
    &name[..name.len() - base(name).len()]
}

/// The folder around a folder (`"a/b/"` → `"a/"`).
#[inline(never)]
pub(super) fn parent(folder_name: &str) -> &str {
    folder(without_separator(folder_name))
}

/// A folder without its trailing separator.
pub(super) fn without_separator(folder_name: &str) -> &str {
    let end = folder_name.bytes().rposition(|byte| !is_separator(byte)).map_or(0, |at| at + 1);
    folder_name.get(..end).unwrap_or_default()
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// What operating systems and archivers add: never part of a model.
#[inline(never)]
pub(super) fn is_junk(name: &str) -> bool {
    let base = base(name);
    base.is_empty()
        || base.starts_with("._")
        || [".DS_Store", "Thumbs.db", "desktop.ini"].iter().any(|junk| base.eq_ignore_ascii_case(junk))
        || name.as_bytes().split(|&byte| is_separator(byte)).any(|segment| segment.eq_ignore_ascii_case(b"__MACOSX"))
}

/// What a name does that no file of a model needs. Nothing here follows names or uses them as keys; whoever unpacks the
/// same archive may.
#[inline(never)]
pub(super) fn hazard(name: &str) -> Option<&'static str> {
    let bytes = name.as_bytes();
    let leads_up = |segment: &[u8]| segment.trim_ascii() == b"..";
    let is_prototype =
        |segment: &[u8]| segment.strip_prefix(b"__proto__").is_some_and(|rest| rest.is_empty() || rest[0] == b'.');
    let any = |is: fn(&[u8]) -> bool| bytes.split(|&byte| is_separator(byte)).any(is);
    if bytes.contains(&0) {
        Some("has a NUL in it")
    } else if bytes.first().is_some_and(|&byte| is_separator(byte)) || bytes.get(1) == Some(&b':') {
        Some("is an absolute path")
    } else if any(leads_up) {
        Some("leads out of its folder")
    } else if any(is_prototype) {
        Some("is no name but a part of JavaScript")
    } else {
        None
    }
}

/// A name as messages show it: quoted, control characters escaped, bounded.
#[inline(never)]
pub(super) fn quote(name: &str) -> String {
    const LONGEST: usize = 120;
    let count = name.chars().count();
    if count <= LONGEST {
        return quoted(name);
    }
    let head: String = name.chars().take(LONGEST / 2).collect();
    let tail: String = name.chars().skip(count - LONGEST / 2).collect();
    quoted(&format!("{head}…{tail}"))
}

/// Some names as messages list them: the first few, and how many more there are.
#[inline(never)]
pub(super) fn list(names: &[&str]) -> String {
    const SHOWN: usize = 6;
    let mut text = String::new();
    for (index, name) in names.iter().take(SHOWN).enumerate() {
        text.push_str(if index == 0 { "" } else { ", " });
        text.push_str(&quote(name));
    }
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_by_either_separator() {
        assert_eq!((base("a/b.js"), folder("a/b.js")), ("b.js", "a/"));
        assert_eq!((base("a\\b.js"), folder("a\\b.js")), ("b.js", "a\\"));
        assert_eq!((base("b.js"), folder("b.js"), parent("")), ("b.js", "", ""));
        assert_eq!((parent("a/b/"), parent("a/")), ("a/", ""));
    }

    #[test]
    fn junk_is_what_no_compiler_makes() {
        for name in ["__MACOSX/._a.js", "x/__MACOSX/a.js", "x/._a.wasm", ".DS_Store", "x/.ds_store", "folder/", ""] {
            assert!(is_junk(name), "{name:?}");
        }
        for name in ["_a.js", "x/a.wasm", "macosx/a.js"] {
            assert!(!is_junk(name), "{name:?}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_known_and_odd_ones_let_be() {
        for (name, why) in [
            ("../a.js", "out"),
            ("a/../../b.js", "out"),
            ("a\\..\\b.js", "out"),
            ("..", "out"),
            ("a/.. /b", "out"),
            ("/a.js", "absolute"),
            ("\\a.js", "absolute"),
            ("\\\\host\\share\\a.js", "absolute"),
            ("C:\\a.js", "absolute"),
            ("c:a.js", "absolute"),
            ("a\0.js", "NUL"),
            ("__proto__", "JavaScript"),
            ("__proto__/a.js", "JavaScript"),
            ("x/__proto__.js", "JavaScript"),
        ] {
            assert!(hazard(name).is_some_and(|found| found.contains(why)), "{name:?}: {:?}", hazard(name));
        }
        for name in [
            "./a.js",
            "a/./b.js",
            "a..js",
            "..a/b",
            "...",
            "constructor",
            "prototype.js",
            "my__proto__.js",
            "a\\b.js",
            "é:a",
        ] {
            assert_eq!(hazard(name), None, "{name:?}");
        }
    }

    #[test]
    fn long_names_are_shown_bounded_and_escaped() {
        assert_eq!(quote("a\u{7}b"), r#""a\u{7}b""#);
        assert!(quote(&"é".repeat(70_000)).chars().count() < 130);
        assert_eq!(list(&["a", "b"]), r#""a", "b""#);
        assert!(list(&["x"; 9]).ends_with("and 3 more"));
    }
}
