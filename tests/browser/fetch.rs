//! Packages that are fetched.

use std::cell::RefCell;

use js_sys::{Array, Uint8Array};
use spark_execute_core::config::{Credentials, UrlRequest};
use spark_execute_core::{Code, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::fetch::ask;

fn at(url: &str) -> UrlRequest {
    UrlRequest { url: url.into(), headers: Vec::new(), credentials: Credentials::SameOrigin }
}

async fn bytes(request: &UrlRequest) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    let take = |piece: Uint8Array| {
        all.extend(piece.to_vec());
        true
    };
    ask(request, &JsValue::UNDEFINED).await?.pieces(&|_| {}, take).await.map(|()| all)
}

/// Puts a `fetch` in place that does this; gives how to put the real one back.
fn fetch_that(does: &str) -> impl FnOnce() {
    js(&format!("globalThis.realFetch ??= fetch; globalThis.fetch = {does}"));
    || {
        js("globalThis.fetch = realFetch");
    }
}

#[wasm_bindgen_test]
async fn an_address_is_fetched() {
    let url = js("URL.createObjectURL(new Blob(['12345']))").as_string().unwrap();
    assert_eq!(bytes(&at(&url)).await.unwrap(), b"12345");
    let served = format!("{}/Cargo.toml", js("location.origin").as_string().unwrap());
    assert!(bytes(&at(&served)).await.unwrap().starts_with(b"[workspace]"));
}

#[wasm_bindgen_test]
async fn whoever_wants_to_hears_how_much_has_come() {
    let told = RefCell::new(Vec::new());
    let number = |value: JsValue| value.as_f64();
    let tell = |bytes: JsValue| {
        let bytes: Array = bytes.unchecked_into();
        told.borrow_mut().push((number(bytes.get(0)), number(bytes.get(1))));
    };
    let served = format!("{}/Cargo.toml", js("location.origin").as_string().unwrap());
    let mut size = 0.0;
    let answer = ask(&at(&served), &JsValue::UNDEFINED).await.unwrap();
    let take = |piece: Uint8Array| {
        size += f64::from(piece.length());
        true
    };
    answer.pieces(&tell, take).await.unwrap();
    let told = told.take();
    assert_eq!(told.last(), Some(&(Some(size), Some(size))));
    assert!(told.len() > 1 && told[0].0 <= Some(size), "{told:?}");
}

#[wasm_bindgen_test]
async fn headers_and_credentials_are_those_given() {
    let restore = fetch_that("(...given) => { globalThis.asked = given; return Promise.resolve(new Response('x')); }");
    let headers = vec![("X-Key".into(), "1".into()), ("x-key".into(), "2".into())];
    bytes(&UrlRequest { headers, credentials: Credentials::Include, ..at("u") }).await.unwrap();
    assert_eq!(js("[asked[0], asked[1].headers.get('x-key'), asked[1].credentials].join('|')"), "u|1, 2|include");
    restore();
}

#[wasm_bindgen_test]
async fn a_header_that_is_none_is_named() {
    let headers = vec![("not a header".into(), "1".into())];
    let failure = bytes(&UrlRequest { headers, ..at("u") }).await.unwrap_err();
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_says(&failure.message, &["\"not a header\""]);
}

#[wasm_bindgen_test]
async fn what_the_server_refuses_is_told_without_secrets() {
    let url = format!("{}/no/such/model.zip?signature=secret#x", js("location.origin").as_string().unwrap());
    let failure = bytes(&at(&url)).await.unwrap_err();
    assert_eq!(failure.code, Code::BinaryFetch);
    assert_says(&failure.message, &["404", "/no/such/model.zip."]);
    assert!(!format!("{failure:?}").contains("secret"));
    assert_says(&failure.into_facts().details.unwrap(), &["content type"]);
}

#[wasm_bindgen_test]
async fn what_cannot_be_reached_is_told_without_secrets() {
    for does in [
        "() => Promise.reject(new TypeError('Failed to fetch'))",
        "() => { throw new TypeError('Failed to fetch'); }",
        "() => Promise.resolve(new Response(new ReadableStream({ start(c) { c.error(new TypeError('Failed to fetch')); } })))",
    ] {
        let restore = fetch_that(does);
        let failure = bytes(&at("https://h.example/a.zip?token=secret")).await.unwrap_err();
        restore();
        assert_eq!(failure.code, Code::BinaryFetch, "{does}");
        assert_says(&failure.message, &["https://h.example/a.zip:", "CORS", "connect-src"]);
        assert!(!format!("{failure:?}").contains("secret"));
        assert_eq!(failure.details.as_deref(), Some("TypeError: Failed to fetch"));
    }
    // A port where nobody listens.
    assert_eq!(bytes(&at("http://127.0.0.1:9/a.zip")).await.unwrap_err().code, Code::BinaryFetch);
}

#[wasm_bindgen_test]
async fn a_page_without_fetch_says_so() {
    let restore = fetch_that("undefined");
    let failure = bytes(&at("https://h.example/a.zip")).await.unwrap_err();
    restore();
    assert_eq!(failure.code, Code::BinaryFetch);
}

#[wasm_bindgen_test]
async fn whoever_has_enough_gets_no_more() {
    js("globalThis.cancelled = new Promise((resolve) => {
        const pull = (controller) => controller.enqueue(Uint8Array.of(1));
        globalThis.endless = new ReadableStream({ pull, cancel: () => resolve(true) });
    })");
    let restore = fetch_that("() => Promise.resolve(new Response(endless))");
    let mut count = 0;
    let take = |_| {
        count += 1;
        count < 3
    };
    ask(&at("u"), &JsValue::UNDEFINED).await.unwrap().pieces(&|_| {}, take).await.unwrap();
    restore();
    assert_eq!(count, 3);
    assert_eq!(js_async("cancelled").await, true);
}
