//! Requests as engines take them, made on a copy.

use js_sys::JSON;
use spark_execute_core::Code;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::request::{Prepared, prepare, version_id};

fn prepared(input: &str) -> Result<Prepared, spark_execute_core::Failure> {
    prepare(&host(&JsValue::NULL), &js(input), Some("m"), &mut JsValue::undefined())
}

fn sent(input: &str) -> String {
    prepared(input).unwrap().text.as_string().unwrap()
}

#[wasm_bindgen_test]
fn a_request_that_needs_nothing_is_sent_as_it_is() {
    let input =
        r#"({ request_meta: { version_id: "m", call_purpose: "x" }, request_data: { inputs: { a: [1, "ü"] } } })"#;
    let plain = String::from(JSON::stringify(&js(input)).unwrap());
    assert_eq!(sent(input), plain);
    let by_uuid = r#"({ request_meta: { version_uuid: "m" }, request_data: {} })"#;
    assert_eq!(sent(by_uuid), r#"{"request_meta":{"version_uuid":"m","version_id":"m"},"request_data":{}}"#);
}

#[wasm_bindgen_test]
fn what_engines_misread_is_put_right() {
    for (meta, becomes) in [
        ("undefined", r#"{"version_id":"m"}"#),
        ("null", r#"{"version_id":"m"}"#),
        ("{}", r#"{"version_id":"m"}"#),
        ("{ version_id: 'M ' }", r#"{"version_id":"m"}"#),
        ("{ version_id: 'other', version_uuid: 'm' }", r#"{"version_id":"m","version_uuid":"m"}"#),
        ("{ version_id: 'm', _ctx: { a: 1 } }", r#"{"version_id":"m"}"#),
        ("{ version_id: 'm', requested_output: ' a, b ,,' }", r#"{"version_id":"m","requested_output":["a","b"]}"#),
        ("{ version_id: 'm', requested_output: ' , ' }", r#"{"version_id":"m"}"#),
        ("{ version_id: 'm', requested_output: ['a', ' b'] }", r#"{"version_id":"m","requested_output":["a"," b"]}"#),
        ("{ version_id: 'm', requested_output: null }", r#"{"version_id":"m","requested_output":null}"#),
        ("{ version_id: 'm', service_category: ' a , b ' }", r#"{"version_id":"m","service_category":"a,b"}"#),
        ("{ version_id: 'm', service_category: null }", r#"{"version_id":"m"}"#),
    ] {
        let text = sent(&format!("({{ request_meta: {meta} }})"));
        assert_eq!(text, format!(r#"{{"request_meta":{becomes}}}"#), "{meta}");
    }
}

#[wasm_bindgen_test]
fn the_callers_object_is_not_touched() {
    let input = js("globalThis.frozen = (function freeze(value) {
        if (typeof value === 'object') Object.values(value).forEach(freeze);
        return Object.freeze(value);
    })({ request_meta: { _ctx: {}, version_id: 'x', requested_output: 'a', service_category: ' b ' },
         request_data: { inputs: { deep: [1] } }, extra: 1 })");
    let before = JSON::stringify(&input).unwrap();
    let Prepared { text, .. } = prepare(&host(&JsValue::NULL), &input, Some("m"), &mut JsValue::undefined()).unwrap();
    assert_eq!(JSON::stringify(&input).unwrap(), before);
    assert_eq!(
        text.as_string().unwrap(),
        r#"{"request_meta":{"version_id":"m","requested_output":["a"],"service_category":"b"},"request_data":{"inputs":{"deep":[1]}},"extra":1}"#
    );
}

#[wasm_bindgen_test]
fn sub_services_of_the_package_are_recognised() {
    for (category, metadata, formspec) in [
        ("'metadata'", true, false),
        ("' FormSpec '", false, true),
        ("'a, metadata,formspec'", true, true),
        ("'metadatas'", false, false),
        ("undefined", false, false),
    ] {
        let prepared = prepared(&format!("({{ request_meta: {{ service_category: {category} }} }})")).unwrap();
        assert_eq!((prepared.metadata, prepared.formspec), (metadata, formspec), "{category}");
    }
}

#[wasm_bindgen_test]
fn what_no_engine_can_compute_is_refused_by_its_path() {
    for (input, path) in [
        ("undefined", "input"),
        ("null", "input"),
        ("'{}'", "input"),
        ("[]", "input"),
        ("new Map()", "input"),
        ("({ request_data: [] })", "request_data"),
        ("({ request_data: { inputs: [1] } })", "request_data.inputs"),
        ("({ request_meta: 'x' })", "request_meta"),
        ("({ request_meta: { requested_output: 1 } })", "request_meta.requested_output"),
        ("({ request_meta: { requested_output: ['a', 1] } })", "request_meta.requested_output[1]"),
        ("({ request_meta: { service_category: 1 } })", "request_meta.service_category"),
        ("({ request_data: { inputs: { a: { b: [0, NaN] } } } })", "request_data.inputs.a.b[1]"),
        ("({ request_data: { inputs: { a: -Infinity } } })", "request_data.inputs.a"),
        ("({ request_data: { inputs: { 'a b': 1n } } })", "request_data.inputs[\"a b\"]"),
        ("({ request_data: { inputs: { a: () => 1 } } })", "request_data.inputs.a"),
        ("({ request_data: { inputs: { a: Symbol() } } })", "request_data.inputs.a"),
        ("(() => { const o = {}; o.o = { o }; return { request_data: { o } }; })()", "request_data.o.o.o"),
        ("({ request_data: { toJSON() { throw new Error('x'); } } })", "request_data"),
        ("({ request_meta: { get a() { throw new Error('x'); } } })", "request_meta"),
        ("({ get extra() { throw new Error('x'); } })", "input"),
        (
            "({ request_meta: { requested_output: new Proxy(['a'], { get() { throw 1; } }) } })",
            "request_meta.requested_output",
        ),
        ("({ request_data: { inputs: { get a() { throw new Error('x'); } } } })", "request_data.inputs.a"),
    ] {
        let failure = prepared(input).unwrap_err();
        assert_eq!(failure.code, Code::RequestInvalid, "{input}");
        assert_eq!(failure.path.as_deref().unwrap_or_default(), path, "{input}: {failure}");
    }
}

#[wasm_bindgen_test]
fn json_customs_are_kept() {
    let input = "({ request_meta: { version_id: 'm' }, request_data: { inputs: {
        gone: undefined, date: new Date(0), own: { toJSON: () => 5 }, text: new String('s'), list: [undefined] } } })";
    let text = sent(input);
    assert!(
        text.ends_with(r#""inputs":{"date":"1970-01-01T00:00:00.000Z","own":5,"text":"s","list":[null]}}}"#),
        "{text}"
    );
}

#[wasm_bindgen_test]
fn the_version_id_comes_from_the_first_place_that_has_one() {
    for (input, argument, id) in [
        ("({ request_meta: { version_id: 'b', version_uuid: 'c' } })", "' a '", Some("a")),
        ("({ request_meta: { version_id: ' b ', version_uuid: 'c' } })", "undefined", Some("b")),
        ("({ request_meta: { version_id: ' ', version_uuid: 'c' } })", "''", Some("c")),
        ("({ request_meta: {} })", "null", None),
        ("({})", "undefined", None),
        ("Object.create({ request_meta: { version_id: 'b' } })", "undefined", None),
        ("({ request_meta: Object.create({ version_id: 'b' }) })", "undefined", None),
        ("'text'", "'a'", Some("a")),
    ] {
        let found = version_id(&js(input), &js(argument)).unwrap();
        assert_eq!(found.as_deref().map(str::trim), id, "{input} {argument}");
    }
    for (input, argument, path) in [
        ("undefined", "undefined", "input"),
        ("'text'", "undefined", "input"),
        ("({})", "5", "versionId"),
        ("({ request_meta: { version_id: {} } })", "undefined", "request_meta.version_id"),
        ("({ request_meta: { version_uuid: [] } })", "undefined", "request_meta.version_uuid"),
    ] {
        let failure = version_id(&js(input), &js(argument)).unwrap_err();
        assert_eq!((failure.code, failure.path.as_deref()), (Code::RequestInvalid, Some(path)));
    }
}
