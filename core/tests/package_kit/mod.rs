//! Makes packages, proper ones with the zip crate and crafted ones field by field, and reads them with ours.

#![allow(dead_code)]

use std::io::{Cursor, Write};

use md5::{Digest, Md5};
use spark_execute_core::Failure;
use spark_execute_core::package::{CHUNK, Limits, Opened, Role, Sink, Want, open};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

pub type Files = Vec<(String, Vec<u8>)>;
pub type Package = Opened<Cursor<Vec<u8>>>;

pub const ID: &str = "11111111-2222-3333-4444-555555555555";
pub const OTHER: &str = "99999999-8888-7777-6666-555555555555";
pub const WASM: &[u8] = b"\0asm\x01\0\0\0 the engine, the engine, the engine, the engine";
pub const GLUE: &[u8] = b"var Module = () => {}; // the glue, the glue, the glue, the glue";
pub const DATA: &[u8] = b"data data data data data data data data data data";

pub fn files(list: &[(&str, &[u8])]) -> Files {
    list.iter().map(|(name, bytes)| (name.to_string(), bytes.to_vec())).collect()
}

/// A zip of `files`; deflated, or stored.
pub fn zip_with(files: &Files, options: SimpleFileOptions) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        match name.strip_suffix('/') {
            Some(folder) => zip.add_directory(folder, options).unwrap(),
            None => {
                zip.start_file(name.as_str(), options).unwrap();
                zip.write_all(bytes).unwrap();
            }
        }
    }
    zip.finish().unwrap().into_inner()
}

pub fn deflated(files: &Files) -> Vec<u8> {
    zip_with(files, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
}

pub fn stored(files: &Files) -> Vec<u8> {
    zip_with(files, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
}

pub fn md5_hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A `checksums.md5` for these files.
pub fn sums(files: &Files) -> Vec<u8> {
    files.iter().map(|(name, bytes)| format!("{}  {name}\n", md5_hex(bytes))).collect::<String>().into_bytes()
}

/// What every model has, below `prefix`.
pub fn model(prefix: &str) -> Files {
    files(&[("_cyl.js", GLUE), ("_cyl.wasm", WASM), ("_cyl.data", DATA)])
        .into_iter()
        .map(|(name, bytes)| (format!("{prefix}{name}"), bytes))
        .collect()
}

/// A complete flat package with correct sums.
pub fn full_model() -> Files {
    let mut all = model("");
    all.extend(files(&[
        ("cyl-inder_Static.json", b"{\"Outputs\":{}}"),
        ("cyl-inder_Jsonformspec.json", b"{\"form\":1}"),
        ("cyl-inder_CompilerLog.json", b"{\"CompilerVersion\":\"1.22.3\"}"),
        ("cyl-inderDefaultValidations.json", b"{\"outputs\":{}}"),
    ]));
    all.push(("checksums.md5".into(), sums(&all)));
    all
}

pub fn want(version_id: Option<&str>) -> Want<'_> {
    Want { version_id, verify_checksums: true, limits: Limits::default() }
}

pub fn open_with(bytes: Vec<u8>, want: &Want<'_>) -> Result<Package, Failure> {
    open(Cursor::new(bytes), want)
}

pub fn open_any(bytes: Vec<u8>) -> Result<Package, Failure> {
    open_with(bytes, &want(None))
}

/// Collects, and holds the reader to its word: one start, the size stated, chunks within bounds.
#[derive(Debug, Default)]
pub struct Collect {
    pub stated: Option<u64>,
    pub bytes: Vec<u8>,
}

impl Sink for Collect {
    fn start(&mut self, size: u64) -> Result<(), Failure> {
        assert_eq!(self.stated.replace(size), None, "started twice");
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        assert!(!chunk.is_empty() && chunk.len() <= CHUNK);
        self.bytes.extend_from_slice(chunk);
        assert!(self.bytes.len() as u64 <= self.stated.expect("written before started"));
        Ok(())
    }
}

pub fn extract(package: &mut Package, role: Role) -> Result<Vec<u8>, Failure> {
    let mut sink = Collect::default();
    package.extract(role, &mut sink)?;
    assert_eq!(sink.stated, Some(sink.bytes.len() as u64));
    Ok(sink.bytes)
}

/// Opens and extracts everything there is.
pub fn read_all(bytes: Vec<u8>, want: &Want<'_>) -> Result<Vec<(Role, Vec<u8>)>, Failure> {
    let mut package = open_with(bytes, want)?;
    let roles: Vec<Role> = package.parts().iter().map(|part| part.role).collect();
    roles.into_iter().map(|role| Ok((role, extract(&mut package, role)?))).collect()
}

/// An archive entry whose every field can be made wrong.
#[derive(Clone)]
pub struct Raw {
    pub name: Vec<u8>,
    pub data: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub crc: u32,
    pub size: u64,
    pub compressed: u64,
    pub attributes: u32,
    /// Added to the offset of the local header.
    pub offset: u64,
    pub zip64: bool,
    /// An extra field, whole.
    pub extra: Vec<u8>,
}

pub fn raw(name: &str, bytes: &[u8]) -> Raw {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    Raw {
        name: name.into(),
        data: bytes.to_vec(),
        method: 0,
        flags: 0,
        crc: crc.sum(),
        size: bytes.len() as u64,
        compressed: bytes.len() as u64,
        attributes: 0,
        offset: 0,
        zip64: false,
        extra: Vec::new(),
    }
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Like [`raw`], deflated.
pub fn raw_deflated(name: &str, bytes: &[u8]) -> Raw {
    let data = deflate(bytes);
    Raw { method: 8, compressed: data.len() as u64, data, ..raw(name, bytes) }
}

fn put(out: &mut Vec<u8>, value: u64, width: usize) {
    out.extend_from_slice(&value.to_le_bytes()[..width]);
}

/// Writes an archive as the fields say; `zip64` also gives it the 64-bit end records.
pub fn raw_zip(entries: &[Raw], zip64: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = out.len() as u64 + entry.offset;
        out.extend_from_slice(b"PK\x03\x04\x14\0");
        put(&mut out, entry.flags.into(), 2);
        put(&mut out, entry.method.into(), 2);
        put(&mut out, 0, 4);
        // What is written as it comes has its sum and sizes behind it.
        let streamed = entry.flags & 8 != 0;
        let facts = [u64::from(entry.crc), entry.compressed, entry.size];
        facts.iter().for_each(|&fact| put(&mut out, if streamed { 0 } else { fact }, 4));
        put(&mut out, entry.name.len() as u64, 2);
        put(&mut out, 0, 2);
        out.extend_from_slice(&entry.name);
        out.extend_from_slice(&entry.data);
        if streamed {
            out.extend_from_slice(b"PK\x07\x08");
            facts.iter().for_each(|&fact| put(&mut out, fact, 4));
        }

        let mut extra = entry.extra.clone();
        if entry.zip64 {
            extra.extend_from_slice(b"\x55\x54\x05\0\x03\0\0\0\0\x01\0\x18\0");
            [entry.size, entry.compressed, offset].iter().for_each(|&value| put(&mut extra, value, 8));
        }
        let narrow = |value: u64| if entry.zip64 { u64::from(u32::MAX) } else { value };
        directory.extend_from_slice(b"PK\x01\x02\x14\x03\x14\0");
        put(&mut directory, entry.flags.into(), 2);
        put(&mut directory, entry.method.into(), 2);
        put(&mut directory, 0, 4);
        put(&mut directory, entry.crc.into(), 4);
        put(&mut directory, narrow(entry.compressed), 4);
        put(&mut directory, narrow(entry.size), 4);
        put(&mut directory, entry.name.len() as u64, 2);
        put(&mut directory, extra.len() as u64, 2);
        // The comment's size, the disk and the internal attributes.
        put(&mut directory, 0, 6);
        put(&mut directory, entry.attributes.into(), 4);
        put(&mut directory, narrow(offset), 4);
        directory.extend_from_slice(&entry.name);
        directory.extend_from_slice(&extra);
    }
    let start = out.len() as u64;
    out.extend_from_slice(&directory);
    let (count, size) = (entries.len() as u64, directory.len() as u64);
    if zip64 {
        let end64 = out.len() as u64;
        out.extend_from_slice(b"PK\x06\x06");
        put(&mut out, 44, 8);
        out.extend_from_slice(&[0; 12]);
        [count, count, size, start].iter().for_each(|&value| put(&mut out, value, 8));
        out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        put(&mut out, end64, 8);
        put(&mut out, 1, 4);
    }
    let narrow = |value: u64, width: u32| if zip64 { (1 << (8 * width)) - 1 } else { value };
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    put(&mut out, narrow(count, 2), 2);
    put(&mut out, narrow(count, 2), 2);
    put(&mut out, narrow(size, 4), 4);
    put(&mut out, narrow(start, 4), 4);
    put(&mut out, 0, 2);
    out
}
