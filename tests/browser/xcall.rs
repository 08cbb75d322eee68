//! Calls from one model to another service: the page answers every one, with a string.

use js_sys::Array;
use spark_execute_worker::js::{get, set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::page::{REQUEST, blob, text, worker_that};
use super::support::*;
use crate::client::Client;

/// A worker that asks for a service of this kind in every call and answers with what it is told.
fn asking(kind: u32) -> JsValue {
    let script = worker_that(&format!("globalThis.call = id; postMessage([0, 'asked', 7, {kind}]);"));
    format!(
        "{}; const others = onmessage; onmessage = (event) => {{
            const [name, told, id] = event.data.length ? event.data : [];
            if (name === 0) return reply(call, JSON.stringify({{ id, told }}));
            others(event);
        }};",
        script.as_string().unwrap()
    )
    .into()
}

/// What an engine of kind `kind` gets for an answer; `what` is what it asks, `more` goes into the configuration.
async fn told(kind: u32, what: &str, more: &str) -> String {
    let host: JsValue = host(&asking(kind)).into();
    set(&host, "readXcall", &js(&format!("(text) => ({{ name: text, request: text, hasId: false, {what} }})")));
    set(&host, "xcallReply", &js("(what, status, ms, text) => `${status} ${text}`"));
    set(&host, "xcallFailure", &js("(what, error) => `${error.code} ${error.message}`"));
    set(&host, "externalReply", &js("(value) => { if (value === 'bad') throw value; return `external ${value}`; }"));
    set(&host, "childText", &js("() => undefined"));
    set(&host, "dateMs", &js("() => NaN"));
    let config = js(&format!("({{ nodegenModels: [{{ versionId: 'm' }}], {more} }})"));
    set(&get(&config, "nodegenModels").unchecked_into::<Array>().get(0), "binary", &blob());
    let client = Client::new(config, host.unchecked_into()).unwrap();
    let answer = js_sys::Promise::new(&mut |resolve, reject| {
        let nothing = JsValue::UNDEFINED;
        client.execute(js(REQUEST), "m".into(), nothing.clone(), nothing.clone(), resolve, reject, -1, nothing, 0);
    });
    let answer = wait(&answer).await.unwrap();
    assert_eq!(get(&answer, "id"), 7);
    text(&answer, "told")
}

#[wasm_bindgen_test]
async fn what_cannot_be_answered_is_told_so() {
    assert_says(&told(0, "wrong: 'nonsense'", "").await, &["REQUEST_INVALID", "nonsense"]);
    let unknown = "input: {}, folder: 'f', service: 's'";
    assert_says(&told(0, unknown, "").await, &["MODEL_NOT_FOUND", "f/s"]);
    assert_says(&told(0, "input: {}", "").await, &["VERSION_ID_MISSING"]);
}

#[wasm_bindgen_test]
async fn external_services_are_the_callers_own() {
    assert_says(&told(1, "", "").await, &["MODEL_NOT_FOUND", "externalApi"]);
    assert_eq!(told(1, "", "externalApi: (asked) => asked + '!'").await, "external asked!");
    assert_eq!(told(1, "", "externalApi: async () => 5").await, "external 5");
    for fails in ["() => { throw new Error('e'); }", "() => Promise.reject(new Error('e'))", "() => 'bad'"] {
        let more = format!("externalApi: {fails}");
        assert_says(&told(1, "", &more).await, &["REQUEST_INVALID", "externalApi"]);
    }
}
