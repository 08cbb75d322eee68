//! Which replica computes which call.

use super::{Action, CallId, ModelIndex, ReplicaId, Scheduler};
use crate::columns::Columns;

impl Scheduler {
    /// What a call to the model, or a record of a batch, has lately taken, in microseconds.
    pub fn micros(&self, model: ModelIndex) -> Option<f64> {
        self.models.get(model)?.micros
    }

    /// What is known of batches to the model in columns; nothing of one that may suspend, which answers a call at a time.
    pub fn columns(&mut self, model: ModelIndex) -> Option<&mut Columns> {
        let suspends = |id: &ReplicaId| self.replicas.get(id).is_some_and(|replica| replica.suspends);
        let state = self.models.get_mut(model)?;
        if state.replicas.iter().any(suspends) { None } else { Some(&mut state.columns) }
    }

    /// Gives queued calls, first come first served, to the replicas with the fewest in flight.
    pub(super) fn dispatch(&mut self, model: ModelIndex, now: f64) {
        while let Some(&call) = self.models[model].queue.front() {
            // Others were settled, or went online, while they waited.
            if let Some(open) = self.calls.get(&call).filter(|open| open.model.is_some()) {
                let (is_child, records) = (open.parent.is_some(), open.records);
                let Some(id) = self.pick(model, None, is_child, records, now) else { return };
                self.models[model].queued -= 1;
                self.post(call, id, now);
            }
            self.models[model].queue.pop_front();
        }
    }

    pub(super) fn post(&mut self, call: CallId, id: ReplicaId, now: f64) {
        let (Some(open), Some(replica)) = (self.calls.get_mut(&call), self.replicas.get_mut(&id)) else { return };
        open.at.push(id);
        replica.post(call, open.records, open.deadline, now);
        self.actions.push_back(Action::Post { replica: id, call });
        if open.records > 0 {
            self.begin_next(id, now);
        }
    }

    /// The time of a batch's call counts from when it is computed, which is once it is the first.
    pub(super) fn begin_next(&mut self, id: ReplicaId, now: f64) {
        let Some(head) = self.replicas.get_mut(&id).and_then(|replica| replica.flights.front_mut()) else { return };
        if let Some(open) = self.calls.get_mut(&head.call)
            && open.records > 0
            && !open.begun
        {
            open.begun = true;
            open.deadline = now + open.timeout_ms;
            head.deadline = open.deadline;
            self.earliest_deadline = self.earliest_deadline.min(open.deadline);
        }
    }

    /// The replica with the fewest calls, or records, among those with room, ties in turn; never `except`. Extra replicas take only
    /// children: that is what they were started for.
    pub(super) fn pick(
        &mut self,
        model: ModelIndex,
        except: Option<ReplicaId>,
        is_child: bool,
        records: u32,
        now: f64,
    ) -> Option<ReplicaId> {
        let state = &mut self.models[model];
        let count = state.replicas.len();
        let mut best: Option<(usize, usize)> = None;
        for step in 0..count {
            let at = (state.next + step) % count;
            let id = state.replicas[at];
            let Some(replica) = self.replicas.get(&id) else { continue };
            if Some(id) != except && replica.has_room(records, now) && (is_child || !replica.extra) {
                let load = replica.held;
                if best.is_none_or(|(_, least)| load < least) {
                    best = Some((at, load));
                }
            }
        }
        let (at, _) = best?;
        state.next = (at + 1) % count;
        Some(state.replicas[at])
    }
}
