//! Options of the configuration that stand alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use spark_execute_core::config::{Model, parse};
use spark_execute_core::raw::Raw;
use spark_execute_core::{Failure, Result};

fn text(text: &str) -> Raw {
    Raw::Text(text.into())
}

fn object(members: &[(&str, Raw)]) -> Raw {
    Raw::Object(members.iter().map(|(key, value)| (key.to_string(), value.clone())).collect())
}

/// A model with these members more.
fn model(more: &[(&str, Raw)]) -> Raw {
    let usual = [("versionId", text("a")), ("binary", text("/a.zip"))];
    object(&[&usual, more].concat())
}

fn one(more: &[(&str, Raw)]) -> Result<Model> {
    parse(&object(&[("nodegenModels", Raw::Array(vec![model(more)]))])).map(|parsed| parsed.config.models[0].clone())
}

fn refused(outcome: Result<Model>, path: &str, parts: &[&str]) {
    let failure: Failure = outcome.unwrap_err();
    assert_eq!(failure.path.as_deref(), Some(path), "{failure}");
    assert!(parts.iter().all(|part| failure.message.contains(part)), "{failure}");
}

#[test]
fn what_is_told_and_to_whom() {
    let with_option = |key, value| parse(&object(&[("nodegenModels", Raw::Array(vec![model(&[])])), (key, value)]));
    assert!(with_option("timings", Raw::Bool(true)).unwrap().config.timings);
    assert!(!with_option("timings", Raw::Undefined).unwrap().config.timings);
    for good in [Raw::Function, object(&[]), Raw::Null] {
        assert!(with_option("logger", good).unwrap().warnings.is_empty());
    }
    for good in [text("debug"), text("silent"), Raw::Null] {
        assert!(with_option("logLevel", good).is_ok());
    }
    for (key, bad, accepted) in [
        ("timings", Raw::Null, "true or false"),
        ("logger", text("console"), "such as console"),
        ("logger", Raw::Bool(true), "such as console"),
        ("logLevel", text("verbose"), r#""warn""#),
        ("logLevel", Raw::Number(1.0), r#""silent""#),
    ] {
        let failure = with_option(key, bad).unwrap_err();
        assert_eq!(failure.path.as_deref(), Some(key));
        assert!(failure.message.contains(accepted), "{failure}");
    }
}

#[test]
fn integrity_is_one_sum_or_more() {
    let sum = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(one(&[("integrity", text(sum))]).unwrap().integrity.as_deref(), Some(sum));
    for none in [Raw::Null, Raw::Undefined] {
        assert_eq!(one(&[("integrity", none)]).unwrap().integrity, None);
    }
    for bad in [text(""), text("sha256-abc"), text("md5-1B2M2Y8AsgTpgAmY7PhCfg=="), Raw::Number(1.0), Raw::Bool(true)] {
        refused(one(&[("integrity", bad)]), "nodegenModels[0].integrity", &["sha256-…", "found"]);
    }
}

#[test]
fn a_model_is_kept_where_it_or_the_default_says_so() {
    for (default, own, expected) in
        [(None, None, false), (None, Some(true), true), (Some(true), None, true), (Some(true), Some(false), false)]
    {
        let flag = |value: Option<bool>| value.map_or(Raw::Undefined, Raw::Bool);
        let models = Raw::Array(vec![model(&[("cache", flag(own))])]);
        let parsed = parse(&object(&[("nodegenModels", models), ("cache", flag(default))])).unwrap();
        assert_eq!((parsed.config.models[0].cache, parsed.warnings), (expected, vec![]), "{default:?} {own:?}");
    }
}

#[test]
fn what_cannot_be_told_again_is_a_warning_where_it_is_to_be_kept() {
    let sum = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let warnings = |binary: Raw, more: &[(&str, Raw)], default: bool| {
        let members = [&[("versionId", text("a")), ("binary", binary)], more].concat();
        let raw = object(&[("nodegenModels", Raw::Array(vec![object(&members)])), ("cache", Raw::Bool(default))]);
        parse(&raw).unwrap().warnings
    };
    let cache = ("cache", Raw::Bool(true));
    for binary in [Raw::Blob, Raw::Response, Raw::Bytes(String::new(), 9.0)] {
        let told = warnings(binary.clone(), std::slice::from_ref(&cache), false);
        assert!(told.len() == 1 && told[0].starts_with("nodegenModels[0].cache has no effect"), "{told:?}");
        assert_eq!(warnings(binary.clone(), &[cache.clone(), ("integrity", text(sum))], false), [""; 0]);
        assert_eq!(warnings(binary.clone(), &[], true), [""; 0], "the default is for those that can be");
        assert_eq!(warnings(binary, &[("cache", Raw::Bool(false))], true), [""; 0]);
    }
    for binary in [text("/a.zip"), Raw::Function] {
        assert_eq!(warnings(binary, std::slice::from_ref(&cache), false), [""; 0]);
    }
}
