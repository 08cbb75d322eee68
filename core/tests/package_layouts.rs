//! Packages that hold their model one level down, and packages that hold several.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod package_kit;

use package_kit::*;
use spark_execute_core::package::{Layout, Limits, Role, Want};
use spark_execute_core::{Code, Failure};

const META: &[u8] = b"{\"VersionId\":\"x\"}";

/// An export: manifest, and per model a zip with its description beside it.
fn export(models: &[(&str, Vec<u8>)]) -> Files {
    let mut all = files(&[("tenant/manifest.json", b"{\"object\":\"export\"}")]);
    for (id, zip) in models {
        let folder = format!("tenant/folder/service/{id}-version");
        all.push((format!("{folder}/{id}.zip"), zip.clone()));
        all.push((format!("{folder}/ModelMetaData.json"), [META, id.as_bytes()].concat()));
        all.push((format!("{folder}/WASMMetaData.json"), b"{}".to_vec()));
        all.push((format!("{folder}/DefaultValidations.json"), b"beside".to_vec()));
    }
    all
}

/// A model whose engine tells it from others.
fn inner(mark: &str) -> Vec<u8> {
    let mut all = model("");
    all[1].1 = format!("\0asm {mark}").into_bytes();
    deflated(&all)
}

fn engine(bytes: Vec<u8>, id: Option<&str>) -> Result<String, Failure> {
    extract(&mut open_with(bytes, &want(id))?, Role::Engine).map(|bytes| String::from_utf8(bytes).unwrap()[5..].into())
}

fn both() -> Files {
    export(&[(ID, inner("one")), (OTHER, inner("two"))])
}

#[test]
fn an_export_yields_its_model_and_what_describes_it() {
    let all = export(&[(ID, deflated(&full_model()))]);
    for bytes in [stored(&all), deflated(&all)] {
        for id in [None, Some(ID)] {
            let mut package = open_with(bytes.clone(), &want(id)).unwrap();
            assert_eq!((package.layout(), package.version_id()), (Layout::Export, Some(ID)));
            assert_eq!(extract(&mut package, Role::Engine).unwrap(), WASM);
            assert_eq!(extract(&mut package, Role::Data).unwrap(), DATA);
            let meta = package.text(Role::ModelMetaData).unwrap().unwrap();
            assert!(meta.ends_with(ID), "{meta}");
            // The model's own file wins over the one beside its zip.
            assert_eq!(package.text(Role::Validations).unwrap().unwrap(), "{\"outputs\":{}}");
            assert_eq!(package.warnings(), [""; 0]);
        }
    }
    let mut package = open_any(deflated(&export(&[(ID, inner("one"))]))).unwrap();
    assert_eq!(package.text(Role::Validations).unwrap().unwrap(), "beside");
}

#[test]
fn the_configured_id_selects_in_any_case() {
    for bytes in [stored(&both()), deflated(&both())] {
        assert_eq!(engine(bytes.clone(), Some(ID)).unwrap(), "one");
        assert_eq!(engine(bytes, Some(OTHER)).unwrap(), "two");
    }
    let upper = export(&[("AAAAAAAA-2222-3333-4444-555555555555", inner("up"))]);
    assert_eq!(engine(stored(&upper), Some("aaaaaaaa-2222-3333-4444-555555555555")).unwrap(), "up");
    // Ids need not have the usual shape.
    let plain = export(&[("beta", inner("b")), ("alpha", inner("a"))]);
    assert_eq!(engine(stored(&plain), Some("alpha")).unwrap(), "a");
}

#[test]
fn each_description_belongs_to_its_model() {
    let mut package = open_with(stored(&both()), &want(Some(OTHER))).unwrap();
    assert!(package.text(Role::ModelMetaData).unwrap().unwrap().ends_with(OTHER));
}

#[test]
fn several_models_and_no_id_are_ambiguous() {
    let failure = engine(stored(&both()), None).unwrap_err();
    assert_eq!(failure.code, Code::PackageAmbiguous);
    assert!(failure.message.contains(ID) && failure.message.contains(OTHER), "{}", failure.message);

    let mut twice = both();
    twice.push((format!("elsewhere/{ID}.zip"), inner("copy")));
    let failure = engine(stored(&twice), Some(ID)).unwrap_err();
    assert_eq!(failure.code, Code::PackageAmbiguous);
    assert!(failure.message.contains("elsewhere"), "{}", failure.message);
}

#[test]
fn an_id_that_is_not_inside_is_incomplete() {
    let absent = "00000000-0000-0000-0000-000000000000";
    for all in [both(), export(&[(ID, inner("one"))])] {
        let failure = engine(stored(&all), Some(absent)).unwrap_err();
        assert_eq!(failure.code, Code::PackageIncomplete);
        assert!(failure.message.contains(absent) && failure.message.contains(ID), "{}", failure.message);
    }
}

#[test]
fn a_zip_in_a_zip_is_taken_when_it_is_the_only_one_and_names_no_version() {
    let all = files(&[("My model.zip", &inner("one")), ("readme.txt", b"")]);
    let package = open_with(stored(&all), &want(Some(ID))).unwrap();
    assert!(package.warnings()[0].contains("My model.zip"));
    assert_eq!(engine(deflated(&all), None).unwrap(), "one");
}

#[test]
fn zips_beside_a_model_do_not_hide_it() {
    let mut all = model("");
    all.push(("source.zip".into(), inner("nested")));
    assert_eq!(extract(&mut open_any(deflated(&all)).unwrap(), Role::Engine).unwrap(), WASM);
}

#[test]
fn nothing_is_opened_two_levels_down() {
    let deep = export(&[(ID, stored(&export(&[(ID, inner("deep"))])))]);
    let failure = engine(stored(&deep), Some(ID)).unwrap_err();
    assert_eq!(failure.code, Code::PackageIncomplete);
    assert!(failure.message.contains(".zip"), "{}", failure.message);
}

#[test]
fn a_damaged_inner_archive_is_named() {
    for (content, part) in [(&b"<html>"[..], "HTML page"), (b"", "empty"), (&inner("x")[..60], "cut off")] {
        for bytes in [stored(&export(&[(ID, content.to_vec())])), deflated(&export(&[(ID, content.to_vec())]))] {
            let failure = engine(bytes, None).unwrap_err();
            assert_eq!(failure.code, Code::ZipInvalid);
            assert!(failure.message.contains(ID) && failure.message.contains(part), "{}", failure.message);
            assert!(failure.into_facts().path.unwrap().ends_with(&format!("{ID}.zip")));
        }
    }
}

#[test]
fn the_inner_archive_is_bounded() {
    let bytes = deflated(&export(&[(ID, inner("one"))]));
    let size = inner("one").len() as u64;
    for (most, fits) in [(size, true), (size - 1, false)] {
        let limits = Limits { inner: most, ..Limits::default() };
        let result = open_with(bytes.clone(), &Want { limits, ..want(None) });
        assert_eq!(result.err().map(|failure| failure.code), (!fits).then_some(Code::PackageTooLarge));
    }
}

/// A model as loose files in a folder named by its id.
fn loose(id: &str, mark: &str) -> Files {
    let base = format!("models/tenant/service/{mark}/");
    let mut all = model(&format!("{base}{id}/"));
    all[1].1 = format!("\0asm {mark}").into_bytes();
    let sums =
        sums(&all.iter().map(|(name, bytes)| (name.rsplit('/').next().unwrap().into(), bytes.clone())).collect());
    all.push((format!("{base}{id}/checksums.md5"), sums));
    all.push((format!("{base}modelmetadata.json"), mark.into()));
    all
}

#[test]
fn loose_files_in_a_version_s_folder_are_a_model() {
    let one = deflated(&loose(ID, "1"));
    for id in [None, Some(ID)] {
        let mut package = open_with(one.clone(), &want(id)).unwrap();
        assert_eq!((package.layout(), package.version_id()), (Layout::Folder, Some(ID)));
        assert_eq!(package.text(Role::ModelMetaData).unwrap().as_deref(), Some("1"));
        assert_eq!(extract(&mut package, Role::Glue).unwrap(), GLUE);
    }
    let failure = engine(one, Some(OTHER)).unwrap_err();
    assert_eq!(failure.code, Code::PackageIncomplete);
    assert!(failure.message.contains(ID) && failure.message.contains(OTHER));
}

#[test]
fn of_several_version_folders_the_id_selects_one_with_its_own_description_and_sums() {
    let all = [loose(ID, "1"), loose(OTHER, "2")].concat();
    let mut package = open_with(deflated(&all), &want(Some(OTHER))).unwrap();
    assert_eq!(extract(&mut package, Role::Engine).unwrap(), b"\0asm 2");
    assert_eq!(package.text(Role::ModelMetaData).unwrap().as_deref(), Some("2"));
    assert_eq!(engine(deflated(&all), Some(ID)).unwrap(), "1");
    assert_eq!(engine(deflated(&all), None).unwrap_err().code, Code::PackageAmbiguous);
    let absent = "00000000-0000-0000-0000-000000000000";
    assert_eq!(engine(deflated(&all), Some(absent)).unwrap_err().code, Code::PackageIncomplete);
    let same = [loose(ID, "1"), loose(ID, "2")].concat();
    assert_eq!(engine(deflated(&same), Some(ID)).unwrap_err().code, Code::PackageAmbiguous);
}

#[test]
fn a_folder_that_only_happens_to_be_called_like_an_id_is_taken_with_a_warning() {
    let bytes = deflated(&model(&format!("{OTHER}/")));
    let package = open_with(bytes.clone(), &want(Some(ID))).unwrap();
    assert!(package.warnings()[0].contains(OTHER));
    assert_eq!(open_with(bytes, &want(None)).unwrap().warnings(), [""; 0]);
}

#[test]
fn two_models_in_ordinary_folders_are_ambiguous_until_one_is_called_by_the_id() {
    let all = [model("alpha/"), model("beta/")].concat();
    let failure = open_any(deflated(&all)).unwrap_err();
    assert_eq!(failure.code, Code::PackageAmbiguous);
    assert!(failure.message.contains("alpha/_cyl.wasm") && failure.message.contains("beta/_cyl.wasm"));
    let package = open_with(deflated(&all), &want(Some("beta"))).unwrap();
    assert_eq!(package.part(Role::Engine).unwrap().name, "beta/_cyl.wasm");
}

#[test]
fn a_description_that_cannot_be_read_is_no_reason_to_refuse_the_model() {
    let with = |entry: Raw| {
        let mut entries: Vec<Raw> = model("").iter().map(|(name, bytes)| raw(name, bytes)).collect();
        entries.push(entry);
        open_any(raw_zip(&entries, false)).unwrap()
    };
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    let odd = Raw { size: 3, ..raw("ModelMetaData.json", b"{}") };
    for (entry, why) in [(raw_deflated("ModelMetaData.json", &large), "more than 4194304 bytes"), (odd, "size")] {
        let package = with(entry);
        assert_eq!(package.part(Role::ModelMetaData), None);
        let told = package.warnings();
        assert!(told.len() == 1 && told[0].contains("ModelMetaData.json") && told[0].contains(why), "{told:?}");
    }
    assert!(with(raw_deflated("ModelMetaData.json", &large[1..])).part(Role::ModelMetaData).is_some());
}
