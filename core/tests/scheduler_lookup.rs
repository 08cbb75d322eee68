//! Models that are loaded for what their packages say, and calls that wait for that.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::{Action, CallSpec};

fn parked(fallback: bool) -> CallSpec {
    CallSpec { model: None, fallback, parent: None, timeout_ms: 1_000.0, records: 0 }
}

#[test]
fn a_parked_call_waits_and_can_be_started_anew() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.scheduler.park(1, parked(false), 0.0);
    assert_eq!(bench.actions(), []);
    assert!(bench.scheduler.answered_online(1));
    assert_eq!(bench.call(1, 0), [Action::Load { model: 0, replica: 1 }]);
}

#[test]
fn its_time_its_caller_and_its_parent_end_it() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    for call in [1, 2, 3] {
        bench.scheduler.park(call, parked(false), 0.0);
    }
    bench.scheduler.cancel(1, 0.0);
    assert_eq!(failed(&bench.actions()), [(1, Code::Cancelled)]);
    assert_eq!(bench.scheduler.next_tick(), 1_000.0);
    let ended = bench.tick(1_000.0);
    assert_eq!(failed(&ended), [(2, Code::Timeout), (3, Code::Timeout)]);
    let Action::Fail { failure, .. } = &ended[0] else { panic!("{ended:?}") };
    assert!(failure.message.contains("packages were still being read"), "{failure}");

    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.waits(1);
    bench.scheduler.park(11, CallSpec { parent: Some(10), ..parked(true) }, 0.0);
    bench.scheduler.cancel(10, 0.0);
    assert_eq!(failed(&bench.actions()), [(11, Code::Cancelled), (10, Code::Cancelled)]);
    bench.scheduler.park(12, CallSpec { parent: Some(10), ..parked(true) }, 0.0);
    assert_eq!(failed(&bench.actions()), [(12, Code::Cancelled)], "the parent is over");
}

#[test]
fn after_half_of_its_time_it_goes_online_where_it_may() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.scheduler.park(1, parked(true), 0.0);
    assert_eq!(bench.scheduler.next_tick(), 500.0);
    assert_eq!(online(&bench.tick(500.0)), [(1, Some(Code::Timeout))]);
    assert_eq!(bench.scheduler.next_tick(), 1_000.0);
    assert_eq!(failed(&bench.tick(1_000.0)), [(1, Code::Timeout)]);
}

#[test]
fn a_model_is_loaded_without_a_call_and_its_other_replicas_wait_for_one() {
    let mut bench = Bench::new(20, vec![spec(2)]);
    assert!(bench.scheduler.learn(0, 0.0, 0.0));
    assert_eq!(bench.actions(), [Action::Load { model: 0, replica: 1 }]);
    assert!(bench.scheduler.learn(0, 0.0, 0.0), "it is loading");
    assert_eq!(bench.actions(), []);
    assert_eq!(bench.image(1), []);
    assert!(!bench.scheduler.learn(0, 0.0, 0.0), "it is loaded");
    assert_eq!(bench.ready(1), []);
    assert_eq!(bench.call(1, 0), [post(1, 1), Action::Spawn { model: 0, replica: 2 }]);
}

#[test]
fn a_call_that_came_meanwhile_starts_them_all() {
    let mut bench = Bench::new(20, vec![spec(2)]);
    bench.scheduler.learn(0, 0.0, 0.0);
    bench.actions();
    assert_eq!(bench.call(1, 0), []);
    assert_eq!(bench.image(1), [Action::Spawn { model: 0, replica: 2 }]);
}

#[test]
fn a_model_is_not_evicted_before_its_package_was_read() {
    let mut bench = Bench::new(1, vec![spec(1), spec(1)]);
    bench.scheduler.learn(0, 0.0, 0.0);
    assert!(bench.scheduler.learn(1, 0.0, 0.0));
    let loads = [Action::Load { model: 0, replica: 1 }, Action::Load { model: 1, replica: 2 }];
    assert_eq!(bench.actions(), loads, "neither makes room for the other");
    let ended = [Action::Terminate { replica: 1 }, Action::Unload { model: 0 }];
    assert_eq!(bench.image(1), ended, "what was read can go");
    assert_eq!(bench.image(2), []);
    bench.scheduler.learn(0, 0.0, 0.0);
    assert_eq!(bench.actions()[1], Action::Unload { model: 1 });
}

#[test]
fn a_load_that_fails_counts_and_an_open_circuit_is_left_alone() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    for replica in 1..=3 {
        assert!(bench.scheduler.learn(0, 0.0, 0.0));
        bench.actions();
        assert_eq!(bench.died(replica), [Action::Unload { model: 0 }]);
    }
    assert!(!bench.scheduler.learn(0, 0.0, 0.0));
    assert_eq!(bench.actions(), []);
    assert!(bench.scheduler.learn(0, 0.0, 1_000.0), "the probe");
}

#[test]
fn the_time_to_load_is_the_longer_one() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.scheduler.learn(0, 2.0 * START_MS, 0.0);
    bench.actions();
    bench.scheduler.worker_up(1);
    assert_eq!(bench.scheduler.next_tick(), 2.0 * START_MS);
}
