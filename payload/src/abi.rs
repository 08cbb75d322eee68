//! What JavaScript calls. It grows the memory itself, and says where the buffers are that it made there.

#![allow(unsafe_code, reason = "JavaScript hands over addresses")]

use core::slice::{from_raw_parts, from_raw_parts_mut};

/// Unpacks `length` bytes at `packed`; gives 1, or 0 when they are damaged. Behind them is room for the streams, and
/// behind that for the module, of the lengths that the header states.
///
/// # Safety
///
/// The memory must reach that far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unpack(packed: *const u8, length: usize) -> bool {
    let input = unsafe { from_raw_parts(packed, length) };
    let Some((streams, module)) = crate::lengths(input) else { return false };
    let room = unsafe { packed.add(length) }.cast_mut();
    // Three buffers that do not overlap, none of which Rust knows otherwise.
    let (streams, module) =
        unsafe { (from_raw_parts_mut(room, streams), from_raw_parts_mut(room.add(streams), module)) };
    crate::unpack(input, streams, module).is_some()
}
