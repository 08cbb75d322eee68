//! The scheduler under random histories.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::scheduler::{Action, CallId, CallSpec, ReplicaId};
use spark_execute_core::{Code, Failure};

/// Random events, a simple model of workers, and one rule: every call is settled exactly once.
#[test]
fn every_call_is_settled_exactly_once_whatever_happens() {
    for seed in 1..=300u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut next = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below as u64) as usize
        };
        let mut bench = Bench::with(vec![spec(1), spec(3), kept()], |policy| {
            (policy.max_models, policy.memory_budget) = (2, 500.0);
            (policy.processors, policy.idle_ms) = (2, 200.0);
        });
        let mut alive: Vec<(ReplicaId, bool, Vec<CallId>)> = Vec::new();
        // Workers that are gone but whose last words may arrive; workers that were ended and still run.
        let mut vanished: Vec<ReplicaId> = Vec::new();
        let mut dying: Vec<ReplicaId> = Vec::new();
        let mut settled: Vec<u8> = Vec::new();
        let mut asked: Vec<CallId> = Vec::new();
        let mut parked: Vec<CallId> = Vec::new();
        for step in 0..400 {
            bench.now += next(20) as f64;
            let now = bench.now;
            match next(18) {
                0..=4 => {
                    let call = settled.len() as CallId;
                    settled.push(0);
                    let computed = alive.iter().find_map(|(_, _, calls)| calls.first().copied());
                    let parent = computed.filter(|_| next(3) == 0);
                    if let Some(parent) = parent {
                        let at = alive.iter().find(|(_, _, calls)| calls.first() == Some(&parent)).unwrap().0;
                        bench.scheduler.waits(at, true, now);
                    }
                    let model = (next(8) > 0).then(|| next(3));
                    let timeout_ms = 100.0 + next(500) as f64;
                    let records = [0, 0, 1, 40][next(4)];
                    let spec = CallSpec { model, fallback: next(2) == 0, parent, timeout_ms, records };
                    if spec.model.is_some() && parent.is_none() && next(6) == 0 {
                        bench.scheduler.warm(call, CallSpec { fallback: false, records: 0, ..spec }, now);
                    } else if spec.model.is_none() && next(2) == 0 {
                        bench.scheduler.park(call, spec, now);
                        parked.push(call);
                    } else {
                        bench.scheduler.call(call, spec, now);
                    }
                }
                11 => {
                    bench.scheduler.learn(next(3), now, now);
                }
                12 if !parked.is_empty() => {
                    // It is known now which model it means.
                    let call = parked.remove(next(parked.len()));
                    if bench.scheduler.answered_online(call) {
                        let spec = CallSpec {
                            model: Some(next(3)),
                            fallback: false,
                            parent: None,
                            timeout_ms: 200.0,
                            records: 1,
                        };
                        bench.scheduler.call(call, spec, now);
                    }
                }
                5..=7 if !alive.is_empty() => {
                    let at = next(alive.len());
                    let (id, ready, calls) = &mut alive[at];
                    if *ready && !calls.is_empty() {
                        let call = calls.remove(0);
                        if next(10) == 0 {
                            // A fatal failure may come late, when its worker has said more, and name a call that is over.
                            let named = if next(4) == 0 { call.saturating_sub(1) } else { call };
                            let fatal = named != call || next(2) == 0;
                            bench.scheduler.call_failed(*id, named, trap(), fatal, now);
                        } else if bench.scheduler.replied(*id, call, next(2000) as f64, next(200) as f64, now) {
                            settled[call as usize] += 1;
                        }
                    } else if !*ready {
                        *ready = true;
                        let id = *id;
                        bench.scheduler.image_ready(id, now);
                        bench.scheduler.replica_ready(id, next(4) == 0, 100.0, now);
                    }
                }
                8 if !alive.is_empty() => {
                    let (id, ..) = alive.remove(next(alive.len()));
                    if next(2) == 0 {
                        bench.scheduler.died(id, trap(), now);
                    } else {
                        bench.scheduler.failed(id, trap(), now);
                    }
                }
                13 if !alive.is_empty() => {
                    let id = alive[next(alive.len())].0;
                    bench.scheduler.vanished(id);
                    vanished.push(id);
                }
                14 if !vanished.is_empty() => {
                    let id = vanished.swap_remove(next(vanished.len()));
                    alive.retain(|(other, ..)| *other != id);
                    bench.scheduler.died(id, trap(), now);
                }
                15 if !dying.is_empty() => bench.scheduler.stopped(dying.swap_remove(next(dying.len())), now),
                10 if !asked.is_empty() => {
                    let call: CallId = asked.remove(next(asked.len()));
                    if next(2) == 0 {
                        bench.scheduler.failed_online(call, Failure::new(Code::Network, "down"));
                    } else if bench.scheduler.answered_online(call) {
                        settled[call as usize] += 1;
                    }
                }
                9 if !settled.is_empty() => bench.scheduler.cancel(next(settled.len()) as CallId, now),
                _ => bench.scheduler.tick(now),
            }
            if step == 399 {
                bench.scheduler.destroy();
            }
            for action in bench.actions() {
                match action {
                    Action::Load { replica, .. } | Action::Spawn { replica, .. } => {
                        alive.push((replica, false, Vec::new()));
                    }
                    Action::Post { replica, call } => {
                        let worker = alive.iter_mut().find(|(id, ..)| *id == replica).unwrap();
                        assert!(worker.1, "posted to a worker that is not ready");
                        assert!(!vanished.contains(&replica), "posted to a worker that is gone");
                        worker.2.push(call);
                    }
                    Action::Terminate { replica } => {
                        alive.retain(|(id, ..)| *id != replica);
                        dying.push(replica);
                    }
                    Action::Fail { call, .. } | Action::Warmed { call } => settled[call as usize] += 1,
                    Action::Online { call, .. } => {
                        parked.retain(|other| *other != call);
                        asked.push(call);
                    }
                    Action::Unload { .. } | Action::TellFewer { .. } => {}
                }
            }
            let stats = |model: usize| bench.scheduler.stats(model).unwrap();
            assert!((0..3).all(|model| stats(model).ready + stats(model).starting <= 3 + 16), "seed {seed}");
            if step == 399 {
                assert_eq!((0..3).map(|model| stats(model).dying).sum::<usize>(), 0, "seed {seed}");
                assert_eq!(bench.scheduler.next_tick(), f64::INFINITY, "seed {seed}");
            }
        }
        assert!(settled.iter().all(|times| *times == 1), "seed {seed}: {settled:?}");
        assert!(alive.is_empty(), "seed {seed}");
    }
}
