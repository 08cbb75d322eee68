//! Real engines, and glue that is up to no good.

use js_sys::{JSON, Uint8Array, WebAssembly};
use spark_execute_core::protocol::FromWorker;
use spark_execute_core::{Code, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use super::support::*;
use crate::engine::{Engine, Exchange, Fault, Parts, start};
use crate::js::get;
use crate::scope::Port;
use crate::unpack::unpack;
use crate::wire::read_from_worker;

async fn engine(zip: Uint8Array) -> Engine {
    let parts = unpack(zip, "any", true, 65_536.0, None).await.unwrap().parts;
    started(parts).await.unwrap_or_else(|failure| panic!("{failure}: {:?}", failure.details))
}

async fn started(parts: Parts) -> Result<Engine, Failure> {
    started_with(parts, &exchange()).await
}

fn exchange() -> Exchange {
    Exchange::new(Port::of_this_worker())
}

/// Starts an engine; the console stays the test runner's.
async fn started_with(parts: Parts, exchange: &Exchange) -> Result<Engine, Failure> {
    let restore = keep_console();
    let engine = start(parts, &environment(&JsValue::UNDEFINED), exchange).await;
    restore.call0(&JsValue::NULL).unwrap();
    engine
}

/// Starts this glue with the smallest of modules.
async fn failure_of_glue(glue: &str) -> Failure {
    let module = js("new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))");
    let glue = Blob::new_with_str_sequence(&js_sys::Array::of1(&glue.into())).unwrap();
    started(Parts { module: module.unchecked_into(), glue, data: None, max_pages: 65_536.0 })
        .await
        .err()
        .expect("it started")
}

fn outputs(answer: Result<JsValue, Fault>) -> JsValue {
    let text = answer.unwrap_or_else(|fault| panic!("{:?}", fault.failure)).as_string().unwrap();
    get(&get(&JSON::parse(&text).unwrap(), "response_data"), "outputs")
}

fn request(inputs: &str) -> JsValue {
    format!(r#"{{"request_data":{{"inputs":{inputs}}},"request_meta":{{}}}}"#).into()
}

#[wasm_bindgen_test]
async fn glue_of_every_generation_starts_and_computes() {
    for zip in [
        model!("cylinder/cylinder"),
        model!("cylinder/cylinder-o3"),
        model!("cylinder/cylinder-imported"),
        model!("cylinder/cylinder-older"),
        model!("cylinder/cylinder-modern"),
        model!("cylinder/cylinder-modern-imported"),
    ] {
        let engine = engine(zip).await;
        assert!(!engine.is_async && engine.heap_size() > 65_536.0);
        let volume = get(&outputs(engine.compute(&request(r#"{"radius":3,"height":10}"#))), "volume");
        assert!((volume.as_f64().unwrap() - 282.743).abs() < 0.01, "{volume:?}");
    }
}

#[wasm_bindgen_test]
async fn no_address_of_the_glue_stays_behind() {
    js("globalThis.open = new Set(); globalThis.real = [URL.createObjectURL, URL.revokeObjectURL];
        URL.createObjectURL = (object) => { const url = real[0].call(URL, object); open.add(url); return url; };
        URL.revokeObjectURL = (url) => { open.delete(url); real[1].call(URL, url); }");
    engine(model!("cylinder/cylinder")).await;
    failure_of_glue("throw new Error('x')").await;
    js("[URL.createObjectURL, URL.revokeObjectURL] = real");
    assert_eq!(js("open.size"), 0);
}

#[wasm_bindgen_test]
async fn text_of_every_size_and_script_comes_through() {
    let table = engine(model!("table/table")).await;
    // Within the kept buffer; beyond it in one byte a unit; and where the first guess is too small.
    for text in ["ü🙂".to_owned(), "a".repeat(100_000), "€".repeat(6_000), "🙂".repeat(50_000), "é\t\"".repeat(3)]
    {
        let json = JSON::stringify(&text.as_str().into()).unwrap().as_string().unwrap();
        let back = get(&outputs(table.compute(&request(&format!(r#"{{"note":{json}}}"#)))), "note");
        assert!(back == text.as_str(), "{} bytes came back changed", text.len());
    }
    let note = "🙂€a".repeat(20_000);
    let rows = outputs(table.compute(&request(&format!(r#"{{"generate":20000,"note":"{note}"}}"#))));
    assert_eq!(get(&rows, "note").as_string().unwrap(), note);
    let count = |outputs: &JsValue| js_sys::Array::from(&get(outputs, "generated")).length();
    assert_eq!(count(&rows), 20_000);
    // The memory has grown meanwhile, and small calls still find it.
    assert_eq!(count(&outputs(table.compute(&request(r#"{"generate":2}"#)))), 2);
}

#[wasm_bindgen_test]
async fn every_way_to_fail_has_its_meaning() {
    let mut engine = self::engine(model!("crash/crash")).await;
    for (mode, code, fatal) in [
        ("throw", Code::EngineException, false),
        ("throw_text", Code::EngineException, false),
        ("trap", Code::EngineTrap, true),
        ("divide", Code::EngineTrap, true),
        ("overflow", Code::EngineTrap, true),
        ("abort", Code::EngineTrap, true),
        ("deep_recursion", Code::EngineTrap, true),
        ("invalid_utf8", Code::ResponseInvalid, false),
        ("empty", Code::ResponseInvalid, false),
        ("null_pointer", Code::ResponseInvalid, false),
        ("huge_length", Code::ResponseInvalid, true),
        ("negative_length", Code::ResponseInvalid, true),
    ] {
        let Fault { failure, fatal: found } = engine.compute(&request(&format!(r#"{{"mode":"{mode}"}}"#))).unwrap_err();
        assert_eq!((failure.code, found), (code, fatal), "{mode}: {failure} {:?}", failure.details);
        if fatal {
            engine = self::engine(model!("crash/crash")).await;
        }
        let value = get(&outputs(engine.compute(&request(r#"{"value":7}"#))), "value");
        assert_eq!(value, 7, "after {mode}");
    }
}

#[wasm_bindgen_test]
async fn what_an_engine_prints_is_kept_for_its_error_and_shown_to_nobody() {
    let parts = unpack(model!("crash/crash"), "any", true, 65_536.0, None).await.unwrap().parts;
    js("globalThis.shown = []; globalThis.keptLog = console.log; console.log = (...said) => shown.push(said)");
    let restore = keep_console();
    let engine = start(parts, &environment(&JsValue::UNDEFINED), &exchange()).await.unwrap();
    outputs(engine.compute(&request(r#"{"mode":"print"}"#)));
    let details = engine.compute(&request(r#"{"mode":"abort"}"#)).unwrap_err().failure.into_facts().details.unwrap();
    restore.call0(&JsValue::NULL).unwrap();
    js("console.log = keptLog");
    assert_eq!(js("shown.length"), 0);
    assert_says(&details, &["bort"]);
}

#[wasm_bindgen_test]
async fn a_suspending_engine_gets_what_the_page_answers() {
    for zip in [model!("async/async"), model!("async/async-o3"), model!("async/async-modern")] {
        let (outbox, exchange) = (Outbox::new(), exchange());
        let parts = unpack(zip, "any", true, 65_536.0, None).await.unwrap().parts;
        let engine = started_with(parts, &exchange).await.unwrap();
        assert!(engine.is_async);
        for xcall_version in [0, 2] {
            let inputs = format!(r#"{{"dispatch":true,"radius":1,"height":2,"xcall_version":{xcall_version}}}"#);
            let request = request(&inputs);
            let page = async {
                let asked = read_from_worker(wait(&outbox.next()).await.unwrap()).unwrap();
                let FromWorker::Dispatch { id, service, request } = asked else { panic!("{asked:?}") };
                assert_eq!(service, 0.0);
                assert!(JSON::parse(&request.0.as_string().unwrap()).is_ok());
                exchange.answer(id + 1, &"nobody asked for this".into());
                exchange.answer(id, &r#"{"answer":"grün 🙂"}"#.into());
                exchange.answer(id, &"a second answer".into());
            };
            let (answer, ()) = join(engine.compute_async(&request), page).await;
            assert_says(&String::from(JSON::stringify(&get(&outputs(answer), "reply")).unwrap()), &["grün 🙂"]);
        }
        let own = outputs(engine.compute_async(&request(r#"{"dispatch":false,"radius":1,"height":2}"#)).await);
        assert!(get(&own, "own_volume").as_f64().unwrap() > 6.0);
        outbox.close();
    }
}

/// Both at the same time.
async fn join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    use std::task::Poll;
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut left, mut right) = (None, None);
    std::future::poll_fn(move |context| {
        if left.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(context)
        {
            left = Some(value);
        }
        if right.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(context)
        {
            right = Some(value);
        }
        match (left.take(), right.take()) {
            (Some(left), Some(right)) => Poll::Ready((left, right)),
            parts => {
                (left, right) = parts;
                Poll::Pending
            }
        }
    })
    .await
}

#[wasm_bindgen_test]
async fn damaged_data_fails_the_construction() {
    let mut parts = unpack(model!("cylinder/cylinder"), "any", true, 65_536.0, None).await.unwrap().parts;
    let data = parts.data.take().unwrap();
    parts.data = Some(data.slice_with_end(0, data.byte_length() / 2));
    let failure = started(parts).await.err().unwrap();
    assert_eq!(failure.code, Code::ModelConstruct, "{failure}");
    assert_says(&failure.message, &["data file"]);
}

#[wasm_bindgen_test]
async fn glue_and_module_of_different_builds_do_not_link() {
    let mut parts = unpack(model!("cylinder/cylinder"), "any", true, 65_536.0, None).await.unwrap().parts;
    parts.module = WebAssembly::Module::new(&js(
        "Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 120, 1, 121, 0, 0)",
    ))
    .unwrap();
    let failure = started(parts).await.err().unwrap();
    assert_eq!(failure.code, Code::WasmInvalid, "{failure} {:?}", failure.details);
    assert_says(&failure.message, &["different builds"]);
}

#[wasm_bindgen_test]
async fn glue_that_is_broken_says_how() {
    for (glue, code, message, details) in [
        ("throw new Error('boom')", Code::GlueFailed, "cannot be evaluated", "Error: boom"),
        ("this is no JavaScript", Code::GlueFailed, "cannot be evaluated", "SyntaxError"),
        ("", Code::GlueFailed, "defines no function named Module", ""),
        ("var Module = 5", Code::GlueFailed, "defines no function named Module", ""),
        ("var Module = () => { throw new Error('early'); }", Code::GlueFailed, "while it was starting", "Error: early"),
        ("var Module = async () => { throw 'late'; }", Code::GlueFailed, "while it was starting", "late"),
        (
            "var Module = () => ({ then(done, failed) { failed(new Error('no')); } })",
            Code::GlueFailed,
            "starting",
            "no",
        ),
        ("var Module = () => ({ then() { throw new Error('thrown'); } })", Code::GlueFailed, "starting", "thrown"),
        (
            "var Module = ({ onAbort }) => new Promise(() => onAbort('out of luck'))",
            Code::GlueFailed,
            "while it was starting",
            "out of luck",
        ),
        ("var Module = () => ({})", Code::GlueFailed, "exports no _construct", ""),
        ("var Module = async () => ({ _construct() {} })", Code::GlueFailed, "exports no _node_calc_v3", ""),
        (
            "var Module = ({ printErr }) => { printErr('printed before'); throw 1; }",
            Code::GlueFailed,
            "while it was starting",
            "the number 1\nprinted before",
        ),
        (
            "var Module = async () => ({ _construct() {}, _node_calc_v3() {}, _malloc() {}, _free() {} })",
            Code::WasmInvalid,
            "neither exports nor imports a memory",
            "",
        ),
        (
            "var Module = ({ instantiateWasm }) => new Promise((ready) => instantiateWasm({}, () => { throw 'in glue'; }))",
            Code::GlueFailed,
            "while it was starting",
            "in glue",
        ),
    ] {
        let failure = failure_of_glue(glue).await;
        assert_eq!(failure.code, code, "{glue}: {failure}");
        assert_says(&failure.message, &[message]);
        assert_says(failure.details.as_deref().unwrap_or_default(), &[details]);
    }
}

#[wasm_bindgen_test]
async fn a_policy_against_the_glue_is_told_apart() {
    let parts = unpack(model!("cylinder/cylinder"), "any", true, 65_536.0, None).await.unwrap().parts;
    let restore = keep_console();
    let blocked = environment(&js("() => { throw new DOMException('blocked', 'NetworkError'); }"));
    let failure = start(parts, &blocked, &exchange()).await.err().unwrap();
    restore.call0(&JsValue::NULL).unwrap();
    assert_eq!(failure.code, Code::WorkerBlocked);
    assert_says(&failure.message, &["script-src"]);
}

/// Glue whose memory and functions are the test's own: `calc` is the body of `_node_calc_v3(workbook, at, length, out)`.
async fn puppet(malloc: &str, calc: &str) -> Result<Engine, Failure> {
    let glue = format!(
        "var Module = async ({{ instantiateWasm }}) => {{
            const memory = new WebAssembly.Memory({{ initial: 2 }});
            await new Promise((done) => instantiateWasm({{ env: {{ memory }} }}, done));
            let next = 1024;
            const malloc = (size) => {{ const at = next; next += size; return at; }};
            return {{
                _construct: () => 1, _free() {{}}, _malloc: {malloc},
                _node_calc_v3(workbook, at, length, out) {{ {calc} }},
            }};
        }}"
    );
    let module = js("new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))");
    let glue = Blob::new_with_str_sequence(&js_sys::Array::of1(&glue.into())).unwrap();
    started(Parts { module: module.unchecked_into(), glue, data: None, max_pages: 65_536.0 }).await
}

#[wasm_bindgen_test]
async fn memory_that_grows_under_a_call_is_found_again() {
    let engine = puppet(
        "malloc",
        "memory.grow(1);
        new Uint8Array(memory.buffer).copyWithin(70000, at, at + length);
        new DataView(memory.buffer).setInt32(out, length, true);
        return 70000;",
    )
    .await
    .unwrap();
    for (index, text) in ["{}", "{\"a\":\"ü\"}"].iter().enumerate() {
        assert_eq!(engine.compute(&(*text).into()).unwrap(), *text);
        assert_eq!(engine.heap_size(), 65_536.0 * (3 + index) as f64);
    }
}

#[wasm_bindgen_test]
async fn an_engine_without_memory_for_us_says_so() {
    for malloc in ["() => 0", "() => { throw new Error('OOM'); }"] {
        let failure = puppet(malloc, "").await.err().unwrap();
        assert_eq!(failure.code, Code::OutOfMemory, "{malloc}");
    }
    let engine = puppet("(size) => size > 20000 ? 0 : malloc(size)", "").await.unwrap();
    let fault = engine.compute(&"a".repeat(30_000).into()).unwrap_err();
    assert_eq!((fault.failure.code, fault.fatal), (Code::OutOfMemory, true));
}

#[wasm_bindgen_test]
async fn what_an_engine_throws_is_classified() {
    for (thrown, code, fatal) in [
        ("5", Code::EngineException, false),
        ("Object.assign(new Error('c'), { name: 'CppException' })", Code::EngineException, false),
        ("new (class CppException extends Error {})('c')", Code::EngineException, false),
        ("new WebAssembly.Exception(new WebAssembly.Tag({ parameters: [] }), [])", Code::EngineException, false),
        ("new WebAssembly.RuntimeError('unreachable')", Code::EngineTrap, true),
        ("new WebAssembly.RuntimeError('Aborted(OOM)')", Code::OutOfMemory, true),
        ("new RangeError('WebAssembly.Memory.grow(): out of memory')", Code::OutOfMemory, true),
        ("'Cannot enlarge memory arrays'", Code::OutOfMemory, true),
        ("undefined", Code::EngineTrap, true),
        ("null", Code::EngineTrap, true),
        ("({})", Code::EngineTrap, true),
    ] {
        let engine = puppet("malloc", &format!("throw {thrown};")).await.unwrap();
        let fault = engine.compute(&"{}".into()).unwrap_err();
        assert_eq!((fault.failure.code, fault.fatal), (code, fatal), "{thrown}: {:?}", fault.failure);
    }
}
