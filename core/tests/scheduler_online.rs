//! Calls that the endpoint answers, at once or because they could not be computed here.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::scheduler::{Action, CallSpec};
use spark_execute_core::{Code, Failure};

const NO_MODEL: CallSpec = CallSpec { model: None, fallback: false, parent: None, timeout_ms: 1_000.0, records: 0 };

#[test]
fn a_call_without_a_model_goes_online_and_is_settled_once() {
    let mut bench = Bench::new(20, vec![]);
    assert_eq!(bench.start(1, NO_MODEL), [Action::Online { call: 1, failure: None }]);
    assert!(bench.scheduler.answered_online(1));
    assert!(!bench.scheduler.answered_online(1));
    bench.scheduler.failed_online(1, Failure::new(Code::Network, "late"));
    assert_eq!(bench.actions(), []);
}

#[test]
fn its_time_and_its_caller_end_it_as_any_other() {
    let mut bench = Bench::new(20, vec![]);
    bench.start(1, NO_MODEL);
    bench.start(2, NO_MODEL);
    assert_eq!(bench.scheduler.next_tick(), 1_000.0);
    bench.scheduler.cancel(2, 0.0);
    assert_eq!(failed(&bench.actions()), [(2, Code::Cancelled)]);
    assert_eq!(failed(&bench.tick(1_000.0)), [(1, Code::Timeout)]);
    bench.start(3, NO_MODEL);
    bench.scheduler.destroy();
    assert_eq!(failed(&bench.actions()), [(3, Code::Destroyed)]);
}

#[test]
fn a_failed_load_sends_its_callers_online() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.start(1, either(0, 60_000.0));
    bench.start(2, offline(0, 60_000.0));
    let actions = bench.died(1);
    assert_eq!(online(&actions), [(1, Some(Code::EngineTrap))]);
    assert_eq!(failed(&actions), [(2, Code::EngineTrap)]);
    assert_eq!(bench.scheduler.stats(0).unwrap().running, 0, "it is no longer the model's");
    assert!(bench.scheduler.answered_online(1));
}

#[test]
fn a_call_that_crashes_goes_online_and_those_behind_it_do_not() {
    let mut bench = Bench::loaded(1);
    bench.warm(1);
    bench.start(10, either(0, 60_000.0));
    bench.start(11, either(0, 60_000.0));
    let actions = bench.died(1);
    assert_eq!(online(&actions), [(10, Some(Code::EngineTrap))]);
    assert!(matches!(actions.last(), Some(Action::Spawn { model: 0, replica: 2 })), "{actions:?}");
    assert_eq!(bench.ready(2), [post(2, 11)]);
}

#[test]
fn what_the_caller_ended_or_got_wrong_is_not_repeated_online() {
    let mut bench = Bench::loaded(1);
    bench.start(10, either(0, 60_000.0));
    bench.scheduler.cancel(10, 0.0);
    assert_eq!(failed(&bench.actions()), [(10, Code::Cancelled)]);

    let mut bench = Bench::loaded(1);
    bench.start(10, either(0, 60_000.0));
    bench.scheduler.call_failed(1, 10, Failure::new(Code::RequestInvalid, "too long"), false, 0.0);
    assert_eq!(failed(&bench.actions()), [(10, Code::RequestInvalid)]);

    let mut bench = Bench::loaded(1);
    bench.start(10, either(0, 500.0));
    assert_eq!(failed(&bench.tick(500.0)), [(10, Code::Timeout)], "a computation that used up the time");
}

#[test]
fn a_load_that_takes_half_of_a_calls_time_goes_on_without_it() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.start(1, either(0, 1_000.0));
    bench.start(2, offline(0, 1_000.0));
    assert_eq!(bench.scheduler.next_tick(), 500.0);
    assert_eq!(bench.tick(499.0), []);
    assert_eq!(online(&bench.tick(500.0)), [(1, Some(Code::Timeout))]);
    assert_eq!(bench.scheduler.next_tick(), 1_000.0);
    bench.image(1);
    assert_eq!(bench.ready(1), [post(1, 2)], "the one that went online waits here no more");
    assert!(bench.scheduler.answered_online(1));
}

#[test]
fn a_model_that_is_loaded_is_not_given_up_at_half_time() {
    let mut bench = Bench::loaded(1);
    bench.start(10, either(0, 1_000.0));
    bench.start(11, either(0, 1_000.0));
    assert_eq!(online(&bench.tick(700.0)), []);
}
