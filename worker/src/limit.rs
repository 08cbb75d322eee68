//! Lowers the most memory that an engine may have, in its bytes, before they are compiled.

use js_sys::Uint8Array;
use spark_execute_core::memory::{self, MOST_PAGES, PAGE, over_limit};
use spark_execute_core::{Code, Failure, Result};

/// An engine that may have at most so many pages.
pub struct Lowered {
    /// To be compiled.
    pub bytes: Uint8Array,
    /// What it may have, where it would have had more; else all there can be.
    pub max_pages: u32,
}

/// The engine with at most `pages` of memory; the very same bytes where it wants no more.
pub fn lower(bytes: &Uint8Array, pages: u32) -> Result<Lowered> {
    let as_it_is = || Lowered { bytes: bytes.clone(), max_pages: MOST_PAGES };
    if pages >= MOST_PAGES {
        return Ok(as_it_is());
    }
    let length = bytes.length();
    let found = memory::find(&mut |at, into| {
        let start = u32::try_from(at).unwrap_or(length).min(length);
        let count = into.len().min((length - start) as usize);
        bytes.subarray(start, start + count as u32).copy_to(&mut into[..count]);
        count
    });
    let found = found.map_err(|unreadable| {
        let message = "The model's WebAssembly cannot be read, so that its memory cannot be limited (memoryLimit). Export \
                       the package again.";
        Failure::new(Code::WasmInvalid, message).with_details(unreadable.to_string())
    })?;
    let Some(declared) = found else { return Ok(as_it_is()) };
    if declared.initial > u64::from(pages) {
        return Err(over_limit(f64::from(pages) * PAGE, declared.initial as f64 * PAGE));
    }
    let edits = declared.lowered(pages);
    if edits.is_empty() {
        return Ok(as_it_is());
    }
    // The size of the section may take fewer bytes than before.
    let grown: i64 = edits.iter().map(|edit| edit.insert.len() as i64 - edit.remove as i64).sum();
    let made = Uint8Array::new_with_length((i64::from(length) + grown) as u32);
    let (mut from, mut to) = (0, 0);
    for edit in edits {
        let at = edit.at as u32;
        made.set(&bytes.subarray(from, at), to);
        to += at - from;
        made.set(&Uint8Array::from(&*edit.insert), to);
        to += edit.insert.len() as u32;
        from = at + edit.remove as u32;
    }
    made.set(&bytes.subarray(from, length), to);
    Ok(Lowered { bytes: made, max_pages: pages })
}
