//! Calls stuck behind a long one.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::Action;

#[test]
fn short_calls_do_not_wait_behind_a_long_one() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    for call in 100..120 {
        let Some(Action::Post { replica, .. }) = bench.call(call, 0).pop() else { panic!("not posted") };
        bench.reply(replica, call, 20.0);
    }
    let mut placed = Vec::new();
    for call in 10..16 {
        placed.extend(bench.call(call, 0));
    }
    assert_eq!(placed.len(), 6, "both windows are open");
    let Action::Post { replica: long, call: 10 } = placed[0] else { panic!("{placed:?}") };
    let other = 3 - long;
    for action in &placed {
        if let Action::Post { replica, call } = *action
            && replica == other
        {
            bench.reply(other, call, 20.0);
        }
    }
    // Call 10 turns out to be long: what waits behind it is computed by the other replica.
    bench.now = 10.0;
    assert!(bench.scheduler.next_tick() <= 10.0);
    let moved = bench.tick(10.0);
    let behind: Vec<_> = placed
        .iter()
        .filter_map(|action| match *action {
            Action::Post { replica, call } if replica == long && call != 10 => Some(post(other, call)),
            _ => None,
        })
        .collect();
    assert_eq!(moved, behind);
    for action in moved {
        let Action::Post { call, .. } = action else { panic!() };
        assert!(bench.reply(other, call, 20.0).0);
        assert!(!bench.reply(long, call, 20.0).0, "the first answer counts");
    }
    assert_eq!(bench.call(16, 0), [post(other, 16)], "nothing more goes behind the long call");
    assert_eq!(bench.scheduler.next_tick(), 60_000.0, "there is nobody left to look after");
}

#[test]
fn calls_that_are_stuck_are_looked_after_again_but_not_all_the_time() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    bench.warm_both();
    let placed: Vec<_> = (10..20).flat_map(|call| bench.call(call, 0)).collect();
    // Both turn out to be long.
    assert_eq!(bench.tick(10.0), []);
    assert_eq!(bench.scheduler.next_tick(), 15.0);
    assert_eq!(bench.tick(15.0), []);
    assert_eq!(bench.scheduler.next_tick(), 20.0);
    for action in &placed {
        if let Action::Post { replica: 1, call } = *action {
            bench.reply(1, call, 20.0);
        }
    }
    assert_ne!(bench.tick(20.0), [], "the other one's calls are computed here");
}

#[test]
fn a_call_rescued_from_a_worker_that_dies_is_computed_once_more_only_if_needed() {
    let mut bench = Bench::loaded(2);
    bench.ready(2);
    for call in 100..120 {
        let Some(Action::Post { replica, .. }) = bench.call(call, 0).pop() else { panic!("not posted") };
        bench.reply(replica, call, 20.0);
    }
    let Some(Action::Post { replica: long, .. }) = bench.call(10, 0).pop() else { panic!() };
    bench.call(11, 0);
    bench.call(12, 0);
    bench.call(13, 0);
    let other = 3 - long;
    bench.tick(10.0);
    assert_eq!(failed(&bench.died(long)), [(10, Code::EngineTrap)]);
    // Those posted twice live on in the other replica; when that one dies too, its head fails and the rest is queued.
    let actions = bench.died(other);
    assert_eq!(failed(&actions).len(), 1);
    let stats = bench.scheduler.stats(0).unwrap();
    assert_eq!((stats.queued, stats.running), (2, 0));
}
