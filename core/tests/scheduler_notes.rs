//! What the scheduler tells of models and replicas, and what it counts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::scheduler::Happened::{self, Crash, Evict, Load, Ready, Restart};

fn notes(bench: &mut Bench) -> Vec<(usize, Happened)> {
    std::iter::from_fn(|| bench.scheduler.next_note()).map(|note| (note.model, note.what)).collect()
}

#[test]
fn loads_and_replicas_are_told_as_they_come() {
    let mut bench = Bench::loaded(2);
    assert_eq!(notes(&mut bench), [(0, Load), (0, Ready(1))]);
    bench.ready(2);
    assert_eq!(notes(&mut bench), [(0, Ready(2))]);
    bench.call(5, 0);
    assert_eq!(notes(&mut bench), []);
}

#[test]
fn a_replica_that_takes_the_place_of_a_lost_one_is_a_restart() {
    let mut bench = Bench::loaded(1);
    notes(&mut bench);
    bench.died(1);
    assert_eq!(notes(&mut bench), [(0, Crash(1, trap())), (0, Restart(2))]);
    assert_eq!(bench.scheduler.stats(0).unwrap().restarts, 1);
    bench.call(7, 0);
    assert_eq!(notes(&mut bench), []);
    bench.ready(2);
    bench.scheduler.call_failed(2, 7, trap(), true, 0.0);
    assert_eq!(notes(&mut bench), [(0, Ready(2)), (0, Crash(2, trap())), (0, Restart(3))]);
    assert_eq!(bench.scheduler.stats(0).unwrap().restarts, 2);
    bench.ready(3);
    bench.scheduler.failed(3, trap(), 0.0);
    assert_eq!(notes(&mut bench)[..2], [(0, Ready(3)), (0, Crash(3, trap()))], "outside of any call, too");
}

#[test]
fn a_cancelled_computation_that_loses_its_worker_is_no_crash() {
    let mut bench = Bench::loaded(1);
    notes(&mut bench);
    bench.call(7, 0);
    bench.scheduler.cancel(7, 0.0);
    bench.tick(GRACE_MS + 1.0);
    bench.call(8, 0);
    assert_eq!(notes(&mut bench), [(0, Restart(2))]);
}

#[test]
fn a_start_that_fails_is_told_and_the_next_load_is_no_restart() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.call(1, 0);
    bench.died(1);
    bench.call(2, 0);
    assert_eq!(notes(&mut bench), [(0, Load), (0, Crash(1, trap())), (0, Load)]);
    assert_eq!(bench.scheduler.stats(0).unwrap().restarts, 0);
}

#[test]
fn what_makes_room_is_told() {
    let mut bench = Bench::new(1, vec![spec(1), spec(1)]);
    bench.call(1, 0);
    bench.image(1);
    bench.ready(1);
    bench.reply(1, 1, 5_000.0);
    bench.call(2, 1);
    assert_eq!(notes(&mut bench), [(0, Load), (0, Ready(1)), (0, Evict), (1, Load)]);
}

#[test]
fn calls_are_counted_by_how_they_end() {
    let mut bench = Bench::loaded(1);
    let counts = |bench: &Bench| {
        let stats = bench.scheduler.stats(0).unwrap();
        (stats.done, stats.failed)
    };
    assert_eq!(counts(&bench), (1, 0));
    bench.call(2, 0);
    bench.scheduler.call_failed(1, 2, trap(), false, 0.0);
    bench.start(3, either(0, 60_000.0));
    bench.scheduler.call_failed(1, 3, trap(), false, 0.0);
    assert!(bench.scheduler.answered_online(3));
    assert_eq!(counts(&bench), (1, 2), "the one that went online is not this model's");
    bench.call(4, 0);
    bench.scheduler.cancel(4, 0.0);
    assert!(!bench.reply(1, 4, 20.0).0);
    assert_eq!(counts(&bench), (1, 3));
    bench.call(5, 0);
    bench.reply(1, 5, 20.0);
    assert_eq!(counts(&bench), (2, 3));
}

#[test]
fn what_nobody_asks_for_does_not_pile_up() {
    let mut bench = Bench::loaded(1);
    for round in 0..3000 {
        bench.scheduler.died(round + 1, trap(), 1e9 * f64::from(round));
        bench.scheduler.call(10_000 + round, offline(0, 60_000.0), 1e9 * f64::from(round));
        bench.actions();
    }
    assert!(notes(&mut bench).len() <= 1000);
}
