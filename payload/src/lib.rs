//! Unpacks the WebAssembly that this package carries inside its JavaScript file.
//!
//! # Format
//!
//! ```text
//! u32 LE   length of the streams, expanded
//! u32 LE   length of the module
//! rest     the streams, as raw LZMA with lc = 1, lp = 0, pb = 0 and no end marker   ([`lzma`])
//! ```
//!
//! LZMA is what the LZMA SDK's `lzma-specification.txt` describes. What it packs is not the module but its bytes sorted by what
//! they mean ([`code`]): opcodes by opcodes, locals by locals. That makes the result a tenth smaller.
//!
//! # Constraints
//!
//! Nothing may panic: a panic would bring the machinery of messages with it, ten times the size of all this. Whatever is
//! wrong with the input ends in `None`, and no more is written than there is room for.

pub mod code;
pub mod lzma;

#[cfg(target_arch = "wasm32")]
mod abi;

/// Properties of the LZMA stream, of which the decoder knows only these.
pub const LITERAL_CONTEXT_BITS: u32 = 1;

/// Length of what precedes the LZMA stream.
pub const HEADER: usize = 8;

/// Lengths of the expanded streams and of the module, as stated by the header.
pub fn lengths(packed: &[u8]) -> Option<(usize, usize)> {
    let (streams, rest) = packed.split_first_chunk()?;
    let (module, _) = rest.split_first_chunk()?;
    Some((u32::from_le_bytes(*streams) as usize, u32::from_le_bytes(*module) as usize))
}

/// Unpacks into `module`, by way of `streams`; both have the [`lengths`] that the header states.
pub fn unpack(packed: &[u8], streams: &mut [u8], module: &mut [u8]) -> Option<()> {
    lzma::expand(packed.get(HEADER..)?, streams)?;
    code::join(streams, module)
}
