//! A package that arrives in pieces, so that handing over a large one never blocks the page for long.

use js_sys::{Array, Function, JsString, Object, Uint8Array};
use spark_execute_core::Result;
use spark_execute_core::base64_text::Decoder;
use wasm_bindgen::prelude::*;

use crate::js::{get, set};

/// Collects slices of bytes or of base64 text.
#[derive(Debug)]
pub struct Slices {
    text: bool,
    pieces: Array,
}

impl Slices {
    /// Expects slices of this kind.
    pub fn new(text: bool) -> Self {
        Slices { text, pieces: Array::new() }
    }

    /// Adds the next slice.
    pub fn push(&mut self, slice: &JsValue) {
        self.pieces.push(slice);
    }

    /// The bytes.
    pub fn finish(self) -> Result<Uint8Array> {
        if self.text { self.decode() } else { Ok(self.join()) }
    }

    fn join(self) -> Uint8Array {
        if self.pieces.length() == 1 {
            return self.pieces.get(0).unchecked_into();
        }
        let length = |piece: &JsValue| piece.unchecked_ref::<Uint8Array>().length();
        let all = Uint8Array::new_with_length(self.pieces.iter().map(|piece| length(&piece)).sum());
        let mut at = 0;
        for piece in self.pieces.iter() {
            all.set(piece.unchecked_ref(), at);
            at += length(&piece);
        }
        all
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
    let keep = |bytes: &mut Vec<u8>| {
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
    Ok(Slices { text: false, pieces: decoded }.join())
}
