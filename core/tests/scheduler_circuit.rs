//! Models that keep failing are left alone for a while.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::scheduler::{Action, ModelSpec};
use spark_execute_core::{Code, Failure};

/// A model whose load failed so often in a row.
fn failing(times: u32) -> Bench {
    let mut bench = Bench::new(20, vec![spec(1)]);
    for replica in 1..=times {
        assert_eq!(bench.call(replica, 0), [Action::Load { model: 0, replica }]);
        assert_eq!(failed(&bench.died(replica)), [(replica, Code::EngineTrap)]);
    }
    bench
}

#[test]
fn the_first_two_failed_loads_are_retried_by_the_next_call() {
    let mut bench = failing(2);
    assert_eq!(bench.call(3, 0), [Action::Load { model: 0, replica: 3 }]);
}

#[test]
fn from_the_third_on_calls_are_refused_with_the_last_failure_for_a_second() {
    let mut bench = failing(3);
    let [Action::Fail { call: 4, failure }] = &bench.call(4, 0)[..] else { panic!("not refused") };
    let more = failure.more.as_ref().unwrap();
    assert_eq!((failure.code, more.retry_after_ms), (Code::CircuitOpen, Some(1_000.0)));
    assert_eq!(more.cause, Some(trap()));
    bench.now = 1_000.0;
    assert_eq!(bench.call(5, 0), [Action::Load { model: 0, replica: 4 }]);
    assert_eq!(failed(&bench.call(6, 0)), [(6, Code::CircuitOpen)], "one probe at a time");
    bench.image(4);
    assert_eq!(bench.ready(4), [post(4, 5)]);
    bench.reply(4, 5, 10.0);
    assert_eq!(bench.call(7, 0), [post(4, 7)]);
}

#[test]
fn an_open_circuit_sends_calls_online() {
    let mut bench = failing(3);
    assert_eq!(online(&bench.start(4, either(0, 1_000.0))), [(4, Some(Code::CircuitOpen))]);
}

#[test]
fn a_worker_that_crashes_with_every_call_opens_it_too() {
    let mut bench = Bench::loaded(1);
    for (call, replica) in (10..13).zip(1..) {
        if replica > 1 {
            bench.ready(replica);
        }
        assert_eq!(bench.call(call, 0), [post(replica, call)]);
        bench.scheduler.call_failed(replica, call, trap(), true, 0.0);
        assert_eq!(failed(&bench.actions()), [(call, Code::EngineTrap)]);
    }
    assert_eq!(failed(&bench.call(13, 0)), [(13, Code::CircuitOpen)]);
}

#[test]
fn calls_that_wait_when_it_opens_do_not_wait_on() {
    let mut bench = Bench::loaded(1);
    for (call, replica) in [(10, 1), (11, 2)] {
        bench.call(call, 0);
        bench.ready(replica);
        bench.died(replica);
    }
    bench.call(12, 0);
    bench.ready(3);
    bench.call(13, 0);
    assert_eq!(failed(&bench.died(3)), [(12, Code::EngineTrap), (13, Code::CircuitOpen)]);
}

#[test]
fn a_replica_that_works_is_used_whatever_became_of_others() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    for replica in [2, 3, 4] {
        bench.died(replica);
        bench.call(10 + replica, 0);
        bench.ready(replica + 1);
        let call = bench.scheduler.computing(1).unwrap();
        bench.scheduler.call_failed(1, call, trap(), false, 0.0);
        bench.actions();
    }
    assert_eq!(failed(&bench.call(30, 0)), []);
}

#[test]
fn constant_bytes_that_are_no_package_are_not_read_again() {
    let mut bench = Bench::new(20, vec![ModelSpec { is_constant: true, ..spec(1) }, spec(1)]);
    let wrong = Failure::new(Code::ZipInvalid, "no zip");
    for model in 0..2 {
        bench.call(1 + model, model as usize);
        bench.scheduler.died(1 + model, wrong.clone(), 0.0);
        bench.actions();
    }
    bench.now = 1e9;
    assert_eq!(failed(&bench.call(5, 0)), [(5, Code::CircuitOpen)]);
    assert_eq!(bench.call(6, 1), [Action::Load { model: 1, replica: 3 }], "`binary` may give other bytes");
}
