//! Calls whose answer another call's engine waits for.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::{Action, CallSpec};

/// Model 0 with one replica (1), whose engine suspends, computing call 10.
fn suspended() -> Bench {
    let mut bench = Bench::loaded(1);
    bench.scheduler.replica_ready(1, true, 0.0, 0.0);
    bench.call(10, 0);
    assert_eq!(bench.waits(1), []);
    bench
}

#[test]
fn a_child_has_no_more_time_than_its_parent() {
    let mut bench = Bench::loaded(1);
    bench.start(10, offline(0, 500.0));
    bench.waits(1);
    bench.start(11, CallSpec { model: None, ..child(0, 10) });
    assert_eq!(bench.scheduler.next_tick(), 500.0);
    let ended = failed(&bench.tick(500.0));
    assert!(ended.contains(&(10, Code::Timeout)) && ended.iter().any(|(call, _)| *call == 11), "{ended:?}");
}

#[test]
fn children_end_with_their_parent() {
    let mut bench = suspended();
    bench.start(11, CallSpec { model: None, ..child(0, 10) });
    bench.start(12, CallSpec { model: None, ..child(0, 11) });
    bench.scheduler.cancel(10, 0.0);
    let mut ended = failed(&bench.actions());
    ended.sort_by_key(|(call, _)| *call);
    assert_eq!(ended, [(10, Code::Cancelled), (11, Code::Cancelled), (12, Code::Cancelled)]);
    assert_eq!(failed(&bench.start(13, child(0, 10))), [(13, Code::Cancelled)], "a child that comes too late");
}

#[test]
fn a_worker_that_computes_a_child_for_nobody_is_ended_after_the_grace() {
    let mut bench = Bench::new(20, vec![spec(1), spec(1)]);
    for (call, model) in [(1, 0), (2, 1)] {
        bench.call(call, model);
        bench.image(call);
        bench.scheduler.replica_ready(call, true, 0.0, 0.0);
        bench.actions();
        bench.reply(call, call, 10.0);
    }
    bench.call(10, 0);
    bench.waits(1);
    assert_eq!(bench.start(11, child(1, 10)), [post(2, 11)]);
    bench.scheduler.cancel(10, 0.0);
    assert_eq!(failed(&bench.actions()).len(), 2);
    assert_eq!(bench.scheduler.next_tick(), GRACE_MS);
    assert!(bench.tick(GRACE_MS).contains(&Action::Terminate { replica: 2 }));
}

#[test]
fn a_child_of_a_model_that_waits_itself_gets_an_extra_replica_which_ends_with_the_work() {
    let mut bench = suspended();
    assert_eq!(bench.start(11, child(0, 10)), [Action::Spawn { model: 0, replica: 2 }]);
    assert_eq!(bench.ready(2), [post(2, 11)]);
    assert_eq!(bench.call(12, 0), [], "a root does not use it");
    assert_eq!(bench.reply(2, 11, 50.0), (true, vec![]));
    bench.scheduler.waits(1, false, 0.0);
    assert_eq!(bench.reply(1, 10, 50.0), (true, vec![post(1, 12)]));
    assert_eq!(bench.reply(1, 12, 50.0), (true, vec![Action::Terminate { replica: 2 }]));
}

#[test]
fn a_child_waits_for_a_replica_that_will_be_free_and_goes_before_roots() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    for id in 1..=2 {
        bench.scheduler.replica_ready(id, true, 0.0, 0.0);
    }
    let [Action::Post { replica: holder, .. }] = bench.call(10, 0)[..] else { panic!("not posted") };
    let [Action::Post { replica: other, .. }] = bench.call(11, 0)[..] else { panic!("not posted") };
    bench.call(12, 0);
    bench.waits(holder);
    assert_eq!(bench.start(13, child(0, 10)), [], "the other replica only computes");
    assert_eq!(bench.reply(other, 11, 50.0).1, [post(other, 13)]);
}

#[test]
fn a_replica_that_begins_to_wait_makes_room_for_a_child_in_the_queue() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    for id in 1..=2 {
        bench.scheduler.replica_ready(id, true, 0.0, 0.0);
    }
    bench.call(10, 0);
    bench.call(11, 0);
    bench.waits(1);
    bench.start(12, child(0, 10));
    assert_eq!(bench.waits(2), [Action::Spawn { model: 0, replica: 3 }]);
}

#[test]
fn an_extra_replica_that_cannot_start_fails_its_child_and_is_not_missed() {
    let mut bench = suspended();
    bench.start(11, child(0, 10));
    let actions = bench.died(2);
    assert_eq!(failed(&actions), [(11, Code::XCallDepth)]);
    assert!(!actions.iter().any(|action| matches!(action, Action::TellFewer { .. })), "{actions:?}");
}

#[test]
fn a_recursion_without_end_is_ended() {
    let mut bench = suspended();
    let mut call = 10;
    loop {
        let actions = bench.start(call + 1, child(0, call));
        call += 1;
        if let [Action::Spawn { replica, .. }] = actions[..] {
            bench.scheduler.replica_ready(replica, true, 0.0, 0.0);
            assert_eq!(bench.actions(), [post(replica, call)]);
            assert_eq!(bench.waits(replica), []);
        } else {
            assert_eq!(failed(&actions), [(call, Code::XCallDepth)]);
            break;
        }
    }
    assert_eq!(call, 27, "sixteen extra replicas");
}
