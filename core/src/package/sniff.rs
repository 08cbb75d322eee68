//! What bytes that are no zip archive look like, for a message that says what to do.

/// Names the look of `head` (the first bytes of the input) and what to do about it.
pub(super) fn looks_like(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const MAGIC: &[(&[u8], &str, &str)] = &[
        (b"\0asm", "a bare WebAssembly module", "Give the whole package: the zip with the glue .js and the .wasm."),
        (b"\x1f\x8b", "gzip data", "Gunzip it first, or give the zip itself."),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Pack the model as a zip."),
        (b"Rar!", "a RAR archive", "Pack the model as a zip."),
        (b"BZh", "bzip2 data", "Pack the model as a zip."),
        (b"\xfd7zXZ", "xz data", "Pack the model as a zip."),
        (b"\x28\xb5\x2f\xfd", "Zstandard data", "Pack the model as a zip."),
        (b"%PDF", "a PDF", "Give the model's zip."),
        (b"version https://git-lfs", "a Git LFS pointer", "Run `git lfs pull` to fetch the file it stands for."),
    ];
    if let Some(&(_, look, advice)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Some((look, advice));
    }
    if head.starts_with(b"PK") && is_mangled(head) {
        return Some(MANGLED);
    }
    if head.len() > 262 && head[257..].starts_with(b"ustar") {
        return Some(("a tar archive", "Pack the model as a zip."));
    }
    if head.len() >= 16 && head.iter().all(|&byte| byte == 0) {
        return Some(("a buffer of zeros", "Wait until the buffer is filled before handing it over."));
    }
    looks_like_text(head)
}

/// Bytes that went through a text decoder: everything that was not UTF-8 became U+FFFD.
pub(super) fn is_mangled(head: &[u8]) -> bool {
    head.windows(3).filter(|window| *window == b"\xef\xbf\xbd").count() >= 2
}

/// The look of [`is_mangled`] bytes.
pub(super) const MANGLED: (&str, &str) =
    ("a zip that was decoded as text", "Read it as an ArrayBuffer or Blob, never as text.");

fn looks_like_text(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let starts = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    if starts("<!doctype") || starts("<html") || starts("<head") || starts("<body") {
        return Some(("an HTML page", "Check the address: servers answer a wrong one, or a lost login, with a page."));
    }
    if starts("<") {
        return Some(("XML or HTML", "Check the address and the access rights: it may be an error report."));
    }
    if starts("UEsD") || starts("UEsF") || starts("data:") {
        return Some((
            "base64 text that was not decoded",
            "Give it as a string, which is decoded, or decode it first.",
        ));
    }
    if starts("{") || starts("[") {
        return Some(("JSON", "Check the address: it may be an error report of the server."));
    }
    let is_text = |&byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
    if !text.is_empty() && text.iter().all(is_text) && std::str::from_utf8(&text[..text.len().min(64) / 4]).is_ok() {
        return Some(("plain text", "Give the model's zip, as bytes or as base64 text."));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_recognised() {
        let mut tar = vec![b'x'; 300];
        tar[257..262].copy_from_slice(b"ustar");
        let cases: &[(&[u8], &str)] = &[
            (b"\0asm\x01\0\0\0", "WebAssembly"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"7z\xbc\xaf\x27\x1c\0", "7-Zip"),
            (b"\xef\xbb\xbf\n <!DOCTYPE html>", "HTML page"),
            (b"<html lang=en>", "HTML page"),
            (b"<?xml version='1.0'?>", "XML"),
            (b" {\"error\":404}", "JSON"),
            (b"UEsDBBQAAAAIAA", "base64"),
            (b"data:application/zip;base64,UEsD", "base64"),
            (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
            (b"PK\x03\x04\x14\0\0\0\x08\0\xef\xbf\xbd\xef\xbf\xbdW", "decoded as text"),
            (b"Not found", "plain text"),
            (&[0; 64], "zeros"),
            (&tar, "tar"),
        ];
        for (head, expected) in cases {
            let (look, advice) = looks_like(head).unwrap_or_else(|| panic!("{expected} not recognised"));
            assert!(look.contains(expected), "{look} for {expected}");
            assert!(advice.ends_with('.'));
        }
    }

    #[test]
    fn unknown_bytes_are_not_guessed_at() {
        for head in [&b""[..], b"\x01\x02\x03\x04", b"PK\x03\x04\x14\0\0\0", b"\0\0"] {
            assert_eq!(looks_like(head), None, "{head:?}");
        }
    }
}
