//! One worker and everything that belongs to it.
//!
//! A [`Replica`] owns its native `Worker` and its listeners: dropping it ends the worker. What was in flight in it is the
//! scheduler's business, which is told of every way in which a worker can end.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Object};
use spark_execute_core::cache::Place;
use spark_execute_core::protocol::ToWorker;
use spark_execute_core::{Code, Failure, Result, text};
use spark_execute_worker::POLICY;
use spark_execute_worker::js::{describe, get, set};
use spark_execute_worker::wire::{self, Js};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, EventTarget, MessageEvent, Worker};

use crate::call::Leg;
use crate::host::Host;
use crate::platform::Calls;
use crate::source::Thrown;

/// What a worker tells its owner.
#[derive(Debug)]
pub enum Event {
    /// The answer to a call.
    Answer {
        /// The call's id.
        id: u32,
        /// JSON text.
        response: JsValue,
        /// Time inside the worker, in microseconds.
        micros: f64,
        /// Size of the engine's memory in bytes.
        heap: f64,
    },
    /// An engine asks for another service.
    Asked {
        /// The worker's number for it.
        id: u32,
        /// The kind of service.
        service: f64,
        /// JSON text.
        request: JsValue,
    },
    /// The data of any other message.
    Message(JsValue),
    /// The worker is of no further use.
    Broken(Failure),
}

/// The script of all workers.
#[derive(Debug)]
pub struct Script(pub Blob);

impl Script {
    /// Makes a script of this text.
    pub fn new(text: &JsValue) -> Result<Self> {
        let options = BlobPropertyBag::new();
        // Firefox refuses to import a script without a type.
        options.set_type("text/javascript");
        Blob::new_with_str_sequence_and_options(&Array::of1(text), &options).map(Script).map_err(|error| {
            not_started("The worker's script cannot be made into a Blob.").with_details(describe(&error))
        })
    }
}

const UNDECODABLE: &str = "messageerror";

/// A worker, from its creation to its end.
pub struct Replica {
    worker: Worker,
    /// The lock that the worker is to hold.
    pub lock: JsValue,
    violations: Option<Violations>,
    /// What the page fetches for it.
    pub fetching: Option<Leg>,
    _on_message: Closure<dyn Fn(u32, JsValue, f64, f64)>,
    on_undecodable: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
}

/// The start of a replica.
#[derive(Debug)]
pub(crate) struct Start {
    /// When its worker was created.
    pub(crate) began: f64,
    /// It is the one that loads the model's package.
    pub(crate) loads: bool,
    /// How long the steps took, as workers told.
    pub(crate) phases: Array,
    /// How long the worker itself took to start, in milliseconds.
    pub(crate) up_ms: f64,
    /// It has answered a call.
    pub(crate) answered: bool,
    /// Where its model is to be kept once it is ready.
    pub(crate) keep: Option<Place>,
}

impl Replica {
    /// Creates a worker that runs `script`, hands it our own compiled WebAssembly, and reports to `notify`. With
    /// `lockdown` glue finds no way out of it.
    pub fn spawn(
        host: &Host,
        script: &Script,
        lockdown: bool,
        notify: impl Fn(Event) + 'static,
    ) -> std::result::Result<Self, Thrown> {
        let violations = Violations::watch();
        let worker = host
            .create_worker(&script.0, "spark-execute replica")
            .map_err(|error| refused(error, &violations.seen()))?;
        let notify = Rc::new(notify);

        let on_message = {
            let notify = notify.clone();
            Closure::<dyn Fn(u32, JsValue, f64, f64)>::new(move |id: u32, data: JsValue, micros: f64, heap: f64| {
                notify(match (id, micros as u32) {
                    (0, 0) => Event::Message(data),
                    (0, asked) => Event::Asked { id: asked, service: heap, request: data },
                    _ => Event::Answer { id, response: data, micros, heap },
                });
            })
        };
        let on_undecodable = {
            let notify = notify.clone();
            Closure::<dyn Fn(MessageEvent)>::new(move |_| {
                notify(Event::Broken(Failure::new(
                    Code::WorkerCrashed,
                    "A message from a worker could not be read by the page.",
                )));
            })
        };
        let seen = violations.seen.clone();
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            // A worker that could not be loaded sends a plain Event without a message.
            let said = get(&event, "message").as_string().unwrap_or_default();
            let failure = if said.is_empty() {
                blocked(&seen.borrow())
            } else {
                Failure::new(Code::WorkerCrashed, "A worker failed outside of any call. It was replaced.")
            };
            notify(Event::Broken(failure.with_details(said)));
        });
        worker.set_onmessage(Some(&host.listener(on_message.as_ref())));
        // Chromium's Worker sends this event but has no `onmessageerror`.
        let _ = worker.add_event_listener_with_callback(UNDECODABLE, on_undecodable.as_ref().unchecked_ref());
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));

        let lock = host.lock_name();
        let first = Object::new();
        set(&first, "module", &wasm_bindgen::module());
        set(&first, "lock", &lock);
        set(&first, "build", &host.build());
        set(&first, "lockdown", &lockdown.into());
        let replica = Replica {
            worker,
            lock,
            violations: Some(violations),
            fetching: None,
            _on_message: on_message,
            on_undecodable,
            _on_error: on_error,
        };
        replica.post_raw(&first).map_err(|failure| (failure, JsValue::UNDEFINED))?;
        Ok(replica)
    }

    /// Sends a message.
    pub fn post(&self, message: &ToWorker<Js>) -> Result<()> {
        self.post_raw(&wire::to_worker(message)?)
    }

    /// Sends calls.
    pub fn post_calls(&self, calls: &Calls) -> Result<()> {
        self.post_raw(calls)
    }

    /// The worker runs our script: policy violations from now on are not its start.
    pub fn up(&mut self) {
        self.violations = None;
    }

    fn post_raw(&self, message: &JsValue) -> Result<()> {
        self.worker.post_message(message).map_err(|error| {
            Failure::new(Code::WorkerStart, "A message could not be sent to a worker.").with_details(describe(&error))
        })
    }
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica").finish_non_exhaustive()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        let listener = self.on_undecodable.as_ref().unchecked_ref();
        let _ = self.worker.remove_event_listener_with_callback(UNDECODABLE, listener);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn not_started(message: &str) -> Failure {
    Failure::new(Code::WorkerStart, message)
}

/// Why there is no worker, and what was thrown.
fn refused(error: JsValue, violation: &str) -> Thrown {
    // The caller's own function is not to be blamed on the browser.
    if let Some(theirs) = error.dyn_ref::<Array>() {
        let thrown = theirs.get(0);
        let message = "createWorker threw, or returned no Worker: see `cause`. It must return, at once, a new Worker \
                       that runs worker.js of this version.";
        return (not_started(message).with_details(describe(&thrown)), thrown);
    }
    let said = describe(&error);
    let failure = if text::contains(&said, "TrustedScriptURL") {
        let message = "The page enforces Trusted Types without this package's policy. Add spark-execute to its \
                       trusted-types directive, and 'allow-duplicates' if it loads this package more than once.";
        Failure::new(Code::WorkerBlocked, message)
    } else {
        blocked(violation)
    };
    (failure.with_details(said), error)
}

fn blocked(violation: &str) -> Failure {
    let (code, message) = if violation.is_empty() {
        let message = "The browser did not start the worker. Either too many are running (configure fewer replicas, and \
                       destroy() instances that are no longer needed), or workerUrl or createWorker gives no worker.js of \
                       this package, or a Content Security Policy forbids it.";
        (Code::WorkerStart, message.to_owned())
    } else {
        (Code::WorkerBlocked, format!("The page's Content Security Policy does not allow the worker ({violation})."))
    };
    let advice =
        if text::contains(violation, "blocked http") { "Its worker-src must allow this address." } else { POLICY };
    Failure::new(code, format!("{message} {advice}"))
}

/// Notes the policy violations of the page while a worker starts: they come before the worker's own, bare, error event.
struct Violations {
    seen: Rc<RefCell<String>>,
    target: Option<EventTarget>,
    listener: Closure<dyn Fn(JsValue)>,
}

const VIOLATION: &str = "securitypolicyviolation";

impl Violations {
    fn watch() -> Self {
        let seen = Rc::new(RefCell::new(String::new()));
        let listener = {
            let seen = seen.clone();
            Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
                let text = |key: &str| get(&event, key).as_string().unwrap_or_default();
                if text("blockedURI").starts_with("blob") || text("effectiveDirective") == "worker-src" {
                    *seen.borrow_mut() = format!("{} blocked {}", text("effectiveDirective"), text("blockedURI"));
                }
            })
        };
        // A page has a document; a worker that creates workers hears of violations itself.
        let global: JsValue = js_sys::global().into();
        let document = get(&global, "document");
        let target: Option<EventTarget> = if document.is_object() { document } else { global }.dyn_into().ok();
        if let Some(target) = &target {
            let _ = target.add_event_listener_with_callback(VIOLATION, listener.as_ref().unchecked_ref());
        }
        Violations { seen, target, listener }
    }

    fn seen(&self) -> String {
        self.seen.borrow().clone()
    }
}

impl Drop for Violations {
    fn drop(&mut self) {
        if let Some(target) = &self.target {
            let _ = target.remove_event_listener_with_callback(VIOLATION, self.listener.as_ref().unchecked_ref());
        }
    }
}
