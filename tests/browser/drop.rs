//! What is left of a replica that is dropped: nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::spawn::Events;
use super::support::*;
use crate::replica::{Event, Replica, Script};

/// Holds a lock for as long as it lives, and then talks without end.
fn talker(lock: &str) -> JsValue {
    let script = format!(
        "onmessage = () => navigator.locks.request('{lock}', () => {{
            setInterval(() => postMessage('still here'));
            return new Promise(() => {{}});
        }});"
    );
    script.into()
}

#[wasm_bindgen_test]
async fn the_worker_ends_and_nothing_of_it_is_heard_again() {
    let watch = Watch::new();
    let mut events = Events::of(&talker("dropped")).unwrap();
    events.message().await;
    drop(events.replica.take());
    let heard = events.count();
    wait(&released("dropped")).await.unwrap();
    wait(&turn()).await.unwrap();
    assert_eq!(events.count(), heard);
    let worker = watch.worker(-1);
    assert!(worker.onmessage().is_none() && worker.onerror().is_none());
    worker.dispatch_event(&web_sys::MessageEvent::new("messageerror").unwrap()).unwrap();
    assert_eq!(events.count(), heard);
    watch.stop();
}

#[wasm_bindgen_test]
async fn a_busy_worker_ends_too() {
    let watch = Watch::new();
    let script = "onmessage = () => navigator.locks.request('busy', () => { postMessage('now'); for (;;); })";
    let mut events = Events::of(&script.into()).unwrap();
    events.message().await;
    drop(events.replica.take());
    wait(&released("busy")).await.unwrap();
    watch.stop();
}

#[wasm_bindgen_test]
async fn messages_that_are_on_their_way_are_not_delivered() {
    let watch = Watch::new();
    let script = "onmessage = () => { for (let i = 0; i < 1000; i++) postMessage(i); }";
    let heard = Rc::new(Cell::new(0));
    let replica: Rc<RefCell<Option<Replica>>> = Rc::default();
    let first = js_sys::Promise::new(&mut |resolve, _| {
        let (heard, held) = (heard.clone(), replica.clone());
        let notify = move |_: Event| {
            heard.set(heard.get() + 1);
            // As the pool does: the closure that runs is dropped with the replica.
            drop(held.take());
            resolve.call0(&JsValue::UNDEFINED).unwrap();
        };
        *replica.borrow_mut() =
            Some(Replica::spawn(&listening(), &Script::new(&script.into()).unwrap(), true, notify).unwrap());
    });
    wait(&first).await.unwrap();
    for _ in 0..10 {
        wait(&turn()).await.unwrap();
    }
    assert_eq!(heard.get(), 1);
    watch.stop();
}

#[wasm_bindgen_test]
async fn no_object_url_and_no_listener_stays_behind() {
    let watch = Watch::new();
    let events = Events::of(&"onmessage = () => postMessage(1)".into()).unwrap();
    assert_eq!((watch.created(), watch.open_urls()), (1, 0), "the address is given back at once");
    assert_eq!(watch.policy_listeners(), 1);
    drop(events);
    assert_eq!(watch.policy_listeners(), 0);
    watch.stop();
}

#[wasm_bindgen_test]
async fn what_the_replica_told_is_let_go() {
    let watch = Watch::new();
    let token = Rc::new(());
    let held = token.clone();
    let replica =
        Replica::spawn(&listening(), &Script::new(&"".into()).unwrap(), true, move |_| drop(held.clone())).unwrap();
    assert!(Rc::strong_count(&token) > 1);
    drop(replica);
    assert_eq!(Rc::strong_count(&token), 1);
    watch.stop();
}
