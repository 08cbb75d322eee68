//! Positional reads over whatever holds the package.

use std::cell::RefCell;
use std::io::{Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::error::{Code, Failure, Result};

/// A range of bytes that can be read at any position.
///
/// An export and the archive stored inside it share one reader, so neither has to be copied to read the other.
#[derive(Debug)]
pub(super) enum Source<R> {
    /// A window of the caller's reader.
    Window { reader: Rc<RefCell<R>>, start: u64, length: u64 },
    /// An archive that had to be inflated out of another one.
    Memory(Vec<u8>),
}

impl<R: Read + Seek> Source<R> {
    /// The whole of `reader`.
    pub fn whole(mut reader: R) -> Result<Self> {
        let length = reader.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
        Ok(Source::Window { reader: Rc::new(RefCell::new(reader)), start: 0, length })
    }

    /// A part of this source that reads the same bytes in place; `None` when that would need a copy.
    pub fn window(&self, from: u64, size: u64) -> Option<Self> {
        match self {
            Source::Window { reader, start, length } if from.checked_add(size)? <= *length => {
                Some(Source::Window { reader: reader.clone(), start: start.checked_add(from)?, length: size })
            }
            _ => None,
        }
    }

    /// Size in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Source::Window { length, .. } => *length,
            Source::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Fills `buffer` from `position`; `Ok(false)` when that reaches beyond the end.
    pub fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<bool> {
        let Some(end) = position.checked_add(buffer.len() as u64).filter(|&end| end <= self.len()) else {
            return Ok(false);
        };
        match self {
            Source::Window { reader, start, .. } => {
                let Ok(mut reader) = reader.try_borrow_mut() else {
                    return Err(Failure::new(Code::Internal, "The package's reader is in use by itself."));
                };
                reader
                    .seek(SeekFrom::Start(start + position))
                    .and_then(|_| reader.read_exact(buffer))
                    .map_err(|error| unreadable(&error))?;
            }
            Source::Memory(bytes) => match bytes.get(position as usize..end as usize) {
                Some(slice) => buffer.copy_from_slice(slice),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// The bytes from `position`, at most `limit` of them and no more than there are.
    pub fn bytes(&self, position: u64, limit: u64) -> Result<Vec<u8>> {
        let size = limit.min(self.len().saturating_sub(position));
        let mut buffer = vec![0; size as usize];
        self.read_at(position, &mut buffer)?;
        Ok(buffer)
    }
}

fn unreadable(error: &std::io::Error) -> Failure {
    let message = "The package's bytes could not be read to the end. Hand the package over again from its origin.";
    Failure::new(Code::BinaryInvalid, message).with_details(error.to_string())
}
