//! One entry of `nodegenModels`.

use super::binary::{self, BinaryKind};
use super::fields::{Fields, Notes, clipped, integer, refuse, trimmed, wrong};
use super::text::DeclaredType;
use crate::error::Result;
use crate::integrity::{self, Integrity};
use crate::memory::{MOST_PAGES, PAGE};
use crate::metadata::ModelMetadata;
use crate::raw::Raw;
use crate::text::quoted;

/// The most workers one model may have.
pub const MAX_REPLICAS: u32 = 64;
/// The longest version id, in characters.
pub const MAX_ID: usize = 200;

const MEMORY_LIMIT: &str = "an integer of bytes from 65536 to 4294967296 (4 GiB), such as 512 * 1024 ** 2";

pub(super) const REPLICA: &str = "an integer from 1 to 64";

/// The fields of a model; older spellings follow those of the contract.
pub(super) const KNOWN: &[&str] = &[
    "versionId",
    "type",
    "binary",
    "replica",
    "memoryLimit",
    "preventCleanup",
    "verifyChecksums",
    "integrity",
    "lockdown",
    "cache",
    "metaData",
    "parallel",
    "instance",
    "metadata",
];

/// The members of a `ModelMetaData.json`, as far as they are known.
const IN_FILE: &[&str] = &[
    "EngineInformation",
    "EffectiveStartDate",
    "EffectiveEndDate",
    "Revision",
    "VersionId",
    "folder_name",
    "service_name",
    "XOutputTable",
    "HasSignatureChain",
];

/// The members of its `EngineInformation`.
const IN_ENGINE: &[&str] = &[
    "ProductName",
    "ServiceName",
    "ServiceGuid",
    "ServiceVersionGuid",
    "VersionId",
    "Revision",
    "folder_name",
    "service_name",
    "PublicAPI",
    "BaseUrl",
    "Tenant",
    "CompilerVersion",
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
    /// The most pages of memory, of 64 KiB each, that its engine may have.
    pub max_pages: u32,
    /// Exempt from eviction.
    pub prevent_cleanup: bool,
    /// Whether the package is checked against its own `checksums.md5`.
    pub verify_checksums: bool,
    /// Which package it must be, see [`Integrity`].
    pub integrity: Option<String>,
    /// Whether its glue is kept from the network, storage and other contexts.
    pub lockdown: bool,
    /// Whether it is kept, unpacked, for later visits of the page.
    pub cache: bool,
    /// What `binary` is; its value stays in JavaScript, in the member `binary` of the entry.
    pub binary: BinaryKind,
    /// What the caller says about the model.
    pub metadata: ModelMetadata,
}

/// Reads the entry at `path`.
#[inline(never)]
pub(super) fn parse(
    value: &Raw,
    index: usize,
    path: String,
    (default_replica, default_pages, default_lockdown, default_cache): (u32, u32, bool, bool),
    notes: &mut Notes,
) -> Result<Model> {
    let Some(fields) = Fields::of(value, path.as_str()) else {
        return Err(refuse(&path, value, "an object such as { versionId, binary }"));
    };
    let version_id = version_id(&fields)?;
    let declared = declared_type(&fields)?;
    let binary = match fields.get("binary") {
        Some(value) => binary::parse(value, &fields.at("binary"), declared, notes)?,
        None => {
            let mut failure = fields.missing("binary", binary::ACCEPTED);
            if let Some(other) = MEANT_AS_BINARY.iter().find(|name| fields.get(name).is_some()) {
                failure.message.push_str(" Did you mean binary where you wrote ");
                failure.message.push_str(other);
                failure.message.push('?');
            }
            return Err(failure);
        }
    };
    let replica = match fields.spelled(&["replica", "parallel", "instance"])? {
        Some((key, value)) => replica(value, &fields.at(key))?,
        None => default_replica,
    };
    let max_pages = match fields.get("memoryLimit") {
        Some(value) => pages(value, &fields.at("memoryLimit"))?,
        None => default_pages,
    };
    let metadata = match fields.spelled(&["metaData", "metadata"])? {
        None | Some((_, Raw::Null)) => ModelMetadata::default(),
        Some((key, value)) => metadata(value, fields.at(key), notes)?,
    };
    let prevent_cleanup = fields.boolean("preventCleanup", false)?;
    let verify_checksums = fields.boolean("verifyChecksums", true)?;
    if !verify_checksums {
        let text = fields.at("verifyChecksums") + " is false: a damaged or altered package is not noticed.";
        notes.warn("verifyChecksums".into(), text);
    }
    let integrity = integrity(&fields)?;
    let lockdown = lockdown(&fields, default_lockdown, notes)?;
    let cache = fields.boolean("cache", default_cache)?;
    let is_nameless = !matches!(binary, BinaryKind::Url(_) | BinaryKind::UrlObject(_) | BinaryKind::Function);
    if cache && is_nameless && integrity.is_none() && fields.get("cache").is_some() {
        let text = fields.at("cache") + " has no effect without an address or `integrity`.";
        notes.warn("cache".into(), text);
    }
    notes.unknown(&fields, "model", KNOWN, (&["timeout", "offlineMaxService", "sparkEndpoint"], "at the top level"));
    let lookup_id = version_id.to_ascii_lowercase();
    Ok(Model {
        version_id,
        lookup_id,
        index,
        path,
        replica,
        prevent_cleanup,
        verify_checksums,
        integrity,
        max_pages,
        lockdown,
        cache,
        binary,
        metadata,
    })
}

/// Whether glue is locked down, here or by default.
pub(super) fn lockdown(fields: &Fields<'_>, default: bool, notes: &mut Notes) -> Result<bool> {
    let lockdown = fields.boolean("lockdown", default)?;
    if default && !lockdown {
        let text =
            fields.at("lockdown") + " is false: the package's glue can reach the network and this site's storage.";
        notes.warn("lockdown".into(), text);
    }
    Ok(lockdown)
}

/// A number of workers.
pub(super) fn replica(value: &Raw, path: &str) -> Result<u32> {
    // In range, so the conversion is exact.
    integer(value, path, f64::from(MAX_REPLICAS), REPLICA).map(|number| number as u32)
}

/// A number of bytes as whole pages of memory.
pub(super) fn pages(value: &Raw, path: &str) -> Result<u32> {
    match value {
        Raw::Number(bytes) if bytes.fract() == 0.0 && (PAGE..=PAGE * f64::from(MOST_PAGES)).contains(bytes) => {
            Ok((bytes / PAGE) as u32)
        }
        other => Err(refuse(path, other, MEMORY_LIMIT)),
    }
}

/// Any text is taken, as ids are only compared: a uuid is usual, not needed.
fn version_id(fields: &Fields<'_>) -> Result<String> {
    const ACCEPTED: &str = "the model's version id: text of 1 to 200 characters, usually a uuid";
    match fields.get("versionId") {
        None => Err(fields.missing("versionId", ACCEPTED)),
        Some(Raw::Text(text)) if (1..=MAX_ID).contains(&trimmed(text).chars().count()) => Ok(trimmed(text).to_owned()),
        Some(other) => fields.refuse("versionId", other, ACCEPTED),
    }
}

fn declared_type(fields: &Fields<'_>) -> Result<Option<DeclaredType>> {
    let Some(value) = fields.present("type") else { return Ok(None) };
    let declared = if let Raw::Text(text) = value { DeclaredType::named(text) } else { None };
    if declared.is_some() {
        return Ok(declared);
    }
    let mut accepted = String::from("one of ");
    for (name, _) in DeclaredType::ALL {
        accepted.push_str(&(quoted(name) + ", "));
    }
    accepted.truncate(accepted.len() - 2);
    fields.refuse("type", value, &(accepted + " (\"base64\" fits every binary)"))
}

fn integrity(fields: &Fields<'_>) -> Result<Option<String>> {
    match fields.present("integrity") {
        None => Ok(None),
        Some(Raw::Text(text)) if Integrity::parse(text).is_some() => Ok(Some(text.clone())),
        Some(other) => fields.refuse("integrity", other, integrity::ACCEPTED),
    }
}

/// `metaData`, which may be a whole `ModelMetaData.json`: then only the known members are looked at.
fn metadata(value: &Raw, path: String, notes: &mut Notes) -> Result<ModelMetadata> {
    let object = |value, path: String| {
        Fields::of(value, path.as_str()).ok_or_else(|| refuse(&path, value, "an object such as { EngineInformation }"))
    };
    let outer = object(value, path)?;
    let engine = match outer.get("EngineInformation") {
        None | Some(Raw::Null) => None,
        Some(value) => Some(object(value, outer.at("EngineInformation"))?),
    };
    // Files have more members than are known; what was written by hand has not.
    if outer.get("XInputTable").is_none() {
        notes.unknown(&outer, "metaData", IN_FILE, (IN_ENGINE, "in its EngineInformation"));
        if let Some(engine) = &engine {
            notes.unknown(engine, "EngineInformation", IN_ENGINE, (IN_FILE, "in metaData itself"));
        }
    }
    ModelMetadata::read(&mut |in_engine, key| match if in_engine { engine.as_ref() } else { Some(&outer) } {
        Some(fields) => label(fields, key),
        None => Ok(None),
    })
}

/// A text; services leave those they do not have `null` or empty.
#[inline(never)]
fn label(fields: &Fields<'_>, key: &str) -> Result<Option<String>> {
    match fields.present(key) {
        None => Ok(None),
        Some(Raw::Text(text)) => Ok(Some(trimmed(text)).filter(|text| !text.is_empty()).map(str::to_owned)),
        Some(other) => fields.refuse(key, other, "text, or left out"),
    }
}

/// Refuses a version id that two entries claim.
pub(super) fn check_duplicates(models: &[Model]) -> Result<()> {
    for (index, model) in models.iter().enumerate() {
        if let Some(first) = models[..index].iter().find(|first| first.lookup_id == model.lookup_id) {
            let text = format!(
                " repeats {}.versionId ({}; case does not matter). Give every model its own version id; one package \
                 may be used under several.",
                first.path,
                quoted(&clipped(&model.version_id))
            );
            return Err(wrong(&(model.path.clone() + ".versionId"), &text));
        }
    }
    Ok(())
}
