//! The small helpers that everything uses.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::js::{Encoder, as_object, describe, get, now, set, shorten, strict_decoder};

#[wasm_bindgen_test]
fn whatever_was_thrown_is_described() {
    for (thrown, text) in [
        ("new TypeError('wrong')", "TypeError: wrong"),
        ("new DOMException('gone', 'NotFoundError')", "NotFoundError: gone"),
        ("Object.assign(Object.create(null), { name: 'Other', message: 'realm' })", "Other: realm"),
        ("'text'", "text"),
        ("''", ""),
        ("5", "the number 5"),
        ("-0.5", "the number -0.5"),
    ] {
        assert_eq!(describe(&js(thrown)), text, "{thrown}");
    }
    for thrown in ["undefined", "null", "({})", "() => 1", "Symbol('s')", "10n", "Object.create(null)"] {
        assert!(!describe(&js(thrown)).is_empty(), "{thrown}");
    }
    let long = describe(&js("new Error('🙂'.repeat(1000))"));
    assert_eq!(long.chars().count(), 501);
    assert!(long.ends_with('…'));
}

#[wasm_bindgen_test]
fn texts_are_shortened_by_characters() {
    assert_eq!(shorten("grün", 4), "grün");
    assert_eq!(shorten("grün", 3), "grü…");
    assert_eq!(shorten("", 0), "");
}

#[wasm_bindgen_test]
fn members_are_read_and_written() {
    let object = Object::new();
    set(&object, "__proto__x", &1.into());
    assert_eq!(get(&object, "__proto__x"), 1);
    assert!(get(&object, "none").is_undefined());
    assert!(get(&js("({ get a() { throw 1; } })"), "a").is_undefined());
    for value in ["undefined", "null", "5", "'text'"] {
        assert!(get(&js(value), "length").is_undefined(), "{value}");
        assert!(as_object(&js(value)).is_none(), "{value}");
    }
    for value in ["({})", "[]", "() => 1", "Object.create(null)"] {
        assert!(as_object(&js(value)).is_some(), "{value}");
    }
}

#[wasm_bindgen_test]
fn text_is_decoded_strictly() {
    let decode = |bytes: &[u8]| strict_decoder().decode(&js_sys::Uint8Array::from(bytes));
    assert_eq!(decode("ü🙂".as_bytes()).unwrap(), "ü🙂");
    assert_eq!(decode(b"\xef\xbb\xbf{}").unwrap(), "{}", "a byte order mark is no text");
    for wrong in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80"] {
        assert_says(&describe(&decode(wrong).unwrap_err()), &["TypeError"]);
    }
}

#[wasm_bindgen_test]
fn text_is_encoded_as_far_as_it_fits() {
    let room = js_sys::Uint8Array::new_with_length(4);
    let encoded = Encoder::new().encode_into(&JsValue::from_str("aü🙂"), &room);
    assert_eq!((encoded.read(), encoded.written()), (2.0, 3.0));
    assert_eq!(room.to_vec(), [b'a', 0xc3, 0xbc, 0]);
    // A lone surrogate has no UTF-8; it becomes the replacement character.
    let encoded = Encoder::new().encode_into(&js("'\\ud800'"), &room);
    assert_eq!((encoded.read(), encoded.written()), (1.0, 3.0));
}

#[wasm_bindgen_test]
fn time_goes_forward() {
    let before = now();
    assert!(now() >= before && before > 0.0);
}
