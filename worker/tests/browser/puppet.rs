//! What our side makes of an engine: one whose memory, answers and failures are the test's own.

use spark_execute_core::{Code, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use super::engine::started;
use super::support::*;
use crate::engine::{Engine, Parts};

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
    let bytes = js_sys::Uint8Array::from("{\"ü\":1}".as_bytes()).buffer();
    let requests: [(&str, JsValue); 3] =
        [("{}", "{}".into()), ("{\"ü\":1}", bytes.into()), ("{\"ü\":2}", "{\"ü\":2}".into())];
    for (index, (text, request)) in requests.iter().enumerate() {
        assert_eq!(engine.compute(request).unwrap(), *text);
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
