//! The few platform functions that are used directly.

use js_sys::{Function, Reflect};
use spark_execute_worker::js::get;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The message that calls travel in: `[id, request, id, request, …]`. With js-sys each of them would cross into
    /// JavaScript three times.
    #[wasm_bindgen(js_name = Array)]
    pub type Calls;

    /// A message of one call. `Array.of` takes several times as long.
    #[wasm_bindgen(constructor, js_class = "Array")]
    pub fn new(id: u32, request: &JsValue) -> Calls;

    /// Adds a call.
    #[wasm_bindgen(method, js_class = "Array")]
    pub fn push(this: &Calls, id: u32, request: &JsValue);

    /// Calls `callback` after `delay` milliseconds.
    #[wasm_bindgen(js_name = setTimeout)]
    pub fn set_timeout(callback: &Function, delay: f64) -> JsValue;

    /// A random number from 0 to below 1.
    #[wasm_bindgen(js_namespace = Math)]
    pub fn random() -> f64;

    /// The time of day in milliseconds.
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    pub fn time_of_day() -> f64;

    /// Forgets a timer.
    #[wasm_bindgen(js_name = clearTimeout)]
    pub fn clear_timeout(timer: &JsValue);
}

/// Whether workers can be created here: not in Node, jsdom or on a server.
pub fn has_workers() -> bool {
    Reflect::get(&js_sys::global(), &"Worker".into()).is_ok_and(|class| class.is_function())
}

/// How many processors the machine has, as far as it is told.
pub fn processors() -> u32 {
    let count = navigator("hardwareConcurrency").as_f64().unwrap_or(2.0);
    count as u32
}

fn navigator(member: &str) -> JsValue {
    get(&get(&js_sys::global(), "navigator"), member)
}

/// `false` when the browser knows that there is no connection.
pub fn is_online() -> bool {
    navigator("onLine") != false
}
