//! The few platform bindings that js-sys and web-sys lack or would make expensive, and small helpers.

use js_sys::{JSON, Object, Reflect, Uint8Array};
use spark_execute_core::number::number;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `TextEncoder`, fed with a string that stays in JavaScript.
    #[wasm_bindgen(js_name = TextEncoder)]
    pub type Encoder;

    /// `new TextEncoder()`.
    #[wasm_bindgen(constructor, js_class = "TextEncoder")]
    pub fn new() -> Encoder;

    /// Encodes as much of `text` as fits.
    #[wasm_bindgen(method, js_class = "TextEncoder", js_name = encodeInto)]
    pub fn encode_into(this: &Encoder, text: &JsValue, into: &Uint8Array) -> Encoded;

    /// The result of `encodeInto`.
    pub type Encoded;

    /// UTF-16 units taken.
    #[wasm_bindgen(method, getter)]
    pub fn read(this: &Encoded) -> f64;

    /// Bytes written.
    #[wasm_bindgen(method, getter)]
    pub fn written(this: &Encoded) -> f64;

    /// `TextDecoder`, whose string stays in JavaScript.
    #[wasm_bindgen(js_name = TextDecoder)]
    pub type Decoder;

    /// `new TextDecoder(label, options)`.
    #[wasm_bindgen(constructor, js_class = "TextDecoder")]
    pub fn new(label: &str, options: &Object) -> Decoder;

    /// The bytes as text; throws on invalid UTF-8 when the decoder is fatal.
    #[wasm_bindgen(method, catch, js_class = "TextDecoder")]
    pub fn decode(this: &Decoder, bytes: &Uint8Array) -> Result<JsValue, JsValue>;

    /// Anything with a `length`.
    pub type Sized;

    /// The length; of a string, in UTF-16 units.
    #[wasm_bindgen(method, getter)]
    pub fn length(this: &Sized) -> f64;

    /// Milliseconds with fractions, since the start of this thread.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub fn now() -> f64;

    #[wasm_bindgen(catch, js_name = String)]
    fn to_text(value: &JsValue) -> Result<JsValue, JsValue>;

    /// `console`, whose methods are replaced.
    #[wasm_bindgen(thread_local_v2, js_name = console)]
    pub static CONSOLE: Object;
}

/// A decoder that refuses invalid UTF-8 and keeps a byte order mark out of the text.
pub fn strict_decoder() -> Decoder {
    let options = Object::new();
    set(&options, "fatal", &JsValue::TRUE);
    Decoder::new("utf-8", &options)
}

/// A step that several others wait for. What waits for a plain `async fn` contains a copy of it.
pub type Step<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + 'a>>;

/// Sets a member of an object that is known to be extensible.
pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    // Defining a member of an ordinary object cannot fail.
    let _ = Reflect::set(object, &key.into(), value);
}

/// A member; `undefined` when there is none or its getter throws.
pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}

/// What a thrown value says, bounded.
pub fn describe(thrown: &JsValue) -> String {
    let member = |key: &str| get(thrown, key).as_string();
    // Not `instanceof Error`: a frame's errors have another `Error`.
    let text = match (member("name"), member("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        _ => match (thrown.as_string(), thrown.as_f64()) {
            (Some(text), _) => text,
            (_, Some(value)) => format!("the number {}", number(value)),
            _ => {
                let json = JSON::stringify(thrown).ok().and_then(|text| JsValue::from(text).as_string());
                // JSON knows neither undefined nor functions nor cycles. (Rust's own debug form is a kilobyte of JavaScript.)
                json.or_else(|| to_text(thrown).ok()?.as_string()).unwrap_or_default()
            }
        },
    };
    shorten(&text, 500)
}

/// At most `limit` characters of `text`.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The value as an object, whatever its prototype or realm: `instanceof Object` knows only this window's, and exports of
/// a module have none.
pub fn as_object(value: &JsValue) -> Option<&Object> {
    (value.is_object() || value.is_function()).then(|| value.unchecked_ref())
}
