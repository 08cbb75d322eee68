//! What all tests use.

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::scope::Environment;

#[wasm_bindgen(module = "/tests/browser/support.js")]
extern "C" {
    /// With this as its `importScripts`, or one that works.
    pub fn environment(import_scripts: &JsValue) -> Environment;

    /// Collects what would be posted to the page, until it is closed.
    pub type Outbox;

    #[wasm_bindgen(constructor)]
    pub fn new() -> Outbox;

    #[wasm_bindgen(method)]
    pub fn next(this: &Outbox) -> Promise;

    #[wasm_bindgen(method, getter)]
    pub fn messages(this: &Outbox) -> js_sys::Array;

    #[wasm_bindgen(method)]
    pub fn close(this: &Outbox);

    fn bounded(promise: &Promise) -> Promise;

    #[wasm_bindgen(js_name = keepConsole)]
    pub fn keep_console() -> Function;
}

#[wasm_bindgen]
extern "C" {
    /// The value of a JavaScript expression.
    #[wasm_bindgen(js_name = eval)]
    pub fn js(expression: &str) -> JsValue;
}

macro_rules! model {
    ($name:literal) => {
        js_sys::Uint8Array::from(&include_bytes!(concat!("../../../tests/models/", $name, ".zip"))[..])
    };
}
pub(crate) use model;

pub async fn wait(promise: &Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(bounded(promise)).await
}

/// The bytes in `zip` with the first occurrence of one text replaced by another of the same length.
pub fn replaced(zip: &Uint8Array, from: &[u8], to: &[u8]) -> Uint8Array {
    let mut bytes = zip.to_vec();
    let at = bytes.windows(from.len()).position(|window| window == from).expect("the text is not there");
    bytes[at..at + to.len()].copy_from_slice(to);
    Uint8Array::from(&bytes[..])
}

/// Whether `text` has all `parts`.
#[track_caller]
pub fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}
