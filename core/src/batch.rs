//! How many records of a batch travel together, and how many may be under way.

/// What stands behind each text of a chunk: JSON never has it.
pub const SEPARATOR: &str = "\0";
/// Bytes of answers after which a worker leaves the rest of a chunk to be computed by itself.
pub const MOST_ANSWERS: u32 = 16 * 1024 * 1024;

/// Time that a chunk should take to compute, in microseconds: long beside the cost of a message, short beside what a user
/// notices, since a chunk is cancelled and lost as a whole.
const CHUNK_MICROS: f64 = 5_000.0;
/// Records of the first chunks, while nobody knows what one takes: each has its whole time for itself.
const UNKNOWN: u32 = 1;
/// Records of the first chunk once that is known: earlier calls may have been quicker than these. Then each chunk may have
/// twice as many as one that went well.
const FIRST: u32 = 16;
/// More records than this do not travel together, however quick they are: the page makes their texts in one go.
const MAX_SIZE: u32 = 512;
/// Text that a chunk and its answers should have together, in UTF-16 units: the page holds so much of several of them.
const CHUNK_UNITS: f64 = 1_048_576.0;
/// Chunks for each replica: one being computed, one that waits there, one on its way to or from the consumer.
const CHUNKS_EACH: u32 = 3;

/// A batch's next steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Records to send together.
    pub size: u32,
    /// Chunks that may be there and not wholly consumed.
    pub room: u32,
}

/// What is known of a batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// What a record takes, in microseconds.
    pub micros: Option<f64>,
    /// How many replicas there are.
    pub replicas: u32,
    /// Records that the source still has.
    pub remaining: Option<f64>,
    /// Records in the largest chunk that went well.
    pub most: u32,
    /// Text of a record and its answer, in UTF-16 units.
    pub units: f64,
}

/// Plans. With few records remaining, chunks get smaller, so that no replica idles while another has the last one.
pub fn plan(progress: Progress) -> Plan {
    let Progress { micros, replicas, remaining, most, units } = progress;
    let replicas = replicas.max(1);
    let usual = match micros {
        Some(micros) if micros > 0.0 => (CHUNK_MICROS / micros).clamp(1.0, f64::from(MAX_SIZE)) as u32,
        Some(_) => MAX_SIZE,
        None => UNKNOWN,
    };
    let holds = (CHUNK_UNITS / units.max(1.0)).max(1.0) as u32;
    let size = usual.min(holds).min(most.saturating_mul(2).max(FIRST));
    let size = match remaining {
        Some(remaining) => size.min((remaining / f64::from(2 * replicas)).ceil().max(1.0) as u32),
        None => size,
    };
    Plan { size, room: replicas * CHUNKS_EACH }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A batch long under way.
    fn going(micros: Option<f64>, replicas: u32, remaining: Option<f64>) -> Progress {
        Progress { micros, replicas, remaining, most: MAX_SIZE, units: 500.0 }
    }

    #[test]
    fn a_chunk_takes_milliseconds() {
        assert_eq!(plan(going(Some(10.0), 2, None)), Plan { size: 500, room: 6 });
        assert_eq!(plan(going(Some(1_000.0), 1, None)), Plan { size: 5, room: 3 });
        assert_eq!(plan(going(Some(2e6), 4, None)), Plan { size: 1, room: 12 });
        assert_eq!(plan(going(Some(0.0), 1, None)).size, MAX_SIZE);
        assert_eq!(plan(going(None, 1, None)), Plan { size: UNKNOWN, room: 3 });
    }

    #[test]
    fn chunks_grow_as_they_go_well() {
        let mut most = 0;
        for expected in [16, 32, 64, 128, 256, 500, 500] {
            let Plan { size, .. } = plan(Progress { most, ..going(Some(10.0), 1, None) });
            assert_eq!(size, expected);
            most = size;
        }
    }

    #[test]
    fn long_texts_travel_with_few_others() {
        let size = |units| plan(Progress { units, ..going(Some(10.0), 1, None) }).size;
        assert_eq!([size(0.0), size(1e4), size(1e6), size(1e9)], [500, 104, 1, 1]);
    }

    #[test]
    fn the_last_records_are_shared_out() {
        assert_eq!(plan(going(Some(10.0), 2, Some(100_000.0))).size, 500);
        assert_eq!(plan(going(Some(10.0), 2, Some(100.0))).size, 25);
        assert_eq!(plan(going(Some(10.0), 4, Some(3.0))).size, 1);
        assert_eq!(plan(going(Some(10.0), 4, Some(0.0))).size, 1);
        assert_eq!(plan(going(None, 0, Some(0.0))).size, 1);
    }

    #[test]
    fn odd_figures_do_no_harm() {
        for odd in [f64::NAN, f64::INFINITY, -1.0, 1e-300] {
            let progress = going(Some(odd), u32::MAX / CHUNKS_EACH, Some(f64::NAN));
            let Plan { size, room } = plan(Progress { units: odd, most: u32::MAX, ..progress });
            assert!(size >= 1 && room >= 1, "{odd}");
        }
    }
}
