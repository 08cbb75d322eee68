//! What the package reader accepts, and how it finds the parts of a model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod package_kit;

use std::io::Write;

use package_kit::*;
use spark_execute_core::Code;
use spark_execute_core::package::{Layout, Limits, Role};
use zip::write::SimpleFileOptions;

fn assert_is_model(bytes: Vec<u8>) {
    let parts = read_all(bytes, &want(None)).unwrap_or_else(|failure| panic!("{failure}"));
    let of = |role| parts.iter().find(|(found, _)| *found == role).map(|(_, bytes)| bytes.as_slice());
    assert_eq!(of(Role::Glue), Some(GLUE));
    assert_eq!(of(Role::Engine), Some(WASM));
    assert_eq!(of(Role::Data), Some(DATA));
}

#[test]
fn every_part_of_a_full_package_is_found_and_comes_out_whole() {
    let files = full_model();
    for bytes in [deflated(&files), stored(&files)] {
        let mut package = open_any(bytes).unwrap();
        assert_eq!((package.layout(), package.version_id()), (Layout::Flat, None));
        let roles = [
            (Role::Glue, 0),
            (Role::Engine, 1),
            (Role::Data, 2),
            (Role::Static, 3),
            (Role::FormSpec, 4),
            (Role::CompilerLog, 5),
            (Role::Validations, 6),
            (Role::Checksums, 7),
        ];
        assert_eq!(package.parts().len(), roles.len());
        for (role, index) in roles {
            let (name, content) = &files[index];
            let part = package.part(role).unwrap();
            assert_eq!((&part.name, part.size), (name, content.len() as u64));
            assert_eq!(&extract(&mut package, role).unwrap(), content, "{role:?}");
        }
        assert_eq!(package.part(Role::ModelMetaData), None);
        assert_eq!(package.text(Role::ModelMetaData).unwrap(), None);
        assert_eq!(package.warnings(), [""; 0]);
    }
}

#[test]
fn the_repository_s_own_models_open() {
    for name in ["cylinder", "cylinder-folder", "cylinder-stored", "cylinder-older", "cylinder-export"] {
        let path = format!("{}/../tests/models/cylinder/{name}.zip", env!("CARGO_MANIFEST_DIR"));
        let parts = read_all(std::fs::read(path).unwrap(), &want(None)).unwrap_or_else(|f| panic!("{name}: {f}"));
        let engine = parts.iter().find(|(role, _)| *role == Role::Engine).map(|(_, bytes)| &bytes[..4]);
        assert_eq!(engine, Some(&b"\0asm"[..]), "{name}");
    }
}

#[test]
fn what_finder_and_explorer_add_is_skipped() {
    let mut all = files(&[
        ("cyl/", b""),
        ("__MACOSX/", b""),
        ("__MACOSX/cyl/._cyl.wasm", b"fork"),
        ("__MACOSX/cyl/._cyl.js", b"fork"),
        ("cyl/._cyl.js", b"fork"),
        ("cyl/.DS_Store", b"store"),
        ("cyl/Thumbs.db", b"thumbs"),
    ]);
    all.extend(model("cyl/"));
    assert_is_model(deflated(&all));
    let package = open_any(deflated(&all)).unwrap();
    assert_eq!(package.part(Role::Engine).unwrap().name, "cyl/_cyl.wasm");
}

#[test]
fn folders_in_the_style_of_any_system_are_fine() {
    for prefix in ["a/", "a/b/c/", "a\\b\\", "./", "constructor/", "%2e%2e/"] {
        let entries: Vec<Raw> = model(prefix).iter().map(|(name, bytes)| raw(name, bytes)).collect();
        assert_is_model(raw_zip(&entries, false));
    }
}

#[test]
fn zip64_streamed_commented_prefixed_and_trailed_archives_are_read() {
    let entries: Vec<Raw> = model("").iter().map(|(name, bytes)| raw_deflated(name, bytes)).collect();
    let wide: Vec<Raw> = entries.iter().map(|entry| Raw { zip64: true, ..entry.clone() }).collect();
    assert_is_model(raw_zip(&wide, false));
    assert_is_model(raw_zip(&wide, true));
    assert_is_model(raw_zip(&entries, true));
    assert_is_model([b"#!/bin/sh\n".repeat(9), raw_zip(&entries, false)].concat());
    assert_is_model([raw_zip(&entries, false), b"trailing".to_vec()].concat());
    assert_is_model(zip_with(&model(""), SimpleFileOptions::default().large_file(true)));

    let mut commented = raw_zip(&entries, false);
    let at = commented.len() - 2;
    commented[at..].copy_from_slice(&[0xff, 0xff]);
    commented.extend_from_slice(&b"PK\x05\x06".repeat(0x4000)[..0xffff]);
    assert_is_model(commented);

    let mut streamed = zip::ZipWriter::new_stream(Vec::new());
    for (name, bytes) in model("") {
        streamed.start_file(name, SimpleFileOptions::default()).unwrap();
        streamed.write_all(&bytes).unwrap();
    }
    assert_is_model(streamed.finish().unwrap().into_inner());
}

#[test]
fn large_entries_arrive_in_bounded_chunks() {
    // Not compressible to nothing, and not a multiple of any buffer.
    let big: Vec<u8> = (0..1_000_003u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let all = files(&[("a.js", GLUE), ("a.wasm", &big)]);
    for bytes in [deflated(&all), stored(&all)] {
        assert!(extract(&mut open_any(bytes).unwrap(), Role::Engine).unwrap() == big);
    }
}

#[test]
fn empty_parts_are_parts() {
    let all = files(&[("a.js", b""), ("a.wasm", b""), ("a.data", b"")]);
    for bytes in [deflated(&all), stored(&all)] {
        assert_eq!(extract(&mut open_any(bytes).unwrap(), Role::Data).unwrap(), b"");
    }
}

#[test]
fn a_sink_that_refuses_ends_the_extraction() {
    struct Full(u32);
    impl spark_execute_core::package::Sink for Full {
        fn start(&mut self, _: u64) -> spark_execute_core::Result<()> {
            Ok(())
        }
        fn write(&mut self, _: &[u8]) -> spark_execute_core::Result<()> {
            self.0 += 1;
            Err(spark_execute_core::Failure::new(Code::Cancelled, "enough"))
        }
    }
    let big = vec![7; 500_000];
    let mut package = open_any(stored(&files(&[("a.js", GLUE), ("a.wasm", &big)]))).unwrap();
    let mut sink = Full(0);
    assert_eq!(package.extract(Role::Engine, &mut sink).unwrap_err().code, Code::Cancelled);
    assert_eq!(sink.0, 1);
}

#[test]
fn texts_lose_their_byte_order_mark_and_survive_bad_bytes() {
    let mut all = model("");
    all.extend(files(&[("a_static.json", b"\xef\xbb\xbf{}"), ("aDefaultValidations.json", b"{\"a\":\"\xff\"}")]));
    let mut package = open_any(deflated(&all)).unwrap();
    assert_eq!(package.text(Role::Static).unwrap().as_deref(), Some("{}"));
    assert_eq!(package.warnings().len(), 0);
    assert_eq!(package.text(Role::Validations).unwrap().as_deref(), Some("{\"a\":\"\u{fffd}\"}"));
    assert!(package.warnings()[0].contains("aDefaultValidations.json"));
}

#[test]
fn a_model_without_engine_or_glue_is_named_incomplete() {
    let without = |ending: &str| {
        let files: Files = full_model().into_iter().filter(|(name, _)| !name.ends_with(ending)).collect();
        open_any(deflated(&files)).unwrap_err()
    };
    for (ending, part) in [(".wasm", "engine (.wasm)"), (".js", "glue (.js)")] {
        let failure = without(ending);
        assert_eq!(failure.code, Code::PackageIncomplete);
        assert!(failure.message.contains(part), "{}", failure.message);
        assert!(failure.message.contains(&format!("checksums.md5 lists \"_cyl{ending}\"")), "{}", failure.message);
    }
    let failure = open_any(deflated(&files(&[("a.txt", b""), ("b.js", b"")]))).unwrap_err();
    assert!(failure.message.contains("inside are \"a.txt\", \"b.js\""), "{}", failure.message);
}

#[test]
fn two_candidates_are_refused_by_name_unless_the_sums_decide() {
    let second: &[u8] = b"\0asm another";
    for (name, right, role) in
        [("other.js", GLUE, Role::Glue), ("x/other.wasm", WASM, Role::Engine), ("other.data", DATA, Role::Data)]
    {
        let first = model("").into_iter().find(|(_, bytes)| bytes == right).unwrap();
        let twice = |sums: Option<Vec<u8>>| {
            let mut entries: Vec<Raw> = model("").iter().map(|(name, bytes)| raw_deflated(name, bytes)).collect();
            entries.insert(0, raw_deflated(name, second));
            entries.extend(sums.map(|text| raw("checksums.md5", &text)));
            open_any(raw_zip(&entries, false))
        };
        for sums in [None, Some(b"".to_vec()), Some(format!("{}  nothing.js\n", md5_hex(b"")).into_bytes())] {
            let failure = twice(sums).unwrap_err();
            assert_eq!(failure.code, Code::PackageAmbiguous);
            assert!(failure.message.contains(&format!("{name:?}")), "{}", failure.message);
            assert!(failure.message.contains(&format!("{:?}", first.0)), "{}", failure.message);
        }
        // Listed with the right sum: taken. Listed with a wrong one, or both listed rightly: no decision.
        let mut package = twice(Some(sums(&vec![first.clone()]))).unwrap();
        assert_eq!(extract(&mut package, role).unwrap(), right);
        let wrong = format!("{}  {}\n", md5_hex(b"else"), first.0).into_bytes();
        assert_eq!(twice(Some(wrong)).unwrap_err().code, Code::PackageAmbiguous);
        let both = sums(&vec![first.clone(), (name.to_string(), second.to_vec())]);
        assert_eq!(twice(Some(both)).unwrap_err().code, Code::PackageAmbiguous);
    }
}

#[test]
fn of_two_texts_the_one_beside_the_engine_counts_else_the_last() {
    let mut all = files(&[("z/a_static.json", b"far")]);
    all.extend(model("m/"));
    all.extend(files(&[("m/b_static.json", b"near"), ("y/c_static.json", b"last")]));
    let mut package = open_any(deflated(&all)).unwrap();
    assert_eq!(package.text(Role::Static).unwrap().as_deref(), Some("near"));
    assert!(package.warnings()[0].contains("3 candidates") && package.warnings()[0].contains("m/b_static.json"));
    all.retain(|(name, _)| !name.starts_with("m/b_"));
    assert_eq!(open_any(deflated(&all)).unwrap().text(Role::Static).unwrap().as_deref(), Some("last"));
}

#[test]
fn symbolic_links_are_no_parts() {
    let mut entries: Vec<Raw> = model("").iter().map(|(name, bytes)| raw(name, bytes)).collect();
    entries.push(Raw { attributes: 0o120777 << 16, ..raw("link.wasm", b"_cyl.wasm") });
    assert_is_model(raw_zip(&entries, false));
}

#[test]
fn limits_are_the_callers() {
    let bytes = deflated(&full_model());
    let total: u64 = full_model().iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let try_with = |limits: Limits| {
        let want = package_kit::want(None);
        open_with(bytes.clone(), &spark_execute_core::package::Want { limits, ..want }).map(|_| ()).map_err(|f| f.code)
    };
    assert_eq!(try_with(Limits { entries: 8, expanded: total, ..Limits::default() }), Ok(()));
    assert_eq!(try_with(Limits { entries: 7, ..Limits::default() }), Err(Code::PackageTooLarge));
    assert_eq!(try_with(Limits { expanded: total - 1, ..Limits::default() }), Err(Code::PackageTooLarge));
}
