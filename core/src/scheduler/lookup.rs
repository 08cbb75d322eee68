//! Models that are loaded for what their packages say, and calls that wait until it is known which model they mean.

use super::{Call, CallId, CallSpec, ModelIndex, Phase, Scheduler, children};

/// So many calls of a batch may be before another one, each for as long as it may take: the records of a chunk that took too
/// long are called one by one.
const QUEUE: f64 = 1024.0;

impl Scheduler {
    /// Which model `call` means is not known yet: it waits here, until the shell has [settled](Self::answered_online) it
    /// and starts it anew, or until its time is over. Where it may, it goes online after half of that.
    pub fn park(&mut self, call: CallId, spec: CallSpec, now: f64) {
        if let Some(open) = self.begin(call, &spec, true, now) {
            let open = Call { model: None, parked: true, ..open };
            if open.fallback {
                self.earliest_deadline = self.earliest_deadline.min(open.patience);
            }
            self.calls.insert(call, open);
        }
    }

    /// The shell wants to know what the model's package says. `true`: it is loading, and not evicted before its image is
    /// there; that ends with [`image_ready`](Self::image_ready) or [`Action::Unload`](super::Action::Unload). `false`: its
    /// circuit is open, or it is loaded.
    pub fn learn(&mut self, model: ModelIndex, deadline: f64, now: f64) -> bool {
        let state = &mut self.models[model];
        if state.phase == Phase::Loaded || state.phase == Phase::Idle && state.circuit.allow(now).is_err() {
            return false;
        }
        state.learning = true;
        self.uses += 1;
        state.last_used = self.uses;
        self.ensure_replicas(model, deadline, now);
        true
    }

    /// A new call, its parent told of it; `None`, with the call failed, where that is over. `waits`: it may have to wait for a
    /// model, or a replica.
    pub(super) fn begin(&mut self, call: CallId, spec: &CallSpec, waits: bool, now: f64) -> Option<Call> {
        let &CallSpec { model, fallback, parent, timeout_ms, records } = spec;
        self.now = now;
        let waits = waits && records > 0;
        // A record's time is not for loading: that has the time that a model may take.
        let wait = if waits { timeout_ms.max(self.policy.start_ms) } else { timeout_ms };
        let mut deadline = now + wait;
        if let Some(id) = parent {
            let Some(parent) = self.calls.get_mut(&id) else {
                self.actions.push_back(super::Action::Fail { call, failure: children::cancelled_with_parent() });
                return None;
            };
            deadline = deadline.min(parent.deadline);
            parent.children += 1;
        }
        let patience = deadline - wait / 2.0;
        if waits {
            deadline += timeout_ms * QUEUE;
        }
        self.earliest_deadline = self.earliest_deadline.min(deadline);
        Some(Call {
            model,
            deadline,
            patience,
            timeout_ms,
            at: Vec::new(),
            fallback,
            parent,
            children: 0,
            parked: false,
            warms: false,
            deaths: 0,
            records,
            begun: false,
        })
    }
}
