//! The scheduler, driven by hand: what it does with calls, replies, deaths and time.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::{Action, CallId};

#[test]
fn a_model_is_loaded_once_however_many_calls_wait() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    assert_eq!(bench.call(1, 0), [Action::Load { model: 0, replica: 1 }]);
    assert_eq!(bench.call(2, 0), []);
    assert_eq!(bench.image(1), []);
    assert_eq!(bench.ready(1), [post(1, 1)]);
    assert_eq!(bench.reply(1, 1, 10.0), (true, vec![post(1, 2)]));
}

#[test]
fn further_replicas_start_from_the_image_and_the_first_ready_one_answers() {
    let mut bench = Bench::new(20, vec![spec(3)]);
    bench.call(1, 0);
    assert_eq!(bench.image(1), [Action::Spawn { model: 0, replica: 2 }, Action::Spawn { model: 0, replica: 3 }]);
    assert_eq!(bench.ready(3), [post(3, 1)]);
}

#[test]
fn calls_go_to_the_replica_with_the_fewest_in_flight_ties_in_turn_and_then_wait_in_order() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    let first = bench.call(10, 0);
    let second = bench.call(11, 0);
    assert_ne!(first, second);
    assert_eq!(bench.call(12, 0), []);
    assert_eq!(bench.call(13, 0), []);
    assert_eq!(bench.reply(2, if first == [post(2, 10)] { 10 } else { 11 }, 5_000.0).1, [post(2, 12)]);
    let stats = bench.scheduler.stats(0).unwrap();
    assert_eq!((stats.ready, stats.running, stats.queued), (2, 2, 1));
}

#[test]
fn idle_replicas_take_turns() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    let mut used = Vec::new();
    for call in 10..14 {
        let Some(Action::Post { replica, .. }) = bench.call(call, 0).pop() else { panic!("not posted") };
        used.push(replica);
        bench.reply(replica, call, 5_000.0);
    }
    assert_eq!(used, if used[0] == 1 { [1, 2, 1, 2] } else { [2, 1, 2, 1] });
}

#[test]
fn a_reply_nobody_waits_for_is_ignored() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    assert!(!bench.reply(1, 99, 1.0).0, "unknown call");
    assert!(!bench.reply(7, 10, 1.0).0, "unknown replica");
    assert!(bench.reply(1, 10, 1.0).0);
    assert!(!bench.reply(1, 10, 1.0).0, "twice");
}

#[test]
fn a_failed_load_fails_its_calls_and_the_next_call_loads_again() {
    let mut bench = Bench::new(20, vec![spec(2)]);
    bench.call(1, 0);
    bench.call(2, 0);
    let actions = bench.died(1);
    assert_eq!(failed(&actions), [(1, Code::EngineTrap), (2, Code::EngineTrap)]);
    assert!(actions.contains(&Action::Unload { model: 0 }));
    assert_eq!(bench.call(3, 0), [Action::Load { model: 0, replica: 2 }]);
}

#[test]
fn when_a_worker_dies_its_current_call_fails_and_the_waiting_ones_move() {
    let mut bench = Bench::loaded(1);
    bench.warm(1);
    for call in 10..13 {
        bench.call(call, 0);
    }
    let actions = bench.died(1);
    assert_eq!(failed(&actions), [(10, Code::EngineTrap)]);
    assert!(actions.contains(&Action::Spawn { model: 0, replica: 2 }), "from the image, not the package");
    assert_eq!(bench.ready(2), [post(2, 11)], "in order");
    assert_eq!(bench.reply(2, 11, 20.0), (true, vec![post(2, 12)]));
}

#[test]
fn a_call_that_damages_its_engine_costs_only_itself() {
    let mut bench = Bench::loaded(1);
    bench.warm(1);
    bench.call(10, 0);
    bench.call(11, 0);
    bench.scheduler.call_failed(1, 10, trap(), true, bench.now);
    let actions = bench.actions();
    assert_eq!(failed(&actions), [(10, Code::EngineTrap)]);
    assert!(actions.contains(&Action::Terminate { replica: 1 }));
    assert_eq!(bench.ready(2), [post(2, 11)]);
}

#[test]
fn a_call_that_fails_harmlessly_keeps_its_replica() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.call(11, 0);
    bench.scheduler.call_failed(1, 10, trap(), false, bench.now);
    let actions = bench.actions();
    assert_eq!(failed(&actions), [(10, Code::EngineTrap)]);
    assert!(actions.contains(&post(1, 11)));
}

#[test]
fn an_extra_replica_that_cannot_start_does_not_hurt() {
    let mut bench = Bench::loaded(2);
    bench.call(10, 0);
    assert!(matches!(bench.died(2)[..], [Action::TellFewer { model: 0, .. }]));
    assert!(bench.reply(1, 10, 1.0).0);
    assert_eq!(bench.call(11, 0), [post(1, 11)], "not at once");
    bench.now += 1_000.0;
    assert_eq!(bench.call(12, 0), [Action::Spawn { model: 0, replica: 3 }], "tried again");
    assert_eq!(bench.died(3), [], "told once");
    bench.now += 1_999.0;
    assert_eq!(bench.call(13, 0), [], "less and less often");
    bench.now += 1.0;
    assert_eq!(bench.call(14, 0), [Action::Spawn { model: 0, replica: 4 }]);
    let actions = bench.died(1);
    assert_eq!(failed(&actions), [(11, Code::EngineTrap)]);
    assert!(actions.contains(&Action::Spawn { model: 0, replica: 5 }));
    assert_eq!(bench.died(4), [], "5 may still start");
    let actions = bench.died(5);
    assert_eq!(failed(&actions).len(), 3, "nothing is left to compute them");
}

#[test]
fn a_replica_that_cannot_start_is_told_once_another_has() {
    let mut bench = Bench::new(20, vec![spec(3)]);
    bench.call(1, 0);
    bench.image(1);
    assert_eq!(bench.died(3), [], "the model may fail as a whole");
    let actions = bench.ready(1);
    assert!(actions.iter().any(|action| matches!(action, Action::TellFewer { model: 0, .. })), "{actions:?}");
    assert_eq!(bench.died(2), [], "told once");
}

#[test]
fn a_model_whose_replicas_all_fail_to_start_fails_its_calls() {
    let mut bench = Bench::new(20, vec![spec(3)]);
    bench.call(1, 0);
    bench.image(1);
    assert_eq!(bench.died(1), [], "two are still starting");
    assert_eq!(bench.died(3), []);
    assert_eq!(failed(&bench.died(2)), [(1, Code::EngineTrap)]);
    assert_eq!(bench.call(2, 0), [Action::Load { model: 0, replica: 4 }]);
    // That it failed before delays no replica of a load that succeeds.
    assert_eq!(bench.image(4), [Action::Spawn { model: 0, replica: 5 }, Action::Spawn { model: 0, replica: 6 }]);
}

#[test]
fn a_queued_call_is_simply_cancelled() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.call(11, 0);
    bench.scheduler.cancel(11, bench.now);
    assert_eq!(failed(&bench.actions()), [(11, Code::Cancelled)]);
    assert_eq!(bench.reply(1, 10, 1.0), (true, vec![]), "never posted");
    bench.scheduler.cancel(11, bench.now);
    assert_eq!(bench.actions(), []);
}

#[test]
fn a_cancelled_computation_has_a_grace_and_then_loses_its_worker() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.scheduler.cancel(10, bench.now);
    assert_eq!(failed(&bench.actions()), [(10, Code::Cancelled)]);
    bench.call(11, 0);
    assert_eq!(bench.tick(GRACE_MS - 1.0), []);
    let actions = bench.tick(GRACE_MS);
    assert_eq!(actions[0], Action::Terminate { replica: 1 });
    assert!(actions.contains(&Action::Spawn { model: 0, replica: 2 }), "the next call does not wait for it");
}

#[test]
fn a_reply_within_the_grace_saves_the_worker() {
    let mut bench = Bench::loaded(1);
    bench.call(10, 0);
    bench.scheduler.cancel(10, bench.now);
    let (wanted, actions) = bench.reply(1, 10, 10.0);
    assert!(!wanted);
    assert_eq!(failed(&actions), [(10, Code::Cancelled)]);
    assert_eq!(bench.tick(GRACE_MS * 2.0), []);
    assert_eq!(bench.call(11, 0), [post(1, 11)]);
}

#[test]
fn calls_time_out_wherever_they_are() {
    let mut bench = Bench::loaded(1);
    bench.scheduler.call(10, offline(0, 50.0), 0.0);
    bench.scheduler.call(11, offline(0, 40.0), 0.0);
    bench.actions();
    assert_eq!(bench.scheduler.next_tick(), 40.0);
    assert_eq!(failed(&bench.tick(40.0)), [(11, Code::Timeout)]);
    let actions = bench.tick(50.0);
    assert_eq!((actions.len(), failed(&actions)), (1, vec![(10, Code::Timeout)]), "its worker has the grace");
    assert_eq!(bench.scheduler.next_tick(), 50.0 + GRACE_MS);
    let actions = bench.tick(50.0 + GRACE_MS);
    assert_eq!(
        actions,
        [Action::Terminate { replica: 1 }, Action::Spawn { model: 0, replica: 2 }],
        "it computes for nobody"
    );
}

#[test]
fn a_model_that_never_becomes_ready_fails_its_callers() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.call(1, 0);
    let actions = bench.tick(START_MS);
    assert_eq!(failed(&actions), [(1, Code::Timeout)]);
    assert!(actions.contains(&Action::Terminate { replica: 1 }));
}

#[test]
fn a_worker_that_never_speaks_is_given_up_early() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.call(1, 0);
    bench.scheduler.worker_created(1, 0.0);
    assert_eq!(bench.scheduler.next_tick(), BOOT_MS);
    assert_eq!(failed(&bench.tick(BOOT_MS)), [(1, Code::WorkerStart)]);

    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.call(1, 0);
    bench.scheduler.worker_created(1, 0.0);
    bench.scheduler.worker_up(1);
    assert_eq!(failed(&bench.tick(BOOT_MS)), []);
}

#[test]
fn an_answer_needs_the_clock_only_where_something_goes_on() {
    let mut bench = Bench::loaded(1);
    let goes_on = |bench: &Bench| bench.scheduler.goes_on(1);
    assert!(!goes_on(&bench) && !bench.scheduler.goes_on(99));
    bench.call(2, 0);
    bench.reply(1, 2, 20.0);
    bench.call(3, 0);
    assert!(!goes_on(&bench));
    bench.call(4, 0);
    assert!(goes_on(&bench), "another is being computed then");
    bench.reply(1, 3, 5_000.0);
    assert!(!goes_on(&bench));
    bench.call(5, 0);
    assert!(goes_on(&bench), "another waits in the queue");
    assert_eq!(bench.reply(1, 4, 5_000.0).1, [Action::Post { replica: 1, call: 5 }]);
    assert!(!goes_on(&bench));
}

#[test]
fn the_least_recently_used_idle_model_is_evicted() {
    let mut bench = Bench::new(2, vec![spec(1), spec(1), spec(1)]);
    for (model, replica) in [(0, 1), (1, 2)] {
        let call = model as CallId;
        bench.call(call, model);
        bench.image(replica);
        bench.ready(replica);
        bench.reply(replica, call, 1.0);
    }
    bench.call(5, 0);
    bench.reply(1, 5, 1.0);
    let actions = bench.call(6, 2);
    assert_eq!(
        actions,
        [Action::Terminate { replica: 2 }, Action::Unload { model: 1 }, Action::Load { model: 2, replica: 3 }]
    );
}

#[test]
fn models_in_use_or_kept_are_not_evicted_and_the_limit_holds_again_afterwards() {
    let mut bench = Bench::new(1, vec![kept(), spec(1), spec(1)]);
    bench.call(1, 0);
    bench.image(1);
    bench.ready(1);
    bench.reply(1, 1, 1.0);
    assert_eq!(bench.call(2, 1), [Action::Load { model: 1, replica: 2 }], "nothing can go");
    bench.image(2);
    bench.ready(2);
    let (_, actions) = bench.reply(2, 2, 1.0);
    assert_eq!(actions, [Action::Terminate { replica: 2 }, Action::Unload { model: 1 }]);
}

#[test]
fn destroying_settles_and_ends_everything() {
    let mut bench = Bench::new(20, vec![spec(2), spec(1)]);
    bench.call(1, 0);
    bench.image(1);
    bench.ready(1);
    bench.call(2, 0);
    bench.call(3, 1);
    bench.scheduler.destroy();
    let actions = bench.actions();
    assert_eq!(failed(&actions), [(1, Code::Destroyed), (2, Code::Destroyed), (3, Code::Destroyed)]);
    let ended = actions.iter().filter(|action| matches!(action, Action::Terminate { .. })).count();
    assert_eq!(ended, 3);
    assert_eq!(bench.scheduler.next_tick(), f64::INFINITY);
    assert!(!bench.reply(1, 1, 1.0).0);
    assert!(!bench.scheduler.image_ready(3, 0.0));
}

#[test]
fn a_hundred_thousand_waiting_calls_are_no_burden() {
    let mut bench = Bench::loaded(1);
    for call in 10..100_010 {
        bench.scheduler.call(call, offline(0, 60_000.0), 0.0);
    }
    for call in 10..100_010 {
        bench.scheduler.cancel(call, 0.0);
    }
    assert_eq!(failed(&bench.actions()).len(), 100_000);
    assert_eq!(bench.scheduler.stats(0).unwrap().queued, 0);
}
