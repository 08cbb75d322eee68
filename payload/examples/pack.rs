//! `pack <module.wasm> <packed>`: what the build does with the WebAssembly before it goes into the JavaScript file.

use std::error::Error;
use std::io::Write;

use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};
use spark_execute_payload::{LITERAL_CONTEXT_BITS, code, lengths, unpack};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else { return Err("usage: pack <module.wasm> <packed>".into()) };
    let module = std::fs::read(from)?;
    let packed = pack(&module)?;
    check(&packed, &module)?;
    std::fs::write(to, packed)?;
    Ok(())
}

/// The module in the format that src/lib.rs describes.
pub fn pack(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let streams = code::split(module).ok_or("the module has instructions that payload/src/code.rs does not know")?;
    let mut packed = Vec::new();
    for length in [streams.len(), module.len()] {
        packed.extend(u32::try_from(length)?.to_le_bytes());
    }
    packed.extend(compress(&streams)?);
    Ok(packed)
}

/// As small as it gets; it takes a second.
pub fn compress(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let options = LzmaOptions {
        dict_size: 1 << 22,
        lc: LITERAL_CONTEXT_BITS,
        lp: 0,
        pb: 0,
        mode: EncodeMode::Normal,
        nice_len: 273,
        mf: MfType::Bt4,
        depth_limit: 1000,
        ..LzmaOptions::default()
    };
    let mut writer = LzmaWriter::new_no_header(Vec::new(), &options, false)?;
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

fn check(packed: &[u8], module: &[u8]) -> Result<(), Box<dyn Error>> {
    let (streams, size) = lengths(packed).ok_or("there is no header")?;
    let (mut streams, mut unpacked) = (vec![0; streams], vec![0; size]);
    if unpack(packed, &mut streams, &mut unpacked).is_none() || unpacked != module {
        return Err("the module does not survive packing".into());
    }
    Ok(())
}
