//! Calls that the endpoint answers: from the start, or because they could not be computed here.

use super::{Action, CallId, Scheduler};
use crate::error::{Code, Failure};

impl Scheduler {
    /// The endpoint answered. `true`: give the caller the answer; `false`: nobody waits for it.
    pub fn answered_online(&mut self, call: CallId) -> bool {
        self.settle(call)
    }

    /// The endpoint could not answer.
    pub fn failed_online(&mut self, call: CallId, failure: Failure) {
        self.fail(call, failure);
    }

    /// A call could not be computed here: it goes online, or fails.
    pub(super) fn failed_offline(&mut self, call: CallId, failure: Failure) {
        let Some(open) = self.calls.get_mut(&call) else { return };
        if open.model.is_none() && !open.parked {
            // A call that is online was given up here already.
            return;
        }
        if !open.fallback || !falls_back(failure.code) {
            return self.fail(call, failure);
        }
        open.parked = false;
        if open.records > 0 && !open.begun {
            // Waiting took none of its time.
            open.deadline = self.now + open.timeout_ms;
            self.earliest_deadline = self.earliest_deadline.min(open.deadline);
        }
        let was_queued = std::mem::take(&mut open.at).is_empty();
        if let Some(model) = open.model.take() {
            self.models[model].tally.over += 1;
            self.leaves_model(model, was_queued);
        }
        self.actions.push_back(Action::Online { call, failure: Some(failure) });
    }
}

/// Whether the endpoint may know better: not when the caller ended the call, or when the request is at fault.
pub fn falls_back(code: Code) -> bool {
    !matches!(code, Code::Cancelled | Code::Destroyed | Code::RequestInvalid)
}
