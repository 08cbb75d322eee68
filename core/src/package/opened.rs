//! A package whose parts are known and can be extracted.

use std::io::{Read, Seek};

use md5::{Digest, Md5};

use super::archive::Archive;
use super::checksums::{Checksums, Sum, hex};
use super::layout::{self, Layout, Place, is_description_of, is_usable};
use super::names::{base, folder, list, quote};
use super::role::Role;
use super::select::Choice;
use super::source::Source;
use super::{CHUNK, Limits, Sink, Want};
use crate::error::{Code, Failure, Result};
use crate::{metadata, text};

/// Texts larger than this are not read into memory.
const LARGEST_TEXT: u64 = 64 * 1024 * 1024;

/// One part of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is for.
    pub role: Role,
    /// The entry's name in its archive, folders included.
    pub name: String,
    /// Uncompressed size in bytes, as the directory states it; extraction yields exactly this or fails.
    pub size: u64,
    archive: usize,
    index: usize,
    /// The sums `checksums.md5` states; any of them will do.
    sums: Vec<Sum>,
}

impl Part {
    /// A sum to compute, when one is stated.
    fn sum(&self) -> Option<Md5> {
        (!self.sums.is_empty()).then(Md5::new)
    }
}

/// Where a part's deflated bytes are, for an inflater of the platform that holds what comes out against size and CRC. What
/// passes goes to [`Opened::verify`]; what does not, to [`Opened::extract`], which says what is wrong with the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deflated {
    /// Position in the reader that the package was opened with.
    pub start: u64,
    /// Compressed size.
    pub length: u64,
    /// Size that the directory states: more must not be inflated, whatever comes.
    pub size: u64,
    /// CRC-32 that the directory states.
    pub crc: u32,
}

/// A package that was found to hold one complete model.
#[derive(Debug)]
pub struct Opened<R> {
    /// The package, and the archive inside it when it is an export.
    archives: Vec<Archive<R>>,
    parts: Vec<Part>,
    layout: Layout,
    version_id: Option<String>,
    verify_checksums: bool,
    warnings: Vec<String>,
}

/// Finds the wanted model in a package, without extracting anything.
pub fn open<R: Read + Seek>(reader: R, want: &Want<'_>) -> Result<Opened<R>> {
    let mut warnings = Vec::new();
    let outer = Archive::open(Source::whole(reader)?, &want.limits)?;
    let place = layout::find(&outer.entries, want.version_id, &mut warnings)?;
    let mut archives = vec![outer];
    if let Place::Inside(index) = place {
        let inner = archives[0].open_inner(index, &want.limits)?;
        archives.push(inner);
    }
    let model = archives.len() - 1;
    let mut choice = match &place {
        Place::Below(prefix) => {
            let belongs = |name: &str| name.starts_with(prefix.as_str()) || is_description_of(name, prefix);
            Choice::new(&archives[model], |entry| belongs(&entry.name))
        }
        _ => Choice::new(&archives[model], |_| true),
    };
    choice.read_sums(&want.limits, &mut warnings)?;
    let part = |role: Role, archive: usize, index: usize, sums: &Checksums| -> Result<Part> {
        archives[archive].check(index, &want.limits)?;
        let entry = archives[archive].entry(index)?;
        if !role.is_code() && entry.size > LARGEST_TEXT {
            let what = format!("has {} bytes; at most {LARGEST_TEXT} are read of a text", entry.size);
            return Err(archives[archive].too_large(entry, &what));
        }
        let sums = if archive == model { sums.of(&entry.name) } else { Vec::new() };
        Ok(Part { role, name: entry.name.clone(), size: entry.size, archive, index, sums })
    };
    let engine = choice.code(Role::Engine)?.ok_or_else(|| choice.missing(Role::Engine))?;
    let glue = choice.code(Role::Glue)?.ok_or_else(|| choice.missing(Role::Glue))?;
    let data = choice.code(Role::Data)?;
    let engine_name = archives[model].entry(engine)?.name.clone();
    let mut found = vec![(Role::Glue, model, glue), (Role::Engine, model, engine)];
    found.extend(data.map(|index| (Role::Data, model, index)));
    for role in Role::ALL.into_iter().filter(|role| !role.is_code()) {
        let inside = choice.text(role, &engine_name, &mut warnings).map(|index| (role, model, index));
        let beside = || match place {
            Place::Inside(zip) => beside(&archives[0], zip, role).map(|index| (role, 0, index)),
            _ => None,
        };
        found.extend(inside.or_else(beside));
    }
    let mut parts = Vec::with_capacity(found.len());
    for (role, archive, index) in found {
        let part = part(role, archive, index, &choice.sums);
        // Names are no reason to refuse a model.
        if role == Role::ModelMetaData && part.as_ref().map_or(true, |part| part.size > metadata::LARGEST) {
            warnings.push(unreadable(&part.err().map_or_else(
                || format!("it has more than {} bytes", metadata::LARGEST),
                |failure| failure.message.clone(),
            )));
        } else {
            parts.push(part?);
        }
    }
    check_total(&parts, &want.limits)?;
    check_listing(&choice, &parts, want.verify_checksums, &mut warnings)?;
    let (layout, version_id) = match &place {
        Place::Anywhere => (Layout::Flat, None),
        Place::Inside(zip) => (Layout::Export, archives[0].entry(*zip).ok().map(|entry| stem(base(&entry.name)))),
        Place::Below(prefix) => (Layout::Folder, Some(base(&prefix[..prefix.len() - 1]).to_string())),
    };
    Ok(Opened { parts, layout, version_id, verify_checksums: want.verify_checksums, warnings, archives })
}

/// The warning of a `ModelMetaData.json` that tells nothing.
pub fn unreadable(why: &str) -> String {
    format!(
        "The package's ModelMetaData.json cannot be used: {why}. The model is found by version id, or by its metaData in \
         the configuration."
    )
}

fn stem(file: &str) -> String {
    text::split_last(file, ".").map_or(file, |(stem, _)| stem).to_string()
}

/// The file of an export that describes the model from beside its zip.
fn beside<R>(outer: &Archive<R>, zip: usize, role: Role) -> Option<usize> {
    let zip_folder = folder(&outer.entries.get(zip)?.name);
    let is_it = |name: &str| folder(name) == zip_folder && Role::of(name) == Some(role);
    // Sums beside an inner archive do not speak of what is in it.
    (role != Role::Checksums).then_some(())?;
    outer.entries.iter().position(|entry| is_usable(entry) && is_it(&entry.name))
}

fn check_total(parts: &[Part], limits: &Limits) -> Result<()> {
    let total = parts.iter().fold(0u64, |total, part| total.saturating_add(part.size));
    if total <= limits.expanded {
        return Ok(());
    }
    let most = limits.expanded;
    let message = format!("The model would expand to {total} bytes; at most {most} are read.");
    Err(Failure::new(Code::PackageTooLarge, message))
}

fn check_listing<R: Read + Seek>(
    choice: &Choice<'_, R>,
    parts: &[Part],
    verify: bool,
    warnings: &mut Vec<String>,
) -> Result<()> {
    for (role, name) in choice.listed_but_absent() {
        let lost = role == Role::Data && !parts.iter().any(|part| part.role == Role::Data);
        let message = format!("checksums.md5 lists {}, which the package does not have", quote(&name));
        if lost && verify {
            let message = format!("{message}: the model cannot run without its data. Fetch or export it again.");
            return Err(Failure::new(Code::PackageIncomplete, message).at(name));
        }
        warnings.push(format!("{message}."));
    }
    let listed: Vec<&str> = choice.sums.names().collect();
    let unlisted = parts.iter().filter(|part| part.role.is_code() && part.sums.is_empty());
    let unlisted: Vec<&str> = unlisted.map(|part| part.name.as_str()).collect();
    if !listed.is_empty() && !unlisted.is_empty() {
        let (unlisted, listed) = (list(&unlisted), list(&listed));
        warnings.push(format!(
            "checksums.md5 lists {listed}, but not {unlisted}: not checked, so that damage there is not noticed."
        ));
    }
    Ok(())
}

impl<R: Read + Seek> Opened<R> {
    /// The parts found; glue and engine are always there, each role at most once.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The part with this role.
    pub fn part(&self, role: Role) -> Option<&Part> {
        self.parts.iter().find(|part| part.role == role)
    }

    /// How the package is laid out.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The id by which the package itself names the model (of the inner zip, or the folder).
    pub fn version_id(&self) -> Option<&str> {
        self.version_id.as_deref()
    }

    /// What is odd but no reason to refuse the package; extraction may add to it.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Streams a part into `sink`, checking size, CRC and MD5 on the way.
    ///
    /// The sums are known only at the end: after an error, what the sink was given must not be used.
    pub fn extract(&mut self, role: Role, sink: &mut impl Sink) -> Result<()> {
        let part = self.wanted(role)?;
        let mut sum = part.sum();
        sink.start(part.size)?;
        self.archives[part.archive].stream(part.index, &mut |chunk| {
            if let Some(sum) = &mut sum {
                sum.update(chunk);
            }
            sink.write(chunk)
        })?;
        self.judge(role, sum)
    }

    /// Where the part's deflated bytes are; `None` when only [`extract`](Self::extract) can get at it.
    pub fn deflated(&self, role: Role) -> Option<Deflated> {
        let part = self.part(role)?;
        let (entry, start) = self.archives[part.archive].deflated(part.index)?;
        Some(Deflated { start, length: entry.compressed, size: entry.size, crc: entry.crc })
    }

    /// Takes `bytes` for the part, which the platform has inflated and held against [`Deflated`]'s size and CRC. A wrong
    /// MD5 counts as in [`extract`](Self::extract).
    pub fn verify(&mut self, role: Role, mut bytes: impl Read) -> Result<()> {
        let Some(mut sum) = self.wanted(role)?.sum() else { return Ok(()) };
        let mut buffer = vec![0; CHUNK];
        while let Ok(count @ 1..) = bytes.read(&mut buffer) {
            sum.update(&buffer[..count]);
        }
        self.judge(role, Some(sum))
    }

    fn wanted(&self, role: Role) -> Result<&Part> {
        self.part(role).ok_or_else(|| {
            let message = format!("The package has no {}.", role.label());
            Failure::new(Code::PackageIncomplete, message)
        })
    }

    /// What a part's sum means, now that it is known.
    fn judge(&mut self, role: Role, sum: Option<Md5>) -> Result<()> {
        let part = self.wanted(role)?;
        let Some(sum) = sum.map(|sum| Sum::from(sum.finalize())) else { return Ok(()) };
        if part.sums.contains(&sum) {
            return Ok(());
        }
        let stated = text::join(&part.sums.iter().map(hex).collect::<Vec<_>>(), " or ");
        let fault = format!("{} has the MD5 sum {}, but checksums.md5 states {stated}", quote(&part.name), hex(&sum));
        if role.is_code() && self.verify_checksums {
            let message = format!("{fault}: it was changed or damaged after it was made. Fetch or export it again.");
            return Err(Failure::new(Code::ChecksumMismatch, message).at(part.name.clone()));
        }
        self.warnings.push(format!("{fault}."));
        Ok(())
    }

    /// A part as text, without a byte order mark; `None` when the package does not have it.
    pub fn text(&mut self, role: Role) -> Result<Option<String>> {
        let Some(part) = self.part(role) else { return Ok(None) };
        let name = part.name.clone();
        let mut bytes = Vec::new();
        self.extract(role, &mut bytes)?;
        let text = String::from_utf8(bytes).unwrap_or_else(|error| {
            self.warnings.push(format!("{} is not UTF-8; what could not be read was replaced.", quote(&name)));
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        });
        Ok(Some(text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text)))
    }
}
