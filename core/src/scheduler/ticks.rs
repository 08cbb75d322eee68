//! What the passing of time changes: deadlines, and calls stuck behind a long one.

use super::replica::{Replica, Stage};
use super::trust::not_up;
use super::{CallId, ModelIndex, Phase, ReplicaId, Scheduler};
use crate::error::{Code, Failure};
use crate::number::number;

/// When calls that are stuck behind a long one, while no replica has room for them, are looked after again, in milliseconds.
const LOOK_AGAIN_MS: f64 = 5.0;

impl Scheduler {
    /// Time has passed, and all that workers had said by `now` was told. To be called at [`next_tick`](Self::next_tick);
    /// early or late calls do no harm.
    pub fn tick(&mut self, now: f64) {
        self.now = now;
        self.end_overdue_starts(now);
        if now >= self.earliest_deadline {
            self.end_overdue_calls(now);
        }
        self.end_stuck_workers(now);
        self.forget_dying(now, |dying| now >= dying.until);
        self.rescue_waiting_calls(now);
        self.end_idle_replicas(now);
        self.replace_outgrown(now);
    }

    /// When the next tick is due, in the same clock as `now`; infinity when nothing is pending.
    pub fn next_tick(&self) -> f64 {
        if self.outgrown {
            return self.now;
        }
        let idle = self.next_idle_tick().min(self.earliest_deadline);
        let mut next = self.dying.iter().fold(idle, |next, dying| next.min(dying.until));
        for (id, replica) in self.replicas.iter() {
            match replica.stage {
                Stage::Starting => {
                    next = next.min(replica.start_deadline).min(replica.boot_deadline.unwrap_or(f64::INFINITY));
                }
                Stage::Ready => {
                    if let Some(head) = replica.flights.front() {
                        next = next.min(head.deadline);
                    }
                    let model = &self.models[replica.model];
                    if replica.flights.len() > 1 && model.replicas.len().max(model.spec.replicas as usize) > 1 {
                        let due = replica.head_since + replica.stall_ms() + 1.0;
                        if due > self.now {
                            next = next.min(due);
                        } else if replica.flights.iter().skip(1).any(|flight| self.is_only_at(flight.call, *id)) {
                            // Others had no room for them just now.
                            next = next.min(self.now + LOOK_AGAIN_MS);
                        }
                    }
                }
            }
        }
        next
    }

    /// Whether the call is open, and no other replica has it.
    fn is_only_at(&self, call: CallId, id: ReplicaId) -> bool {
        self.calls.get(&call).is_some_and(|open| open.at == [id])
    }

    fn end_overdue_starts(&mut self, now: f64) {
        let late = |deadline: f64| now >= deadline;
        let overdue: Vec<(ReplicaId, bool)> = self
            .replicas
            .iter()
            .filter(|(_, replica)| replica.stage == Stage::Starting)
            .filter_map(|(id, replica)| {
                let silent = replica.boot_deadline.is_some_and(late);
                (silent || late(replica.start_deadline)).then_some((*id, replica.boot_deadline.is_some()))
            })
            .collect();
        for (id, silent) in overdue {
            let failure = if silent {
                not_up("A worker was created, and said nothing in time.")
            } else {
                Failure::new(
                    Code::Timeout,
                    "The model did not become ready in time: its package did not arrive, or its glue never finished \
                     starting. Check the package, or raise `timeout`.",
                )
            };
            self.note_crash(id, &failure);
            self.terminate(id);
            self.lost(id, Some(failure), now);
        }
    }

    fn end_overdue_calls(&mut self, now: f64) {
        let mut overdue: Vec<CallId> = Vec::new();
        let mut impatient: Vec<CallId> = Vec::new();
        self.earliest_deadline = f64::INFINITY;
        for (id, call) in self.calls.iter() {
            let mut next = call.deadline;
            let loading = |model: ModelIndex| self.models[model].phase == Phase::Loading;
            if call.fallback && call.model.map_or(call.parked, loading) {
                next = next.min(call.patience);
            }
            if now >= call.deadline {
                overdue.push(*id);
            } else if now >= next {
                impatient.push(*id);
                self.earliest_deadline = self.earliest_deadline.min(call.deadline);
            } else {
                self.earliest_deadline = self.earliest_deadline.min(next);
            }
        }
        for id in impatient {
            let message = "The model is still loading after half of the call's time.";
            self.failed_offline(id, Failure::new(Code::Timeout, message));
        }
        for id in overdue {
            let Some(call) = self.calls.get(&id) else { continue };
            let waits = |at: &ReplicaId| {
                let suspended_in =
                    |replica: &Replica| replica.flights.front().filter(|_| replica.waits).map(|head| head.call);
                self.replicas.get(at).and_then(suspended_in) == Some(id)
            };
            let (doing, advice) = match (call.model, call.at.is_empty()) {
                (None, _) if call.parked => ("packages were still being read to find the model that it names", "."),
                (None, _) => ("the endpoint had not answered", "."),
                (_, false) if call.at.iter().any(waits) => ("a service that its model called had not answered", "."),
                (_, false) => ("its computation was not over", ", or give the model more replicas."),
                (Some(model), true) if self.models[model].phase == Phase::Loaded => {
                    ("it was waiting for a replica", ", or give the model more replicas.")
                }
                (Some(model), true) if self.models[model].replicas.iter().any(|id| self.is_booting(*id)) => {
                    ("its worker had not started", ", or see that workerUrl or createWorker, if used, gives worker.js.")
                }
                _ => ("its model was still loading", "."),
            };
            let timeout = number(call.timeout_ms);
            let message = format!("The call ran out of time after {timeout} ms: {doing}. Raise `timeout`{advice}");
            self.give_up(id, Failure::new(Code::Timeout, message));
        }
    }

    /// A worker whose current call is past its deadline (its caller has been told) computes on for nobody.
    fn end_stuck_workers(&mut self, now: f64) {
        let stuck: Vec<ReplicaId> = self
            .replicas
            .iter()
            .filter(|(_, replica)| replica.flights.front().is_some_and(|head| now >= head.deadline))
            .map(|(id, _)| *id)
            .collect();
        for id in stuck {
            self.terminate(id);
            self.lost(id, None, now);
        }
    }

    /// A posted message cannot be taken back, but a call that waits behind a long one can be computed elsewhere: models
    /// are functions, and the first answer counts.
    fn rescue_waiting_calls(&mut self, now: f64) {
        let stalled: Vec<ReplicaId> = self
            .replicas
            .iter()
            .filter(|(_, replica)| replica.flights.len() > 1 && replica.stalled(now))
            .map(|(id, _)| *id)
            .collect();
        for from in stalled {
            let Some(replica) = self.replicas.get_mut(&from) else { continue };
            let model = replica.model;
            let waiting: Vec<CallId> = replica.flights.iter().skip(1).map(|flight| flight.call).collect();
            let mut stuck = 0;
            for call in waiting {
                if self.is_only_at(call, from) {
                    match self.pick(model, Some(from), false, 0, now) {
                        Some(to) => self.post(call, to, now),
                        None => stuck += 1,
                    }
                }
            }
            self.models[model].stuck = stuck;
            self.ensure_replicas(model, now, now);
            self.models[model].stuck = 0;
        }
    }
}
