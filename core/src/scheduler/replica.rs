//! One worker as the scheduler sees it: its stage, what it was given, and how much more it may be given.

use std::collections::VecDeque;

use super::{CallId, ModelIndex, ReplicaId};

/// A call that takes longer, in microseconds, is not short: nothing is posted behind it.
const SHORT_MICROS: f64 = 1_000.0;
/// Work that a window may hold, in microseconds: enough to keep a worker busy while the page's thread waits for a core.
const WINDOW_MICROS: f64 = 4_000.0;
/// Most calls a worker ever holds.
const WINDOW_MAX: usize = 128;
/// Answers after which an engine is taken to have the memory that its work needs.
const SETTLED: u32 = 16;
/// Growth beyond that, in bytes, which is always let pass.
const SLACK: f64 = 67_108_864.0;

/// A worker whose current call has taken this long, in milliseconds, gets nothing more behind it.
const STALL_MS: f64 = 5.0;
/// A chunk of records may take longer: it is made to take several milliseconds.
const CHUNK_STALL_MS: f64 = 20.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its package is being read, or its worker has been created but has not spoken.
    Starting,
    /// Takes calls.
    Ready,
}

/// A call posted to a worker. It may have been settled meanwhile (cancelled, or answered elsewhere); the worker computes
/// it all the same, so it keeps its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub call: CallId,
    /// How many records of a batch it computes; 0 for a caller's own call.
    pub records: u32,
    /// When it must be over; past that the worker is taken to be stuck.
    pub deadline: f64,
    /// It was given up while it waited: once it is computed, it has the grace to end.
    pub given_up: bool,
}

#[derive(Debug)]
pub(super) struct Replica {
    pub model: ModelIndex,
    pub stage: Stage,
    /// The model must be ready by then.
    pub start_deadline: f64,
    /// The worker must have spoken by then; set once it was created.
    pub boot_deadline: Option<f64>,
    pub flights: VecDeque<Flight>,
    /// Records in `flights`.
    pub held: usize,
    /// Since when the first of `flights` is being computed.
    pub head_since: f64,
    pub heap: f64,
    /// Beyond what was configured, for the children of calls that hold the others.
    pub extra: bool,
    /// Its engine is suspended until another service has answered.
    pub waits: bool,
    /// Its worker is gone, but answers that it sent before may still arrive.
    pub gone: bool,
    /// When it was last given a call, or seen to compute one.
    pub used: f64,
    /// The replica whose place it takes once it is ready.
    pub succeeds: Option<ReplicaId>,
    /// It gets no more calls, and ends with those that it has.
    pub leaves: bool,
    /// Its engine has grown far beyond what it needed at first.
    pub has_outgrown: bool,
    limit: f64,
    answers: u32,
    /// The size of the engine that is too large.
    mark: f64,
    /// Services that it asked for: those that have not answered, and all since a call last ended.
    pub asked: (u32, u32),
    /// What its last call took, or a record of it.
    micros: f64,
    window: usize,
    /// It is being given calls up to its window; once full, not again before half of them are answered, so that many
    /// short calls travel in one message.
    filling: bool,
    /// It may suspend while it computes.
    pub suspends: bool,
}

/// What a call counts beside others.
fn weight(records: u32) -> usize {
    records.max(1) as usize
}

impl Replica {
    pub fn new(model: ModelIndex, start_deadline: f64) -> Self {
        Replica {
            model,
            stage: Stage::Starting,
            start_deadline,
            boot_deadline: None,
            flights: VecDeque::new(),
            held: 0,
            head_since: 0.0,
            heap: 0.0,
            extra: false,
            waits: false,
            gone: false,
            used: 0.0,
            succeeds: None,
            leaves: false,
            has_outgrown: false,
            limit: f64::INFINITY,
            answers: 0,
            mark: f64::INFINITY,
            asked: (0, 0),
            micros: f64::INFINITY,
            window: 1,
            filling: true,
            suspends: false,
        }
    }

    pub fn ready(&mut self, suspends: bool, heap: f64, limit: f64, now: f64) {
        self.stage = Stage::Ready;
        self.used = now;
        self.limit = limit;
        self.boot_deadline = None;
        self.suspends = suspends;
        self.heap = heap;
    }

    /// How many calls, or records, it may hold now.
    fn window(&self, now: f64) -> usize {
        if self.stalled(now) { 1 } else { self.window }
    }

    /// Whether its current call has taken so long that others should not wait behind it.
    pub fn stalled(&self, now: f64) -> bool {
        !self.flights.is_empty() && now - self.head_since > self.stall_ms()
    }

    /// How long its current call may take, in milliseconds, while others wait behind it.
    pub fn stall_ms(&self) -> f64 {
        if self.flights.front().is_some_and(|head| head.records > 0) { CHUNK_STALL_MS } else { STALL_MS }
    }

    /// Whether it may be given a call of so many records.
    pub fn has_room(&self, records: u32, now: f64) -> bool {
        let (count, window) = (self.held, self.window(now));
        let takes_calls = self.stage == Stage::Ready && !self.gone && !self.leaves;
        // Behind a chunk, which may be more than a window, one more waits, so that the worker need not. One of the same batch
        // also where calls are not short: none of its callers waits for it alone.
        let has_one = match self.flights.front() {
            Some(head) if self.flights.len() == 1 => {
                let ms = f64::from(head.records) * self.micros / 1000.0;
                window > 1
                    || records > 0 && head.records > 0 && !self.suspends && ms < CHUNK_STALL_MS && !self.stalled(now)
            }
            head => window > 1 && head.is_none(),
        };
        takes_calls && (has_one || count < window && (self.filling || count <= window / 2))
    }

    pub fn post(&mut self, call: CallId, records: u32, deadline: f64, now: f64) {
        if self.flights.is_empty() {
            self.head_since = now;
        }
        self.used = now;
        self.flights.push_back(Flight { call, records, deadline, given_up: false });
        self.held += weight(records);
        self.filling = self.held < self.window;
    }

    /// Nobody waits for a call any more: it has `grace` to end, from when it is computed.
    pub fn give_up(&mut self, call: CallId, now: f64, grace: f64) {
        let Some(at) = self.flights.iter().position(|flight| flight.call == call) else { return };
        self.flights[at].given_up = true;
        if at == 0 {
            self.flights[0].deadline = now + grace;
        }
    }

    /// Takes a call out of flight; gives how many records, or calls, it was, 0 if it was not there. The next one is computed from now
    /// on.
    pub fn end(&mut self, call: CallId, now: f64, grace: f64) -> u32 {
        let Some(at) = self.flights.iter().position(|flight| flight.call == call) else { return 0 };
        let weight = self.flights.remove(at).map_or(0, |flight| weight(flight.records));
        self.held -= weight;
        if at == 0
            && let Some(head) = self.flights.front_mut()
            && head.given_up
        {
            head.deadline = now + grace;
        }
        self.waits = false;
        self.asked.1 = 0;
        self.head_since = now;
        self.filling |= self.held <= self.window / 2;
        weight as u32
    }

    /// Whether it is there to stay: it is ready and nothing takes its place.
    pub fn lasts(&self) -> bool {
        self.stage == Stage::Ready && !self.leaves && !self.extra
    }

    /// From now on its engine is too large when it has doubled, or has come near its limit.
    pub fn settle(&mut self) {
        self.has_outgrown = false;
        let mark = (self.heap * 2.0).max(self.heap + SLACK);
        self.mark = mark.min((self.limit * 0.75).max((self.heap + self.limit) / 2.0));
    }

    /// Learns from a call's duration. The window holds at most [`WINDOW_MICROS`] of work; it doubles while calls are short
    /// and is one again as soon as a call is not. `true` when the engine has grown.
    pub fn observe(&mut self, micros: f64, heap: f64) -> bool {
        let heap = heap.max(0.0).min(self.limit);
        let grew = heap > self.heap;
        self.heap = heap;
        self.answers = self.answers.saturating_add(1);
        if self.answers == SETTLED {
            self.settle();
        }
        self.has_outgrown |= grew && heap > self.mark;
        self.micros = micros;
        let fits = (WINDOW_MICROS / micros.max(1.0)) as usize;
        let short = micros < SHORT_MICROS && !self.suspends;
        let limit = if short { fits.clamp(1, WINDOW_MAX) } else { 1 };
        self.window = limit.min(self.window * 2);
        grew
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Replica {
        let mut replica = Replica::new(0, 0.0);
        replica.ready(false, 0.0, f64::INFINITY, 0.0);
        replica
    }

    #[test]
    fn the_window_opens_only_for_short_calls_and_closes_at_once() {
        let mut replica = ready();
        assert_eq!(replica.window(0.0), 1, "durations unknown");
        for expected in [2, 4, 8, 16, 32, 64, 128, 128] {
            replica.observe(20.0, 0.0);
            assert_eq!(replica.window(0.0), expected);
        }
        replica.observe(1_500.0, 0.0);
        assert_eq!(replica.window(0.0), 1);
        for expected in [2, 4, 8, 10, 10] {
            replica.observe(400.0, 0.0);
            assert_eq!(replica.window(0.0), expected, "never more than four milliseconds of work");
        }
    }

    #[test]
    fn an_instance_that_suspends_holds_one_call() {
        let mut replica = ready();
        replica.ready(true, 0.0, f64::INFINITY, 0.0);
        for _ in 0..5 {
            replica.observe(20.0, 0.0);
        }
        assert_eq!(replica.window(0.0), 1);
    }

    #[test]
    fn a_full_worker_gets_no_more_before_half_is_answered() {
        let mut replica = ready();
        for _ in 0..3 {
            replica.observe(20.0, 0.0);
        }
        for call in 0..8 {
            assert!(replica.has_room(0, 0.0), "{call}");
            replica.post(call, 0, 100.0, 0.0);
        }
        for call in 0..4 {
            assert!(!replica.has_room(0, 0.0), "{call}");
            replica.end(call, 0.0, 0.0);
        }
        for call in 8..12 {
            assert!(replica.has_room(0, 0.0), "{call}");
            replica.post(call, 0, 100.0, 0.0);
        }
        assert!(!replica.has_room(0, 0.0));
    }

    #[test]
    fn a_stalled_worker_has_no_room() {
        let mut replica = ready();
        for _ in 0..6 {
            replica.observe(20.0, 0.0);
        }
        replica.post(1, 0, 100.0, 10.0);
        assert!(replica.has_room(0, 10.0 + STALL_MS));
        assert!(!replica.has_room(0, 10.1 + STALL_MS));
        assert_eq!(replica.end(1, 30.0, 0.0), 1);
        assert_eq!(replica.end(1, 30.0, 0.0), 0);
        assert!(replica.has_room(0, 30.0));
    }

    #[test]
    fn one_chunk_waits_behind_another() {
        let mut replica = ready();
        replica.post(1, 8, 100.0, 0.0);
        assert!(!replica.has_room(0, 0.0), "durations unknown");
        replica.end(1, 0.0, 0.0);
        replica.observe(20.0, 0.0);
        replica.post(2, 200, 100.0, 0.0);
        assert!(replica.has_room(0, 0.0));
        replica.post(3, 200, 100.0, 0.0);
        assert!(!replica.has_room(0, 0.0), "more than a window");
        assert_eq!(replica.end(2, 4.0, 0.0), 200);
        assert!(replica.has_room(0, 4.0), "a chunk is being computed, none waits");
        assert!(replica.has_room(0, 4.0 + CHUNK_STALL_MS));
        assert!(!replica.has_room(0, 4.1 + CHUNK_STALL_MS));
    }

    #[test]
    fn a_batchs_next_call_waits_behind_one_that_is_not_short() {
        let mut replica = ready();
        replica.observe(5_000.0, 0.0);
        replica.post(1, 1, 100.0, 0.0);
        assert!(!replica.has_room(0, 0.0), "a caller's own call has a worker to itself");
        assert!(replica.has_room(1, 0.0));
        assert!(!replica.has_room(1, 0.1 + CHUNK_STALL_MS), "the worker may hang");
        replica.post(2, 1, 100.0, 0.0);
        assert!(!replica.has_room(1, 0.0));
        replica.end(1, 5.0, 0.0);
        replica.end(2, 10.0, 0.0);
        replica.post(3, 0, 100.0, 10.0);
        assert!(!replica.has_room(1, 10.0), "behind a caller's own call");
        replica.end(3, 15.0, 0.0);
        replica.observe(25_000.0, 0.0);
        replica.post(4, 1, 100.0, 15.0);
        assert!(!replica.has_room(1, 15.0), "long records are better shared out");
    }
}
