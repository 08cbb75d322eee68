use super::*;

fn text(text: &str) -> Raw {
    Raw::Text(text.into())
}

fn object() -> Raw {
    Raw::Object(vec![])
}

/// The code and path of a failure.
fn at<T: std::fmt::Debug>(result: Result<T>) -> (Code, String) {
    let failure = result.unwrap_err();
    (failure.code, failure.into_facts().path.unwrap())
}

#[test]
fn the_first_version_id_present_decides() {
    let absent = [Raw::Undefined, Raw::Null, text(""), text("  ")];
    for none in &absent {
        assert_eq!(version_id(&text("a"), none, none), Ok(Some("a".into())));
        assert_eq!(version_id(none, &text(" B "), &text("c")), Ok(Some("B".into())));
        assert_eq!(version_id(none, none, &text("c")), Ok(Some("c".into())));
        assert_eq!(version_id(none, none, none), Ok(None));
    }
    assert_eq!(version_id(&text("a"), &text("b"), &text("c")), Ok(Some("a".into())));
    // What is not reached is not judged.
    assert_eq!(version_id(&text("a"), &Raw::Number(1.0), &object()), Ok(Some("a".into())));
}

#[test]
fn a_version_id_of_the_wrong_type_is_named() {
    let none = Raw::Undefined;
    for bad in [Raw::Number(1.0), Raw::Bool(false), object(), Raw::Array(vec![]), Raw::LongText("a".into(), 1e6)] {
        assert_eq!(at(version_id(&bad, &none, &none)), (Code::RequestInvalid, "versionId".into()));
        assert_eq!(at(version_id(&none, &bad, &none)), (Code::RequestInvalid, "request_meta.version_id".into()));
        assert_eq!(at(version_id(&none, &none, &bad)), (Code::RequestInvalid, "request_meta.version_uuid".into()));
    }
}

#[test]
fn a_missing_id_lists_what_is_configured() {
    let failure = missing_version_id(&["a", "b"]);
    assert_eq!(failure.code, Code::VersionIdMissing);
    assert!(failure.message.ends_with("Configured: a, b."), "{failure}");
    assert!(failure.message.contains("request_meta.service_uri, as text such as \"folder/service\""), "{failure}");
    let failure = missing_version_id(&["1", "2", "3", "4", "5"]);
    assert!(failure.message.ends_with("Configured: 1, 2, 3, 4, 5."), "{failure}");
    let failure = missing_version_id(&["1", "2", "3", "4", "5", "6", "7"]);
    assert!(failure.message.ends_with("Configured: 1, 2, 3, 4, 5 and 2 more."), "{failure}");
    assert!(missing_version_id(&[]).message.ends_with("No models are configured."));
}

#[test]
fn an_unknown_model_suggests_the_nearest() {
    let failure = model_not_found("cilinder", &["table", "cylinder"]);
    assert_eq!(failure.code, Code::ModelNotFound);
    assert!(failure.message.starts_with("Model cilinder cannot be found"), "{failure}");
    assert!(failure.message.contains("Did you mean cylinder?"), "{failure}");
    assert!(!model_not_found("zzz", &["cylinder"]).message.contains("Did you mean"));
    assert!(model_not_found(&"x".repeat(5000), &[]).message.len() < 300);
}

#[test]
fn requested_output_becomes_an_array() {
    let names = |names: &[&str]| Edit::Set(names.iter().map(|&name| name.to_owned()).collect());
    for (value, edit) in [
        (Raw::Undefined, Edit::Keep),
        (Raw::Null, Edit::Keep),
        (text(""), Edit::Remove),
        (text(" , ,"), Edit::Remove),
        (text("Volume"), names(&["Volume"])),
        (text(" Volume , Área total,,"), names(&["Volume", "Área total"])),
        (text(&"a,".repeat(20_000)), names(&["a"; 20_000])),
        (Raw::Array(vec![]), Edit::Keep),
        (Raw::Array(vec![text("a"), Raw::LongText("b".into(), 1e5)]), Edit::Keep),
    ] {
        assert_eq!(requested_output(&value), Ok(edit), "{value:?}");
    }
    for bad in [Raw::Bool(true), Raw::Number(0.0), object(), Raw::Function] {
        assert_eq!(at(requested_output(&bad)), (Code::RequestInvalid, "request_meta.requested_output".into()));
        let item = Raw::Array(vec![text("a"), bad]);
        assert_eq!(at(requested_output(&item)).1, "request_meta.requested_output[1]");
    }
}

#[test]
fn service_category_is_trimmed_and_understood() {
    for (value, edit, metadata, formspec) in [
        (Raw::Undefined, Edit::Keep, false, false),
        (Raw::Null, Edit::Remove, false, false),
        (text(""), Edit::Keep, false, false),
        (text("  "), Edit::Set(""), false, false),
        (text("#Default#"), Edit::Keep, false, false),
        (text("metadata"), Edit::Keep, true, false),
        (text("MetaData,FormSpec"), Edit::Keep, true, true),
        (text("a, metadata"), Edit::Set("a,metadata"), true, false),
        (text(" FORMSPEC\t,b "), Edit::Set("FORMSPEC,b"), false, true),
        (text("a, ,b"), Edit::Set("a,,b"), false, false),
        (text("metadata2"), Edit::Keep, false, false),
    ] {
        let edit = match edit {
            Edit::Set(text) => Edit::Set(text.to_owned()),
            Edit::Remove => Edit::Remove,
            Edit::Keep => Edit::Keep,
        };
        assert_eq!(service_category(&value), Ok(Category { edit, metadata, formspec }), "{value:?}");
    }
    for bad in [Raw::Number(1.0), Raw::Array(vec![text("metadata")]), object(), Raw::LongText("a".into(), 1e5)] {
        assert_eq!(at(service_category(&bad)), (Code::RequestInvalid, "request_meta.service_category".into()));
    }
}

#[test]
fn only_objects_are_requests() {
    let none = Raw::Undefined;
    for bad in [Raw::Undefined, Raw::Null, Raw::Array(vec![]), text("{}"), Raw::Number(1.0), Raw::Function] {
        assert_eq!(at(check_request(&bad)), (Code::RequestInvalid, "input".into()), "{bad:?}");
    }
    for bad in [Raw::Array(vec![]), text("{}"), Raw::Number(1.0), Raw::Bool(false), Raw::Other("a Map".into())] {
        assert_eq!(at(check_shape(&bad, &none)).1, "request_data", "{bad:?}");
        assert_eq!(at(check_shape(&object(), &bad)).1, "request_data.inputs", "{bad:?}");
        assert_eq!(at(check_meta(&bad)).1, "request_meta", "{bad:?}");
    }
    for absent in [Raw::Undefined, Raw::Null] {
        assert_eq!(check_shape(&absent, &none), Ok(()));
        assert_eq!(check_shape(&object(), &absent), Ok(()));
        assert_eq!(check_meta(&absent), Ok(()));
    }
    assert_eq!(check_shape(&object(), &object()), Ok(()));
}

#[test]
fn an_unknown_option_suggests_the_nearest() {
    assert_eq!(
        unknown_option("timeuot").unwrap(),
        "options.timeuot is not a known option and is ignored: did you mean timeout?"
    );
    assert!(
        unknown_option("retries").unwrap().ends_with("the options of a call are signal, timeout, output, privateKeys.")
    );
    assert!(unknown_option(&"x".repeat(5000)).unwrap().len() < 250);
    assert_eq!(["signal", "timeout", "output", "privateKeys"].map(unknown_option), [const { None }; 4]);
}

#[test]
fn a_batch_and_swapped_arguments_are_told_apart_from_other_mistakes() {
    assert!(check_request(&text("m")).unwrap_err().message.contains("execute(request, versionId)"));
    let failure = check_shape(&object(), &Raw::Array(vec![object()])).unwrap_err();
    assert!(failure.message.contains("not a batch"), "{failure}");
}
