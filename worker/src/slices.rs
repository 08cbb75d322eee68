//! A package that arrives in pieces, so that handing over a large one never blocks the page for long.

use js_sys::{Array, Function, JsString, Object, Uint8Array};
use spark_execute_core::base64_text::Decoder;
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;

use crate::js::{get, set};

/// Collects slices of bytes or of base64 text.
#[derive(Debug)]
pub struct Slices {
    text: bool,
    pieces: Array,
    total: f64,
}

impl Slices {
    /// Expects slices of this kind, `total` bytes or characters in all.
    pub fn new(text: bool, total: f64) -> Self {
        Slices { text, pieces: Array::new(), total }
    }

    /// These slices of bytes, `total` in all.
    pub fn of(pieces: Array, total: f64) -> Self {
        Slices { text: false, pieces, total }
    }

    /// Adds the next slice.
    pub fn push(&mut self, slice: &JsValue) {
        self.pieces.push(slice);
    }

    /// The bytes.
    pub fn finish(self) -> Result<Uint8Array> {
        if self.text { self.decode() } else { self.join() }
    }

    fn join(self) -> Result<Uint8Array> {
        if self.pieces.length() == 1 {
            return Ok(self.pieces.get(0).unchecked_into());
        }
        let all = Uint8Array::new_with_length(self.total as u32);
        let mut at = 0;
        for piece in self.pieces.iter() {
            let piece: Uint8Array = piece.unchecked_into();
            if at + piece.length() > all.length() {
                return Err(Failure::new(Code::Internal, "The slices of a package exceed its size."));
            }
            all.set(&piece, at);
            at += piece.length();
        }
        Ok(all)
    }

    /// With the platform's decoder where there is one (several times faster), else with ours.
    fn decode(self) -> Result<Uint8Array> {
        let text: JsString = self.pieces.join("");
        native(&text).map_or_else(|| decode_in_pieces(&self.pieces), Ok)
    }
}

/// `None` when the platform has no decoder or refuses the text: ours then decodes it, or says what is wrong with it.
fn native(text: &JsString) -> Option<Uint8Array> {
    let class = get(&js_sys::global(), "Uint8Array");
    let from_base64: Function = get(&class, "fromBase64").dyn_into().ok()?;
    let start = if text.starts_with("data:", 0) { text.index_of(",", 0).checked_add(1)? as u32 } else { 0 };
    if start > 0 && !String::from(text.slice(0, start)).to_ascii_lowercase().ends_with(";base64,") {
        return None;
    }
    let body: JsValue = if start == 0 { text.into() } else { text.slice(start, text.length()).into() };
    let decoded = from_base64.call1(&class, &body).or_else(|_| {
        let options = Object::new();
        set(&options, "alphabet", &"base64url".into());
        from_base64.call2(&class, &body, &options)
    });
    // An empty text is fine for the platform, and no package for us.
    decoded.ok().map(JsCast::unchecked_into).filter(|bytes: &Uint8Array| bytes.length() > 0)
}

/// Decodes with the base64 crate. Our memory holds one piece at a time, never the package.
pub fn decode_in_pieces(pieces: &Array) -> Result<Uint8Array> {
    const UNITS: u32 = 256 * 1024;
    let mut decoder = Decoder::new();
    let decoded = Array::new();
    let mut bytes = Vec::new();
    let mut total = 0;
    let mut keep = |bytes: &mut Vec<u8>| {
        total += bytes.len() as u32;
        decoded.push(&Uint8Array::from(bytes.as_slice()));
        bytes.clear();
    };
    for piece in pieces.iter() {
        let piece: JsString = piece.unchecked_into();
        let mut at = 0;
        while at < piece.length() {
            let end = (at + UNITS).min(piece.length());
            decoder.push(String::from(piece.slice(at, end)).as_bytes(), &mut bytes)?;
            keep(&mut bytes);
            at = end;
        }
    }
    decoder.finish(&mut bytes)?;
    keep(&mut bytes);
    let mut joined = Slices::new(false, f64::from(total));
    for piece in decoded.iter() {
        joined.push(&piece);
    }
    joined.join()
}
