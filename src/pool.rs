//! Carries out what the scheduler decides: creates and ends workers, posts calls, settles promises.
//!
//! No borrow of the state is held while JavaScript of others runs, or across an `await`.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::Function;
use spark_execute_core::Failure;
use spark_execute_core::config::{self, Config};
use spark_execute_core::protocol::{FromWorker, Image, ToWorker};
use spark_execute_core::scheduler::{Action, CallId, ModelIndex, ModelSpec, ModelStats, Policy, ReplicaId, Scheduler};
use spark_execute_core::table::Table;
use spark_execute_worker::js::now;
use spark_execute_worker::wire::{self, Js};
use wasm_bindgen::prelude::*;

use crate::host::{Context, Host};
use crate::platform::Calls;
use crate::replica::{Event, Replica, Script};
use crate::timer::Timer;
use crate::unpack_worker::Job;

/// Time for a new worker to say its first word, in milliseconds.
const BOOT_MS: f64 = 30_000.0;
/// Time a cancelled call may still take before its worker is ended, in milliseconds.
const CANCEL_GRACE_MS: f64 = 100.0;

/// A model and where its package comes from.
#[derive(Debug)]
pub struct Model {
    /// As configured.
    pub config: config::Model,
    /// The caller's `binary`, until the client is destroyed.
    pub binary: RefCell<JsValue>,
}

/// A call that is not over.
#[derive(Debug)]
pub struct Pending {
    /// The model that computes it.
    pub model: ModelIndex,
    /// JSON text.
    pub request: JsValue,
    /// Lay the package's static outputs over the answer.
    pub metadata: bool,
    /// Replace the answer's outputs by the package's form description.
    pub formspec: bool,
    /// For an error.
    pub context: Context,
    /// Ends the call well.
    pub resolve: Function,
    /// Ends the call with an error.
    pub reject: Function,
}

/// The workers, images and calls of one client.
pub struct Pool {
    pub(crate) models: Vec<Model>,
    pub(crate) host: Host,
    pub(crate) state: RefCell<State>,
    timer: Timer,
    destroyed: Cell<bool>,
    myself: Weak<Pool>,
    /// Keeps the pool alive while calls are open, even when the caller has let go of the client.
    held: RefCell<Option<Rc<Pool>>>,
}

pub(crate) struct State {
    scheduler: Scheduler,
    pub(crate) calls: Table<Pending>,
    next_call: CallId,
    replicas: Table<Replica>,
    pub(crate) images: Vec<Option<Image<Js>>>,
    /// Packages being unpacked apart from their replica.
    jobs: Table<Job>,
    script: Option<Rc<Script>>,
    /// What was thrown behind the failure that is being told to callers.
    pub(crate) cause: JsValue,
}

impl Pool {
    /// A pool for these models, all idle.
    pub fn new(config: &Config, models: Vec<Model>, host: Host) -> Rc<Self> {
        let policy = Policy {
            max_models: config.offline_max_service,
            start_ms: config.timeout_ms,
            boot_ms: BOOT_MS,
            cancel_grace_ms: CANCEL_GRACE_MS,
        };
        let spec =
            |model: &config::Model| ModelSpec { replicas: model.replica, prevent_cleanup: model.prevent_cleanup };
        let state = State {
            scheduler: Scheduler::new(policy, config.models.iter().map(spec).collect()),
            calls: Table::new(),
            next_call: 0,
            replicas: Table::new(),
            images: config.models.iter().map(|_| None).collect(),
            jobs: Table::new(),
            script: None,
            cause: JsValue::UNDEFINED,
        };
        Rc::new_cyclic(|myself: &Weak<Pool>| {
            let tick = myself.clone();
            let timer = Timer::new(move || {
                if let Some(pool) = tick.upgrade() {
                    pool.tell(|scheduler| scheduler.tick(now()));
                }
            });
            Pool {
                models,
                host,
                state: RefCell::new(state),
                timer,
                destroyed: Cell::new(false),
                myself: myself.clone(),
                held: RefCell::default(),
            }
        })
    }

    /// Starts a call.
    pub fn call(&self, call: Pending, timeout: f64) -> CallId {
        let model = call.model;
        let id = {
            let mut state = self.state.borrow_mut();
            state.next_call = state.next_call.checked_add(1).unwrap_or(1);
            let id = state.next_call;
            if state.calls.is_empty() {
                *self.held.borrow_mut() = self.myself.upgrade();
            }
            state.calls.insert(id, call);
            id
        };
        self.tell(|scheduler| scheduler.call(id, model, timeout, now()));
        id
    }

    /// Cancels a call, if it is not over.
    pub fn cancel(&self, call: CallId, reason: JsValue) {
        if let Some(pending) = self.state.borrow_mut().calls.get_mut(&call) {
            pending.context.cause = reason;
        }
        self.tell(|scheduler| scheduler.cancel(call, now()));
    }

    /// Ends everything.
    pub fn destroy(&self) {
        self.destroyed.set(true);
        self.tell(Scheduler::destroy);
        for model in &self.models {
            model.binary.replace(JsValue::UNDEFINED);
        }
        self.timer.clear();
    }

    /// Whether [`destroy`](Self::destroy) was called.
    pub fn is_destroyed(&self) -> bool {
        self.destroyed.get()
    }

    /// A model in numbers.
    pub fn stats(&self, model: ModelIndex) -> Option<ModelStats> {
        self.state.borrow().scheduler.stats(model)
    }

    /// Tells the scheduler something and does what it wants done.
    pub(crate) fn tell<T>(&self, event: impl FnOnce(&mut Scheduler) -> T) -> T {
        let answer = event(&mut self.state.borrow_mut().scheduler);
        let mut posts: Vec<(ReplicaId, Calls)> = Vec::new();
        loop {
            let action = self.state.borrow_mut().scheduler.next_action();
            match action {
                Some(Action::Post { replica, call }) => self.collect(replica, call, &mut posts),
                Some(action) => self.perform(action),
                None => break,
            }
        }
        for (replica, calls) in posts {
            self.post_calls(replica, &calls);
        }
        self.timer.wake_at(self.state.borrow().scheduler.next_tick(), now);
        answer
    }

    fn perform(&self, action: Action) {
        match action {
            Action::Load { model, replica } => self.load(model, replica),
            Action::Spawn { model, replica } => self.spawn_from_image(model, replica),
            // Collected by `tell`.
            Action::Post { .. } => {}
            Action::Terminate { replica } => self.end_worker(replica),
            Action::Unload { model } => {
                let image = self.state.borrow_mut().images[model].take();
                drop(image);
            }
            Action::Fail { call, failure } => self.fail(call, failure),
        }
    }

    /// Adds a call to the message for its replica: what is posted at one time travels together.
    fn collect(&self, replica: ReplicaId, call: CallId, posts: &mut Vec<(ReplicaId, Calls)>) {
        let state = self.state.borrow();
        let Some(pending) = state.calls.get(&call) else { return };
        match posts.iter().find(|(id, _)| *id == replica) {
            Some((_, calls)) => calls.push(call, &pending.request),
            None => posts.push((replica, Calls::new(call, &pending.request))),
        }
    }

    fn post_calls(&self, replica: ReplicaId, calls: &Calls) {
        let posted = self.state.borrow().replicas.get(&replica).map(|worker| worker.post_calls(calls));
        if let Some(Err(failure)) = posted {
            self.died(replica, failure, JsValue::UNDEFINED);
        }
    }

    /// Creates a worker; `false`, with the scheduler told, when that fails.
    pub(crate) fn spawn(&self, id: ReplicaId) -> bool {
        let created = self.script().and_then(|script| {
            let pool = self.myself.clone();
            Replica::spawn(&self.host, &script, move |event| {
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
            Err(failure) => {
                self.died_later(id, failure);
                false
            }
        }
    }

    fn spawn_from_image(&self, model: ModelIndex, replica: ReplicaId) {
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
                self.died_later(replica, failure);
                false
            }
        }
    }

    fn heard(&self, id: ReplicaId, event: Event) {
        let message = match event {
            Event::Broken(failure) => return self.died(id, failure, JsValue::UNDEFINED),
            Event::Answer { id: call, response, micros, heap } => {
                return self.replied(id, call, &response, micros, heap);
            }
            Event::Message(data) => wire::read_from_worker(data),
        };
        match message {
            // The listener knows answers.
            Ok(FromWorker::Reply { .. }) => {}
            Ok(FromWorker::CallFailed { id: call, failure, fatal }) => {
                self.tell(|scheduler| scheduler.call_failed(id, call, failure, fatal, now()));
            }
            Ok(FromWorker::Up) => {
                let mut state = self.state.borrow_mut();
                if let Some(replica) = state.replicas.get_mut(&id) {
                    replica.up();
                }
                state.scheduler.worker_up(id);
            }
            Ok(FromWorker::Unpacked(image)) => self.image_ready(id, image),
            Ok(FromWorker::Ready { is_async, heap }) => {
                self.tell(|scheduler| scheduler.replica_ready(id, is_async, heap, now()));
            }
            Ok(FromWorker::Warning(warning)) => self.host.warn(&warning),
            Ok(FromWorker::Failed(failure)) | Err(failure) => self.died(id, failure, JsValue::UNDEFINED),
        }
    }

    /// Keeps a model's image and lets further replicas start from it.
    pub(crate) fn image_ready(&self, id: ReplicaId, image: Image<Js>) {
        let model = self.state.borrow().scheduler.model_of(id);
        if let Some(model) = model {
            self.state.borrow_mut().images[model] = Some(image);
            self.tell(|scheduler| scheduler.image_ready(id, now()));
        }
    }

    /// Forgets a call. Without open calls the pool lives only as long as its client.
    pub(crate) fn take(&self, call: CallId) -> Option<Pending> {
        let mut state = self.state.borrow_mut();
        let pending = state.calls.remove(&call);
        let idle = state.calls.is_empty();
        drop(state);
        if idle {
            // Whoever called this holds the pool through another reference.
            let held = self.held.take();
            drop(held);
        }
        pending
    }

    /// A worker is gone, or could not start. `cause` is what was thrown, if anything was.
    pub(crate) fn died(&self, id: ReplicaId, failure: Failure, cause: JsValue) {
        self.end_worker(id);
        self.state.borrow_mut().cause = cause;
        self.tell(|scheduler| scheduler.died(id, failure, now()));
        self.state.borrow_mut().cause = JsValue::UNDEFINED;
    }

    /// [`died`](Self::died), once the scheduler's current actions have been carried out.
    fn died_later(&self, id: ReplicaId, failure: Failure) {
        let Some(pool) = self.myself.upgrade() else { return };
        wasm_bindgen_futures::spawn_local(async move { pool.died(id, failure, JsValue::UNDEFINED) });
    }

    fn end_worker(&self, id: ReplicaId) {
        let mut state = self.state.borrow_mut();
        let ended = (state.replicas.remove(&id), state.jobs.remove(&id));
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

    pub(crate) fn weak(&self) -> Weak<Pool> {
        self.myself.clone()
    }
}
