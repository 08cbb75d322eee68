//! What all tests use.

use js_sys::{Object, Promise};
use spark_execute_core::config::{self, Model};
use spark_execute_worker::js::{get, set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::host::Host;
use crate::view::deep;

#[wasm_bindgen(module = "/tests/browser/support.js")]
extern "C" {
    /// What the modules with these texts export.
    fn exported(texts: &[JsValue]) -> JsValue;

    /// Watches workers, object URLs and policy listeners until [`stop`](Self::stop).
    pub type Watch;

    #[wasm_bindgen(constructor)]
    pub fn new() -> Watch;

    #[wasm_bindgen(method, getter)]
    pub fn workers(this: &Watch) -> js_sys::Array;

    /// From the end when negative.
    #[wasm_bindgen(method)]
    pub fn worker(this: &Watch, index: i32) -> web_sys::Worker;

    #[wasm_bindgen(method, getter)]
    pub fn created(this: &Watch) -> u32;

    #[wasm_bindgen(method, getter, js_name = openUrls)]
    pub fn open_urls(this: &Watch) -> u32;

    #[wasm_bindgen(method, getter, js_name = policyListeners)]
    pub fn policy_listeners(this: &Watch) -> i32;

    #[wasm_bindgen(method)]
    pub fn stop(this: &Watch);

    /// Time that passes only when told.
    pub type Clock;

    #[wasm_bindgen(constructor)]
    pub fn new() -> Clock;

    #[wasm_bindgen(method, getter)]
    pub fn time(this: &Clock) -> f64;

    #[wasm_bindgen(method, getter)]
    pub fn delays(this: &Clock) -> Vec<f64>;

    #[wasm_bindgen(method, getter)]
    pub fn cleared(this: &Clock) -> u32;

    #[wasm_bindgen(method)]
    pub fn pass(this: &Clock, milliseconds: f64);

    #[wasm_bindgen(method)]
    pub fn stop(this: &Clock);

    #[wasm_bindgen(js_name = redirectScripts)]
    pub fn redirect_scripts(url: &str);

    #[wasm_bindgen(js_name = workerText)]
    fn worker_text(bootstrap: &str) -> JsValue;

    #[wasm_bindgen(js_name = workerTextWith)]
    fn worker_text_with(bootstrap: &str, bindings: &str) -> JsValue;

    pub fn frame(policy: &str, module: &JsValue) -> Promise;

    #[wasm_bindgen(js_name = otherRealm)]
    pub fn other_realm() -> JsValue;

    pub fn released(lock: &str) -> Promise;

    fn bounded(promise: &Promise) -> Promise;

    pub fn posted(value: &JsValue) -> Promise;

    pub fn turn() -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// The value of a JavaScript expression.
    #[wasm_bindgen(js_name = eval)]
    pub fn js(expression: &str) -> JsValue;
}

#[wasm_bindgen(module = "/src/js/payload.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = encode)]
    static ENCODE: JsValue;
    #[wasm_bindgen(thread_local_v2, js_name = settle)]
    static SETTLE: JsValue;
    #[wasm_bindgen(thread_local_v2, js_name = listener)]
    static LISTENER: JsValue;
}

#[wasm_bindgen(module = "/src/js/workers.js")]
extern "C" {
    fn creator() -> JsValue;
    #[wasm_bindgen(thread_local_v2, js_name = lockName)]
    static LOCK_NAME: JsValue;
    #[wasm_bindgen(thread_local_v2, js_name = whenFree)]
    static WHEN_FREE: JsValue;
}

/// More modules of the facade, for pages that allow `eval`. Were all of them fetched as files, it would be more at once than
/// the runner's server has threads for, and at times it leaves one waiting for ever.
const EVALUATED: [&str; 2] = [include_str!("../../src/js/errors.js"), include_str!("../../src/js/turns.js")];

thread_local! {
    static EXPORTS: JsValue = exported(&EVALUATED.map(JsValue::from_str));
}

/// What those export by that name.
pub fn exports(name: &str) -> JsValue {
    EXPORTS.with(|exports| get(exports, name))
}

/// The worker's start and what it imports, one after the other as a bundler puts them.
const BOOTSTRAP: &str = concat!(
    include_str!("../../src/js/inflate.js"),
    include_str!("../../src/js/lockdown.js"),
    include_str!("../../src/js/worker.js")
);

/// The product's worker, running this test module's own compiled Rust.
pub fn real_worker() -> JsValue {
    worker_text(BOOTSTRAP)
}

/// The product's worker script with these bindings, given as a JavaScript expression.
pub fn worker_with(bindings: &str) -> JsValue {
    worker_text_with(BOOTSTRAP, bindings)
}

/// As much of a host as a replica needs; it can be made on pages that forbid `eval`.
pub fn listening() -> Host {
    let host = Object::new();
    LISTENER.with(|function| set(&host, "listener", function));
    // What its workers say is what the script says.
    set(&host, "lockName", &nothing());
    set(&host, "createWorker", &creator());
    set(&host, "build", &"SPARK_BUILD".into());
    host.unchecked_into()
}

/// A function that does nothing, on pages that forbid `eval` too.
fn nothing() -> JsValue {
    Closure::<dyn Fn()>::new(|| {}).into_js_value()
}

/// The facade's services, with the real errors and payload code, whose workers run `text`; warnings go to
/// `host.warnings`.
pub fn host(text: &JsValue) -> Host {
    let host = Object::new();
    set(&host, "makeError", &exports("makeError"));
    ENCODE.with(|function| set(&host, "encode", function));
    SETTLE.with(|function| set(&host, "settle", function));
    LISTENER.with(|function| set(&host, "listener", function));
    LOCK_NAME.with(|function| set(&host, "lockName", function));
    WHEN_FREE.with(|function| set(&host, "whenFree", function));
    set(&host, "later", &exports("later"));
    set(&host, "watchSleep", &nothing());
    set(&host, "createWorker", &creator());
    set(&host, "workerText", text);
    set(&host, "build", &"SPARK_BUILD".into());
    set(&host, "warnings", &js_sys::Array::new());
    set(&host, "warn", &js("(function (text) { this.warnings.push(text); })"));
    set(&host, "mostPages", &js("() => 65536"));
    set(&host, "times", &js("(told) => ({ told: told.length })"));
    set(&host, "constructorOf", &js("(object) => function () { return object; }"));
    host.unchecked_into()
}

/// The value that a JavaScript expression promises.
pub async fn js_async(expression: &str) -> JsValue {
    wait(&js(expression).unchecked_into()).await.unwrap()
}

pub async fn wait(promise: &Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(bounded(promise)).await
}

/// A model configured with this `binary`, under the id `m`.
pub fn model(binary: &JsValue) -> Model {
    let config = js("({ nodegenModels: [{ versionId: 'm' }] })");
    set(
        &spark_execute_worker::js::get(&config, "nodegenModels").unchecked_into::<js_sys::Array>().get(0),
        "binary",
        binary,
    );
    config::parse(&deep(&config, &mut JsValue::undefined())).unwrap().config.models.remove(0)
}

/// Whether `text` has all `parts`.
#[track_caller]
pub fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}
