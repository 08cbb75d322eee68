//! How workers end: whose fault it was, what becomes of their calls, and when others take their place.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::Action;

const DYING_MS: f64 = 2_000.0;

fn ended(replica: u32) -> Action {
    Action::Terminate { replica }
}

fn spawned(replica: u32) -> Action {
    Action::Spawn { model: 0, replica }
}

/// A model of one replica that was ended while it computed, so many times in a row.
fn runaway(times: u32) -> Bench {
    let mut bench = Bench::loaded(1);
    for replica in 1..=times {
        bench.call(100 + replica, 0);
        bench.cancel(100 + replica);
        let now = bench.now + GRACE_MS;
        let actions = bench.tick(now);
        assert_eq!(actions[0], ended(replica));
        if replica < times {
            assert_eq!(actions[1..], [spawned(replica + 1)]);
            bench.ready(replica + 1);
        }
    }
    bench
}

#[test]
fn a_replica_that_was_ended_is_replaced_at_once_although_nobody_waits() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.cancel(10);
    assert_eq!(bench.tick(GRACE_MS), [ended(1), spawned(2)]);
    bench.ready(2);
    assert_eq!(bench.call(11, 0), [post(2, 11)]);
}

#[test]
fn a_crash_too_is_followed_by_a_replacement_until_the_circuit_opens() {
    let mut bench = Bench::loaded(1);
    for replica in 1..4 {
        bench.call(10 + replica, 0);
        bench.scheduler.call_failed(replica, 10 + replica, trap(), true, bench.now);
        let actions = bench.actions();
        assert_eq!(failed(&actions), [(10 + replica, Code::EngineTrap)]);
        assert_eq!(actions.contains(&spawned(replica + 1)), replica < 3, "{actions:?}");
        bench.ready(replica + 1);
    }
    bench.now = 1_000.0;
    assert_eq!(bench.call(20, 0), [spawned(4)], "a call may try again");
}

#[test]
fn a_worker_that_ended_itself_while_idle_is_replaced_unless_the_model_is_gone() {
    let mut bench = Bench::loaded(1);
    assert_eq!(bench.died(1), [spawned(2)]);
    let mut bench = Bench::loaded(1);
    bench.scheduler.destroy();
    bench.actions();
    assert_eq!(bench.died(1), []);
}

#[test]
fn the_named_call_fails_and_the_others_move_once() {
    let mut bench = Bench::loaded(1);
    bench.warm(1);
    for call in 10..13 {
        assert_eq!(bench.call(call, 0), [post(1, call)]);
    }
    // The second was being computed; the answer to the first is on its way, and comes too late.
    bench.scheduler.call_failed(1, 11, trap(), true, bench.now);
    let actions = bench.actions();
    assert_eq!(failed(&actions), [(11, Code::EngineTrap)]);
    assert!(!bench.reply(1, 10, 20.0).0);
    assert_eq!(bench.ready(2), [post(2, 10)]);
    assert_eq!(bench.reply(2, 10, 20.0), (true, vec![post(2, 12)]));
    assert_eq!(bench.reply(2, 12, 20.0), (true, vec![]));
}

#[test]
fn a_worker_that_fails_outside_of_any_call_costs_none() {
    for fails in [true, false] {
        let mut bench = Bench::loaded(1);
        bench.warm(1);
        bench.call(10, 0);
        bench.call(11, 0);
        if fails {
            bench.scheduler.failed(1, trap(), bench.now);
        } else {
            // It names the call that it computed last, which is over.
            bench.scheduler.call_failed(1, 109, trap(), true, bench.now);
        }
        assert_eq!(failed(&bench.actions()), []);
        assert_eq!(bench.ready(2), [post(2, 10)]);
        assert_eq!(bench.reply(2, 10, 20.0), (true, vec![post(2, 11)]));
    }
}

#[test]
fn a_worker_that_fails_again_and_again_outside_of_calls_is_left_alone() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    for replica in 1..4 {
        bench.ready(replica);
        bench.scheduler.failed(replica, trap(), bench.now);
    }
    assert_eq!(failed(&bench.actions()), [(10, Code::CircuitOpen)]);
}

#[test]
fn a_worker_that_vanished_gets_no_more_calls_but_its_last_words_count() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.scheduler.vanished(1);
    assert_eq!(bench.call(11, 0), []);
    assert_eq!(bench.reply(1, 10, 10.0), (true, vec![]), "its answer had arrived");
    assert_eq!(failed(&bench.died(1)), [], "11 was never given to it");
    assert_eq!(bench.ready(2), [post(2, 11)]);

    let mut bench = Bench::loaded(1);
    bench.warm(1);
    bench.call(10, 0);
    bench.call(11, 0);
    bench.scheduler.vanished(1);
    assert_eq!(failed(&bench.died(1)), [], "it may not even have begun with 10");
    assert_eq!(bench.ready(2), [post(2, 10)]);
    bench.scheduler.vanished(2);
    assert_eq!(failed(&bench.died(2)), [], "twice may be chance");
    assert_eq!(bench.ready(3), [post(3, 10)]);
    bench.scheduler.vanished(3);
    assert_eq!(failed(&bench.died(3)), [(10, Code::EngineTrap)], "three times is none");
    assert_eq!(bench.ready(4), [post(4, 11)], "one failure, for the circuit");
}

#[test]
fn an_engine_that_vanished_while_it_waited_for_another_had_begun() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.waits(1);
    bench.scheduler.vanished(1);
    assert_eq!(failed(&bench.died(1)), [(10, Code::EngineTrap)]);
}

#[test]
fn a_call_given_up_while_it_waited_has_the_grace_from_when_it_is_computed() {
    let mut bench = Bench::loaded(1);
    bench.warm(1);
    bench.call(10, 0);
    bench.call(11, 0);
    bench.cancel(11);
    assert_eq!(bench.tick(500.0), [], "10 has its time");
    assert!(bench.reply(1, 10, 20.0).0);
    assert_eq!(bench.tick(500.0 + GRACE_MS - 1.0), []);
    assert_eq!(bench.tick(500.0 + GRACE_MS), [ended(1), spawned(2)]);
}

#[test]
fn without_a_grace_the_worker_ends_at_once() {
    let mut bench = Bench::with(vec![spec(1)], |policy| policy.cancel_grace_ms = 0.0).load();
    bench.call(10, 0);
    bench.cancel(10);
    assert_eq!(bench.scheduler.next_tick(), bench.now);
    assert_eq!(bench.tick(0.0), [ended(1), spawned(2)]);
}

#[test]
fn a_time_that_is_told_late_ends_nobody_who_has_answered() {
    let mut bench = Bench::loaded(1);
    bench.start(10, offline(0, 50.0));
    // The page was busy; what the worker had said meanwhile is told first.
    assert!(bench.reply(1, 10, 20_000.0).0);
    assert_eq!(bench.tick(5_000.0), []);
    assert_eq!(bench.call(11, 0), [post(1, 11)]);
}

#[test]
fn dying_workers_count_until_they_stop_or_two_seconds_have_passed() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.cancel(10);
    bench.tick(GRACE_MS);
    let stats = bench.scheduler.stats(0).unwrap();
    assert_eq!((stats.dying, stats.starting), (1, 1));
    bench.scheduler.stopped(1, GRACE_MS);
    assert_eq!(bench.scheduler.stats(0).unwrap().dying, 0);
    bench.ready(2);

    bench.call(11, 0);
    bench.cancel(11);
    bench.tick(2.0 * GRACE_MS);
    assert_eq!(bench.scheduler.next_tick(), (2.0 * GRACE_MS + DYING_MS).min(START_MS));
    bench.tick(2.0 * GRACE_MS + DYING_MS - 1.0);
    assert_eq!(bench.scheduler.stats(0).unwrap().dying, 1);
    bench.tick(2.0 * GRACE_MS + DYING_MS);
    assert_eq!(bench.scheduler.stats(0).unwrap().dying, 0);
}

#[test]
fn the_memory_of_dying_workers_is_still_in_use() {
    let mut bench = Bench::loaded(1);
    bench.scheduler.replied(1, 1, 10.0, 5_000.0, 0.0);
    bench.call(10, 0);
    bench.scheduler.call_failed(1, 10, trap(), false, 0.0);
    bench.call(11, 0);
    assert!(bench.scheduler.replied(1, 11, 10.0, 5_000.0, 0.0));
    bench.call(12, 0);
    bench.cancel(12);
    bench.tick(GRACE_MS);
    assert_eq!(bench.scheduler.stats(0).unwrap().heap, 5_000.0);
    bench.scheduler.stopped(1, GRACE_MS);
    assert_eq!(bench.scheduler.stats(0).unwrap().heap, 0.0);
}

#[test]
fn an_idle_worker_does_not_die_slowly() {
    let mut bench = Bench::new(1, vec![spec(1), spec(1)]);
    bench.call(1, 0);
    bench.image(1);
    bench.ready(1);
    bench.reply(1, 1, 10.0);
    assert!(bench.call(2, 1).contains(&ended(1)));
    assert_eq!(bench.scheduler.stats(0).unwrap().dying, 0);
}

#[test]
fn a_worker_that_is_starting_dies_slowly_only_when_its_glue_never_ended() {
    let mut bench = Bench::new(20, vec![spec(2), spec(1)]);
    bench.call(1, 0);
    bench.image(1);
    bench.ready(1);
    bench.tick(START_MS);
    assert_eq!(bench.scheduler.stats(0).unwrap().dying, 1, "the second, which has had its time");
    bench.call(2, 1);
    bench.scheduler.died(3, trap(), bench.now);
    assert_eq!(bench.scheduler.stats(1).unwrap().dying, 0);
}

#[test]
fn beyond_four_dying_workers_replacements_wait() {
    let mut bench = runaway(MAX_DYING as u32);
    let stats = bench.scheduler.stats(0).unwrap();
    assert_eq!((stats.dying, stats.ready, stats.starting), (4, 0, 0));
    assert_eq!(bench.call(20, 0), [], "it waits, too");
    bench.scheduler.stopped(2, bench.now);
    assert_eq!(bench.actions(), [spawned(5)]);
    bench.scheduler.stopped(3, bench.now);
    assert_eq!(bench.actions(), [], "no more than are missing");
    assert_eq!(bench.ready(5), [post(5, 20)]);
}

#[test]
fn a_replacement_that_waits_starts_when_the_first_must_have_died() {
    let mut bench = runaway(MAX_DYING as u32);
    assert_eq!(bench.scheduler.next_tick(), GRACE_MS + DYING_MS);
    assert_eq!(bench.tick(GRACE_MS + DYING_MS), [spawned(5)]);
}

#[test]
fn other_models_load_however_many_workers_die() {
    let mut bench = Bench::new(20, vec![spec(5), spec(1)]);
    bench.call(1, 0);
    bench.image(1);
    for replica in 1..=5 {
        bench.ready(replica);
    }
    bench.reply(1, 1, 5_000.0);
    for call in 10..15 {
        bench.call(call, 0);
    }
    for call in 10..15 {
        bench.cancel(call);
    }
    let actions = bench.tick(GRACE_MS);
    let count = |of: fn(&Action) -> bool| actions.iter().filter(|action| of(action)).count();
    assert_eq!(count(|action| matches!(action, Action::Terminate { .. })), 5);
    assert_eq!(count(|action| matches!(action, Action::Spawn { .. })), 3, "as the fourth and fifth ended, none");
    assert_eq!(bench.call(20, 1), [Action::Load { model: 1, replica: 9 }]);
}
