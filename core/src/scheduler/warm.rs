//! Models that are to be ready before their first call.

use super::{Action, CallId, CallSpec, ModelIndex, Phase, Scheduler};

impl Scheduler {
    /// A caller wants the model ready. `call` ends with [`Action::Warmed`] as soon as one of its replicas is, or as any other
    /// call ends.
    pub fn warm(&mut self, call: CallId, spec: CallSpec, now: f64) {
        if let Some(mut open) = self.begin(call, &spec, spec.model.is_some(), now) {
            open.warms = true;
            self.start(call, open, now);
        }
    }

    /// Tells those who wait for it that the model is ready, if it is.
    pub(super) fn tell_warm(&mut self, model: ModelIndex) {
        if self.models[model].warming.is_empty() || !self.has_ready(model) {
            return;
        }
        for call in std::mem::take(&mut self.models[model].warming) {
            // Others have ended meanwhile.
            if self.calls.contains_key(&call) {
                self.actions.push_back(Action::Warmed { call });
                self.settle(call);
            }
        }
    }

    /// A load that nobody waits for any more ends. One that calls began goes on, for those that come later: here somebody
    /// asked for the load alone, and does not want it any more.
    pub(super) fn drop_load(&mut self, model: ModelIndex) {
        let state = &self.models[model];
        if state.phase == Phase::Loading && state.open_calls == 0 && !state.learning {
            self.unload(model);
        }
    }
}
