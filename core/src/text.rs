//! Searching and joining texts, in little code: the standard library's ways are made for long ones, and five kilobytes.

/// Where `part` first stands in `text`.
#[inline(never)]
pub fn find(text: &str, part: &str) -> Option<usize> {
    (0..=text.len().checked_sub(part.len())?).find(|&at| text.as_bytes()[at..].starts_with(part.as_bytes()))
}

/// What stands before the first `part`, and what behind it.
pub fn split<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, part)?;
    Some((&text[..at], &text[at + part.len()..]))
}

/// What stands before the last `part`, and what behind it.
pub fn split_last<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let (mut before, mut behind) = split(text, part)?;
    while let Some((more, rest)) = split(behind, part).filter(|_| !part.is_empty()) {
        (before, behind) = (&text[..before.len() + part.len() + more.len()], rest);
    }
    Some((before, behind))
}

/// Whether `part` stands in `text`.
pub fn contains(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

/// Whether `text` has this character. The standard library's way goes by that of whole texts.
pub fn has(text: &str, character: char) -> bool {
    text.chars().any(|other| other == character)
}

/// Whether `text` has the shape of the ids Spark gives: 8-4-4-4-12 hexadecimal digits.
#[inline(never)]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `text` with every `part` replaced; an empty one is nowhere.
pub fn replace(mut text: &str, part: &str, by: &str) -> String {
    let mut replaced = String::new();
    while let Some(at) = find(text, part).filter(|_| !part.is_empty()) {
        replaced.push_str(&text[..at]);
        replaced.push_str(by);
        text = &text[at + part.len()..];
    }
    replaced.push_str(text);
    replaced
}

/// The texts with `by` between them.
pub fn join<T: AsRef<str>>(texts: &[T], by: &str) -> String {
    let mut joined = String::new();
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            joined.push_str(by);
        }
        joined.push_str(text.as_ref());
    }
    joined
}

/// The text in quotation marks, as messages show it: what is not seen, or turns around what is, as its escape.
#[inline(never)]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if is_unseen(character) => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
            _ => {
                if matches!(character, '"' | '\\') {
                    quoted.push('\\');
                }
                quoted.push(character);
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Controls, blanks other than the ordinary one, marks that have no shape or a direction, and what has no meaning.
fn is_unseen(character: char) -> bool {
    matches!(u32::from(character),
        0..=0x1f | 0x7f..=0xa0 | 0xad | 0x61c | 0x1680 | 0x180e | 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000
        | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xfffb | 0xe0000..)
}

/// The texts, one behind the other.
#[inline(never)]
pub fn concat(texts: &[&str]) -> String {
    join(texts, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_seen_and_stays_in_its_quotation_marks() {
        for text in [
            "",
            "a b",
            "é→七😀",
            "\"\\",
            "\0\x07\n\r\t\x7f\u{9f}\u{a0}",
            "\u{ad}\u{200b}\u{202e}\u{2028}\u{feff}\u{3000}",
        ] {
            assert_eq!(quoted(text), format!("{text:?}").replace("\\0", "\\u{0}"));
        }
    }

    #[test]
    fn texts_are_joined() {
        for texts in [&[][..], &["a"], &["", ""], &["a", "", "b"]] {
            assert_eq!(join(texts, ", "), texts.join(", "));
        }
    }

    #[test]
    fn parts_are_found_where_the_standard_library_finds_them() {
        for text in ["", "a", "ab", "abab", "aab", "éa→b", "ab→ab", "a.b.c"] {
            for part in ["", "a", "b", "ab", "→", "aa", "abc", "é", "."] {
                assert_eq!(find(text, part), text.find(part), "{part:?} in {text:?}");
                assert_eq!(split(text, part), text.split_once(part), "{part:?} in {text:?}");
                assert!(part.is_empty() || split_last(text, part) == text.rsplit_once(part), "{part:?} in {text:?}");
                assert_eq!(contains(text, part), text.contains(part), "{part:?} in {text:?}");
                if !part.is_empty() {
                    assert_eq!(replace(text, part, "-é"), text.replace(part, "-é"), "{part:?} in {text:?}");
                }
            }
            assert_eq!(replace(text, "", "-"), text);
        }
    }

    #[test]
    fn only_the_shape_of_an_id_counts_as_one() {
        assert!(is_uuid("f64ed9a1-0d8d-4b32-8f7c-6a4b2f3e9F00"));
        for text in ["", "f64ed9a1", "f64ed9a1-0d8d-4b32-8f7c-6a4b2f3e9f0g", "f64ed9a1x0d8d-4b32-8f7c-6a4b2f3e9f00"] {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
