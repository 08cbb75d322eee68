//! Shows JavaScript values to the core.

use js_sys::{Array, Object, Reflect};
use spark_execute_core::number::number;
use spark_execute_core::raw::Raw;
use spark_execute_worker::js::{as_object, describe, get};
use wasm_bindgen::prelude::*;

/// How deep a configuration is looked into; nothing that counts lies deeper.
const DEPTH: usize = 8;
/// Longer arrays are no configuration.
const ITEMS: f64 = 10_000.0;

/// The whole value, binary payloads excepted. What a getter or a proxy throws is left in `thrown`.
pub fn deep(value: &JsValue, thrown: &mut JsValue) -> Raw {
    view(value, DEPTH, thrown)
}

/// The value's kind and, where it is simple, its content; members of objects and arrays are left out.
pub fn shallow(value: &JsValue) -> Raw {
    if let Some(text) = value.as_string() {
        return Raw::Text(text);
    }
    view(value, 0, &mut JsValue::undefined())
}

fn view(value: &JsValue, depth: usize, thrown: &mut JsValue) -> Raw {
    if value.is_undefined() {
        return Raw::Undefined;
    }
    if value.is_null() {
        return Raw::Null;
    }
    if let Some(boolean) = value.as_bool() {
        return Raw::Bool(boolean);
    }
    if let Some(number) = value.as_f64() {
        return Raw::Number(number);
    }
    if let Some(text) = value.dyn_ref::<js_sys::JsString>() {
        let length = text.length();
        return if length <= Raw::SHORT_TEXT {
            Raw::Text(text.into())
        } else {
            Raw::LongText(text.slice(0, 64).into(), f64::from(length))
        };
    }
    if value.is_function() {
        return Raw::Function;
    }
    let Some(object) = as_object(value) else {
        return Raw::Other(format!("a {}", value.js_typeof().as_string().unwrap_or_default()));
    };
    // The tag tells platform objects of any window apart, where `instanceof` knows only this one's.
    let tag = tag_of(object);
    match tag.as_str() {
        "Array" => array(value, depth, thrown),
        "Blob" | "File" => Raw::Blob,
        "Response" => Raw::Response,
        "URL" => Raw::Url(get(value, "href").as_string().unwrap_or_default()),
        "Headers" => array(&to_array(value).unwrap_or_default(), depth, thrown),
        "ArrayBuffer" | "SharedArrayBuffer" | "DataView" => bytes(tag, value),
        _ if tag.ends_with("Array") && js_sys::ArrayBuffer::is_view(value) => bytes(tag, value),
        "Object" => members(object, depth, thrown),
        _ if is_platform(&tag) => Raw::Other(format!("a {tag}")),
        _ => members(object, depth, thrown),
    }
}

/// `Blob` for `[object Blob]`.
fn tag_of(object: &Object) -> String {
    let text = to_string(object).ok().and_then(|text| text.as_string()).unwrap_or_default();
    text.strip_prefix("[object ").unwrap_or(&text).trim_end_matches(']').to_owned()
}

// js-sys lets what these throw pass: a proxy or a getter may throw anywhere.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["Object", "prototype", "toString"], js_name = call)]
    fn to_string(this: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Object, js_name = keys)]
    fn keys(object: &Object) -> Result<Array, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    fn to_array(iterable: &JsValue) -> Result<Array, JsValue>;
}

fn bytes(kind: String, value: &JsValue) -> Raw {
    Raw::Bytes(kind, get(value, "byteLength").as_f64().unwrap_or(0.0))
}

/// Whether this is the tag of an object that the platform made, such as a `Date`, and not the caller's data.
fn is_platform(tag: &str) -> bool {
    const TAGS: [&str; 11] = [
        "Date",
        "Map",
        "Set",
        "Promise",
        "RegExp",
        "Error",
        "WeakMap",
        "WeakSet",
        "ReadableStream",
        "Request",
        "FormData",
    ];
    TAGS.contains(&tag)
}

fn array(value: &JsValue, depth: usize, thrown: &mut JsValue) -> Raw {
    if depth == 0 {
        return Raw::Array(Vec::new());
    }
    let length = get(value, "length").as_f64().unwrap_or(0.0);
    if length > ITEMS {
        return Raw::Other(format!("an array of {}", number(length)));
    }
    Raw::Array(items(value).map(|item| view(&item, depth - 1, thrown)).collect())
}

/// The items of an array; one whose getter throws is `undefined`.
pub fn items(array: &JsValue) -> impl Iterator<Item = JsValue> + '_ {
    let length = get(array, "length").as_f64().unwrap_or(0.0) as u32;
    (0..length).map(|index| Reflect::get_u32(array, index).unwrap_or(JsValue::UNDEFINED))
}

fn members(object: &Object, depth: usize, thrown: &mut JsValue) -> Raw {
    if depth == 0 {
        return Raw::Object(Vec::new());
    }
    let keys = keys(object).unwrap_or_default();
    let member = |key: JsValue| {
        let name = key.as_string()?;
        let value = match Reflect::get(object, &key) {
            // Of a logger nothing counts but that there is one; those of libraries hold whole worlds.
            Ok(value) => view(&value, if name == "logger" { 0 } else { depth - 1 }, thrown),
            Err(error) => {
                let found = Raw::Other(format!("a getter that threw ({})", describe(&error)));
                *thrown = error;
                found
            }
        };
        Some((name, value))
    };
    Raw::Object(keys.iter().filter_map(member).collect())
}
