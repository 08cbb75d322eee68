//! Which configured model a call means.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use spark_execute_core::resolve::{ModelMeta, Wanted, resolve};
use spark_execute_core::{Code, Failure};

/// Dates as the browser reads them.
fn dates(text: &str, end: bool) -> Option<f64> {
    let ms = match text {
        "1999-01-01" => 915_148_800_000.0,
        "2022-12-31" if end => 1_672_531_199_999.0,
        "2022-12-31T23:59:59.999" => 1_672_531_199_999.0,
        "2023-01-01" | "2023-01-01T00:00:00" => 1_672_531_200_000.0,
        "2023-01-01T01:30:00+02:00" => 1_672_529_400_000.0,
        "2023-06-01" => 1_685_577_600_000.0,
        "2023-12-31T23:59:59Z" => 1_704_067_199_000.0,
        "2023-12-31T23:59:59.500Z" => 1_704_067_199_500.0,
        "2024-01-01T00:00:00Z" | "2024-01-01T00:00:00+00:00" => 1_704_067_200_000.0,
        "2999-01-01" => 32_472_144_000_000.0,
        "soon" | "19/09/2022" => return None,
        other => panic!("{other} is not in the table"),
    };
    Some(ms)
}

/// 2023-06-15.
const NOW: f64 = 1_686_787_200_000.0;

fn model(version_id: &'static str, service: &'static str, revision: &'static str) -> ModelMeta<'static> {
    ModelMeta {
        version_id,
        folder: Some("Folder"),
        service: Some(service),
        revision: (!revision.is_empty()).then_some(revision),
        ..ModelMeta::default()
    }
}

fn wanted(folder: &'static str, service: &'static str) -> Wanted<'static> {
    Wanted { folder: Some(folder), service: Some(service), ..Wanted::default() }
}

#[track_caller]
fn found(wanted: &Wanted<'_>, models: &[ModelMeta<'_>]) -> &'static str {
    let at = resolve(wanted, models, NOW, &dates).unwrap_or_else(|failure| panic!("{wanted:?}: {failure}"));
    models[at].version_id.to_owned().leak()
}

#[track_caller]
fn refused(wanted: &Wanted<'_>, models: &[ModelMeta<'_>], code: Code, parts: &[&str]) -> Failure {
    let failure = resolve(wanted, models, NOW, &dates).unwrap_err();
    assert_eq!(failure.code, code, "{failure}");
    for part in parts {
        assert!(failure.message.contains(part), "{failure}: lacks {part}");
    }
    failure
}

#[test]
fn what_is_said_first_decides() {
    let mut models = [model("V-1", "one", "1.0.0"), model("v-2", "two", "1.0.0"), model("v-3", "three", "1.0.0")];
    models[2].service_id = Some("S-3");
    models[2].own_version_id = Some("own-3");
    let all = Wanted {
        version_id: Some("v-1"),
        service_uri: Some("Folder/two"),
        folder: Some("Folder"),
        service: Some("one"),
        service_id: Some("s-3"),
        ..Wanted::default()
    };
    assert_eq!(found(&all, &models), "V-1");
    let all = Wanted { version_id: Some(" "), ..all };
    assert_eq!(found(&all, &models), "v-2");
    let all = Wanted { service_uri: None, ..all };
    assert_eq!(found(&all, &models), "V-1");
    let all = Wanted { service: None, ..all };
    assert_eq!(found(&all, &models), "v-3");
    for (uri, id) in [
        ("version/V-2", "v-2"),
        ("version/OWN-3", "v-3"),
        ("service/s-3", "v-3"),
        ("/folders/folder/services/TWO", "v-2"),
    ] {
        assert_eq!(found(&Wanted { service_uri: Some(uri), ..Wanted::default() }, &models), id, "{uri}");
    }
    // A version id that fits one model's own id is not another's.
    models[0].own_version_id = Some("v-2");
    assert_eq!(found(&Wanted { version_id: Some("v-2"), ..Wanted::default() }, &models), "v-2");
}

#[test]
fn names_match_in_any_case_and_best_in_their_own() {
    let models = [model("a", "Tax", "1.0.0"), model("b", "tax", "2.0.0"), model("c", "größe/%", "1.0.0")];
    assert_eq!(found(&wanted("Folder", "Tax"), &models), "a");
    assert_eq!(found(&wanted("Folder", "tax"), &models), "b");
    assert_eq!(found(&wanted("FOLDER", "TAX"), &models), "b");
    assert_eq!(found(&Wanted { service: Some("TAX"), ..Wanted::default() }, &models), "b");
    assert_eq!(found(&wanted("folder", "größe/%"), &models), "c");
    let uri = Wanted { service_uri: Some("folder/gr%C3%B6%C3%9Fe%2F%25"), ..Wanted::default() };
    assert_eq!(found(&uri, &models), "c");
    for missing in [wanted("other", "tax"), wanted("Folder", "ta")] {
        refused(&missing, &models, Code::ModelNotFound, &[missing.service.unwrap(), "ProductName"]);
    }
    let bare = [ModelMeta { version_id: "a", service: Some("tax"), ..ModelMeta::default() }];
    refused(&wanted("Folder", "tax"), &bare, Code::ModelNotFound, &["Folder/tax"]);
}

#[test]
fn the_highest_fitting_revision_wins() {
    let models = [
        model("a", "s", "1.2.9"),
        model("b", "s", "1.2.10"),
        model("c", "s", "1.10.0"),
        model("d", "s", "2.0.0-beta"),
        model("e", "s", ""),
        model("f", "s", "0.9"),
    ];
    assert_eq!(found(&wanted("Folder", "s"), &models), "c");
    for (version, id) in [("1", "c"), ("1.2", "b"), ("1.2.9", "a"), (" 1.10 ", "c"), ("0", "f"), ("2.0.0-BETA", "d")] {
        let in_meta = Wanted { version: Some(version), ..wanted("Folder", "s") };
        assert_eq!(found(&in_meta, &models), id, "{version}");
        let uri = format!("Folder/s[{version}]");
        let in_uri = Wanted { service_uri: Some(&uri), version: Some("9"), ..Wanted::default() };
        assert_eq!(found(&in_uri, &models), id, "{uri}");
    }
    for version in ["3", "1.2.1", "1.1", "x", "1.2.9.0"] {
        let missing = Wanted { version: Some(version), ..wanted("Folder", "s") };
        refused(&missing, &models, Code::ModelNotFound, &[version, "1.2.9, 1.2.10", "and 1 more"]);
    }
}

fn dated(
    id: &'static str,
    revision: &'static str,
    start: Option<&'static str>,
    end: Option<&'static str>,
) -> ModelMeta<'static> {
    ModelMeta { effective_start: start, effective_end: end, ..model(id, "s", revision) }
}

#[test]
fn the_date_chooses_among_the_effective_ones() {
    let models = [
        dated("old", "1.0.0", None, Some("2022-12-31")),
        dated("now", "2.0.0", Some("2023-01-01T00:00:00"), Some("2023-12-31T23:59:59Z")),
        dated("next", "3.0.0", Some("2024-01-01T00:00:00+00:00"), None),
    ];
    let at = |date| Wanted { date: Some(date), ..wanted("Folder", "s") };
    assert_eq!(found(&wanted("Folder", "s"), &models), "now");
    for (date, id) in [
        ("1999-01-01", "old"),
        ("2022-12-31T23:59:59.999", "old"),
        ("2023-01-01", "now"),
        ("2023-01-01T01:30:00+02:00", "old"),
        ("2023-12-31T23:59:59Z", "now"),
        ("2024-01-01T00:00:00Z", "next"),
        ("2999-01-01", "next"),
    ] {
        assert_eq!(found(&at(date), &models), id, "{date}");
    }
    // A wanted version makes the date meaningless, a readable one or not.
    assert_eq!(found(&Wanted { version: Some("1"), ..at("2023-05-05") }, &models), "old");
    assert_eq!(found(&Wanted { version: Some("1"), ..at("soon") }, &models), "old");

    let gap = at("2023-12-31T23:59:59.500Z");
    refused(
        &gap,
        &models,
        Code::ModelNotFound,
        &[
            "2023-12-31T23:59:59.500Z",
            "ever to 2022-12-31",
            "2023-01-01T00:00:00 to 2023",
            "2024-01-01T00:00:00+00:00 to open",
        ],
    );
    refused(&wanted("Folder", "s"), &models[..1], Code::ModelNotFound, &["in effect now", "ever to 2022-12-31"]);
    for bad in ["soon", "19/09/2022"] {
        let failure = refused(&at(bad), &models, Code::RequestInvalid, &[bad, "2022-09-19"]);
        assert_eq!(failure.path.as_deref(), Some("request_meta.transaction_date"));
    }
    // Of several in effect, the highest revision.
    let overlapping = [dated("b", "1.1.0", None, None), dated("a", "1.0.0", Some("2023-06-01"), None)];
    assert_eq!(found(&wanted("Folder", "s"), &overlapping), "b");
}

#[test]
fn what_fits_twice_is_an_error_with_the_candidates() {
    let twice = [model("a", "s", "1.0.0"), model("b", "s", "1.0.0"), model("c", "s", "0.1")];
    let failure =
        refused(&wanted("Folder", "s"), &twice, Code::ModelAmbiguous, &["a (Folder/s 1.0.0), b (Folder/s 1.0.0)"]);
    assert!(!failure.message.contains("c ("), "{failure}");
    let unknown = [model("a", "s", ""), model("b", "s", "")];
    refused(&wanted("Folder", "s"), &unknown, Code::ModelAmbiguous, &["a (Folder/s without a Revision)"]);
    // Without a folder: one service of many folders is many services, whatever the revisions.
    let folders = [model("a", "s", "1.0.0"), ModelMeta { folder: Some("Other"), ..model("b", "s", "2.0.0") }];
    let anywhere = Wanted { service: Some("s"), ..Wanted::default() };
    refused(&anywhere, &folders, Code::ModelAmbiguous, &["a (Folder/s 1.0.0), b (Other/s 2.0.0)"]);
    assert_eq!(found(&wanted("other", "s"), &folders), "b");
    let ids = folders.map(|model| ModelMeta { service_id: Some("x"), folder: Some("f"), revision: Some("1"), ..model });
    refused(
        &Wanted { service_id: Some("X"), ..Wanted::default() },
        &ids,
        Code::ModelAmbiguous,
        &["fit X", "a (f/s 1), b (f/s 1)"],
    );
}

#[test]
fn what_is_not_there_is_named() {
    let models = [model("v-1", "s", "1.0.0")];
    refused(&Wanted::default(), &models, Code::VersionIdMissing, &["v-1"]);
    let blank = Wanted { version_id: Some(""), service: Some(" "), folder: Some("f"), ..Wanted::default() };
    refused(&blank, &models, Code::VersionIdMissing, &["v-1"]);
    refused(
        &Wanted { version_id: Some("v-2"), ..wanted("Folder", "s") },
        &models,
        Code::ModelNotFound,
        &["v-2", "v-1"],
    );
    refused(&Wanted { service_id: Some("x"), ..Wanted::default() }, &models, Code::ModelNotFound, &["x"]);
    for uri in ["proxy/x", "a/b/c", "nonsense"] {
        refused(&Wanted { service_uri: Some(uri), ..Wanted::default() }, &models, Code::ModelNotFound, &[uri]);
    }
    refused(&wanted("f", "s"), &[], Code::ModelNotFound, &["f/s"]);
    let long: String = "x".repeat(10_000);
    let huge = Wanted { service: Some(&long), date: Some(&long), ..Wanted::default() };
    assert!(resolve(&huge, &models, NOW, &dates).unwrap_err().message.len() < 500);
}
