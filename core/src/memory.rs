//! How much memory a WebAssembly module may have: what it declares, and how to lower that before it is compiled.
//!
//! Only the heads of the sections are read, and the section that has the memory, a few hundred bytes at a time: however
//! large a module is, none of it stays here. The browser judges whether it is valid; here everything that is not
//! understood is refused, since a memory that was overlooked would have no limit.

use std::fmt;

use crate::error::{Code, Failure};
use crate::number::number;
use crate::text::concat;

/// Bytes in a page of WebAssembly memory.
pub const PAGE: f64 = 65_536.0;
/// The most pages a memory can have, 4 GiB.
pub const MOST_PAGES: u32 = 65_536;

const IMPORT: u8 = 2;
const MEMORY: u8 = 5;

const HAS_MAXIMUM: u8 = 1;
/// Maximum, shared, 64 bits.
const KNOWN_FLAGS: u8 = 7;

/// Reads bytes of the module at an offset; gives how many there were.
pub type ReadAt<'a> = &'a mut dyn FnMut(u64, &mut [u8]) -> usize;

/// A module that cannot be understood, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(pub u64);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not understood at offset {}", self.0)
    }
}

/// The memory that a module declares, its own or imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Pages that it begins with.
    pub initial: u64,
    /// Pages that it may grow to.
    pub maximum: Option<u64>,
    /// The size of its section: where it stands, how many bytes it takes, and what it says.
    section: (u64, u64, u64),
    /// Where its flags stand.
    flags: (u64, u8),
    /// Where its maximum stands, or would, and how many bytes it takes.
    place: (u64, u64),
}

/// Bytes of a module to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub at: u64,
    /// How many bytes go.
    pub remove: u64,
    /// What comes in their place.
    pub insert: Vec<u8>,
}

/// Finds the memory of the module; `None` when it has none. A module with several is refused.
pub fn find(read: ReadAt<'_>) -> Result<Option<Declared>, Unreadable> {
    let mut bytes = Bytes { read, at: 0, chunk: [0; 256], from: 0, count: 0 };
    for expected in *b"\0asm\x01\0\0\0" {
        if bytes.byte()? != expected {
            return Err(Unreadable(0));
        }
    }
    let mut found = None;
    while let Some(id) = bytes.next()? {
        let size_at = bytes.at;
        let size = bytes.number()?;
        let start = bytes.at;
        let section = (size_at, start - size_at, size);
        if id == IMPORT || id == MEMORY {
            for _ in 0..bytes.number()? {
                let memory = if id == MEMORY { Some(bytes.limits(section)?) } else { bytes.import(section)? };
                if memory.is_some() && found.is_some() {
                    return Err(Unreadable(bytes.at));
                }
                found = memory.or(found);
            }
            if bytes.at != start + size {
                return Err(Unreadable(bytes.at));
            }
        }
        bytes.at = start.checked_add(size).ok_or(Unreadable(start))?;
    }
    Ok(found)
}

impl Declared {
    /// What to replace so that the memory has at most `pages`; nothing when it has no more as it is.
    pub fn lowered(&self, pages: u32) -> Vec<Edit> {
        let (at, length) = self.place;
        let pages = u64::from(pages);
        match self.maximum {
            Some(maximum) if maximum <= pages => Vec::new(),
            // As long as what was there: nothing else of the module changes.
            Some(_) => vec![Edit { at, remove: length, insert: leb(pages, length as usize) }],
            None => {
                let maximum = leb(pages, 1);
                let (size_at, size_length, size) = self.section;
                let size = leb(size + maximum.len() as u64, 1);
                let flags = vec![self.flags.1 | HAS_MAXIMUM];
                vec![
                    Edit { at: size_at, remove: size_length, insert: size },
                    Edit { at: self.flags.0, remove: 1, insert: flags },
                    Edit { at, remove: 0, insert: maximum },
                ]
            }
        }
    }
}

/// The failure of an engine that wants more memory than the `allowed` bytes: `requested` ones, 0 when that is not known.
#[cold]
pub fn over_limit(allowed: f64, requested: f64) -> Failure {
    let asked = if requested > 0.0 { concat(&[&number(requested), " bytes of memory"]) } else { "more memory".into() };
    let message = format!(
        "The model asked for {asked}; it may have {} (its `memoryLimit`, or all that this browser can reserve). Give it \
         less data, or raise `memoryLimit`.",
        number(allowed)
    );
    let mut failure = Failure::new(Code::MemoryLimit, message);
    failure.more().allowed = Some(allowed);
    failure.more().requested = Some(requested).filter(|bytes| *bytes > 0.0);
    failure
}

/// A number as WebAssembly writes it, in at least so many bytes.
fn leb(mut value: u64, least: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 && bytes.len() + 1 >= least {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// The module, read forwards.
struct Bytes<'a> {
    read: ReadAt<'a>,
    at: u64,
    chunk: [u8; 256],
    from: u64,
    count: usize,
}

impl Bytes<'_> {
    /// The next byte; `None` at the end.
    fn next(&mut self) -> Result<Option<u8>, Unreadable> {
        if self.at < self.from || self.at - self.from >= self.count as u64 {
            self.from = self.at;
            self.count = (self.read)(self.at, &mut self.chunk).min(self.chunk.len());
            if self.count == 0 {
                return Ok(None);
            }
        }
        let byte = self.chunk[(self.at - self.from) as usize];
        self.at += 1;
        Ok(Some(byte))
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        self.next()?.ok_or(Unreadable(self.at))
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Unreadable(self.at))
    }

    fn skip(&mut self, count: u64) -> Result<(), Unreadable> {
        self.at = self.at.checked_add(count).ok_or(Unreadable(self.at))?;
        Ok(())
    }

    fn limits(&mut self, section: (u64, u64, u64)) -> Result<Declared, Unreadable> {
        let flags = (self.at, self.byte()?);
        if flags.1 & !KNOWN_FLAGS != 0 {
            return Err(Unreadable(flags.0));
        }
        let initial = self.number()?;
        let start = self.at;
        let maximum = if flags.1 & HAS_MAXIMUM == 0 { None } else { Some(self.number()?) };
        Ok(Declared { initial, maximum, section, flags, place: (start, self.at - start) })
    }

    /// One import; the memory, if it is one.
    fn import(&mut self, section: (u64, u64, u64)) -> Result<Option<Declared>, Unreadable> {
        for _ in ["module", "name"] {
            let length = self.number()?;
            self.skip(length)?;
        }
        let kind_at = self.at;
        match self.byte()? {
            // A function's type.
            0 => drop(self.number()?),
            1 => {
                self.value_type()?;
                self.limits(section)?;
            }
            2 => return self.limits(section).map(Some),
            3 => {
                self.value_type()?;
                self.byte()?;
            }
            // A tag: its kind, and its type.
            4 => {
                self.byte()?;
                self.number()?;
            }
            _ => return Err(Unreadable(kind_at)),
        }
        Ok(None)
    }

    /// A type is one byte, unless it is a reference to another one.
    fn value_type(&mut self) -> Result<(), Unreadable> {
        if matches!(self.byte()?, 0x63 | 0x64) {
            self.number()?;
        }
        Ok(())
    }
}
