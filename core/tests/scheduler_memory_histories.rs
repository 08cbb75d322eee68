//! Memory in random histories: what is in use stays, the rest is given back, and every call is answered.
#![allow(clippy::unwrap_used, clippy::panic)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::scheduler::{Action, CallId, ReplicaId};

const MB: f64 = 1_048_576.0;
const BUDGET: f64 = 200.0 * MB;
const KEPT: usize = 2;
const REPLICAS: [u32; 4] = [1, 4, 1, 2];

struct Worker {
    id: ReplicaId,
    model: usize,
    is_ready: bool,
    calls: Vec<CallId>,
    heap: f64,
}

/// A scheduler, and workers that do as they are told.
struct World {
    bench: Bench,
    random: u64,
    workers: Vec<Worker>,
    /// The models of all calls, and how many of them are open.
    models: Vec<usize>,
    open: [usize; 4],
}

impl World {
    fn new(seed: u64) -> Self {
        let models = REPLICAS.iter().enumerate().map(|(at, count)| if at == KEPT { kept() } else { spec(*count) });
        let bench = Bench::with(models.collect(), |policy| {
            (policy.max_models, policy.memory_budget) = (3, BUDGET);
            (policy.processors, policy.idle_ms) = (2, 1_000.0);
        });
        let random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        World { bench, random, workers: Vec::new(), models: Vec::new(), open: [0; 4] }
    }

    fn next(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % below as u64) as usize
    }

    fn call(&mut self, model: usize) {
        self.open[model] += 1;
        self.models.push(model);
        self.bench.scheduler.call(self.models.len() as CallId - 1, offline(model, 1e9), self.bench.now);
    }

    /// A worker gets ready, or answers its first call with a larger memory, or a call that is answered already.
    fn work(&mut self, at: usize) {
        let growth = if self.next(3) == 0 { self.next(12) as f64 * MB } else { 0.0 };
        let (is_async, micros) = (self.next(4) == 0, self.next(2000) as f64);
        let World { bench, workers, models, open, .. } = self;
        let (worker, scheduler, now) = (&mut workers[at], &mut bench.scheduler, bench.now);
        if !worker.is_ready {
            (worker.is_ready, worker.heap) = (true, 16.0 * MB);
            scheduler.image_ready(worker.id, now);
            scheduler.replica_ready(worker.id, is_async, worker.heap, now);
        } else if !worker.calls.is_empty() {
            let call = worker.calls.remove(0);
            worker.heap += growth;
            let now = if scheduler.goes_on(worker.id) { now } else { f64::NAN };
            if scheduler.replied(worker.id, call, micros, worker.heap, now) {
                open[models[call as usize]] -= 1;
            }
        }
    }

    /// Does what the scheduler wants, as long as it may want that.
    fn act(&mut self) {
        for action in self.bench.actions() {
            match action {
                Action::Load { model, replica } | Action::Spawn { model, replica } => {
                    let worker = Worker { id: replica, model, is_ready: false, calls: Vec::new(), heap: 0.0 };
                    self.workers.push(worker);
                }
                Action::Post { replica, call } => {
                    let worker = self.workers.iter_mut().find(|worker| worker.id == replica).unwrap();
                    assert!(worker.is_ready);
                    worker.calls.push(call);
                }
                Action::Terminate { replica } => {
                    let at = self.workers.iter().position(|worker| worker.id == replica).unwrap();
                    let ended = self.workers.remove(at);
                    assert!(ended.calls.is_empty() || self.open[ended.model] == 0, "a worker that computes is ended");
                }
                Action::Unload { model } => assert!(model != KEPT && self.open[model] == 0, "model {model} is in use"),
                other => panic!("{other:?}"),
            }
        }
    }

    fn check(&mut self) {
        let last = self.models.last().copied();
        let total: f64 = self.workers.iter().map(|worker| worker.heap).sum();
        for (model, replicas) in REPLICAS.into_iter().enumerate() {
            let has = self.workers.iter().filter(|worker| worker.model == model).count();
            assert!(has <= 2 * replicas as usize, "each has one successor at most");
            let may_go = model != KEPT && self.open[model] == 0 && Some(model) != last;
            assert!(total <= BUDGET || !may_go || has == 0, "{total} bytes, and model {model} is idle");
            assert_eq!(self.bench.scheduler.stats(model).unwrap().state == "idle", has == 0);
        }
    }
}

#[test]
fn what_is_in_use_stays_and_the_rest_is_given_back() {
    let mut replaced = 0;
    for seed in 1..=200 {
        let mut world = World::new(seed);
        for _ in 0..600 {
            world.bench.now += world.next(60) as f64;
            match world.next(8) {
                0..=2 => {
                    let model = world.next(4);
                    world.call(model);
                }
                3..=6 if !world.workers.is_empty() => {
                    let at = world.next(world.workers.len());
                    world.work(at);
                }
                _ => world.bench.scheduler.tick(world.bench.now),
            }
            world.act();
            world.check();
            replaced += usize::from(world.workers.iter().filter(|worker| worker.model == 0).count() > 1);
        }
        // What is left is computed; then each model keeps one replica at most.
        while let Some(at) = world.workers.iter().position(|worker| !worker.is_ready || !worker.calls.is_empty()) {
            world.bench.now += 10.0;
            world.work(at);
            world.act();
            world.check();
        }
        assert_eq!(world.open, [0; 4], "seed {seed}");
        while world.bench.scheduler.next_tick() < f64::INFINITY {
            world.bench.now = world.bench.scheduler.next_tick().max(world.bench.now);
            world.bench.scheduler.tick(world.bench.now);
            world.act();
            while let Some(at) = world.workers.iter().position(|worker| !worker.is_ready) {
                world.work(at);
                world.act();
            }
        }
        for model in 0..4 {
            assert!(world.bench.scheduler.stats(model).unwrap().ready <= 1, "seed {seed}");
        }
    }
    assert!(replaced > 100, "engines were replaced, too: {replaced}");
}
