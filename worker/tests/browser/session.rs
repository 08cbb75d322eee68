//! A session: the messages of the page in, those of the worker out.

use js_sys::{Array, Function, JSON, Uint8Array};
use spark_execute_core::protocol::{FromWorker, Image, Load, Source, ToWorker};
use spark_execute_core::{Code, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::js::get;
use crate::scope::Port;
use crate::session::Session;
use crate::wire::{Js, from_worker, read_from_worker, to_worker};

/// A session and its page.
struct Page {
    outbox: Outbox,
    receive: Function,
    restore: Function,
}

impl Page {
    async fn begin() -> Page {
        let (outbox, restore) = (Outbox::new(), keep_console());
        let receive = Session::begin(environment(&JsValue::UNDEFINED)).unchecked_into();
        let page = Page { outbox, receive, restore };
        assert!(matches!(page.next().await, FromWorker::Up));
        page
    }

    /// Sends a message; what the session returns is what the bootstrap would post.
    fn send(&self, message: &ToWorker<Js>) -> JsValue {
        self.receive.call1(&JsValue::NULL, &to_worker(message).unwrap()).unwrap()
    }

    /// The next message. How long its start took, it must say right before it is ready.
    async fn next(&self) -> FromWorker<Js> {
        let message = self.any().await;
        let FromWorker::Phases(Js(phases)) = message else { return message };
        let numbers: Vec<f64> = Array::from(&phases).iter().filter_map(|number| number.as_f64()).collect();
        assert!(numbers.len() >= 9 && numbers.len().is_multiple_of(3), "{numbers:?}");
        for step in numbers.chunks(3) {
            assert!((1.0..=7.0).contains(&step[0]) && step[1] > 1e12 && step[2] >= step[1], "{numbers:?}");
        }
        let message = self.any().await;
        assert!(matches!(message, FromWorker::Ready { .. }), "{message:?}");
        message
    }

    async fn any(&self) -> FromWorker<Js> {
        read_from_worker(wait(&self.outbox.next()).await.unwrap()).unwrap()
    }

    async fn failure(&self) -> Failure {
        match self.next().await {
            FromWorker::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    /// Loads a package as a Blob until it is ready; gives its image and whether it suspends.
    async fn load(&self, zip: Uint8Array) -> (Image<Js>, bool) {
        let blob = web_sys::Blob::new_with_u8_array_sequence(&Array::of1(&zip)).unwrap();
        self.send(&load(Source::Blob(Js(blob.into()))));
        let FromWorker::Unpacked(image) = self.next().await else { panic!("no image") };
        let FromWorker::Ready { is_async, heap } = self.next().await else { panic!("not ready") };
        assert!(heap > 65_536.0);
        (image, is_async)
    }

    fn end(self) {
        self.restore.call0(&JsValue::NULL).unwrap();
        self.outbox.close();
    }
}

fn load(source: Source<Js>) -> ToWorker<Js> {
    ToWorker::Load(Load {
        version_id: "any".into(),
        verify_checksums: true,
        integrity: None,
        max_pages: 65_536.0,
        keep: false,
        source,
    })
}

fn call(id: u32, inputs: &str) -> ToWorker<Js> {
    let request = format!(r#"{{"request_data":{{"inputs":{inputs}}},"request_meta":{{}}}}"#);
    ToWorker::Call { id, request: Js(request.into()) }
}

fn output(reply: FromWorker<Js>, wanted: u32, name: &str) -> JsValue {
    let FromWorker::Reply { id, response, micros, heap } = reply else { panic!("{reply:?}") };
    assert_eq!(id, wanted);
    assert!(micros >= 0.0 && heap > 65_536.0);
    let response = JSON::parse(&response.0.as_string().unwrap()).unwrap();
    get(&get(&get(&response, "response_data"), "outputs"), name)
}

#[wasm_bindgen_test]
async fn from_a_blob_to_an_answer_and_a_second_replica() {
    let first = Page::begin().await;
    let (image, is_async) = first.load(model!("cylinder/cylinder")).await;
    assert!(!is_async);
    let reply = read_from_worker(first.send(&call(7, r#"{"radius":3,"height":10}"#))).unwrap();
    assert!((output(reply, 7, "volume").as_f64().unwrap() - 282.743).abs() < 0.01);
    first.end();
    let second = Page::begin().await;
    assert!(second.send(&ToWorker::Start(image)).is_undefined());
    assert!(matches!(second.next().await, FromWorker::Ready { is_async: false, .. }));
    let reply = read_from_worker(second.send(&call(1, "{}"))).unwrap();
    assert!(output(reply, 1, "volume").as_f64().is_some());
    second.end();
}

#[wasm_bindgen_test]
async fn slices_arrive_one_by_one() {
    let page = Page::begin().await;
    let zip = model!("cylinder/cylinder");
    page.send(&load(Source::Slices { text: false }));
    for start in (0..zip.length()).step_by(10_000) {
        let slice = zip.slice(start, (start + 10_000).min(zip.length()));
        assert!(page.send(&ToWorker::Slice(Js(slice.into()))).is_undefined());
    }
    page.send(&ToWorker::SlicesEnd);
    assert!(matches!(page.next().await, FromWorker::Unpacked(_)));
    assert!(matches!(page.next().await, FromWorker::Ready { .. }));
    page.end();
}

#[wasm_bindgen_test]
async fn slices_of_nothing_are_ignored() {
    let page = Page::begin().await;
    page.send(&ToWorker::Slice(Js("lost".into())));
    page.send(&ToWorker::SlicesEnd);
    page.load(model!("counter/counter")).await;
    page.end();
}

#[wasm_bindgen_test]
async fn every_step_of_starting_reports_its_failure() {
    let page = Page::begin().await;
    page.send(&load(Source::Blob(Js(js("new Blob(['no zip'])")))));
    assert_eq!(page.failure().await.code, Code::ZipInvalid);
    page.send(&load(Source::Slices { text: true }));
    page.send(&ToWorker::Slice(Js("?".into())));
    page.send(&ToWorker::SlicesEnd);
    assert_eq!(page.failure().await.code, Code::Base64Invalid);
    let image = Image {
        module: Js(js("new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))")),
        glue: Js(js("new Blob(['throw 1'])")),
        data: None,
        static_json: None,
        formspec_json: None,
        names: Default::default(),
        max_pages: 65_536.0,
        wasm: None,
    };
    page.send(&ToWorker::Start(image));
    assert_eq!(page.failure().await.code, Code::GlueFailed);
    page.end();
}

#[wasm_bindgen_test]
async fn a_message_that_nobody_knows_is_reported() {
    let page = Page::begin().await;
    for data in ["'nonsense'", "undefined", "({ Unknown: 1 })", "['no number']"] {
        assert!(page.receive.call1(&JsValue::NULL, &js(data)).unwrap().is_undefined());
        assert_eq!(page.failure().await.code, Code::Internal, "{data}");
    }
    page.end();
}

#[wasm_bindgen_test]
async fn a_call_before_the_model_is_ready_is_refused() {
    let page = Page::begin().await;
    let answer = read_from_worker(page.send(&call(3, "{}"))).unwrap();
    let FromWorker::CallFailed { id: 3, failure, fatal: false } = answer else { panic!("{answer:?}") };
    assert_eq!(failure.code, Code::Internal);
    page.end();
}

#[wasm_bindgen_test]
async fn a_call_that_fails_says_whether_the_engine_is_lost() {
    let page = Page::begin().await;
    page.load(model!("crash/crash")).await;
    for (mode, lost) in [("throw", false), ("trap", true)] {
        let answer = read_from_worker(page.send(&call(4, &format!(r#"{{"mode":"{mode}"}}"#)))).unwrap();
        assert!(matches!(answer, FromWorker::CallFailed { id: 4, fatal, .. } if fatal == lost), "{mode}: {answer:?}");
    }
    page.end();
}

#[wasm_bindgen_test]
async fn calls_that_come_together_are_all_answered() {
    let page = Page::begin().await;
    for (zip, name) in [(model!("counter/counter"), "calls"), (model!("async/async"), "own_volume")] {
        let (_, is_async) = page.load(zip).await;
        let calls = Array::new();
        for id in 1..=5 {
            calls.push(&id.into());
            calls.push(
                &format!(r#"{{"request_data":{{"inputs":{{"radius":{id},"dispatch":false}}}},"request_meta":{{}}}}"#)
                    .into(),
            );
        }
        let returned = page.receive.call1(&JsValue::NULL, &calls).unwrap();
        let mut ids = Vec::new();
        for _ in 0..if returned.is_undefined() { 5 } else { 4 } {
            let reply = page.next().await;
            let FromWorker::Reply { id, .. } = reply else { panic!("{reply:?}") };
            assert!(output(reply, id, name).as_f64().is_some(), "{is_async} {id}");
            ids.push(id);
        }
        if let Ok(FromWorker::Reply { id, .. }) = read_from_worker(returned) {
            ids.push(id);
        }
        assert_eq!(ids, [1, 2, 3, 4, 5], "{name}");
    }
    page.end();
}

#[wasm_bindgen_test]
async fn calls_of_a_suspending_engine_wait_for_each_other() {
    let page = Page::begin().await;
    let (_, is_async) = page.load(model!("async/async")).await;
    assert!(is_async);
    for id in 1..=4 {
        let sent = page.send(&call(id, &format!(r#"{{"dispatch":true,"radius":{id},"height":1}}"#)));
        assert!(sent.is_undefined(), "answered before it was computed");
    }
    // In order, each with its own inputs: a second call inside a suspended engine would answer null.
    for id in 1..=4 {
        let asked = page.next().await;
        let FromWorker::Dispatch { id: asked, .. } = asked else { panic!("{asked:?}") };
        assert!(page.send(&ToWorker::DispatchReply { id: asked, reply: Js("{}".into()) }).is_undefined());
        let radius = f64::from(id);
        let own = output(page.next().await, id, "own_volume").as_f64().unwrap();
        assert!((own - std::f64::consts::PI * radius * radius).abs() < 0.1, "{id}: {own}");
    }
    page.end();
}

#[wasm_bindgen_test]
async fn what_cannot_be_sent_is_reported_instead() {
    let outbox = Outbox::new();
    let image = Image {
        module: Js(js("() => 1")),
        glue: Js(JsValue::NULL),
        data: None,
        static_json: None,
        formspec_json: None,
        names: Default::default(),
        max_pages: 65_536.0,
        wasm: None,
    };
    Port::of_this_worker().send(&FromWorker::Unpacked(image));
    let sent = read_from_worker(wait(&outbox.next()).await.unwrap()).unwrap();
    outbox.close();
    let FromWorker::Failed(failure) = sent else { panic!("{sent:?}") };
    assert_eq!(failure.code, Code::WorkerCrashed);
    assert_says(&failure.into_facts().details.unwrap(), &["DataCloneError"]);
}

#[wasm_bindgen_test]
fn a_message_is_what_the_wire_says() {
    let warning = FromWorker::Warning("careful".into());
    let (ours, wire) = (Port::of_this_worker().message(&warning), from_worker(&warning).unwrap());
    assert_eq!(JSON::stringify(&ours).unwrap(), JSON::stringify(&wire).unwrap());
}
