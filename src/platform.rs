//! The few platform functions that are used directly.

use std::cell::Cell;

use js_sys::{Function, Reflect};
use spark_execute_worker::js::{self, get};
use wasm_bindgen::prelude::*;

use crate::host::Host;

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

/// A timer may come late by a minute, in a tab that is not seen. Later than this it comes when the machine slept, in
/// milliseconds.
const LATEST: f64 = 61_000.0;

thread_local! {
    /// How long the page slept, in milliseconds; unknown until somebody watches.
    static SLEPT: Cell<Option<f64>> = const { Cell::new(None) };
}

/// The time, in milliseconds, while the page was awake: what slept with it has not run out of time.
pub fn now() -> f64 {
    js::now() - SLEPT.get().unwrap_or_default()
}

fn slept(ms: f64) {
    SLEPT.set(Some(SLEPT.get().unwrap_or_default() + ms));
}

/// Begins to watch for times when the page sleeps; once is enough.
pub fn watch_sleep(host: &Host) {
    if SLEPT.get().is_none() {
        slept(0.0);
        host.watch_sleep(&Closure::<dyn Fn(f64)>::new(slept).into_js_value());
    }
}

/// A timer that was to wake at `at` does so now.
pub fn woken_for(at: f64) {
    let late = now() - at;
    if late > LATEST {
        slept(late);
    }
}

/// Whether workers can be created here: not in Node, jsdom or on a server.
pub fn has_workers() -> bool {
    Reflect::get(&js_sys::global(), &"Worker".into()).is_ok_and(|class| class.is_function())
}

/// Whether answers of servers may be hidden here: Node, which has no address of its own, shows them.
pub fn in_browser() -> bool {
    Reflect::get(&js_sys::global(), &"location".into()).is_ok_and(|location| location.is_object())
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
