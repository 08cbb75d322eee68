//! Whether and when an online call is sent again.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod online_kit;

use online_kit::endpoint;
use spark_execute_core::config::{AuthType, Endpoint};
use spark_execute_core::online::{
    Conditions, CredentialTrouble, Reply, Retries, Unexpected, credential_failure, failure, network, not_a_result,
};
use spark_execute_core::{Code, Failure};

fn reply(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

fn judged(auth: AuthType, reply: &Reply) -> Failure {
    failure(&endpoint(auth), "k", reply)
}

const CALM: Conditions = Conditions { random: 0.0, remaining_ms: 60_000.0, is_online: true };

fn retries(count: u32) -> Retries {
    Retries::new(&Endpoint { retries: count, ..endpoint(AuthType::BearerToken) })
}

#[test]
fn only_what_may_pass_is_tried_again() {
    for status in [200, 304, 400, 401, 403, 404, 408, 409, 413, 415, 422, 500, 501, 505, 429, 502, 503, 504] {
        let delay = retries(2).next(&judged(AuthType::BearerToken, &reply(status)), CALM);
        assert_eq!(delay.is_some(), matches!(status, 429 | 502 | 503 | 504), "{status}");
    }
    assert!(retries(2).next(&network("", "", true), CALM).is_some());
    assert_eq!(retries(2).next(&not_a_result("", &Reply::default(), Unexpected::Html), CALM), None);
    let credential = credential_failure(&endpoint(AuthType::BearerToken), CredentialTrouble::Threw);
    assert_eq!(retries(2).next(&credential, CALM), None);
    for code in [Code::Cancelled, Code::Timeout, Code::Destroyed] {
        assert_eq!(retries(2).next(&Failure::new(code, ""), CALM), None);
    }
}

#[test]
fn delays_double_from_above_zero_up_to_the_count() {
    let all = |random: f64, count| {
        let mut retries = retries(count);
        let conditions = Conditions { random, remaining_ms: 1e9, ..CALM };
        std::iter::from_fn(|| retries.next(&network("", "", true), conditions)).collect::<Vec<_>>()
    };
    assert_eq!(all(0.0, 0), []);
    assert_eq!(all(0.0, 2), [250.0, 500.0]);
    assert_eq!(all(0.5, 3), [375.0, 750.0, 1500.0]);
    let many = all(0.999, 100);
    assert_eq!(many.len(), 100);
    assert!(many.iter().all(|delay| (250.0..30_000.0).contains(delay)));
    assert!(many[99] > 29_000.0);
}

#[test]
fn the_server_may_ask_for_longer_but_not_for_longer_than_there_is() {
    let asked = |ms: u32| {
        let mut failure = judged(AuthType::Public, &reply(429));
        failure.more().retry_after_ms = Some(f64::from(ms));
        failure
    };
    assert_eq!(retries(2).next(&asked(5_000), CALM), Some(5_000.0));
    assert_eq!(retries(2).next(&asked(0), CALM), Some(250.0));
    assert_eq!(retries(2).next(&asked(45_000), CALM), Some(45_000.0));
    for (remaining_ms, delay) in [(5_001.0, Some(5_000.0)), (5_000.0, None), (0.0, None), (-1.0, None)] {
        let mut retries = retries(1);
        assert_eq!(retries.next(&asked(5_000), Conditions { remaining_ms, ..CALM }), delay);
        // What was not done costs nothing.
        assert_eq!(retries.next(&network("", "", true), CALM).is_some(), delay.is_none());
    }
}

#[test]
fn without_a_connection_nothing_is_tried_again() {
    let offline = Conditions { is_online: false, ..CALM };
    let mut retries = retries(1);
    assert_eq!(retries.next(&network("", "", true), offline), None);
    assert_eq!(retries.next(&judged(AuthType::Public, &reply(503)), offline), None);
    assert!(retries.next(&network("", "", true), CALM).is_some());
}

#[test]
fn a_function_is_asked_again_after_a_401_once() {
    let refused = judged(AuthType::BearerToken, &reply(401));
    let function = Endpoint { credential_is_function: true, retries: 1, ..endpoint(AuthType::BearerToken) };
    let mut retries = Retries::new(&function);
    assert_eq!(retries.next(&refused, CALM), Some(0.0));
    assert_eq!(retries.next(&refused, CALM), None);
    assert!(retries.next(&network("", "", true), CALM).is_some(), "that was no retry");
    let mut late = Retries::new(&function);
    assert_eq!(late.next(&refused, Conditions { remaining_ms: 0.0, ..CALM }), None);
    let mut none = Retries::new(&Endpoint { retries: 0, ..function });
    assert_eq!(none.next(&refused, Conditions { is_online: false, ..CALM }), Some(0.0));
}
