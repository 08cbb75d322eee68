//! Whether the records of a batch travel in columns, as one v4 request to the model's engine, and not each as a request (v3).
//!
//! Not every engine takes them; of those that do, nobody has promised that the answers are the same, nor that they come
//! sooner. So the first records of a batch that is long enough are computed both ways, and the first chunks timed.

/// Records that a probe compares.
const PROBE: u32 = 32;
/// With fewer records to come, a model's first batch ends before columns could pay.
const PAYS_FROM: f64 = 2_000.0;
/// In chunks of fewer records, the one that is computed twice costs what columns gain.
const FEW: u32 = 16;
/// A record that takes longer, in microseconds, gains nothing: columns save what stands around the computation.
const SHORT_MICROS: f64 = 100.0;
/// A chunk tells what a record takes when it took so long itself, in microseconds: clocks are coarse.
const TELLS_MICROS: f64 = 1_000.0;
/// So does one in columns that had so many, however soon it was over.
const TELLS_RECORDS: u32 = 128;
/// Chunks in columns, of those that tell, after which the quicker way is taken.
const TRIALS: u32 = 4;
/// By so much the best time becomes worse with each further chunk of requests.
const FORGETS: f64 = 1.05;
/// A probe in which a record takes so many times what it should is refused at once.
const ABSURD: f64 = 4.0;

/// How the next records of a batch are to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Each as a request of its own (v3).
    Requests,
    /// So, and the first of them once more in columns (v4), to compare the answers.
    Probe(u32),
    /// In columns: one call of the engine for all of them, and one of them as a request, too.
    Columns,
}

/// What came of a chunk.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// How it travelled.
    pub form: Form,
    /// Its records.
    pub records: u32,
    /// Those that need not be computed again; `None` where an answer in columns was not as it should be.
    pub done: Option<u32>,
    /// What it took in the worker, in microseconds; NaN where it failed as a whole.
    pub micros: f64,
}

/// Whether a model's engine takes records in columns, gives the same answers, and is quicker so.
#[derive(Debug)]
pub struct Columns {
    stage: Stage,
    /// What a record takes, in microseconds, in the quickest chunk of requests lately, and in the quickest in columns.
    requests: f64,
    columns: f64,
    trials: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody knows.
    Untried,
    /// A probe gave the same answers.
    Proven,
    /// It gave other answers, failed, or is not quicker: it stays so.
    Refused,
}

impl Default for Columns {
    fn default() -> Self {
        Columns { stage: Stage::Untried, requests: f64::INFINITY, columns: f64::INFINITY, trials: 0 }
    }
}

impl Columns {
    /// How the next chunk is to travel: so many records, of so many that are still to come, if that is known.
    pub fn form(&self, size: u32, remaining: Option<f64>) -> Form {
        match self.stage {
            Stage::Untried if self.requests < SHORT_MICROS && remaining.is_none_or(|left| left >= PAYS_FROM) => {
                Form::Probe(PROBE)
            }
            Stage::Proven if size >= FEW => Form::Columns,
            _ => Form::Requests,
        }
    }

    /// Learns.
    pub fn learn(&mut self, Outcome { form, records, done, micros }: Outcome) {
        let each = micros / f64::from(records.max(1));
        let tells = micros >= TELLS_MICROS;
        let is_good = match form {
            Form::Requests => {
                if tells {
                    self.requests = each.min(self.requests * FORGETS);
                }
                return;
            }
            Form::Probe(more) => {
                micros <= ABSURD * self.requests * f64::from(records.saturating_add(more)) + TELLS_MICROS
            }
            Form::Columns => {
                if tells || records >= TELLS_RECORDS {
                    self.columns = each.min(self.columns);
                    self.trials = self.trials.saturating_add(1);
                }
                self.trials != TRIALS || self.columns < self.requests
            }
        };
        // An engine's remarks on a record, such as a warning, are best told by itself: it is computed again.
        let compared = if let Form::Probe(some) = form { some } else { records };
        let answers = done.is_some_and(|done| records.saturating_sub(done).saturating_mul(8) <= compared);
        self.stage = if is_good && answers && micros.is_finite() && self.stage != Stage::Refused {
            Stage::Proven
        } else {
            Stage::Refused
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBED: Form = Form::Probe(PROBE);

    /// Learns of a chunk of 500 records, of which each took so long.
    fn chunk(columns: &mut Columns, form: Form, micros: f64) {
        columns.learn(Outcome { form, records: 500, done: Some(500), micros: micros * 500.0 });
    }

    /// Of an engine that takes 10 microseconds for a request.
    fn timed() -> Columns {
        let mut columns = Columns::default();
        chunk(&mut columns, Form::Requests, 10.0);
        columns
    }

    fn proven() -> Columns {
        let mut columns = timed();
        chunk(&mut columns, PROBED, 10.0);
        columns
    }

    fn next(columns: &Columns) -> Form {
        columns.form(500, None)
    }

    #[test]
    fn an_engine_is_probed_once_it_is_known_to_be_quick_and_enough_is_to_come() {
        let mut columns = Columns::default();
        assert_eq!(next(&columns), Form::Requests, "nobody knows how quick it is");
        columns.learn(Outcome { form: Form::Requests, records: 64, done: Some(0), micros: 640.0 });
        assert_eq!(next(&columns), Form::Requests, "a coarse clock says nothing of so few");
        chunk(&mut columns, Form::Requests, SHORT_MICROS);
        assert_eq!(next(&columns), Form::Requests, "what it computes is most of it");
        chunk(&mut columns, Form::Requests, 10.0);
        assert_eq!([next(&columns), columns.form(16, Some(PAYS_FROM))], [PROBED, PROBED]);
        assert_eq!(columns.form(500, Some(PAYS_FROM - 1.0)), Form::Requests, "too few");
    }

    #[test]
    fn an_engine_that_gives_the_same_answers_sooner_gets_columns() {
        let mut columns = proven();
        for _ in 0..3 * TRIALS {
            assert_eq!(next(&columns), Form::Columns);
            chunk(&mut columns, Form::Columns, 8.0);
        }
        assert_eq!(columns.form(FEW - 1, Some(1.0)), Form::Requests, "so few gain nothing");
        // Judged once: what else the machine does later says nothing of the engine.
        chunk(&mut columns, Form::Columns, 80.0);
        assert_eq!(next(&columns), Form::Columns);
    }

    #[test]
    fn one_that_is_over_before_the_clock_moves_is_quicker() {
        let mut columns = proven();
        for micros in [0.0, 12.0, 12.0, 12.0] {
            columns.learn(Outcome { form: Form::Columns, records: 16, done: Some(16), micros: 300.0 });
            chunk(&mut columns, Form::Columns, micros);
        }
        assert_eq!(next(&columns), Form::Columns);
    }

    #[test]
    fn one_that_is_not_quicker_keeps_requests() {
        for micros in [10.0, 51.0] {
            let mut columns = proven();
            for _ in 0..TRIALS {
                assert_eq!(next(&columns), Form::Columns);
                chunk(&mut columns, Form::Columns, micros);
            }
            assert_eq!(next(&columns), Form::Requests, "{micros}");
            chunk(&mut columns, Form::Columns, 1.0);
            chunk(&mut columns, Form::Requests, 10.0);
            assert_eq!(next(&columns), Form::Requests, "for good");
        }
    }

    #[test]
    fn the_best_of_several_chunks_counts_lately() {
        let mut columns = timed();
        for _ in 0..30 {
            chunk(&mut columns, Form::Requests, 20.0);
        }
        chunk(&mut columns, PROBED, 20.0);
        for micros in [90.0, 15.0, 90.0, 90.0] {
            chunk(&mut columns, Form::Columns, micros);
        }
        assert_eq!(next(&columns), Form::Columns, "the machine was busy meanwhile");
    }

    #[test]
    fn other_answers_failures_and_absurd_times_refuse_columns() {
        let outcome = |form, done, micros| Outcome { form, records: 500, done, micros };
        for (name, wrong) in [
            ("another answer", outcome(PROBED, None, 5_000.0)),
            ("a crash", outcome(PROBED, Some(0), f64::NAN)),
            ("far too slow", outcome(PROBED, Some(500), 30_000.0)),
            ("another answer in use", outcome(Form::Columns, None, 4_000.0)),
            ("a crash in use", outcome(Form::Columns, Some(0), f64::NAN)),
            ("remarks on many", outcome(Form::Columns, Some(430), 4_000.0)),
        ] {
            let mut columns = if wrong.form == PROBED { timed() } else { proven() };
            columns.learn(wrong);
            assert_eq!(next(&columns), Form::Requests, "{name}");
            chunk(&mut columns, PROBED, 10.0);
            assert_eq!(next(&columns), Form::Requests, "{name}, for good");
        }
        let mut columns = proven();
        columns.learn(outcome(Form::Columns, Some(440), 4_000.0));
        assert_eq!(next(&columns), Form::Columns, "remarks on few");
        for (again, form) in [(4, Form::Columns), (5, Form::Requests)] {
            let mut columns = timed();
            columns.learn(outcome(PROBED, Some(500 - again), 5_000.0));
            assert_eq!(next(&columns), form, "{again} of those that were compared");
        }
    }
}
