//! Calls whose result another call's engine waits for.
//!
//! An engine that waits computes nothing else, so a chain of calls can hold every replica of a model that one of its
//! children needs. Such a child gets an extra replica, which roots never use and which ends when the model is idle.

use super::{Action, Call, CallId, ModelIndex, Phase, ReplicaId, Scheduler};
use crate::error::{Code, Failure};

/// The most replicas that a model gets beyond what was configured.
const MAX_EXTRA: usize = 16;

impl Scheduler {
    /// The open call that the replica computes.
    pub fn computing(&self, id: ReplicaId) -> Option<CallId> {
        let head = self.replicas.get(&id)?.flights.front()?.call;
        self.calls.contains_key(&head).then_some(head)
    }

    /// The engine of the replica has asked for another service (`true`), or got its answer (`false`).
    pub fn waits(&mut self, id: ReplicaId, waits: bool, now: f64) {
        let Some(replica) = self.replicas.get_mut(&id) else { return };
        replica.waits = waits && !replica.flights.is_empty();
        let (open, all) = replica.asked;
        replica.asked = if waits { (open + 1, all + 1) } else { (open.saturating_sub(1), all) };
        let model = replica.model;
        if waits {
            self.ensure_room_for_children(model, now);
        }
    }

    /// Starts an extra replica when a child waits for this model and each of its replicas waits for another service.
    pub(super) fn ensure_room_for_children(&mut self, model: ModelIndex, now: f64) {
        loop {
            let state = &self.models[model];
            let child = state.queue.iter().copied().find(|id| self.is_waiting_child(*id));
            let can_end = |id: &ReplicaId| self.replicas.get(id).is_none_or(|replica| !replica.waits);
            let Some(child) = child else { return };
            if state.phase != Phase::Loaded || state.replicas.iter().any(can_end) {
                return;
            }
            if state.replicas.len() < state.spec.replicas.max(1) as usize + MAX_EXTRA && now >= state.spawn_after {
                let replica = self.add_replica(model, now + self.policy.start_ms);
                if let Some(added) = self.replicas.get_mut(&replica) {
                    added.extra = true;
                }
                self.actions.push_back(Action::Spawn { model, replica });
                return;
            }
            let message = "Every replica of the model waits for another call to it, and no further one can be started. \
                           Let models call each other less deeply, or give the model more replicas.";
            self.failed_offline(child, Failure::new(Code::XCallDepth, message));
        }
    }

    fn is_waiting_child(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|call| call.parent.is_some() && call.model.is_some() && call.at.is_empty())
    }

    /// The model is idle: what was started for children ends.
    pub(super) fn end_extra_replicas(&mut self, model: ModelIndex) {
        let extra = |id: &ReplicaId| self.replicas.get(id).is_some_and(|replica| replica.extra);
        let ending: Vec<ReplicaId> = self.models[model].replicas.iter().copied().filter(extra).collect();
        for replica in ending {
            self.terminate(replica);
            self.replicas.remove(&replica);
            self.models[model].replicas.retain(|other| *other != replica);
        }
    }

    /// A call is over: its parent has one child less, and its own children are wanted no more.
    pub(super) fn part_family(&mut self, id: CallId, call: &Call) {
        if let Some(parent) = call.parent.and_then(|parent| self.calls.get_mut(&parent)) {
            parent.children -= 1;
        }
        if call.children == 0 {
            return;
        }
        let orphans: Vec<CallId> =
            self.calls.iter().filter(|(_, child)| child.parent == Some(id)).map(|(orphan, _)| *orphan).collect();
        for orphan in orphans {
            self.give_up(orphan, cancelled_with_parent());
        }
    }
}

pub(super) fn cancelled_with_parent() -> Failure {
    Failure::new(Code::Cancelled, "The call was cancelled: the call that needed it is over.")
}
