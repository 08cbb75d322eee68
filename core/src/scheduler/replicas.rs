//! When replicas start, and what becomes of their calls when they end.

use super::circuit::is_wrong_package;
use super::replica::{Replica, Stage};
use super::{Action, Happened, ModelIndex, Phase, ReplicaId, Scheduler};
use crate::error::{Code, Failure};

/// Time after which a replica that could not start is tried again, in milliseconds; doubles with every failure.
const RESPAWN_MS: f64 = 1_000.0;
const RESPAWN_DOUBLINGS: u32 = 7;
/// So many workers end without a word over the same call before it is taken for the cause.
const SILENT_DEATHS: u32 = 3;

impl Scheduler {
    /// Starts what the model lacks: its load, or replicas up to the number wanted.
    pub(super) fn ensure_replicas(&mut self, model: ModelIndex, call_deadline: f64, now: f64) {
        let start_deadline = call_deadline.max(now + self.policy.start_ms);
        match self.models[model].phase {
            Phase::Loading => {}
            Phase::Idle => {
                self.make_room_for(model);
                self.models[model].phase = Phase::Loading;
                self.note(model, Happened::Load);
                self.models[model].wanted = self.first_replicas(model);
                let replica = self.add_replica(model, start_deadline);
                self.actions.push_back(Action::Load { model, replica });
            }
            // Not for every call: see `lost`.
            Phase::Loaded
                if !self.models[model].replicas.is_empty()
                    && (now < self.models[model].spawn_after || self.models[model].circuit.is_open(now)) => {}
            Phase::Loaded => {
                while self.models[model].replicas.len() < self.wanted_replicas(model) {
                    if self.dying.len() >= self.policy.max_dying {
                        self.models[model].held_back = true;
                        return;
                    }
                    let replica = self.add_replica(model, start_deadline);
                    self.actions.push_back(Action::Spawn { model, replica });
                }
            }
        }
    }

    pub(super) fn add_replica(&mut self, model: ModelIndex, start_deadline: f64) -> ReplicaId {
        self.next_replica += 1;
        let id = self.next_replica;
        self.replicas.insert(id, Replica::new(model, start_deadline));
        self.models[model].replicas.push(id);
        let tally = &mut self.models[model].tally;
        if tally.missing > 0 {
            tally.missing -= 1;
            tally.restarts += 1;
            self.note(model, Happened::Restart(id));
        }
        id
    }

    /// A replica is gone. With a `cause`, the call it was computing fails with it, at the latest when that happens a second
    /// time; all others go back to the front of the queue, in order. Another one starts in its place.
    pub(super) fn lost(&mut self, id: ReplicaId, cause: Option<Failure>, now: f64) {
        let Some(replica) = self.replicas.remove(&id) else { return };
        let model = replica.model;
        self.models[model].replicas.retain(|other| *other != id);
        if replica.lasts() {
            self.models[model].tally.missing += 1;
        }
        let mut flights = replica.flights;
        if replica.stage == Stage::Ready
            && let Some(failure) = &cause
        {
            let head = flights.front().map(|flight| flight.call);
            let head =
                head.and_then(|head| self.calls.get_mut(&head).filter(|call| call.at == [id]).map(|call| (head, call)));
            let culprit = head.map(|(head, call)| {
                call.deaths += 1;
                // A worker that said nothing may not even have begun with it.
                (!replica.gone || replica.waits || call.deaths >= SILENT_DEATHS).then_some(head)
            });
            // Where a call tries again, that decides.
            if culprit != Some(None) {
                self.models[model].circuit.failed(failure, now);
            }
            if let Some(Some(head)) = culprit {
                flights.pop_front();
                self.failed_offline(head, failure.clone());
            }
        }
        for flight in flights.iter().rev() {
            let Some(call) = self.calls.get_mut(&flight.call) else { continue };
            call.at.retain(|other| *other != id);
            if call.at.is_empty() && call.model.is_some() {
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
            let cause = cause.unwrap_or_else(|| Failure::new(Code::WorkerCrashed, "The worker ended while starting."));
            if state.phase == Phase::Loading || state.replicas.is_empty() {
                self.load_failed(model, &cause, now);
            } else if !replica.extra && replica.succeeds.is_none() {
                state.fewer = Some(cause);
                self.tell_fewer(model);
            }
            self.ensure_room_for_children(model, now);
        } else if self.models[model].queued > 0 {
            if self.models[model].replicas.is_empty()
                && let Err(refusal) = self.models[model].circuit.allow(now)
            {
                return self.refuse_queued(model, &refusal);
            }
            self.dispatch(model, now);
            self.ensure_replicas(model, now + self.policy.start_ms, now);
            self.ensure_room_for_children(model, now);
        } else if !replica.extra {
            self.replace(model, now);
        }
    }

    /// Says once that a replica could not start: not before another one has, since the model may fail as a whole.
    pub(super) fn tell_fewer(&mut self, model: ModelIndex) {
        let is_ready = |id| self.replicas.get(id).is_some_and(|replica| replica.stage == Stage::Ready);
        let state = &mut self.models[model];
        if !state.told_fewer
            && state.replicas.iter().any(is_ready)
            && let Some(failure) = state.fewer.take()
        {
            state.told_fewer = true;
            self.actions.push_back(Action::TellFewer { model, failure });
        }
    }

    /// Nothing can compute the model's calls: they fail, and the next call reads the package again.
    pub(super) fn load_failed(&mut self, model: ModelIndex, failure: &Failure, now: f64) {
        let state = &mut self.models[model];
        if state.spec.is_constant && is_wrong_package(failure.code) {
            state.circuit.failed_for_good(failure);
        } else {
            state.circuit.failed(failure, now);
        }
        self.refuse_queued(model, failure);
        self.unload(model);
    }

    fn refuse_queued(&mut self, model: ModelIndex, failure: &Failure) {
        for call in std::mem::take(&mut self.models[model].queue) {
            self.failed_offline(call, failure.clone());
        }
    }

    pub(super) fn unload(&mut self, model: ModelIndex) {
        for replica in std::mem::take(&mut self.models[model].replicas) {
            self.terminate(replica);
            self.replicas.remove(&replica);
        }
        let state = &mut self.models[model];
        state.phase = Phase::Idle;
        state.learning = false;
        state.tally.missing = 0;
        state.held_back = false;
        // The next load may be of a better package.
        state.failed_starts = 0;
        state.fewer = None;
        state.spawn_after = 0.0;
        state.circuit.abandoned();
        self.actions.push_back(Action::Unload { model });
    }
}
