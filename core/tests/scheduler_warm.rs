//! Models that are loaded before their first call.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::{Action, ModelSpec, ModelStats};

fn warm(bench: &mut Bench, call: u32, timeout_ms: f64) -> Vec<Action> {
    bench.scheduler.warm(call, offline(0, timeout_ms), bench.now);
    bench.actions()
}

fn stats(bench: &Bench) -> ModelStats {
    bench.scheduler.stats(0).unwrap()
}

const LOAD: Action = Action::Load { model: 0, replica: 1 };

#[test]
fn loads_and_calls_share_one_load_and_are_told_with_the_first_replica() {
    let mut bench = Bench::new(20, vec![spec(2)]);
    assert_eq!(warm(&mut bench, 1, 1e4), [LOAD]);
    assert_eq!(warm(&mut bench, 2, 1e4), []);
    assert_eq!(bench.call(3, 0), []);
    assert_eq!((stats(&bench).queued, stats(&bench).running), (1, 2), "a load computes nothing");
    assert_eq!(bench.image(1), [Action::Spawn { model: 0, replica: 2 }]);
    assert_eq!(bench.ready(1), [Action::Warmed { call: 1 }, Action::Warmed { call: 2 }, post(1, 3)]);
    assert_eq!(bench.ready(2), []);
    assert_eq!(warm(&mut bench, 4, 1e4), [Action::Warmed { call: 4 }], "it is ready already, though busy");
    bench.reply(1, 3, 20.0);
    let ModelStats { done, failed, .. } = stats(&bench);
    assert_eq!((done, failed), (1, 0), "loads are no calls");
}

#[test]
fn many_loads_start_no_more_replicas_than_one() {
    let mut bench = Bench::with(vec![spec(8)], |policy| policy.processors = 1);
    for call in 1..6 {
        warm(&mut bench, call, 1e4);
    }
    assert_eq!(bench.image(1), []);
}

#[test]
fn a_load_fails_as_a_call_does() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    warm(&mut bench, 1, 1e4);
    bench.call(2, 0);
    assert_eq!(failed(&bench.died(1)), [(2, Code::EngineTrap), (1, Code::EngineTrap)]);
    assert_eq!(warm(&mut bench, 3, 1e4), [Action::Load { model: 0, replica: 2 }], "the next one tries again");
    bench.died(2);
    warm(&mut bench, 4, 1e4);
    bench.died(3);
    assert_eq!(failed(&warm(&mut bench, 5, 1e4)), [(5, Code::CircuitOpen)]);
    assert_eq!((stats(&bench).done, stats(&bench).failed), (0, 1));
}

#[test]
fn a_load_goes_on_as_long_as_anybody_waits() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    warm(&mut bench, 1, 1e4);
    warm(&mut bench, 2, 1e4);
    bench.call(3, 0);
    bench.cancel(1);
    bench.cancel(3);
    assert_eq!(stats(&bench).state, "loading");
    bench.scheduler.cancel(2, bench.now);
    let actions = bench.actions();
    assert_eq!(failed(&actions), [(2, Code::Cancelled)]);
    assert!(actions.contains(&Action::Terminate { replica: 1 }), "{actions:?}");
    assert_eq!((stats(&bench).state, bench.scheduler.next_tick()), ("idle", f64::INFINITY));
    assert_eq!(
        warm(&mut bench, 4, 1e4),
        [Action::Load { model: 0, replica: 2 }],
        "at once, and not as after a failure"
    );
}

#[test]
fn what_calls_began_or_packages_are_read_for_goes_on() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.call(1, 0);
    bench.cancel(1);
    assert_eq!(stats(&bench).state, "loading", "for later calls");

    let mut bench = Bench::new(20, vec![spec(1)]);
    assert!(bench.scheduler.learn(0, 1e4, 0.0));
    assert_eq!(bench.actions(), [LOAD]);
    warm(&mut bench, 1, 1e4);
    bench.cancel(1);
    assert_eq!(stats(&bench).state, "loading");
}

#[test]
fn a_load_has_its_time() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    warm(&mut bench, 1, 100.0);
    let actions = bench.tick(100.0);
    assert_eq!(failed(&actions), [(1, Code::Timeout)]);
    assert_eq!(stats(&bench).state, "idle", "nobody else waits");
    // Also where only its image is there.
    let mut bench = Bench::new(20, vec![spec(1)]);
    warm(&mut bench, 1, 100.0);
    bench.image(1);
    assert_eq!(failed(&bench.tick(100.0)), [(1, Code::Timeout)]);
    assert_eq!(stats(&bench).state, "loaded");
}

#[test]
fn a_model_is_not_evicted_while_it_is_warmed_and_counts_as_used() {
    let mut bench = Bench::new(1, vec![spec(1), spec(1), ModelSpec { ..spec(1) }]);
    warm(&mut bench, 1, 1e4);
    bench.call(2, 1);
    assert_eq!(stats(&bench).state, "loading");
    bench.image(1);
    let actions = bench.ready(1);
    assert_eq!(actions[0], Action::Warmed { call: 1 });
    assert!(actions.contains(&Action::Unload { model: 0 }), "one is kept, and the other has a call: {actions:?}");
}

#[test]
fn destroying_fails_loads() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    warm(&mut bench, 1, 1e4);
    bench.scheduler.destroy();
    assert_eq!(failed(&bench.actions()), [(1, Code::Destroyed)]);
}
