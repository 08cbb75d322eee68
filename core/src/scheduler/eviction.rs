//! Which model leaves memory when there are too many: the least recently used one that nobody waits for.

use super::{Happened, ModelIndex, Phase, Scheduler};

impl Scheduler {
    /// Evicts until `incoming` can be loaded within the limit. When every other model is busy or kept, the limit is
    /// exceeded for a while: calls are never refused for it.
    pub(super) fn make_room_for(&mut self, incoming: ModelIndex) {
        while self.loaded() >= self.policy.max_models {
            let Some(victim) = self.eviction_candidate(Some(incoming)) else { return };
            self.note(victim, Happened::Evict);
            self.unload(victim);
        }
    }

    /// Evicts what exceeds the limit, now that a model has become idle.
    pub(super) fn evict_excess(&mut self) {
        while self.loaded() > self.policy.max_models {
            let Some(victim) = self.eviction_candidate(None) else { return };
            self.note(victim, Happened::Evict);
            self.unload(victim);
        }
    }

    fn loaded(&self) -> usize {
        self.models.iter().filter(|model| model.phase != Phase::Idle).count()
    }

    fn eviction_candidate(&self, except: Option<ModelIndex>) -> Option<ModelIndex> {
        self.models
            .iter()
            .enumerate()
            .filter(|(index, model)| {
                model.phase != Phase::Idle
                    && !model.spec.prevent_cleanup
                    && model.open_calls == 0
                    && !model.learning
                    && Some(*index) != except
            })
            .min_by_key(|(_, model)| model.last_used)
            .map(|(index, _)| index)
    }
}
