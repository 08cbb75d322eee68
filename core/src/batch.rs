//! How many records of a batch travel together, and how many may be under way.

/// What stands behind each text of a chunk: JSON never has it.
pub const SEPARATOR: &str = "\0";
/// Bytes of answers after which a worker leaves the rest of a chunk to be computed by itself.
pub const MOST_ANSWERS: u32 = 16 * 1024 * 1024;

/// How records travel, depending on where to.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time that a chunk should take, in microseconds.
    micros: f64,
    /// Records of the first chunks, while nobody knows what one takes.
    unknown: u32,
    /// More records do not travel together, however quick they are.
    max: u32,
    /// Chunks for each replica.
    chunks: u32,
}

/// To replicas. A chunk takes long beside the cost of a message, short beside what a user notices, since it is cancelled and
/// lost as a whole; at first each record has its whole time for itself. One chunk is being computed, one waits there, one is
/// on its way to or from the consumer.
pub const OFFLINE: Pace = Pace { micros: 5_000.0, unknown: 1, max: 512, chunks: 3 };
/// To the endpoint, which has 55 seconds for all of them, and takes 200 records together as other clients do.
pub const ONLINE: Pace = Pace { micros: 2e6, unknown: FIRST, max: 200, chunks: 4 };

/// Records of the first chunk once that is known: earlier calls may have been quicker than these. Then each chunk may have
/// twice as many as one that went well.
const FIRST: u32 = 16;
/// Text that a chunk and its answers should have together, in UTF-16 units: the page holds so much of several of them, and
/// longer texts have their memory from the system each time.
const CHUNK_UNITS: f64 = 196_608.0;

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
pub fn plan(pace: Pace, progress: Progress) -> Plan {
    let Progress { micros, replicas, remaining, most, units } = progress;
    let replicas = replicas.max(1);
    let usual = match micros {
        // Not `clamp`, which can say two numbers in a panic: 8 KB.
        Some(micros) if micros > 0.0 => (pace.micros / micros).max(1.0).min(f64::from(pace.max)) as u32,
        Some(_) => pace.max,
        None => pace.unknown,
    };
    let holds = (CHUNK_UNITS / units.max(1.0)).max(1.0) as u32;
    let size = usual.min(holds).min(most.saturating_mul(2).max(FIRST));
    let size = match remaining {
        Some(remaining) => size.min((remaining / f64::from(2 * replicas)).ceil().max(1.0) as u32),
        None => size,
    };
    Plan { size, room: replicas * pace.chunks }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A batch long under way.
    fn going(micros: Option<f64>, replicas: u32, remaining: Option<f64>) -> Progress {
        Progress { micros, replicas, remaining, most: OFFLINE.max, units: 300.0 }
    }

    #[test]
    fn a_chunk_takes_milliseconds() {
        assert_eq!(plan(OFFLINE, going(Some(10.0), 2, None)), Plan { size: 500, room: 6 });
        assert_eq!(plan(OFFLINE, going(Some(1_000.0), 1, None)), Plan { size: 5, room: 3 });
        assert_eq!(plan(OFFLINE, going(Some(2e6), 4, None)), Plan { size: 1, room: 12 });
        assert_eq!(plan(OFFLINE, going(Some(0.0), 1, None)).size, OFFLINE.max);
        assert_eq!(plan(OFFLINE, going(None, 1, None)), Plan { size: 1, room: 3 });
    }

    #[test]
    fn chunks_grow_as_they_go_well() {
        let mut most = 0;
        for expected in [16, 32, 64, 128, 256, 500, 500] {
            let Plan { size, .. } = plan(OFFLINE, Progress { most, ..going(Some(10.0), 1, None) });
            assert_eq!(size, expected);
            most = size;
        }
    }

    #[test]
    fn long_texts_travel_with_few_others() {
        let size = |units| plan(OFFLINE, Progress { units, ..going(Some(10.0), 1, None) }).size;
        assert_eq!([size(0.0), size(1e4), size(1e6), size(1e9)], [500, 19, 1, 1]);
    }

    #[test]
    fn the_endpoint_gets_more_at_a_time() {
        let each = |micros| plan(ONLINE, going(micros, 1, None));
        assert_eq!(each(None), Plan { size: 16, room: 4 });
        assert_eq!([each(Some(1e3)).size, each(Some(50e3)).size, each(Some(9e6)).size], [200, 40, 1]);
    }

    #[test]
    fn the_last_records_are_shared_out() {
        assert_eq!(plan(OFFLINE, going(Some(10.0), 2, Some(100_000.0))).size, 500);
        assert_eq!(plan(OFFLINE, going(Some(10.0), 2, Some(100.0))).size, 25);
        assert_eq!(plan(OFFLINE, going(Some(10.0), 4, Some(3.0))).size, 1);
        assert_eq!(plan(OFFLINE, going(Some(10.0), 4, Some(0.0))).size, 1);
        assert_eq!(plan(OFFLINE, going(None, 0, Some(0.0))).size, 1);
    }

    #[test]
    fn odd_figures_do_no_harm() {
        for odd in [f64::NAN, f64::INFINITY, -1.0, 1e-300] {
            let progress = going(Some(odd), u32::MAX / OFFLINE.chunks, Some(f64::NAN));
            let Plan { size, room } = plan(OFFLINE, Progress { units: odd, most: u32::MAX, ..progress });
            assert!(size >= 1 && room >= 1, "{odd}");
        }
    }
}
