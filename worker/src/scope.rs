//! The worker's surroundings: what the bootstrap hands over, and the way back to the page.

use js_sys::{Promise, Uint8Array};
use spark_execute_core::Failure;
use spark_execute_core::protocol::FromWorker;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use crate::wire::{self, Js};

#[wasm_bindgen]
extern "C" {
    /// What the bootstrap captured before any model code ran.
    #[derive(Clone)]
    pub type Environment;

    /// Evaluates a classic script.
    #[wasm_bindgen(method, catch, js_name = importScripts)]
    pub fn import_scripts(this: &Environment, url: &str) -> Result<(), JsValue>;

    /// Watches the function among an engine's imports by which it asks for more memory.
    #[wasm_bindgen(method, js_name = watchGrowth)]
    pub fn watch_growth(this: &Environment, imports: &JsValue);

    /// Holds the engine to so many pages of memory: those that its glue makes, and what it asks of them.
    #[wasm_bindgen(method, js_name = limitMemory)]
    pub fn limit_memory(this: &Environment, pages: f64);

    /// What the engine is held to, in bytes; 0 when it is not.
    #[wasm_bindgen(method, getter)]
    pub fn limit(this: &Environment) -> f64;

    /// The bytes of memory that the engine last asked for and did not get; 0 when it got what it wanted.
    #[wasm_bindgen(method, getter)]
    pub fn refused(this: &Environment) -> f64;

    /// Whether it did not get them because of the limit.
    #[wasm_bindgen(method, js_name = isOverLimit)]
    pub fn is_over_limit(this: &Environment) -> bool;

    /// Notes which call is being computed, or was last.
    #[wasm_bindgen(method, setter)]
    pub fn set_computing(this: &Environment, call: u32);

    /// A promise that ends when the page knows by what to notice the end of this worker, as far as it can.
    #[wasm_bindgen(method, getter)]
    pub fn held(this: &Environment) -> JsValue;

    /// Inflates with the platform; a promise of `size` bytes, or of `undefined` when it cannot.
    #[wasm_bindgen(method)]
    pub fn inflate(this: &Environment, deflated: &Uint8Array, size: u32) -> Promise;
}

/// Sends messages to the page.
#[derive(Debug, Clone)]
pub struct Port(DedicatedWorkerGlobalScope);

impl Port {
    /// The port of this worker.
    pub fn of_this_worker() -> Self {
        Port(js_sys::global().unchecked_into())
    }

    /// Sends one message. What cannot be sent is reported instead, so that nobody waits for it.
    pub fn send(&self, message: &FromWorker<Js>) {
        self.post_or_report(&self.message(message));
    }

    /// Sends what [`message`](Self::message) made.
    pub fn post_or_report(&self, data: &JsValue) {
        if let Err(failure) = self.post(data) {
            let _ = self.post(&self.message(&FromWorker::Failed(failure)));
        }
    }

    /// The message, ready to be posted; what cannot be expressed is a report of that.
    pub fn message(&self, message: &FromWorker<Js>) -> JsValue {
        let data = wire::from_worker(message).or_else(|failure| wire::from_worker(&FromWorker::Failed(failure)));
        data.unwrap_or(JsValue::NULL)
    }

    fn post(&self, data: &JsValue) -> Result<(), Failure> {
        self.0.post_message(data).map_err(|error| {
            let message = "A worker could not send a message to the page.";
            Failure::new(spark_execute_core::Code::WorkerCrashed, message).with_details(crate::js::describe(&error))
        })
    }
}
