//! How workers end. Those that compute when they are ended count as dying: a browser may let such a worker run on for a
//! while, with its memory; a model that runs away again and again must not fill the machine with them.

use super::replica::Stage;
use super::trust::not_up;
use super::{Action, CallId, ModelIndex, Phase, ReplicaId, Scheduler};
use crate::error::{Code, Failure};

/// How long Chromium lets a worker run on, in milliseconds; other browsers end it sooner.
const DYING_MS: f64 = 2_000.0;

#[derive(Debug)]
pub(super) struct Dying {
    replica: ReplicaId,
    pub model: ModelIndex,
    pub heap: f64,
    /// It is over by then, whether the shell sees it or not.
    pub until: f64,
}

impl Scheduler {
    /// The replica's worker is gone, but what it said before may still arrive: [`died`](Self::died) follows once it has.
    /// What it was computing nobody can say then.
    pub fn vanished(&mut self, id: ReplicaId) {
        if let Some(replica) = self.replicas.get_mut(&id) {
            replica.gone = true;
        }
    }

    /// The worker says that it is of no further use, and that this is no call's doing. All its calls go elsewhere.
    pub fn failed(&mut self, id: ReplicaId, failure: Failure, now: f64) {
        self.now = now;
        self.note_crash(id, &failure);
        let Some(replica) = self.replicas.get(&id) else { return };
        if replica.stage == Stage::Starting {
            return self.lost(id, Some(failure), now);
        }
        self.models[replica.model].circuit.failed(&failure, now);
        self.lost(id, None, now);
    }

    /// The replica could not compute `call`; `fatal` when its engine may be damaged. A worker that fails outside of any call
    /// may name one that is over.
    pub fn call_failed(&mut self, id: ReplicaId, call: CallId, failure: Failure, fatal: bool, now: f64) {
        let Some(replica) = self.replicas.get_mut(&id) else { return };
        let ended = replica.end(call, now, self.policy.cancel_grace_ms) > 0;
        if !ended && !fatal {
            return;
        }
        let model = replica.model;
        self.now = now;
        if fatal {
            self.note_crash(id, &failure);
            // A batch goes on after records that crash, however many of them are neighbours.
            if self.calls.get(&call).is_none_or(|open| open.records == 0) {
                self.models[model].circuit.failed(&failure, now);
            }
        }
        if ended {
            self.failed_offline(call, failure);
        }
        if fatal {
            self.actions.push_back(Action::Terminate { replica: id });
            self.lost(id, None, now);
        } else {
            self.begin_next(id, now);
            self.end_if_left(id);
            self.dispatch(model, now);
        }
    }

    /// The replica's worker is gone without having named a call, or could not be started; the shell has ended it. A ready
    /// replica's current call fails with `failure`, its other calls go elsewhere.
    pub fn died(&mut self, id: ReplicaId, mut failure: Failure, now: f64) {
        self.now = now;
        if failure.code == Code::WorkerCrashed && self.is_booting(id) {
            // No model's doing: there is none in it yet.
            let details = failure.details.take();
            failure = not_up("A worker failed, or said something else, before it ran our code.");
            failure.details = details;
        }
        self.note_crash(id, &failure);
        self.lost(id, Some(failure), now);
    }

    /// Ends a replica's worker.
    pub(super) fn terminate(&mut self, id: ReplicaId) {
        if let Some(replica) = self.replicas.get(&id)
            && (!replica.flights.is_empty() && !replica.waits
                || replica.stage == Stage::Starting && self.now >= replica.start_deadline)
        {
            let (model, heap) = (replica.model, replica.heap);
            self.dying.push(Dying { replica: id, model, heap, until: self.now + DYING_MS });
        }
        self.actions.push_back(Action::Terminate { replica: id });
    }

    /// The worker of a replica that was ended has stopped.
    pub fn stopped(&mut self, id: ReplicaId, now: f64) {
        self.forget_dying(now, |dying| dying.replica == id);
    }

    /// Forgets workers that are over, and starts the replicas that had to wait for that.
    pub(super) fn forget_dying(&mut self, now: f64, is_over: impl Fn(&Dying) -> bool) {
        let before = self.dying.len();
        self.dying.retain(|dying| !is_over(dying));
        if self.dying.len() == before {
            return;
        }
        for model in 0..self.models.len() {
            if std::mem::take(&mut self.models[model].held_back) {
                self.replace(model, now);
            }
        }
    }

    /// Starts replicas in the place of those that ended, whether or not a call waits.
    pub(super) fn replace(&mut self, model: ModelIndex, now: f64) {
        let state = &self.models[model];
        if state.phase == Phase::Loaded && !state.circuit.is_open(now) {
            self.ensure_replicas(model, now + self.policy.start_ms, now);
        }
    }
}
