//! What a worker does with the messages it gets: loads one model, then computes calls, one after the other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Promise};
use spark_execute_core::protocol::{FromWorker, Image, Load, Source, ToWorker};
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::engine::{self, Engine, Exchange, Fault, Parts};
use crate::js::Step;
use crate::phases::{self, Phase};
use crate::scope::{Environment, Port};
use crate::slices::Slices;
use crate::unpack::{self, unpack};
use crate::wire::{self, Js};
use crate::{integrity, js, source};

/// The state of this worker.
pub struct Session {
    port: Port,
    environment: Environment,
    exchange: Exchange,
    /// A load whose slices are still arriving.
    arriving: RefCell<Option<(Load<Js>, Slices)>>,
    engine: RefCell<Option<Rc<Engine>>>,
    /// Calls for an engine that is suspended in an earlier one.
    waiting: RefCell<VecDeque<(f64, JsValue)>>,
    suspended: Cell<bool>,
}

impl Session {
    /// Begins; gives the function that takes the page's messages. What it returns, if anything, is to be posted.
    pub fn begin(environment: Environment) -> JsValue {
        let port = Port::of_this_worker();
        let session = Rc::new(Session {
            port: port.clone(),
            environment,
            exchange: Exchange::new(port.clone()),
            arriving: RefCell::default(),
            engine: RefCell::default(),
            waiting: RefCell::default(),
            suspended: Cell::new(false),
        });
        port.send(&FromWorker::Up);
        let receive = Closure::<dyn Fn(JsValue) -> JsValue>::new(move |data| session.receive(data));
        receive.into_js_value()
    }

    fn receive(self: &Rc<Self>, data: JsValue) -> JsValue {
        if let Some((calls, id)) = wire::calls(&data) {
            if id == 0.0 {
                let asked = calls.get(2).as_f64().unwrap_or_default();
                self.exchange.answer(asked as u32, &calls.get(1));
                return JsValue::UNDEFINED;
            }
            return self.calls(calls, id);
        }
        match wire::read_to_worker(data) {
            // These were seen above.
            Ok(ToWorker::Call { .. } | ToWorker::DispatchReply { .. }) => {}
            Ok(ToWorker::Load(load)) => match load.source {
                Source::Slices { text } => {
                    *self.arriving.borrow_mut() = Some((load, Slices::new(text)));
                }
                _ => self.clone().run(async move |session: &Session| session.load(load, None).await),
            },
            Ok(ToWorker::Slice(slice)) => {
                if let Some((_, slices)) = &mut *self.arriving.borrow_mut() {
                    slices.push(&slice.0);
                }
            }
            Ok(ToWorker::SlicesEnd) => {
                if let Some((load, slices)) = self.arriving.take() {
                    self.clone().run(async move |session: &Session| session.load(load, Some(slices)).await);
                }
            }
            Ok(ToWorker::Start(image)) => {
                self.clone().run(async move |session: &Session| session.start(unpack::parts(image).await?).await);
            }
            Err(failure) => self.port.send(&FromWorker::Failed(failure)),
        }
        JsValue::UNDEFINED
    }

    /// Runs a step of starting; its failure ends this worker's usefulness.
    fn run(self: Rc<Self>, step: impl AsyncFnOnce(&Session) -> Result<()> + 'static) {
        spawn_local(async move {
            if let Err(failure) = step(&self).await {
                self.port.send(&FromWorker::Failed(failure));
            }
        });
    }

    async fn load(&self, load: Load<Js>, slices: Option<Slices>) -> Result<()> {
        let Load { version_id, verify_checksums, integrity, max_pages, keep, source } = load;
        let bytes = match slices {
            Some(slices) => slices.finish()?,
            None => {
                let began = phases::clock();
                let bytes = source::bytes(source).await?;
                phases::over(Phase::Fetch, began);
                bytes
            }
        };
        integrity::check(&bytes, &integrity).await?;
        let mut unpacked = unpack(bytes, &version_id, verify_checksums, max_pages, Some(&self.environment)).await?;
        unpacked.keep(keep)?;
        for warning in unpacked.warnings {
            self.port.send(&FromWorker::Warning(warning));
        }
        // Before its glue runs, which could forge one: the page takes none later.
        self.send_image(unpacked.image);
        self.start(unpacked.parts).await
    }

    fn send_image(&self, image: Image<Js>) {
        self.port.send(&FromWorker::Unpacked(image));
    }

    fn start(&self, parts: Parts) -> Step<'_, Result<()>> {
        Box::pin(self.start_engine(parts))
    }

    async fn start_engine(&self, parts: Parts) -> Result<()> {
        let engine = engine::start(parts, &self.environment, &self.exchange).await?;
        let ready = FromWorker::Ready { is_async: engine.is_async, heap: engine.heap_size() };
        *self.engine.borrow_mut() = Some(Rc::new(engine));
        // It never fails.
        let _ = JsFuture::from(Promise::resolve(&self.environment.held())).await;
        self.port.send(&FromWorker::Phases(Js(phases::take())));
        self.port.send(&ready);
        Ok(())
    }

    /// Answers calls in order; gives the last answer, the others are sent as they are computed.
    fn calls(self: &Rc<Self>, calls: &Array, first: f64) -> JsValue {
        let mut answer = self.call(first, calls.get(1));
        for at in (2..calls.length()).step_by(2) {
            if !answer.is_undefined() {
                self.port.post_or_report(&answer);
            }
            // The page made the array: an id is there.
            let id = calls.get(at).as_f64().unwrap_or(0.0);
            answer = self.call(id, calls.get(at + 1));
        }
        answer
    }

    /// The message that answers a call; `undefined` when it will be sent later.
    fn call(self: &Rc<Self>, id: f64, request: JsValue) -> JsValue {
        let engine = self.engine.borrow().clone();
        let Some(engine) = engine else {
            let failure = Failure::new(Code::Internal, "A call reached a worker whose model is not ready.");
            return self.port.message(&FromWorker::CallFailed { id: id.abs() as u32, failure, fatal: false });
        };
        if !engine.is_async {
            let started = self.computes(&engine, id);
            let answer = match records(&request) {
                Some(records) => engine.compute_all(&records),
                None => engine.compute(&request),
            };
            return self.answered(id, self.answer(&engine, id, started, answer));
        }
        self.waiting.borrow_mut().push_back((id, request));
        if !self.suspended.replace(true) {
            let session = self.clone();
            spawn_local(async move { session.drain(&engine).await });
        }
        JsValue::UNDEFINED
    }

    /// Computes waiting calls, one at a time: an engine suspended in one call gives wrong answers to a second.
    async fn drain(&self, engine: &Engine) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some((id, request)) = next else { break };
            let started = self.computes(engine, id);
            let answer = match records(&request) {
                Some(records) => engine.compute_all_async(&records).await,
                None => engine.compute_async(&request).await,
            };
            let answer = self.answered(id, self.answer(engine, id, started, answer));
            if !answer.is_undefined() {
                self.port.post_or_report(&answer);
            }
        }
        self.suspended.set(false);
    }

    /// A call begins, now. A negative id wants its answer in bytes.
    fn computes(&self, engine: &Engine, id: f64) -> f64 {
        self.environment.set_computing(id.abs() as u32);
        engine.answer_in_bytes(id < 0.0);
        js::now()
    }

    /// The message for the page; `undefined` when it was sent, since its bytes are handed over.
    fn answered(&self, id: f64, answer: FromWorker<Js>) -> JsValue {
        let message = self.port.message(&answer);
        match &answer {
            FromWorker::Reply { response: Js(bytes), .. } if id < 0.0 => {
                self.port.hand_over(&message, bytes.unchecked_ref());
                JsValue::UNDEFINED
            }
            _ => message,
        }
    }

    fn answer(
        &self,
        engine: &Engine,
        id: f64,
        started: f64,
        answer: std::result::Result<JsValue, Fault>,
    ) -> FromWorker<Js> {
        let id = id.abs() as u32;
        match answer {
            Ok(response) => {
                let micros = (js::now() - started) * 1000.0;
                FromWorker::Reply { id, response: Js(response), micros, heap: engine.heap_size() }
            }
            Err(Fault { failure, fatal }) => FromWorker::CallFailed { id, failure, fatal },
        }
    }
}

/// The records of a chunk; `None` for a single request.
fn records(request: &JsValue) -> Option<JsValue> {
    Some(request.dyn_ref::<Array>()?.get(0))
}
