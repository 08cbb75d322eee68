//! The package reader over JavaScript's buffers.

use std::io::{Cursor, Read, Seek, SeekFrom};

use js_sys::Uint8Array;
use spark_execute_core::Code;
use spark_execute_core::package::{Limits, Opened, Role, Sink, Want, open};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::bytes::{JsReader, JsSink};
use crate::js::get;

fn want() -> Want<'static> {
    Want { version_id: None, verify_checksums: true, limits: Limits::default() }
}

#[wasm_bindgen_test]
fn reading_and_seeking_are_those_of_a_file() {
    let content: Vec<u8> = (0..=255).collect();
    let (mut ours, mut theirs) = (JsReader::new(Uint8Array::from(&content[..])), Cursor::new(content));
    let steps = [
        SeekFrom::Start(10),
        SeekFrom::Current(20),
        SeekFrom::Current(-5),
        SeekFrom::End(-3),
        SeekFrom::End(0),
        SeekFrom::Start(1_000_000),
        SeekFrom::Current(-999_990),
        SeekFrom::End(-256),
    ];
    for step in steps {
        assert_eq!(ours.seek(step).unwrap(), theirs.seek(step).unwrap(), "{step:?}");
        for size in [0, 1, 7, 300] {
            let (mut mine, mut other) = (vec![0; size], vec![0; size]);
            assert_eq!(ours.read(&mut mine).unwrap(), theirs.read(&mut other).unwrap(), "{step:?}, {size}");
            assert_eq!(mine, other);
        }
    }
    for step in [SeekFrom::End(-257), SeekFrom::Current(i64::MIN), SeekFrom::Start(u64::MAX)] {
        assert!(ours.seek(step).is_err(), "{step:?}");
    }
}

#[wasm_bindgen_test]
fn a_view_is_read_and_not_the_buffer_around_it() {
    let whole = Uint8Array::from(&[9, 1, 2, 3, 9][..]);
    let mut read = Vec::new();
    JsReader::new(whole.subarray(1, 4)).read_to_end(&mut read).unwrap();
    assert_eq!(read, [1, 2, 3]);
}

#[wasm_bindgen_test]
fn every_part_of_every_layout_comes_out_as_it_does_in_memory() {
    for zip in [
        model!("cylinder/cylinder"),
        model!("cylinder/cylinder-stored"),
        model!("cylinder/cylinder-folder"),
        model!("cylinder/cylinder-older"),
        model!("cylinder/cylinder-export"),
    ] {
        let mut ours = open(JsReader::new(zip.clone()), &want()).unwrap();
        let mut theirs: Opened<Cursor<Vec<u8>>> = open(Cursor::new(zip.to_vec()), &want()).unwrap();
        let mut parts = 0;
        for role in Role::ALL {
            assert_eq!(ours.part(role).is_some(), theirs.part(role).is_some());
            if ours.part(role).is_none() {
                continue;
            }
            let (mut mine, mut other) = (JsSink::default(), Vec::new());
            ours.extract(role, &mut mine).unwrap();
            theirs.extract(role, &mut other).unwrap();
            assert_eq!(mine.into_bytes().to_vec(), other, "{role:?}");
            parts += 1;
        }
        assert!(parts >= 3, "{parts}");
        assert_eq!(ours.warnings(), theirs.warnings());
    }
}

#[wasm_bindgen_test]
fn no_package_stays_in_our_own_memory() {
    let size = || {
        get(&js_sys::Reflect::get(&wasm_bindgen::memory(), &"buffer".into()).unwrap(), "byteLength").as_f64().unwrap()
    };
    // Ten megabytes, stored and read in full.
    let mut reader = JsReader::new(Uint8Array::new_with_length(10 * 1024 * 1024));
    let before = size();
    let mut sink = JsSink::default();
    sink.start(10 * 1024 * 1024).unwrap();
    let mut chunk = vec![0; 64 * 1024];
    while reader.read(&mut chunk).unwrap() > 0 {
        sink.write(&chunk).unwrap();
    }
    assert!(size() - before < 1024.0 * 1024.0, "grew by {}", size() - before);
    assert_eq!(sink.into_bytes().length(), 10 * 1024 * 1024);
}

#[wasm_bindgen_test]
fn a_sink_holds_what_was_announced_and_no_more() {
    let mut sink = JsSink::default();
    sink.start(5).unwrap();
    sink.write(&[1, 2]).unwrap();
    sink.write(&[3, 4, 5]).unwrap();
    assert_eq!(sink.write(&[6]).unwrap_err().code, Code::Internal);
    assert_eq!(sink.into_bytes().to_vec(), [1, 2, 3, 4, 5]);
    assert_eq!(JsSink::default().write(&[1]).unwrap_err().code, Code::Internal);
    assert_eq!(JsSink::default().into_bytes().length(), 0);
}

#[wasm_bindgen_test]
fn memory_that_is_not_there_is_an_answer() {
    let failure = JsSink::default().start(1 << 53).unwrap_err();
    assert_eq!(failure.code, Code::PackageTooLarge);
    assert_says(&failure.into_facts().details.unwrap(), &["RangeError"]);
}

#[wasm_bindgen_test]
fn damage_is_found() {
    for (zip, code) in [
        (Uint8Array::new_with_length(0), Code::ZipInvalid),
        (Uint8Array::from(&b"<!DOCTYPE html><title>Not found</title>"[..]), Code::ZipInvalid),
        (model!("cylinder/cylinder").subarray(0, 20_000), Code::ZipInvalid),
        (replaced(&model!("cylinder/cylinder-stored"), b"\0asm\x01", b"\0asm\x02"), Code::ZipInvalid),
    ] {
        let opened = open(JsReader::new(zip), &want());
        let failure = opened.and_then(|mut opened| opened.extract(Role::Engine, &mut JsSink::default())).unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
    }
}
