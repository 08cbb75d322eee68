//! An entry of `nodegenModels`: its id, its type, its metadata.

use super::*;

#[test]
fn version_ids_are_texts_and_differ() {
    let long = "é".repeat(MAX_ID);
    assert_eq!(one(&[("versionId", text(&format!(" {long} ")))]).unwrap().version_id, long);
    let too_long = text(&format!("{long}a"));
    for bad in [text(""), text(" \n"), too_long, Raw::LongText("a".into(), 1e6), Raw::Number(1.0), Raw::Null] {
        refused(one(&[("versionId", bad)]), "nodegenModels[0].versionId", &["text of 1 to 200 characters", "found"]);
    }
    refused(one(&[("versionId", Raw::Undefined)]), "nodegenModels[0].versionId", &["missing"]);
    let misspelt = one(&[("versionId", Raw::Undefined), ("version_id", text("a"))]);
    refused(misspelt, "nodegenModels[0].versionId", &["where you wrote version_id"]);

    let named = |id| model(&[("versionId", text(id))]);
    let twice = parse(&with(&[named("Ab"), named("b"), named(" aB")]));
    refused(twice, "nodegenModels[2].versionId", &["nodegenModels[0].versionId"]);
    let config = parse(&with(&[named("Ab"), named("b")])).unwrap().config;
    assert_eq!(config.version_ids(), ["Ab", "b"]);
    assert_eq!(config.find(" AB ").map(|model| model.index), Some(0));
    assert_eq!(config.find("c"), None);
}

#[test]
fn types_are_those_ever_used() {
    for good in ["base64", "binary", "uint8array", "function", "url", "Base64"] {
        assert!(one(&[("type", text(good)), ("binary", Raw::Blob)]).is_ok(), "{good}");
    }
    assert!(one(&[("type", Raw::Null)]).is_ok());
    for bad in [text("zip"), text(""), Raw::Number(1.0), object(&[])] {
        refused(one(&[("type", bad)]), "nodegenModels[0].type", &[r#""base64", "binary", "uint8array""#, "found"]);
    }
    let forced = one(&[("type", text("url")), ("binary", text(" models/cylinder "))]).unwrap();
    assert_eq!(forced.binary, BinaryKind::Url("models/cylinder".into()));
}

#[test]
fn metadata_is_open_but_its_known_part_is_text() {
    for none in [Raw::Null, object(&[]), object(&[("EngineInformation", Raw::Null), ("x", Raw::Function)])] {
        assert_eq!(one(&[("metaData", none)]).unwrap().metadata, ModelMetadata::default());
    }
    refused(one(&[("metaData", text("a"))]), "nodegenModels[0].metaData", &["an object"]);
    let engine = |value| one(&[("metadata", object(&[("EngineInformation", value)]))]);
    refused(engine(Raw::Array(vec![])), "nodegenModels[0].metadata.EngineInformation", &["an object"]);
    for key in ["ProductName", "ServiceName", "ServiceGuid", "VersionId", "Revision"] {
        let path = format!("nodegenModels[0].metadata.EngineInformation.{key}");
        refused(engine(object(&[(key, Raw::Number(1.0))])), &path, &["text", "the number 1"]);
        assert_eq!(engine(object(&[(key, text(" "))])).unwrap().metadata, ModelMetadata::default());
    }
    for key in ["EffectiveStartDate", "EffectiveEndDate", "Revision", "VersionId"] {
        let date = one(&[("metaData", object(&[(key, Raw::Other("a Date".into()))]))]);
        refused(date, &format!("nodegenModels[0].metaData.{key}"), &["a Date"]);
    }
}

#[test]
fn what_is_unknown_in_metadata_is_told_unless_it_is_a_whole_file() {
    let engine = object(&[("productName", text("f")), ("EffectiveEndDate", text("2022-01-01")), ("Odd", Raw::Null)]);
    let meta = [("EngineInformation", engine), ("ServiceName", text("s"))];
    let warnings = |meta: &[(&str, Raw)]| parse(&with(&[model(&[("metaData", object(meta))])])).unwrap().warnings;
    let told = warnings(&meta);
    let expected = [
        ("metaData.ServiceName", "belongs in its EngineInformation"),
        ("EngineInformation.productName", "did you mean ProductName?"),
        ("EngineInformation.EffectiveEndDate", "belongs in metaData itself"),
        ("EngineInformation.Odd", "the fields here are ProductName"),
    ];
    for (told, (path, hint)) in told.iter().zip(expected) {
        assert!(told.contains(path) && told.contains(hint), "{told}");
    }
    assert_eq!(told.len(), expected.len(), "{told:?}");
    let [engine, name] = meta;
    assert_eq!(warnings(&[engine, name, ("XInputTable", Raw::Array(vec![]))]), [""; 0]);
}
