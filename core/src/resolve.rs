//! Which configured model a call means that names it by folder and service, version, or date.

use crate::config::{Model, clipped, trimmed};
use crate::date;
use crate::error::{Code, Failure, Result};
use crate::online::ServiceUri;
use crate::request;

/// How many models a message lists.
const LISTED: usize = 5;

/// What is known of a configured model: from `metaData`, or from the export that its package is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelMeta<'a> {
    /// The version id of the configuration.
    pub version_id: &'a str,
    /// `VersionId` of the metadata, if it differs.
    pub own_version_id: Option<&'a str>,
    /// `ProductName`.
    pub folder: Option<&'a str>,
    /// `ServiceName`.
    pub service: Option<&'a str>,
    /// `ServiceGuid`.
    pub service_id: Option<&'a str>,
    /// `Revision`, such as `1.2.3`.
    pub revision: Option<&'a str>,
    /// `EffectiveStartDate`.
    pub effective_start: Option<&'a str>,
    /// `EffectiveEndDate`.
    pub effective_end: Option<&'a str>,
}

/// What a call says about the model that it wants; blank text counts as not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted<'a> {
    /// `request_meta.version_id`; decides alone.
    pub version_id: Option<&'a str>,
    /// `folder_name` of an XCall.
    pub folder: Option<&'a str>,
    /// `service_name`.
    pub service: Option<&'a str>,
    /// `service_uri`, in any spelling of [`ServiceUri`](crate::online::ServiceUri); goes before folder and service.
    pub service_uri: Option<&'a str>,
    /// `service_id`.
    pub service_id: Option<&'a str>,
    /// `version`, whole or its beginning; a version in the brackets of `service_uri` goes before it.
    pub version: Option<&'a str>,
    /// `transaction_date`; counts only where no version is wanted.
    pub date: Option<&'a str>,
}

impl<'a> From<&'a Model> for ModelMeta<'a> {
    fn from(model: &'a Model) -> Self {
        let known = &model.metadata;
        ModelMeta {
            version_id: &model.version_id,
            own_version_id: known.version_id.as_deref(),
            folder: known.folder.as_deref(),
            service: known.service.as_deref(),
            service_id: None,
            revision: known.revision.as_deref(),
            effective_start: known.effective_start.as_deref(),
            effective_end: known.effective_end.as_deref(),
        }
    }
}

/// The position in `models` of the one that is wanted. `now_ms` is the time of day (`Date.now()`).
///
/// What is said first in this order decides: the version id; the service's name; its id. Of several versions of a service
/// the wanted one is taken, or the highest that begins with it; where no version is wanted, the highest of those in effect
/// at the date (now, if there is none). As on the server, a wanted version makes the date meaningless.
pub fn resolve(wanted: &Wanted<'_>, models: &[ModelMeta<'_>], now_ms: f64) -> Result<usize> {
    let uri = said(wanted.service_uri).and_then(ServiceUri::parse);
    let (uri_version_id, uri_service_id) = match &uri {
        Some(ServiceUri::VersionId(id)) => (Some(id.as_str()), None),
        Some(ServiceUri::ServiceId(id)) => (None, Some(id.as_str())),
        _ => (None, None),
    };
    if let Some(id) = said(wanted.version_id).or(uri_version_id) {
        let own = models.iter().position(|model| model.version_id.eq_ignore_ascii_case(id));
        let other = || models.iter().position(|model| same(model.own_version_id, id));
        return own.or_else(other).ok_or_else(|| request::model_not_found(id, &ids(models.iter())));
    }
    let (folder, service, uri_version) = match &uri {
        Some(ServiceUri::Service { folder, service, version }) => {
            (Some(folder.as_str()), Some(service.as_str()), version.as_deref())
        }
        _ => (said(wanted.folder), said(wanted.service), None),
    };
    let (named, found) = if let Some(service) = service {
        let named = folder.map_or_else(|| service.to_owned(), |folder| format!("{folder}/{service}"));
        (named, by_name(folder, service, models))
    } else if let Some(id) = said(wanted.service_id).or(uri_service_id) {
        (id.to_owned(), (0..models.len()).filter(|&at| same(models[at].service_id, id)).collect())
    } else if let Some(uri) = said(wanted.service_uri) {
        (uri.to_owned(), Vec::new())
    } else {
        return Err(request::missing_version_id(&ids(models.iter())));
    };
    let service = clipped(&named);
    if found.is_empty() {
        let message = format!(
            "No configured model is the service {service}. Give its model metaData.EngineInformation with ProductName \
             (the folder) and ServiceName, or ask for it by version id."
        );
        return Err(Failure::new(Code::ModelNotFound, message));
    }
    let fitting = match uri_version.or(said(wanted.version)) {
        Some(version) => of_version(version, &service, &found, models)?,
        None => in_effect(said(wanted.date), now_ms, &service, &found, models)?,
    };
    highest(&service, &fitting, models)
}

/// The models of this name; those that write it in just this way, if there are any.
fn by_name(folder: Option<&str>, service: &str, models: &[ModelMeta<'_>]) -> Vec<usize> {
    let fits =
        |model: &ModelMeta<'_>| same(model.service, service) && folder.is_none_or(|folder| same(model.folder, folder));
    let exact = |model: &ModelMeta<'_>| model.service == Some(service) && (folder.is_none() || model.folder == folder);
    let any = models.iter().any(exact);
    (0..models.len()).filter(|&at| if any { exact(&models[at]) } else { fits(&models[at]) }).collect()
}

fn of_version(version: &str, service: &str, found: &[usize], models: &[ModelMeta<'_>]) -> Result<Vec<usize>> {
    let wanted = numbers(version);
    let fits = |at: &usize| {
        let revision = models[*at].revision.unwrap_or_default();
        revision.eq_ignore_ascii_case(version)
            || wanted.as_ref().zip(numbers(revision)).is_some_and(|(wanted, has)| has.starts_with(wanted))
    };
    let fitting: Vec<usize> = found.iter().copied().filter(fits).collect();
    if fitting.is_empty() {
        let message = format!(
            "No configured model of the service {service} has the version {}. Configured: {}.",
            clipped(version),
            listed(found, |at| models[at].revision.map_or_else(|| "one without a Revision".to_owned(), clipped))
        );
        return Err(Failure::new(Code::ModelNotFound, message));
    }
    Ok(fitting)
}

fn in_effect(
    date: Option<&str>,
    now_ms: f64,
    service: &str,
    found: &[usize],
    models: &[ModelMeta<'_>],
) -> Result<Vec<usize>> {
    const PATH: &str = "request_meta.transaction_date";
    let at_ms = match date {
        None => now_ms,
        Some(text) => date::iso_ms(text).ok_or_else(|| {
            let message = format!(
                "{PATH} must be a date such as 2022-09-19 or 2022-09-19T04:17:17.142Z; found {:?}.",
                clipped(text)
            );
            Failure::new(Code::RequestInvalid, message).at(PATH)
        })?,
    };
    let fits = |at: &usize| {
        let model = &models[*at];
        // A date that cannot be read limits nothing.
        let begun = model.effective_start.and_then(date::iso_ms).is_none_or(|start| start <= at_ms);
        begun && model.effective_end.and_then(date::end_ms).is_none_or(|end| at_ms <= end)
    };
    let fitting: Vec<usize> = found.iter().copied().filter(fits).collect();
    if fitting.is_empty() {
        let range = |at: usize| {
            let model = &models[at];
            let text = |date: Option<&str>, open: &str| date.map_or_else(|| open.to_owned(), clipped);
            format!("{} to {}", text(model.effective_start, "ever"), text(model.effective_end, "open"))
        };
        let message = format!(
            "No configured model of the service {service} is in effect {}. In effect: {}. Change \
             request_meta.transaction_date, or ask for a version.",
            date.map_or_else(|| "now".to_owned(), |date| format!("at {}", clipped(date))),
            listed(found, range)
        );
        return Err(Failure::new(Code::ModelNotFound, message));
    }
    Ok(fitting)
}

/// The one of the highest revision, in which all must be of one folder.
fn highest(service: &str, fitting: &[usize], models: &[ModelMeta<'_>]) -> Result<usize> {
    let rank = |at: usize| models[at].revision.and_then(numbers).unwrap_or_default();
    let top = fitting.iter().map(|&at| rank(at)).max().unwrap_or_default();
    let best: Vec<usize> = fitting.iter().copied().filter(|&at| rank(at) == top).collect();
    let folder = |at: usize| models[at].folder.unwrap_or_default().to_ascii_lowercase();
    let one_folder = fitting.iter().all(|&at| folder(at) == folder(fitting[0]));
    match best.as_slice() {
        [at] if one_folder => Ok(*at),
        _ => {
            let candidate = |at: usize| {
                let model = &models[at];
                format!(
                    "{} ({}/{} {})",
                    clipped(model.version_id),
                    clipped(model.folder.unwrap_or("?")),
                    clipped(model.service.unwrap_or("?")),
                    clipped(model.revision.unwrap_or("without a Revision"))
                )
            };
            let listed = listed(if one_folder { &best } else { fitting }, candidate);
            let message = format!(
                "Several configured models fit {service}: {listed}. Ask for one by version id, or by folder and version, or \
                 give their metaData different Revisions or dates."
            );
            Err(Failure::new(Code::ModelAmbiguous, message))
        }
    }
}

/// `1.2.3` as numbers; `None` when it is something else.
fn numbers(version: &str) -> Option<Vec<u32>> {
    trimmed(version).split('.').map(|part| part.parse().ok()).collect()
}

fn said(text: Option<&str>) -> Option<&str> {
    text.map(trimmed).filter(|text| !text.is_empty())
}

fn same(has: Option<&str>, wanted: &str) -> bool {
    has.is_some_and(|has| has.eq_ignore_ascii_case(wanted))
}

fn ids<'a>(models: impl Iterator<Item = &'a ModelMeta<'a>>) -> Vec<&'a str> {
    models.map(|model| model.version_id).collect()
}

fn listed(at: &[usize], show: impl Fn(usize) -> String) -> String {
    let mut shown: Vec<String> = at.iter().take(LISTED).map(|&at| show(at)).collect();
    if at.len() > LISTED {
        shown.push(format!("and {} more", at.len() - LISTED));
    }
    shown.join(", ")
}
