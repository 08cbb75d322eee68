//! Who computes what, and when: models, their replicas, and the calls that wait for them.
//!
//! # Design
//!
//! A [`Scheduler`] is told what happened (a call came, a worker replied, a worker died, time passed) and answers with
//! [`Action`]s for the shell to carry out. It reads no clock and holds no browser object.
//!
//! - A *model* is idle (nothing in memory), loading (its package is being read), or loaded (its image is there and
//!   replicas start from it without reading the package again).
//! - A *call* is queued in its model, or in flight in a replica. It is known here until it is settled, exactly once; a
//!   worker may still compute a call that is settled (a *ghost*), and its reply is then ignored.
//! - A *replica* computes its calls in the order in which it got them: the first is being computed, the others wait.

mod eviction;
mod replica;
mod ticks;

use std::collections::VecDeque;

use crate::error::{Code, Failure};
use crate::table::Table;
use replica::{Replica, Stage};

/// Time after which a replica that could not start is tried again, in milliseconds; doubles with every failure.
const RESPAWN_MS: f64 = 1_000.0;
const RESPAWN_DOUBLINGS: u32 = 7;

/// Position of a model in the configuration.
pub type ModelIndex = usize;
/// A call, unique within a scheduler.
pub type CallId = u32;
/// A worker, unique within a scheduler.
pub type ReplicaId = u32;

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Read the model's package and start its first replica.
    Load {
        /// The model.
        model: ModelIndex,
        /// The replica that is to start.
        replica: ReplicaId,
    },
    /// Start a replica from the model's image.
    Spawn {
        /// The model.
        model: ModelIndex,
        /// The replica that is to start.
        replica: ReplicaId,
    },
    /// Give a call to a replica.
    Post {
        /// The replica.
        replica: ReplicaId,
        /// The call.
        call: CallId,
    },
    /// End a replica's worker, or the attempt to start it.
    Terminate {
        /// The replica.
        replica: ReplicaId,
    },
    /// Forget the model's image.
    Unload {
        /// The model.
        model: ModelIndex,
    },
    /// The call failed: tell the caller.
    Fail {
        /// The call.
        call: CallId,
        /// Why.
        failure: Failure,
    },
}

/// What a model may use.
#[derive(Debug, Clone)]
pub struct ModelSpec {
    /// For messages.
    pub version_id: String,
    /// Workers wanted once the model is loaded.
    pub replicas: u32,
    /// Never evicted.
    pub prevent_cleanup: bool,
}

/// Bounds; times in milliseconds.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Models kept loaded before the least recently used one is evicted.
    pub max_models: usize,
    /// Time for a model to become ready, download included.
    pub start_ms: f64,
    /// Time for a new worker to say its first word.
    pub boot_ms: f64,
    /// Time a cancelled call may still take before its worker is ended.
    pub cancel_grace_ms: f64,
}

/// A model in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelStats {
    /// `"idle"`, `"loading"` or `"loaded"`.
    pub state: &'static str,
    /// Replicas that take calls.
    pub ready: usize,
    /// Replicas that are starting.
    pub starting: usize,
    /// Calls waiting for a replica.
    pub queued: usize,
    /// Calls given to a replica.
    pub running: usize,
    /// Memory of all its engines, in bytes.
    pub heap: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Loading,
    Loaded,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Phase::Idle => "idle",
            Phase::Loading => "loading",
            Phase::Loaded => "loaded",
        }
    }
}

#[derive(Debug)]
struct Model {
    spec: ModelSpec,
    phase: Phase,
    /// Calls that wait, first come first; may still name calls settled meanwhile.
    queue: VecDeque<CallId>,
    /// Calls in `queue` that are open.
    queued: usize,
    replicas: Vec<ReplicaId>,
    /// Calls not yet settled.
    open_calls: usize,
    /// Value of the use counter at the last call.
    last_used: u64,
    /// Where the round-robin search starts.
    next: usize,
    /// Replicas that could not start, one after the other, beside others that could.
    failed_starts: u32,
    /// No further replica is tried before this.
    spawn_after: f64,
}

#[derive(Debug)]
struct Call {
    model: ModelIndex,
    deadline: f64,
    timeout_ms: f64,
    /// Replicas it was posted to: none while queued, two when it was rescued from behind a long call.
    at: Vec<ReplicaId>,
}

/// The state machine. See the module's design note.
#[derive(Debug)]
pub struct Scheduler {
    policy: Policy,
    models: Vec<Model>,
    replicas: Table<Replica>,
    calls: Table<Call>,
    next_replica: ReplicaId,
    uses: u64,
    /// No open call ends before this.
    earliest_deadline: f64,
    actions: VecDeque<Action>,
}

impl Scheduler {
    /// A scheduler for these models, all idle.
    pub fn new(policy: Policy, models: Vec<ModelSpec>) -> Self {
        let models = models
            .into_iter()
            .map(|spec| Model {
                spec,
                phase: Phase::Idle,
                queue: VecDeque::new(),
                queued: 0,
                replicas: Vec::new(),
                open_calls: 0,
                last_used: 0,
                next: 0,
                failed_starts: 0,
                spawn_after: 0.0,
            })
            .collect();
        Scheduler {
            policy,
            models,
            replicas: Table::new(),
            calls: Table::new(),
            next_replica: 0,
            uses: 0,
            earliest_deadline: f64::INFINITY,
            actions: VecDeque::new(),
        }
    }

    /// The next thing to do; `None` when all is done.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A caller wants `call` computed by `model` within `timeout_ms`.
    pub fn call(&mut self, call: CallId, model: ModelIndex, timeout_ms: f64, now: f64) {
        let deadline = now + timeout_ms;
        self.calls.insert(call, Call { model, deadline, timeout_ms, at: Vec::new() });
        self.earliest_deadline = self.earliest_deadline.min(deadline);
        self.uses += 1;
        let state = &mut self.models[model];
        state.open_calls += 1;
        state.last_used = self.uses;
        state.queue.push_back(call);
        state.queued += 1;
        if state.phase == Phase::Loading {
            // A caller who waits longer than the default gives the model longer to start.
            for id in &state.replicas {
                if let Some(replica) = self.replicas.get_mut(id) {
                    replica.start_deadline = replica.start_deadline.max(deadline);
                }
            }
        }
        self.dispatch(model, now);
        self.ensure_replicas(model, deadline, now);
    }

    /// The caller no longer wants `call`; it is settled as cancelled. Unknown or settled calls are ignored.
    pub fn cancel(&mut self, call: CallId, now: f64) {
        let Some(open) = self.calls.get(&call) else { return };
        let limit = now + self.policy.cancel_grace_ms;
        for id in &open.at {
            if let Some(head) = self.replicas.get_mut(id).and_then(|replica| replica.flights.front_mut())
                && head.call == call
            {
                head.deadline = head.deadline.min(limit);
            }
        }
        self.fail(call, Failure::new(Code::Cancelled, "The call was cancelled."));
    }

    /// The shell created the replica's worker.
    pub fn worker_created(&mut self, id: ReplicaId, now: f64) {
        let boot = now + self.policy.boot_ms;
        if let Some(replica) = self.replicas.get_mut(&id) {
            replica.boot_deadline = Some(boot);
        }
    }

    /// The replica's worker said its first word.
    pub fn worker_up(&mut self, id: ReplicaId) {
        if let Some(replica) = self.replicas.get_mut(&id) {
            replica.boot_deadline = None;
        }
    }

    /// The model's image is there: further replicas can start. `false` if nobody waits for it.
    pub fn image_ready(&mut self, id: ReplicaId, now: f64) -> bool {
        let Some(model) = self.replicas.get(&id).map(|replica| replica.model) else { return false };
        if self.models[model].phase != Phase::Loading {
            return false;
        }
        self.models[model].phase = Phase::Loaded;
        self.ensure_replicas(model, now + self.policy.start_ms, now);
        true
    }

    /// The replica takes calls from now on.
    pub fn replica_ready(&mut self, id: ReplicaId, is_async: bool, heap: f64, now: f64) {
        let Some(replica) = self.replicas.get_mut(&id) else { return };
        replica.ready(is_async, heap);
        let model = replica.model;
        self.models[model].failed_starts = 0;
        self.dispatch(model, now);
    }

    /// The replica answered `call`. `true`: give the caller the answer; `false`: nobody waits for it.
    pub fn replied(&mut self, id: ReplicaId, call: CallId, micros: f64, heap: f64, now: f64) -> bool {
        let Some(replica) = self.replicas.get_mut(&id) else { return false };
        if !replica.end(call, now) {
            return false;
        }
        replica.observe(micros, heap);
        let model = replica.model;
        let wanted = self.settle(call);
        self.dispatch(model, now);
        wanted
    }

    /// The replica could not compute `call`; `fatal` when its engine may be damaged.
    pub fn call_failed(&mut self, id: ReplicaId, call: CallId, failure: Failure, fatal: bool, now: f64) {
        let Some(replica) = self.replicas.get_mut(&id) else { return };
        if !replica.end(call, now) {
            return;
        }
        let model = replica.model;
        self.fail(call, failure);
        if fatal {
            self.actions.push_back(Action::Terminate { replica: id });
            self.lost(id, None, now);
        } else {
            self.dispatch(model, now);
        }
    }

    /// The replica's worker is gone, or could not be started; the shell has ended it. A ready replica's current call
    /// fails with `failure`, its other calls go elsewhere.
    pub fn died(&mut self, id: ReplicaId, failure: Failure, now: f64) {
        self.lost(id, Some(failure), now);
    }

    /// Ends everything: open calls fail as destroyed, workers end, images go.
    pub fn destroy(&mut self) {
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.fail(call, Failure::new(Code::Destroyed, "The Spark instance was destroyed before the call ended."));
        }
        for model in 0..self.models.len() {
            if self.models[model].phase != Phase::Idle {
                self.unload(model);
            }
        }
    }

    /// The model that a living replica belongs to.
    pub fn model_of(&self, id: ReplicaId) -> Option<ModelIndex> {
        self.replicas.get(&id).map(|replica| replica.model)
    }

    /// A model in numbers; `None` when there is no such model.
    pub fn stats(&self, model: ModelIndex) -> Option<ModelStats> {
        let state = self.models.get(model)?;
        let replicas = || state.replicas.iter().filter_map(|id| self.replicas.get(id));
        let ready = replicas().filter(|replica| replica.stage == Stage::Ready).count();
        Some(ModelStats {
            state: state.phase.name(),
            ready,
            starting: state.replicas.len() - ready,
            queued: state.queued,
            running: state.open_calls - state.queued,
            // An empty `sum` of floats would be -0.
            heap: replicas().fold(0.0, |sum, replica| sum + replica.heap),
        })
    }

    fn fail(&mut self, call: CallId, failure: Failure) {
        if self.settle(call) {
            self.actions.push_back(Action::Fail { call, failure });
        }
    }

    /// Forgets a call; `true` if it was open.
    fn settle(&mut self, call: CallId) -> bool {
        let Some(open) = self.calls.remove(&call) else { return false };
        if self.calls.is_empty() {
            self.earliest_deadline = f64::INFINITY;
        }
        let model = &mut self.models[open.model];
        model.open_calls -= 1;
        if open.at.is_empty() {
            model.queued -= 1;
        }
        if model.open_calls == 0 {
            self.evict_excess();
        }
        true
    }

    /// Gives queued calls, first come first served, to the replicas with the fewest in flight.
    fn dispatch(&mut self, model: ModelIndex, now: f64) {
        while let Some(&call) = self.models[model].queue.front() {
            if self.calls.contains_key(&call) {
                let Some(id) = self.pick(model, None, now) else { return };
                self.models[model].queued -= 1;
                self.post(call, id, now);
            }
            self.models[model].queue.pop_front();
        }
    }

    fn post(&mut self, call: CallId, id: ReplicaId, now: f64) {
        let (Some(open), Some(replica)) = (self.calls.get_mut(&call), self.replicas.get_mut(&id)) else { return };
        open.at.push(id);
        replica.post(call, open.deadline, now);
        self.actions.push_back(Action::Post { replica: id, call });
    }

    /// The replica with the fewest calls among those with room, ties in turn; never `except`.
    fn pick(&mut self, model: ModelIndex, except: Option<ReplicaId>, now: f64) -> Option<ReplicaId> {
        let state = &mut self.models[model];
        let count = state.replicas.len();
        let mut best: Option<(usize, usize)> = None;
        for step in 0..count {
            let at = (state.next + step) % count;
            let id = state.replicas[at];
            let Some(replica) = self.replicas.get(&id) else { continue };
            if Some(id) != except && replica.has_room(now) {
                let load = replica.flights.len();
                if best.is_none_or(|(_, least)| load < least) {
                    best = Some((at, load));
                }
            }
        }
        let (at, _) = best?;
        state.next = (at + 1) % count;
        Some(state.replicas[at])
    }

    /// Starts what the model lacks: its load, or replicas up to the number wanted.
    fn ensure_replicas(&mut self, model: ModelIndex, call_deadline: f64, now: f64) {
        let start_deadline = call_deadline.max(now + self.policy.start_ms);
        match self.models[model].phase {
            Phase::Loading => {}
            Phase::Idle => {
                self.make_room_for(model);
                self.models[model].phase = Phase::Loading;
                let replica = self.add_replica(model, start_deadline);
                self.actions.push_back(Action::Load { model, replica });
            }
            // Not for every call: see `lost`.
            Phase::Loaded if now < self.models[model].spawn_after && !self.models[model].replicas.is_empty() => {}
            Phase::Loaded => {
                while self.models[model].replicas.len() < self.models[model].spec.replicas.max(1) as usize {
                    let replica = self.add_replica(model, start_deadline);
                    self.actions.push_back(Action::Spawn { model, replica });
                }
            }
        }
    }

    fn add_replica(&mut self, model: ModelIndex, start_deadline: f64) -> ReplicaId {
        self.next_replica += 1;
        let id = self.next_replica;
        self.replicas.insert(id, Replica::new(model, start_deadline));
        self.models[model].replicas.push(id);
        id
    }

    /// A replica is gone. With a `cause`, the call it was computing fails with it; all others go back to the front of
    /// the queue, in order.
    fn lost(&mut self, id: ReplicaId, cause: Option<Failure>, now: f64) {
        let Some(replica) = self.replicas.remove(&id) else { return };
        let model = replica.model;
        self.models[model].replicas.retain(|other| *other != id);
        let mut flights = replica.flights;
        if replica.stage == Stage::Ready
            && let Some(failure) = cause.clone()
            && let Some(head) = flights.front().map(|flight| flight.call)
            && self.calls.get(&head).is_some_and(|call| call.at == [id])
        {
            flights.pop_front();
            self.fail(head, failure);
        }
        for flight in flights.iter().rev() {
            let Some(call) = self.calls.get_mut(&flight.call) else { continue };
            call.at.retain(|other| *other != id);
            if call.at.is_empty() {
                self.models[model].queue.push_front(flight.call);
                self.models[model].queued += 1;
            }
        }
        if replica.stage == Stage::Starting {
            // What kept this one from starting (no memory left, say) likely keeps another from it: no replacement now. The
            // others of the model decide, and a later call tries again.
            let state = &mut self.models[model];
            state.failed_starts = (state.failed_starts + 1).min(RESPAWN_DOUBLINGS);
            state.spawn_after = now + RESPAWN_MS * f64::from(1 << (state.failed_starts - 1));
            if state.phase == Phase::Loading || state.replicas.is_empty() {
                let ended = || Failure::new(Code::WorkerCrashed, "The worker ended while starting.");
                self.load_failed(model, &cause.unwrap_or_else(ended));
            }
        } else if self.models[model].queued > 0 {
            self.dispatch(model, now);
            self.ensure_replicas(model, now + self.policy.start_ms, now);
        }
    }

    /// Nothing can compute the model's calls: they fail, and the next call reads the package again.
    fn load_failed(&mut self, model: ModelIndex, failure: &Failure) {
        for call in std::mem::take(&mut self.models[model].queue) {
            self.fail(call, failure.clone());
        }
        self.unload(model);
    }

    fn unload(&mut self, model: ModelIndex) {
        for replica in std::mem::take(&mut self.models[model].replicas) {
            self.replicas.remove(&replica);
            self.actions.push_back(Action::Terminate { replica });
        }
        let state = &mut self.models[model];
        state.phase = Phase::Idle;
        // The next load may be of a better package.
        state.failed_starts = 0;
        state.spawn_after = 0.0;
        self.actions.push_back(Action::Unload { model });
    }
}
