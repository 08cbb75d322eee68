//! Hostile archives: bombs, names that lead elsewhere, names that stand there twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod package_kit;

use package_kit::*;
use spark_execute_core::Code;
use spark_execute_core::package::{Limits, Role, Want};

/// A zip of the model with this engine.
fn with_engine(engine: Raw) -> Vec<u8> {
    let mut entries: Vec<Raw> = model("").iter().map(|(name, bytes)| raw_deflated(name, bytes)).collect();
    entries[1] = engine;
    raw_zip(&entries, false)
}

fn refusal(bytes: Vec<u8>) -> spark_execute_core::Failure {
    read_all(bytes, &want(None)).expect_err("was accepted")
}

#[test]
fn bombs_are_refused_before_anything_comes_out() {
    // A real bomb: zeros, 1000 times smaller, more than the floor for such ratios.
    let bytes = with_engine(raw_deflated("_cyl.wasm", &vec![0; 1 << 20]));
    let limits = Limits { ratio_floor: 1 << 19, ..Limits::default() };
    let strict = Want { limits, ..want(None) };
    let failure = open_with(bytes.clone(), &strict).unwrap_err();
    assert_eq!((failure.code, failure.path.as_deref()), (Code::PackageTooLarge, Some("_cyl.wasm")));
    // Zeros alone are no crime.
    assert!(read_all(bytes, &want(None)).is_ok());
}

#[test]
fn a_bomb_is_refused_wherever_it_is_in_the_archive() {
    let limits = Limits { ratio_floor: 1 << 19, ..Limits::default() };
    let strict = Want { limits, ..want(None) };
    let zeros = raw_deflated("readme.txt", &vec![0; 1 << 20]);
    let mut entries: Vec<Raw> = model("").iter().map(|(name, bytes)| raw_deflated(name, bytes)).collect();
    entries.push(zeros);
    let failure = open_with(raw_zip(&entries, false), &strict).unwrap_err();
    assert_eq!((failure.code, failure.path.as_deref()), (Code::PackageTooLarge, Some("readme.txt")), "{failure}");
    // Many small ones.
    entries.pop();
    entries.extend((0..100).map(|n| raw_deflated(&format!("{n}.txt"), &vec![0; 1 << 16])));
    assert_eq!(open_with(raw_zip(&entries, false), &strict).unwrap_err().code, Code::PackageTooLarge);
    assert!(open_with(raw_zip(&entries, false), &want(None)).is_ok());
}

#[test]
fn a_package_that_is_too_large_is_refused_before_it_is_looked_into() {
    let limits = Limits { package: 1000, ..Limits::default() };
    let failure = open_with(vec![0; 1001], &Want { limits, ..want(None) }).unwrap_err();
    assert_eq!(failure.code, Code::PackageTooLarge);
    assert!(failure.message.contains("1001 bytes"), "{failure}");
}

#[test]
fn a_text_that_no_page_could_hold_is_refused() {
    // The bytes need not be there: what the directory and the entry state is enough.
    let mut noise = 1u32;
    let mut byte = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    };
    let bytes: Vec<u8> = (0..700_000).map(|_| byte()).collect();
    let entry = Raw { size: 65 << 20, ..raw_deflated("a_static.json", &bytes) };
    let entries = [raw("a.wasm", WASM), raw("a.js", GLUE), entry];
    let failure = open_any(raw_zip(&entries, false)).unwrap_err();
    assert_eq!((failure.code, failure.path.as_deref()), (Code::PackageTooLarge, Some("a_static.json")), "{failure}");
}

#[test]
fn a_bomb_that_hides_its_size_is_stopped_at_the_size_it_states() {
    let zeros = raw_deflated("_cyl.wasm", &vec![0; 8 << 20]);
    let mut package = open_any(with_engine(Raw { size: 100_000, ..zeros })).unwrap();
    let mut sink = Collect::default();
    let failure = package.extract(Role::Engine, &mut sink).unwrap_err();
    assert_eq!(failure.code, Code::ZipInvalid);
    assert!(sink.bytes.len() <= 100_000);
}

#[test]
fn many_parts_may_not_add_up_beyond_the_limit() {
    let entries: Vec<Raw> = ["a.js", "a.wasm", "a.data"].map(|name| raw_deflated(name, &vec![0; 1 << 20])).to_vec();
    let want = Want { limits: Limits { expanded: 5 << 19, ..Limits::default() }, ..want(None) };
    let failure = open_with(raw_zip(&entries, false), &want).unwrap_err();
    assert_eq!(failure.code, Code::PackageTooLarge);
}

#[test]
fn two_entries_of_one_name_are_refused_whatever_they_are() {
    let name = format!("{ID}.zip");
    let model = || model("").into_iter().map(|(name, bytes)| raw_deflated(&name, &bytes));
    let listed = sums(&vec![("_cyl.wasm".to_owned(), WASM.to_vec())]);
    // One is flagged as UTF-8, the other is not: the same bytes, and other names to who believes the flag.
    let flagged = [Raw { flags: 0x800, ..raw("é.txt", b"") }, raw("é.txt", b"")];
    for (twice, extra) in [
        ("_cyl.wasm", vec![raw("_cyl.wasm", b"\0asm another")]),
        ("_cyl.wasm", vec![raw("_cyl.wasm", WASM), raw("checksums.md5", &listed)]),
        ("_cyl.js", vec![raw("_cyl.js", GLUE)]),
        ("readme.txt", vec![raw("readme.txt", b"1"), raw("readme.txt", b"2")]),
        ("x/", vec![raw("x/", b""), raw("x/", b"")]),
        ("é.txt", flagged.to_vec()),
        (&name, vec![raw(&name, &deflated(&full_model())), raw("x", b""), raw(&name, &stored(&full_model()))]),
    ] {
        for entries in [model().chain(extra.clone()).collect::<Vec<_>>(), extra.into_iter().chain(model()).collect()] {
            let failure = open_with(raw_zip(&entries, false), &want(Some(ID))).unwrap_err();
            assert_eq!((failure.code, failure.path.as_deref()), (Code::PackageAmbiguous, Some(twice)), "{failure}");
        }
    }
    // What Finder adds is nobody's, however often.
    let fork = [raw("__MACOSX/._cyl.js", b"1"), raw("__MACOSX/._cyl.js", b"2")];
    let entries: Vec<Raw> = model().chain(fork.clone()).collect();
    assert_eq!(read_all(raw_zip(&entries, false), &want(None)).unwrap().len(), 3);
    let both: Vec<Raw> = entries.into_iter().chain([raw("_cyl.wasm", WASM)]).collect();
    let failure = open_any(raw_zip(&both, false)).unwrap_err();
    assert_eq!((failure.code, failure.path.as_deref()), (Code::PackageAmbiguous, Some("_cyl.wasm")));
}

#[test]
fn hostile_names_are_shown_bounded_and_harmless() {
    for name in ["../../etc/passwd.wasm", "/.wasm", "//////.wasm", "a\0b.wasm", "__proto__/a.wasm"] {
        let failure = refusal(raw_zip(&[raw(name, WASM), raw("a.js", GLUE)], false));
        assert_eq!((failure.code, failure.path.as_deref()), (Code::ZipInvalid, Some(name)), "{failure}");
        // Also of what is no part of the model.
        let other = name.replace("wasm", "txt");
        assert_eq!(
            refusal(raw_zip(&[raw("a.wasm", WASM), raw(&other, b""), raw("a.js", GLUE)], false)).code,
            Code::ZipInvalid
        );
    }
    for name in ["\u{202e}\u{7}\n.wasm", "constructor/a.wasm", "toString.wasm", "prototype/a.wasm"] {
        let entries = [raw(name, WASM), raw("a.js", GLUE)];
        assert_eq!(read_all(raw_zip(&entries, false), &want(None)).unwrap().len(), 2, "{name:?}");
    }
    let long = format!("{}.wasm", "x/".repeat(32_000));
    let entries = [raw(&long, WASM), raw(&format!("y{long}"), WASM), raw("a.js", GLUE)];
    let failure = refusal(raw_zip(&entries, false));
    assert_eq!(failure.code, Code::PackageAmbiguous);
    assert!(failure.message.len() < 700);
    let invalid = Raw { name: b"\xff\xfe\xe9.wasm".to_vec(), ..raw("", WASM) };
    assert!(read_all(raw_zip(&[invalid, raw("a.js", GLUE)], false), &want(None)).is_ok());
}
