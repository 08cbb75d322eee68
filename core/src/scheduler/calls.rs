//! How calls begin and end.

use super::replica::Stage;
use super::{Action, Call, CallId, ModelIndex, Phase, ReplicaId, Scheduler};
use crate::error::{Code, Failure};

impl Scheduler {
    /// The caller no longer wants `call`; it is settled as cancelled. Unknown or settled calls are ignored.
    pub fn cancel(&mut self, call: CallId, now: f64) {
        self.now = now;
        self.give_up(call, Failure::new(Code::Cancelled, "The call was cancelled."));
    }

    pub(super) fn has_ready(&self, model: ModelIndex) -> bool {
        let is_ready = |id: &ReplicaId| self.replicas.get(id).is_some_and(|replica| replica.stage == Stage::Ready);
        self.models[model].replicas.iter().any(is_ready)
    }

    pub(super) fn enqueue(&mut self, call: CallId, open: Call, model: ModelIndex) {
        let (deadline, is_child) = (self.now + open.timeout_ms, open.parent.is_some());
        self.uses += 1;
        let state = &mut self.models[model];
        state.open_calls += 1;
        state.last_used = self.uses;
        state.queued += usize::from(!open.warms);
        // Somebody's engine waits for a child: the calls before it may need that engine.
        if open.warms {
            state.warming.push(call);
        } else if is_child {
            state.queue.push_front(call);
        } else {
            state.queue.push_back(call);
        }
        if state.phase != Phase::Loaded && open.fallback {
            self.earliest_deadline = self.earliest_deadline.min(open.patience);
        }
        if state.phase == Phase::Loading {
            // A caller who waits longer than the default gives the model longer to start.
            for id in &state.replicas {
                if let Some(replica) = self.replicas.get_mut(id) {
                    replica.start_deadline = replica.start_deadline.max(deadline);
                }
            }
        }
        self.calls.insert(call, open);
    }

    /// Fails a call that nobody wants any more; a worker that computes it has a moment to end.
    pub(super) fn give_up(&mut self, call: CallId, failure: Failure) {
        let Some(open) = self.calls.get(&call) else { return };
        for id in &open.at {
            if let Some(replica) = self.replicas.get_mut(id) {
                replica.give_up(call, self.now, self.policy.cancel_grace_ms);
            }
        }
        let warmed = open.model.filter(|_| open.warms);
        self.fail(call, failure);
        if let Some(model) = warmed {
            self.drop_load(model);
        }
    }

    pub(super) fn fail(&mut self, call: CallId, failure: Failure) {
        if self.settle(call) {
            self.actions.push_back(Action::Fail { call, failure });
        }
    }

    /// Forgets a call; `true` if it was open. Its children end with it.
    pub(super) fn settle(&mut self, call: CallId) -> bool {
        let Some(open) = self.calls.remove(&call) else { return false };
        if self.calls.is_empty() {
            self.earliest_deadline = f64::INFINITY;
        }
        if let Some(model) = open.model {
            self.models[model].tally.over += u32::from(!open.warms);
            self.leaves_model(model, open.at.is_empty() && !open.warms);
        }
        if open.parent.is_some() || open.children > 0 {
            self.part_family(call, &open);
        }
        true
    }

    /// A call is no longer the model's.
    pub(super) fn leaves_model(&mut self, model: ModelIndex, was_queued: bool) {
        let state = &mut self.models[model];
        state.open_calls -= 1;
        if was_queued {
            state.queued -= 1;
        }
        if state.open_calls == 0 {
            self.end_extra_replicas(model);
            self.evict_excess();
        }
    }
}
