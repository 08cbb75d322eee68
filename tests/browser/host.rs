//! Failures as the errors that callers catch.

use js_sys::{Array, Function, Object};
use spark_execute_core::{Code, Failure};
use spark_execute_worker::js::{get, set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::host::{Context, Host};

/// A host whose `makeError` gives back what it was called with.
fn recorder() -> Host {
    let host = Object::new();
    set(&host, "makeError", &js("(...given) => given"));
    host.unchecked_into()
}

#[wasm_bindgen_test]
fn everything_known_about_a_failure_reaches_the_facade() {
    let (input, cause) = (js("({ a: 1 })"), js("new Error('c')"));
    let failure = Failure::new(Code::ZipInvalid, "message").at("path").with_details("details");
    let context = Context { version_id: Some("id".into()), input: input.clone(), cause: cause.clone() };
    let given = Array::from(&recorder().error(failure, context));
    let expected: [JsValue; 7] =
        ["ZIP_INVALID".into(), "message".into(), "path".into(), "details".into(), cause, "id".into(), input];
    assert_eq!(given.to_vec()[..7], expected);
    assert!(given.to_vec()[7..].iter().all(JsValue::is_undefined), "what only an endpoint says");
}

#[wasm_bindgen_test]
fn what_is_unknown_stays_undefined() {
    let given = Array::from(&recorder().error(Failure::new(Code::Timeout, "m"), Context::default()));
    assert_eq!(given.length(), 12);
    assert!((2..12).all(|index| given.get(index).is_undefined()), "{given:?}");
}

#[wasm_bindgen_test]
fn what_the_engine_said_is_the_cause_where_nothing_was_thrown() {
    let failure = Failure::new(Code::EngineTrap, "m").with_details("unreachable");
    let cause: js_sys::Error = Array::from(&recorder().error(failure, Context::default())).get(4).dyn_into().unwrap();
    assert_eq!(cause.message(), "unreachable");
}

#[wasm_bindgen_test]
fn every_code_has_a_class_of_its_own_meaning() {
    let host = host(&JsValue::NULL);
    let (base, classes) = (get(&exports("WasmRunnerErrors"), "SparkError"), exports("CLASS_OF_CODE"));
    for &code in Code::ALL {
        let class = get(&classes, code.as_str());
        assert!(class.is_function(), "{code:?} has no class");
        let context = Context { version_id: Some("id".into()), ..Context::default() };
        let error = host.error(Failure::new(code, "said").at("here").with_details("engine"), context);
        assert!(error.is_instance_of::<js_sys::Error>(), "{code:?}");
        assert_eq!(get(&error, "constructor"), class);
        let is = |class: &JsValue| {
            let test: js_sys::Function = js("(value, type) => value instanceof type").into();
            test.call2(&JsValue::NULL, &error, class).unwrap()
        };
        assert_eq!(is(&base), true, "{code:?}");
        for (member, value) in [("code", code.as_str()), ("message", "said"), ("path", "here"), ("details", "engine")] {
            assert_eq!(get(&error, member), value, "{code:?}.{member}");
        }
        assert_eq!(get(&get(&error, "modelInfo"), "uuid"), "id");
        assert_eq!(get(&get(&error, "v3"), "message"), "said");
        assert!(get(&error, "name").is_string() && get(&error, "status").as_f64().is_some());
    }
    assert_eq!(Object::keys(&classes.into()).length() as usize, Code::ALL.len(), "a class for a code that is gone");
}

#[wasm_bindgen_test]
fn what_encoding_threw_is_explained() {
    let host = recorder();
    let failure = host.unfit(&js("({ path: 'request_data.a', what: 'NaN' })"));
    assert_eq!((failure.code, failure.path.as_deref()), (Code::RequestInvalid, Some("request_data.a")));
    assert_says(&failure.message, &["request_data.a is NaN", "finite number"]);
    let failure = host.unfit(&js("new RangeError('Invalid string length')"));
    assert_eq!((failure.code, failure.path.as_deref()), (Code::RequestInvalid, None));
    assert_eq!(failure.details.as_deref(), Some("RangeError: Invalid string length"));
}

#[wasm_bindgen_test]
fn services_that_throw_are_answers() {
    let host: Host = js("({ encode() { throw 'e'; }, settle() { throw 's'; } })").unchecked_into();
    assert_eq!(host.encode(&JsValue::NULL).unwrap_err(), "e");
    assert_eq!(
        host.settle(Some(&Function::default()), &JsValue::NULL, &JsValue::NULL, &JsValue::NULL, NONE).unwrap_err(),
        "s"
    );
}

/// What the caller gets for a response, as text, or what the service says is wrong.
fn settled(response: &str, fixed: &JsValue, form: &JsValue) -> Result<String, JsValue> {
    let given = Object::new();
    let resolve: Function = js("(given) => (response) => { given.response = response; }").unchecked_into();
    let resolve = resolve.call1(&JsValue::NULL, &given).unwrap().unchecked_into();
    let wrong = host(&JsValue::NULL).settle(Some(&resolve), &response.into(), fixed, form, NONE)?;
    let given = get(&given, "response");
    assert_eq!(given.is_undefined(), !wrong.is_undefined(), "either a response or an error");
    Ok(js_sys::JSON::stringify(if wrong.is_undefined() { &given } else { &wrong }).unwrap().into())
}

const NONE: &JsValue = &JsValue::UNDEFINED;

#[wasm_bindgen_test]
fn answers_are_objects_or_errors() {
    for text in [r#"{"response_data":{"outputs":{"__proto__":1,"😀":[1]}}"#, r#"{"a":1"#] {
        let answer = format!("{text}}}");
        assert_eq!(settled(&answer, NONE, NONE).unwrap(), format!(r#"{text},"status":"Success","error":null}}"#));
    }
    for text in ["", "{", "null", "[]", "5", "\"text\"", "{} {}"] {
        assert!(settled(text, NONE, NONE).is_err(), "{text}");
    }
}

#[wasm_bindgen_test]
fn an_engine_gets_text_of_the_same_shape() {
    let given =
        |text: &str| host(&JsValue::NULL).settle(None, &text.into(), NONE, NONE, NONE).unwrap().as_string().unwrap();
    let added = r#""status":"Success","error":null"#;
    assert_eq!(given(r#" {"a":1.0}"#), format!(r#"{{"a":1.0,{added}}}"#), "what it said stays as it is");
    assert_eq!(given("{ }"), format!("{{{added}}}"));
    assert_eq!(given(r#"{"error":null,"status":"x"}"#), r#"{"error":null,"status":"x"}"#);
    assert_eq!(given(r#"{"status":"x"}"#), r#"{"status":"x","error":null}"#);
    assert_eq!(given(r#"{"status":null}"#), r#"{"status":"Success","error":null}"#);
}

#[wasm_bindgen_test]
fn the_packages_own_outputs_are_laid_over() {
    let overlaid = |fixed: &JsValue, form: &JsValue| {
        settled(r#"{"response_data":{"outputs":{"a":1,"b":2}}}"#, fixed, form).unwrap()
    };
    let outputs = |text: &str| format!(r#"{{"response_data":{{"outputs":{text}}},"status":"Success","error":null}}"#);
    let fixed =
        r#"{"Outputs":{"b":3,"__proto__":4},"ImageOutputs":[{"ImageName":"i","Base64Content":null},{"ImageName":""}]}"#;
    // Assigning would have changed the prototype instead.
    assert_eq!(overlaid(&fixed.into(), NONE), outputs(r#"{"a":1,"b":3,"__proto__":4,"i":""}"#));
    assert_eq!(overlaid(NONE, &r#"{"f":1}"#.into()), outputs(r#"{"f":1}"#));
    assert_eq!(overlaid(&"{}".into(), &r#"{"f":1}"#.into()), outputs(r#"{"a":1,"b":2}"#));
    assert_eq!(settled("{}", NONE, &"5".into()).unwrap(), outputs("5"));
    for bad in ["{", ""] {
        // Errors have no members of their own that JSON shows.
        assert_eq!(settled("{}", &bad.into(), NONE).unwrap(), "{}", "{bad}");
        assert_eq!(settled("{}", NONE, &bad.into()).unwrap(), "{}", "{bad}");
    }
}

#[wasm_bindgen_test]
fn a_listener_takes_answers_apart_and_hands_on_the_rest() {
    let heard = js("(globalThis.heard = [], (...given) => heard.push(given))");
    let listener = host(&JsValue::NULL).listener(&heard);
    let taken =
        ["[7, '{}', 20.5, 65536]", "['Up']", "['Unpacked', {}, 'x'.repeat(1e6)]", "['Failed', 'x'.repeat(65536)]"];
    let nothing = [
        "[7, '{}', 1n, {}]",
        "[7, '{}', [1], 1]",
        "[7, '{}', NaN, 1]",
        "[7, '{}', 1, 1e300]",
        "[7, '{}', 1, -1]",
        "[7, {}, 1, 1]",
        "[0, 'x'.repeat(2 ** 27 + 1), 1, 1]",
        "[7, '{}']",
        "null",
        "5",
        "'7'",
        "({ 0: 7 })",
        "new Array(4e9)",
        "['Failed', 'x'.repeat(65537)]",
        "['Dispatch', 1, 0, 'x'.repeat(2 ** 27 + 1)]",
        "new Float64Array(4)",
    ];
    for data in taken.iter().chain(&nothing) {
        listener.call1(&JsValue::NULL, &js(&format!("({{ data: {data} }})"))).unwrap();
    }
    assert_eq!(js("JSON.stringify(heard[0])"), r#"[7,"{}",20.5,65536]"#);
    assert_eq!(js("JSON.stringify(heard[1])"), r#"[0,["Up"],0,0]"#);
    assert_eq!(js("heard.slice(2, 4).map((given) => given[1][0]).join()"), "Unpacked,Failed");
    let rest = js("JSON.stringify(heard.slice(4))").as_string().unwrap();
    assert_eq!(rest, format!("[{}]", ["[0,null,0,0]"; 16].join(",")), "what no worker sends comes as null");
}
