//! Who computes what, and when: models, their replicas, and the calls that wait for them.
//!
//! # Design
//!
//! A [`Scheduler`] is told what happened (a call came, a worker replied, a worker died, time passed) and answers with
//! [`Action`]s for the shell to carry out. It reads no clock and holds no browser object.
//!
//! - A *model* is idle (nothing in memory), loading (its package is being read), or loaded (its image is there and
//!   replicas start from it without reading the package again).
//! - A *call* is queued in its model, in flight in a replica, *online*: given to the endpoint, which the shell asks, or
//!   *parked*: which model it means is not known before some are loaded. It is known here until it is settled, exactly
//!   once; a worker may still compute a call that is settled (a *ghost*), and its reply is then ignored.
//! - A call may be the *child* of another one, whose engine is suspended until it has the child's answer.
//! - A *replica* computes its calls in the order in which it got them: the first is being computed, the others wait.
//! - The shell tells of a time only after all that workers had said by then: nobody is ended, and no call given up, whose
//!   answer has arrived.

mod calls;
mod children;
mod circuit;
mod dispatch;
mod dying;
mod eviction;
mod lookup;
mod memory;
mod notes;
mod online;
mod replica;
mod replicas;
mod ticks;
mod trust;
mod types;
mod warm;

use std::collections::VecDeque;

use crate::columns::Columns;
use crate::error::{Code, Failure};
use crate::table::Table;
use circuit::Circuit;
use dying::Dying;
use notes::Tally;
pub use notes::{Happened, Note};
use replica::Replica;
pub use trust::{Said, disturbed, is_of_worker};
pub use types::{Action, CallId, CallSpec, ModelIndex, ModelSpec, ModelStats, Policy, ReplicaId};

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
    /// Calls that want nothing computed, but the model ready.
    warming: Vec<CallId>,
    /// Calls that wait behind a long one, with no replica to go to, while more replicas are being thought of.
    stuck: usize,
    replicas: Vec<ReplicaId>,
    /// Replicas that it has without calls that wait.
    wanted: usize,
    /// Memory of an engine that has just started, once that is known.
    heap: f64,
    /// What a call, or a record of a batch, has lately taken, in microseconds, once that is known.
    micros: Option<f64>,
    columns: Columns,
    /// Calls not yet settled.
    open_calls: usize,
    /// Value of the use counter at the last call.
    last_used: u64,
    /// Where the round-robin search starts.
    next: usize,
    /// Replicas that could not start, one after the other, beside others that could.
    failed_starts: u32,
    /// Why a replica could not start, until the caller is told.
    fewer: Option<Failure>,
    told_fewer: bool,
    /// No further replica is tried before this.
    spawn_after: f64,
    /// It lacks replicas that wait for dying workers.
    held_back: bool,
    circuit: Circuit,
    /// It is being loaded for what its package says.
    learning: bool,
    tally: Tally,
}

#[derive(Debug)]
struct Call {
    /// The model that computes it; `None` once it is online.
    model: Option<ModelIndex>,
    deadline: f64,
    /// When it goes online, if it may and still waits for a model to load: after half of its time.
    patience: f64,
    timeout_ms: f64,
    /// Replicas it was posted to: none while queued, two when it was rescued from behind a long call.
    at: Vec<ReplicaId>,
    /// It goes online when it cannot be computed here.
    fallback: bool,
    /// The call whose engine waits for this one.
    parent: Option<CallId>,
    /// How many open calls have this one as their parent.
    children: usize,
    /// It waits until it is known which model it means.
    parked: bool,
    /// It wants nothing computed, but the model ready.
    warms: bool,
    /// Workers that vanished without a word when it was the oldest that they had: it may be why.
    deaths: u32,
    /// How many records of a batch it computes; 0 for a caller's own call.
    records: u32,
    /// It is being computed, or was.
    begun: bool,
}

/// The state machine. See the module's design note.
#[derive(Debug)]
pub struct Scheduler {
    policy: Policy,
    models: Vec<Model>,
    replicas: Table<Replica>,
    calls: Table<Call>,
    dying: Vec<Dying>,
    next_replica: ReplicaId,
    uses: u64,
    /// The latest time told.
    now: f64,
    /// No open call ends before this.
    earliest_deadline: f64,
    /// A replica has outgrown what it needed at first.
    outgrown: bool,
    actions: VecDeque<Action>,
    notes: VecDeque<Note>,
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
                warming: Vec::new(),
                stuck: 0,
                replicas: Vec::new(),
                wanted: 0,
                heap: 0.0,
                micros: None,
                columns: Columns::default(),
                open_calls: 0,
                last_used: 0,
                next: 0,
                failed_starts: 0,
                fewer: None,
                told_fewer: false,
                spawn_after: 0.0,
                held_back: false,
                circuit: Circuit::default(),
                learning: false,
                tally: Tally::default(),
            })
            .collect();
        Scheduler {
            policy,
            models,
            replicas: Table::new(),
            calls: Table::new(),
            dying: Vec::new(),
            next_replica: 0,
            uses: 0,
            now: 0.0,
            earliest_deadline: f64::INFINITY,
            outgrown: false,
            actions: VecDeque::new(),
            notes: VecDeque::new(),
        }
    }

    /// The next thing to do; `None` when all is done.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A caller wants `call` computed. It ends with [`Action::Fail`], or when [`replied`](Self::replied) or
    /// [`answered_online`](Self::answered_online) says so.
    pub fn call(&mut self, call: CallId, spec: CallSpec, now: f64) {
        if let Some(open) = self.begin(call, &spec, spec.model.is_some(), now) {
            self.start(call, open, now);
        }
    }

    fn start(&mut self, call: CallId, open: Call, now: f64) {
        let (deadline, is_child) = (now + open.timeout_ms, open.parent.is_some());
        let Some(model) = open.model else {
            self.calls.insert(call, open);
            self.actions.push_back(Action::Online { call, failure: None });
            return;
        };
        let refusal = if self.has_ready(model) { None } else { self.models[model].circuit.allow(now).err() };
        self.enqueue(call, open, model);
        if let Some(refusal) = refusal {
            return self.failed_offline(call, refusal);
        }
        self.tell_warm(model);
        self.dispatch(model, now);
        self.ensure_replicas(model, deadline, now);
        if is_child {
            self.ensure_room_for_children(model, now);
        }
        self.replace_outgrown(now);
        // Another model is now the one used last.
        self.evict_for_budget();
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
        let state = &mut self.models[model];
        state.phase = Phase::Loaded;
        let only_learnt = std::mem::take(&mut state.learning) && state.open_calls == 0;
        if only_learnt {
            // Its other replicas start with the first call.
            self.evict_excess();
        } else {
            self.ensure_replicas(model, now + self.policy.start_ms, now);
        }
        true
    }

    /// The replica takes calls from now on.
    pub fn replica_ready(&mut self, id: ReplicaId, is_async: bool, heap: f64, now: f64) {
        let Some(replica) = self.replicas.get_mut(&id) else { return };
        let model = replica.model;
        let limit = self.models[model].spec.memory_limit;
        let heap = heap.max(0.0).min(limit);
        replica.ready(is_async, heap, limit, now);
        let predecessor = replica.succeeds.take();
        self.models[model].failed_starts = 0;
        self.note(model, Happened::Ready(id));
        self.models[model].heap = heap;
        self.tell_fewer(model);
        self.tell_warm(model);
        self.dispatch(model, now);
        if let Some(predecessor) = predecessor {
            self.retire(predecessor);
        }
        self.evict_for_budget();
    }

    /// Whether the time matters to the replica's next answer: it has more to compute, or its model has. Asking a clock is
    /// dear beside a short call.
    pub fn goes_on(&self, id: ReplicaId) -> bool {
        let goes_on = |replica: &Replica| replica.flights.len() > 1 || !self.models[replica.model].queue.is_empty();
        self.replicas.get(&id).is_some_and(goes_on)
    }

    /// The replica answered `call`. `true`: give the caller the answer; `false`: nobody waits for it.
    pub fn replied(&mut self, id: ReplicaId, call: CallId, micros: f64, heap: f64, now: f64) -> bool {
        let Some(replica) = self.replicas.get_mut(&id) else { return false };
        let records = replica.end(call, now, self.policy.cancel_grace_ms);
        if records == 0 {
            return false;
        }
        let micros = micros / f64::from(records);
        let grew = replica.observe(micros, heap);
        self.outgrown |= grew && replica.has_outgrown;
        let model = replica.model;
        let state = &mut self.models[model];
        state.circuit.succeeded();
        state.micros = Some(state.micros.map_or(micros, |before| (before + micros) / 2.0));
        let wanted = self.settle(call);
        if wanted {
            let tally = &mut self.models[model].tally;
            tally.done += records;
            tally.over += records - 1;
        }
        self.begin_next(id, now);
        self.end_if_left(id);
        self.dispatch(model, now);
        if grew {
            self.evict_for_budget();
        }
        wanted
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
        self.dying.clear();
    }

    /// The model that a living replica belongs to.
    pub fn model_of(&self, id: ReplicaId) -> Option<ModelIndex> {
        self.replicas.get(&id).map(|replica| replica.model)
    }
}
