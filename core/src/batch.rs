//! How many records of a batch travel together, and how many may be under way.

/// What stands between the texts of a chunk: JSON never has it.
pub const SEPARATOR: &str = "\0";

/// Time that a chunk should take to compute, in microseconds: long beside the cost of a message, short beside what a user
/// notices, since a chunk is cancelled and lost as a whole.
const CHUNK_MICROS: f64 = 5_000.0;
/// Records of the first chunks, while nobody knows what one takes: each has its whole time for itself.
const UNKNOWN: u32 = 1;
/// More records than this do not travel together, however quick they are: the page makes their texts in one go.
const MAX_SIZE: u32 = 512;
/// Chunks for each replica: one being computed, one that waits there, one on its way to or from the consumer.
const CHUNKS_EACH: u32 = 3;

/// A batch's next steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Records to send together.
    pub size: u32,
    /// Records that may be pulled from the source and not consumed yet.
    pub room: u32,
}

/// Plans for a model whose records take `micros` each, if that is known, on so many replicas. With few records
/// `remaining`, chunks get smaller, so that no replica idles while another has the last one.
pub fn plan(micros: Option<f64>, replicas: u32, remaining: Option<f64>) -> Plan {
    let replicas = replicas.max(1);
    let usual = match micros {
        Some(micros) if micros > 0.0 => (CHUNK_MICROS / micros).clamp(1.0, f64::from(MAX_SIZE)) as u32,
        Some(_) => MAX_SIZE,
        None => UNKNOWN,
    };
    let size = match remaining {
        Some(remaining) => usual.min((remaining / f64::from(2 * replicas)).ceil().max(1.0) as u32),
        None => usual,
    };
    Plan { size, room: usual * replicas * CHUNKS_EACH }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_takes_milliseconds() {
        assert_eq!(plan(Some(10.0), 2, None), Plan { size: 500, room: 3000 });
        assert_eq!(plan(Some(1_000.0), 1, None), Plan { size: 5, room: 15 });
        assert_eq!(plan(Some(2e6), 4, None), Plan { size: 1, room: 12 });
        assert_eq!(plan(Some(0.0), 1, None).size, MAX_SIZE);
        assert_eq!(plan(None, 1, None), Plan { size: UNKNOWN, room: 3 });
    }

    #[test]
    fn the_last_records_are_shared_out() {
        assert_eq!(plan(Some(10.0), 2, Some(100_000.0)).size, 500);
        assert_eq!(plan(Some(10.0), 2, Some(100.0)).size, 25);
        assert_eq!(plan(Some(10.0), 4, Some(3.0)).size, 1);
        assert_eq!(plan(Some(10.0), 4, Some(0.0)).size, 1);
        assert_eq!(plan(None, 0, Some(0.0)).size, 1);
    }

    #[test]
    fn odd_figures_do_no_harm() {
        for micros in [f64::NAN, f64::INFINITY, -1.0, 1e-300] {
            let Plan { size, room } = plan(Some(micros), u32::MAX / (MAX_SIZE * CHUNKS_EACH), Some(f64::NAN));
            assert!(size >= 1 && room >= size, "{micros}");
        }
    }
}
