//! Packages become images, and images parts.

use js_sys::{ArrayBuffer, Uint8Array, WebAssembly};
use spark_execute_core::Code;
use spark_execute_core::protocol::{Load, Source};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use super::support::*;
use crate::js::get;
use crate::scope::Environment;
use crate::unpack::{load_image, parts, unpack};
use crate::wire::Js;

async fn content(blob: &JsValue) -> Vec<u8> {
    let buffer = wait(&blob.unchecked_ref::<Blob>().array_buffer()).await.unwrap();
    Uint8Array::new(&buffer).to_vec()
}

#[wasm_bindgen_test]
async fn a_package_becomes_an_image_and_its_parts() {
    let unpacked = unpack(model!("cylinder/cylinder"), "any", true, 65_536.0, None).await.unwrap();
    assert!(unpacked.warnings.is_empty());
    let image = unpacked.image;
    assert!(image.module.0.is_instance_of::<WebAssembly::Module>());
    assert_eq!(image.glue.0.unchecked_ref::<Blob>().type_(), "text/javascript");
    assert_says(std::str::from_utf8(&content(&image.glue.0).await).unwrap(), &["Module"]);
    let data = content(&image.data.as_ref().unwrap().0).await;
    assert_says(&image.static_json.as_ref().unwrap().0.as_string().unwrap(), &["ImageOutputs", "sketch"]);
    assert_says(&image.formspec_json.as_ref().unwrap().0.as_string().unwrap(), &["widget"]);
    let own: ArrayBuffer = unpacked.parts.data.unwrap();
    assert_eq!(Uint8Array::new(&own).to_vec(), data);
    // Another worker's parts hold the same.
    let other = parts(image).await.unwrap();
    assert_eq!(Uint8Array::new(&other.data.unwrap()).to_vec(), data);
    assert_eq!(JsValue::from(other.module), JsValue::from(unpacked.parts.module));
}

/// An environment whose inflater is this JavaScript function.
fn inflater(source: &str) -> Environment {
    let environment = js(&format!("({{ calls: 0, importScripts() {{}}, inflate: {source} }})"));
    environment.unchecked_into()
}

/// Inflates with the platform, which checks size and CRC, then does that.
fn inflater_and(end: &str) -> Environment {
    inflater(&format!(
        "async function (deflated, size, crc) {{
            this.calls++;
            const head = Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 255);
            const gzip = new Blob([head, deflated, new Uint32Array([crc, size])]);
            const stream = gzip.stream().pipeThrough(new DecompressionStream('gzip'));
            const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
            {end}
        }}"
    ))
}

#[wasm_bindgen_test]
async fn the_platforms_inflater_is_used_and_not_needed() {
    let own = unpack(model!("cylinder/cylinder"), "any", true, 65_536.0, None).await.unwrap();
    let glue = content(&own.image.glue.0).await;
    let data = Uint8Array::new(&own.parts.data.unwrap()).to_vec();
    for environment in [
        inflater_and("return bytes;"),
        inflater_and("return undefined;"),
        inflater_and("throw new Error('no such format');"),
    ] {
        let unpacked = unpack(model!("cylinder/cylinder"), "any", true, 65_536.0, Some(&environment)).await.unwrap();
        assert!(get(&environment, "calls").as_f64() >= Some(3.0), "engine, glue and data");
        assert!(unpacked.warnings.is_empty());
        assert_eq!(content(&unpacked.image.glue.0).await, glue);
        assert_eq!(Uint8Array::new(&unpacked.parts.data.unwrap()).to_vec(), data);
        assert!(unpacked.image.module.0.is_instance_of::<WebAssembly::Module>());
    }
}

#[wasm_bindgen_test]
async fn what_a_package_does_not_have_is_left_out() {
    let unpacked = unpack(model!("counter/counter"), "any", true, 65_536.0, None).await.unwrap();
    assert!(unpacked.image.data.is_none() && unpacked.parts.data.is_none());
    assert!(parts(unpacked.image).await.unwrap().data.is_none());
}

#[wasm_bindgen_test]
async fn the_version_picks_the_model_of_an_export() {
    const SECOND: &str = "69bb53ee-5ce1-4f49-ab0c-ded48dbb6f70";
    let both = model!("cylinder/cylinder-export-two");
    let first = unpack(both.clone(), "7e8301d8-f3fb-4804-a581-98a9f4625ae4", true, 65_536.0, None).await.unwrap();
    let second = unpack(both, SECOND, true, 65_536.0, None).await.unwrap();
    let data = |parts: &crate::engine::Parts| Uint8Array::new(parts.data.as_ref().unwrap()).to_vec();
    assert_ne!(data(&first.parts), data(&second.parts));
}

#[wasm_bindgen_test]
async fn a_wrong_sum_is_an_error_or_on_request_a_warning() {
    // The listed sum of the engine, with one digit changed; the list itself is stored.
    let zip = model!("cylinder/cylinder-stored").to_vec();
    let name = b"_volume_cylinder.wasm\n";
    let at = zip.windows(name.len()).position(|window| window == name).unwrap();
    let digit = at - 3;
    let mut list = zip.clone();
    list[digit] = if list[digit] == b'0' { b'1' } else { b'0' };
    // Its own CRC must fit: it is computed anew wherever the old one stands.
    let start = zip[..at].windows(4).rposition(|window| window == b"PK\x03\x04").unwrap();
    let word = |at: usize| u32::from_le_bytes(zip[at..at + 4].try_into().unwrap());
    let (length, names) = (word(start + 18) as usize, usize::from(zip[start + 26]) + usize::from(zip[start + 28]));
    let body = start + 30 + names;
    let crc = crc32(&list[body..body + length]).to_le_bytes();
    let old = zip[start + 14..start + 18].to_vec();
    for index in 0..zip.len() - 4 {
        if zip[index..index + 4] == old[..] {
            list[index..index + 4].copy_from_slice(&crc);
        }
    }
    let list = Uint8Array::from(&list[..]);
    let failure = unpack(list.clone(), "any", true, 65_536.0, None).await.err().unwrap();
    assert_eq!(failure.code, Code::ChecksumMismatch, "{failure}");
    let unpacked = unpack(list, "any", false, 65_536.0, None).await.unwrap_or_else(|failure| panic!("{failure}"));
    assert_says(&unpacked.warnings.join("\n"), &["_volume_cylinder.wasm"]);
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
}

#[wasm_bindgen_test]
async fn an_image_is_loaded_from_bytes_or_text() {
    use base64::Engine;
    let zip = model!("cylinder/cylinder");
    let text = base64::engine::general_purpose::STANDARD.encode(zip.to_vec());
    let blob = |part: &JsValue| Js(Blob::new_with_blob_sequence(&js_sys::Array::of1(part)).unwrap().into());
    for (part, is_text) in [(JsValue::from(zip), false), (JsValue::from(text), true)] {
        let load = Load {
            version_id: "any".into(),
            verify_checksums: true,
            integrity: None,
            max_pages: 65_536.0,
            keep: false,
            source: Source::Blob(blob(&part)),
        };
        let (image, warnings) = load_image(load, is_text).await.unwrap();
        assert!(image.module.0.is_instance_of::<WebAssembly::Module>() && warnings.is_empty());
    }
    let load = Load {
        version_id: "any".into(),
        verify_checksums: true,
        integrity: None,
        max_pages: 65_536.0,
        keep: false,
        source: Source::Blob(blob(&"UEsD!".into())),
    };
    assert_eq!(load_image(load, true).await.err().unwrap().code, Code::Base64Invalid);
}

#[wasm_bindgen_test]
async fn data_that_cannot_be_read_back_says_so() {
    let mut image = unpack(model!("cylinder/cylinder"), "any", true, 65_536.0, None).await.unwrap().image;
    let gone = "Object.assign(new Blob(['x']), { arrayBuffer: () => Promise.reject(new DOMException('x', 'NotReadableError')) })";
    image.data = Some(Js(js(gone)));
    let failure = parts(image).await.err().unwrap();
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_says(&failure.into_facts().details.unwrap(), &["NotReadableError"]);
}
