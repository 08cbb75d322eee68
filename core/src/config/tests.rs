//! The rules of the configuration, field by field.

mod models;

use super::*;

fn text(text: &str) -> Raw {
    Raw::Text(text.into())
}

fn object(members: &[(&str, Raw)]) -> Raw {
    Raw::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

/// A model that is fine, with these members set or replaced.
fn model(members: &[(&str, Raw)]) -> Raw {
    let mut all = vec![("versionId", text("V1")), ("binary", Raw::Function)];
    for (key, value) in members {
        all.retain(|(name, _)| name != key);
        all.push((key, value.clone()));
    }
    object(&all)
}

/// A configuration with these models.
fn with(models: &[Raw]) -> Raw {
    object(&[("nodegenModels", Raw::Array(models.to_vec()))])
}

/// A configuration with one good model and these members.
fn and(members: &[(&str, Raw)]) -> Raw {
    let mut all = vec![("nodegenModels", Raw::Array(vec![model(&[])]))];
    all.extend(members.iter().cloned());
    object(&all)
}

fn one(members: &[(&str, Raw)]) -> Result<Model> {
    parse(&with(&[model(members)])).map(|mut parsed| parsed.config.models.remove(0))
}

/// The single refusal: its path, and a message that names the path and holds every one of `parts`.
#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, path: &str, parts: &[&str]) {
    let failure = result.unwrap_err();
    assert_eq!(failure.code, Code::ConfigInvalid);
    assert_eq!(failure.path.as_deref(), Some(path), "{failure}");
    for part in parts.iter().chain([&path]) {
        assert!(failure.message.contains(part), "{failure}: lacks {part}");
    }
}

#[track_caller]
fn warnings(raw: &Raw) -> Vec<String> {
    parse(raw).unwrap().warnings
}

#[test]
fn the_least_configuration_gets_the_defaults() {
    let Parsed { config, warnings } = parse(&with(&[model(&[("versionId", text(" Ab-1\n"))])])).unwrap();
    assert_eq!(warnings, [""; 0]);
    assert_eq!((config.offline_max_service, config.timeout_ms, config.models_key), (20, 60_000.0, "nodegenModels"));
    assert_eq!(config.cancel_grace_ms, 100.0);
    let expected = Model {
        version_id: "Ab-1".into(),
        lookup_id: "ab-1".into(),
        index: 0,
        path: "nodegenModels[0]".into(),
        replica: 1,
        max_pages: 65_536,
        prevent_cleanup: false,
        verify_checksums: true,
        integrity: None,
        lockdown: true,
        cache: false,
        binary: BinaryKind::Function,
        metadata: ModelMetadata::default(),
    };
    assert_eq!(config.models, [expected]);
}

#[test]
fn every_field_of_the_contract_is_read() {
    let engine = object(&[
        ("ProductName", text("folder")),
        ("ServiceName", text("service")),
        ("VersionId", text("v")),
        ("Revision", text("1.2.3")),
        ("ServiceGuid", text("guid")),
        ("PublicAPI", Raw::Bool(true)),
    ]);
    let meta = object(&[
        ("EngineInformation", engine),
        ("EffectiveStartDate", text("2022-01-01T00:00:00Z")),
        ("EffectiveEndDate", Raw::Null),
        ("HasSignatureChain", Raw::Bool(false)),
    ]);
    let entry = model(&[
        ("type", text("base64")),
        ("binary", text("UEsDBBQA")),
        ("preventCleanup", Raw::Bool(true)),
        ("verifyChecksums", Raw::Bool(true)),
        ("replica", Raw::Number(4.0)),
        ("metaData", meta),
    ]);
    let raw = object(&[
        ("sparkEndpoint", Raw::Undefined),
        ("nodegenModels", Raw::Array(vec![entry])),
        ("offlineMaxService", Raw::Number(3.0)),
        ("timeout", Raw::Number(1500.5)),
    ]);
    let Parsed { config, warnings } = parse(&raw).unwrap();
    assert_eq!(warnings, [""; 0], "nothing inside metaData is unknown");
    assert_eq!((config.offline_max_service, config.timeout_ms), (3, 1500.5));
    let model = &config.models[0];
    assert_eq!((model.replica, model.prevent_cleanup, &model.binary), (4, true, &BinaryKind::Base64Text));
    let expected = ModelMetadata {
        folder: Some("folder".into()),
        service: Some("service".into()),
        service_id: Some("guid".into()),
        version_id: Some("v".into()),
        effective_start: Some("2022-01-01T00:00:00Z".into()),
        effective_end: None,
        revision: Some("1.2.3".into()),
    };
    assert_eq!(model.metadata, expected);
}

#[test]
fn only_an_object_is_a_configuration() {
    for bad in [Raw::Undefined, Raw::Null, Raw::Array(vec![]), text("secret"), Raw::Number(1.0), Raw::Function] {
        let failure = parse(&bad).unwrap_err();
        assert_eq!((failure.code, &failure.path), (Code::ConfigInvalid, &None), "{bad:?}");
        assert!(failure.message.contains("new Spark({ nodegenModels: [{"), "{failure}");
        assert!(!failure.message.contains("secret"), "{failure}");
    }
}

#[test]
fn there_must_be_a_model() {
    refused(parse(&object(&[])), "nodegenModels", &["missing", "new Spark("]);
    refused(parse(&object(&[("models", Raw::Array(vec![]))])), "nodegenModels", &["where you wrote models"]);
    for (key, none) in [("nodegenModels", Raw::Array(vec![])), ("nodeGenModels", Raw::Null)] {
        refused(parse(&object(&[(key, none)])), key, &["nothing to run", "sparkEndpoint"]);
    }
    for bad in [model(&[]), text("a"), Raw::Function] {
        refused(parse(&object(&[("nodegenModels", bad)])), "nodegenModels", &["an array of models", "found"]);
    }
    for bad in [Raw::Undefined, Raw::Null, text("a"), Raw::Array(vec![])] {
        refused(parse(&with(&[model(&[]), bad])), "nodegenModels[1]", &["an object", "found"]);
    }
}

#[test]
fn older_spellings_are_read_and_named_as_written() {
    let raw = object(&[("nodeGenModels", Raw::Array(vec![model(&[("parallel", Raw::Number(2.0))])]))]);
    let config = parse(&raw).unwrap().config;
    assert_eq!((config.models_key, config.models[0].replica), ("nodeGenModels", 2));
    assert_eq!(config.models[0].path, "nodeGenModels[0]");
    assert_eq!(one(&[("instance", Raw::Number(3.0))]).unwrap().replica, 3);
    let meta = object(&[("Revision", text("2")), ("VersionId", text("v"))]);
    let metadata = one(&[("metadata", meta)]).unwrap().metadata;
    assert_eq!((metadata.revision.as_deref(), metadata.version_id.as_deref()), (Some("2"), Some("v")));
    refused(one(&[("parallel", Raw::Number(0.0))]), "nodegenModels[0].parallel", &["the number 0"]);

    let entry = |replica| {
        let raw = object(&[("replica", Raw::Number(5.0)), ("nodegenModels", Raw::Array(vec![model(replica)]))]);
        parse(&raw).unwrap().config.models[0].replica
    };
    assert_eq!(entry(&[]), 5, "the top level gives the default");
    assert_eq!(entry(&[("replica", Raw::Number(2.0))]), 2);
    refused(parse(&and(&[("replica", Raw::Number(65.0))])), "replica", &["1 to 64"]);
}

#[test]
fn two_spellings_must_agree() {
    let number = Raw::Number;
    for (a, b) in [("replica", "parallel"), ("replica", "instance"), ("parallel", "instance")] {
        let path = format!("nodegenModels[0].{b}");
        let first = format!("nodegenModels[0].{a}");
        refused(one(&[(a, number(1.0)), (b, number(2.0))]), &path, &[&first, "two spellings"]);
        assert_eq!(one(&[(a, number(2.0)), (b, number(2.0))]).unwrap().replica, 2);
        assert_eq!(one(&[(a, number(2.0)), (b, Raw::Undefined)]).unwrap().replica, 2);
    }
    let other = object(&[("Revision", text("2"))]);
    let both = one(&[("metaData", object(&[])), ("metadata", other)]);
    refused(both, "nodegenModels[0].metadata", &["nodegenModels[0].metaData"]);
    let both = object(&[("nodegenModels", Raw::Array(vec![model(&[])])), ("nodeGenModels", Raw::Array(vec![]))]);
    refused(parse(&both), "nodeGenModels", &["nodegenModels"]);
}

#[test]
fn numbers_have_ranges() {
    let infinity = f64::INFINITY;
    let bad = |extra: &[f64]| {
        let numbers =
            [0.0, -1.0, f64::NAN, infinity, -infinity].into_iter().chain(extra.iter().copied()).map(Raw::Number);
        numbers.chain([Raw::Null, text("2"), Raw::Bool(true), object(&[]), Raw::Function]).collect::<Vec<_>>()
    };
    for value in bad(&[1.5, 65.0]) {
        let found = value.describe();
        let entries = with(&[model(&[("versionId", text("a"))]), model(&[("replica", value)])]);
        refused(parse(&entries), "nodegenModels[1].replica", &["an integer from 1 to 64", &found]);
    }
    for value in bad(&[1.5]) {
        let found = value.describe();
        refused(
            parse(&and(&[("offlineMaxService", value)])),
            "offlineMaxService",
            &["an integer of 1 or more", &found],
        );
    }
    for value in bad(&[2_147_483_648.0]) {
        let found = value.describe();
        refused(parse(&and(&[("timeout", value.clone())])), "timeout", &["2147483647", &found]);
        let failure = call_timeout(&value, 1.0).unwrap_err();
        assert_eq!((failure.code, failure.path.as_deref()), (Code::RequestInvalid, Some("options.timeout")));
        assert!(failure.message.contains(&found), "{failure}");
    }
    for good in [1.0, 64.0] {
        assert_eq!(f64::from(one(&[("replica", Raw::Number(good))]).unwrap().replica), good);
    }
    for (good, count) in [(1.0, 1), (1e300, usize::MAX)] {
        let config = parse(&and(&[("offlineMaxService", Raw::Number(good))])).unwrap().config;
        assert_eq!(config.offline_max_service, count);
    }
    for good in [0.5, 1.0, MAX_TIMEOUT_MS] {
        assert_eq!(parse(&and(&[("timeout", Raw::Number(good))])).unwrap().config.timeout_ms, good);
        assert_eq!(call_timeout(&Raw::Number(good), 7.0), Ok(good));
    }
    assert_eq!(call_timeout(&Raw::Undefined, 7.0), Ok(7.0));
}

#[test]
fn a_grace_may_be_nothing_but_not_less() {
    for good in [0.0, 0.5, 2_147_483_647.0] {
        assert_eq!(parse(&and(&[("cancelGrace", Raw::Number(good))])).unwrap().config.cancel_grace_ms, good);
    }
    for bad in [-1.0, f64::NAN, f64::INFINITY, 2_147_483_648.0] {
        let value = Raw::Number(bad);
        let found = value.describe();
        refused(parse(&and(&[("cancelGrace", value)])), "cancelGrace", &["from 0 to 2147483647", &found]);
    }
}

#[test]
fn flags_are_booleans() {
    refused(parse(&and(&[("lockdown", Raw::Number(0.0))])), "lockdown", &["true or false"]);
    refused(parse(&and(&[("cache", Raw::Number(0.0))])), "cache", &["true or false"]);
    for key in ["preventCleanup", "verifyChecksums", "lockdown", "cache"] {
        for bad in [Raw::Null, Raw::Number(1.0), text("true")] {
            refused(one(&[(key, bad)]), &format!("nodegenModels[0].{key}"), &["true or false"]);
        }
    }
    let off = model(&[("verifyChecksums", Raw::Bool(false))]);
    let parsed = parse(&with(&[off])).unwrap();
    assert!(!parsed.config.models[0].verify_checksums);
    assert!(parsed.warnings[0].starts_with("nodegenModels[0].verifyChecksums is false"), "{:?}", parsed.warnings);
}

#[test]
fn glue_is_locked_down_unless_the_model_or_the_default_says_otherwise() {
    for (default, own, expected, warning) in [
        (None, None, true, None),
        (None, Some(false), false, Some("nodegenModels[0].lockdown is false")),
        (Some(false), None, false, Some("lockdown is false")),
        (Some(false), Some(true), true, Some("lockdown is false")),
        (Some(false), Some(false), false, Some("lockdown is false")),
        (Some(true), Some(false), false, Some("nodegenModels[0].lockdown is false")),
    ] {
        let flag = |value: Option<bool>| value.map_or(Raw::Undefined, Raw::Bool);
        let models = Raw::Array(vec![model(&[("lockdown", flag(own))])]);
        let raw = object(&[("nodegenModels", models), ("lockdown", flag(default))]);
        let Parsed { config, warnings } = parse(&raw).unwrap();
        assert_eq!(config.models[0].lockdown, expected, "{default:?} {own:?}");
        assert_eq!(warnings.len(), usize::from(warning.is_some()), "{warnings:?}");
        assert!(warnings.iter().all(|text| text.starts_with(warning.unwrap())), "{warnings:?}");
    }
}

#[test]
fn our_own_files_have_addresses_or_the_page_makes_the_workers() {
    let address = || Raw::Url("https://host/worker.js".into());
    for key in ["workerUrl", "wasmUrl"] {
        for good in [text("/worker.js"), address(), Raw::LongText("blob".into(), 1e5), Raw::Null, Raw::Undefined] {
            parse(&and(&[(key, good)])).unwrap();
        }
        for bad in [text(" \n"), Raw::Number(1.0), Raw::Bool(true), Raw::Function, Raw::Blob] {
            refused(parse(&and(&[(key, bad)])), key, &["an address: text or a URL"]);
        }
    }
    parse(&and(&[("createWorker", Raw::Function), ("wasmUrl", address()), ("workerUrl", Raw::Null)])).unwrap();
    refused(parse(&and(&[("createWorker", text("/worker.js"))])), "createWorker", &["a function"]);
    let both = and(&[("createWorker", Raw::Function), ("workerUrl", address())]);
    refused(parse(&both), "createWorker", &["workerUrl are both given"]);
    let sandbox = || ("isolation", text("sandbox"));
    parse(&and(&[sandbox(), ("wasmUrl", address())])).unwrap();
    parse(&and(&[("isolation", Raw::Null)])).unwrap();
    for other in [("workerUrl", address()), ("createWorker", Raw::Function)] {
        refused(parse(&and(&[sandbox(), other])), "isolation", &["whose policy is their own"]);
    }
    for bad in [text("frame"), text(""), Raw::Bool(true)] {
        refused(parse(&and(&[("isolation", bad)])), "isolation", &["\"sandbox\", or left out"]);
    }
}

#[test]
fn unknown_fields_warn_once_with_the_nearest_name() {
    let typo = |id| model(&[("versionId", text(id)), ("prevntCleanup", Raw::Bool(true))]);
    let raw = object(&[
        ("nodegenModels", Raw::Array(vec![typo("a"), typo("b"), typo("c")])),
        ("timeuot", Raw::Number(1.0)),
        ("colour", Raw::Number(1.0)),
        ("preventCleanup", Raw::Bool(true)),
        ("gone", Raw::Undefined),
    ]);
    let told = warnings(&raw);
    for (line, expected) in told.iter().zip([
        "nodegenModels[0].prevntCleanup is not a known field and is ignored: did you mean preventCleanup? \
         (And 2 more like it.)",
        "timeuot is not a known field and is ignored: did you mean timeout?",
        "colour is not a known field and is ignored: the fields here are sparkEndpoint, nodegenModels",
        "preventCleanup is not a known field and is ignored: it belongs in an entry of nodegenModels.",
    ]) {
        assert!(line.starts_with(expected), "{line}\nshould be\n{expected}");
    }
    assert_eq!(told.len(), 4, "{told:?}");
    let told = warnings(&with(&[model(&[("timeout", Raw::Number(1.0))])]));
    assert_eq!(told, ["nodegenModels[0].timeout is not a known field and is ignored: it belongs at the top level."]);
}
