//! Creating a worker, and every way in which that fails.

use std::cell::RefCell;
use std::rc::Rc;

use spark_execute_core::protocol::{FromWorker, ToWorker};
use spark_execute_core::{Code, Failure};
use spark_execute_worker::js::{describe, get};
use spark_execute_worker::wire::{Js, read_from_worker};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::replica::{Event, Replica, Script};

/// The events of a replica, awaited one by one.
pub struct Events {
    pub replica: Option<Replica>,
    seen: Rc<RefCell<Vec<Event>>>,
    wake: Rc<RefCell<Option<js_sys::Function>>>,
}

impl Events {
    pub fn of(script: &JsValue) -> Result<Events, Failure> {
        let seen: Rc<RefCell<Vec<Event>>> = Rc::default();
        let wake: Rc<RefCell<Option<js_sys::Function>>> = Rc::default();
        let (events, woken) = (seen.clone(), wake.clone());
        let replica = Replica::spawn(&listening(), &Script::new(script)?, true, move |event| {
            events.borrow_mut().push(event);
            if let Some(wake) = woken.take() {
                wake.call0(&JsValue::UNDEFINED).unwrap();
            }
        })?;
        Ok(Events { replica: Some(replica), seen, wake })
    }

    pub async fn next(&self) -> Event {
        if self.seen.borrow().is_empty() {
            let heard = js_sys::Promise::new(&mut |resolve, _| *self.wake.borrow_mut() = Some(resolve));
            wait(&heard).await.expect("an event");
        }
        self.seen.borrow_mut().remove(0)
    }

    pub async fn failure(&self) -> Failure {
        match self.next().await {
            Event::Broken(failure) => failure,
            Event::Message(data) => match read_from_worker(data) {
                Ok(FromWorker::Failed(failure)) => failure,
                other => panic!("no failure: {other:?}"),
            },
            other => panic!("no failure: {other:?}"),
        }
    }

    pub async fn message(&self) -> JsValue {
        match self.next().await {
            Event::Message(data) => data,
            other => panic!("{other:?}"),
        }
    }

    /// What the worker says after its message's name.
    pub async fn got(&self) -> JsValue {
        js_sys::Array::from(&self.message().await).get(1)
    }

    pub fn count(&self) -> usize {
        self.seen.borrow().len()
    }
}

/// What a worker of this script says first, as text; for the tests' frames, whose page has another policy.
#[wasm_bindgen]
pub async fn first_word_of(script: JsValue) -> String {
    let watch = Watch::new();
    let told = |failure: Failure| format!("{failure} {}", failure.details.as_deref().unwrap_or_default());
    let said = match Events::of(&script) {
        Ok(events) => match events.next().await {
            Event::Message(data) => match read_from_worker(data) {
                Ok(FromWorker::Failed(failure)) => told(failure),
                other => format!("{other:?}"),
            },
            Event::Broken(failure) => told(failure),
            other => format!("{other:?}"),
        },
        Err(failure) => told(failure),
    };
    watch.stop();
    said
}

async fn in_frame(policy: &str, script: &JsValue) -> String {
    let bindings = wait(&frame(policy, &wasm_bindgen::module()))
        .await
        .map_err(|error| error.unchecked_into::<js_sys::Error>().message())
        .unwrap();
    let run: js_sys::Function = get(&bindings, "first_word_of").unchecked_into();
    let said = run.call1(&JsValue::UNDEFINED, script).unwrap();
    wait(&said.unchecked_into()).await.unwrap().as_string().unwrap()
}

#[wasm_bindgen_test]
async fn the_products_own_worker_comes_up() {
    let watch = Watch::new();
    let events = Events::of(&real_worker()).unwrap();
    assert!(matches!(read_from_worker(events.message().await), Ok(FromWorker::Up)));
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_worker_gets_our_compiled_module_first_and_then_what_is_posted() {
    let watch = Watch::new();
    let script = "onmessage = ({ data }) => postMessage(['got', data.module ? data.module instanceof WebAssembly.Module : data])";
    let events = Events::of(&script.into()).unwrap();
    assert_eq!(events.got().await, true);
    events.replica.as_ref().unwrap().post(&ToWorker::Call { id: 7, request: Js("{}".into()) }).unwrap();
    let call = js_sys::Array::from(&events.got().await);
    assert_eq!((call.get(0), call.get(1)), (7.into(), "{}".into()));
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_script_that_is_not_there_says_so() {
    let watch = Watch::new();
    redirect_scripts("/there/is/no/such/script.js");
    let failure = Events::of(&"".into()).unwrap().failure().await;
    watch.stop();
    assert_eq!(failure.code, Code::WorkerStart);
    assert_says(&failure.message, &["did not start the worker", "worker-src blob:"]);
}

#[wasm_bindgen_test]
async fn a_constructor_that_throws_is_an_answer() {
    let watch = Watch::new();
    js("globalThis.Worker = class { constructor() { throw new DOMException('no workers here', 'SecurityError'); } }");
    let failure = Events::of(&"".into()).err();
    let open = watch.open_urls();
    watch.stop();
    let failure = failure.unwrap();
    assert_eq!(failure.code, Code::WorkerStart);
    assert_says(&failure.into_facts().details.unwrap(), &["no workers here"]);
    assert_eq!(open, 0, "the object URL leaks");
}

#[wasm_bindgen_test]
async fn a_policy_that_forbids_workers_is_named() {
    let said = in_frame("worker-src 'none'", &real_worker()).await;
    assert_says(
        &said,
        &["WORKER_BLOCKED", "worker-src blocked blob", "script-src 'wasm-unsafe-eval' blob: and worker-src blob:"],
    );
}

#[wasm_bindgen_test]
async fn a_policy_for_scripts_forbids_workers_too() {
    let said = in_frame("script-src 'self' 'nonce-test' 'wasm-unsafe-eval'", &real_worker()).await;
    assert_says(&said, &["WORKER_BLOCKED", "blocked blob"]);
}

#[wasm_bindgen_test]
async fn a_policy_that_allows_us_lets_the_worker_come_up() {
    let policy = "default-src 'none'; script-src 'self' 'nonce-test' 'wasm-unsafe-eval' blob:; worker-src blob:";
    assert_eq!(in_frame(policy, &real_worker()).await, "Ok(Up)");
}

#[wasm_bindgen_test]
async fn a_message_that_the_page_cannot_read_is_reported() {
    let watch = Watch::new();
    let events = Events::of(&"".into()).unwrap();
    // The event itself: no value that this browser writes is one that it cannot read.
    let undecodable = web_sys::MessageEvent::new("messageerror").unwrap();
    watch.worker(-1).dispatch_event(&undecodable).unwrap();
    let failure = events.failure().await;
    watch.stop();
    assert_eq!(failure.code, Code::WorkerCrashed);
    assert_says(&failure.message, &["could not be read by the page"]);
}

#[wasm_bindgen_test]
async fn a_bootstrap_that_throws_is_reported_with_what_it_said() {
    let watch = Watch::new();
    for (script, said) in [
        ("throw new Error('boom')", "Uncaught Error: boom"),
        ("onmessage = () => { throw new TypeError('late') }", "Uncaught TypeError: late"),
        ("this is no JavaScript", "SyntaxError"),
    ] {
        let failure = Events::of(&script.into()).unwrap().failure().await;
        assert_eq!(failure.code, Code::WorkerCrashed, "{script}");
        assert_says(&failure.into_facts().details.unwrap(), &[said]);
    }
    watch.stop();
}

#[wasm_bindgen_test]
async fn the_real_bootstrap_reports_what_browsers_keep_to_themselves() {
    let watch = Watch::new();
    let cases = [
        (
            "{ initSync() { throw new Error('not linked'); } }",
            Code::WorkerStart,
            "could not start our WebAssembly",
            "Error: not linked",
        ),
        (
            "{ initSync() {}, worker_main() { Promise.reject(new Error('nobody listens')); } }",
            Code::WorkerCrashed,
            "nobody handled it",
            "nobody listens",
        ),
        (
            "{ initSync() {}, worker_main() { dispatchEvent(new MessageEvent('messageerror')); } }",
            Code::WorkerStart,
            "could not receive a message",
            "",
        ),
    ];
    for (bindings, code, message, details) in cases {
        let failure = Events::of(&worker_with(bindings)).unwrap().failure().await;
        assert_eq!(failure.code, code, "{bindings}");
        assert_says(&failure.message, &[message]);
        assert_says(failure.details.as_deref().unwrap_or_default(), &[details]);
    }
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_message_that_cannot_be_cloned_is_refused_and_the_worker_lives() {
    let watch = Watch::new();
    let events = Events::of(&"onmessage = ({ data }) => data.module || postMessage(['got', ...data])".into()).unwrap();
    let replica = events.replica.as_ref().unwrap();
    let failure = replica.post(&ToWorker::Call { id: 1, request: Js(js("() => 1")) }).unwrap_err();
    assert_eq!(failure.code, Code::WorkerStart);
    assert_says(&failure.into_facts().details.unwrap(), &["DataCloneError"]);
    replica.post(&ToWorker::Call { id: 2, request: Js("again".into()) }).unwrap();
    assert_eq!(js_sys::Array::from(&events.message().await).get(2), "again");
    watch.stop();
}

#[wasm_bindgen_test]
async fn violations_are_listened_to_only_while_the_worker_starts() {
    let watch = Watch::new();
    let mut events = Events::of(&"onmessage = () => postMessage(1)".into()).unwrap();
    assert_eq!(watch.policy_listeners(), 1);
    events.message().await;
    events.replica.as_mut().unwrap().up();
    assert_eq!(watch.policy_listeners(), 0);
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_violation_elsewhere_on_the_page_is_not_the_workers() {
    let watch = Watch::new();
    redirect_scripts("/there/is/no/such/script.js");
    let events = Events::of(&"".into()).unwrap();
    js("document.dispatchEvent(new SecurityPolicyViolationEvent('securitypolicyviolation', {
        blockedURI: 'https://elsewhere.example/a.png', effectiveDirective: 'img-src' }))");
    let failure = events.failure().await;
    watch.stop();
    assert_eq!(failure.code, Code::WorkerStart, "{failure}");
}

#[wasm_bindgen_test]
fn a_text_that_throws_when_read_is_no_script() {
    let failure = Script::new(&js("({ toString() { throw new Error('no text'); } })")).unwrap_err();
    assert_eq!(failure.code, Code::WorkerStart);
    assert_eq!(failure.details.as_deref(), Some(describe(&js("new Error('no text')")).as_str()));
}
