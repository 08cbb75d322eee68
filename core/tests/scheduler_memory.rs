//! The scheduler and memory: replicas that start as calls wait, those that end when idle, the budget, engines that grow.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::scheduler::{Action, CallId, ModelSpec, Policy, ReplicaId};

const MB: f64 = 1_048_576.0;
const IDLE_MS: f64 = 1_000.0;

fn bench(models: Vec<ModelSpec>, with: impl FnOnce(&mut Policy)) -> Bench {
    Bench::with(models, |policy| {
        (policy.processors, policy.idle_ms) = (2, IDLE_MS);
        with(policy);
    })
}

/// Loads a model for this call by this replica, whose engine then has so many bytes, and answers it.
fn load(bench: &mut Bench, model: usize, replica: ReplicaId, call: CallId, heap: f64) -> Vec<Action> {
    let mut actions = bench.call(call, model);
    assert!(actions.contains(&Action::Load { model, replica }), "{actions:?}");
    actions.extend(bench.image(replica));
    actions.extend(ready(bench, replica, heap));
    actions.extend(reply(bench, replica, call, heap));
    actions
}

fn ready(bench: &mut Bench, replica: ReplicaId, heap: f64) -> Vec<Action> {
    bench.scheduler.replica_ready(replica, false, heap, bench.now);
    bench.actions()
}

fn reply(bench: &mut Bench, replica: ReplicaId, call: CallId, heap: f64) -> Vec<Action> {
    assert!(bench.scheduler.replied(replica, call, 5_000.0, heap, bench.now));
    bench.actions()
}

fn spawn(replica: ReplicaId) -> Action {
    Action::Spawn { model: 0, replica }
}

fn end(replica: ReplicaId) -> Action {
    Action::Terminate { replica }
}

/// The models that were unloaded.
fn unloaded(actions: &[Action]) -> Vec<usize> {
    actions.iter().filter_map(|one| if let Action::Unload { model } = one { Some(*model) } else { None }).collect()
}

#[test]
fn replicas_beyond_the_processors_start_when_calls_wait_and_no_more_than_wait() {
    let mut bench = bench(vec![spec(5)], |_| {});
    bench.call(1, 0);
    assert_eq!(bench.image(1), [spawn(2)], "two processors");
    ready(&mut bench, 1, 0.0);
    ready(&mut bench, 2, 0.0);
    reply(&mut bench, 1, 1, 0.0);
    for call in [2, 3] {
        assert!(matches!(bench.call(call, 0)[..], [Action::Post { .. }]), "nobody waits");
    }
    assert_eq!(bench.call(4, 0), [spawn(3)]);
    assert_eq!(bench.call(5, 0), [spawn(4)]);
    bench.ready(3);
    assert_eq!(bench.call(6, 0), [spawn(5)], "two wait, and one replica starts");
    assert_eq!(bench.call(7, 0), [], "no more than were configured");
}

#[test]
fn calls_that_turn_out_to_wait_behind_long_ones_start_replicas_too() {
    let mut bench = bench(vec![spec(3)], |policy| policy.processors = 1);
    load(&mut bench, 0, 1, 1, 0.0);
    bench.warm(1);
    for call in 20..23 {
        assert_eq!(bench.call(call, 0), [post(1, call)], "short ones, as far as is known");
    }
    assert_eq!(bench.scheduler.next_tick(), 6.0, "soon");
    assert_eq!(bench.tick(10.0), [spawn(2), spawn(3)]);
    assert_eq!(bench.tick(11.0), []);
    bench.ready(2);
    assert_eq!(bench.tick(20.0), [post(2, 21)]);
}

#[test]
fn fifty_first_calls_start_all_replicas() {
    let mut bench = bench(vec![spec(3)], |_| {});
    for call in 0..50 {
        bench.call(call, 0);
    }
    assert_eq!(bench.image(1), [spawn(2), spawn(3)]);
}

#[test]
fn replicas_without_calls_end_but_for_one_and_come_back_when_calls_wait() {
    let mut bench = bench(vec![spec(3)], |policy| policy.processors = 3);
    load(&mut bench, 0, 1, 1, 0.0);
    bench.ready(2);
    bench.now = 200.0;
    bench.ready(3);
    bench.now = 400.0;
    let Some(Action::Post { replica: used, .. }) = bench.call(2, 0).pop() else { panic!("not posted") };
    reply(&mut bench, used, 2, 0.0);
    assert_eq!(bench.scheduler.next_tick(), IDLE_MS, "a replica that was not used since its start");
    assert_eq!(bench.tick(IDLE_MS - 1.0), []);
    let mut ended = Vec::new();
    for now in [IDLE_MS, IDLE_MS + 200.0, IDLE_MS + 400.0, 1e9] {
        ended.extend(bench.tick(now));
    }
    assert_eq!(ended.len(), 2);
    assert!(!ended.contains(&end(used)), "the one used last stays: {ended:?}");
    assert_eq!(bench.scheduler.next_tick(), f64::INFINITY, "there is nothing to wake for");
    assert_eq!(bench.call(10, 0), [post(used, 10)], "nobody waits");
    assert_eq!(bench.call(11, 0), [spawn(4)]);
}

#[test]
fn a_replica_that_computes_is_not_idle() {
    let mut bench = bench(vec![spec(2)], |_| {});
    load(&mut bench, 0, 1, 1, 0.0);
    bench.ready(2);
    let posted: Vec<_> = [2, 3].iter().flat_map(|call| bench.call(*call, 0)).collect();
    assert_eq!(posted.len(), 2);
    assert_eq!(bench.tick(IDLE_MS), []);
    bench.now = IDLE_MS + 1.0;
    let Action::Post { replica, call } = posted[0] else { panic!() };
    reply(&mut bench, replica, call, 0.0);
    assert_eq!(bench.tick(IDLE_MS + 2.0), [], "it computed a moment ago");
    assert_eq!(bench.tick(IDLE_MS * 2.0 + 1.0), [end(replica)]);
}

#[test]
fn replicas_of_a_kept_model_stay() {
    let mut bench = bench(vec![ModelSpec { replicas: 2, ..kept() }], |_| {});
    load(&mut bench, 0, 1, 1, 0.0);
    bench.ready(2);
    assert_eq!(bench.scheduler.next_tick(), f64::INFINITY);
    assert_eq!(bench.tick(1e9), []);
}

#[test]
fn the_budget_evicts_the_least_recently_used_models() {
    let mut bench = bench(vec![spec(1), spec(1), spec(1), spec(1)], |policy| policy.memory_budget = 100.0 * MB);
    load(&mut bench, 0, 1, 1, 30.0 * MB);
    load(&mut bench, 1, 2, 2, 30.0 * MB);
    bench.call(3, 0);
    reply(&mut bench, 1, 3, 30.0 * MB);
    assert_eq!(unloaded(&load(&mut bench, 2, 3, 4, 30.0 * MB)), [0; 0]);
    // 90 of 100: the fourth is not known, so that its size shows when it has started.
    assert_eq!(unloaded(&load(&mut bench, 3, 4, 5, 30.0 * MB)), [1], "model 0 was used after it");
    let actions = bench.call(6, 1);
    assert_eq!(unloaded(&actions), [0], "now its size is known: room is made before it is loaded");
    assert!(actions.contains(&Action::Load { model: 1, replica: 5 }));
}

#[test]
fn an_engine_that_grows_costs_others_their_place_but_never_itself() {
    let mut bench = bench(vec![spec(1), spec(1), kept()], |policy| policy.memory_budget = 100.0 * MB);
    load(&mut bench, 2, 1, 1, 20.0 * MB);
    load(&mut bench, 0, 2, 2, 20.0 * MB);
    load(&mut bench, 1, 3, 3, 20.0 * MB);
    bench.call(4, 1);
    let actions = reply(&mut bench, 3, 4, 300.0 * MB);
    assert_eq!(unloaded(&actions), [0], "not the one that was kept, nor the one used last");
    assert_eq!(bench.call(5, 1), [post(3, 5)]);
    assert_eq!(unloaded(&reply(&mut bench, 3, 5, 300.0 * MB)), [0; 0]);
    // Another model's call makes it the least recently used one.
    let actions = bench.call(6, 0);
    assert_eq!(unloaded(&actions), [1]);
}

#[test]
fn a_model_with_open_calls_stays_until_they_are_over() {
    let mut bench = bench(vec![spec(1), spec(1)], |policy| policy.memory_budget = 50.0 * MB);
    load(&mut bench, 0, 1, 1, 40.0 * MB);
    bench.call(2, 0);
    assert_eq!(unloaded(&load(&mut bench, 1, 2, 3, 40.0 * MB)), [0; 0]);
    assert_eq!(unloaded(&reply(&mut bench, 1, 2, 40.0 * MB)), [0]);
}

#[test]
fn beyond_the_budget_no_further_replica_starts_and_calls_are_computed_all_the_same() {
    let mut bench = bench(vec![spec(4)], |policy| policy.memory_budget = 50.0 * MB);
    bench.call(1, 0);
    assert_eq!(bench.image(1), [spawn(2)], "how large they are is not known");
    ready(&mut bench, 1, 30.0 * MB);
    ready(&mut bench, 2, 30.0 * MB);
    reply(&mut bench, 1, 1, 30.0 * MB);
    bench.call(2, 0);
    bench.call(3, 0);
    assert_eq!(bench.call(4, 0), [], "it waits");
    let call = bench.scheduler.computing(1).unwrap();
    assert_eq!(reply(&mut bench, 1, call, 30.0 * MB), [post(1, 4)]);
}

/// Answers calls until there were so many, one after the other, each leaving so much behind.
fn leak(bench: &mut Bench, calls: std::ops::Range<CallId>, heap: &mut f64, each: f64) -> Vec<Action> {
    let mut actions = Vec::new();
    for call in calls {
        let posted = bench.call(call, 0);
        let Some(Action::Post { replica, .. }) = posted.iter().find(|one| matches!(one, Action::Post { .. })) else {
            panic!("{posted:?}")
        };
        *heap += each;
        let replica = *replica;
        actions.extend(posted.into_iter().filter(|one| !matches!(one, Action::Post { .. })));
        actions.extend(reply(bench, replica, call, *heap));
    }
    actions
}

#[test]
fn a_replica_whose_engine_only_grows_is_replaced_once_its_successor_is_ready() {
    let mut bench = bench(vec![spec(1)], |_| {});
    let mut heap = 16.0 * MB;
    load(&mut bench, 0, 1, 1, heap);
    // After 16 answers 31 MB: too large from 95 MB on.
    assert_eq!(leak(&mut bench, 2..80, &mut heap, MB), []);
    assert_eq!(heap, 94.0 * MB);
    assert_eq!(leak(&mut bench, 80..82, &mut heap, MB), []);
    assert_eq!(bench.scheduler.next_tick(), bench.now, "at once");
    assert_eq!(bench.tick(5.0), [spawn(2)]);
    assert_eq!(bench.call(90, 0), [post(1, 90)], "it goes on meanwhile");
    assert_eq!(bench.call(91, 0), []);
    assert_eq!(ready(&mut bench, 2, 16.0 * MB), [post(2, 91)], "and ends with what it has");
    assert_eq!(reply(&mut bench, 1, 90, heap), [end(1)]);
    assert_eq!(reply(&mut bench, 2, 91, 16.0 * MB), []);
    assert_eq!(bench.scheduler.stats(0).unwrap().heap, 16.0 * MB);
    assert_eq!(bench.call(92, 0), [post(2, 92)]);
}

#[test]
fn an_engine_that_grows_on_meanwhile_gets_no_second_successor() {
    let mut bench = bench(vec![spec(1)], |_| {});
    let mut heap = 16.0 * MB;
    load(&mut bench, 0, 1, 1, heap);
    leak(&mut bench, 2..20, &mut heap, 0.0);
    leak(&mut bench, 20..21, &mut heap, 100.0 * MB);
    assert_eq!(bench.tick(10.0), [spawn(2)]);
    assert_eq!(leak(&mut bench, 30..40, &mut heap, 100.0 * MB), []);
    assert_eq!(bench.tick(20.0), []);
    assert_eq!(ready(&mut bench, 2, 16.0 * MB), [end(1)]);
}

#[test]
fn a_call_notices_before_the_timer_does() {
    let mut bench = bench(vec![spec(1)], |_| {});
    let mut heap = 16.0 * MB;
    load(&mut bench, 0, 1, 1, heap);
    leak(&mut bench, 2..20, &mut heap, 0.0);
    leak(&mut bench, 20..21, &mut heap, 100.0 * MB);
    assert_eq!(bench.call(30, 0), [post(1, 30), spawn(2)]);
    assert_eq!(ready(&mut bench, 2, 16.0 * MB), []);
    assert_eq!(reply(&mut bench, 1, 30, heap), [end(1)]);
}

#[test]
fn an_engine_that_needs_much_from_the_start_is_left_alone() {
    let mut bench = bench(vec![spec(1)], |_| {});
    let mut heap = 16.0 * MB;
    load(&mut bench, 0, 1, 1, heap);
    leak(&mut bench, 2..5, &mut heap, 150.0 * MB);
    leak(&mut bench, 5..500, &mut heap, 0.0);
    leak(&mut bench, 500..501, &mut heap, 100.0 * MB);
    assert_eq!(bench.tick(10.0), []);
}

#[test]
fn an_engine_near_its_limit_is_replaced_before_it_fails() {
    let limited = ModelSpec { memory_limit: 64.0 * MB, ..spec(1) };
    let mut bench = bench(vec![limited], |_| {});
    let mut heap = 16.0 * MB;
    load(&mut bench, 0, 1, 1, heap);
    leak(&mut bench, 2..48, &mut heap, 0.69 * MB);
    assert_eq!(bench.tick(10.0), [], "{heap}");
    leak(&mut bench, 48..49, &mut heap, MB);
    assert_eq!(bench.tick(20.0), [spawn(2)], "{heap}");
}

#[test]
fn a_successor_that_cannot_start_changes_nothing() {
    let mut bench = bench(vec![spec(1)], |_| {});
    let mut heap = 16.0 * MB;
    load(&mut bench, 0, 1, 1, heap);
    leak(&mut bench, 2..20, &mut heap, 0.0);
    leak(&mut bench, 20..21, &mut heap, 100.0 * MB);
    assert_eq!(bench.tick(10.0), [spawn(2)]);
    assert_eq!(bench.died(2), [], "nobody is told of fewer replicas: it has as many as before");
    assert_eq!(leak(&mut bench, 30..40, &mut heap, MB), []);
    assert_eq!(bench.tick(20.0), [], "not again before it has doubled");
}

#[test]
fn what_a_worker_says_of_its_memory_is_no_more_than_it_may_have() {
    let mut bench = bench(vec![spec(1), spec(1)], |policy| policy.memory_budget = 1e12);
    load(&mut bench, 0, 1, 1, 16.0 * MB);
    bench.call(2, 1);
    bench.image(2);
    for heap in [f64::INFINITY, f64::NAN, -1e300] {
        ready(&mut bench, 2, heap);
        assert!((0.0..=4096.0 * MB).contains(&bench.scheduler.stats(1).unwrap().heap), "{heap}");
    }
    assert_eq!(unloaded(&reply(&mut bench, 2, 2, f64::INFINITY)), [0; 0]);
    assert_eq!(bench.scheduler.stats(1).unwrap().heap, 4096.0 * MB);
}
