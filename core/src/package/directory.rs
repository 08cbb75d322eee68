//! The directory of a zip archive: which entries there are and where.
//!
//! How many entries there are and how large the directory is, its end record tells; too many, or too much, is refused before
//! anything is allocated for them. What a record of the directory says is read by the zip crate, to which it is shown as
//! what precedes an entry in a stream.

use std::io::{Read, Seek};

use zip::read::read_zipfile_from_stream;

use super::names::{base, hazard, is_junk, quote};
use super::source::{Source, Stream};
use super::{Limits, sniff};
use crate::error::{Code, Failure, Result};

const END: &[u8] = b"PK\x05\x06";
const END64_LOCATOR: &[u8] = b"PK\x06\x07";
const END64: &[u8] = b"PK\x06\x06";
const CENTRAL: &[u8] = b"PK\x01\x02";
pub(super) const LOCAL: &[u8] = b"PK\x03\x04";
const END_SIZE: usize = 22;
const CENTRAL_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;
/// Largest directory that is read, whatever the number of entries: names are at most 64 KB each.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The system that a record says it was made on, and what the mode of a file says there.
const UNIX: u8 = 3;
const LINK: u64 = 0o120_000;

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
    /// What is really there for it.
    room: u64,
    entries: u64,
    /// What precedes the archive in its file: all offsets are relative to it.
    shift: u64,
}

/// Opens the archive in `source`.
pub(super) fn read<R: Read + Seek>(source: &Source<R>, limits: &Limits) -> Result<Vec<Entry>> {
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
    let directory = source.bytes(end.start, end.room.min(LARGEST))?;
    let mut rest = directory.as_slice();
    let mut entries = Vec::with_capacity(end.entries as usize);
    for _ in 0..end.entries {
        let Some((entry, after)) = entry(source, rest, end.shift)? else {
            let stated = end.entries;
            return Err(damaged(source, format!("its directory cannot be read for the {stated} entries it states")));
        };
        entries.push(entry);
        rest = after;
    }
    check_names(&entries)?;
    Ok(entries)
}

/// The entry at the start of `directory`, and what comes after it.
fn entry<'a, R: Read + Seek>(source: &Source<R>, directory: &'a [u8], shift: u64) -> Result<Option<(Entry, &'a [u8])>> {
    let fields = Fields(directory);
    let length = |at| fields.u16(at) as usize;
    let (name, extra, comment) = (length(28), length(30), length(32));
    let variable = CENTRAL_SIZE + name;
    let Some((record, rest)) = directory.split_at_checked(variable + extra + comment) else { return Ok(None) };
    if !record.starts_with(CENTRAL) {
        return Ok(None);
    }
    // As before an entry in a stream, but neither encrypted, nor of a size that only follows, nor compressed.
    let mut header = [LOCAL, &record[6..32], &record[CENTRAL_SIZE..variable + extra]].concat();
    header[6] = 0;
    header[8..10].fill(0);
    let mut stream = Stream { header: &header, source, position: 0, length: 0, trouble: None };
    let Ok(Some(file)) = read_zipfile_from_stream(&mut stream) else { return Ok(None) };
    let offset = offset(&fields, &record[variable..variable + extra]);
    let Some(header) = offset.checked_add(shift) else { return Ok(None) };
    let local = read_record::<LOCAL_SIZE, R>(source, Some(header), LOCAL)?;
    let entry = Entry {
        // The flag that says which encoding a name has is often wrong. What reads as UTF-8 is.
        name: std::str::from_utf8(file.name_raw()).unwrap_or_else(|_| file.name()).to_string(),
        encrypted: fields.u16(8) & 1 != 0,
        method: fields.u16(10) as u16,
        compressed: file.compressed_size(),
        size: file.size(),
        header,
        crc: file.crc32(),
        data: local.map(|local| header + LOCAL_SIZE as u64 + Fields(&local).u16(26) + Fields(&local).u16(28)),
        symlink: record[5] == UNIX && fields.u32(38) >> 16 & LINK == LINK,
    };
    Ok(Some((entry, rest)))
}

/// Where an entry's own header is. Of an archive with large numbers, that is the one of them which a stream does not need.
fn offset(fields: &Fields<'_>, mut extra: &[u8]) -> u64 {
    const LARGE: u64 = 0xffff_ffff;
    let stated = fields.u32(42);
    while stated == LARGE && extra.len() >= 4 {
        let (head, rest) = extra.split_at(4);
        let (id, length) = (Fields(head).u16(0), Fields(head).u16(2) as usize);
        if id == 1 {
            let before = [24, 20].iter().filter(|&&at| length >= 24 || fields.u32(at) == LARGE).count();
            return Fields(rest).number(8 * before, 8).unwrap_or(stated);
        }
        extra = rest.get(length..).unwrap_or_default();
    }
    stated
}

/// Refuses what no honest archiver writes: names that lead out of a folder or would be more than names elsewhere, and two
/// entries of one name.
fn check_names(entries: &[Entry]) -> Result<()> {
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
    Ok(())
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
        return Ok(Ok(End { start: 0, size: 0, room: 0, entries: 0, shift: 0 }));
    }
    let by_size = directory_end.checked_sub(size);
    for start in [by_size, Some(offset)].into_iter().flatten() {
        let fits = start.checked_add(size).is_some_and(|end| end <= directory_end);
        if fits && start >= offset && read_record::<4, R>(source, Some(start), CENTRAL)?.is_some() {
            return Ok(Ok(End { start, size, room: directory_end - start, entries, shift: start - offset }));
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
