//! Positional reads over whatever holds the package.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::error::{Code, Failure, Result};

/// A range of bytes that can be read at any position.
///
/// An export and the archive stored inside it share one reader, so neither has to be copied to read the other.
#[derive(Debug)]
pub(super) struct Source<R> {
    bytes: Rc<Bytes<R>>,
    start: u64,
    length: u64,
}

#[derive(Debug)]
enum Bytes<R> {
    /// The caller's reader.
    Reader(RefCell<R>),
    /// An archive that had to be inflated out of another one.
    Memory(Vec<u8>),
}

impl<R: Read + Seek> Source<R> {
    /// The whole of `reader`.
    pub fn whole(mut reader: R) -> Result<Self> {
        let length = reader.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
        Ok(Source::over(Bytes::Reader(RefCell::new(reader)), length))
    }

    /// Bytes in our own memory.
    pub fn memory(bytes: Vec<u8>) -> Self {
        let length = bytes.len() as u64;
        Source::over(Bytes::Memory(bytes), length)
    }

    fn over(bytes: Bytes<R>, length: u64) -> Self {
        Source { bytes: Rc::new(bytes), start: 0, length }
    }

    /// A part of this source that reads the same bytes in place; `None` when it reaches beyond the end.
    pub fn window(&self, from: u64, size: u64) -> Option<Self> {
        let fits = from.checked_add(size)? <= self.length;
        fits.then(|| Source { bytes: self.bytes.clone(), start: self.start + from, length: size })
    }

    /// Where a part of this source is in the caller's reader; `None` when it is not there, or not whole.
    pub fn place(&self, from: u64, size: u64) -> Option<u64> {
        let there = matches!(*self.bytes, Bytes::Reader(_)) && from.checked_add(size)? <= self.length;
        there.then(|| self.start + from)
    }

    /// Size in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Fills `buffer` from `position`; `Ok(false)` when that reaches beyond the end.
    pub fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<bool> {
        let Some(end) = position.checked_add(buffer.len() as u64).filter(|&end| end <= self.length) else {
            return Ok(false);
        };
        match &*self.bytes {
            Bytes::Reader(reader) => {
                let Ok(mut reader) = reader.try_borrow_mut() else {
                    return Err(Failure::new(Code::Internal, "The package's reader is in use by itself."));
                };
                reader
                    .seek(SeekFrom::Start(self.start + position))
                    .and_then(|_| reader.read_exact(buffer))
                    .map_err(|error| unreadable(&error))?;
            }
            Bytes::Memory(bytes) => match bytes.get((self.start + position) as usize..(self.start + end) as usize) {
                Some(slice) => buffer.copy_from_slice(slice),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// The bytes from `position`, at most `limit` of them and no more than there are.
    pub fn bytes(&self, position: u64, limit: u64) -> Result<Vec<u8>> {
        let size = limit.min(self.length.saturating_sub(position));
        let mut buffer = vec![0; size as usize];
        self.read_at(position, &mut buffer)?;
        Ok(buffer)
    }
}

/// A header, then bytes of a source: one entry of an archive as the zip crate reads it from a stream.
pub(super) struct Stream<'a, R> {
    pub header: &'a [u8],
    pub source: &'a Source<R>,
    /// Where its bytes go on, and how many there are.
    pub position: u64,
    pub length: u64,
    /// Why the last read failed, which does not survive the passage through other readers.
    pub trouble: Option<Failure>,
}

impl<R: Read + Seek> Read for Stream<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.header.is_empty() {
            return self.header.read(buffer);
        }
        let there = self.source.len().saturating_sub(self.position).min(self.length);
        let count = there.min(buffer.len() as u64);
        if let Err(failure) = self.source.read_at(self.position, &mut buffer[..count as usize]) {
            // Whoever reads on, to have done with the entry, finds its end.
            self.length = 0;
            self.trouble = Some(failure);
            return Err(io::ErrorKind::Other.into());
        }
        self.position += count;
        self.length -= count;
        Ok(count as usize)
    }
}

fn unreadable(error: &io::Error) -> Failure {
    let message = "The package's bytes could not be read to the end. Hand the package over again from its origin.";
    Failure::new(Code::BinaryInvalid, message).with_details(error.to_string())
}
