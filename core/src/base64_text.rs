//! Decodes base64 as people really have it: with line breaks, as a `data:` URL, in the URL alphabet, with or without
//! padding; slice by slice, so that neither a big text nor its bytes are ever whole in our memory.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Code, Failure, Result};
use crate::text;

/// Decodes both alphabets' common part; `-` and `_` are translated before. Leftover bits are ignored, as browsers do.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Text decoded at a time; a multiple of 4.
const BLOCK: usize = 16 * 1024;
/// Longest `data:…,` prefix that is looked through.
const LONGEST_PREFIX: usize = 1024;

/// Decodes a whole text.
pub fn decode(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut decoder = Decoder::new();
    decoder.push(text.as_bytes(), &mut bytes)?;
    decoder.finish(&mut bytes)?;
    Ok(bytes)
}

/// Encodes a few bytes.
pub fn encode(bytes: &[u8]) -> String {
    let digits = alphabet::STANDARD.as_str().as_bytes();
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, &byte| bits << 8 | usize::from(byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = digits[bits >> (18 - 6 * place) & 63];
            text.push(if place > group.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

/// Whether a text begins as a zip does in base64.
pub fn looks_like_base64_zip(prefix: &str) -> bool {
    let text = prefix.trim_start_matches(|c: char| c == '\u{feff}' || c.is_ascii_whitespace());
    ["UEsDB", "UEsFB"].iter().any(|magic| text.starts_with(magic))
}

/// Decodes a text that comes in slices, which may be cut anywhere.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Whether the text is past anything that could be a `data:` prefix.
    in_body: bool,
    /// Text that could still be one.
    head: Vec<u8>,
    /// Digits that wait for the rest of their group of four.
    group: Vec<u8>,
    /// Digits seen.
    digits: u64,
    /// Padding characters seen.
    padding: u64,
    /// Bytes of text consumed: the offset that a failure names.
    offset: u64,
}

/// What a byte of the text is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Digit(u8),
    Padding,
    Blank,
    Wrong,
}

fn kind(byte: u8) -> Kind {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => Kind::Digit(byte),
        b'-' => Kind::Digit(b'+'),
        b'_' => Kind::Digit(b'/'),
        b'=' => Kind::Padding,
        b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => Kind::Blank,
        _ => Kind::Wrong,
    }
}

impl Decoder {
    /// A decoder at the beginning of a text.
    pub fn new() -> Self {
        Decoder::default()
    }

    /// Decodes the next slice of the text and appends to `out` what is complete.
    pub fn push(&mut self, slice: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if self.in_body {
            return self.body(slice, out);
        }
        let mut slice = slice;
        if self.head.is_empty() {
            let blanks = slice.iter().take_while(|&&byte| kind(byte) == Kind::Blank).count();
            self.offset += blanks as u64;
            slice = &slice[blanks..];
        }
        self.head.extend_from_slice(&slice[..slice.len().min(LONGEST_PREFIX)]);
        self.prefix(false, out)?;
        match slice.get(LONGEST_PREFIX..) {
            Some(rest) if self.in_body => self.body(rest, out),
            // More than a prefix can be long was looked at, so that the stage is decided.
            Some(_) => Err(Failure::new(Code::Internal, "The beginning of the base64 text was not understood.")),
            None => Ok(()),
        }
    }

    /// Ends the text: decodes what is left over, and says whether it was base64 at all.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<()> {
        if !self.in_body {
            self.prefix(true, out)?;
        }
        if self.digits == 0 {
            return Err(invalid("The text is empty where a package in base64 was expected.".into()));
        }
        if self.digits % 4 == 1 {
            let message = "The base64 text is cut off: its last character stands alone. Give the whole text.";
            return Err(invalid(message.into()));
        }
        if self.padding > 0 && !(self.digits + self.padding).is_multiple_of(4) {
            let message =
                "The base64 text is cut off or changed: its padding (=) does not fit its length. Give the whole text.";
            return Err(invalid(message.into()));
        }
        let group = std::mem::take(&mut self.group);
        append(&group, out)
    }

    /// Decides whether the text has a `data:` prefix, and skips it; waits for more while that is open.
    fn prefix(&mut self, is_all: bool, out: &mut Vec<u8>) -> Result<()> {
        const SCHEME: &[u8] = b"data:";
        const MARK: &[u8] = b"\xef\xbb\xbf";
        let text = self.head.strip_prefix(MARK).unwrap_or(&self.head);
        let shared = text.len().min(SCHEME.len());
        let could_be_scheme = text[..shared].eq_ignore_ascii_case(&SCHEME[..shared]);
        let could_be_mark = text.len() < MARK.len() && MARK.starts_with(text);
        let comma = text.iter().position(|&byte| byte == b',');
        let skipped = match comma {
            Some(comma) if could_be_scheme && shared == SCHEME.len() => {
                if !text[..comma].to_ascii_lowercase().ends_with(b";base64") {
                    let message = "The data: URL is not in base64. Write it as data:application/zip;base64,…";
                    return Err(invalid(message.into()));
                }
                comma + 1
            }
            None if could_be_scheme && shared == SCHEME.len() && (is_all || self.head.len() >= LONGEST_PREFIX) => {
                let message = "The data: URL has no comma after its type. Write it as data:application/zip;base64,…";
                return Err(invalid(message.into()));
            }
            None if (could_be_scheme || could_be_mark) && !is_all => return Ok(()),
            _ => 0,
        };
        let skipped = self.head.len() - text.len() + skipped;
        self.in_body = true;
        self.offset += skipped as u64;
        let head = std::mem::take(&mut self.head);
        self.body(&head[skipped..], out)
    }

    fn body(&mut self, mut text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        while !text.is_empty() {
            if !self.group.is_empty() {
                let (block, rest) = text.split_at(text.len().min(4 - self.group.len()));
                self.mixed(block, out)?;
                text = rest;
                continue;
            }
            // Plain digits, the usual case, are decoded as they are.
            if self.padding == 0 && text.len() >= 4 {
                let block = &text[..text.len().min(BLOCK) / 4 * 4];
                if block[block.len() - 1] != b'=' && append(block, out).is_ok() {
                    self.digits += block.len() as u64;
                    self.offset += block.len() as u64;
                    text = &text[block.len()..];
                    continue;
                }
            }
            let (block, rest) = text.split_at(text.len().min(BLOCK));
            self.mixed(block, out)?;
            text = rest;
        }
        Ok(())
    }

    /// Text with anything but plain digits in it.
    fn mixed(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<()> {
        for (index, &byte) in block.iter().enumerate() {
            match kind(byte) {
                Kind::Digit(digit) if self.padding == 0 => {
                    self.group.push(digit);
                    self.digits += 1;
                }
                Kind::Padding if self.padding < 2 && self.digits % 4 >= 2 => self.padding += 1,
                Kind::Blank => {}
                _ => return Err(self.wrong(&block[index..], self.offset + index as u64)),
            }
        }
        self.offset += block.len() as u64;
        let whole = self.group.len() / 4 * 4;
        append(&self.group[..whole], out)?;
        self.group.drain(..whole);
        Ok(())
    }

    fn wrong(&self, rest: &[u8], offset: u64) -> Failure {
        let end = rest.len().min(4);
        let shown = String::from_utf8_lossy(&rest[..end]).chars().next().unwrap_or('\u{fffd}');
        let advice = match shown {
            '=' => "Padding (=) belongs at the end only, as much as is missing to a group of four.",
            _ if self.padding > 0 => "Nothing may follow the padding (=): two texts may have been joined.",
            '%' => "The text is percent-encoded: decode that first (decodeURIComponent).",
            '"' | '\'' => "Give the text without quotation marks.",
            '<' | '{' | '[' => "The text looks like an error page or JSON: check where it comes from.",
            ':' | '.' => "Give a URL object, or { url }, when the text is an address.",
            _ => "Give the package as bytes (ArrayBuffer, Blob), or as base64 text of them.",
        };
        let shown = text::quoted(shown.encode_utf8(&mut [0; 4]));
        invalid(format!("The text is not base64: {shown} at offset {offset}. {advice}"))
    }
}

/// Decodes whole groups, or the text's last group.
fn append(digits: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let before = out.len();
    let decoded = ENGINE.decode_vec(digits, out);
    decoded.map_err(|error| {
        out.truncate(before);
        invalid("The text is not base64. Give the package as bytes, or as base64 text of them.".into())
            .with_details(error.to_string())
    })
}

fn invalid(message: String) -> Failure {
    Failure::new(Code::Base64Invalid, message)
}

#[cfg(test)]
mod tests;
