//! Calls that the endpoint answers: what the page does with the facade's `ask`, whose answers are given by hand.

use js_sys::{Array, Promise};
use spark_execute_worker::js::{get, set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::page::{REQUEST, text};
use super::support::*;
use crate::client::Client;

const GOOD: &str = "{ status: 200, response: { response_data: { outputs: { a: 1 } } }, text: '{}' }";

/// A client with an endpoint whose `ask` gives these answers, expressions each, one after the other.
struct Online {
    client: Client,
    host: JsValue,
}

impl Online {
    fn new(endpoint: &str, answers: &[&str]) -> Online {
        let host: JsValue = host(&"".into()).into();
        set(
            &host,
            "answers",
            &js(&format!("[{}]", answers.iter().map(|answer| format!("() => ({answer}),")).collect::<String>())),
        );
        set(&host, "asked", &Array::new());
        set(
            &host,
            "ask",
            &js("(async function (fetch, url, headers, body, above, signal) {
                this.asked.push({ url, headers, body, above, signal });
                return this.answers.shift()();
            })"),
        );
        set(&host, "withPath", &js("(response, path) => ({ ...response, path })"));
        let endpoint = format!("url: 'https://a.example', tenant: 't', retryDelay: 1, {endpoint}");
        let config = js(&format!("({{ sparkEndpoint: {{ {endpoint} }} }})"));
        Online { client: Client::new(config, host.clone().unchecked_into()).unwrap(), host }
    }

    fn start(&self) -> (u32, Promise) {
        let mut call = 0;
        let promise = Promise::new(&mut |resolve, reject| {
            let nothing = JsValue::UNDEFINED;
            call = self.client.execute(
                js(REQUEST),
                "m".into(),
                nothing.clone(),
                nothing.clone(),
                resolve,
                reject,
                -1,
                nothing,
                0,
            );
        });
        (call, promise)
    }

    fn asked(&self) -> Array {
        get(&self.host, "asked").unchecked_into()
    }
}

#[wasm_bindgen_test]
async fn a_response_reaches_the_caller_with_the_path_it_took() {
    let online = Online::new("authType: 'syntheticKey', syntheticKey: 'k'", &[GOOD]);
    let response = wait(&online.start().1).await.unwrap();
    assert_eq!(text(&response, "path"), "online");
    let asked = online.asked().get(0);
    assert_eq!(text(&asked, "url"), "https://a.example/t/api/v3/version/m");
    assert_says(&text(&asked, "body"), &[r#""radius":3"#, r#""version_id":"m""#]);
    let headers = get(&asked, "headers");
    assert_eq!((text(&headers, "x-synthetic-key"), text(&headers, "x-tenant-name")), ("k".into(), "t".into()));
    assert_eq!(get(&asked, "above"), f64::INFINITY, "nothing is compressed unless asked for");
}

#[wasm_bindgen_test]
async fn what_may_pass_is_asked_again_with_a_fresh_credential() {
    let endpoint = "authType: 'bearerToken', bearerToken: () => `t${globalThis.tokens = (globalThis.tokens ?? 0) + 1}`";
    let failures = ["{ status: 503 }", "Promise.reject(new TypeError('down'))"];
    let online = Online::new(endpoint, &[failures[0], failures[1], GOOD]);
    wait(&online.start().1).await.unwrap();
    let tokens: Vec<String> =
        online.asked().iter().map(|asked| text(&get(&asked, "headers"), "Authorization")).collect();
    assert_eq!(tokens, ["Bearer t1", "Bearer t2", "Bearer t3"]);
}

#[wasm_bindgen_test]
async fn what_stands_is_an_error_that_says_why() {
    for (answer, code) in [
        ("{ status: 403, message: 'no', requestId: 'r' }", "FORBIDDEN"),
        ("{ status: 200, unexpected: 'html' }", "ONLINE_RESPONSE_INVALID"),
        ("Promise.reject(new TypeError('down'))", "NETWORK"),
        ("undefined", "ONLINE_RESPONSE_INVALID"),
    ] {
        let online = Online::new("authType: 'public', retries: 0", &[answer]);
        let error = wait(&online.start().1).await.unwrap_err();
        assert_eq!(text(&error, "code"), code, "{answer}");
        assert_eq!(online.asked().length(), 1);
    }
}

#[wasm_bindgen_test]
async fn who_ends_a_call_ends_its_request() {
    let never = "new Promise(() => {})";
    for end in ["cancel", "destroy"] {
        let online = Online::new("authType: 'public'", &[never]);
        let (call, promise) = online.start();
        turn_until(|| online.asked().length() == 1).await;
        let signal = get(&online.asked().get(0), "signal");
        assert_eq!(get(&signal, "aborted"), false);
        if end == "cancel" {
            assert!(online.client.cancel(call, JsValue::UNDEFINED));
        } else {
            online.client.destroy()
        }
        assert_eq!(get(&signal, "aborted"), true, "{end}");
        assert!(wait(&promise).await.is_err());
    }
}

async fn turn_until(done: impl Fn() -> bool) {
    while !done() {
        wait(&turn()).await.unwrap();
    }
}
