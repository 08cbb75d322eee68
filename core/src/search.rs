//! Searching in short texts. The standard library's search is made for long ones, and three kilobytes larger.

/// Where `part` begins in `whole`; an empty one is nowhere.
#[inline(never)]
pub fn find(whole: &str, part: &str) -> Option<usize> {
    (0..whole.len()).find(|&at| !part.is_empty() && whole.as_bytes()[at..].starts_with(part.as_bytes()))
}

/// Whether `c` is in `text`: in the standard library, a search for a text.
#[inline(never)]
pub fn has(text: &str, c: char) -> bool {
    text.chars().any(|other| other == c)
}

/// Whether `part` is in `whole`.
pub fn contains(whole: &str, part: &str) -> bool {
    find(whole, part).is_some()
}

/// `whole` with every `part` replaced.
pub fn replaced(mut whole: &str, part: &str, with: &str) -> String {
    let mut text = String::new();
    while let Some(at) = find(whole, part) {
        text.push_str(&whole[..at]);
        text.push_str(with);
        whole = &whole[at + part.len()..];
    }
    text.push_str(whole);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_where_the_standard_library_finds_them() {
        for (whole, part) in
            [("abcabc", "abc"), ("abcabc", "cab"), ("éaé", "aé"), ("a", "ab"), ("", "a"), ("aab", "ab")]
        {
            assert_eq!(find(whole, part), whole.find(part), "{whole} {part}");
            assert_eq!(contains(whole, part), whole.contains(part), "{whole} {part}");
            assert_eq!(replaced(whole, part, "[c]"), whole.replace(part, "[c]"), "{whole} {part}");
        }
        assert!(has("aé😀", 'é') && has("aé😀", '😀') && !has("aé😀", 'b') && !has("", 'a'));
        assert_eq!(find("a", ""), None);
        assert_eq!(replaced("abca", "a", "aa"), "aabcaa");
    }
}
