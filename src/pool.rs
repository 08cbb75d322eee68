//! Carries out what the scheduler decides: creates and ends workers, posts calls, settles promises.
//!
//! No borrow of the state is held while JavaScript of others runs, or across an `await`.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use spark_execute_core::config::{self, BinaryKind, Config};
use spark_execute_core::memory::PAGE;
use spark_execute_core::protocol::Image;
use spark_execute_core::scheduler::{Action, CallId, CallSpec, ModelIndex, ModelSpec, Policy, ReplicaId, Scheduler};
use spark_execute_core::table::Table;
use spark_execute_worker::js::get;
use spark_execute_worker::wire::Js;
use wasm_bindgen::prelude::*;

use crate::call::{Pending, Steps, XCall};
use crate::host::Host;
use crate::known::Names;
use crate::online::Online;
use crate::platform::{self, Calls, now, processors};
use crate::replica::{Replica, Script, Start};
use crate::timer::Timer;
use crate::unpack_worker::Job;

/// Time for a new worker to say its first word, in milliseconds.
const BOOT_MS: f64 = 30_000.0;
/// Workers that were ended while they computed and may still run, beyond which replacements wait.
const MAX_DYING: usize = 4;

/// A model and where its package comes from.
#[derive(Debug)]
pub struct Model {
    /// As configured.
    pub config: config::Model,
    /// The caller's `binary`, until the client is destroyed.
    pub binary: RefCell<JsValue>,
}

/// The workers, images and calls of one client.
pub struct Pool {
    pub(crate) models: Vec<Model>,
    pub(crate) host: Host,
    /// The endpoint, if there is one.
    pub(crate) online: Option<Rc<Online>>,
    pub(crate) xcall: XCall,
    pub(crate) state: RefCell<State>,
    timer: Timer,
    destroyed: Cell<bool>,
    /// Whether the browser's timeline is told.
    pub(crate) timings: bool,
    /// Whether events are worth making.
    pub(crate) has_listeners: Cell<bool>,
    myself: Weak<Pool>,
    /// Keeps the pool alive while calls are open, even when the caller has let go of the client.
    held: RefCell<Option<Rc<Pool>>>,
}

pub(crate) struct State {
    pub(crate) scheduler: Scheduler,
    pub(crate) calls: Table<Pending>,
    next_call: CallId,
    pub(crate) replicas: Table<Replica>,
    pub(crate) images: Vec<Option<Image<Js>>>,
    pub(crate) names: Names,
    /// How the living replicas came to start.
    pub(crate) starts: Table<Start>,
    /// Of each model, how long its last load took.
    pub(crate) times: Vec<JsValue>,
    /// Packages being unpacked apart from their replica.
    pub(crate) jobs: Table<Job>,
    pub(crate) script: Option<Rc<Script>>,
    /// What was thrown behind the failure that is being told to callers.
    pub(crate) cause: JsValue,
}

impl Pool {
    /// A pool for these models, all idle. `value` is what `config` was made of.
    pub fn new(config: &Config, value: &JsValue, models: Vec<Model>, host: Host) -> Rc<Self> {
        platform::watch_sleep(&host);
        let online = config.endpoint.clone().map(|endpoint| Online::new(endpoint, &get(value, "sparkEndpoint")));
        let policy = Policy {
            max_models: config.offline_max_service,
            memory_budget: config.memory_budget,
            processors: processors(),
            idle_ms: config.idle_timeout_ms,
            start_ms: config.timeout_ms,
            boot_ms: BOOT_MS,
            cancel_grace_ms: config.cancel_grace_ms,
            max_dying: MAX_DYING,
        };
        let spec = |model: &config::Model| ModelSpec {
            replicas: model.replica,
            prevent_cleanup: model.prevent_cleanup,
            memory_limit: f64::from(model.max_pages) * PAGE,
            is_constant: matches!(model.binary, BinaryKind::Bytes | BinaryKind::Blob | BinaryKind::Base64Text),
        };
        let state = State {
            scheduler: Scheduler::new(policy, config.models.iter().map(spec).collect()),
            calls: Table::new(),
            next_call: 0,
            replicas: Table::new(),
            images: config.models.iter().map(|_| None).collect(),
            names: Names::new(config),
            starts: Table::new(),
            times: config.models.iter().map(|_| JsValue::UNDEFINED).collect(),
            jobs: Table::new(),
            script: None,
            cause: JsValue::UNDEFINED,
        };
        Rc::new_cyclic(|myself: &Weak<Pool>| {
            let tick = myself.clone();
            let timer = Timer::new(move |at| {
                if let Some(pool) = tick.upgrade() {
                    platform::woken_for(at);
                    // An answer that is there already beats a timer: the page may have been busy, or asleep.
                    let now = now();
                    pool.later(move |pool| pool.tell(|scheduler| scheduler.tick(now)));
                }
            });
            Pool {
                models,
                host,
                online,
                xcall: XCall::new(config, value),
                state: RefCell::new(state),
                timer,
                destroyed: Cell::new(false),
                timings: config.timings,
                has_listeners: Cell::new(false),
                myself: myself.clone(),
                held: RefCell::default(),
            }
        })
    }

    /// Starts a call.
    pub fn call(&self, call: Pending, now: f64) -> CallId {
        let id = self.next_call();
        let model = call.model;
        self.call_as(id, call, model, now);
        id
    }

    pub(crate) fn next_call(&self) -> CallId {
        let mut state = self.state.borrow_mut();
        state.next_call = state.next_call.checked_add(1).unwrap_or(1);
        state.next_call
    }

    /// Starts a call under this id, which no open call has; without a `model` the endpoint is asked.
    pub(crate) fn call_as(&self, id: CallId, call: Pending, model: Option<ModelIndex>, now: f64) {
        let spec = self.open(id, call, model, now);
        self.tell(|scheduler| scheduler.call(id, spec, now));
    }

    /// Remembers a call; gives what the scheduler is to know of it.
    pub(crate) fn open(&self, id: CallId, call: Pending, model: Option<ModelIndex>, now: f64) -> CallSpec {
        let Pending { fallback, parent, records, .. } = call;
        let timeout_ms = call.left_ms(now);
        let mut state = self.state.borrow_mut();
        if state.calls.is_empty() {
            *self.held.borrow_mut() = self.myself.upgrade();
        }
        state.calls.insert(id, call);
        CallSpec { model, fallback, parent, timeout_ms, records }
    }

    /// Cancels a call; `false` if it is over.
    pub fn cancel(&self, call: CallId, reason: JsValue) -> bool {
        match self.state.borrow_mut().calls.get_mut(&call) {
            Some(pending) => pending.context.cause = reason,
            None => return false,
        }
        self.tell(|scheduler| scheduler.cancel(call, now()));
        true
    }

    /// Ends everything.
    pub fn destroy(&self) {
        let again = self.destroyed.replace(true);
        self.tell(Scheduler::destroy);
        for model in &self.models {
            model.binary.replace(JsValue::UNDEFINED);
        }
        self.timer.clear();
        if self.has_listeners.get() && !again {
            self.host.emit("destroy", &JsValue::NULL);
        }
    }

    /// Whether [`destroy`](Self::destroy) was called.
    pub fn is_destroyed(&self) -> bool {
        self.destroyed.get()
    }

    /// Tells the scheduler something and does what it wants done.
    pub(crate) fn tell<T>(&self, event: impl FnOnce(&mut Scheduler) -> T) -> T {
        let answer = event(&mut self.state.borrow_mut().scheduler);
        self.act();
        answer
    }

    /// Does what the scheduler wants done. Not a part of `tell`, of which there is a copy for every event.
    #[inline(never)]
    pub(crate) fn act(&self) {
        loop {
            // Not in the loop's head: the borrow would last. Before whoever waited for a model is told: `stats` has its times.
            let note = self.state.borrow_mut().scheduler.next_note();
            let Some(note) = note else { break };
            self.observe(note);
        }
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
        let state = self.state.borrow();
        self.timer.wake_at(state.scheduler.next_tick(), now);
        let reads = state.names.reads();
        drop(state);
        if reads {
            self.read_on();
        }
    }

    fn perform(&self, action: Action) {
        match action {
            Action::Load { model, replica } => self.load(model, replica),
            Action::Spawn { model, replica } => self.spawn_from_image(model, replica),
            // Collected by `act`.
            Action::Post { .. } => {}
            Action::Warmed { call } => self.warmed(call),
            Action::Terminate { replica } => self.end_worker(replica),
            Action::Unload { model } => {
                let mut state = self.state.borrow_mut();
                state.names.unloaded(model);
                let image = state.images[model].take();
                drop(state);
                drop(image);
            }
            Action::TellFewer { model, failure } => {
                let config::Model { path, replica, .. } = &self.models[model].config;
                self.host.warn(&format!(
                    "{path} has fewer replicas than the {replica} configured, since one could not start: {}",
                    failure.message
                ));
            }
            Action::Online { call, failure } => self.go_online(call, failure),
            Action::Fail { call, failure } => self.fail(call, failure),
        }
    }

    /// Adds a call to the message for its replica: what is posted at one time travels together.
    fn collect(&self, replica: ReplicaId, call: CallId, posts: &mut Vec<(ReplicaId, Calls)>) {
        let state = self.state.borrow();
        let Some(pending) = state.calls.get(&call) else { return };
        if self.timings {
            pending.steps.set(Steps { posted: now(), ..pending.steps.get() });
        }
        let call = pending.request.wire_id(call);
        match posts.iter().find(|(id, _)| *id == replica) {
            Some((_, calls)) => calls.push(call, &pending.request.text),
            None => posts.push((replica, Calls::new(call, &pending.request.text))),
        }
    }

    fn post_calls(&self, replica: ReplicaId, calls: &Calls) {
        let posted = self.state.borrow().replicas.get(&replica).map(|worker| worker.post_calls(calls));
        if let Some(Err(failure)) = posted {
            self.died(replica, failure, JsValue::UNDEFINED);
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

    /// Does something once the messages that have arrived by now were heard.
    pub(crate) fn later(&self, work: impl FnOnce(&Pool) + 'static) {
        let pool = self.weak();
        self.host.later(&Closure::once_into_js(move || {
            if let Some(pool) = pool.upgrade() {
                work(&pool);
            }
        }));
    }

    pub(crate) fn weak(&self) -> Weak<Pool> {
        self.myself.clone()
    }
}
