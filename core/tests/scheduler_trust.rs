//! What the scheduler expects of replicas, whose messages may be forged.
#![allow(clippy::unwrap_used)]

mod scheduler_kit;

use scheduler_kit::*;
use spark_execute_core::Code;
use spark_execute_core::scheduler::{Said, disturbed, is_of_worker};

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
