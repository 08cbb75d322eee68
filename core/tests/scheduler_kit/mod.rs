//! A scheduler on a bench: events in, actions out, the clock set by hand.

#![allow(dead_code)]

use spark_execute_core::scheduler::{Action, CallId, CallSpec, ModelSpec, Policy, ReplicaId, Scheduler};
use spark_execute_core::{Code, Failure};

pub const START_MS: f64 = 60_000.0;
pub const BOOT_MS: f64 = 30_000.0;
pub const GRACE_MS: f64 = 100.0;
pub const MAX_DYING: usize = 4;

pub struct Bench {
    pub scheduler: Scheduler,
    pub now: f64,
}

pub fn spec(replicas: u32) -> ModelSpec {
    ModelSpec { replicas, prevent_cleanup: false, is_constant: false, memory_limit: 4_294_967_296.0 }
}

pub fn offline(model: usize, timeout_ms: f64) -> CallSpec {
    CallSpec { model: Some(model), fallback: false, parent: None, timeout_ms, records: 0 }
}

/// A batch's records.
pub fn chunk(model: usize, records: u32) -> CallSpec {
    CallSpec { records, ..offline(model, 1_000.0) }
}

/// May go online.
pub fn either(model: usize, timeout_ms: f64) -> CallSpec {
    CallSpec { fallback: true, ..offline(model, timeout_ms) }
}

/// For the engine that computes `parent`.
pub fn child(model: usize, parent: CallId) -> CallSpec {
    CallSpec { parent: Some(parent), ..offline(model, 60_000.0) }
}

pub fn kept() -> ModelSpec {
    ModelSpec { prevent_cleanup: true, ..spec(1) }
}

pub fn trap() -> Failure {
    Failure::new(Code::EngineTrap, "trap")
}

impl Bench {
    pub fn new(max_models: usize, models: Vec<ModelSpec>) -> Self {
        Bench::with(models, |policy| policy.max_models = max_models)
    }

    /// A bench whose policy, without bounds on memory, is changed by `with`.
    pub fn with(models: Vec<ModelSpec>, with: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = Policy {
            max_models: 20,
            memory_budget: f64::INFINITY,
            processors: 64,
            idle_ms: f64::INFINITY,
            start_ms: START_MS,
            boot_ms: BOOT_MS,
            cancel_grace_ms: GRACE_MS,
            max_dying: MAX_DYING,
        };
        with(&mut policy);
        Bench { scheduler: Scheduler::new(policy, models), now: 0.0 }
    }

    /// One model, loaded, its first replica (1) ready; the others starting.
    pub fn loaded(replicas: u32) -> Self {
        Bench::new(20, vec![spec(replicas)]).load()
    }

    pub fn load(mut self) -> Self {
        let bench = &mut self;
        bench.call(1, 0);
        bench.image(1);
        bench.ready(1);
        bench.reply(1, 1, 5_000.0);
        self
    }

    pub fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.scheduler.next_action()).collect()
    }

    pub fn call(&mut self, call: CallId, model: usize) -> Vec<Action> {
        self.scheduler.call(call, offline(model, 60_000.0), self.now);
        self.actions()
    }

    pub fn start(&mut self, call: CallId, spec: CallSpec) -> Vec<Action> {
        self.scheduler.call(call, spec, self.now);
        self.actions()
    }

    /// The engine of the replica asks for another service.
    pub fn waits(&mut self, replica: ReplicaId) -> Vec<Action> {
        self.scheduler.waits(replica, true, self.now);
        self.actions()
    }

    pub fn image(&mut self, replica: ReplicaId) -> Vec<Action> {
        assert!(self.scheduler.image_ready(replica, self.now));
        self.actions()
    }

    pub fn ready(&mut self, replica: ReplicaId) -> Vec<Action> {
        self.scheduler.replica_ready(replica, false, 0.0, self.now);
        self.actions()
    }

    pub fn reply(&mut self, replica: ReplicaId, call: CallId, micros: f64) -> (bool, Vec<Action>) {
        // Where nothing goes on nobody asks the clock.
        let now = if self.scheduler.goes_on(replica) { self.now } else { f64::NAN };
        let wanted = self.scheduler.replied(replica, call, micros, 0.0, now);
        (wanted, self.actions())
    }

    pub fn died(&mut self, replica: ReplicaId) -> Vec<Action> {
        self.scheduler.died(replica, trap(), self.now);
        self.actions()
    }

    /// Cancels a call: its caller alone is told.
    pub fn cancel(&mut self, call: CallId) {
        self.scheduler.cancel(call, self.now);
        assert_eq!(failed(&self.actions()), [(call, Code::Cancelled)]);
    }

    pub fn tick(&mut self, now: f64) -> Vec<Action> {
        self.now = now;
        self.scheduler.tick(now);
        self.actions()
    }

    /// Lets both replicas answer short calls, so that each takes several.
    pub fn warm_both(&mut self) {
        for call in (100..120).step_by(2) {
            let (first, second) = (self.call(call, 0), self.call(call + 1, 0));
            for action in first.iter().chain(&second) {
                if let Action::Post { replica, call } = *action {
                    self.reply(replica, call, 20.0);
                }
            }
        }
    }

    /// Opens replica's window to 32 with short calls 100…
    pub fn warm(&mut self, replica: ReplicaId) {
        for call in 100..110 {
            assert_eq!(self.call(call, 0), [post(replica, call)]);
            assert!(self.reply(replica, call, 20.0).0);
        }
    }
}

pub fn post(replica: ReplicaId, call: CallId) -> Action {
    Action::Post { replica, call }
}

pub fn online(actions: &[Action]) -> Vec<(CallId, Option<Code>)> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::Online { call, failure } => Some((*call, failure.as_ref().map(|failure| failure.code))),
            _ => None,
        })
        .collect()
}

pub fn failed(actions: &[Action]) -> Vec<(CallId, Code)> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::Fail { call, failure } => Some((*call, failure.code)),
            _ => None,
        })
        .collect()
}
