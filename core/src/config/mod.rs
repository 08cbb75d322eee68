//! What `new Spark(config)` was given: checked once, field by field, and turned into plain data.
//!
//! JavaScript values that only the page can use (bytes, blobs, functions) stay there; a [`Model`] says where its
//! `binary` stands in the caller's object.
//!
//! Rules that hold for every field: a member that is `undefined` counts as absent; blanks around a text do not count;
//! a refusal names the field by its path, what was found and what is accepted; a field that nothing reads is a
//! warning, told once however many models have it.

mod binary;
mod endpoint;
mod fields;
mod model;
mod places;
mod text;
mod url_request;
mod xcall;

pub use binary::BinaryKind;
pub use endpoint::{AuthType, Endpoint, Form, clean_credential};
pub(crate) use fields::{clipped, trimmed};
pub use model::{MAX_ID, MAX_REPLICAS, Model};
pub use text::{DeclaredType, TextKind, classify_text};
pub use url_request::{Credentials, UrlRequest};
pub use xcall::{XCallOnline, XCallPolicy};

use crate::error::{Code, Failure, Result};
use crate::memory::MOST_PAGES;
pub use crate::metadata::ModelMetadata;
use crate::raw::Raw;
use crate::text::concat;
use fields::{Fields, Notes, integer, refuse, wrong};

/// How many models stay loaded when the caller does not say.
pub const DEFAULT_OFFLINE_MAX_SERVICE: usize = 20;
/// How long a call may take when the caller does not say, in milliseconds.
pub const DEFAULT_TIMEOUT_MS: f64 = 60_000.0;
/// How long a computation that nobody wants may go on when the caller does not say, in milliseconds.
pub const DEFAULT_CANCEL_GRACE_MS: f64 = 100.0;
/// The longest timeout: a browser's timer runs at once when asked to wait longer.
pub const MAX_TIMEOUT_MS: f64 = 2_147_483_647.0;

/// How long a replica beyond the first may do nothing when the caller does not say, in milliseconds.
pub const DEFAULT_IDLE_TIMEOUT_MS: f64 = 300_000.0;

const EXAMPLE: &str = r#"new Spark({ nodegenModels: [{ versionId: "<uuid>", binary: "/models/model.zip" }] })"#;

/// The fields of a configuration; the older spelling is last.
const KNOWN: &[&str] = &[
    "sparkEndpoint",
    "nodegenModels",
    "offlineMaxService",
    "memoryBudget",
    "memoryLimit",
    "idleTimeout",
    "timeout",
    "cancelGrace",
    "replica",
    "lockdown",
    "cache",
    "workerUrl",
    "wasmUrl",
    "createWorker",
    "isolation",
    "xcall",
    "externalApi",
    "timings",
    "logger",
    "logLevel",
    "nodeGenModels",
];

/// A configuration that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The member of the caller's object that holds the models: `nodegenModels` or `nodeGenModels`.
    pub models_key: &'static str,
    /// The models in the caller's order; the version ids differ. None only where there is an endpoint.
    pub models: Vec<Model>,
    /// Where models are computed online, if anywhere.
    pub endpoint: Option<Endpoint>,
    /// How many models stay loaded.
    pub offline_max_service: usize,
    /// How many bytes of memory the engines of all models should have together; infinite when the caller does not say.
    pub memory_budget: f64,
    /// How long a replica beyond the first may do nothing, in milliseconds; it may be infinite.
    pub idle_timeout_ms: f64,
    /// How long a call may take, in milliseconds.
    pub timeout_ms: f64,
    /// How long a computation that nobody wants any more may go on before its worker is ended, in milliseconds.
    pub cancel_grace_ms: f64,
    /// What a model's calls to other services may do.
    pub xcall: XCallPolicy,
    /// Whether there is a function `externalApi`.
    pub external_api: bool,
    /// Whether steps of starts, and calls, go onto the browser's timeline.
    pub timings: bool,
}

impl Config {
    /// The model with this version id, in whatever case it is written.
    pub fn find(&self, version_id: &str) -> Option<&Model> {
        let lookup_id = trimmed(version_id).to_ascii_lowercase();
        self.models.iter().find(|model| model.lookup_id == lookup_id)
    }

    /// The version ids as the caller wrote them.
    pub fn version_ids(&self) -> Vec<&str> {
        self.models.iter().map(|model| model.version_id.as_str()).collect()
    }
}

/// A usable configuration and what the caller should know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The configuration.
    pub config: Config,
    /// One line each, for `console.warn`.
    pub warnings: Vec<String>,
}

/// Checks the argument of `new Spark`.
pub fn parse(raw: &Raw) -> Result<Parsed> {
    let Some(fields) = Fields::of(raw, "") else {
        // A text is not repeated: it may be a key that was passed in the wrong place.
        let found = if let Raw::Text(_) = raw { "a text".to_owned() } else { raw.describe() };
        let message = format!("The configuration must be an object; found {found}. Example: {EXAMPLE}");
        return Err(Failure::new(Code::ConfigInvalid, message));
    };
    let mut notes = Notes::default();
    let endpoint = endpoint::parse(&fields, &mut notes)?;
    let default_replica = fields.get("replica").map_or(Ok(1), |value| model::replica(value, "replica"))?;
    let default_pages = fields.get("memoryLimit").map_or(Ok(MOST_PAGES), |value| model::pages(value, "memoryLimit"))?;
    places::check(&fields)?;
    let default_lockdown = model::lockdown(&fields, true, &mut notes)?;
    let default_cache = fields.boolean("cache", false)?;
    let defaults = (default_replica, default_pages, default_lockdown, default_cache);
    let (models_key, entries) = entries(&fields, endpoint.is_some())?;
    let mut models = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        models.push(model::parse(entry, index, format!("{models_key}[{index}]"), defaults, &mut notes)?);
    }
    model::check_duplicates(&models)?;

    let offline_max_service = match fields.get("offlineMaxService") {
        None => DEFAULT_OFFLINE_MAX_SERVICE,
        // More than fits means "all of them", and the conversion saturates.
        Some(value) => integer(value, "offlineMaxService", f64::MAX, "an integer of 1 or more")? as usize,
    };
    let memory_budget = match fields.get("memoryBudget") {
        None => f64::INFINITY,
        Some(value) => integer(value, "memoryBudget", f64::MAX, "an integer of bytes, 1 or more")?,
    };
    let idle_timeout_ms = match fields.get("idleTimeout") {
        None => DEFAULT_IDLE_TIMEOUT_MS,
        Some(Raw::Number(number)) if *number == f64::INFINITY => *number,
        Some(value) => timeout(value, "idleTimeout", ", or Infinity")?,
    };
    let timeout_ms = fields.get("timeout").map_or(Ok(DEFAULT_TIMEOUT_MS), |value| timeout(value, "timeout", ""))?;
    let cancel_grace_ms = match fields.get("cancelGrace") {
        None => DEFAULT_CANCEL_GRACE_MS,
        Some(Raw::Number(number)) if (0.0..=MAX_TIMEOUT_MS).contains(number) => *number,
        Some(other) => return Err(refuse("cancelGrace", other, "a number of milliseconds from 0 to 2147483647")),
    };
    let xcall = xcall::parse(&fields, &mut notes)?;
    let external_api = endpoint::function(&fields, "externalApi")?;
    let timings = fields.boolean("timings", false)?;
    check_logger(&fields)?;
    notes.unknown(&fields, "configuration", KNOWN, (model::KNOWN, "in an entry of nodegenModels"));

    let config = Config {
        models_key,
        models,
        endpoint,
        offline_max_service,
        memory_budget,
        idle_timeout_ms,
        timeout_ms,
        cancel_grace_ms,
        xcall,
        external_api,
        timings,
    };
    Ok(Parsed { config, warnings: notes.into_texts() })
}

/// What a `binary` function returned, for the model at `path` (such as `nodegenModels[0]`). Anything `binary` itself may
/// be is accepted, except another function.
pub fn delivered(value: &Raw, path: &str) -> Result<BinaryKind> {
    let path = format!("{path}.binary()");
    let kind = match value {
        Raw::Undefined | Raw::Function => Err(refuse(&path, value, binary::ACCEPTED)),
        _ => binary::parse(value, &path, None, &mut Notes::default()),
    };
    kind.map_err(|failure| failure.with_code(Code::BinaryInvalid))
}

/// The time limit of one call, in milliseconds: `timeout` is the member of the call's options, if there is one.
pub fn call_timeout(value: &Raw, default: f64) -> Result<f64> {
    match value {
        Raw::Undefined => Ok(default),
        given => timeout(given, "options.timeout", "").map_err(|failure| failure.with_code(Code::RequestInvalid)),
    }
}

/// `logger` and `logLevel`, which the shell uses.
fn check_logger(fields: &Fields<'_>) -> Result<()> {
    const LEVELS: [&str; 5] = ["debug", "info", "warn", "error", "silent"];
    match fields.present("logger") {
        None | Some(Raw::Function | Raw::Object(_)) => {}
        Some(other) => {
            fields.refuse(
                "logger",
                other,
                "an object with debug, info, warn and error, such as console, or a function",
            )?;
        }
    }
    match fields.present("logLevel") {
        None => Ok(()),
        Some(Raw::Text(level)) if LEVELS.contains(&level.as_str()) => Ok(()),
        Some(other) => fields.refuse("logLevel", other, r#""debug", "info", "warn", "error" or "silent""#),
    }
}

fn timeout(value: &Raw, path: &str, more: &str) -> Result<f64> {
    match value {
        Raw::Number(number) if *number > 0.0 && *number <= MAX_TIMEOUT_MS => Ok(*number),
        other => Err(refuse(path, other, &["a number of milliseconds above 0 and up to 2147483647", more].concat())),
    }
}

/// The entries of `nodegenModels`, of which there must be at least one where nothing else can run.
fn entries<'a>(fields: &Fields<'a>, online: bool) -> Result<(&'static str, &'a [Raw])> {
    match fields.spelled(&["nodegenModels", "nodeGenModels"])? {
        Some((key, Raw::Array(items))) if online || !items.is_empty() => Ok((key, items)),
        None | Some((_, Raw::Null)) if online => Ok(("nodegenModels", &[])),
        Some((key, Raw::Array(_) | Raw::Null)) => {
            let text = " has no models and there is no sparkEndpoint, so there is nothing to run. Example: ";
            Err(wrong(key, &concat(&[text, EXAMPLE])))
        }
        Some((key, other)) => Err(refuse(key, other, "an array of models, each { versionId, binary }")),
        None => {
            let mut failure = fields.missing("nodegenModels", "an array of models, each { versionId, binary }");
            failure.message.push_str(" Without models, sparkEndpoint must say where to run them online. Example: ");
            failure.message.push_str(EXAMPLE);
            Err(failure)
        }
    }
}

#[cfg(test)]
mod tests;
