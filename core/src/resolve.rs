//! Which configured model a call means that names it by folder and service, version, or date.

use crate::config::{clipped, trimmed};
use crate::error::{Code, Failure, Result};
use crate::metadata::ModelMetadata;
use crate::online::ServiceUri;
use crate::request;
use crate::text::quoted;

/// How many models a message lists.
const LISTED: usize = 5;

/// What moment a text means, in milliseconds since 1970; `true`: the last one, as a day lasts until its end.
pub type Dates<'a> = &'a dyn Fn(&str, bool) -> Option<f64>;

/// What is known of a configured model: from `metaData`, or from its package.
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

impl<'a> ModelMeta<'a> {
    /// What is `known` of the model with this id.
    pub fn of(version_id: &'a str, known: &'a ModelMetadata) -> Self {
        ModelMeta {
            version_id,
            own_version_id: known.version_id.as_deref(),
            folder: known.folder.as_deref(),
            service: known.service.as_deref(),
            service_id: known.service_id.as_deref(),
            revision: known.revision.as_deref(),
            effective_start: known.effective_start.as_deref(),
            effective_end: known.effective_end.as_deref(),
        }
    }
}

/// Whether a model may be found by names that are not known yet: not where a version id decides.
pub fn goes_by_name(wanted: &Wanted<'_>) -> bool {
    match said(wanted.service_uri).and_then(ServiceUri::parse) {
        _ if said(wanted.version_id).is_some() => false,
        Some(ServiceUri::VersionId(_)) => false,
        Some(ServiceUri::Service { .. } | ServiceUri::ServiceId(_)) => true,
        Some(ServiceUri::Proxy(_)) | None => said(wanted.service).is_some() || said(wanted.service_id).is_some(),
    }
}

/// The position in `models` of the one that is wanted. `now_ms` is the time of day (`Date.now()`).
///
/// What is said first in this order decides: the version id; the service's name; its id. Of several versions of a service
/// the wanted one is taken, or the highest that begins with it; where no version is wanted, the highest of those in effect
/// at the date (now, if there is none). As on the server, a wanted version makes the date meaningless.
pub fn resolve(wanted: &Wanted<'_>, models: &[ModelMeta<'_>], now_ms: f64, dates: Dates<'_>) -> Result<usize> {
    let kept = |found: &[usize], fits: &dyn Fn(&ModelMeta<'_>) -> bool| kept(models, found, fits);
    let all: Vec<usize> = (0..models.len()).collect();
    let ids: Vec<&str> = models.iter().map(|model| model.version_id).collect();
    let uri_text = said(wanted.service_uri);
    let uri = uri_text.and_then(ServiceUri::parse);
    let (mut version_id, mut service_id) = (said(wanted.version_id), said(wanted.service_id));
    let (mut folder, mut service, mut version) = (said(wanted.folder), said(wanted.service), said(wanted.version));
    match &uri {
        Some(ServiceUri::VersionId(id)) => version_id = version_id.or(Some(id)),
        Some(ServiceUri::ServiceId(id)) => service_id = service_id.or(Some(id)),
        Some(ServiceUri::Service { folder: in_uri, service: named, version: bracketed }) => {
            (folder, service) = (Some(in_uri.as_str()), Some(named.as_str()));
            version = bracketed.as_deref().or(version);
        }
        _ => {}
    }
    if let Some(id) = version_id {
        let of =
            |own: bool| kept(&all, &|model| same(if own { Some(model.version_id) } else { model.own_version_id }, id));
        let first = of(true).into_iter().chain(of(false)).next();
        return first.ok_or_else(|| request::model_not_found(id, &ids));
    }
    let (named, found) = if let Some(service) = service {
        let fits =
            |model: &ModelMeta<'_>| same(model.service, service) && folder.is_none_or(|it| same(model.folder, it));
        let exact =
            |model: &ModelMeta<'_>| model.service == Some(service) && (folder.is_none() || model.folder == folder);
        // Those that write the name in just this way, if there are any.
        let mut found = kept(&all, &exact);
        if found.is_empty() {
            found = kept(&all, &fits);
        }
        let named = if let Some(folder) = folder { format!("{folder}/{service}") } else { service.to_owned() };
        (named, found)
    } else if let Some(id) = service_id {
        (id.to_owned(), kept(&all, &|model| same(model.service_id, id)))
    } else if let Some(uri) = uri_text {
        (uri.to_owned(), Vec::new())
    } else {
        return Err(request::missing_version_id(&ids));
    };
    let service = clipped(&named);
    if found.is_empty() {
        return Err(not_found(format!(
            "No configured model is the service {service}. Give its model metaData.EngineInformation with ProductName \
             (the folder) and ServiceName, or a package that has them, or ask for it by version id."
        )));
    }
    let fitting = if let Some(version) = version {
        let wanted = numbers(version);
        let fitting = kept(&found, &|model| {
            let revision = model.revision.unwrap_or_default();
            revision.eq_ignore_ascii_case(version) || !wanted.is_empty() && numbers(revision).starts_with(&wanted)
        });
        if fitting.is_empty() {
            return Err(not_found(format!(
                "No configured model of the service {service} has the version {}. Configured: {}.",
                clipped(version),
                listed(models, &found, &|model| clipped(model.revision.unwrap_or("one without a Revision")))
            )));
        }
        fitting
    } else {
        let date = said(wanted.date);
        let at_ms = match date {
            None => now_ms,
            Some(text) => dates(text, false).ok_or_else(|| no_date(text))?,
        };
        // A date that cannot be read limits nothing.
        let ms = |date: Option<&str>, end: bool| date.and_then(|text| dates(text, end));
        let fitting = kept(&found, &|model| {
            ms(model.effective_start, false).is_none_or(|start| start <= at_ms)
                && ms(model.effective_end, true).is_none_or(|end| at_ms <= end)
        });
        if fitting.is_empty() {
            let range = |model: &ModelMeta<'_>| {
                let (start, end) = (model.effective_start.unwrap_or("ever"), model.effective_end.unwrap_or("open"));
                format!("{} to {}", clipped(start), clipped(end))
            };
            return Err(not_found(format!(
                "No configured model of the service {service} is in effect {}{}. In effect: {}. Change \
                 request_meta.transaction_date, or ask for a version.",
                if date.is_some() { "at " } else { "" },
                clipped(date.unwrap_or("now")),
                listed(models, &found, &range)
            )));
        }
        fitting
    };
    highest(&service, &fitting, models)
}

/// The one of the highest revision, in which all must be of one folder.
fn highest(service: &str, fitting: &[usize], models: &[ModelMeta<'_>]) -> Result<usize> {
    let rank = |model: &ModelMeta<'_>| numbers(model.revision.unwrap_or_default());
    let top = fitting.iter().map(|&at| rank(&models[at])).max().unwrap_or_default();
    let best = kept(models, fitting, &|model| rank(model) == top);
    let folder = |at: usize| models[at].folder.unwrap_or_default();
    let one_folder = fitting.iter().all(|&at| folder(at).eq_ignore_ascii_case(folder(fitting[0])));
    match best.as_slice() {
        [at] if one_folder => Ok(*at),
        _ => {
            let listed = listed(models, if one_folder { &best } else { fitting }, &|model| {
                let known = |text: Option<&str>, otherwise: &str| clipped(text.unwrap_or(otherwise));
                format!(
                    "{} ({}/{} {})",
                    clipped(model.version_id),
                    known(model.folder, "?"),
                    known(model.service, "?"),
                    known(model.revision, "without a Revision")
                )
            });
            let message = format!(
                "Several configured models fit {service}: {listed}. Ask for one by version id, or by folder and version, or \
                 give their metaData different Revisions or dates."
            );
            Err(Failure::new(Code::ModelAmbiguous, message))
        }
    }
}

#[inline(never)]
fn kept(models: &[ModelMeta<'_>], found: &[usize], fits: &dyn Fn(&ModelMeta<'_>) -> bool) -> Vec<usize> {
    let mut fitting = Vec::new();
    for &at in found {
        if fits(&models[at]) {
            fitting.push(at);
        }
    }
    fitting
}

/// `1.2.3` as numbers; nothing when it is something else.
#[inline(never)]
fn numbers(version: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    for part in trimmed(version).split('.') {
        let Ok(number) = part.parse() else { return Vec::new() };
        numbers.push(number);
    }
    numbers
}

#[inline(never)]
fn said(text: Option<&str>) -> Option<&str> {
    text.map(trimmed).filter(|text| !text.is_empty())
}

#[inline(never)]
fn same(has: Option<&str>, wanted: &str) -> bool {
    has.is_some_and(|has| has.eq_ignore_ascii_case(wanted))
}

fn not_found(message: String) -> Failure {
    Failure::new(Code::ModelNotFound, message)
}

#[inline(never)]
fn no_date(text: &str) -> Failure {
    const PATH: &str = "request_meta.transaction_date";
    let message = format!(
        "{PATH} must be a date such as 2022-09-19 or 2022-09-19T04:17:17.142Z; found {}.",
        quoted(&clipped(text))
    );
    Failure::new(Code::RequestInvalid, message).at(PATH)
}

#[inline(never)]
fn listed(models: &[ModelMeta<'_>], at: &[usize], show: &dyn Fn(&ModelMeta<'_>) -> String) -> String {
    let mut text = String::new();
    for (index, &at) in at.iter().take(LISTED).enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        text.push_str(&show(&models[at]));
    }
    if at.len() > LISTED {
        text.push_str(&format!(", and {} more", at.len() - LISTED));
    }
    text
}
