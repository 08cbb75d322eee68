//! `memoryLimit`, `memoryBudget` and `idleTimeout` of the configuration.
#![allow(clippy::unwrap_used, clippy::panic)]

use spark_execute_core::config::{self, Config};
use spark_execute_core::raw::Raw;
use spark_execute_core::{Code, Failure};

fn object(members: &[(&str, Raw)]) -> Raw {
    Raw::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

/// Two models, the second with these members, and these at the top level.
fn read(top: &[(&str, Raw)], model: &[(&str, Raw)]) -> Result<Config, Failure> {
    let entry = |id: &str, more: &[(&str, Raw)]| {
        let members = [("versionId", Raw::Text(id.into())), ("binary", Raw::Function)];
        object(&[&members[..], more].concat())
    };
    let models = Raw::Array(vec![entry("a", &[]), entry("b", model)]);
    config::parse(&object(&[&[("nodegenModels", models)][..], top].concat())).map(|parsed| {
        assert_eq!(parsed.warnings, [""; 0]);
        parsed.config
    })
}

#[track_caller]
fn refused(result: Result<Config, Failure>, path: &str, parts: &[&str]) {
    let failure = result.unwrap_err();
    assert_eq!((failure.code, failure.path.as_deref()), (Code::ConfigInvalid, Some(path)), "{failure}");
    for part in parts {
        assert!(failure.message.contains(part), "{failure}: lacks {part}");
    }
}

/// What is a number of none of them, and numbers too small for all.
fn bad(more: &[f64]) -> Vec<Raw> {
    let numbers = [0.0, -1.0, -65_536.0, f64::NAN, f64::NEG_INFINITY].iter().chain(more).copied().map(Raw::Number);
    numbers.chain([Raw::Null, Raw::Text("1000000".into()), Raw::Bool(true), object(&[]), Raw::Function]).collect()
}

#[test]
fn the_defaults_limit_nothing() {
    let config = read(&[], &[]).unwrap();
    assert_eq!((config.memory_budget, config.idle_timeout_ms), (f64::INFINITY, 300_000.0));
    assert!(config.models.iter().all(|model| model.max_pages == 65_536));
}

#[test]
fn a_model_has_its_own_limit_or_that_of_all_in_whole_pages() {
    let limit = |bytes: f64| ("memoryLimit", Raw::Number(bytes));
    let pages = |top: &[(&str, Raw)], model: &[(&str, Raw)]| {
        read(top, model).unwrap().models.iter().map(|model| model.max_pages).collect::<Vec<_>>()
    };
    assert_eq!(pages(&[limit(67_108_864.0)], &[]), [1024, 1024]);
    assert_eq!(pages(&[], &[limit(67_108_864.0)]), [65_536, 1024]);
    assert_eq!(pages(&[limit(131_072.0)], &[limit(4_294_967_296.0)]), [2, 65_536], "more than that of all, too");
    assert_eq!(pages(&[limit(65_536.0)], &[limit(196_607.0)]), [1, 2], "rounded down");
}

#[test]
fn limits_that_cannot_be_are_refused() {
    for value in bad(&[1.0, 512.0, 65_535.0, 70_000.5, 4_294_967_297.0, f64::INFINITY]) {
        let found = value.describe();
        let member = [("memoryLimit", value)];
        refused(
            read(&[], &member),
            "nodegenModels[1].memoryLimit",
            &["65536 to 4294967296", "512 * 1024 ** 2", &found],
        );
        refused(read(&member, &[]), "memoryLimit", &["integer of bytes", &found]);
    }
    for value in bad(&[0.5, f64::INFINITY]) {
        let found = value.describe();
        refused(read(&[("memoryBudget", value)], &[]), "memoryBudget", &["integer of bytes, 1 or more", &found]);
    }
    for value in bad(&[2_147_483_648.0]) {
        let found = value.describe();
        refused(read(&[("idleTimeout", value)], &[]), "idleTimeout", &["milliseconds", &found]);
    }
}

#[test]
fn budgets_and_idle_times_that_can_be_are_taken() {
    for bytes in [1.0, 1e9, 1e300] {
        assert_eq!(read(&[("memoryBudget", Raw::Number(bytes))], &[]).unwrap().memory_budget, bytes);
    }
    for ms in [0.5, 60_000.0, f64::INFINITY] {
        assert_eq!(read(&[("idleTimeout", Raw::Number(ms))], &[]).unwrap().idle_timeout_ms, ms);
    }
}
