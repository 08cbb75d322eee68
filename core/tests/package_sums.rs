//! MD5 sums: what is checked, what a wrong one means.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod package_kit;

use std::io::Read;

use package_kit::*;
use spark_execute_core::Code;
use spark_execute_core::package::{Role, Want};

/// The full model with the sum of the file that ends in `ending` made wrong.
fn wrong_for(ending: &str) -> Files {
    let mut all = full_model();
    let (name, bytes) = all.iter().find(|(name, _)| name.ends_with(ending)).unwrap().clone();
    let text = String::from_utf8(all.pop().unwrap().1).unwrap();
    let text = text.replace(&format!("{}  {name}", md5_hex(&bytes)), &format!("{}  {name}", md5_hex(b"else")));
    all.push(("checksums.md5".into(), text.into_bytes()));
    all
}

fn lenient() -> Want<'static> {
    Want { verify_checksums: false, ..want(None) }
}

const CODE: [(&str, Role); 3] = [(".js", Role::Glue), (".wasm", Role::Engine), (".data", Role::Data)];
const TEXTS: [(&str, Role); 4] = [
    ("_Static.json", Role::Static),
    ("_Jsonformspec.json", Role::FormSpec),
    ("_CompilerLog.json", Role::CompilerLog),
    ("DefaultValidations.json", Role::Validations),
];

#[test]
fn a_wrong_sum_of_code_is_an_error_that_says_both() {
    for (ending, role) in CODE {
        let mut package = open_any(deflated(&wrong_for(ending))).unwrap();
        let content = &model("")[role as usize].1;
        let failure = extract(&mut package, role).unwrap_err();
        assert_eq!(failure.code, Code::ChecksumMismatch);
        assert_eq!(failure.path, Some(format!("_cyl{ending}")));
        assert!(failure.message.contains(&md5_hex(content)), "{}", failure.message);
        assert!(failure.message.contains(&md5_hex(b"else")), "{}", failure.message);
        for (_, other) in CODE.into_iter().filter(|(_, other)| *other != role) {
            extract(&mut package, other).unwrap();
        }
    }
}

#[test]
fn a_wrong_sum_is_a_warning_when_the_check_is_off_or_the_file_is_a_text() {
    let cases = CODE.iter().map(|case| (case, lenient())).chain(TEXTS.iter().map(|case| (case, want(None))));
    for (&(ending, role), want) in cases {
        let mut package = open_with(deflated(&wrong_for(ending)), &want).unwrap();
        assert_eq!(package.warnings(), [""; 0]);
        extract(&mut package, role).unwrap();
        assert_eq!(package.warnings().len(), 1);
        assert!(package.warnings()[0].contains(ending), "{:?}", package.warnings());
    }
}

#[test]
fn sums_are_found_whatever_the_spelling() {
    let [glue, wasm] = [md5_hex(GLUE).to_uppercase(), md5_hex(WASM)];
    let text = format!("\u{feff}{glue} *./_cyl.js\r\n{wasm}  D:\\build\\_CYL.wasm\r\n\r\n# made by hand\r\n");
    let mut all = model("deep/");
    all.push(("deep/checksums.md5".into(), text.replace(&md5_hex(WASM), &md5_hex(b"x")).into_bytes()));
    let mut package = open_any(deflated(&all)).unwrap();
    assert_eq!(package.warnings().len(), 2, "{:?}", package.warnings());
    assert!(package.warnings()[0].contains("1 line"));
    assert!(
        package.warnings()[1].contains("deep/_cyl.data")
            && package.warnings()[1].contains("not \"deep/_cyl.data\": not checked")
    );
    extract(&mut package, Role::Glue).unwrap();
    extract(&mut package, Role::Data).unwrap();
    assert_eq!(extract(&mut package, Role::Engine).unwrap_err().code, Code::ChecksumMismatch);
}

#[test]
fn listed_data_that_is_absent_makes_the_package_incomplete() {
    let mut all = full_model();
    all.retain(|(name, _)| !name.ends_with(".data"));
    let failure = open_any(deflated(&all)).unwrap_err();
    assert_eq!((failure.code, failure.path.as_deref()), (Code::PackageIncomplete, Some("_cyl.data")));
    let package = open_with(deflated(&all), &lenient()).unwrap();
    assert!(package.warnings()[0].contains("_cyl.data"));
}

#[test]
fn a_listed_text_that_is_absent_or_a_renamed_file_is_a_warning() {
    let mut all = full_model();
    all.retain(|(name, _)| !name.ends_with("_Static.json"));
    all[1].0 = "renamed.wasm".into();
    let mut package = open_any(deflated(&all)).unwrap();
    let text = package.warnings().join("\n");
    for part in ["_cyl.wasm", "cyl-inder_Static.json", "but not \"renamed.wasm\": not checked"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(extract(&mut package, Role::Engine).unwrap(), WASM);
}

#[test]
fn sums_of_other_files_alone_are_one_warning_that_names_what_is_not_checked() {
    let mut all = model("");
    all.push(("checksums.md5".into(), sums(&files(&[("old.txt", b"1"), ("older.txt", b"2")]))));
    let warning = "checksums.md5 lists \"old.txt\", \"older.txt\", but not \"_cyl.js\", \"_cyl.wasm\", \
                   \"_cyl.data\": not checked, so that damage there is not noticed.";
    assert_eq!(open_any(deflated(&all)).unwrap().warnings(), [warning]);
}

#[test]
fn a_package_without_sums_is_fine() {
    let package = open_any(deflated(&model(""))).unwrap();
    assert_eq!(package.warnings(), [""; 0]);
}

#[test]
fn an_enormous_list_of_sums_is_refused() {
    let mut all = model("");
    all.push(("checksums.md5".into(), vec![b'\n'; 1024 * 1024 + 1]));
    assert_eq!(open_any(deflated(&all)).unwrap_err().code, Code::PackageTooLarge);
}

/// What a platform's inflater would be given and make of it.
fn inflated(package: &Package, zip: &[u8], role: Role) -> Option<Vec<u8>> {
    let part = package.deflated(role)?;
    let deflated = &zip[part.start as usize..(part.start + part.length) as usize];
    let mut bytes = Vec::new();
    flate2::read::DeflateDecoder::new(deflated).read_to_end(&mut bytes).unwrap();
    let mut crc = crc32fast::Hasher::new();
    crc.update(&bytes);
    assert_eq!((bytes.len() as u64, crc.finalize()), (part.size, part.crc));
    Some(bytes)
}

#[test]
fn the_platform_may_inflate_a_part_and_knows_its_size_and_crc() {
    let zip = deflated(&full_model());
    let exported = stored(&vec![("folder/model.zip".into(), zip.clone())]);
    let shifted = [b"#!/bin/sh\n".to_vec(), zip.clone()].concat();
    for zip in [zip, exported, shifted] {
        let mut package = open_any(zip.clone()).unwrap();
        for (_, role) in CODE {
            let bytes = inflated(&package, &zip, role).unwrap();
            assert_eq!(bytes, model("")[role as usize].1);
            assert_eq!(package.verify(role, bytes.as_slice()), Ok(()));
        }
        assert_eq!(package.warnings(), [""; 0]);
    }
}

#[test]
fn what_is_not_deflated_or_not_in_the_callers_bytes_is_only_extracted() {
    let inside_deflated = deflated(&vec![("model.zip".into(), deflated(&full_model()))]);
    for zip in [stored(&full_model()), inside_deflated] {
        let package = open_any(zip).unwrap();
        assert_eq!(CODE.map(|(_, role)| package.deflated(role)), [None; 3]);
    }
    let package = open_any(deflated(&model(""))).unwrap();
    assert_eq!(package.deflated(Role::FormSpec), None);
}

#[test]
fn sums_count_for_what_the_platform_inflated_too() {
    let zip = deflated(&wrong_for(".wasm"));
    let mut strict = open_any(zip.clone()).unwrap();
    let bytes = inflated(&strict, &zip, Role::Engine).unwrap();
    assert_eq!(strict.verify(Role::Engine, bytes.as_slice()).unwrap_err().code, Code::ChecksumMismatch);
    let mut package = open_with(zip, &lenient()).unwrap();
    assert_eq!(package.verify(Role::Engine, bytes.as_slice()), Ok(()));
    assert_eq!(package.warnings().len(), 1);
}
