//! Every message between page and worker, through the real `structuredClone` and `postMessage`.

use js_sys::{Array, Uint8Array, WebAssembly};
use spark_execute_core::protocol::{FromWorker, Image, Load, Source, ToWorker};
use spark_execute_core::{Code, Failure};
use spark_execute_worker::wire::{Js, from_worker, read_from_worker, read_to_worker, to_worker};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use super::support::*;

/// `structuredClone` and a message channel.
async fn crossed(value: &JsValue) -> [JsValue; 2] {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = structuredClone)]
        fn structured_clone(value: &JsValue) -> JsValue;
    }
    [structured_clone(value), wait(&posted(value)).await.unwrap()]
}

fn image(whole: bool) -> Image<Js> {
    let extra = |text: &str| whole.then(|| Js(text.into()));
    Image {
        module: Js(js("new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))")),
        glue: Js(js("new Blob(['glue'], { type: 'text/javascript' })")),
        data: whole.then(|| Js(js("new Blob([Uint8Array.of(1, 2, 3)])"))),
        static_json: extra("{\"static\":\"ü\"}"),
        formspec_json: extra("{}"),
        names: Default::default(),
        max_pages: 1024.0,
        wasm: None,
    }
}

/// The module works, and the Blobs hold what they held.
async fn assert_image(image: Image<Js>, whole: bool) {
    WebAssembly::Instance::new(&image.module.0.dyn_into().unwrap(), &js_sys::Object::new()).unwrap();
    let glue: Blob = image.glue.0.dyn_into().unwrap();
    assert_eq!(wait(&glue.text()).await.unwrap(), "glue");
    assert_eq!(glue.type_(), "text/javascript");
    assert_eq!(image.data.is_some(), whole);
    if let Some(data) = image.data {
        let bytes = wait(&data.0.unchecked_into::<Blob>().array_buffer()).await.unwrap();
        assert_eq!(Uint8Array::new(&bytes).to_vec(), [1, 2, 3]);
    }
    let text = |part: Option<Js>| part.and_then(|text| text.0.as_string());
    assert_eq!(text(image.static_json).as_deref(), whole.then_some("{\"static\":\"ü\"}"));
    assert_eq!(text(image.formspec_json).as_deref(), whole.then_some("{}"));
}

fn load(source: Source<Js>) -> ToWorker<Js> {
    ToWorker::Load(Load {
        version_id: "ID-1".into(),
        verify_checksums: false,
        integrity: None,
        max_pages: 1024.0,
        keep: false,
        source,
    })
}

#[wasm_bindgen_test]
async fn to_a_worker() {
    for message in [
        load(Source::Blob(Js(js("new Blob(['zip'])")))),
        load(Source::Slices { text: true }),
        ToWorker::Slice(Js("UEsD".into())),
        ToWorker::SlicesEnd,
        ToWorker::Call { id: u32::MAX, request: Js("{\"a\":\"😀\\u0000\"}".into()) },
    ] {
        for data in crossed(&to_worker(&message).unwrap()).await {
            let read = read_to_worker(data).unwrap();
            assert_eq!(format!("{read:?}"), format!("{message:?}"));
        }
    }
    for whole in [true, false] {
        for data in crossed(&to_worker(&ToWorker::Start(image(whole))).unwrap()).await {
            let Ok(ToWorker::Start(image)) = read_to_worker(data) else { panic!("another message") };
            assert_image(image, whole).await;
        }
    }
    let slice = ToWorker::Slice(Js(Uint8Array::from(&[1, 2, 255][..]).into()));
    for data in crossed(&to_worker(&slice).unwrap()).await {
        let Ok(ToWorker::Slice(Js(bytes))) = read_to_worker(data) else { panic!("another message") };
        assert_eq!(bytes.dyn_into::<Uint8Array>().unwrap().to_vec(), [1, 2, 255]);
    }
}

#[wasm_bindgen_test]
async fn from_a_worker() {
    let failure = Failure::new(Code::EngineTrap, "unreachable: \"ü\"").at("a[0]").with_details("line\nline");
    for message in [
        FromWorker::Up,
        FromWorker::Ready { is_async: true, heap: 4_294_967_296.0 },
        FromWorker::Reply { id: u32::MAX, response: Js("{\"a\":1}".into()), micros: 12.5, heap: 16_777_216.0 },
        FromWorker::CallFailed { id: 0, failure: failure.clone(), fatal: true },
        FromWorker::CallFailed { id: 1, failure: Failure::new(Code::Timeout, ""), fatal: false },
        FromWorker::Failed(failure),
        FromWorker::Warning("careful".into()),
    ] {
        for data in crossed(&from_worker(&message).unwrap()).await {
            let read = read_from_worker(data).unwrap();
            assert_eq!(format!("{read:?}"), format!("{message:?}"));
        }
    }
    for whole in [true, false] {
        for data in crossed(&from_worker(&FromWorker::Unpacked(image(whole))).unwrap()).await {
            let Ok(FromWorker::Unpacked(image)) = read_from_worker(data) else { panic!("another message") };
            assert_image(image, whole).await;
        }
    }
    for &code in Code::ALL {
        for data in crossed(&from_worker(&FromWorker::Failed(Failure::new(code, "m"))).unwrap()).await {
            assert!(
                matches!(read_from_worker(data), Ok(FromWorker::Failed(failure)) if failure.code == code),
                "{code:?}"
            );
        }
    }
}

#[wasm_bindgen_test]
fn the_frequent_ones_are_arrays() {
    let call = Array::from(&to_worker(&ToWorker::Call { id: 3, request: Js("r".into()) }).unwrap());
    assert_eq!(call.to_vec(), [3.into(), "r".into()] as [JsValue; 2]);
    let reply = FromWorker::Reply { id: 3, response: Js("a".into()), micros: 1.5, heap: 2.0 };
    let reply = Array::from(&from_worker(&reply).unwrap());
    assert_eq!(reply.to_vec(), [3.into(), "a".into(), 1.5.into(), 2.0.into()] as [JsValue; 4]);
}

#[wasm_bindgen_test]
fn what_nobody_sent_is_refused() {
    for data in [
        "undefined",
        "null",
        "5",
        "'Down'",
        "({})",
        "[]",
        "['1', '{}']",
        "['Ready', 0]",
        "['Failed', 'X', 'm', null, null]",
        "['Unpacked', 'm']",
        "['Load', 'id', 0, 'Pipe']",
    ] {
        assert_eq!(read_from_worker(js(data)).unwrap_err().code, Code::Internal, "{data}");
        assert_eq!(read_to_worker(js(data)).unwrap_err().code, Code::Internal, "{data}");
    }
}

#[wasm_bindgen_test]
fn what_breaks_off_is_refused() {
    for data in [
        "[]",
        "[[]]",
        "[null]",
        "[{}]",
        "['Ready']",
        "['Ready', 1]",
        "['Ready', 1, 'much']",
        "['Unpacked', 1]",
        "['Failed', 'TIMEOUT']",
        "['Failed', 'NO_SUCH_CODE', 'm']",
        "['Failed', 'TIMEOUT', 5]",
        "['Failed', 'TIMEOUT', 'm', 5]",
        "['CallFailed', 'TIMEOUT', 'm', null, null]",
        "['CallFailed', 'TIMEOUT', 'm', null, null, 1]",
        "['Warning']",
        "[1, 'reply']",
        "[1, 'reply', 2]",
    ] {
        assert_eq!(read_from_worker(js(data)).unwrap_err().code, Code::Internal, "{data}");
    }
    for data in [
        "['Load']",
        "['Load', 'id', 1]",
        "['Load', 'id', 1, 'Blob']",
        "['Load', 'id', 1, 'Other', 1]",
        "['Load', 'id', 1, 'Fetch', 'url', null, 'header without value']",
        "['Load', 'id', 1, 'Slices', 1]",
        "['Slice']",
        "['Start', 1]",
        "['Up']",
    ] {
        assert_eq!(read_to_worker(js(data)).unwrap_err().code, Code::Internal, "{data}");
    }
}
