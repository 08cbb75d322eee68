//! One entry of `nodegenModels`.

use super::binary::{self, BinaryKind};
use super::fields::{Fields, Notes, clipped, integer, refuse, trimmed};
use super::text::DeclaredType;
use crate::error::{Code, Failure, Result};
use crate::raw::Raw;
use crate::text;

/// The most workers one model may have.
pub const MAX_REPLICAS: u32 = 64;
/// The longest version id, in characters.
pub const MAX_ID: usize = 200;

pub(super) const REPLICA: &str = "an integer from 1 to 64";

/// The fields of a model; older spellings follow those of the contract.
pub(super) const KNOWN: &[&str] = &[
    "versionId",
    "type",
    "binary",
    "replica",
    "preventCleanup",
    "verifyChecksums",
    "metaData",
    "parallel",
    "instance",
    "metadata",
];

/// What a newcomer may call `binary`; no near misspelling of it.
const MEANT_AS_BINARY: [&str; 7] = ["url", "path", "src", "file", "zip", "data", "package"];

/// One model that can run offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id as the caller wrote it, without blanks around it; functions and messages get this one.
    pub version_id: String,
    /// The same in lower case: what ids are compared by.
    pub lookup_id: String,
    /// Where the entry stands in the caller's array ([`super::Config::models_key`]).
    pub index: usize,
    /// The entry as the caller would write it, such as `nodegenModels[2]`.
    pub path: String,
    /// How many workers run this model.
    pub replica: u32,
    /// Exempt from eviction.
    pub prevent_cleanup: bool,
    /// Whether the package is checked against its own `checksums.md5`.
    pub verify_checksums: bool,
    /// What `binary` is; its value stays in JavaScript, in the member `binary` of the entry.
    pub binary: BinaryKind,
    /// What the caller says about the model.
    pub metadata: ModelMetadata,
}

/// The known part of `metaData`: by what other than its version id a model may be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelMetadata {
    /// `EngineInformation.ProductName`.
    pub folder: Option<String>,
    /// `EngineInformation.ServiceName`.
    pub service: Option<String>,
    /// `EngineInformation.VersionId`, or `VersionId`.
    pub version_id: Option<String>,
    /// `EffectiveStartDate`, as given.
    pub effective_start: Option<String>,
    /// `EffectiveEndDate`, as given.
    pub effective_end: Option<String>,
    /// `Revision`, or `EngineInformation.Revision`.
    pub revision: Option<String>,
}

/// Reads the entry at `path`.
pub(super) fn parse(value: &Raw, index: usize, path: String, default_replica: u32, notes: &mut Notes) -> Result<Model> {
    let Some(fields) = Fields::of(value, path.as_str()) else {
        return Err(refuse(path, value, "an object such as { versionId, binary }"));
    };
    let version_id = version_id(&fields)?;
    let declared = declared_type(&fields)?;
    let binary = match fields.get("binary") {
        Some(value) => binary::parse(value, &fields.at("binary"), declared, notes)?,
        None => {
            let mut failure = fields.missing("binary", binary::ACCEPTED);
            if let Some(other) = MEANT_AS_BINARY.iter().find(|name| fields.get(name).is_some()) {
                failure.message.push_str(&format!(" Did you mean binary where you wrote {other}?"));
            }
            return Err(failure);
        }
    };
    let replica = match fields.spelled(&["replica", "parallel", "instance"])? {
        Some((key, value)) => replica(value, fields.at(key))?,
        None => default_replica,
    };
    let metadata = match fields.spelled(&["metaData", "metadata"])? {
        None | Some((_, Raw::Null)) => ModelMetadata::default(),
        Some((key, value)) => metadata(value, fields.at(key))?,
    };
    let prevent_cleanup = fields.boolean("preventCleanup", false)?;
    let verify_checksums = fields.boolean("verifyChecksums", true)?;
    if !verify_checksums {
        notes.warn("verifyChecksums", || {
            format!("{} is false: a damaged or altered package is not noticed.", fields.at("verifyChecksums"))
        });
    }
    notes.unknown(&fields, "model", KNOWN, (&["timeout", "offlineMaxService", "sparkEndpoint"], "at the top level"));
    let lookup_id = version_id.to_ascii_lowercase();
    Ok(Model { version_id, lookup_id, index, path, replica, prevent_cleanup, verify_checksums, binary, metadata })
}

/// A number of workers.
pub(super) fn replica(value: &Raw, path: impl Into<String>) -> Result<u32> {
    // In range, so the conversion is exact.
    integer(value, path, f64::from(MAX_REPLICAS), REPLICA).map(|number| number as u32)
}

/// Any text is taken, as ids are only compared: a uuid is usual, not needed.
fn version_id(fields: &Fields<'_>) -> Result<String> {
    const ACCEPTED: &str = "the model's version id: text of 1 to 200 characters, usually a uuid";
    match fields.get("versionId") {
        None => Err(fields.missing("versionId", ACCEPTED)),
        Some(Raw::Text(text)) if (1..=MAX_ID).contains(&trimmed(text).chars().count()) => Ok(trimmed(text).to_owned()),
        Some(other) => Err(refuse(fields.at("versionId"), other, ACCEPTED)),
    }
}

fn declared_type(fields: &Fields<'_>) -> Result<Option<DeclaredType>> {
    match fields.get("type") {
        None | Some(Raw::Null) => Ok(None),
        Some(value) => {
            let declared = if let Raw::Text(text) = value { DeclaredType::named(text) } else { None };
            let names =
                || text::join(&DeclaredType::ALL.iter().map(|(name, _)| format!("{name:?}")).collect::<Vec<_>>(), ", ");
            declared.map(Some).ok_or_else(|| {
                refuse(fields.at("type"), value, &format!("one of {} (\"base64\" fits every binary)", names()))
            })
        }
    }
}

/// `metaData`, which may be a whole `ModelMetaData.json`: only the known members are looked at.
fn metadata(value: &Raw, path: String) -> Result<ModelMetadata> {
    let object = |value, path: String| {
        Fields::of(value, path.as_str()).ok_or_else(|| refuse(path, value, "an object such as { EngineInformation }"))
    };
    let outer = object(value, path)?;
    let engine = match outer.get("EngineInformation") {
        None | Some(Raw::Null) => None,
        Some(value) => Some(object(value, outer.at("EngineInformation"))?),
    };
    let inner = |key| engine.as_ref().map_or(Ok(None), |fields| label(fields, key));
    Ok(ModelMetadata {
        folder: inner("ProductName")?,
        service: inner("ServiceName")?,
        version_id: inner("VersionId")?.or(label(&outer, "VersionId")?),
        effective_start: label(&outer, "EffectiveStartDate")?,
        effective_end: label(&outer, "EffectiveEndDate")?,
        revision: label(&outer, "Revision")?.or(inner("Revision")?),
    })
}

/// A text of the metadata; services leave those they do not have `null` or empty.
fn label(fields: &Fields<'_>, key: &str) -> Result<Option<String>> {
    match fields.get(key) {
        None | Some(Raw::Null) => Ok(None),
        Some(Raw::Text(text)) => Ok(Some(trimmed(text).to_owned()).filter(|text| !text.is_empty())),
        Some(other) => Err(refuse(fields.at(key), other, "text, or left out")),
    }
}

/// Refuses a version id that two entries claim.
pub(super) fn check_duplicates(models: &[Model]) -> Result<()> {
    for (index, model) in models.iter().enumerate() {
        if let Some(first) = models[..index].iter().find(|first| first.lookup_id == model.lookup_id) {
            let at = format!("{}.versionId", model.path);
            let message = format!(
                "{at} repeats {}.versionId ({:?}; case does not matter). Give every model its own version id; \
                 one package may be used under several.",
                first.path,
                clipped(&model.version_id)
            );
            return Err(Failure::new(Code::ConfigInvalid, message).at(at));
        }
    }
    Ok(())
}
