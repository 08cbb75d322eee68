//! Unpacks large packages in a worker of their own, by gloo-worker's `oneshot`.
//!
//! The replica's worker starts meanwhile, and the memory that unpacking took ends with this worker. Nothing else knows of
//! gloo: it hides the native `Worker` and panics when it cannot spawn or decode, so this file creates the worker itself,
//! hands it to gloo while `spawn` runs, listens to everything that can go wrong, and ends it. Whatever fails here that is
//! not the package's fault is answered with [`Outcome::Unavailable`], and the replica's own worker does the work.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use gloo_worker::Registrable;
use gloo_worker::oneshot::{Oneshot, OneshotBridge, OneshotRegistrar, OneshotSpawner};
use js_sys::{Array, Function, JsString, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use spark_execute_core::Failure;
use spark_execute_core::protocol::{FromWorker, Image, Load, Source, ToWorker};
use spark_execute_core::wire::Wire;
use spark_execute_worker::js::{get, set};
use spark_execute_worker::phases;
use spark_execute_worker::reader::{self, Malformed};
use spark_execute_worker::unpack::load_image;
use spark_execute_worker::wire::Js;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Worker};

use crate::host::Host;
use crate::platform::{clear_timeout, set_timeout};
use crate::replica::Script;
use crate::source::{Package, turn};

/// From this size on, in bytes, a package is unpacked here: below it, the time to start one more worker is not won back.
pub const LARGE: f64 = 16.0 * 1024.0 * 1024.0;

/// The job is given up after this time and as long again as its bytes take at this speed; the replica's worker then
/// still has time for it.
const PATIENCE_MS: f64 = 5_000.0;
const PATIENCE_BYTES_PER_MS: f64 = 5_000.0;

/// Bytes put into a Blob at a time.
const SLICE: u32 = 4 * 1024 * 1024;

/// What became of a job.
#[derive(Debug)]
pub enum Outcome {
    /// The package is unpacked; with warnings, and how long its steps took.
    Image(Image<Js>, Vec<String>, JsValue),
    /// The package is at fault.
    Refused(Failure),
    /// This worker could not do it.
    Unavailable,
}

/// One package being unpacked.
#[derive(Debug, Clone)]
pub struct Job(Rc<Native>);

type Listener = Closure<dyn FnMut(JsValue)>;

/// The native worker and the way to say that nothing more is to be expected of it.
#[derive(Debug)]
struct Native {
    worker: Worker,
    broken: Promise,
    give_up: Function,
    timer: RefCell<Option<JsValue>>,
    listeners: RefCell<Vec<Listener>>,
}

impl Job {
    /// Creates the worker for a package of `size` bytes; `None` where that is not possible.
    pub fn start(host: &Host, script: &Script, size: f64) -> Option<Job> {
        let worker = host.create_worker(&script.0, "spark-execute unpack").ok()?;
        let mut give_up = None;
        let broken = Promise::new(&mut |resolve, _| give_up = Some(resolve));
        let native =
            Native { worker, broken, give_up: give_up?, timer: RefCell::default(), listeners: RefCell::default() };
        for event in ["error", "messageerror", "message"] {
            let give_up = native.give_up.clone();
            let listener = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
                let data = get(&event, "data");
                if data == "WorkerLoaded" || !get(&data, "ProcessOutput").is_undefined() {
                    return;
                }
                // Otherwise the browser reports it on the console, though it is dealt with, and gloo reads what is not ours.
                for stop in ["preventDefault", "stopImmediatePropagation"] {
                    let _ = get(&event, stop).dyn_into::<Function>().and_then(|stop| stop.call0(&event));
                }
                let _ = give_up.call0(&JsValue::UNDEFINED);
            });
            native.worker.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref()).ok()?;
            native.listeners.borrow_mut().push(listener);
        }
        // A worker that the system kills says nothing. A healthy one unpacks many times faster than this allows for.
        *native.timer.borrow_mut() = Some(set_timeout(&native.give_up, PATIENCE_MS + size / PATIENCE_BYTES_PER_MS));
        Some(Job(Rc::new(native)))
    }

    /// Gives up: the worker ends, and [`run`](Self::run) with it.
    pub fn end(&self) {
        self.0.end();
    }

    /// Unpacks `package`.
    pub async fn run(&self, host: &Host, package: &Package, load: Load<Js>) -> Outcome {
        let native = self.0.clone();
        let text = matches!(package, Package::Body { text: true, .. });
        let source = match package {
            Package::Body { value, .. } => match blob_of(host, value).await {
                Some(blob) => Source::Blob(Js(blob.into())),
                None => return Outcome::Unavailable,
            },
            _ => load.source,
        };
        let Some(mut bridge) = native.adopt(host) else { return Outcome::Unavailable };
        let mut request = Wire::from(&ToWorker::Load(Load { source, ..load }));
        request.0.push(Js(text.into()));
        let outcome = match first(bridge.run(request), JsFuture::from(native.broken.clone())).await {
            First::Left(answers) => outcome_of(answers),
            First::Right(_) => Outcome::Unavailable,
        };
        native.end();
        outcome
    }
}

fn outcome_of(answers: Vec<Wire<Js>>) -> Outcome {
    let mut warnings = Vec::new();
    let mut phases = JsValue::UNDEFINED;
    for answer in answers {
        match FromWorker::try_from(answer) {
            Ok(FromWorker::Warning(text)) => warnings.push(text),
            Ok(FromWorker::Phases(took)) => phases = took.0,
            Ok(FromWorker::Unpacked(image)) => return Outcome::Image(image, warnings, phases),
            Ok(FromWorker::Failed(failure)) => return Outcome::Refused(failure),
            _ => break,
        }
    }
    Outcome::Unavailable
}

impl Drop for Native {
    fn drop(&mut self) {
        self.end();
    }
}

impl Native {
    /// Lets gloo talk to the worker: while `spawn` runs, `new Worker` gives this one.
    fn adopt(&self, host: &Host) -> Option<OneshotBridge<Unpack>> {
        let global = js_sys::global();
        let original = Reflect::get(&global, &"Worker".into()).ok()?;
        let ours = host.constructor_of(&self.worker);
        if !Reflect::set(&global, &"Worker".into(), &ours).unwrap_or(false) {
            return None;
        }
        let bridge = OneshotSpawner::<Unpack, Codec>::new().with_loader(true).as_module(false).spawn("");
        let restored = Reflect::set(&global, &"Worker".into(), &original);
        restored.ok()?;
        // Only now: gloo must be listening when the worker answers that it is there.
        let first = Object::new();
        set(&first, "module", &wasm_bindgen::module());
        set(&first, "role", &"unpack".into());
        set(&first, "build", &host.build());
        self.worker.post_message(&first).ok()?;
        Some(bridge)
    }

    fn end(&self) {
        if let Some(timer) = self.timer.take() {
            clear_timeout(&timer);
        }
        self.worker.set_onmessage(None);
        self.worker.terminate();
        let _ = self.give_up.call0(&JsValue::UNDEFINED);
    }
}

/// The bytes or the text as a Blob, made in slices so that the page is never blocked for long.
async fn blob_of(host: &Host, body: &JsValue) -> Option<Blob> {
    let text = body.dyn_ref::<JsString>();
    let total = text.map_or_else(|| body.unchecked_ref::<Uint8Array>().length(), JsString::length);
    let parts = Array::new();
    let mut at = 0;
    while at < total {
        let end = at.saturating_add(SLICE).min(total);
        if text.is_none() && body.unchecked_ref::<Uint8Array>().length() < end {
            // The caller has transferred the buffer meanwhile. Sending slices says so.
            return None;
        }
        let part = match text {
            Some(text) => Blob::new_with_str_sequence(&Array::of1(&text.slice(at, end))),
            None => {
                Blob::new_with_u8_array_sequence(&Array::of1(&body.unchecked_ref::<Uint8Array>().subarray(at, end)))
            }
        };
        parts.push(&part.ok()?.into());
        at = end;
        turn(host).await;
    }
    Blob::new_with_blob_sequence(&parts).ok()
}

/// The job, in the worker. It is asked by [`ToWorker::Load`], with whether the source holds base64 text at the end, and
/// answers with warnings and a last message: the image or the failure.
pub struct Unpack(Pin<Box<dyn Future<Output = Vec<Wire<Js>>>>>);

impl Oneshot for Unpack {
    type Input = Wire<Js>;

    fn create(mut request: Wire<Js>) -> Self {
        Unpack(Box::pin(async move {
            let text = request.0.pop().is_some_and(|text| text.0.is_truthy());
            let (last, warnings) = match ToWorker::try_from(request) {
                Ok(ToWorker::Load(load)) => match load_image(load, text).await {
                    Ok((image, warnings)) => (FromWorker::Unpacked(image), warnings),
                    Err(failure) => (FromWorker::Failed(failure), Vec::new()),
                },
                // Nothing else is sent; the page sees that there is no image.
                _ => (FromWorker::Up, Vec::new()),
            };
            let warnings = warnings.into_iter().map(FromWorker::Warning);
            let phases = FromWorker::Phases(Js(phases::take()));
            warnings.chain([phases, last]).map(|message| Wire::from(&message)).collect()
        }))
    }
}

impl Future for Unpack {
    type Output = Vec<Wire<Js>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<Wire<Js>>> {
        self.0.as_mut().poll(context)
    }
}

impl Registrable for Unpack {
    type Registrar = OneshotRegistrar<Self, Codec>;

    fn registrar() -> Self::Registrar {
        OneshotRegistrar::new()
    }
}

/// Registers the job in the worker it was started in.
#[wasm_bindgen]
pub fn unpack_main() {
    Unpack::registrar().register();
}

/// Messages as structured clones, which a compiled module and a Blob survive.
pub struct Codec;

impl gloo_worker::Codec for Codec {
    fn encode<I: Serialize>(input: I) -> JsValue {
        serde_wasm_bindgen::to_value(&input).unwrap_or(JsValue::NULL)
    }

    fn decode<O: for<'de> Deserialize<'de>>(input: JsValue) -> O {
        // Thrown into the event that brought the message: this page's own code sent it, and nobody waits without a
        // deadline.
        reader::read(input)
            .unwrap_or_else(|Malformed| wasm_bindgen::throw_str("A message between threads is malformed."))
    }
}

enum First<A, B> {
    Left(A),
    Right(B),
}

/// Whichever future ends first.
async fn first<A, B>(left: impl Future<Output = A>, right: impl Future<Output = B>) -> First<A, B> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    std::future::poll_fn(move |context| {
        if let Poll::Ready(value) = left.as_mut().poll(context) {
            return Poll::Ready(First::Left(value));
        }
        right.as_mut().poll(context).map(First::Right)
    })
    .await
}
