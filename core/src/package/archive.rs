//! One zip archive: its entries, and the bytes of each, inflated and checked by the zip crate.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Seek};

use zip::ZipArchive;

use super::directory::{self, Entry, Fields, HEADER, METHOD_DEFLATED, METHOD_STORED};
use super::names::quote;
use super::source::Source;
use super::{CHUNK, Limits};
use crate::error::{Code, Failure, Result};

/// Deflate cannot expand further than 1032 times: a directory that states more is wrong.
const DEFLATE_RATIO: u64 = 1032;

const CONTRADICTION: &str = "its sizes contradict each other";

/// An archive and where it is read from.
#[derive(Debug)]
pub(super) struct Archive<R> {
    source: Source<R>,
    zip: RefCell<ZipArchive<Source<R>>>,
    pub entries: Vec<Entry>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of the archive in `source`.
    pub fn open(source: Source<R>, limits: &Limits) -> Result<Self> {
        let (zip, entries) = directory::read(&source, limits)?;
        let archive = Archive { source, zip: RefCell::new(zip), entries };
        // Of all entries, also those that nothing reads, and those that share their bytes.
        let total = archive.entries.iter().fold(0u64, |total, entry| total.saturating_add(entry.size));
        if total > limits.ratio_floor
            && total / archive.source.len().max(1) > limits.ratio
            && let Some(largest) = (0..archive.entries.len()).max_by_key(|&index| archive.entries[index].size)
        {
            archive.check(largest, limits)?;
            let what = format!("and the others would expand from {} to {total} bytes", archive.source.len());
            return Err(archive.too_large(&archive.entries[largest], &what));
        }
        Ok(archive)
    }

    /// The archive that is itself the entry `index` of this one: in place when it is stored, else in memory.
    pub fn open_inner(&self, index: usize, limits: &Limits) -> Result<Self> {
        let entry = self.entry(index)?;
        self.check(index, limits)?;
        if entry.size > limits.inner {
            let what =
                format!("has {} bytes; at most {} are read. Give the inner zip itself", entry.size, limits.inner);
            return Err(self.too_large(entry, &what));
        }
        let in_place = match (entry.method, entry.data) {
            (METHOD_STORED, Some(start)) => self.source.window(start, entry.size),
            _ => None,
        };
        let source = match in_place {
            Some(window) => window,
            None => {
                let mut bytes = Vec::new();
                self.stream(index, &mut |chunk| {
                    let room = bytes.try_reserve(chunk.len());
                    room.map_err(|error| {
                        let message =
                            "There is no memory for the archive inside the package. Give the inner zip itself.";
                        Failure::new(Code::PackageTooLarge, message).with_details(error.to_string())
                    })?;
                    bytes.extend_from_slice(chunk);
                    Ok(())
                })?;
                Source::memory(bytes)
            }
        };
        Archive::open(source, limits).map_err(|mut failure| {
            failure.message = format!("In the export's {}: {}", quote(&entry.name), failure.message);
            failure.path.get_or_insert_with(|| entry.name.clone());
            failure
        })
    }

    /// The entry `index`.
    pub fn entry(&self, index: usize) -> Result<&Entry> {
        self.entries.get(index).ok_or_else(|| Failure::new(Code::Internal, "The package has no such entry."))
    }

    /// Refuses what the directory alone shows to be unreadable, impossible or too large.
    pub fn check(&self, index: usize, limits: &Limits) -> Result<()> {
        let entry = self.entry(index)?;
        if let Some(failure) = directory::refusal(entry) {
            return Err(failure);
        }
        let Entry { compressed, size, .. } = *entry;
        if compressed > self.source.len() {
            return Err(damaged(entry, "it is longer than the whole archive"));
        }
        let possible = match entry.method {
            METHOD_STORED => size == compressed,
            _ => size <= compressed.saturating_mul(DEFLATE_RATIO),
        };
        if !possible {
            return Err(damaged(entry, CONTRADICTION));
        }
        if size > limits.expanded || (size > limits.ratio_floor && size / compressed.max(1) > limits.ratio) {
            return Err(self.too_large(entry, &format!("would expand from {compressed} to {size} bytes")));
        }
        Ok(())
    }

    /// The failure for a size that is not accepted: when what stands at the entry itself is another one, it is damage.
    #[cold]
    pub fn too_large(&self, entry: &Entry, what: &str) -> Failure {
        const STREAMED: u64 = 8;
        let source = &self.source;
        let read = |at: Option<u64>| source.bytes(at.unwrap_or(u64::MAX), 30).unwrap_or_default();
        let header = read(Some(entry.header));
        let mut size = Fields(&header).u32(22);
        if Fields(&header).u16(6) & STREAMED != 0 {
            // Whoever wrote it knew the size only behind the data.
            let behind = read(entry.data.and_then(|data| data.checked_add(entry.compressed)));
            size = Fields(&behind).u32(if behind.starts_with(b"PK\x07\x08") { 12 } else { 8 });
        }
        if size != entry.size && size != u64::from(u32::MAX) {
            return damaged(entry, CONTRADICTION);
        }
        let message = format!("The entry {} {what}: refused as too large.", quote(&entry.name));
        Failure::new(Code::PackageTooLarge, message).at(entry.name.clone())
    }

    /// Where in the caller's reader the entry's deflated bytes are; `None` when it is not deflated, or elsewhere.
    pub fn deflated(&self, index: usize) -> Option<(&Entry, u64)> {
        let entry = self.entries.get(index).filter(|entry| entry.method == METHOD_DEFLATED)?;
        Some((entry, self.source.place(entry.data?, entry.compressed)?))
    }

    /// Streams the entry's bytes in chunks of at most [`CHUNK`]; its CRC and size are checked at the end.
    pub fn stream(&self, index: usize, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let entry = self.entry(index)?;
        if let Some(failure) = directory::refusal(entry) {
            return Err(failure);
        }
        let Ok(mut zip) = self.zip.try_borrow_mut() else {
            return Err(Failure::new(Code::Internal, "The package's archive is in use by itself."));
        };
        let mut file = zip.by_index(index).map_err(|_| self.fault(entry, HEADER))?;
        let mut buffer = vec![0; CHUNK];
        let mut total = 0;
        loop {
            let count = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => return Err(self.fault(entry, reason(entry, error.kind(), total))),
            };
            total += count as u64;
            if total > entry.size {
                return Err(damaged(entry, "its bytes are more than stated"));
            }
            write(&buffer[..count])?;
        }
        if total == entry.size {
            return Ok(());
        }
        Err(damaged(entry, &format!("it has {total} bytes where {} are stated", entry.size)))
    }

    /// The reader's own failure if there was one, else the archive's.
    #[cold]
    fn fault(&self, entry: &Entry, why: &str) -> Failure {
        self.source.take_trouble().unwrap_or_else(|| damaged(entry, why))
    }
}

/// What is wrong with an entry whose bytes cannot be read on after `total` of them.
#[cold]
fn reason(entry: &Entry, kind: ErrorKind, total: u64) -> &'static str {
    match kind {
        ErrorKind::UnexpectedEof => "its compressed data ends early",
        ErrorKind::InvalidData if total >= entry.size => "its CRC is wrong",
        ErrorKind::InvalidData if entry.method == METHOD_STORED => "its data reaches beyond the end of the archive",
        ErrorKind::InvalidData => "its bytes are fewer than stated, and its CRC is wrong",
        _ => "its compressed data is wrong",
    }
}

#[cold]
#[inline(never)]
fn damaged(entry: &Entry, why: &str) -> Failure {
    let name = quote(&entry.name);
    let message = format!("The zip archive is damaged at {name}: {why}. Fetch or export the package again.");
    Failure::new(Code::ZipInvalid, message).at(entry.name.clone())
}
