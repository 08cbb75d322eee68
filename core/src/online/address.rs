//! To which address a call goes.

use crate::config::{AuthType, Endpoint, Form, trimmed};
use crate::percent::{decoded, encoded, is_segment};
use crate::text::{self, split_last};

/// A service as `request_meta.service_uri` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceUri {
    /// `folders/f/services/s`, `f/s`, either perhaps with `[version]`.
    Service {
        /// The folder, not percent-encoded.
        folder: String,
        /// The service, not percent-encoded.
        service: String,
        /// A whole version (`1.2.3`) or the beginning of one (`1.2`).
        version: Option<String>,
    },
    /// `service/{id}`.
    ServiceId(String),
    /// `version/{id}`.
    VersionId(String),
    /// `proxy/{name}`: a custom address.
    Proxy(String),
}

/// What is known about the service of a call. Blank text counts as not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Target<'a> {
    /// The version id that the call asks for.
    pub version_id: Option<&'a str>,
    /// The model on the page that has this id is configured so; the id may be a name that only the page knows.
    pub is_configured: bool,
    /// `VersionId` in that model's metadata: what the server calls it.
    pub own_version_id: Option<&'a str>,
    /// `request_meta.service_uri`.
    pub service_uri: Option<&'a str>,
    /// `request_meta.service_id`.
    pub service_id: Option<&'a str>,
    /// The folder in the metadata of the model with this version id.
    pub folder: Option<&'a str>,
    /// The service in the metadata of the model with this version id.
    pub service: Option<&'a str>,
    /// The body is sent as it is, so that the address must say which version is meant.
    pub is_raw: bool,
}

/// Where a request goes and what its body must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route<'a> {
    /// The address for a POST.
    pub url: String,
    /// What `request_meta.version` must be, unless the caller gave one: it stood in brackets in the service's name, and
    /// addresses have no place for it.
    pub version: Option<String>,
    /// What `request_meta.version_id` must be; none is to be sent where this is `None`.
    pub version_id: Option<&'a str>,
}

impl ServiceUri {
    /// Reads a name in any of its spellings; case does not matter in the fixed words, percent-encoding is undone.
    pub fn parse(text: &str) -> Option<ServiceUri> {
        let (text, version) = split_version(trimmed(text).trim_matches('/'));
        let parts: Vec<&str> = text.split('/').map(trimmed).collect();
        let is = |at: usize, word: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
        let name = |part: &str| Some(decoded(part)).filter(|name| is_segment(name));
        if is(0, "proxy") && parts.len() > 1 {
            let names: Option<Vec<String>> = parts[1..].iter().map(|part| name(part)).collect();
            return Some(ServiceUri::Proxy(text::join(&names?, "/")));
        }
        match *parts.as_slice() {
            [_, id] if is(0, "service") => name(id).map(ServiceUri::ServiceId),
            [_, id] if is(0, "version") => name(id).map(ServiceUri::VersionId),
            [folder, service] => Some(ServiceUri::Service { folder: name(folder)?, service: name(service)?, version }),
            [_, folder, _, service] if is(0, "folders") && is(2, "services") => {
                Some(ServiceUri::Service { folder: name(folder)?, service: name(service)?, version })
            }
            _ => None,
        }
    }
}

/// Splits `name[1.2.3]`. Brackets around something else than a version belong to the name.
fn split_version(text: &str) -> (&str, Option<String>) {
    let split = text.strip_suffix(']').and_then(|text| split_last(text, "["));
    match split {
        Some((name, version)) => match trimmed(version) {
            "" => (name, None),
            version
                if version.starts_with(|c: char| c.is_ascii_digit())
                    && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+')) =>
            {
                (name, Some(version.to_owned()))
            }
            _ => (text, None),
        },
        None => (text, None),
    }
}

/// The address of a call's service: by folder and service where they are known, because that works with every kind of
/// credential; else by version id, by service id, by custom address; else the one where the body alone decides.
///
/// Whichever it is, the version id belongs into the body where it is known. What a configuration calls its model means
/// nothing to a server, and is left out where folder and service say which one is meant.
pub fn route<'a>(endpoint: &Endpoint, target: &Target<'a>) -> Route<'a> {
    let known = |text: Option<&str>| text.map(trimmed).filter(|text| is_segment(text)).map(str::to_owned);
    let uri = target.service_uri.and_then(ServiceUri::parse);
    let by_id = |kind: &str, id: &str| format!("{kind}/{}", encoded(id));
    let by_name =
        |folder: &str, service: &str| format!("folders/{}/services/{}/execute", encoded(folder), encoded(service));
    let names = known(target.folder).zip(known(target.service));
    let is_named = names.is_some() || matches!(uri, Some(ServiceUri::Service { .. }));
    let is_local = |id: &str| target.is_configured && is_named && !is_server_id(id);
    let version_id = target.own_version_id.or(target.version_id).filter(|id| !is_local(id));
    let mut version = None;
    let path = if endpoint.form == Form::Generic {
        if let Some(ServiceUri::Service { version: named, .. }) = uri {
            version = named;
        }
        "execute".to_owned()
    } else if let Some(id) = known(version_id).filter(|_| target.is_raw) {
        by_id("version", &id)
    } else if let Some(ServiceUri::Service { folder, service, version: named }) = &uri {
        version.clone_from(named);
        by_name(folder, service)
    } else if let Some((folder, service)) = names {
        by_name(&folder, &service)
    } else if let Some(id) = known(version_id) {
        by_id("version", &id)
    } else if let Some(ServiceUri::VersionId(id)) = &uri {
        by_id("version", id)
    } else if let Some(id) = known(target.service_id) {
        by_id("service", &id)
    } else {
        match &uri {
            Some(ServiceUri::ServiceId(id)) => by_id("service", id),
            Some(ServiceUri::Proxy(name)) => {
                format!("proxy/{}", text::join(&name.split('/').map(encoded).collect::<Vec<_>>(), "/"))
            }
            _ => "execute".to_owned(),
        }
    };
    Route { url: address(endpoint, "v3", &path), version, version_id }
}

fn address(endpoint: &Endpoint, api: &str, path: &str) -> String {
    let public = if endpoint.auth == AuthType::Public { "public/" } else { "" };
    format!("{}/{}/api/{api}/{public}{path}", endpoint.url, encoded(&endpoint.tenant))
}

/// Where records of a batch are sent together (v4), if this version's can be: it is told by its id alone, and old servers
/// know no other address than their one.
pub fn chunk_address(endpoint: &Endpoint, version_id: &str) -> Option<String> {
    (endpoint.form != Form::Generic && is_server_id(trimmed(version_id))).then(|| address(endpoint, "v4", "execute"))
}

/// Whether a status means that this endpoint will take no other chunk either: it knows no v4, or not for this caller.
pub fn refuses_chunks(status: u16) -> bool {
    matches!(status, 200 | 400..=428 | 430..=499 | 501)
}

/// Whether a status is the answer to all records of a chunk: alone they would only be more for a server that has too much to
/// do already.
pub fn fails_records(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// Whether a status is about who asks. To a chunk it may mean that v4 alone is not for this caller, which one record by itself
/// tells; where that gets such an answer, too, it is the answer to all records.
pub fn refuses_caller(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// How a service is called in messages: `folder/service` for any spelling of that.
pub fn short_name(uri: &str) -> String {
    match ServiceUri::parse(uri) {
        Some(ServiceUri::Service { folder, service, .. }) => format!("{folder}/{service}"),
        _ => uri.to_owned(),
    }
}

/// Whether this may be a version id of the server's: they are uuids.
pub fn is_server_id(id: &str) -> bool {
    text::is_uuid(id)
}
