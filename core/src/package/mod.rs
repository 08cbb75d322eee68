//! Reads model packages: finds the parts of a model in a zip archive and streams them out, checked.
//!
//! # Design
//!
//! Everything works over `Read + Seek`, so the bytes may live where they are (a JavaScript buffer, a file), and an
//! entry leaves in chunks of at most 64 KB through a [`Sink`]: no entry is ever held in our memory. The zip crate reads
//! the archive; [`directory`] has it know how many entries and bytes are accepted *before* it allocates; the layouts a
//! package can have are decided in [`layout`], what an entry is for in [`role`], its MD5 sums in [`checksums`], and what
//! a thing that is not an archive looks like in [`sniff`].
//!
//! Nothing here writes files or keeps entries by name, so names are only ever compared, never followed. Archives whose
//! names would lead elsewhere in less careful hands are refused all the same: no compiler makes them.

mod archive;
mod checksums;
mod directory;
mod layout;
mod names;
mod opened;
mod role;
mod select;
mod sniff;
mod source;

pub use layout::Layout;
pub use opened::{Deflated, Opened, Part, open, unreadable};
pub use role::Role;

use crate::error::Result;

/// The largest chunk a [`Sink`] is given.
pub const CHUNK: usize = 64 * 1024;

/// What the caller wants of a package.
#[derive(Debug, Clone, Default)]
pub struct Want<'a> {
    /// The configured version id, lower-cased; selects the model in a package that holds several.
    pub version_id: Option<&'a str>,
    /// Whether a wrong sum of glue, engine or data is an error (else it is a warning).
    pub verify_checksums: bool,
    /// How large a package may be.
    pub limits: Limits,
}

/// How large a package may be. What exceeds a limit is refused before it is allocated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the package.
    pub package: u64,
    /// Entries in one archive.
    pub entries: u64,
    /// Expanded bytes of all parts together.
    pub expanded: u64,
    /// Expanded bytes of the archive inside an export.
    pub inner: u64,
    /// Expansion factor accepted above [`Limits::ratio_floor`], of an entry and of an archive.
    pub ratio: u64,
    /// Expanded size up to which the factor does not matter: runs of zeros are legitimate in small files.
    pub ratio_floor: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Limits {
            package: 512 * MIB,
            entries: 10_000,
            expanded: 1024 * MIB,
            inner: 512 * MIB,
            ratio: 200,
            ratio_floor: 64 * MIB,
        }
    }
}

/// Where the bytes of an entry go.
pub trait Sink {
    /// Called once, before the first chunk, with the number of bytes that will come.
    fn start(&mut self, size: u64) -> Result<()>;
    /// Called with each chunk, at most [`CHUNK`] bytes, in order. An error ends the extraction.
    fn write(&mut self, chunk: &[u8]) -> Result<()>;
}

/// Collects an entry in memory; for texts and tests.
impl Sink for Vec<u8> {
    fn start(&mut self, _size: u64) -> Result<()> {
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.extend_from_slice(chunk);
        Ok(())
    }
}
