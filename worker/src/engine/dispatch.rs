//! A model's call to another service, on its way to the page and back.
//!
//! The engine suspends until it gets a string; any other answer leaves it suspended, or damaged, for good. The page
//! answers every request, with a string, whatever happens; a worker that it cannot answer it ends.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise, Uint8Array};
use spark_execute_core::protocol::FromWorker;
use wasm_bindgen::prelude::*;

use crate::js::{Decoder, strict_decoder};
use crate::scope::Port;
use crate::wire::Js;

/// The requests of an engine that the page has not answered yet.
#[derive(Clone)]
pub struct Exchange {
    port: Port,
    decoder: Rc<Decoder>,
    open: Rc<RefCell<Open>>,
}

#[derive(Default)]
struct Open {
    last: u32,
    waiting: Vec<(u32, Function)>,
}

impl Exchange {
    /// None so far; they will go through `port`.
    pub fn new(port: Port) -> Self {
        Exchange { port, decoder: Rc::new(strict_decoder()), open: Rc::default() }
    }

    /// Asks the page; `bytes` are UTF-8 JSON. Gives a promise of the answer, a string.
    pub fn ask(&self, service: f64, bytes: &Uint8Array) -> Promise {
        // Read at once: when the memory grows, `bytes` are gone. The page tells the model when this is not JSON.
        let request = self.decoder.decode(bytes).unwrap_or_else(|_| JsValue::from_str(""));
        Promise::new(&mut |resolve, _| {
            let id = {
                let mut open = self.open.borrow_mut();
                open.last = open.last.wrapping_add(1);
                let id = open.last;
                open.waiting.push((id, resolve));
                id
            };
            self.port.send(&FromWorker::Dispatch { id, service, request: Js(request.clone()) });
        })
    }

    /// The page answers; an id that nobody waits for is ignored.
    pub fn answer(&self, id: u32, reply: &JsValue) {
        let waiting = {
            let mut open = self.open.borrow_mut();
            let at = open.waiting.iter().position(|(other, _)| *other == id);
            at.map(|at| open.waiting.swap_remove(at))
        };
        if let Some((_, resolve)) = waiting {
            // A promise's own resolve function does not throw.
            let _ = resolve.call1(&JsValue::UNDEFINED, reply);
        }
    }
}
