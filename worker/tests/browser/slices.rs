//! Packages in slices, and both ways to decode base64.

use js_sys::{Array, JsString, Uint8Array};
use spark_execute_core::{Code, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::slices::{Slices, decode_in_pieces};

fn pieces(text: &str, size: u32) -> Array {
    let text = JsString::from(text);
    (0..text.length().div_ceil(size)).map(|index| text.slice(index * size, (index + 1) * size)).collect()
}

/// As the worker decodes: with the browser's decoder where it has one.
fn by_platform(text: &str, size: u32) -> Result<Vec<u8>, Failure> {
    let mut slices = Slices::new(true);
    for piece in pieces(text, size).iter() {
        slices.push(&piece);
    }
    slices.finish().map(|bytes| bytes.to_vec())
}

fn by_us(text: &str, size: u32) -> Result<Vec<u8>, Failure> {
    decode_in_pieces(&pieces(text, size)).map(|bytes| bytes.to_vec())
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn wrapped(text: &str, end: &str) -> String {
    text.as_bytes().chunks(76).map(|line| format!("{}{end}", std::str::from_utf8(line).unwrap())).collect()
}

/// Without the browser's own decoder, as in browsers that have none.
fn without_native<T>(run: impl FnOnce() -> T) -> T {
    js("globalThis.kept = Uint8Array.fromBase64; delete Uint8Array.fromBase64");
    let result = run();
    js("Uint8Array.fromBase64 = kept");
    result
}

#[wasm_bindgen_test]
fn this_browser_has_a_decoder_of_its_own() {
    // Otherwise the other tests here compare our decoder with itself.
    assert_eq!(js("typeof Uint8Array.fromBase64"), "function");
    js("globalThis.asked = 0; globalThis.original = Uint8Array.fromBase64");
    js("Uint8Array.fromBase64 = function (...given) { asked += 1; return original.apply(this, given); }");
    let decoded = by_platform("AQID", 100);
    js("Uint8Array.fromBase64 = original");
    assert_eq!((decoded.unwrap(), js("asked").as_f64()), (vec![1, 2, 3], Some(1.0)));
}

#[wasm_bindgen_test]
fn both_ways_read_every_spelling_alike() {
    for size in [1, 2, 3, 57, 100, 1000, 300_000] {
        let bytes: Vec<u8> = (0..size).map(|index: usize| (index * 7919 + index / 251) as u8).collect();
        let plain = base64(&bytes);
        let spellings = [
            plain.clone(),
            plain.trim_end_matches('=').to_owned(),
            plain.replace('+', "-").replace('/', "_"),
            plain.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned(),
            // Both alphabets in one text.
            plain.replacen('+', "-", 3),
            wrapped(&plain, "\r\n"),
            wrapped(&plain, "\n  \t"),
            format!("  {plain}\n"),
            format!("\u{feff}{plain}"),
            format!("data:application/zip;base64,{plain}"),
            format!("data:;charset=x;base64,{}", wrapped(&plain, "\n")),
            format!(" DATA:application/zip;BASE64,{plain}"),
        ];
        for text in spellings {
            for slice in [1 << 22, 1000] {
                let shown = text.chars().take(60).collect::<String>();
                assert!(by_platform(&text, slice).unwrap() == bytes, "the platform's: {shown}");
                assert!(by_us(&text, slice).unwrap() == bytes, "ours: {shown}");
                assert!(
                    without_native(|| by_platform(&text, slice)).unwrap() == bytes,
                    "without the platform's: {shown}"
                );
            }
        }
    }
}

#[wasm_bindgen_test]
fn both_ways_refuse_alike() {
    for text in [
        "",
        " \n",
        "data:application/zip;base64,",
        "data:application/zip,UEsD",
        "data:application/zip",
        "UEsDB",
        "UEsDBA=",
        "UEsDBA===",
        "UEsD=",
        "=UEsD",
        "UEsDBA==UEsD",
        "UEsD!BA=",
        "UEsD%2B",
        "<!DOCTYPE html>",
        "https://h.example/model.zip",
        "UEsDé",
        "\u{0}UEsD",
        "🙂",
    ] {
        let (platform, ours) = (by_platform(text, 100).unwrap_err(), by_us(text, 100).unwrap_err());
        assert_eq!(platform, ours, "{text:?}");
        assert_eq!(ours.code, Code::Base64Invalid, "{text:?}");
        assert_eq!(without_native(|| by_platform(text, 100)).unwrap_err(), ours, "{text:?}");
    }
}

#[wasm_bindgen_test]
fn slices_of_bytes_are_joined_in_order() {
    let mut slices = Slices::new(false);
    for piece in [&[1, 2][..], &[], &[3, 4, 5], &[6]] {
        slices.push(&Uint8Array::from(piece).into());
    }
    assert_eq!(slices.finish().unwrap().to_vec(), [1, 2, 3, 4, 5, 6]);
    // One slice is the package itself: no copy.
    let only = Uint8Array::from(&[1, 2][..]);
    let mut slices = Slices::new(false);
    slices.push(&only);
    assert_eq!(JsValue::from(slices.finish().unwrap()), JsValue::from(only));
    assert_eq!(Slices::new(false).finish().unwrap().length(), 0);
}
