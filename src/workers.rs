//! The workers of a [`Pool`]: how they are created, what they say, and how they end.

use std::rc::Rc;

use spark_execute_core::protocol::{FromWorker, Image, ToWorker};
use spark_execute_core::scheduler::{ModelIndex, ReplicaId, Said, disturbed, is_of_worker};
use spark_execute_core::{Code, Failure};
use spark_execute_worker::wire::{self, Js};
use wasm_bindgen::prelude::*;

use crate::platform::now;
use crate::pool::Pool;
use crate::replica::{Event, Replica, Script};
use crate::unpack_worker::Job;

impl Pool {
    /// Creates a worker; `false`, with the scheduler told, when that fails.
    pub(crate) fn spawn(&self, id: ReplicaId) -> bool {
        let lockdown =
            self.state.borrow().scheduler.model_of(id).is_none_or(|model| self.models[model].config.lockdown);
        let created = self.script().map_err(|failure| (failure, JsValue::UNDEFINED)).and_then(|script| {
            let pool = self.weak();
            Replica::spawn(&self.host, &script, lockdown, move |event| {
                if let Some(pool) = pool.upgrade() {
                    pool.heard(id, event);
                }
            })
        });
        match created {
            Ok(replica) => {
                let mut state = self.state.borrow_mut();
                state.replicas.insert(id, replica);
                state.scheduler.worker_created(id, now());
                true
            }
            Err((failure, cause)) => {
                self.died_later(id, failure, cause);
                false
            }
        }
    }

    pub(crate) fn spawn_from_image(&self, model: ModelIndex, replica: ReplicaId) {
        self.starts(replica, false);
        if self.spawn(replica) {
            self.start(model, replica);
        }
    }

    /// Starts the replica's engine from the model's image.
    pub(crate) fn start(&self, model: ModelIndex, replica: ReplicaId) {
        let image = self.state.borrow().images[model].clone();
        let Some(image) = image else { return };
        self.post(replica, &ToWorker::Start(image));
    }

    /// Sends a message to a replica; `false` when there is none any more.
    pub(crate) fn post(&self, replica: ReplicaId, message: &ToWorker<Js>) -> bool {
        let posted = match self.state.borrow().replicas.get(&replica) {
            Some(worker) => worker.post(message),
            None => return false,
        };
        match posted {
            Ok(()) => true,
            Err(failure) => {
                self.died_later(replica, failure, JsValue::UNDEFINED);
                false
            }
        }
    }

    #[inline(never)]
    fn heard(&self, id: ReplicaId, event: Event) {
        let message = match event {
            Event::Broken(failure) => return self.vanished(id, failure),
            Event::Answer { id: call, response, micros, heap } => {
                return self.replied(id, call, &response, micros, heap);
            }
            Event::Asked { id: asked, service, request } => {
                if self.state.borrow().scheduler.expects(id, Said::Ask) {
                    return self.dispatched(id, asked, service, &request);
                }
                return self.died(id, disturbed(), JsValue::UNDEFINED);
            }
            Event::Message(data) => wire::read_from_worker(data),
        };
        if !message.as_ref().is_ok_and(|message| self.expects(id, message)) {
            return self.died(id, disturbed(), JsValue::UNDEFINED);
        }
        match message {
            Ok(FromWorker::CallFailed { id: call, failure, fatal }) => {
                self.tell(|scheduler| scheduler.call_failed(id, call, failure, fatal, now()));
            }
            Ok(FromWorker::Phases(phases)) => self.took(id, phases.0),
            Ok(FromWorker::Up) => {
                self.is_up(id);
                let mut state = self.state.borrow_mut();
                if let Some(replica) = state.replicas.get_mut(&id) {
                    replica.up();
                }
                state.scheduler.worker_up(id);
            }
            Ok(FromWorker::Held) => self.watch(id),
            Ok(FromWorker::Unpacked(image)) => self.image_ready(id, image),
            Ok(FromWorker::Ready { is_async, heap }) => {
                self.tell(|scheduler| scheduler.replica_ready(id, is_async, heap, now()));
                self.keep(id);
            }
            Ok(FromWorker::Warning(warning)) => self.host.warn(&warning),
            Ok(FromWorker::Failed(failure)) => {
                self.end_worker(id);
                self.tell(|scheduler| scheduler.failed(id, failure, now()));
            }
            // The listener knows the answers of workers.
            Ok(FromWorker::Reply { .. } | FromWorker::Dispatch { .. }) | Err(_) => {}
        }
    }

    /// Whether the replica may say this now. Glue may have said it.
    fn expects(&self, id: ReplicaId, message: &FromWorker<Js>) -> bool {
        let said = match message {
            FromWorker::Up => Said::Up,
            FromWorker::Unpacked(_) | FromWorker::Warning(_) => Said::Package,
            FromWorker::Held | FromWorker::Phases(_) => Said::Start,
            FromWorker::Ready { .. } => Said::Ready,
            // Whatever failed, there is no more to come.
            FromWorker::Failed(failure) | FromWorker::CallFailed { failure, fatal: true, .. } => {
                return is_of_worker(failure.code);
            }
            FromWorker::CallFailed { id, failure, .. } if is_of_worker(failure.code) => Said::End(*id),
            // The listener knows the others.
            FromWorker::CallFailed { .. } | FromWorker::Reply { .. } | FromWorker::Dispatch { .. } => return false,
        };
        self.state.borrow().scheduler.expects(id, said)
    }

    /// Keeps a model's image and lets further replicas start from it.
    pub(crate) fn image_ready(&self, id: ReplicaId, image: Image<Js>) {
        let model = self.state.borrow().scheduler.model_of(id);
        if let Some(model) = model {
            self.learned(model, image.names.clone());
            self.progress(model, "start", &JsValue::UNDEFINED);
            self.state.borrow_mut().images[model] = Some(image);
            self.tell(|scheduler| scheduler.image_ready(id, now()));
        }
    }

    /// Sees to it that the end of a replica's worker is known, whoever ends it.
    fn watch(&self, id: ReplicaId) {
        let mut state = self.state.borrow_mut();
        let Some(replica) = state.replicas.get_mut(&id) else { return };
        // Once, however often the worker says that it holds it.
        let lock = std::mem::replace(&mut replica.lock, JsValue::UNDEFINED);
        drop(state);
        if lock.is_undefined() {
            return;
        }
        let pool = self.weak();
        let gone = Closure::once_into_js(move || {
            if let Some(pool) = pool.upgrade() {
                pool.gone(id);
            }
        });
        self.host.when_free(&lock, &gone);
    }

    /// A replica's worker has stopped: because it was ended, or else for reasons of its own.
    fn gone(&self, id: ReplicaId) {
        if self.is_alive(id) {
            let message = "The browser ended a worker without a word, perhaps for lack of memory. It was replaced.";
            self.vanished(id, Failure::new(Code::WorkerCrashed, message));
        } else {
            self.tell(|scheduler| scheduler.stopped(id, now()));
        }
    }

    /// A worker is gone, but answers that it gave before may still arrive.
    fn vanished(&self, id: ReplicaId, failure: Failure) {
        self.state.borrow_mut().scheduler.vanished(id);
        self.later(move |pool| pool.died(id, failure, JsValue::UNDEFINED));
    }

    /// A worker is gone, or could not start. `cause` is what was thrown, if anything was.
    pub(crate) fn died(&self, id: ReplicaId, failure: Failure, cause: JsValue) {
        self.end_worker(id);
        self.state.borrow_mut().cause = cause;
        self.tell(|scheduler| scheduler.died(id, failure, now()));
        self.state.borrow_mut().cause = JsValue::UNDEFINED;
    }

    /// [`died`](Self::died), once the scheduler's current actions have been carried out.
    fn died_later(&self, id: ReplicaId, failure: Failure, cause: JsValue) {
        let Some(pool) = self.weak().upgrade() else { return };
        wasm_bindgen_futures::spawn_local(async move { pool.died(id, failure, cause) });
    }

    pub(crate) fn end_worker(&self, id: ReplicaId) {
        let mut state = self.state.borrow_mut();
        let ended = (state.replicas.remove(&id), state.jobs.remove(&id));
        state.starts.remove(&id);
        drop(state);
        if let (_, Some(job)) = ended {
            job.end();
        }
    }

    /// Remembers a job, so that it ends with its replica, or forgets it.
    pub(crate) fn set_job(&self, id: ReplicaId, job: Option<Job>) {
        let mut state = self.state.borrow_mut();
        match job {
            Some(job) => state.jobs.insert(id, job),
            None => state.jobs.remove(&id),
        };
    }

    /// Whether the replica is still wanted.
    pub(crate) fn is_alive(&self, id: ReplicaId) -> bool {
        self.state.borrow().replicas.contains_key(&id)
    }

    pub(crate) fn script(&self) -> Result<Rc<Script>, Failure> {
        if let Some(script) = &self.state.borrow().script {
            return Ok(script.clone());
        }
        let script = Rc::new(Script::new(&self.host.worker_text())?);
        self.state.borrow_mut().script = Some(script.clone());
        Ok(script)
    }
}
