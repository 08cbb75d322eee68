//! Unpacking apart from the replica's worker, and every way in which that is given up.

use spark_execute_core::Code;
use spark_execute_core::protocol::Load;
use spark_execute_worker::js::get;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::replica::Script;
use crate::source::package;
use crate::unpack_worker::{Job, Outcome};

const CYLINDER: &[u8] = include_bytes!("../models/cylinder/cylinder.zip");

fn start(script: &JsValue) -> Option<Job> {
    Job::start(&listening(), &Script::new(script).unwrap(), 1000.0)
}

async fn run(job: &Job, binary: &JsValue) -> Outcome {
    let package = package(&model(binary), binary.clone()).await.ok().unwrap();
    let load = Load {
        version_id: "m".into(),
        verify_checksums: true,
        integrity: None,
        max_pages: 65_536.0,
        keep: false,
        source: package.source(),
    };
    job.run(&host(&JsValue::NULL), &package, load).await
}

fn zip() -> JsValue {
    js_sys::Uint8Array::from(CYLINDER).into()
}

#[wasm_bindgen_test]
async fn bytes_text_and_blobs_become_an_image() {
    let watch = Watch::new();
    js_sys::Reflect::set(&js_sys::global(), &"zip".into(), &zip()).unwrap();
    for binary in ["zip", "new Blob([zip])", "btoa(String.fromCharCode(...zip))"] {
        let outcome = run(&start(&real_worker()).unwrap(), &js(binary)).await;
        let Outcome::Image(image, warnings, phases) = outcome else { panic!("{binary}: {outcome:?}") };
        assert!(image.module.0.is_instance_of::<js_sys::WebAssembly::Module>());
        assert!(get(&image.glue.0, "size").as_f64().unwrap() > 10_000.0);
        assert!(image.data.is_some() && image.static_json.is_some());
        assert!(warnings.is_empty(), "{warnings:?}");
        // Of three steps, when they began and ended.
        assert_eq!(get(&phases, "length"), 9);
    }
    assert_eq!(watch.open_urls(), 0);
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_package_at_fault_is_refused() {
    let watch = Watch::new();
    for (binary, code) in [("Uint8Array.of(1, 2, 3)", Code::ZipInvalid), ("'UEs!'", Code::Base64Invalid)] {
        let outcome = run(&start(&real_worker()).unwrap(), &js(binary)).await;
        assert!(matches!(&outcome, Outcome::Refused(failure) if failure.code == code), "{outcome:?}");
    }
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_worker_that_cannot_is_given_up() {
    let watch = Watch::new();
    for script in ["throw new Error('boom')", "onmessage = ({ data }) => { if (data.role) throw new Error('late'); }"] {
        let outcome = run(&start(&script.into()).unwrap(), &zip()).await;
        assert!(matches!(outcome, Outcome::Unavailable), "{script}: {outcome:?}");
    }
    redirect_scripts("/there/is/no/such/script.js");
    assert!(matches!(run(&start(&"".into()).unwrap(), &zip()).await, Outcome::Unavailable));
    let job = start(&"".into()).unwrap();
    watch.worker(-1).dispatch_event(&web_sys::MessageEvent::new("messageerror").unwrap()).unwrap();
    assert!(matches!(run(&job, &zip()).await, Outcome::Unavailable));
    js("globalThis.Worker = class { constructor() { throw new Error('none'); } }");
    let none = start(&"".into());
    watch.stop();
    assert!(none.is_none());
}

#[wasm_bindgen_test]
async fn a_worker_that_is_silent_is_given_up_in_time() {
    let watch = Watch::new();
    let job = start(&"onmessage = () => {}".into()).unwrap();
    let clock = Clock::new();
    let timed = start(&"onmessage = () => {}".into()).unwrap();
    assert_eq!(clock.delays(), [5_000.2]);
    clock.pass(5_001.0);
    clock.stop();
    assert!(matches!(run(&timed, &zip()).await, Outcome::Unavailable));
    // Ended by whoever needs it no more.
    job.end();
    assert!(matches!(run(&job, &zip()).await, Outcome::Unavailable));
    watch.stop();
}

#[wasm_bindgen_test]
async fn its_worker_ends_with_it_and_the_pages_worker_class_is_untouched() {
    let watch = Watch::new();
    let before = js("Worker");
    let script = format!(
        "navigator.locks.request('unpack', () => new Promise(() => {{}})).catch(() => {{}});\n{}",
        real_worker().as_string().unwrap()
    );
    let outcome = run(&start(&script.into()).unwrap(), &zip()).await;
    assert!(matches!(outcome, Outcome::Image(..)), "{outcome:?}");
    assert_eq!(js("Worker"), before);
    wait(&released("unpack")).await.unwrap();
    watch.stop();
}
