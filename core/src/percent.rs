//! Percent-encoding of one segment of a path.

/// Whether a text can be one segment of a path: not empty, and not dots, which a browser would resolve away however
/// they are encoded.
pub fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !matches!(decoded(text).as_str(), "." | "..")
}

/// A text as one segment of a path, encoded as `encodeURIComponent` does.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    out
}

/// A text without percent-encoding. What is no valid encoding stays as it is: a `%` may be meant.
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_javascript_does() {
        for (text, expected) in [
            ("aZ09-_.!~*'()", "aZ09-_.!~*'()"),
            ("a b/c?d#e&f+g%", "a%20b%2Fc%3Fd%23e%26f%2Bg%25"),
            ("größe€😀", "gr%C3%B6%C3%9Fe%E2%82%AC%F0%9F%98%80"),
        ] {
            assert_eq!(encoded(text), expected);
            assert_eq!(decoded(expected), text);
        }
    }

    #[test]
    fn what_is_no_encoding_stays() {
        for text in ["100%", "100% a", "%zz", "%F", "%FF", "%C3", "+"] {
            assert_eq!(decoded(text), text);
        }
        assert_eq!(decoded("%41%zz%e2%82%ac"), "A%zz€");
    }

    #[test]
    fn dots_are_no_segment() {
        for bad in ["", ".", "..", "%2e", "%2E.", "%2e%2e"] {
            assert!(!is_segment(bad), "{bad:?}");
        }
        for good in ["...", ".a", "a", "%", " "] {
            assert!(is_segment(good), "{good:?}");
        }
    }
}
