//! What the scheduler expects of replicas, whose messages may be forged.
#![allow(clippy::unwrap_used)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::{Action, Said, disturbed, is_of_worker};

const ALL: [Said; 5] = [Said::Up, Said::Package, Said::Ready, Said::End(1), Said::Ask];

/// What replica 1 may say now.
fn expected(bench: &Bench, replica: u32) -> Vec<Said> {
    ALL.into_iter().filter(|said| bench.scheduler.expects(replica, *said)).collect()
}

#[test]
fn each_message_has_its_time() {
    let mut bench = Bench::new(20, vec![spec(2)]);
    bench.call(1, 0);
    assert_eq!(expected(&bench, 1), [Said::Package], "its worker is not there yet");
    bench.scheduler.worker_created(1, 0.0);
    assert_eq!(expected(&bench, 1), [Said::Up, Said::Package]);
    bench.scheduler.worker_up(1);
    assert_eq!(expected(&bench, 1), [Said::Package]);
    bench.image(1);
    assert_eq!(expected(&bench, 1), [Said::Ready], "one image, before any glue runs");
    assert_eq!(expected(&bench, 2), [Said::Ready], "a further replica gets the image");
    bench.ready(1);
    assert_eq!(expected(&bench, 1), [Said::End(1), Said::Ask]);
    assert!(bench.reply(1, 1, 20.0).0);
    assert_eq!(expected(&bench, 1), [], "an answer comes once");
    assert_eq!(expected(&bench, 7), [], "there is no such replica");
}

#[test]
fn a_replica_speaks_of_its_own_calls() {
    let mut bench = Bench::new(20, vec![spec(2)]);
    bench.call(1, 0);
    bench.image(1);
    bench.ready(1);
    bench.ready(2);
    bench.call(2, 0);
    assert!(bench.scheduler.expects(2, Said::End(2)) && !bench.scheduler.expects(1, Said::End(2)));
    bench.scheduler.cancel(1, 0.0);
    assert!(bench.scheduler.expects(1, Said::End(1)), "it does not know that nobody waits any more");
}

#[test]
fn an_engine_asks_for_few_services_at_a_time_and_not_without_end() {
    let mut bench = Bench::new(20, vec![spec(1)]);
    bench.call(1, 0);
    bench.image(1);
    bench.ready(1);
    for _ in 0..16 {
        assert!(bench.scheduler.expects(1, Said::Ask));
        bench.waits(1);
    }
    assert!(!bench.scheduler.expects(1, Said::Ask));
    for _ in 0..65_520 {
        bench.scheduler.waits(1, false, 0.0);
        assert!(bench.scheduler.expects(1, Said::Ask));
        bench.waits(1);
    }
    bench.scheduler.waits(1, false, 0.0);
    assert!(!bench.scheduler.expects(1, Said::Ask));
    bench.reply(1, 1, 20.0);
    bench.call(2, 0);
    assert!(bench.scheduler.expects(1, Said::Ask), "another call");
}

#[test]
fn a_worker_cannot_fail_as_the_page_does() {
    for code in [
        Code::EngineTrap,
        Code::GlueFailed,
        Code::ZipInvalid,
        Code::BinaryFetch,
        Code::WorkerCrashed,
        Code::UnsupportedEnvironment,
        Code::Internal,
    ] {
        assert!(is_of_worker(code), "{code:?}");
    }
    for code in
        [Code::Cancelled, Code::Destroyed, Code::Unauthorized, Code::Network, Code::ConfigInvalid, Code::XCallCycle]
    {
        assert!(!is_of_worker(code), "{code:?}");
    }
    assert_eq!(disturbed().code, Code::WorkerCrashed);
}

#[test]
fn what_fails_before_its_first_word_is_no_models_doing() {
    let begin = |start_ms: f64| {
        let mut bench = Bench::with(vec![spec(1)], |policy| policy.start_ms = start_ms);
        bench.start(1, offline(0, start_ms));
        bench.scheduler.worker_created(1, 0.0);
        bench
    };
    let told = |actions: &[Action]| {
        let failure = actions.iter().find_map(|action| match action {
            Action::Fail { failure, .. } => Some(failure.clone()),
            _ => None,
        });
        failure.unwrap().into_facts()
    };
    // Another script said something, or failed.
    let mut bench = begin(START_MS);
    bench.scheduler.died(1, disturbed().with_details("said"), 0.0);
    let facts = told(&bench.actions());
    assert_eq!((facts.code, facts.details.as_deref()), (Code::WorkerStart, Some("said")));
    assert!(facts.message.contains("workerUrl or createWorker"), "{}", facts.message);
    // It said nothing, and calls have less time than a worker has.
    let facts = told(&begin(5_000.0).tick(5_000.0));
    assert_eq!(facts.code, Code::WorkerStart);
    assert!(facts.message.contains("said nothing in time"), "{}", facts.message);
    // One call has less time.
    let mut bench = begin(START_MS);
    bench.start(2, offline(0, 100.0));
    let facts = told(&bench.tick(100.0));
    assert_eq!(facts.code, Code::Timeout);
    assert!(facts.message.contains("its worker had not started"), "{}", facts.message);
    // Our code runs: it is not the script.
    let mut bench = begin(START_MS);
    bench.scheduler.worker_up(1);
    bench.scheduler.died(1, disturbed(), 0.0);
    assert_eq!(told(&bench.actions()).code, Code::WorkerCrashed);
}
