//! Whole calls: through the client, the pool and the loading of a model, with the product's own worker and a real model,
//! and with workers that misbehave.

use js_sys::{Array, JSON, Promise, Uint8Array};
use spark_execute_worker::js::{get, set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::client::Client;

const CYLINDER: &[u8] = include_bytes!("../models/cylinder/cylinder.zip");
const CRASH: &[u8] = include_bytes!("../models/crash/crash.zip");
const REQUEST: &str = "({ request_data: { inputs: { radius: 3, height: 10 } } })";

/// A client and what it called its host with.
struct Page {
    client: Client,
    warnings: Array,
}

impl Page {
    /// One model, under the id `m`; `more` goes into the configuration.
    fn new(worker: &JsValue, binary: &JsValue, more: &str) -> Page {
        let config = js(&format!("({{ nodegenModels: [{{ versionId: 'm' }}], {more} }})"));
        set(&get(&config, "nodegenModels").unchecked_into::<Array>().get(0), "binary", binary);
        Self::configured(worker, config).unwrap()
    }

    fn configured(worker: &JsValue, config: JsValue) -> Result<Page, JsValue> {
        let host = host(worker);
        let warnings = get(&host, "warnings").unchecked_into();
        Ok(Page { client: Client::new(config, host)?, warnings })
    }

    fn start(&self, input: &str, timeout: &JsValue, signal: &JsValue) -> (u32, Promise) {
        let mut call = 0;
        let promise = Promise::new(&mut |resolve, reject| {
            call = self.client.execute(
                js(input),
                "m".into(),
                timeout.clone(),
                signal.clone(),
                resolve,
                reject,
                -1,
                JsValue::UNDEFINED,
            );
        });
        (call, promise)
    }

    fn call(&self, input: &str) -> Promise {
        self.start(input, &JsValue::UNDEFINED, &JsValue::UNDEFINED).1
    }

    async fn outputs(&self, input: &str) -> JsValue {
        let response = wait(&self.call(input)).await.unwrap_or_else(|error| panic!("{}", text(&error, "message")));
        get(&get(&response, "response_data"), "outputs")
    }

    async fn error(&self, input: &str) -> JsValue {
        wait(&self.call(input)).await.unwrap_err()
    }

    fn stat(&self, key: &str) -> JsValue {
        get(&self.client.stats().get(0), key)
    }
}

fn text(object: &JsValue, key: &str) -> String {
    get(object, key).as_string().unwrap_or_default()
}

fn bytes(zip: &[u8]) -> JsValue {
    Uint8Array::from(zip).into()
}

/// A worker that speaks the protocol, is ready at once, and does this with a call's `id` and `text`.
fn worker_that(does: &str) -> JsValue {
    let script = format!(
        "const reply = (id, text) => postMessage([id, text, 1, 65536]);
        const compute = (id, text) => {{ {does} }};
        onmessage = ({{ data }}) => {{
            if (data.module) return postMessage(['Up']);
            if (data[0] === 'Load') postMessage(['Unpacked', 'module', 'glue']);
            if (data[0] === 'Load' || data[0] === 'Start') return postMessage(['Ready', 0, 65536]);
            for (let i = 0; typeof data[i] === 'number'; i += 2) compute(data[i], data[i + 1]);
        }};"
    );
    script.into()
}

fn blob() -> JsValue {
    js("new Blob(['zip'])")
}

#[wasm_bindgen_test]
async fn a_real_model_computes_in_the_products_worker() {
    let watch = Watch::new();
    let page = Page::new(&real_worker(), &bytes(CYLINDER), "replica: 2");
    assert_eq!((watch.workers().length(), page.stat("state")), (0, "idle".into()), "constructing starts nothing");
    let outputs = page.outputs(REQUEST).await;
    let volume = get(&outputs, "volume").as_f64().unwrap();
    assert!((volume - 282.743).abs() < 0.01, "{volume}");
    assert_eq!(page.stat("state"), "loaded");
    assert!(page.stat("memory").as_f64().unwrap() > 1e6);
    let with_meta = page.outputs("({ request_data: {}, request_meta: { service_category: 'metadata' } })").await;
    assert_eq!(text(&with_meta, "title"), "Cylinder");
    assert!(get(&with_meta, "volume").as_f64().is_some());
    assert_eq!(watch.open_urls(), 0, "an object URL stays behind");
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn every_way_to_hand_a_package_over_gives_the_same_answer() {
    let watch = Watch::new();
    set(&js_sys::global(), "zip", &bytes(CYLINDER));
    js("globalThis.base64 = btoa(String.fromCharCode(...zip))");
    for binary in [
        "zip.buffer.slice(0)",
        "new Blob([zip])",
        "new Response(zip)",
        "base64",
        "'data:application/zip;base64,' + base64.replace(/.{76}/g, '$&\\r\\n')",
        "base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')",
        "URL.createObjectURL(new Blob([zip]))",
        "new URL('/tests/models/cylinder/cylinder.zip', location.origin)",
        "({ url: 'tests/models/cylinder/cylinder.zip', headers: { 'x-test': '1' } })",
        "async (id) => zip",
    ] {
        let page = Page::new(&real_worker(), &js(binary), "");
        let volume = get(&page.outputs(REQUEST).await, "volume").as_f64().unwrap();
        assert!((volume - 282.743).abs() < 0.01, "{binary}: {volume}");
        page.client.destroy();
    }
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_package_is_read_once_for_all_replicas() {
    let watch = Watch::new();
    set(&js_sys::global(), "zip", &bytes(CYLINDER));
    js("globalThis.reads = 0");
    let page = Page::new(&real_worker(), &js("() => { reads += 1; return zip; }"), "replica: 2");
    let calls: Array = (0..6).map(|_| page.call(REQUEST)).collect();
    wait(&Promise::all(&calls)).await.unwrap();
    assert_eq!(js("reads"), 1);
    assert_eq!(watch.workers().length(), 2);
    assert_eq!(js("zip.length"), CYLINDER.len() as f64, "the caller's bytes were detached");
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn an_engine_that_traps_fails_its_call_and_is_replaced() {
    let watch = Watch::new();
    let page = Page::new(&real_worker(), &bytes(CRASH), "");
    let error = page.error("({ request_data: { inputs: { mode: 'trap' } } })").await;
    assert_eq!(text(&error, "code"), "ENGINE_TRAP");
    assert_says(&text(&error, "details"), &["unreachable"]);
    let error = page.error("({ request_data: { inputs: { mode: 'throw' } } })").await;
    assert_eq!(text(&error, "code"), "ENGINE_EXCEPTION");
    assert_eq!(get(&page.outputs("({ request_data: { inputs: { value: 5 } } })").await, "value"), 5);
    assert_eq!(watch.workers().length(), 2, "a C++ exception leaves its engine whole, a trap does not");
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_package_that_is_none_is_refused_by_the_worker() {
    let watch = Watch::new();
    let page = Page::new(&real_worker(), &js("Uint8Array.of(1, 2, 3)"), "");
    let error = page.error(REQUEST).await;
    assert_eq!(text(&error, "code"), "ZIP_INVALID");
    assert_eq!(text(&get(&error, "modelInfo"), "uuid"), "m");
    assert_eq!(page.stat("state"), "idle");
    watch.stop();
}

#[wasm_bindgen_test]
fn a_wrong_configuration_throws_and_a_doubtful_one_warns() {
    let error = Page::configured(&JsValue::NULL, js("({ nodegenModels: [{ versionId: 5, binary: 'UEsDBA==' }] })"));
    let error = error.err().unwrap();
    assert_eq!(text(&error, "code"), "CONFIG_INVALID");
    assert_eq!(text(&error, "path"), "nodegenModels[0].versionId");
    let page = Page::new(&JsValue::NULL, &"UEsDBA==".into(), "replicas: 2");
    assert_eq!(page.warnings.length(), 1);
    assert_says(&page.warnings.get(0).as_string().unwrap(), &["replicas", "replica"]);
}

#[wasm_bindgen_test]
async fn a_worker_that_never_speaks_is_given_up() {
    let watch = Watch::new();
    let clock = Clock::new();
    let page = Page::new(&"".into(), &blob(), "timeout: 100000");
    let call = page.call(REQUEST);
    assert_eq!(page.stat("starting"), 1);
    clock.pass(29_000.0);
    assert_eq!(page.stat("starting"), 1);
    clock.pass(2_000.0);
    let error = wait(&call).await.unwrap_err();
    assert_eq!(text(&error, "code"), "WORKER_START");
    assert_says(&text(&error, "message"), &["did not answer within 30 s"]);
    assert_eq!((page.stat("starting"), page.stat("state")), (0.into(), "idle".into()));
    clock.stop();
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_model_that_never_gets_ready_is_given_up() {
    let watch = Watch::new();
    let clock = Clock::new();
    let page =
        Page::new(&"onmessage = ({ data }) => data.module && postMessage(['Up'])".into(), &blob(), "timeout: 5000");
    let call = page.call(REQUEST);
    clock.pass(5_001.0);
    let error = wait(&call).await.unwrap_err();
    assert_eq!(text(&error, "code"), "TIMEOUT");
    assert_eq!((page.stat("starting"), page.stat("state")), (0.into(), "idle".into()));
    clock.stop();
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_call_that_takes_too_long_ends_and_so_does_its_worker() {
    let watch = Watch::new();
    let clock = Clock::new();
    let script = "if (text.includes('slow')) return; reply(id, '{\"response_data\":{\"outputs\":{}}}');";
    let page = Page::new(&worker_that(script), &blob(), "");
    page.outputs(REQUEST).await;
    let (_, call) = page.start("({ request_data: { inputs: { a: 'slow' } } })", &2000.into(), &JsValue::UNDEFINED);
    clock.pass(2_001.0);
    let error = wait(&call).await.unwrap_err();
    assert_eq!(text(&error, "code"), "TIMEOUT");
    for _ in 0..3 {
        clock.pass(10_000.0);
    }
    page.outputs(REQUEST).await;
    assert_eq!(watch.workers().length(), 2);
    clock.stop();
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_cancelled_call_rejects_with_the_reason_and_frees_its_worker() {
    let watch = Watch::new();
    let clock = Clock::new();
    let script = "if (text.includes('slow')) return; reply(id, '{\"response_data\":{\"outputs\":{}}}');";
    let page = Page::new(&worker_that(script), &blob(), "");
    page.outputs(REQUEST).await;
    let (id, call) =
        page.start("({ request_data: { inputs: { a: 'slow' } } })", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
    page.client.cancel(id, "changed my mind".into());
    let error = wait(&call).await.unwrap_err();
    assert_eq!(text(&error, "code"), "CANCELLED");
    assert_eq!(get(&error, "cause"), "changed my mind");
    clock.pass(101.0);
    page.outputs(REQUEST).await;
    assert_eq!(watch.workers().length(), 2, "the busy worker was kept");
    // Over, unknown, and none at all: ignored.
    for call in [id, 9999, 0] {
        page.client.cancel(call, JsValue::UNDEFINED);
    }
    clock.stop();
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn workers_that_cannot_be_created_are_an_answer() {
    let watch = Watch::new();
    js("globalThis.Worker = class { constructor() { throw new Error('no workers today'); } }");
    let page = Page::new(&"".into(), &blob(), "");
    let error = page.error(REQUEST).await;
    watch.stop();
    assert_eq!(text(&error, "code"), "WORKER_START");
    assert_says(&text(&error, "details"), &["no workers today"]);
}

#[wasm_bindgen_test]
async fn a_worker_that_dies_takes_only_its_own_call_with_it() {
    let watch = Watch::new();
    let script =
        "if (text.includes('die')) throw new Error('dying'); reply(id, '{\"response_data\":{\"outputs\":{}}}');";
    let page = Page::new(&worker_that(script), &blob(), "");
    let (dying, living) = (page.call("({ request_data: { inputs: { a: 'die' } } })"), page.call(REQUEST));
    let error = wait(&dying).await.unwrap_err();
    assert_eq!(text(&error, "code"), "WORKER_CRASHED");
    assert_says(&text(&error, "details"), &["dying"]);
    wait(&living).await.unwrap();
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn what_a_worker_reports_reaches_the_caller_and_the_developer() {
    let watch = Watch::new();
    let script = "postMessage(['Warning', 'careful']);
        postMessage(['CallFailed', 'OUT_OF_MEMORY', 'm', 'p', 'd', id, 1]);";
    let page = Page::new(&worker_that(script), &blob(), "");
    let error = page.error(REQUEST).await;
    assert_eq!(["code", "message", "path", "details"].map(|key| text(&error, key)), ["OUT_OF_MEMORY", "m", "p", "d"]);
    assert_eq!(page.warnings.get(0), "careful");
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_start_that_the_worker_reports_as_failed_is_the_calls_error() {
    let watch = Watch::new();
    let script = "onmessage = () => postMessage(['Failed', 'GLUE_FAILED', 'broken glue', null, 'said'])";
    let page = Page::new(&script.into(), &blob(), "");
    let (first, second) = (page.call(REQUEST), page.call(REQUEST));
    for call in [first, second] {
        let error = wait(&call).await.unwrap_err();
        assert_eq!((text(&error, "code").as_str(), text(&error, "message").as_str()), ("GLUE_FAILED", "broken glue"));
        assert_eq!(text(&get(&error, "cause"), "message"), "said");
    }
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_worker_that_talks_nonsense_is_ended() {
    for nonsense in ["postMessage('nonsense')", "postMessage([])", "postMessage(['Ready'])", "postMessage(null)"] {
        let watch = Watch::new();
        let page = Page::new(&worker_that(nonsense), &blob(), "");
        assert_eq!(text(&page.error(REQUEST).await, "code"), "INTERNAL", "{nonsense}");
        page.client.destroy();
        watch.stop();
    }
}

#[wasm_bindgen_test]
async fn replies_to_nobody_are_ignored() {
    let watch = Watch::new();
    let script = "reply(12345, '{}'); reply(id, '{\"response_data\":{\"outputs\":{\"n\":1}}}'); reply(id, '{}');";
    let page = Page::new(&worker_that(script), &blob(), "");
    for _ in 0..3 {
        assert_eq!(get(&page.outputs(REQUEST).await, "n"), 1);
    }
    assert_eq!(watch.workers().length(), 1);
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn each_of_many_calls_at_once_gets_its_own_answer() {
    let watch = Watch::new();
    let page =
        Page::new(&worker_that("reply(id, JSON.stringify({ got: JSON.parse(text).request_data }));"), &blob(), "");
    let calls: Array = (0..500).map(|n| page.call(&format!("({{ request_data: {{ n: {n} }} }})"))).collect();
    let answers = Array::from(&wait(&Promise::all(&calls)).await.unwrap());
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(get(&get(&answer, "got"), "n"), n as f64);
    }
    page.client.destroy();
    watch.stop();
}

#[wasm_bindgen_test]
async fn an_answer_that_is_no_json_object_is_an_error() {
    for answer in ["''", "'{'", "'[1]'", "'null'"] {
        let watch = Watch::new();
        let page = Page::new(&worker_that(&format!("reply(id, {answer});")), &blob(), "");
        assert_eq!(text(&page.error(REQUEST).await, "code"), "RESPONSE_INVALID", "{answer}");
        page.client.destroy();
        watch.stop();
    }
}

#[wasm_bindgen_test]
async fn the_callers_own_function_is_the_cause_when_it_fails() {
    let watch = Watch::new();
    let page = Page::new(&worker_that(""), &js("() => { throw globalThis.thrown = new Error('offline'); }"), "");
    let error = page.error(REQUEST).await;
    assert_eq!(text(&error, "code"), "BINARY_INVALID");
    assert_eq!(get(&error, "cause"), js("thrown"));
    assert_eq!(page.stat("state"), "idle");
    watch.stop();
}

#[wasm_bindgen_test]
async fn destroying_ends_calls_and_workers() {
    let watch = Watch::new();
    let holding = "navigator.locks.request('destroyed', () => { postMessage(['Warning', 'held']); return new Promise(() => {}); });";
    let page = Page::new(&worker_that(holding), &blob(), "");
    let call = page.call(REQUEST);
    while page.warnings.length() == 0 {
        wait(&turn()).await.unwrap();
    }
    page.client.destroy();
    page.client.destroy();
    assert_eq!(text(&wait(&call).await.unwrap_err(), "code"), "DESTROYED");
    wait(&released("destroyed")).await.unwrap();
    assert_eq!(text(&page.error(REQUEST).await, "code"), "DESTROYED");
    assert_eq!(page.stat("replicas"), 0);
    watch.stop();
}

#[wasm_bindgen_test]
async fn destroying_while_the_package_arrives_leaves_nothing() {
    let watch = Watch::new();
    let page = Page::new(&worker_that(""), &js("() => new Promise((resolve) => { globalThis.arrive = resolve; })"), "");
    let call = page.call(REQUEST);
    page.client.destroy();
    assert_eq!(text(&wait(&call).await.unwrap_err(), "code"), "DESTROYED");
    js("arrive(new Blob(['late']))");
    for _ in 0..5 {
        wait(&turn()).await.unwrap();
    }
    assert_eq!((watch.workers().length(), page.stat("starting")), (1, 0.into()));
    assert!(watch.worker(0).onmessage().is_none());
    watch.stop();
}

#[wasm_bindgen_test]
async fn what_is_wrong_with_a_call_is_said_before_anything_starts() {
    let watch = Watch::new();
    let page = Page::new(&worker_that(""), &blob(), "");
    let refused = async |timeout: &str, signal: &str| {
        let (id, call) = page.start(REQUEST, &js(timeout), &js(signal));
        assert_eq!(id, 0);
        wait(&call).await.unwrap_err()
    };
    for (timeout, signal, code, path) in [
        ("-1", "undefined", "REQUEST_INVALID", "options.timeout"),
        ("'5'", "undefined", "REQUEST_INVALID", "options.timeout"),
        ("undefined", "5", "REQUEST_INVALID", "options.signal"),
        ("undefined", "AbortSignal.abort('why')", "CANCELLED", ""),
    ] {
        let error = refused(timeout, signal).await;
        assert_eq!((text(&error, "code").as_str(), text(&error, "path").as_str()), (code, path), "{timeout} {signal}");
    }
    assert_eq!(get(&refused("undefined", "AbortSignal.abort('why')").await, "cause"), "why");
    let missing = Promise::new(&mut |resolve, reject| {
        page.client.execute(
            js(REQUEST),
            "other".into(),
            JsValue::UNDEFINED,
            JsValue::UNDEFINED,
            resolve,
            reject,
            -1,
            JsValue::UNDEFINED,
        );
    });
    assert_eq!(text(&wait(&missing).await.unwrap_err(), "code"), "MODEL_NOT_FOUND");
    let unnamed = Promise::new(&mut |resolve, reject| {
        page.client.execute(
            js(REQUEST),
            JsValue::UNDEFINED,
            JsValue::UNDEFINED,
            JsValue::UNDEFINED,
            resolve,
            reject,
            -1,
            JsValue::UNDEFINED,
        );
    });
    assert_eq!(text(&wait(&unnamed).await.unwrap_err(), "code"), "VERSION_ID_MISSING");
    js("globalThis.kept = Worker; globalThis.Worker = undefined");
    let error = page.error(REQUEST).await;
    js("globalThis.Worker = kept");
    assert_eq!(text(&error, "code"), "UNSUPPORTED_ENVIRONMENT");
    assert_eq!(watch.workers().length(), 0);
    watch.stop();
}

#[wasm_bindgen_test]
async fn numbers_about_a_model_are_numbers() {
    let watch = Watch::new();
    let page = Page::new(&worker_that("reply(id, '{}');"), &blob(), "replica: 1");
    let before = String::from(JSON::stringify(&page.client.stats()).unwrap());
    assert_eq!(
        before,
        r#"[{"versionId":"m","state":"idle","replicas":0,"starting":0,"queued":0,"running":0,"memory":0}]"#
    );
    wait(&page.call(REQUEST)).await.unwrap();
    let after = String::from(JSON::stringify(&page.client.stats()).unwrap());
    assert_eq!(
        after,
        r#"[{"versionId":"m","state":"loaded","replicas":1,"starting":0,"queued":0,"running":0,"memory":65536}]"#
    );
    page.client.destroy();
    watch.stop();
}
