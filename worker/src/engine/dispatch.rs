//! A model's call to another service.
//!
//! The engine suspends until it gets a string; any other answer leaves it suspended, or damaged, for good. So whatever
//! happens, a string is given. Services cannot be reached from here yet, so it always says so.

use js_sys::{JSON, Object, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::js::{Decoder, get, set, strict_decoder};

const STATUS: f64 = 501.0;
const MESSAGE: &str = "Calls from one model to another are not available in this version of spark-execute.";

/// The reply to the request whose UTF-8 JSON is `bytes`.
pub fn reply(bytes: &Uint8Array) -> JsValue {
    let request = request(&strict_decoder(), bytes);
    let version = get(&request, "xcall_version");
    let spread = matches!(version.as_f64(), Some(2.0 | 3.0)) || matches!(text_of(&version).trim(), "2" | "3");
    let reply = Object::new();
    if spread {
        let meta = Object::new();
        set(&meta, "http_status_code", &STATUS.into());
        set(&meta, "http_response_time", &0.into());
        set(&meta, "error_details", &MESSAGE.into());
        set(&reply, "response_data", &JsValue::NULL);
        set(&reply, "xcall_meta", &meta);
    } else {
        let metadata = Object::new();
        set(&metadata, "calltype", &"SparkService".into());
        set(&metadata, "name", &service_name(&request).into());
        set(&metadata, "status", &STATUS.into());
        set(&metadata, "error_code", &"XCALL_UNAVAILABLE".into());
        set(&metadata, "response_time", &0.into());
        set(&reply, "metadata", &metadata);
        set(&reply, "data", &Object::new());
    }
    JSON::stringify(&reply).map_or_else(|_| JsValue::from_str("{}"), JsValue::from)
}

fn request(decoder: &Decoder, bytes: &Uint8Array) -> JsValue {
    let text = decoder.decode(bytes).ok().and_then(|text| text.as_string()).unwrap_or_default();
    JSON::parse(&text).unwrap_or(JsValue::UNDEFINED)
}

fn text_of(value: &JsValue) -> String {
    value.as_string().unwrap_or_default()
}

fn service_name(request: &JsValue) -> String {
    let text = |key: &str| text_of(&get(request, key));
    let uri = text("service_uri");
    if uri.is_empty() { format!("folders/{}/services/{}", text("folder_name"), text("service_name")) } else { uri }
}
