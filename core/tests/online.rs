//! One online call: its address, its headers, and what the answer means.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod online_kit;

use online_kit::endpoint;
use spark_execute_core::config::{AuthType, Endpoint, Form};
use spark_execute_core::online::{
    CredentialTrouble, ErrorBody, Reply, ServiceUri, Target, Unexpected, chunk_address, credential_failure,
    fails_records, failure, headers, network, not_a_result, refuses_caller, refuses_chunks, route,
};
use spark_execute_core::{Code, Failure};

const SECRET: &str = "s3cret-k3y";

#[test]
fn service_names_are_read_in_every_spelling() {
    let service = |folder: &str, service: &str, version: Option<&str>| {
        Some(ServiceUri::Service {
            folder: folder.into(),
            service: service.into(),
            version: version.map(str::to_owned),
        })
    };
    for (text, expected) in [
        ("folders/f/services/s", service("f", "s", None)),
        ("f/s", service("f", "s", None)),
        (" /Folders/f/SERVICES/s/ ", service("f", "s", None)),
        ("f/s[1.2.3]", service("f", "s", Some("1.2.3"))),
        ("folders/f/services/s[1.2]", service("f", "s", Some("1.2"))),
        ("f/s [ 1 ]", service("f", "s", Some("1"))),
        ("f/s[]", service("f", "s", None)),
        ("f/s[draft]", service("f", "s[draft]", None)),
        ("f/s[1 2]", service("f", "s[1 2]", None)),
        ("f[1]/s", service("f[1]", "s", None)),
        ("my%20f/gr%C3%B6%C3%9Fe%2F1", service("my f", "größe/1", None)),
        ("my f/100% plan%", service("my f", "100% plan%", None)),
        ("f/%FF", service("f", "%FF", None)),
        ("folders/s", service("folders", "s", None)),
        ("service/8f3b", Some(ServiceUri::ServiceId("8f3b".into()))),
        ("Version/8f3b", Some(ServiceUri::VersionId("8f3b".into()))),
        ("proxy/a", Some(ServiceUri::Proxy("a".into()))),
        ("proxy/a/b%20c", Some(ServiceUri::Proxy("a/b c".into()))),
        ("services/f/folders/s", None),
        ("folders/f/services", None),
        ("f", None),
        ("", None),
        ("/", None),
        ("f//s", None),
        ("f/", None),
        ("../s", None),
        ("f/%2e%2e", None),
        ("version/..", None),
        ("proxy/../x", None),
        ("proxy/", None),
        ("a/b/c", None),
    ] {
        assert_eq!(ServiceUri::parse(text), expected, "{text:?}");
    }
}

#[test]
fn every_address() {
    let none = Target::default();
    let id = Target { version_id: Some("v 1"), ..none };
    let uri = |text: &'static str| Target { service_uri: Some(text), ..none };
    let meta = Target { folder: Some("F/1"), service: Some("größe"), ..none };
    let by_name = "folders/f/services/s/execute";
    for (target, path, version) in [
        (none, "execute", None),
        (id, "version/v%201", None),
        (uri("f/s"), by_name, None),
        (uri("folders/f/services/s[1.2]"), by_name, Some("1.2")),
        (meta, "folders/F%2F1/services/gr%C3%B6%C3%9Fe/execute", None),
        (Target { service_id: Some(" 8f "), ..none }, "service/8f", None),
        (uri("service/8f"), "service/8f", None),
        (uri("version/8f"), "version/8f", None),
        (uri("proxy/a/b c"), "proxy/a/b%20c", None),
        // The first that is known decides: the call's own name, the model's, the ids.
        (Target { service_uri: Some("f/s"), service_id: Some("x"), version_id: Some("v"), ..meta }, by_name, None),
        (Target { version_id: Some("v"), ..meta }, "folders/F%2F1/services/gr%C3%B6%C3%9Fe/execute", None),
        (Target { folder: None, version_id: Some("v"), ..meta }, "version/v", None),
        (Target { service: Some(" "), version_id: Some("v"), ..meta }, "version/v", None),
        (Target { service_id: Some("x"), ..id }, "version/v%201", None),
        (Target { service_id: Some("x"), ..uri("version/v") }, "version/v", None),
        (Target { service_id: Some("x"), ..uri("proxy/p") }, "service/x", None),
        (Target { version_id: Some("v"), ..uri("service/8f") }, "version/v", None),
        // Nothing may climb out of its place.
        (Target { version_id: Some(".."), ..none }, "execute", None),
        (Target { version_id: Some("../../x?y#z"), ..none }, "version/..%2F..%2Fx%3Fy%23z", None),
        (Target { version_id: Some("%2e%2e"), ..none }, "execute", None),
        (uri("nonsense"), "execute", None),
    ] {
        for (auth, public) in [(AuthType::Public, "public/"), (AuthType::BearerToken, ""), (AuthType::SyntheticKey, "")]
        {
            let route = route(&endpoint(auth), &target);
            let url = format!("https://excel.uat.us.coherent.global/my%20tenant/api/v3/{public}{path}");
            assert_eq!((route.url, route.version.as_deref()), (url, version), "{target:?}");
        }
    }
    let generic = Endpoint { form: Form::Generic, ..endpoint(AuthType::BearerToken) };
    let all = Target { service_uri: Some("f/s[1]"), service_id: Some("x"), version_id: Some("v"), ..meta };
    let route_of = |endpoint| route(endpoint, &all);
    assert!(route_of(&generic).url.ends_with("/my%20tenant/api/v3/execute"));
    assert_eq!(route_of(&generic).version.as_deref(), Some("1"));
    let public = Endpoint { form: Form::Generic, ..endpoint(AuthType::Public) };
    assert!(route_of(&public).url.ends_with("/api/v3/public/execute"));
    let runner = Endpoint { url: "http://localhost:3000/r".into(), tenant: "t".into(), ..endpoint(AuthType::Public) };
    assert_eq!(route(&runner, &id).url, "http://localhost:3000/r/t/api/v3/public/version/v%201");
}

#[test]
fn only_the_headers_that_the_auth_type_needs() {
    let of = |auth, credential| {
        let list = headers(&endpoint(auth), credential).unwrap();
        list.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    let json = "Content-Type: application/json";
    assert_eq!(of(AuthType::Public, ""), [json]);
    assert_eq!(of(AuthType::Public, "unused"), [json]);
    for given in ["k", " k\n", "Bearer k", "bEARER   k"] {
        assert_eq!(of(AuthType::BearerToken, given), [json, "Authorization: Bearer k"]);
        assert_eq!(of(AuthType::SyntheticKey, given), [json, "x-synthetic-key: k", "x-tenant-name: my tenant"]);
    }
    for auth in [AuthType::BearerToken, AuthType::SyntheticKey] {
        for bad in ["", " ", "Bearer ", "s3cret-k3y\r\nX-Evil: 1", "s3cret-k3y\0", "s3cret-k3y€"] {
            let failure = headers(&endpoint(auth), bad).unwrap_err();
            let path = format!("sparkEndpoint.{}", auth.as_str());
            assert_eq!((failure.code, failure.path.clone()), (Code::CredentialInvalid, Some(path)), "{bad:?}");
            assert!(failure.message.contains("no header can carry") && !failure.message.contains("s3cret"));
        }
    }
}

#[test]
fn a_credential_that_cannot_be_had_names_the_function() {
    let endpoint = Endpoint { credential_is_function: true, ..endpoint(AuthType::SyntheticKey) };
    for (trouble, part) in [
        (CredentialTrouble::Threw, "threw"),
        (CredentialTrouble::NotText, "not text"),
        (CredentialTrouble::Unfit, "empty"),
    ] {
        let failure = credential_failure(&endpoint, trouble);
        assert_eq!(failure.path.as_deref(), Some("sparkEndpoint.syntheticKey()"));
        assert!(failure.code == Code::CredentialInvalid && failure.message.contains(part), "{failure}");
    }
}

/// Status, request id and wait of a failure.
fn http(failure: &Failure) -> (Option<u16>, Option<&str>, Option<f64>) {
    let Some(more) = &failure.more else { return (None, None, None) };
    (more.status, more.request_id.as_deref(), more.retry_after_ms)
}

fn reply(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

fn judged(auth: AuthType, reply: &Reply) -> Failure {
    failure(&endpoint(auth), SECRET, reply)
}

#[test]
fn the_status_decides() {
    for (status, code, part) in [
        (400, Code::RequestRefused, "request_meta"),
        (401, Code::Unauthorized, "does not accept sparkEndpoint.bearerToken"),
        (403, Code::Forbidden, "may not run this service"),
        (404, Code::ModelNotFound, "cannot find the service"),
        (405, Code::RequestRefused, "refused"),
        (408, Code::RequestRefused, "refused"),
        (409, Code::RequestRefused, "refused"),
        (413, Code::RequestRefused, "too large"),
        (415, Code::RequestRefused, "compressAbove"),
        (422, Code::RequestRefused, "refused"),
        (429, Code::RateLimited, "too many requests"),
        (500, Code::ServerError, "failed"),
        (501, Code::ServerError, "failed"),
        (502, Code::Unavailable, "not available"),
        (503, Code::Unavailable, "not available"),
        (504, Code::Unavailable, "timed out"),
        (599, Code::ServerError, "failed"),
        (204, Code::OnlineResponseInvalid, "unexpected"),
        (304, Code::OnlineResponseInvalid, "unexpected"),
        (600, Code::OnlineResponseInvalid, "unexpected"),
    ] {
        // Whatever the body says.
        for body in [
            ErrorBody::default(),
            ErrorBody { html: true, ..ErrorBody::default() },
            ErrorBody { code: Some("Success".into()), message: Some("fine".into()), ..ErrorBody::default() },
        ] {
            let failure = judged(AuthType::BearerToken, &Reply { body, ..reply(status) });
            assert_eq!((failure.code, http(&failure).0), (code, Some(status)), "{failure}");
            assert!(failure.message.contains(part) && failure.message.contains(&status.to_string()), "{failure}");
        }
    }
    let told = |auth, status| judged(auth, &reply(status)).into_facts().message;
    assert!(told(AuthType::Public, 401).contains("wants a credential"));
    assert!(told(AuthType::Public, 403).contains("made public"));
    assert!(told(AuthType::SyntheticKey, 401).contains("sparkEndpoint.syntheticKey"));
}

#[test]
fn what_the_server_says_is_shown_and_the_credential_is_not() {
    let said = Reply {
        request_id: Some("r-1".into()),
        retry_after_ms: Some(250.0),
        body: ErrorBody {
            code: Some("error.UNAUTHORIZED".into()),
            message: Some("Invalid\r\n\u{7}token".into()),
            ..ErrorBody::default()
        },
        ..reply(401)
    };
    let told = judged(AuthType::BearerToken, &said);
    assert!(told.message.ends_with("(HTTP status 401). The server says: Invalid   token"), "{told}");
    assert_eq!(told.details.as_deref(), Some("error.UNAUTHORIZED: Invalid   token"));
    assert_eq!(http(&told), (Some(401), Some("r-1"), Some(250.0)));

    let html =
        judged(AuthType::Public, &Reply { body: ErrorBody { html: true, ..ErrorBody::default() }, ..reply(403) });
    assert!(html.message.contains("web page") && html.details.is_none(), "{html}");
    let bare = judged(AuthType::Public, &reply(503));
    assert!(bare.message.ends_with("(HTTP status 503)."), "{bare}");
    assert_eq!((bare.details.as_deref(), http(&bare)), (None, (Some(503), None, None)));

    // At the cut, too: half a credential is one as well.
    let echo = |before: usize| Some(format!("{} key {SECRET} and Bearer {SECRET}", "é".repeat(before)));
    for before in [0, 480, 490, 494, 499, 600] {
        let body = ErrorBody { message: echo(before), code: echo(before), ..ErrorBody::default() };
        let echoing = Reply { body, request_id: echo(before), ..reply(400) };
        for credential in [SECRET.to_owned(), format!("Bearer {SECRET}"), format!(" {SECRET}\n")] {
            let failure = failure(&endpoint(AuthType::BearerToken), &credential, &echoing);
            let shown = format!("{failure:?} {failure} {echoing:?}");
            assert!(!shown.contains("s3c"), "{shown}");
            assert!(failure.message.chars().count() < 800 && failure.details.as_ref().unwrap().chars().count() < 1100);
        }
    }
}

#[test]
fn failures_without_a_status_say_why() {
    for in_browser in [true, false] {
        let failure = network("", "", in_browser);
        assert_eq!((failure.code, http(&failure).0), (Code::Network, None));
        for part in ["CORS", "browser"] {
            assert_eq!(failure.message.contains(part), in_browser, "{failure}");
        }
    }
    for (unexpected, part) in [
        (Unexpected::Html, "sign-in page"),
        (Unexpected::Empty, "nothing"),
        (Unexpected::NotJson, "not JSON"),
        (Unexpected::Shape, "not the response"),
    ] {
        let failure = not_a_result("", &Reply { status: 200, ..Reply::default() }, unexpected);
        assert_eq!((failure.code, http(&failure).0), (Code::OnlineResponseInvalid, Some(200)));
        assert!(failure.message.contains(part), "{failure}");
    }
    let text = |text: &str| Some(text.to_owned());
    let body = ErrorBody { message: text("s3cret is broken"), code: text("E1"), html: false };
    let reply = Reply { status: 200, request_id: text("id"), body, ..Reply::default() };
    let failure = not_a_result("s3cret", &reply, Unexpected::Shape);
    assert!(failure.message.contains("an error in place"), "{failure}");
    assert!(failure.message.ends_with("The server says: [credential] is broken"), "{failure}");
    assert_eq!(failure.details.as_deref(), Some("E1: [credential] is broken"));
    assert_eq!(failure.more.as_ref().unwrap().request_id.as_deref(), Some("id"));
}

#[test]
fn a_name_that_only_the_page_knows_is_sent_only_where_nothing_else_says_which_service_is_meant() {
    const ID: &str = "11111111-2222-3333-4444-555555555555";
    let configured = Target { version_id: Some("my-model"), is_configured: true, ..Target::default() };
    let named = Target { folder: Some("f"), service: Some("s"), ..configured };
    let by_uri = Target { service_uri: Some("f/s"), ..configured };
    for (target, path, id) in [
        (named, "folders/f/services/s/execute", None),
        (by_uri, "folders/f/services/s/execute", None),
        (Target { version_id: Some(ID), ..named }, "folders/f/services/s/execute", Some(ID)),
        (Target { own_version_id: Some(ID), ..named }, "folders/f/services/s/execute", Some(ID)),
        (Target { own_version_id: Some(ID), ..configured }, "version/11111111-2222-3333-4444-555555555555", Some(ID)),
        (configured, "version/my-model", Some("my-model")),
        (Target { is_configured: false, ..named }, "folders/f/services/s/execute", Some("my-model")),
        (Target { service_uri: Some("nonsense"), ..configured }, "version/my-model", Some("my-model")),
        // A body that stays as it is cannot say which version is meant.
        (
            Target { version_id: Some(ID), is_raw: true, ..named },
            "version/11111111-2222-3333-4444-555555555555",
            Some(ID),
        ),
        (
            Target { own_version_id: Some(ID), is_raw: true, ..named },
            "version/11111111-2222-3333-4444-555555555555",
            Some(ID),
        ),
        (Target { is_raw: true, ..named }, "folders/f/services/s/execute", None),
    ] {
        let route = route(&endpoint(AuthType::BearerToken), &target);
        assert!(route.url.ends_with(&format!("/api/v3/{path}")), "{} for {target:?}", route.url);
        assert_eq!(route.version_id, id, "{target:?}");
    }
}

#[test]
fn records_of_a_batch_go_together_where_the_version_is_told_by_its_id_alone() {
    let id = "b91693e8-5d3a-44ab-9142-75eb0d18e36c";
    let auto = endpoint(AuthType::SyntheticKey);
    let [shared, public] = [&auto, &endpoint(AuthType::Public)].map(|endpoint| chunk_address(endpoint, id).unwrap());
    assert!(shared.ends_with("/api/v4/execute"), "{shared}");
    assert!(public.ends_with("/api/v4/public/execute"), "{public}");
    assert_eq!(chunk_address(&auto, "my-name"), None);
    assert_eq!(chunk_address(&Endpoint { form: Form::Generic, ..auto }, id), None);
    // Others may pass by: a limit, a server that is busy, no answer at all.
    for (status, refuses) in [(0, false), (200, true), (400, true), (404, true), (413, true), (429, false), (501, true)]
    {
        assert_eq!(refuses_chunks(status), refuses, "{status}");
        assert_eq!(fails_records(status), status == 429, "{status}");
    }
    for status in [401, 403] {
        assert!(refuses_chunks(status) && refuses_caller(status) && !fails_records(status), "{status}");
    }
    for status in [500, 502, 503, 504] {
        assert!(!refuses_chunks(status) && !refuses_caller(status), "{status}");
        assert_eq!(fails_records(status), status == 503, "{status}");
    }
}
