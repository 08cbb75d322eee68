//! How much memory the replicas take: the budget of all, replicas that have nothing to do, and engines that only grow.
//!
//! An engine's memory never shrinks: only the end of its worker gives it back.

use super::replica::{Replica, Stage};
use super::{Action, ModelIndex, Phase, ReplicaId, Scheduler};

impl Scheduler {
    /// Whether all engines, those that are starting or dying included, and `more` bytes exceed the budget.
    pub(super) fn is_over_budget(&self, more: f64) -> bool {
        if self.policy.memory_budget == f64::INFINITY {
            return false;
        }
        let size = |replica: &Replica| match replica.stage {
            Stage::Starting => self.models[replica.model].heap,
            Stage::Ready => replica.heap,
        };
        let dying = self.dying.iter().fold(more, |sum, dying| sum + dying.heap);
        self.replicas.values().fold(dying, |sum, replica| sum + size(replica)) > self.policy.memory_budget
    }

    /// How many replicas a loaded model should have now, those that are starting included: some from the start, more as
    /// calls wait.
    pub(super) fn wanted_replicas(&self, model: ModelIndex) -> usize {
        let state = &self.models[model];
        let has = state.replicas.len();
        let ready = |id: &&ReplicaId| self.replicas.get(id).is_some_and(|replica| replica.stage == Stage::Ready);
        let busy = state.replicas.iter().filter(ready).count();
        let wanted = state.wanted.max(busy + state.queued + state.stuck).min(state.spec.replicas.max(1) as usize);
        if has > 0 && wanted > has && self.is_over_budget(state.heap) { has } else { wanted }
    }

    /// How many replicas a model gets without calls that wait.
    pub(super) fn first_replicas(&self, model: ModelIndex) -> usize {
        self.models[model].spec.replicas.min(self.policy.processors).max(1) as usize
    }

    /// Replicas beyond the first that had nothing to do for long end.
    pub(super) fn end_idle_replicas(&mut self, now: f64) {
        for model in 0..self.models.len() {
            loop {
                let mut lasting = 0;
                let mut idle: Option<(f64, ReplicaId)> = None;
                for id in &self.models[model].replicas {
                    let Some(replica) = self.replicas.get_mut(id).filter(|replica| replica.lasts()) else { continue };
                    lasting += 1;
                    if !replica.flights.is_empty() {
                        replica.used = now;
                    } else if now >= replica.used + self.policy.idle_ms
                        && idle.is_none_or(|(used, _)| replica.used < used)
                    {
                        idle = Some((replica.used, *id));
                    }
                }
                let state = &mut self.models[model];
                let Some((_, id)) = idle.filter(|_| lasting > 1 && !state.spec.prevent_cleanup) else { break };
                state.wanted = lasting - 1;
                self.end_replica(id);
            }
        }
    }

    /// When the next replica may have had nothing to do for long.
    pub(super) fn next_idle_tick(&self) -> f64 {
        let mut next = f64::INFINITY;
        for model in self.models.iter().filter(|model| model.replicas.len() > 1 && !model.spec.prevent_cleanup) {
            let lasting = || model.replicas.iter().filter_map(|id| self.replicas.get(id)).filter(|one| one.lasts());
            if lasting().count() > 1 {
                next = lasting().fold(next, |next, replica| next.min(replica.used + self.policy.idle_ms));
            }
        }
        next
    }

    /// Starts successors of replicas whose engines have outgrown what they needed at first.
    pub(super) fn replace_outgrown(&mut self, now: f64) {
        if !std::mem::take(&mut self.outgrown) {
            return;
        }
        let grown = |(_, replica): &(&ReplicaId, &Replica)| replica.has_outgrown && replica.lasts();
        let ids: Vec<ReplicaId> = self.replicas.iter().filter(grown).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(replica) = self.replicas.get_mut(&id) else { continue };
            let model = replica.model;
            // Whatever keeps it from being replaced now, the next try is not before it has doubled.
            replica.settle();
            let has_successor = self.replicas.values().any(|other| other.succeeds == Some(id));
            let state = &self.models[model];
            if has_successor || state.phase != Phase::Loaded || now < state.spawn_after || state.circuit.is_open(now) {
                continue;
            }
            let successor = self.add_replica(model, now + self.policy.start_ms);
            if let Some(added) = self.replicas.get_mut(&successor) {
                added.succeeds = Some(id);
            }
            self.actions.push_back(Action::Spawn { model, replica: successor });
        }
    }

    /// A replica gets no more calls, and ends with those that it has.
    pub(super) fn retire(&mut self, id: ReplicaId) {
        if let Some(replica) = self.replicas.get_mut(&id) {
            replica.leaves = true;
            self.end_if_left(id);
        }
    }

    /// Ends a replica that leaves once it has no calls.
    pub(super) fn end_if_left(&mut self, id: ReplicaId) {
        if self.replicas.get(&id).is_some_and(|replica| replica.leaves && replica.flights.is_empty()) {
            self.end_replica(id);
        }
    }

    /// Ends a replica that computes nothing.
    pub(super) fn end_replica(&mut self, id: ReplicaId) {
        if let Some(replica) = self.replicas.remove(&id) {
            self.models[replica.model].replicas.retain(|other| *other != id);
            self.actions.push_back(Action::Terminate { replica: id });
        }
    }
}
