//! Failures as the errors that callers catch.

use js_sys::{Array, Object, Reflect};
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
    assert_eq!(given.to_vec(), expected);
}

#[wasm_bindgen_test]
fn what_is_unknown_stays_undefined() {
    let given = Array::from(&recorder().error(Failure::new(Code::Timeout, "m"), Context::default()));
    assert_eq!(given.length(), 7);
    assert!((2..7).all(|index| given.get(index).is_undefined()), "{given:?}");
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
    let (base, classes) = (ERRORS.with(|errors| get(errors, "SparkError")), CLASS_OF_CODE.with(JsValue::clone));
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
    assert_eq!((failure.code, failure.path), (Code::RequestInvalid, None));
    assert_eq!(failure.details.as_deref(), Some("RangeError: Invalid string length"));
}

#[wasm_bindgen_test]
fn services_that_throw_are_answers() {
    let host: Host = js("({ encode() { throw 'e'; }, overlay() { throw 'o'; } })").unchecked_into();
    assert_eq!(host.encode(&JsValue::NULL).unwrap_err(), "e");
    assert_eq!(host.overlay(&JsValue::NULL, &JsValue::NULL, &JsValue::NULL).unwrap_err(), "o");
}

#[wasm_bindgen_test]
fn the_packages_own_outputs_are_laid_over() {
    let host = host(&JsValue::NULL);
    let overlaid = |fixed: &JsValue, form: &JsValue| {
        let response = js("({ response_data: { outputs: { a: 1, b: 2 } } })");
        let response = host.overlay(&response, fixed, form).unwrap();
        String::from(js_sys::JSON::stringify(&get(&get(&response, "response_data"), "outputs")).unwrap())
    };
    let fixed =
        r#"{"Outputs":{"b":3,"__proto__":4},"ImageOutputs":[{"ImageName":"i","Base64Content":null},{"ImageName":""}]}"#;
    assert_eq!(overlaid(&fixed.into(), &JsValue::UNDEFINED), r#"{"a":1,"b":3,"__proto__":4,"i":""}"#);
    assert_eq!(overlaid(&JsValue::UNDEFINED, &r#"{"f":1}"#.into()), r#"{"f":1}"#);
    assert_eq!(overlaid(&"{}".into(), &r#"{"f":1}"#.into()), r#"{"a":1,"b":2}"#);
    assert!(host.overlay(&js("({})"), &"{".into(), &JsValue::UNDEFINED).is_err());
    // Assigning would have changed the prototype instead.
    assert!(Reflect::get_prototype_of(&js("({})")).is_ok());
}
