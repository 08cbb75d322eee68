//! The directory of a zip archive: which entries there are and where.
//!
//! Read from the end, as the format wants it, and bounded: the number of entries and the directory's size are known
//! and checked before anything is allocated for them.

use std::io::{Read, Seek};

use super::names::quote;
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

/// One file of an archive, as its directory states it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub name: String,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u64,
    pub size: u64,
    /// Where the local header is.
    pub header: u64,
    pub symlink: bool,
}

/// Little-endian fields of a record that was read whole.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn number(&self, at: usize, width: usize) -> Option<u64> {
        let bytes = self.0.get(at..at.checked_add(width)?)?;
        Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn u16(&self, at: usize) -> u64 {
        self.number(at, 2).unwrap_or(0)
    }

    fn u32(&self, at: usize) -> u64 {
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

/// The entries of the archive in `source`.
pub(super) fn read<R: Read + Seek>(source: &Source<R>, limits: &Limits) -> Result<Vec<Entry>> {
    if source.len() == 0 {
        let message =
            "The package is empty (0 bytes). Check where it comes from; a detached or unfilled buffer is empty too.";
        return Err(Failure::new(Code::ZipInvalid, message));
    }
    let end = find_end(source)?;
    if end.entries > limits.entries {
        return Err(too_large(format!("has {} entries; at most {} are read", end.entries, limits.entries)));
    }
    if end.size > LARGEST {
        return Err(too_large(format!("has a directory of {} bytes; at most {LARGEST} are read", end.size)));
    }
    let directory = source.bytes(end.start, end.size)?;
    let mut rest = &directory[..];
    let mut entries = Vec::with_capacity((end.entries as usize).min(rest.len() / CENTRAL_SIZE));
    for number in 0..end.entries {
        let Some((entry, size)) = central(rest, end.shift) else {
            let stated = end.entries;
            return Err(damaged(source, format!("its directory ends after {number} of {stated} entries")));
        };
        rest = &rest[size..];
        entries.push(entry);
    }
    Ok(entries)
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

/// The first entry of `bytes` and the size of its record.
fn central(bytes: &[u8], shift: u64) -> Option<(Entry, usize)> {
    if !bytes.starts_with(CENTRAL) || bytes.len() < CENTRAL_SIZE {
        return None;
    }
    let record = Fields(bytes);
    let (name_size, extra_size) = (record.u16(28) as usize, record.u16(30) as usize);
    let size = CENTRAL_SIZE + name_size + extra_size + record.u16(32) as usize;
    if bytes.len() < size {
        return None;
    }
    let name = &bytes[CENTRAL_SIZE..CENTRAL_SIZE + name_size];
    let unix = record.u16(4) >> 8 == 3;
    let mut entry = Entry {
        name: decode_name(name),
        flags: record.u16(8) as u16,
        method: record.u16(10) as u16,
        crc: record.u32(16) as u32,
        compressed: record.u32(20),
        size: record.u32(24),
        header: record.u32(42),
        symlink: unix && record.u32(38) >> 28 == 0o12,
    };
    extend_to_64(&mut entry, &bytes[CENTRAL_SIZE + name_size..CENTRAL_SIZE + name_size + extra_size]);
    entry.header = entry.header.checked_add(shift)?;
    Some((entry, size))
}

/// UTF-8 where it is (flagged or not); other bytes one character each, so that names stay distinct.
fn decode_name(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(name) => name.into(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Takes sizes and offset that did not fit in 32 bits from the extra field.
fn extend_to_64(entry: &mut Entry, mut extra: &[u8]) {
    while extra.len() >= 4 {
        let field = Fields(extra);
        let (kind, size) = (field.u16(0), field.u16(2) as usize);
        let Some(body) = extra.get(4..4 + size) else { return };
        if kind == 1 {
            let mut at = 0;
            for value in [&mut entry.size, &mut entry.compressed, &mut entry.header] {
                if *value == 0xffff_ffff {
                    *value = Fields(body).number(at, 8).unwrap_or(*value);
                    at += 8;
                }
            }
            return;
        }
        extra = &extra[4 + size..];
    }
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
    let message = if entry.flags & 1 != 0 || entry.method == 99 {
        format!("The entry {name} is encrypted. Pack the model without a password.")
    } else {
        let method = match entry.method {
            0 | 8 => return None,
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
