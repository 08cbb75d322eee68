//! Whether a model that keeps failing is tried again.
//!
//! One circuit per model counts failed loads and crashed workers alike. Two failures in a row change nothing. From the
//! third on the circuit is open: for a second, doubling with each further failure to a minute, no worker is started for the
//! model; then one call at a time may probe it. An answer closes the circuit and forgets what was before.
//!
//! A wrong package (no zip, wrong sums …) that can only be read again as it is opens the circuit for good.

use crate::error::{Code, Failure};
use crate::number::number;

/// Failures in a row that open the circuit.
const LIMIT: u32 = 3;
const SHORTEST_MS: f64 = 1_000.0;
const LONGEST_MS: f64 = 60_000.0;

/// The circuit of one model.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    /// Failures since the last success.
    failures: u32,
    /// How long the circuit is open, and until when.
    open_ms: f64,
    open_until: f64,
    probing: bool,
    last: Option<Failure>,
}

impl Circuit {
    /// Whether a worker may be started for a call now. `Err` tells the call why not. A call that is let through an open
    /// circuit is its probe: it lasts until [`failed`](Self::failed), [`succeeded`](Self::succeeded) or
    /// [`abandoned`](Self::abandoned).
    pub fn allow(&mut self, now: f64) -> Result<(), Failure> {
        if self.failures < LIMIT {
            return Ok(());
        }
        if now < self.open_until {
            return Err(self.refusal(self.open_until - now));
        }
        if self.probing {
            // When the probe ends is not known.
            return Err(self.refusal(SHORTEST_MS));
        }
        self.probing = true;
        Ok(())
    }

    /// Whether no worker is to be started now, for nobody in particular.
    pub fn is_open(&self, now: f64) -> bool {
        self.failures >= LIMIT && now < self.open_until
    }

    /// The model could not be loaded or started, or a worker of it died.
    pub fn failed(&mut self, failure: &Failure, now: f64) {
        // Workers that were running when the circuit opened may still die; that is the same trouble once more.
        if self.is_open(now) {
            return;
        }
        self.probing = false;
        self.failures = self.failures.saturating_add(1);
        self.last = Some(failure.clone());
        if self.failures >= LIMIT {
            self.open_ms = (self.open_ms * 2.0).clamp(SHORTEST_MS, LONGEST_MS);
            self.open_until = now + self.open_ms;
        }
    }

    /// The model's package is wrong and will never be another.
    pub fn failed_for_good(&mut self, failure: &Failure) {
        self.failures = LIMIT;
        self.last = Some(failure.clone());
        self.open_until = f64::INFINITY;
    }

    /// The model answered a call.
    pub fn succeeded(&mut self) {
        if self.failures > 0 {
            *self = Circuit::default();
        }
    }

    /// The probe ended without telling whether the model works. The next call probes.
    pub fn abandoned(&mut self) {
        self.probing = false;
    }

    fn refusal(&self, retry_after_ms: f64) -> Failure {
        let mut message = if retry_after_ms.is_finite() {
            let seconds = number((retry_after_ms / 1000.0).ceil());
            format!("The model failed {} times in a row: a call after {seconds} s tries it again.", self.failures)
        } else {
            "The model's package cannot be used. Give another one as `binary`, in a new Spark.".to_owned()
        };
        let mut failure = Failure::new(Code::CircuitOpen, "");
        if let Some(last) = &self.last {
            message.push_str(" The last failure: ");
            message.push_str(&last.message);
            failure = failure.because_of(last.clone());
        }
        failure.message = message;
        failure.more().retry_after_ms = Some(retry_after_ms.ceil()).filter(|ms| ms.is_finite());
        failure
    }
}

/// Whether a failed load says that the bytes themselves are wrong.
pub(super) fn is_wrong_package(code: Code) -> bool {
    matches!(
        code,
        Code::Base64Invalid
            | Code::ZipInvalid
            | Code::PackageIncomplete
            | Code::PackageAmbiguous
            | Code::ChecksumMismatch
            | Code::IntegrityMismatch
            | Code::PackageTooLarge
            | Code::WasmInvalid
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble() -> Failure {
        Failure::new(Code::WorkerCrashed, "It died.")
    }

    /// When the next call is let through, in milliseconds from `now`.
    fn wait(circuit: &mut Circuit, now: f64) -> Option<f64> {
        circuit.allow(now).err().and_then(|refusal| refusal.into_facts().more?.retry_after_ms)
    }

    #[test]
    fn two_failures_change_nothing_and_the_third_opens_it() {
        let mut circuit = Circuit::default();
        for _ in 0..2 {
            assert_eq!(wait(&mut circuit, 0.0), None);
            circuit.failed(&trouble(), 0.0);
        }
        assert_eq!(wait(&mut circuit, 0.0), None);
        circuit.failed(&trouble(), 0.0);
        assert_eq!(wait(&mut circuit, 0.0), Some(1_000.0));
        assert_eq!(wait(&mut circuit, 999.5), Some(1.0));
    }

    #[test]
    fn it_is_open_twice_as_long_each_time_up_to_a_minute_with_one_probe_at_a_time() {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            circuit.failed(&trouble(), 0.0);
        }
        let mut now = 0.0;
        for seconds in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
            assert_eq!(wait(&mut circuit, now), Some(seconds * 1000.0));
            now += seconds * 1000.0;
            assert_eq!(wait(&mut circuit, now), None, "the probe");
            assert_eq!(wait(&mut circuit, now), Some(1_000.0), "a second one");
            circuit.failed(&trouble(), now);
        }
        now += 60_000.0;
        assert!(circuit.allow(now).is_ok());
        circuit.abandoned();
        assert!(circuit.allow(now).is_ok(), "the next one");
        circuit.succeeded();
        circuit.failed(&trouble(), now);
        assert!(circuit.allow(now).is_ok() && circuit.allow(now).is_ok(), "all is forgotten");
    }

    #[test]
    fn workers_that_die_together_are_one_trouble() {
        let mut circuit = Circuit::default();
        for _ in 0..20 {
            circuit.failed(&trouble(), 0.0);
        }
        assert_eq!(wait(&mut circuit, 0.0), Some(1_000.0));
    }

    #[test]
    fn a_wrong_package_is_never_tried_again() {
        let mut circuit = Circuit::default();
        circuit.failed_for_good(&Failure::new(Code::ZipInvalid, "No zip."));
        let refusal = circuit.allow(1e12).unwrap_err();
        let more = refusal.more.clone().unwrap();
        assert_eq!((refusal.code, more.retry_after_ms), (Code::CircuitOpen, None));
        assert!(refusal.message.contains("No zip.") && refusal.message.contains("binary"), "{}", refusal.message);
        assert_eq!(more.cause.unwrap().code, Code::ZipInvalid);
    }

    #[test]
    fn a_refusal_names_the_last_failure() {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            circuit.failed(&trouble(), 0.0);
        }
        let refusal = circuit.allow(0.0).unwrap_err();
        for part in ["failed 3 times", "after 1 s", "It died."] {
            assert!(refusal.message.contains(part), "{refusal}");
        }
        assert_eq!(refusal.into_facts().more.unwrap().cause, Some(trouble()));
    }
}
