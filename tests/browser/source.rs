//! Packages of every kind of `binary`, on their way to a worker.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use spark_execute_core::config::{Credentials, UrlRequest};
use spark_execute_core::protocol::{Source, ToWorker};
use spark_execute_core::{Code, Failure};
use spark_execute_worker::js::get;
use spark_execute_worker::wire::Js;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::source::{Package, Thrown, package};

async fn package_of(expression: &str) -> Result<Package, Thrown> {
    let value = js(expression);
    package(&model(&value), value).await
}

async fn failure_of(expression: &str) -> Failure {
    package_of(expression).await.err().unwrap_or_else(|| panic!("{expression} is accepted")).0
}

async fn fetched(expression: &str) -> UrlRequest {
    match package_of(expression).await {
        Ok(Package::Address(request)) => request,
        _ => panic!("{expression} is not fetched"),
    }
}

/// What is sent, all slices joined; checks the order of messages.
async fn sent(package: &Package) -> (u32, Vec<u8>) {
    let Source::Slices { text } = package.source() else { panic!("not in slices") };
    let messages = Array::new();
    package
        .send(&host(&"".into()), &|_| {}, |message| {
            messages.push(&match message {
                ToWorker::Slice(Js(slice)) => slice.clone(),
                ToWorker::SlicesEnd => JsValue::NULL,
                other => panic!("{other:?}"),
            });
            true
        })
        .await
        .unwrap();
    assert!(messages.pop().is_null(), "the end was not told");
    let bytes: Vec<u8> = messages
        .iter()
        .flat_map(|slice| slice.as_string().map_or_else(|| Uint8Array::new(&slice).to_vec(), String::into_bytes))
        .collect();
    let size = bytes.len() as f64;
    assert_eq!(package.size(), Some(if text { size * 0.75 } else { size }));
    (messages.length(), bytes)
}

#[wasm_bindgen_test]
async fn bytes_of_every_kind_are_sent_as_they_are() {
    for (expression, bytes) in [
        ("Uint8Array.of(1, 2, 3).buffer", &[1, 2, 3][..]),
        ("Uint8Array.of(1, 2, 3)", &[1, 2, 3]),
        ("new Uint8Array(Uint8Array.of(0, 1, 2, 3, 0).buffer, 1, 3)", &[1, 2, 3]),
        ("new Int8Array(Uint8Array.of(9, 255).buffer, 1)", &[255]),
        ("Uint16Array.of(0x0201)", &[1, 2]),
        ("new Float64Array(new Float64Array([0, 1]).buffer, 8)", &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
        ("new DataView(Uint8Array.of(7, 8, 9).buffer, 1, 1)", &[8]),
        (
            "(() => { const m = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
            const view = new Uint8Array(m.buffer, 5, 2); view.set([4, 2]); return view; })()",
            &[4, 2],
        ),
        ("new (otherRealm.Uint8Array)([5])", &[5]),
        ("new (otherRealm.DataView)(new (otherRealm.ArrayBuffer)(2), 1)", &[0]),
    ] {
        js_sys::Reflect::set(&js_sys::global(), &"otherRealm".into(), &other_realm()).unwrap();
        let package = package_of(expression).await.unwrap_or_else(|(failure, _)| panic!("{expression}: {failure}"));
        assert_eq!(sent(&package).await, (1, bytes.to_vec()), "{expression}");
    }
}

#[wasm_bindgen_test]
async fn the_callers_buffer_is_neither_detached_nor_shared() {
    let value = js("globalThis.mine = Uint8Array.of(1, 2, 3, 4)");
    let package = package(&model(&value), value.clone()).await.unwrap_or_else(|(failure, _)| panic!("{failure}"));
    let slices = Array::new();
    let keep = |message: &ToWorker<Js>| {
        if let ToWorker::Slice(Js(slice)) = message {
            slices.push(slice);
        }
        true
    };
    package.send(&host(&"".into()), &|_| {}, keep).await.unwrap();
    assert_ne!(get(&slices.get(0), "buffer"), get(&value, "buffer"), "cloning would copy the whole buffer");
    assert_eq!(Uint8Array::new(&value).to_vec(), [1, 2, 3, 4]);
}

#[wasm_bindgen_test]
async fn a_transferred_buffer_is_told_and_an_empty_one_is_sent() {
    let gone = |made: &str| {
        format!(
            "(() => {{ const v = {made}; const b = v.buffer ?? v; structuredClone(b, {{ transfer: [b] }}); return v; }})()"
        )
    };
    for made in ["new ArrayBuffer(9)", "new Uint8Array(9)", "new DataView(new ArrayBuffer(9))"] {
        let (failure, _) = package_of(&gone(made)).await.err().unwrap();
        assert_eq!(failure.code, Code::BinaryInvalid, "{made}");
        assert_says(&failure.message, &["transferred"]);
    }
    for empty in ["new ArrayBuffer(0)", "new Uint8Array(9).subarray(3, 3)"] {
        assert_eq!(sent(&package_of(empty).await.ok().unwrap()).await, (0, vec![]), "{empty}");
    }
}

#[wasm_bindgen_test]
async fn large_packages_go_in_slices_with_a_turn_between() {
    const MEGABYTE: usize = 1024 * 1024;
    for (expression, slices) in [
        ("new Uint8Array(9 * 1024 * 1024).fill(7)", 3),
        ("new Uint8Array(4 * 1024 * 1024)", 1),
        ("'A'.repeat(9 * 1024 * 1024)", 3),
    ] {
        let package = package_of(expression).await.ok().unwrap();
        let (count, bytes) = sent(&package).await;
        assert_eq!(count, slices, "{expression}");
        assert!(bytes.len() >= 4 * MEGABYTE);
    }
    // Between two slices the page gets to run what else waits for it.
    let package = package_of("new Uint8Array(9 * 1024 * 1024)").await.ok().unwrap();
    js("globalThis.turns = 0");
    let seen = Rc::new(RefCell::new(Vec::new()));
    let turns = || js("turns").as_f64().unwrap();
    package
        .send(&host(&"".into()), &|_| {}, |_| {
            seen.borrow_mut().push(turns());
            js("(({ port1, port2 }) => { port1.onmessage = () => { turns += 1; }; port2.postMessage(0); })(new MessageChannel())");
            true
        })
        .await
        .unwrap();
    assert_eq!(*seen.borrow(), [0.0, 1.0, 2.0, 2.0]);
}

#[wasm_bindgen_test]
async fn sending_stops_when_nobody_takes_it_any_more() {
    let package = package_of("new Uint8Array(9 * 1024 * 1024)").await.ok().unwrap();
    let mut posted = 0;
    package
        .send(&host(&"".into()), &|_| {}, |_| {
            posted += 1;
            false
        })
        .await
        .unwrap();
    assert_eq!(posted, 1);
}

#[wasm_bindgen_test]
async fn bytes_that_are_transferred_on_the_way_are_missed() {
    let package = package_of("globalThis.large = new Uint8Array(9 * 1024 * 1024)").await.ok().unwrap();
    let failure = package
        .send(&host(&"".into()), &|_| {}, |_| {
            js("large.byteLength && structuredClone(large.buffer, { transfer: [large.buffer] })");
            true
        })
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_says(&failure.message, &["transferred", "Give a copy"]);
}

#[wasm_bindgen_test]
async fn text_is_sent_as_text() {
    let package = package_of("'UEsDBA=='").await.ok().unwrap();
    assert!(matches!(package.source(), Source::Slices { text: true }));
    assert_eq!(sent(&package).await, (1, b"UEsDBA==".to_vec()));
}

#[wasm_bindgen_test]
async fn blobs_are_handed_over_whole() {
    for expression in ["new Blob(['12345'])", "new File(['12345'], 'model.zip')", "new (otherRealm.Blob)(['12345'])"] {
        js_sys::Reflect::set(&js_sys::global(), &"otherRealm".into(), &other_realm()).unwrap();
        let value = js(expression);
        let package = package(&model(&value), value.clone()).await.ok().unwrap();
        let Source::Blob(Js(blob)) = package.source() else { panic!("no Blob") };
        assert_eq!(blob, value);
        assert_eq!(package.size(), Some(5.0));
    }
}

#[wasm_bindgen_test]
async fn a_response_becomes_its_blob() {
    let package = package_of("new Response('12345')").await.ok().unwrap();
    let Source::Blob(Js(blob)) = package.source() else { panic!("no Blob") };
    let text = wait(&blob.unchecked_ref::<web_sys::Blob>().text()).await.unwrap();
    assert_eq!(text, "12345");
}

#[wasm_bindgen_test]
async fn a_response_that_has_no_bytes_for_us_says_why() {
    js_async("(async () => { globalThis.used = new Response('x'); await used.text(); })()").await;
    js("globalThis.locked = new Response('x'); locked.body.getReader()");
    for (expression, code, parts) in [
        ("used", Code::BinaryInvalid, &["has been read already", "a fresh Response for each load"][..]),
        ("locked", Code::BinaryInvalid, &["no bytes for the model"]),
        (
            "new Response(new ReadableStream({ start(controller) { controller.error(new Error('cut')); } }))",
            Code::BinaryInvalid,
            &["reading it failed"],
        ),
        ("new Response('x', { status: 404, statusText: 'Not Found' })", Code::BinaryFetch, &["404 Not Found"]),
        ("Response.error()", Code::BinaryFetch, &["status 0"]),
    ] {
        let failure = failure_of(expression).await;
        assert_eq!(failure.code, code, "{expression}: {failure}");
        assert_says(&failure.message, parts);
    }
}

#[wasm_bindgen_test]
async fn a_real_response_that_is_not_found_is_refused() {
    js_async("(async () => { globalThis.missing = await fetch('/there/is/no/such/model.zip'); })()").await;
    let failure = failure_of("missing").await;
    assert_eq!(failure.code, Code::BinaryFetch);
    assert_says(&failure.message, &["404"]);
}

#[wasm_bindgen_test]
async fn addresses_are_resolved_against_the_document() {
    let origin = js("location.origin").as_string().unwrap();
    for (expression, url) in [
        ("'models/a.zip'", format!("{origin}/models/a.zip")),
        ("'/a b.zip?q=ü#f'", format!("{origin}/a%20b.zip?q=%C3%BC#f")),
        ("'//other.example/a.zip'", "http://other.example/a.zip".to_owned()),
        ("'https://other.example/a.zip'", "https://other.example/a.zip".to_owned()),
        ("new URL('https://other.example/x/../a.zip')", "https://other.example/a.zip".to_owned()),
        ("({ url: './a.zip' })", format!("{origin}/a.zip")),
        ("() => './from-function.zip'", format!("{origin}/from-function.zip")),
    ] {
        assert_eq!(fetched(expression).await.url, url, "{expression}");
    }
    js("document.head.append(Object.assign(document.createElement('base'), { href: 'https://base.example/deep/' }))");
    let UrlRequest { url, .. } = fetched("'a.zip'").await;
    js("document.querySelector('base').remove()");
    assert_eq!(url, "https://base.example/deep/a.zip");
}

#[wasm_bindgen_test]
async fn an_address_that_is_none_is_refused() {
    let failure = failure_of("'https://[not-an-address'").await;
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_says(&failure.message, &["not a valid URL"]);
}

#[wasm_bindgen_test]
async fn headers_and_credentials_come_along() {
    let UrlRequest { headers, credentials, .. } =
        fetched("({ url: '/a.zip', headers: { 'X-Key': '1', b: '2' }, credentials: 'include' })").await;
    let mut names: Vec<String> =
        headers.iter().map(|(name, value)| format!("{}={value}", name.to_lowercase())).collect();
    names.sort();
    assert_eq!(names, ["b=2", "x-key=1"]);
    assert_eq!(credentials, Credentials::Include);
    let UrlRequest { headers, .. } = fetched("({ url: '/a.zip', headers: new Headers([['x-key', '3']]) })").await;
    assert_eq!(headers, [("x-key".to_owned(), "3".to_owned())]);
}

#[wasm_bindgen_test]
async fn a_function_is_asked_with_the_version_id_and_nothing_else() {
    let value = js("(function () { 'use strict'; globalThis.asked = [this, ...arguments]; return new Blob(['x']); })");
    for value in
        [value, js("async (...given) => { globalThis.asked = [undefined, ...given]; return new Blob(['x']); }")]
    {
        let package = package(&model(&value), value.clone()).await.ok().unwrap();
        assert!(matches!(package, Package::Blob(_)));
        assert_eq!(Array::from(&js("asked")).to_vec(), [JsValue::UNDEFINED, "m".into()]);
    }
}

#[wasm_bindgen_test]
async fn a_function_may_give_anything_that_binary_may_be() {
    for expression in [
        "() => Uint8Array.of(1)",
        "async () => Uint8Array.of(1).buffer",
        "() => 'UEsDBA=='",
        "() => new Response('x')",
        "async () => new URL('https://h.example/a.zip')",
        "() => ({ url: '/a.zip' })",
        "() => ({ then(resolve) { resolve(new Blob(['x'])); } })",
    ] {
        assert!(package_of(expression).await.is_ok(), "{expression}");
    }
}

#[wasm_bindgen_test]
async fn a_function_that_throws_or_rejects_is_the_cause() {
    for expression in [
        "() => { throw globalThis.thrown = new Error('no model today'); }",
        "async () => { throw globalThis.thrown = new Error('no model today'); }",
        "() => Promise.reject(globalThis.thrown = new Error('no model today'))",
        "() => ({ get then() { throw globalThis.thrown = new Error('no model today'); } })",
    ] {
        let (failure, cause) = package_of(expression).await.err().unwrap();
        assert_eq!(failure.code, Code::BinaryInvalid, "{expression}");
        assert_eq!(failure.path.as_deref(), Some("nodegenModels[0].binary"));
        assert_says(&failure.message, &["no model today", "`cause`"]);
        assert_eq!(cause, js("thrown"), "{expression}");
    }
}

#[wasm_bindgen_test]
async fn a_function_that_gives_nonsense_is_told_so() {
    for (expression, found) in [
        ("() => {}", "undefined"),
        ("async () => null", "null"),
        ("() => 5", "the number 5"),
        ("() => true", "true"),
        ("() => () => new Blob([])", "a function"),
        ("() => ({})", "url"),
        ("() => []", "array"),
        ("() => new Map()", "a Map"),
    ] {
        let failure = failure_of(expression).await;
        assert_eq!(failure.code, Code::BinaryInvalid, "{expression}");
        assert_eq!(failure.path.as_deref().map(|path| path.starts_with("nodegenModels[0].binary()")), Some(true));
        assert_says(&failure.message, &["nodegenModels[0].binary()", found]);
    }
}

#[wasm_bindgen_test]
async fn the_platform_reads_what_it_can_as_a_whole() {
    let url = |size: &str| format!("URL.createObjectURL(new Blob([new Uint8Array({size})]))");
    let fetched = async |expression: &str, pieces| {
        package_of(expression).await.ok().unwrap().fetched(&JsValue::UNDEFINED, pieces).await.unwrap()
    };
    let small = fetched(&url("3"), false).await;
    assert_eq!(sent(&small).await, (1, vec![0, 0, 0]));
    let large = fetched(&url("5 * 1024 * 1024"), false).await;
    assert!(matches!(large, Package::Blob(_)) && large.size() == Some(5.0 * 1024.0 * 1024.0));
    assert!(matches!(fetched(&url("3"), true).await, Package::Answer(_)), "whoever listens wants to hear of pieces");
    js("globalThis.realFetch = fetch; globalThis.fetch = () => Promise.resolve(new Response('x'))");
    let unknown = fetched("'https://h.example/a.zip'", false).await;
    js("globalThis.fetch = realFetch");
    assert!(matches!(unknown, Package::Answer(_)) && unknown.size().is_none());
}
