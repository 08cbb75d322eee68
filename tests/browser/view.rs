//! How JavaScript values look to the core.

use spark_execute_core::raw::Raw;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::view::{self, shallow};

fn deep(value: &JsValue) -> Raw {
    view::deep(value, &mut JsValue::undefined())
}

fn text(value: &str) -> Raw {
    Raw::Text(value.into())
}

fn other(name: &str) -> Raw {
    Raw::Other(name.into())
}

fn object<const N: usize>(members: [(&str, Raw); N]) -> Raw {
    Raw::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

#[track_caller]
fn sees<const N: usize>(cases: [(&str, Raw); N]) {
    for (expression, raw) in cases {
        assert_eq!(deep(&js(expression)), raw, "{expression}");
    }
}

#[wasm_bindgen_test]
fn simple_values() {
    sees([
        ("undefined", Raw::Undefined),
        ("null", Raw::Null),
        ("true", Raw::Bool(true)),
        ("-0.5", Raw::Number(-0.5)),
        ("Infinity", Raw::Number(f64::INFINITY)),
        ("''", text("")),
        ("'grün 🙂'", text("grün 🙂")),
        ("() => 1", Raw::Function),
        ("async () => 1", Raw::Function),
        ("(class {})", Raw::Function),
        ("10n", other("a bigint")),
        ("Symbol('s')", other("a symbol")),
    ]);
    assert!(matches!(deep(&js("NaN")), Raw::Number(number) if number.is_nan()));
}

#[wasm_bindgen_test]
fn long_text_is_not_read_whole() {
    sees([
        ("'a'.repeat(16384)", text(&"a".repeat(16384))),
        ("'é'.repeat(16385)", Raw::LongText("é".repeat(64), 16385.0)),
    ]);
    // Members of a request are asked for one by one, and each counts whole.
    assert_eq!(shallow(&js("'a'.repeat(20000)")), text(&"a".repeat(20000)));
}

#[wasm_bindgen_test]
fn containers_of_every_origin() {
    sees([
        ("[]", Raw::Array(vec![])),
        ("[1, [null], undefined]", Raw::Array(vec![Raw::Number(1.0), Raw::Array(vec![Raw::Null]), Raw::Undefined])),
        ("[, 1]", Raw::Array(vec![Raw::Undefined, Raw::Number(1.0)])),
        ("new (class Rows extends Array {})(1, 2)", Raw::Array(vec![Raw::Number(1.0), Raw::Number(2.0)])),
        ("({})", object([])),
        ("({ b: 1, a: { c: 'x' } })", object([("b", Raw::Number(1.0)), ("a", object([("c", text("x"))]))])),
        ("Object.assign(Object.create(null), { a: 1 })", object([("a", Raw::Number(1.0))])),
        ("new (class Model { versionId = 'x'; get more() { return 1; } })", object([("versionId", text("x"))])),
        ("Object.create({ inherited: 1 })", object([])),
        ("Object.freeze({ a: 1 })", object([("a", Raw::Number(1.0))])),
        ("Object.defineProperty({}, 'hidden', { value: 1 })", object([])),
        ("({ [Symbol('s')]: 1, a: 2 })", object([("a", Raw::Number(2.0))])),
        ("JSON.parse('{\"__proto__\": 1}')", object([("__proto__", Raw::Number(1.0))])),
        ("(function () { return arguments; })(1)", object([("0", Raw::Number(1.0))])),
    ]);
}

#[wasm_bindgen_test]
fn bytes_by_kind_and_size() {
    sees([
        ("new ArrayBuffer(5)", Raw::Bytes("ArrayBuffer".into(), 5.0)),
        ("new Uint8Array(3)", Raw::Bytes("Uint8Array".into(), 3.0)),
        ("new Float64Array(2)", Raw::Bytes("Float64Array".into(), 16.0)),
        ("new BigInt64Array(1)", Raw::Bytes("BigInt64Array".into(), 8.0)),
        ("new DataView(new ArrayBuffer(9), 4)", Raw::Bytes("DataView".into(), 5.0)),
        (
            "new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer",
            Raw::Bytes("SharedArrayBuffer".into(), 65536.0),
        ),
        (
            "(() => { const b = new ArrayBuffer(4); structuredClone(b, { transfer: [b] }); return b; })()",
            Raw::Bytes("ArrayBuffer".into(), 0.0),
        ),
    ]);
}

#[wasm_bindgen_test]
fn platform_objects_by_name() {
    sees([
        ("new Blob(['x'])", Raw::Blob),
        ("new File(['x'], 'model.zip')", Raw::Blob),
        ("new Response('x')", Raw::Response),
        ("new URL('https://h.example/a b?q=1')", Raw::Url("https://h.example/a%20b?q=1".into())),
        (
            "new Headers({ b: '2', a: '1' })",
            Raw::Array(vec![Raw::Array(vec![text("a"), text("1")]), Raw::Array(vec![text("b"), text("2")])]),
        ),
        ("new Date(0)", other("a Date")),
        ("new Map()", other("a Map")),
        ("new Set()", other("a Set")),
        ("Promise.resolve()", other("a Promise")),
        ("/x/", other("a RegExp")),
        ("new TypeError('x')", other("a Error")),
        ("new Request('/')", other("a Request")),
        ("new ReadableStream()", other("a ReadableStream")),
    ]);
}

#[wasm_bindgen_test]
fn the_same_from_another_realm() {
    let realm: js_sys::Object = other_realm().into();
    let eval: js_sys::Function = spark_execute_worker::js::get(&realm, "eval").into();
    let there = |expression: &str| deep(&eval.call1(&realm, &expression.into()).unwrap());
    for (expression, raw) in [
        ("[1, { a: 'x' }]", Raw::Array(vec![Raw::Number(1.0), object([("a", text("x"))])])),
        ("new Uint8Array(3)", Raw::Bytes("Uint8Array".into(), 3.0)),
        ("new DataView(new ArrayBuffer(2))", Raw::Bytes("DataView".into(), 2.0)),
        ("new ArrayBuffer(2)", Raw::Bytes("ArrayBuffer".into(), 2.0)),
        ("new Blob()", Raw::Blob),
        ("new Response()", Raw::Response),
        ("new URL('https://h.example/')", Raw::Url("https://h.example/".into())),
        ("new Headers([['a', '1']])", Raw::Array(vec![Raw::Array(vec![text("a"), text("1")])])),
        ("() => 1", Raw::Function),
        ("new Map()", other("a Map")),
        ("new (class Model { a = 1; })", object([("a", Raw::Number(1.0))])),
    ] {
        assert_eq!(there(expression), raw, "{expression}");
    }
}

#[wasm_bindgen_test]
fn what_throws_when_looked_at_harms_nobody() {
    sees([
        (
            "({ get a() { throw 1; }, b: 2 })",
            object([("a", other("a getter that threw (the number 1)")), ("b", Raw::Number(2.0))]),
        ),
        ("new Proxy({ a: 1 }, {})", object([("a", Raw::Number(1.0))])),
        ("new Proxy([1], {})", Raw::Array(vec![Raw::Number(1.0)])),
        ("new Proxy(() => 1, {})", Raw::Function),
        ("new Proxy({ a: 1 }, { get() { throw 1; } })", object([("a", other("a getter that threw (the number 1)"))])),
        ("new Proxy({ a: 1 }, { ownKeys() { throw 1; } })", object([])),
        ("new Proxy({ a: 1 }, { getOwnPropertyDescriptor() { throw 1; } })", object([])),
    ]);
}

#[wasm_bindgen_test]
fn values_made_to_throw_harm_nobody_either() {
    for expression in [
        "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
        "(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy; })()",
        "({ get [Symbol.toStringTag]() { throw 1; } })",
        "Object.defineProperty([], 0, { get() { throw 1; } })",
        "new Proxy([1], { get() { throw 1; } })",
        "({ [Symbol.toStringTag]: 'Headers', get [Symbol.iterator]() { throw 1; } })",
        "({ [Symbol.toStringTag]: 'Array' })",
        "({ [Symbol.toStringTag]: 'Array', get length() { throw 1; } })",
        "({ [Symbol.toStringTag]: 'Uint8Array' })",
        "({ [Symbol.toStringTag]: 'ArrayBuffer', get byteLength() { throw 1; } })",
        "({ [Symbol.toStringTag]: 'URL', get href() { throw 1; } })",
    ] {
        // No panic, no exception that passes through.
        let _ = deep(&js(&format!("({{ nodegenModels: [{expression}] }})")));
        let _ = shallow(&js(expression));
    }
}

#[wasm_bindgen_test]
fn depth_and_length_are_bounded() {
    assert_eq!(shallow(&js("({ a: 1 })")), object([]));
    assert_eq!(shallow(&js("[1]")), Raw::Array(vec![]));
    sees([("Array(10001).fill(0)", other("an array of 10001"))]);
    let mut cycle = &deep(&js("(() => { const o = {}; o.o = o; return o; })()"));
    let mut depth = 0;
    while let Some(inner) = cycle.get("o") {
        (cycle, depth) = (inner, depth + 1);
    }
    assert_eq!(depth, 8);
}
