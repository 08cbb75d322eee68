//! The directory of a zip archive: which entries there are and where.
//!
//! The zip crate reads it. What is looked at before that is the archive's end record alone: the number of entries and the
//! directory's size are known, and refused when they are too large, before anything is allocated for them.

use std::io::{Read, Seek};

use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

use super::names::{base, hazard, is_junk, quote};
use super::source::Source;
use super::{Limits, sniff};
use crate::error::{Code, Failure, Result};

const END: &[u8] = b"PK\x05\x06";
const END64_LOCATOR: &[u8] = b"PK\x06\x07";
const END64: &[u8] = b"PK\x06\x06";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END_SIZE: usize = 22;
const CENTRAL_SIZE: usize = 46;
/// Largest directory that is read, whatever the number of entries: names are at most 64 KB each.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Most bytes read to open an archive. An honest one takes its directory and the end of the file.
const OPENING: u64 = 512 * 1024 * 1024;

pub(super) const HEADER: &str = "its header is not where the directory says";

pub(super) const METHOD_STORED: u16 = 0;
pub(super) const METHOD_DEFLATED: u16 = 8;

/// One file of an archive, as its directory states it.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub name: String,
    pub encrypted: bool,
    pub method: u16,
    pub compressed: u64,
    pub size: u64,
    /// Where its own header is.
    pub header: u64,
    pub crc: u32,
    /// Where its bytes begin; unknown when its header is not where the directory says.
    pub data: Option<u64>,
    pub symlink: bool,
}

/// Little-endian fields of a record that was read whole.
pub(super) struct Fields<'a>(pub &'a [u8]);

impl Fields<'_> {
    fn number(&self, at: usize, width: usize) -> Option<u64> {
        let bytes = self.0.get(at..at.checked_add(width)?)?;
        Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    pub fn u16(&self, at: usize) -> u64 {
        self.number(at, 2).unwrap_or(0)
    }

    pub fn u32(&self, at: usize) -> u64 {
        self.number(at, 4).unwrap_or(0)
    }

    fn u64(&self, at: usize) -> u64 {
        self.number(at, 8).unwrap_or(0)
    }
}

/// Where the directory is and what it should hold.
struct End {
    start: u64,
    size: u64,
    entries: u64,
    /// What precedes the archive in its file: all offsets are relative to it.
    shift: u64,
}

/// Opens the archive in `source`.
pub(super) fn read<R: Read + Seek>(source: &Source<R>, limits: &Limits) -> Result<(ZipArchive<Source<R>>, Vec<Entry>)> {
    if source.len() == 0 {
        let message =
            "The package is empty (0 bytes). Check where it comes from; a detached or unfilled buffer is empty too.";
        return Err(Failure::new(Code::ZipInvalid, message));
    }
    if source.len() > limits.package {
        return Err(too_large(format!("has {} bytes; at most {} are read", source.len(), limits.package)));
    }
    let end = find_end(source)?;
    let most = limits.entries;
    if end.entries.saturating_mul(CENTRAL_SIZE as u64) > end.size {
        return Err(damaged(source, format!("its directory is too short for the {} entries it states", end.entries)));
    }
    if end.entries > most {
        return Err(too_large(format!("has {} entries; at most {most} are read", end.entries)));
    }
    if end.size > LARGEST {
        return Err(too_large(format!("has a directory of {} bytes; at most {LARGEST} are read", end.size)));
    }
    let config = Config { archive_offset: ArchiveOffset::Known(end.shift) };
    let reader = source.window(0, source.len()).ok_or_else(|| Failure::new(Code::Internal, "A part is no part."))?;
    let mut zip = source.within(OPENING, || ZipArchive::with_config(config, reader)).map_err(|error| {
        let stated = end.entries;
        source.take_trouble().unwrap_or_else(|| {
            damaged(source, format!("its directory cannot be read for the {stated} entries it states"))
                .with_details(error.to_string())
        })
    })?;
    if zip.len() as u64 > most {
        return Err(too_large(format!("has {} entries; at most {most} are read", zip.len())));
    }
    let entries: Vec<Entry> = (0..zip.len()).map(|index| entry(&mut zip, index)).collect();
    if let Some(failure) = source.take_trouble() {
        return Err(failure);
    }
    check_names(source, &mut zip, &entries, &end)?;
    Ok((zip, entries))
}

/// What the directory states about the entry `index`.
fn entry<R: Read + Seek>(zip: &mut ZipArchive<Source<R>>, index: usize) -> Entry {
    let Ok(file) = zip.by_index_raw(index) else {
        let name = zip.name_for_index(index).unwrap_or_default().to_string();
        return Entry { name, ..Entry::default() };
    };
    // The flag that says which encoding a name has is often wrong. What reads as UTF-8 is.
    let name = std::str::from_utf8(file.name_raw()).unwrap_or_else(|_| file.name());
    Entry {
        name: name.to_string(),
        encrypted: file.encrypted(),
        method: method(file.compression()),
        compressed: file.compressed_size(),
        size: file.size(),
        header: file.header_start(),
        crc: file.crc32(),
        data: Some(file.data_start()),
        symlink: file.is_symlink(),
    }
}

fn method(method: CompressionMethod) -> u16 {
    #[allow(deprecated, reason = "the number is what a message needs, and there is no other way to it")]
    method.to_u16()
}

/// Refuses what no honest archiver writes: names that lead out of a folder or would be more than names elsewhere, and two
/// entries of one name, of which the zip crate silently keeps the last.
fn check_names<R: Read + Seek>(
    source: &Source<R>,
    zip: &mut ZipArchive<Source<R>>,
    entries: &[Entry],
    end: &End,
) -> Result<()> {
    // Sorted as they come: however alike thousands of long names are, few are compared.
    let mut sorted: Vec<usize> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        if let Some(why) = hazard(&entry.name) {
            let message = format!(
                "The entry {} of the package has a name that {why}: refused. Pack the model's files anew, with plain names.",
                quote(&entry.name)
            );
            return Err(Failure::new(Code::ZipInvalid, message).at(entry.name.clone()));
        }
        match sorted.binary_search_by(|&other| entries[other].name.cmp(&entry.name)) {
            Err(at) => sorted.insert(at, index),
            Ok(_) => refuse_twice(&entry.name)?,
        }
    }
    if end.entries <= entries.len() as u64 {
        return Ok(());
    }
    // The zip crate knows fewer than the directory states: the first that it does not know has another one's name.
    let kept: Vec<u64> =
        (0..entries.len()).map(|index| zip.by_index_raw(index).map_or(0, |file| file.central_header_start())).collect();
    let (mut at, mut missing) = (end.start, end.entries - entries.len() as u64);
    while let Some(record) = read_record::<CENTRAL_SIZE, R>(source, Some(at), CENTRAL)? {
        let record = Fields(&record);
        let name_at = at + CENTRAL_SIZE as u64;
        if !kept.contains(&at) {
            refuse_twice(&String::from_utf8_lossy(&source.bytes(name_at, record.u16(28))?))?;
            missing = missing.saturating_sub(1);
        }
        at = name_at + record.u16(28) + record.u16(30) + record.u16(32);
    }
    if missing == 0 {
        return Ok(());
    }
    Err(damaged(source, format!("its directory cannot be read for the {} entries it states", end.entries)))
}

/// Refuses a name that stands there twice, unless it is of something that archivers add and nobody reads.
#[cold]
fn refuse_twice(name: &str) -> Result<()> {
    if is_junk(name) && !base(name).is_empty() {
        return Ok(());
    }
    let message =
        format!("The package has two entries named {}: either may be meant. Pack the model's files anew.", quote(name));
    Err(Failure::new(Code::PackageAmbiguous, message).at(name))
}

fn find_end<R: Read + Seek>(source: &Source<R>) -> Result<End> {
    let length = source.len();
    // The last record is followed by a comment of at most 64 KB.
    let from = length.saturating_sub((END_SIZE + 0xffff) as u64);
    let tail = source.bytes(from, length - from)?;
    let mut reason = None;
    for at in (0..tail.len().saturating_sub(END_SIZE - 1)).rev().filter(|&at| tail[at..].starts_with(END)) {
        let record = Fields(&tail[at..]);
        if at as u64 + (END_SIZE as u64) + record.u16(20) > tail.len() as u64 {
            continue;
        }
        match end_at(source, from + at as u64, &record)? {
            Ok(end) => return Ok(end),
            Err(why) => reason = reason.or(Some(why)),
        }
    }
    Err(match reason {
        Some(why) => damaged(source, why.to_string()),
        None => no_end(source)?,
    })
}

/// Reads the end record at `position`; the inner `Err` says why it cannot be the real one.
fn end_at<R: Read + Seek>(
    source: &Source<R>,
    position: u64,
    record: &Fields<'_>,
) -> Result<std::result::Result<End, &'static str>> {
    let (mut entries, mut size, mut offset) = (record.u16(10), record.u32(12), record.u32(16));
    let mut directory_end = position;
    let mut several_disks = record.u16(4) != 0 || record.u16(6) != 0 || record.u16(8) != entries;
    if entries == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
        let locator = read_record::<20, R>(source, position.checked_sub(20), END64_LOCATOR)?;
        if let Some(locator) = locator {
            // The stated position, or (with something put before the archive) right before the locator.
            let stated = Fields(&locator).u64(8);
            for at in [Some(stated), position.checked_sub(20 + 56)] {
                if let Some(record64) = read_record::<56, R>(source, at, END64)? {
                    let record64 = Fields(&record64);
                    (entries, size, offset) = (record64.u64(32), record64.u64(40), record64.u64(48));
                    several_disks = record64.u32(16) != 0 || record64.u32(20) != 0 || record64.u64(24) != entries;
                    directory_end = at.unwrap_or(position);
                    break;
                }
            }
        }
    }
    if several_disks {
        return Ok(Err("it is one part of an archive that was split into several files"));
    }
    if entries == 0 {
        return Ok(Ok(End { start: 0, size: 0, entries: 0, shift: 0 }));
    }
    let by_size = directory_end.checked_sub(size);
    for start in [by_size, Some(offset)].into_iter().flatten() {
        let fits = start.checked_add(size).is_some_and(|end| end <= directory_end);
        if fits && start >= offset && read_record::<4, R>(source, Some(start), CENTRAL)?.is_some() {
            return Ok(Ok(End { start, size, entries, shift: start - offset }));
        }
    }
    Ok(Err("its end does not point at its directory"))
}

/// A fixed-size record, when its bytes are there and begin with `signature`.
fn read_record<const N: usize, R: Read + Seek>(
    source: &Source<R>,
    position: Option<u64>,
    signature: &[u8],
) -> Result<Option<[u8; N]>> {
    let mut record = [0; N];
    let Some(position) = position else { return Ok(None) };
    Ok((source.read_at(position, &mut record)? && record.starts_with(signature)).then_some(record))
}

/// A failure for an archive that has an end but is wrong before it.
#[cold]
#[inline(never)]
fn damaged<R: Read + Seek>(source: &Source<R>, why: String) -> Failure {
    let mangled = source.bytes(0, 512).is_ok_and(|head| sniff::is_mangled(&head));
    let message = if mangled {
        format!("The package looks like {}. {}", sniff::MANGLED.0, sniff::MANGLED.1)
    } else {
        format!("The zip archive is damaged: {why}. Fetch or export the package again.")
    };
    Failure::new(Code::ZipInvalid, message)
}

/// A failure for something without an archive's end: a piece of a zip, or no zip at all.
#[cold]
#[inline(never)]
fn no_end<R: Read + Seek>(source: &Source<R>) -> Result<Failure> {
    let head = source.bytes(0, 512)?;
    let size = source.len();
    let message = match sniff::looks_like(&head) {
        Some((look, advice)) => format!("The package is not a zip archive: it looks like {look}. {advice}"),
        None if head.starts_with(b"PK") => format!(
            "The zip archive is cut off: it begins as one but has no end ({size} bytes). Fetch or export the package again."
        ),
        None => format!(
            "The package is not a zip archive ({size} bytes). Give the zip that the compiler or the export made, unchanged."
        ),
    };
    Ok(Failure::new(Code::ZipInvalid, message))
}

#[cold]
#[inline(never)]
fn too_large(what: String) -> Failure {
    Failure::new(Code::PackageTooLarge, format!("The zip archive {what}. A model's package has about ten files."))
}

/// Why the entry cannot be read, whatever its bytes are.
#[inline(never)]
pub(super) fn refusal(entry: &Entry) -> Option<Failure> {
    let name = quote(&entry.name);
    let message = if entry.encrypted {
        format!("The entry {name} is encrypted. Pack the model without a password.")
    } else if entry.data.is_none() {
        format!("The zip archive is damaged at {name}: {HEADER}. Fetch or export the package again.")
    } else {
        let method = match entry.method {
            METHOD_STORED | METHOD_DEFLATED => return None,
            9 => "Deflate64".to_string(),
            12 => "bzip2".to_string(),
            14 => "LZMA".to_string(),
            93 => "Zstandard".to_string(),
            95 => "xz".to_string(),
            other => format!("method {other}"),
        };
        format!("The entry {name} is compressed with {method}. Pack the model with the ordinary method (Deflate).")
    };
    Some(Failure::new(Code::ZipInvalid, message).at(entry.name.clone()))
}
