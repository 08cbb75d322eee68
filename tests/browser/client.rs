//! Whole calls: through the client, the pool and the loading of a model, with the product's own worker and a real model.

use js_sys::{Array, JSON, Promise};
use spark_execute_worker::js::{get, set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::page::{CRASH, CYLINDER, Page, REQUEST, blob, bytes, text, worker_that};
use super::support::*;

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
    let holding = "navigator.locks.request('destroyed', () => new Promise(() => {}));";
    let page = Page::new(&worker_that(holding), &blob(), "");
    let call = page.call(REQUEST);
    let held = "navigator.locks.query().then(({ held }) => held.some(({ name }) => name === 'destroyed'))";
    while !js_async(held).await.is_truthy() {
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
            js(REQUEST),
            JsValue::UNDEFINED,
            0,
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
            js(REQUEST),
            JsValue::UNDEFINED,
            0,
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
        concat!(
            r#"[{"versionId":"m","state":"idle","replicas":0,"starting":0,"dying":0,"queued":0,"running":0,"memory":0,"#,
            r#""done":0,"failed":0,"restarts":0}]"#
        )
    );
    wait(&page.call(REQUEST)).await.unwrap();
    let after = String::from(JSON::stringify(&page.client.stats()).unwrap());
    assert_eq!(
        after,
        concat!(
            r#"[{"versionId":"m","state":"loaded","replicas":1,"starting":0,"dying":0,"queued":0,"running":0,"memory":65536,"#,
            r#""done":1,"failed":0,"restarts":0,"times":{"told":0}}]"#
        )
    );
    page.client.destroy();
    watch.stop();
}
