//! Chunks of a batch in the scheduler.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::{Action, CallSpec};

#[test]
fn durations_are_told_per_record_and_windows_count_records() {
    let mut bench = Bench::loaded(1);
    assert_eq!(bench.scheduler.micros(0), Some(5_000.0));
    assert_eq!(bench.start(2, chunk(0, 100)), [post(1, 2)]);
    assert_eq!(bench.start(3, chunk(0, 100)), [], "one at a time while calls take long");
    assert_eq!(bench.reply(1, 2, 3_000.0), (true, vec![post(1, 3)]));
    assert_eq!(bench.scheduler.micros(0), Some(2_515.0));
    bench.reply(1, 3, 1_000.0);
    assert_eq!(bench.start(4, chunk(0, 100)), [post(1, 4)]);
    assert_eq!(bench.start(5, chunk(0, 100)), [post(1, 5)], "one waits there");
    assert_eq!(bench.start(6, chunk(0, 100)), []);
    assert_eq!(bench.call(7, 0), []);
    assert_eq!(bench.reply(1, 4, 1_000.0), (true, vec![post(1, 6)]));
    let stats = bench.scheduler.stats(0).unwrap();
    assert_eq!((stats.done, stats.failed, stats.running, stats.queued), (301, 0, 2, 1));
}

#[test]
fn the_replica_with_fewer_records_gets_the_next() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    bench.warm_both();
    let posted = bench.start(20, chunk(0, 10));
    let [Action::Post { replica, .. }] = posted[..] else { panic!("{posted:?}") };
    for call in 21..25 {
        assert_eq!(bench.call(call, 0), [post(3 - replica, call)]);
    }
}

#[test]
fn the_time_of_a_chunk_counts_from_when_it_is_computed() {
    let mut bench = Bench::loaded(1);
    bench.start(2, chunk(0, 1));
    bench.start(3, chunk(0, 1));
    let actions = bench.tick(1_000.0);
    assert_eq!(failed(&actions), [(2, Code::Timeout)]);
    // The grace is over: the worker ends, the next chunk goes to another.
    let actions = bench.tick(1_000.0 + GRACE_MS);
    assert!(actions.contains(&Action::Terminate { replica: 1 }), "{actions:?}");
    assert_eq!(bench.ready(2), [post(2, 3)]);
    assert_eq!(failed(&bench.tick(2_000.0 + GRACE_MS - 1.0)), []);
    assert_eq!(failed(&bench.tick(2_000.0 + GRACE_MS)), [(3, Code::Timeout)]);
}

#[test]
fn the_next_chunk_begins_when_the_one_before_has_answered() {
    let mut bench = Bench::loaded(1);
    for call in [2, 3] {
        bench.start(call, chunk(0, 50));
        bench.reply(1, call, 500.0);
    }
    bench.start(4, chunk(0, 50));
    assert_eq!(bench.start(5, chunk(0, 50)), [post(1, 5)]);
    bench.now = 900.0;
    bench.reply(1, 4, 500.0);
    assert_eq!(failed(&bench.tick(1_800.0)), []);
    assert_eq!(failed(&bench.tick(1_900.0)), [(5, Code::Timeout)]);
}

#[test]
fn a_chunk_that_crashes_its_engine_does_not_count_against_the_model() {
    let mut bench = Bench::loaded(1);
    for call in 2..8 {
        bench.start(call, chunk(0, 50));
        let replica = call - 1;
        bench.scheduler.call_failed(replica, call, trap(), true, bench.now);
        assert_eq!(failed(&bench.actions()), [(call, Code::EngineTrap)]);
        bench.now += 3_000.0;
        bench.tick(bench.now);
        bench.ready(replica + 1);
    }
    assert_eq!(bench.call(9, 0), [post(7, 9)]);
}

#[test]
fn records_that_crash_alone_do_not_count_against_the_model_either() {
    let mut bench = Bench::loaded(1);
    for call in 2..12 {
        bench.start(call, chunk(0, 1));
        let replica = call - 1;
        bench.scheduler.call_failed(replica, call, trap(), true, bench.now);
        assert_eq!(failed(&bench.actions()), [(call, Code::EngineTrap)]);
        bench.tick(bench.now);
        bench.ready(replica + 1);
    }
    assert_eq!(bench.start(12, chunk(0, 1)), [post(11, 12)]);
    // A caller's own calls do.
    for call in 20..23 {
        let replica = call - 9;
        if call > 20 {
            bench.start(call, offline(0, 60_000.0));
        } else {
            bench.reply(11, 12, 100.0);
            bench.start(call, offline(0, 60_000.0));
        }
        bench.scheduler.call_failed(replica, call, trap(), true, bench.now);
        bench.actions();
        bench.tick(bench.now);
        bench.ready(replica + 1);
    }
    assert_eq!(failed(&bench.start(30, offline(0, 60_000.0))), [(30, Code::CircuitOpen)]);
}

#[test]
fn records_that_wait_for_a_replacement_have_their_time_from_when_they_are_computed() {
    let mut bench = Bench::loaded(1);
    bench.start(2, chunk(0, 1));
    bench.scheduler.call_failed(1, 2, trap(), true, bench.now);
    bench.actions();
    // No replica is ready: these wait for the next one, and for each other.
    for call in 3..9 {
        bench.start(call, chunk(0, 1));
    }
    assert_eq!(failed(&bench.tick(5_000.0)), []);
    bench.now = 5_000.0;
    bench.ready(2);
    assert_eq!(failed(&bench.tick(5_999.0)), []);
    assert_eq!(failed(&bench.tick(6_000.0)), [(3, Code::Timeout)]);
}

#[test]
fn loading_takes_none_of_a_records_time() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    for call in [1, 2, 3] {
        bench.start(call, chunk(0, 1));
    }
    assert_eq!(failed(&bench.tick(5_000.0)), []);
    bench.image(1);
    assert_eq!(bench.ready(1), [post(1, 1)]);
    assert_eq!(failed(&bench.tick(5_999.0)), []);
    assert_eq!(failed(&bench.tick(6_000.0)), [(1, Code::Timeout)]);
    let actions = bench.tick(6_000.0 + GRACE_MS);
    assert!(actions.contains(&Action::Terminate { replica: 1 }), "{actions:?}");
    assert_eq!(bench.ready(2), [post(2, 2)]);
    assert_eq!(bench.reply(2, 2, 500.0), (true, vec![post(2, 3)]));
}

#[test]
fn a_load_has_its_own_time_in_a_batch() {
    // Of the records' times a longer one counts.
    for (timeout_ms, load_ms) in [(1.0, START_MS), (90_000.0, 90_000.0)] {
        let mut bench = Bench::new(20, vec![spec(1)]);
        bench.start(1, CallSpec { timeout_ms, ..chunk(0, 1) });
        assert_eq!(failed(&bench.tick(load_ms - 1.0)), []);
        assert_eq!(failed(&bench.tick(load_ms)), [(1, Code::Timeout)]);
    }
}

#[test]
fn a_record_goes_online_after_half_of_the_loads_time_with_its_own_time_still_whole() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.start(1, CallSpec { fallback: true, ..chunk(0, 1) });
    let parked = CallSpec { model: None, fallback: true, ..chunk(0, 1) };
    bench.scheduler.park(2, parked, bench.now);
    bench.actions();
    let half = START_MS / 2.0;
    assert_eq!(online(&bench.tick(half - 1.0)), []);
    let mut calls = online(&bench.tick(half));
    calls.sort_by_key(|(call, _)| *call);
    assert_eq!(calls, [(1, Some(Code::Timeout)), (2, Some(Code::Timeout))]);
    assert_eq!(failed(&bench.tick(half + 999.0)), []);
    assert_eq!(bench.scheduler.next_tick(), half + 1_000.0);
    assert_eq!(failed(&bench.tick(half + 1_000.0)).len(), 2);
}
