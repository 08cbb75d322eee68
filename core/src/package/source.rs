//! Positional reads over whatever holds the package.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::error::{Code, Failure, Result};

/// A range of bytes that can be read at any position, or in order as [`Read`] and [`Seek`] want it.
///
/// An export and the archive stored inside it share one reader, so neither has to be copied to read the other.
#[derive(Debug)]
pub(super) struct Source<R> {
    origin: Rc<Origin<R>>,
    start: u64,
    length: u64,
    position: u64,
}

#[derive(Debug)]
struct Origin<R> {
    bytes: Bytes<R>,
    /// How many more bytes may be read. An archive made for it sends its reader around in circles.
    budget: Cell<u64>,
    /// Why the last read failed, which does not survive the passage through other readers.
    trouble: RefCell<Option<Failure>>,
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
        let origin = Origin { bytes, budget: Cell::new(u64::MAX), trouble: RefCell::default() };
        Source { origin: Rc::new(origin), start: 0, length, position: 0 }
    }

    /// A part of this source that reads the same bytes in place; `None` when it reaches beyond the end.
    pub fn window(&self, from: u64, size: u64) -> Option<Self> {
        let fits = from.checked_add(size)? <= self.length;
        fits.then(|| Source { origin: self.origin.clone(), start: self.start + from, length: size, position: 0 })
    }

    /// Where a part of this source is in the caller's reader; `None` when it is not there, or not whole.
    pub fn place(&self, from: u64, size: u64) -> Option<u64> {
        let there = matches!(self.origin.bytes, Bytes::Reader(_)) && from.checked_add(size)? <= self.length;
        there.then(|| self.start + from)
    }

    /// Size in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Does `work`, in which at most `budget` bytes are read.
    pub fn within<T>(&self, budget: u64, work: impl FnOnce() -> T) -> T {
        self.origin.budget.set(budget);
        let done = work();
        self.origin.budget.set(u64::MAX);
        done
    }

    /// Why reading failed, when it was the reader that failed and not what was read.
    pub fn take_trouble(&self) -> Option<Failure> {
        self.origin.trouble.take()
    }

    /// Fills `buffer` from `position`; `Ok(false)` when that reaches beyond the end.
    pub fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<bool> {
        let Some(end) = position.checked_add(buffer.len() as u64).filter(|&end| end <= self.length) else {
            return Ok(false);
        };
        match &self.origin.bytes {
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

impl<R: Read + Seek> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        /// What a read costs beside its bytes.
        const OVERHEAD: u64 = 32;
        let count = self.length.saturating_sub(self.position).min(buffer.len() as u64);
        let budget = &self.origin.budget;
        let rest = budget.get().checked_sub(count + OVERHEAD).ok_or(io::ErrorKind::Other)?;
        if let Err(failure) = self.read_at(self.position, &mut buffer[..count as usize]) {
            *self.origin.trouble.borrow_mut() = Some(failure);
            return Err(io::ErrorKind::Other.into());
        }
        if budget.get() != u64::MAX {
            budget.set(rest);
        }
        self.position += count;
        Ok(count as usize)
    }
}

impl<R> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

fn unreadable(error: &io::Error) -> Failure {
    let message = "The package's bytes could not be read to the end. Hand the package over again from its origin.";
    Failure::new(Code::BinaryInvalid, message).with_details(error.to_string())
}
