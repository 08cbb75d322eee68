//! Whole calls with workers that misbehave, or that are made for the test.

use js_sys::{Array, Promise};
use spark_execute_worker::js::get;
use wasm_bindgen_test::wasm_bindgen_test;

use super::page::{Page, REQUEST, blob, text, worker_that};
use super::support::*;

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
    assert_says(&text(&error, "message"), &["said nothing in time", "workerUrl or createWorker"]);
    assert_eq!((page.stat("starting"), page.stat("state")), (0.into(), "idle".into()));
    clock.stop();
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_worker_that_never_speaks_costs_no_more_than_calls_may_take() {
    let watch = Watch::new();
    let clock = Clock::new();
    let page = Page::new(&"".into(), &blob(), "timeout: 5000");
    let call = page.call(REQUEST);
    clock.pass(5_001.0);
    let error = wait(&call).await.unwrap_err();
    assert_eq!(text(&error, "code"), "WORKER_START");
    assert_eq!((page.stat("starting"), page.stat("state")), (0.into(), "idle".into()));
    clock.stop();
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
    let script = "onmessage = ({ data }) => {
        if (data.module) return postMessage(['Up']);
        if (data[0] !== 'Load') return postMessage(['CallFailed', 'OUT_OF_MEMORY', 'm', 'p', 'd', null, null, data[0], 1]);
        postMessage(['Warning', 'careful']);
        postMessage(['Unpacked', 'module', 'glue', 65536]);
        postMessage(['Ready', 0, 65536]);
    }";
    let page = Page::new(&script.into(), &blob(), "");
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
        assert_eq!(text(&page.error(REQUEST).await, "code"), "WORKER_CRASHED", "{nonsense}");
        page.client.destroy();
        watch.stop();
    }
}

#[wasm_bindgen_test]
async fn a_reply_to_nobody_ends_its_worker() {
    let watch = Watch::new();
    let script =
        "reply(id, '{\"response_data\":{\"outputs\":{\"n\":1}}}'); if (text.includes('twice')) reply(id, '{}');
        if (text.includes('other')) reply(12345, '{}');";
    let page = Page::new(&worker_that(script), &blob(), "");
    assert_eq!(get(&page.outputs(REQUEST).await, "n"), 1);
    for what in ["twice", "other"] {
        let request = format!("({{ request_data: {{ inputs: {{ {what}: 1 }} }} }})");
        let before = watch.workers().length();
        assert_eq!(get(&page.outputs(&request).await, "n"), 1);
        // The call after it may have been posted already when the worker ends.
        while watch.workers().length() == before {
            let _ = wait(&page.call(REQUEST)).await;
        }
    }
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
