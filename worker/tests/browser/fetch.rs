//! Where the bytes of a package come from.

use std::cell::RefCell;

use js_sys::Array;
use spark_execute_core::protocol::Source;
use spark_execute_core::{Code, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::fetch::bytes;
use crate::wire::Js;

fn fetched(url: &str) -> Source<Js> {
    Source::Fetch { url: url.into(), headers: Vec::new(), credentials: None }
}

async fn failure(source: Source<Js>) -> Failure {
    bytes(source, JsValue::UNDEFINED, None).await.unwrap_err()
}

/// Puts a `fetch` in place that does this; gives how to put the real one back.
fn fetch_that(does: &str) -> impl FnOnce() {
    js(&format!("globalThis.realFetch ??= fetch; globalThis.fetch = {does}"));
    || {
        js("globalThis.fetch = realFetch");
    }
}

#[wasm_bindgen_test]
async fn a_blob_is_read() {
    assert_eq!(
        bytes(Source::Blob(Js(js("new Blob([Uint8Array.of(1, 2, 3)])"))), JsValue::UNDEFINED, None)
            .await
            .unwrap()
            .to_vec(),
        [1, 2, 3]
    );
    assert_eq!(
        bytes(Source::Blob(Js(js("new File(['x'], 'f')"))), JsValue::UNDEFINED, None).await.unwrap().to_vec(),
        [b'x']
    );
}

#[wasm_bindgen_test]
async fn a_blob_that_cannot_be_read_says_so() {
    let gone = js(
        "Object.assign(new Blob(['x']), { arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')) })",
    );
    let failure = failure(Source::Blob(Js(gone))).await;
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_says(&failure.message, &["changed or gone"]);
    assert_eq!(failure.details.as_deref(), Some("NotFoundError: gone"));
}

#[wasm_bindgen_test]
async fn an_address_is_fetched() {
    let url = js("URL.createObjectURL(new Blob(['12345']))").as_string().unwrap();
    assert_eq!(bytes(fetched(&url), JsValue::UNDEFINED, None).await.unwrap().to_vec(), b"12345");
    let served = format!("{}/Cargo.toml", js("location.origin").as_string().unwrap());
    assert!(bytes(fetched(&served), JsValue::UNDEFINED, None).await.unwrap().to_vec().starts_with(b"[package]"));
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
    let size = f64::from(bytes(fetched(&served), JsValue::UNDEFINED, Some(&tell)).await.unwrap().length());
    let told = told.take();
    assert_eq!(told.last(), Some(&(Some(size), Some(size))));
    assert!(told.len() > 1 && told[0].0 <= Some(size), "{told:?}");
}

#[wasm_bindgen_test]
async fn headers_and_credentials_are_those_given() {
    let restore = fetch_that("(...given) => { globalThis.asked = given; return Promise.resolve(new Response('x')); }");
    let headers = vec![("X-Key".into(), "1".into()), ("x-key".into(), "2".into())];
    let given = Source::Fetch { url: "u".into(), headers, credentials: Some("include".into()) };
    bytes(given, JsValue::UNDEFINED, None).await.unwrap();
    assert_eq!(js("[asked[0], asked[1].headers.get('x-key'), asked[1].credentials].join('|')"), "u|1, 2|include");
    bytes(fetched("u"), JsValue::UNDEFINED, None).await.unwrap();
    restore();
    // The platform's own default counts where nothing is said.
    assert_eq!(js("'credentials' in asked[1]"), false);
}

#[wasm_bindgen_test]
async fn a_header_that_is_none_is_named() {
    let headers = vec![("not a header".into(), "1".into())];
    let failure = failure(Source::Fetch { url: "u".into(), headers, credentials: None }).await;
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_says(&failure.message, &["\"not a header\""]);
}

#[wasm_bindgen_test]
async fn what_the_server_refuses_is_told_without_secrets() {
    let url = format!("{}/no/such/model.zip?signature=secret#x", js("location.origin").as_string().unwrap());
    let failure = failure(fetched(&url)).await;
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
        let failure = failure(fetched("https://h.example/a.zip?token=secret")).await;
        restore();
        assert_eq!(failure.code, Code::BinaryFetch, "{does}");
        assert_says(&failure.message, &["https://h.example/a.zip:", "CORS", "connect-src"]);
        assert!(!format!("{failure:?}").contains("secret"));
        assert_eq!(failure.details.as_deref(), Some("TypeError: Failed to fetch"));
    }
    // A port where nobody listens.
    assert_eq!(failure(fetched("http://127.0.0.1:9/a.zip")).await.code, Code::BinaryFetch);
}

#[wasm_bindgen_test]
async fn a_worker_without_fetch_says_so() {
    let restore = fetch_that("undefined");
    let failure = failure(fetched("https://h.example/a.zip")).await;
    restore();
    assert_eq!(failure.code, Code::BinaryFetch);
}

#[wasm_bindgen_test]
async fn slices_are_not_fetched() {
    let failure = failure(Source::Slices { text: false, total: 1.0 }).await;
    assert_eq!(failure.code, Code::Internal);
}
