//! `sparkEndpoint`, `xcall` and `externalApi` of the configuration.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use spark_execute_core::config::{self, AuthType, Endpoint, Form, XCallOnline, clean_credential};
use spark_execute_core::raw::Raw;
use spark_execute_core::{Code, Failure};

fn text(text: &str) -> Raw {
    Raw::Text(text.into())
}

fn object(members: &[(&str, Raw)]) -> Raw {
    Raw::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

/// A configuration whose endpoint is fine but for these members.
fn with(members: &[(&str, Raw)]) -> Raw {
    let mut all = vec![("url", text("https://a.example")), ("tenant", text("t")), ("authType", text("public"))];
    for (key, value) in members {
        all.retain(|(name, _)| name != key);
        all.push((key, value.clone()));
    }
    object(&[("sparkEndpoint", object(&all))])
}

fn read(members: &[(&str, Raw)]) -> Result<Endpoint, Failure> {
    config::parse(&with(members)).map(|parsed| parsed.config.endpoint.unwrap())
}

fn warnings(raw: &Raw) -> Vec<String> {
    config::parse(raw).unwrap().warnings
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Failure>, path: &str, parts: &[&str]) {
    let failure = result.unwrap_err();
    assert_eq!((failure.code, failure.path.as_deref()), (Code::ConfigInvalid, Some(path)), "{failure}");
    for part in parts.iter().chain([&path]) {
        assert!(failure.message.contains(part), "{failure}: lacks {part}");
    }
    assert!(!failure.message.contains("s3cret"), "{failure}");
}

#[test]
fn the_least_endpoint_gets_the_defaults_and_needs_no_models() {
    for models in [vec![], vec![("nodegenModels", Raw::Array(vec![]))], vec![("nodeGenModels", Raw::Null)]] {
        let Raw::Object(mut members) = with(&[]) else { panic!() };
        members.extend(models.into_iter().map(|(key, value)| (key.to_owned(), value)));
        let parsed = config::parse(&Raw::Object(members)).unwrap();
        assert_eq!((parsed.warnings, parsed.config.models), (vec![], vec![]));
        let expected = Endpoint {
            url: "https://a.example".into(),
            tenant: "t".into(),
            auth: AuthType::Public,
            credential_is_function: false,
            own_fetch: false,
            form: Form::Auto,
            retries: 2,
            retry_delay_ms: 500.0,
            compress_above: None,
        };
        assert_eq!(parsed.config.endpoint, Some(expected));
        assert_eq!((parsed.config.xcall.online, parsed.config.xcall.max_depth), (XCallOnline::Always, 16));
        assert!(!parsed.config.external_api);
    }
    // What is there must still be right.
    let Raw::Object(mut members) = with(&[]) else { panic!() };
    members.push(("nodegenModels".into(), text("x")));
    refused(config::parse(&Raw::Object(members)), "nodegenModels", &["an array"]);
}

#[test]
fn an_absent_endpoint_is_none_and_a_wrong_one_is_not_shown() {
    let model = object(&[("versionId", text("v")), ("binary", Raw::Function)]);
    for absent in [Raw::Undefined, Raw::Null] {
        let raw = object(&[("nodegenModels", Raw::Array(vec![model.clone()])), ("sparkEndpoint", absent)]);
        let parsed = config::parse(&raw).unwrap();
        assert_eq!((parsed.warnings, parsed.config.endpoint), (vec![], None));
    }
    for bad in [text("s3cret"), Raw::Bool(true), Raw::Array(vec![]), Raw::Function, Raw::Url("https://s3cret".into())] {
        refused(config::parse(&object(&[("sparkEndpoint", bad)])), "sparkEndpoint", &["{ url, tenant, authType }"]);
    }
}

#[test]
fn every_field_is_read() {
    let endpoint = read(&[
        ("authType", text(" bearerToken ")),
        ("bearerToken", Raw::Function),
        ("fetch", Raw::Function),
        ("form", text("generic")),
        ("retries", Raw::Number(0.0)),
        ("retryDelay", Raw::Number(0.5)),
        ("compressAbove", Raw::Number(0.0)),
        ("syntheticKey", Raw::Undefined),
    ])
    .unwrap();
    assert_eq!((endpoint.auth, endpoint.credential_is_function), (AuthType::BearerToken, true));
    assert_eq!((endpoint.own_fetch, endpoint.form, endpoint.retries), (true, Form::Generic, 0));
    assert_eq!((endpoint.retry_delay_ms, endpoint.compress_above), (0.5, Some(0.0)));
    let endpoint = read(&[("form", text("auto")), ("retries", Raw::Number(100.0)), ("fetch", Raw::Null)]).unwrap();
    assert_eq!((endpoint.own_fetch, endpoint.form, endpoint.retries), (false, Form::Auto, 100));
    let key = read(&[("authType", text("syntheticKey")), ("syntheticKey", text("k"))]).unwrap();
    assert_eq!((key.auth, key.credential_is_function), (AuthType::SyntheticKey, false));
    assert_eq!([key.auth, endpoint.auth].map(AuthType::member), [Some("syntheticKey"), None]);
}

#[test]
fn addresses_lose_what_follows_the_host() {
    for (url, kept) in [
        ("https://excel.uat.us.coherent.global", "https://excel.uat.us.coherent.global"),
        ("https://a.example/", "https://a.example"),
        (" HTTPS://A.Example// \n", "https://a.example"),
        ("https://a.example/t", "https://a.example"),
        ("https://a.example/T/", "https://a.example"),
        ("https://a.example/%74", "https://a.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000/t/", "http://127.0.0.1:3000"),
        ("http://[::1]:3000/t", "http://[::1]:3000"),
        ("http://[::1]", "http://[::1]"),
        ("https://a.example/runner/", "https://a.example/runner"),
        ("https://a.example//proxy/Spark/t/", "https://a.example/proxy/Spark"),
        ("https://a.example/t/more", "https://a.example/t/more"),
        ("https://a.example/api/spark", "https://a.example/api/spark"),
    ] {
        assert_eq!(read(&[("url", text(url))]).unwrap().url, kept, "{url}");
        assert_eq!(read(&[("url", Raw::Url(url.into()))]).unwrap().url, kept, "{url}");
    }
    let spaced = read(&[("tenant", text(" my tenant ")), ("url", text("https://a.example/my%20tenant"))]).unwrap();
    assert_eq!((spaced.url.as_str(), spaced.tenant.as_str()), ("https://a.example", "my tenant"));
}

#[test]
fn wrong_addresses_are_refused_by_name() {
    refused(read(&[("url", Raw::Undefined)]), "sparkEndpoint.url", &["missing"]);
    refused(
        read(&[("url", Raw::Undefined), ("uri", text("https://s3cret"))]),
        "sparkEndpoint.url",
        &["where you wrote uri"],
    );
    for (bad, part) in [
        ("", "absolute"),
        ("s3cret", "absolute"),
        ("/s3cret", "absolute"),
        ("//a.example", "absolute"),
        ("https:a.example", "absolute"),
        ("ftp://s3cret", "https://"),
        ("javascript://s3cret", "https://"),
        ("https://a.example?key=s3cret", "query"),
        ("https://a.example/#s3cret", "fragment"),
        ("https://user:s3cret@a.example", "password"),
        ("https://", "no valid"),
        ("https:///t", "no valid"),
        ("https://:80", "no valid"),
        ("https://a.example:port", "no valid"),
        ("https://a.example:65536", "no valid"),
        ("https://a b.example", "no valid"),
        ("https://a.example/a b", "no valid"),
        ("https://a.example/../b", "dots"),
        ("https://a.example/%2e%2E/b", "dots"),
        ("https://a.example/t/api/v3/folders/f/services/s/execute", "after the tenant"),
        ("https://a.example/t/API/V4/execute", "after the tenant"),
    ] {
        refused(read(&[("url", text(bad))]), "sparkEndpoint.url", &[part, "excel.uat.us.coherent.global"]);
    }
    for bad in [Raw::Number(1.0), Raw::Bool(false), Raw::Function, Raw::LongText("s3cret".into(), 1e6)] {
        refused(read(&[("url", bad)]), "sparkEndpoint.url", &["must be", "found"]);
    }
}

#[test]
fn tenants_are_names() {
    refused(read(&[("tenant", Raw::Null)]), "sparkEndpoint.tenant", &["missing"]);
    assert!(!read(&[("tenant", Raw::Null)]).unwrap_err().message.contains("Did you mean"), "itself");
    let long = "a".repeat(201);
    for bad in ["", " ", ".", "..", "%2e%2e", "a\nb", long.as_str()] {
        refused(read(&[("tenant", text(bad))]), "sparkEndpoint.tenant", &["1 to 200 characters", "found"]);
    }
    for good in ["a_b.c/d#e&f+g-h", "größe", &long[1..]] {
        assert_eq!(read(&[("tenant", text(good))]).unwrap().tenant, good);
    }
    let keyed = [("tenant", text("größe €")), ("authType", text("syntheticKey")), ("syntheticKey", text("k"))];
    refused(read(&keyed), "sparkEndpoint.tenant", &["no header can carry"]);
}

#[test]
fn auth_types_are_those_of_the_contract() {
    refused(read(&[("authType", Raw::Undefined)]), "sparkEndpoint.authType", &["missing", r#""public""#]);
    let all = r#""public", "syntheticKey" or "bearerToken""#;
    for (bad, hint) in [
        ("BearerToken", "Did you mean \"bearerToken\"?"),
        ("bearer", "Did you mean \"bearerToken\"?"),
        ("synthetic_key", "Did you mean \"syntheticKey\"?"),
        ("Public", "Did you mean \"public\"?"),
    ] {
        refused(read(&[("authType", text(bad))]), "sparkEndpoint.authType", &[all, hint]);
    }
    for bad in [text("s3cret"), Raw::Bool(true), text("")] {
        refused(read(&[("authType", bad)]), "sparkEndpoint.authType", &[all]);
    }
}

#[test]
fn credentials_are_text_or_functions_and_never_shown() {
    for (auth, other) in [("syntheticKey", "bearerToken"), ("bearerToken", "syntheticKey")] {
        let at = format!("sparkEndpoint.{auth}");
        let given = |value: Raw| read(&[("authType", text(auth)), (auth, value)]);
        refused(read(&[("authType", text(auth))]), &at, &["missing"]);
        refused(read(&[("authType", text(auth)), (other, text("s3cret"))]), &at, &["missing"]);
        for bad in ["", " ", "Bearer ", "bearer", "s3cret\nX-Evil: 1", "s3cret\u{0}", "s3cret €", "s3\tcret"] {
            refused(given(text(bad)), &at, &["no header can carry"]);
        }
        for bad in [Raw::Number(1.0), object(&[]), Raw::Other("a Promise".into()), Raw::LongText("s3cret".into(), 1e6)]
        {
            refused(given(bad), &at, &["text, or a function", "found"]);
        }
        refused(given(Raw::Url("https://s3cret".into())), &at, &["text, or a function"]);
        for good in ["s3cret", " s3cret\n", "Bearer s3cret", "BEARER  s3cret"] {
            let parsed = given(text(good)).unwrap();
            assert!(!parsed.credential_is_function);
            assert!(!format!("{parsed:?}").contains("s3cret"));
        }

        let told = warnings(&with(&[("authType", text("public")), (auth, text("s3cret"))]));
        assert_eq!(told, [format!("{at} is not used: authType is \"public\".")]);
        let both = [("authType", text(auth)), (auth, Raw::Function), (other, text("s3cret"))];
        assert_eq!(warnings(&with(&both)), [format!("sparkEndpoint.{other} is not used: authType is {auth:?}.")]);
    }
    for (given, clean) in [
        ("k", Some("k")),
        (" k k ", Some("k k")),
        ("bearer\t k", Some("k")),
        ("Bearer", None),
        ("Bearerk", Some("Bearerk")),
        ("\u{feff}k\r\n", Some("k")),
        ("k\u{7f}", None),
    ] {
        assert_eq!(clean_credential(given), clean, "{given:?}");
    }
}

#[test]
fn options_have_kinds_and_ranges() {
    let number = Raw::Number;
    let cases: [(&str, Vec<Raw>, &str); 5] = [
        ("fetch", vec![text("s3cret"), Raw::Bool(true), object(&[])], "a function"),
        ("form", vec![text("Generic"), text(""), number(1.0)], r#""auto" or "generic""#),
        ("retries", vec![number(-1.0), number(1.5), number(101.0), number(f64::NAN), text("2")], "from 0 to 100"),
        ("retryDelay", vec![number(0.0), number(60_001.0), number(f64::NAN), text("2")], "above 0 and up to 60000"),
        ("compressAbove", vec![number(-1.0), number(f64::NAN), Raw::Bool(true)], "a number of bytes"),
    ];
    for (key, bad, part) in cases {
        for value in bad {
            refused(read(&[(key, value)]), &format!("sparkEndpoint.{key}"), &[part]);
        }
    }
}

#[test]
fn a_form_that_is_nearly_right_is_suggested() {
    let at = "sparkEndpoint.form";
    refused(read(&[("form", text("Generic"))]), at, &["Did you mean \"generic\"?"]);
    assert!(!read(&[("form", text("v4"))]).unwrap_err().message.contains("Did you mean"));
}

#[test]
fn unknown_fields_warn_with_the_nearest_name() {
    assert!(warnings(&with(&[("retry", Raw::Number(1.0))]))[0].contains("did you mean retries?"));
    let told =
        warnings(&with(&[("retrys", Raw::Number(1.0)), ("timeout", Raw::Number(1.0)), ("tenantId", text("s3cret"))]));
    for (line, part) in told.iter().zip(["did you mean retries?", "at the top level", "did you mean tenant?"]) {
        assert!(line.starts_with("sparkEndpoint.") && line.contains(part) && !line.contains("s3cret"), "{line}");
    }
    assert_eq!(told.len(), 3);
}

#[test]
fn xcall_and_external_api() {
    let parse = |members: &[(&str, Raw)]| {
        let Raw::Object(mut all) = with(&[]) else { panic!() };
        all.extend(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        config::parse(&Raw::Object(all))
    };
    let online = |value| parse(&[("xcall", object(&[("online", value)]))]);
    for (value, expected) in [
        (Raw::Undefined, XCallOnline::Always),
        (Raw::Bool(true), XCallOnline::Always),
        (Raw::Bool(false), XCallOnline::Never),
        (Raw::Function, XCallOnline::Ask),
    ] {
        assert_eq!(online(value).unwrap().config.xcall.online, expected);
    }
    for bad in [text("false"), Raw::Number(0.0), object(&[])] {
        refused(online(bad.clone()), "xcall.online", &["true, false or a function"]);
        refused(parse(&[("xcall", object(&[("maxDepth", bad)]))]), "xcall.maxDepth", &["from 1 to 100"]);
    }
    for bad in [Raw::Bool(false), Raw::Function, text("online")] {
        refused(parse(&[("xcall", bad)]), "xcall", &["{ online: false }"]);
    }
    let deep = parse(&[("xcall", object(&[("maxDepth", Raw::Number(3.0)), ("onlin", Raw::Bool(true))]))]).unwrap();
    assert_eq!(deep.config.xcall.max_depth, 3);
    assert_eq!(deep.warnings, ["xcall.onlin is not a known field and is ignored: did you mean online?"]);

    assert!(parse(&[("externalApi", Raw::Function)]).unwrap().config.external_api);
    for bad in [Raw::Bool(true), text("s3cret"), object(&[])] {
        refused(parse(&[("externalApi", bad)]), "externalApi", &["a function"]);
    }
}
