//! One zip archive: its entries, and the bytes of each, inflated and checked.

use std::io::{Read, Seek};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::directory::{self, Entry};
use super::names::quote;
use super::source::Source;
use super::{CHUNK, Limits};
use crate::error::{Code, Failure, Result};

const INPUT: usize = 32 * 1024;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_SIZE: u64 = 30;
/// Deflate cannot expand further than 1032 times: a directory that states more is wrong.
const DEFLATE_RATIO: u64 = 1032;

/// An archive and where it is read from.
#[derive(Debug)]
pub(super) struct Archive<R> {
    source: Source<R>,
    pub entries: Vec<Entry>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of the archive in `source`.
    pub fn open(source: Source<R>, limits: &Limits) -> Result<Self> {
        let entries = directory::read(&source, limits)?;
        Ok(Archive { source, entries })
    }

    /// The archive that is itself the entry `index` of this one: in place when it is stored, else in memory.
    pub fn open_inner(&self, index: usize, limits: &Limits) -> Result<Self> {
        let entry = self.entry(index)?;
        self.check(index, limits)?;
        if entry.size > limits.inner {
            let message = format!(
                "The archive {} inside the package has {} bytes; at most {} are read. Give the inner zip itself.",
                quote(&entry.name),
                entry.size,
                limits.inner
            );
            return Err(Failure::new(Code::PackageTooLarge, message).at(entry.name.clone()));
        }
        let in_place = match entry.method {
            0 => self.source.window(self.data_start(entry)?, entry.size),
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
                Source::Memory(bytes)
            }
        };
        Archive::open(source, limits).map_err(|failure| {
            let message = format!("In the export's {}: {}", quote(&entry.name), failure.message);
            Failure { message, path: failure.path.or_else(|| Some(entry.name.clone())), ..failure }
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
            0 => size == compressed,
            _ => size <= compressed.saturating_mul(DEFLATE_RATIO),
        };
        if !possible {
            return Err(damaged(entry, "its sizes contradict each other"));
        }
        if size > limits.expanded || (size > limits.ratio_floor && size / compressed.max(1) > limits.ratio) {
            return Err(too_large(entry, &format!("would expand from {compressed} to {size} bytes")));
        }
        Ok(())
    }

    /// Streams the entry's bytes in chunks of at most [`CHUNK`]; its CRC and size are checked at the end.
    pub fn stream(&self, index: usize, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let entry = self.entry(index)?;
        if let Some(failure) = directory::refusal(entry) {
            return Err(failure);
        }
        let mut crc = Crc::new();
        let mut total = 0;
        let mut pass_on = |chunk: &[u8]| {
            if chunk.is_empty() {
                return Ok(());
            }
            total += chunk.len() as u64;
            if total > entry.size {
                let size = entry.size;
                return Err(too_large(entry, &format!("expands beyond the {size} bytes its directory states")));
            }
            crc.update(chunk);
            write(chunk)
        };
        let start = self.data_start(entry)?;
        match entry.method {
            0 => self.copy(entry, start, &mut pass_on)?,
            _ => self.inflate(entry, start, &mut pass_on)?,
        }
        if total != entry.size {
            return Err(damaged(entry, &format!("it has {total} bytes where {} are stated", entry.size)));
        }
        if crc.sum() != entry.crc {
            return Err(damaged(entry, "its CRC is wrong"));
        }
        Ok(())
    }

    fn copy(&self, entry: &Entry, start: u64, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut buffer = vec![0; (CHUNK as u64).min(entry.compressed) as usize];
        let mut done = 0;
        while done < entry.compressed {
            let size = (entry.compressed - done).min(CHUNK as u64);
            let chunk = &mut buffer[..size as usize];
            self.fill(entry, start + done, chunk)?;
            write(chunk)?;
            done += size;
        }
        Ok(())
    }

    fn inflate(&self, entry: &Entry, start: u64, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut inflate = Decompress::new(false);
        let mut output = vec![0; CHUNK];
        let mut input = vec![0; (INPUT as u64).min(entry.compressed) as usize];
        let (mut filled, mut used, mut fetched) = (0, 0, 0);
        loop {
            if used == filled && fetched < entry.compressed {
                let size = (entry.compressed - fetched).min(input.len() as u64);
                (filled, used) = (size as usize, 0);
                self.fill(entry, start + fetched, &mut input[..filled])?;
                fetched += size;
            }
            let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
            let status = inflate
                .decompress(&input[used..filled], &mut output, FlushDecompress::None)
                .map_err(|error| damaged(entry, "its compressed data is wrong").with_details(error.to_string()))?;
            let read = (inflate.total_in() - before_in) as usize;
            let written = (inflate.total_out() - before_out) as usize;
            used += read;
            write(&output[..written])?;
            if status == Status::StreamEnd {
                return Ok(());
            }
            if read == 0 && written == 0 {
                return Err(damaged(entry, "its compressed data ends early"));
            }
        }
    }

    fn fill(&self, entry: &Entry, position: u64, buffer: &mut [u8]) -> Result<()> {
        match self.source.read_at(position, buffer)? {
            true => Ok(()),
            false => Err(damaged(entry, "its data reaches beyond the end of the archive")),
        }
    }

    /// Where the entry's data begins: after its local header, whose size only that header states.
    fn data_start(&self, entry: &Entry) -> Result<u64> {
        let mut header = [0; LOCAL_SIZE as usize];
        if !self.source.read_at(entry.header, &mut header)? || !header.starts_with(LOCAL) {
            return Err(damaged(entry, "its header is not where the directory says"));
        }
        let field = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        Ok(entry.header + LOCAL_SIZE + field(26) + field(28))
    }
}

#[cold]
#[inline(never)]
fn damaged(entry: &Entry, why: &str) -> Failure {
    let name = quote(&entry.name);
    let message = format!("The zip archive is damaged at {name}: {why}. Fetch or export the package again.");
    Failure::new(Code::ZipInvalid, message).at(entry.name.clone())
}

#[cold]
#[inline(never)]
fn too_large(entry: &Entry, what: &str) -> Failure {
    let message = format!("The entry {} {what}: refused as too large.", quote(&entry.name));
    Failure::new(Code::PackageTooLarge, message).at(entry.name.clone())
}
