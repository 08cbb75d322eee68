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
    wrong: Option<Fingerprint>,
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
        if self.wrong != Some(fingerprint) {
            return None;
        }
        let failure = self.last.clone()?;
        self.fail(&failure, Some(fingerprint), now);
        Some(failure)
    }

    /// The model computed a call, or a worker of it started.
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
        self.wrong = wrong;
        self.last = Some(failure.clone());
        if self.is_open() {
            self.open_ms = (self.open_ms * 2.0).clamp(SHORTEST_MS, LONGEST_MS);
            self.open_until = now + self.open_ms;
        }
    }
}
