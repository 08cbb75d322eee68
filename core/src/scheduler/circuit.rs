//! Whether a model that keeps failing is tried again.
//!
//! One circuit per model counts failed loads and crashed workers alike. Two failures in a row change nothing. From the
//! third on the circuit is open: for a second, doubling with each further failure to a minute, no call is given to the
//! model; then one call at a time may probe it. Any success closes the circuit and forgets what was before.
//!
//! A package that is wrong (no zip, wrong sums …) opens the circuit at its first failure, since nothing but other bytes
//! can help: a probe reads `binary` again, and the same bytes are not unpacked a second time.

use crate::error::{Code, Failure};

/// Failures in a row that open the circuit.
const LIMIT: u32 = 3;
const SHORTEST_MS: f64 = 1_000.0;
const LONGEST_MS: f64 = 60_000.0;

/// What tells one package from another: any hash of its bytes.
pub type Fingerprint = u64;

/// Whether a call may be given to the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allow {
    /// As usual.
    Yes,
    /// This one, to see whether the model works again; others wait for its end, which must be told in any case.
    Probe,
    /// No; a call made after so many milliseconds may be let through.
    No {
        /// Milliseconds from now; above 0.
        retry_after_ms: f64,
    },
}

/// The circuit of one model.
#[derive(Debug, Clone, Default)]
pub struct Circuit {
    /// Failures since the last success.
    failures: u32,
    /// How long the circuit is open, and until when.
    open_ms: f64,
    open_until: f64,
    probing: bool,
    /// The package that cannot be used, and why.
    wrong: Option<(Fingerprint, Failure)>,
    last: Option<Failure>,
}

impl Circuit {
    /// Whether a call may use the model now. After [`Allow::Probe`], one of [`failed`](Self::failed),
    /// [`wrong_package`](Self::wrong_package), [`succeeded`](Self::succeeded) and [`abandoned`](Self::abandoned) must
    /// follow.
    pub fn allow(&mut self, now: f64) -> Allow {
        if !self.is_open() {
            Allow::Yes
        } else if now < self.open_until {
            Allow::No { retry_after_ms: self.open_until - now }
        } else if self.probing {
            // When the probe ends is not known.
            Allow::No { retry_after_ms: SHORTEST_MS }
        } else {
            self.probing = true;
            Allow::Probe
        }
    }

    /// The model could not be loaded or started, or a worker of it died.
    pub fn failed(&mut self, failure: &Failure, now: f64) {
        self.fail(failure, None, now);
    }

    /// The model's package cannot be used, however often it is read.
    pub fn wrong_package(&mut self, fingerprint: Fingerprint, failure: &Failure, now: f64) {
        self.fail(failure, Some(fingerprint), now);
    }

    /// A package was read. `Some`: it is the one that is known to be wrong, and this is why; the circuit stays open for
    /// longer. `None`: it may be good.
    pub fn package_read(&mut self, fingerprint: Fingerprint, now: f64) -> Option<Failure> {
        let (_, failure) = self.wrong.clone().filter(|(wrong, _)| *wrong == fingerprint)?;
        self.fail(&failure, Some(fingerprint), now);
        Some(failure)
    }

    /// The model computed a call. That a worker started is not enough: it may die of every call it gets.
    pub fn succeeded(&mut self) {
        *self = Circuit::default();
    }

    /// The probe ended without telling whether the model works: it was cancelled, say. The next call probes.
    pub fn abandoned(&mut self) {
        self.probing = false;
    }

    /// Whether calls are turned away, or probe.
    pub fn is_open(&self) -> bool {
        self.failures >= LIMIT || self.wrong.is_some()
    }

    /// Why the model failed last.
    pub fn last_failure(&self) -> Option<&Failure> {
        self.last.as_ref()
    }

    /// The failure of a call that is turned away; [`last_failure`](Self::last_failure) is its cause.
    pub fn refusal(&self, retry_after_ms: f64) -> Failure {
        let why = self.last.as_ref().map(|last| format!(" The last failure: {last}")).unwrap_or_default();
        let what = if self.wrong.is_some() {
            "The model's package cannot be used, and `binary` must give another one".to_owned()
        } else {
            format!("The model failed {} times in a row", self.failures)
        };
        let seconds = (retry_after_ms / 1000.0).ceil().max(1.0);
        let message = format!("{what}: it is tried again by a call after {seconds} s.{why}");
        let mut failure = Failure::new(Code::CircuitOpen, message);
        failure.more().retry_after_ms = Some(retry_after_ms.ceil());
        failure
    }

    fn fail(&mut self, failure: &Failure, wrong: Option<Fingerprint>, now: f64) {
        // Workers that were running when the circuit opened may still die; that is the same trouble once more.
        if self.is_open() && !self.probing && now < self.open_until && wrong.is_none() {
            return;
        }
        self.probing = false;
        self.failures = self.failures.saturating_add(1);
        if let Some(fingerprint) = wrong {
            self.wrong = Some((fingerprint, failure.clone()));
        }
        self.last = Some(failure.clone());
        if self.is_open() {
            self.open_ms = (self.open_ms * 2.0).clamp(SHORTEST_MS, LONGEST_MS);
            self.open_until = now + self.open_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble() -> Failure {
        Failure::new(Code::WorkerCrashed, "It died.")
    }

    fn no(retry_after_ms: f64) -> Allow {
        Allow::No { retry_after_ms }
    }

    /// A circuit that opened at 0.
    fn open() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            circuit.failed(&trouble(), 0.0);
        }
        circuit
    }

    #[test]
    fn two_failures_change_nothing_and_the_third_opens() {
        let mut circuit = Circuit::default();
        for now in [0.0, 1.0] {
            assert_eq!(circuit.allow(now), Allow::Yes);
            circuit.failed(&trouble(), now);
            assert!(!circuit.is_open());
        }
        assert_eq!(circuit.allow(2.0), Allow::Yes);
        circuit.failed(&trouble(), 2.0);
        assert!(circuit.is_open());
        assert_eq!(circuit.allow(2.0), no(1000.0));
        assert_eq!(circuit.allow(1001.0), no(1.0));
        assert_eq!(circuit.last_failure(), Some(&trouble()));
    }

    #[test]
    fn a_success_between_failures_counts_from_zero() {
        let mut circuit = Circuit::default();
        for _ in 0..5 {
            circuit.failed(&trouble(), 0.0);
            circuit.failed(&trouble(), 0.0);
            circuit.succeeded();
        }
        assert_eq!((circuit.allow(0.0), circuit.last_failure()), (Allow::Yes, None));
    }

    #[test]
    fn one_call_probes_and_its_end_decides() {
        let mut circuit = open();
        assert_eq!(circuit.allow(1000.0), Allow::Probe);
        assert_eq!(circuit.allow(1000.0), no(1000.0));
        circuit.abandoned();
        assert_eq!(circuit.allow(1500.0), Allow::Probe);
        circuit.failed(&trouble(), 1600.0);
        assert_eq!(circuit.allow(1600.0), no(2000.0));
        assert_eq!(circuit.allow(3600.0), Allow::Probe);
        circuit.succeeded();
        assert_eq!([circuit.allow(3600.0), circuit.allow(3600.0)], [Allow::Yes; 2]);
        // And opens as it did the first time.
        for now in [3600.0; 3] {
            circuit.failed(&trouble(), now);
        }
        assert_eq!(circuit.allow(3600.0), no(1000.0));
    }

    #[test]
    fn it_stays_open_twice_as_long_each_time_up_to_a_minute() {
        let mut circuit = open();
        let mut now = 0.0;
        let mut waits = Vec::new();
        for _ in 0..9 {
            let Allow::No { retry_after_ms } = circuit.allow(now) else { panic!("closed at {now}") };
            waits.push(retry_after_ms / 1000.0);
            now += retry_after_ms;
            assert_eq!(circuit.allow(now), Allow::Probe);
            circuit.failed(&trouble(), now);
        }
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]);
    }

    #[test]
    fn workers_that_die_together_are_one_trouble() {
        let mut circuit = open();
        for now in [0.0, 1.0, 999.0] {
            circuit.failed(&trouble(), now);
        }
        assert_eq!(circuit.allow(1000.0), Allow::Probe);
    }

    #[test]
    fn a_wrong_package_opens_at_once_until_other_bytes_come() {
        let wrong = Failure::new(Code::ZipInvalid, "No zip.");
        let mut circuit = Circuit::default();
        assert_eq!(circuit.package_read(7, 0.0), None);
        circuit.wrong_package(7, &wrong, 0.0);
        assert_eq!(circuit.allow(0.0), no(1000.0));
        // The same bytes: known, and later for longer.
        assert_eq!(circuit.allow(1000.0), Allow::Probe);
        assert_eq!(circuit.package_read(7, 1000.0), Some(wrong.clone()));
        assert_eq!(circuit.allow(1000.0), no(2000.0));
        // Other bytes, also wrong.
        assert_eq!(circuit.allow(3000.0), Allow::Probe);
        assert_eq!(circuit.package_read(8, 3000.0), None);
        circuit.wrong_package(8, &wrong, 3000.0);
        assert_eq!(circuit.allow(3000.0), no(4000.0));
        // Other bytes, good at last.
        assert_eq!(circuit.allow(7000.0), Allow::Probe);
        assert_eq!(circuit.package_read(7, 7000.0), None);
        circuit.succeeded();
        assert_eq!(circuit.allow(7000.0), Allow::Yes);
    }

    #[test]
    fn a_probe_that_cannot_read_the_package_keeps_what_is_known_of_it() {
        let wrong = Failure::new(Code::ZipInvalid, "No zip.");
        let mut circuit = Circuit::default();
        circuit.wrong_package(7, &wrong, 0.0);
        assert_eq!(circuit.allow(1000.0), Allow::Probe);
        circuit.failed(&Failure::new(Code::BinaryFetch, "Gone."), 1000.0);
        assert!(circuit.is_open());
        assert_eq!(circuit.allow(3000.0), Allow::Probe);
        assert_eq!(circuit.package_read(7, 3000.0), Some(wrong));
    }

    #[test]
    fn a_wrong_package_is_remembered_also_while_the_circuit_is_open() {
        let mut circuit = open();
        circuit.wrong_package(7, &trouble(), 500.0);
        assert_eq!(circuit.package_read(7, 3000.0), Some(trouble()));
    }

    #[test]
    fn the_refusal_says_why_and_until_when() {
        let refusal = open().refusal(1234.5);
        assert_eq!(
            (refusal.code, refusal.more.as_ref().and_then(|more| more.retry_after_ms)),
            (Code::CircuitOpen, Some(1235.0))
        );
        for part in ["failed 3 times", "after 2 s", "WORKER_CRASHED: It died."] {
            assert!(refusal.message.contains(part), "{refusal}");
        }
        let mut circuit = Circuit::default();
        circuit.wrong_package(7, &trouble(), 0.0);
        assert!(circuit.refusal(1.0).message.contains("`binary` must give another"), "{circuit:?}");
    }
}
