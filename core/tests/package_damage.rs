//! Malformed, hostile and mistaken input: each its own error, no panic, no unbounded output.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod package_kit;

use package_kit::*;
use spark_execute_core::package::{Limits, Role, Want};
use spark_execute_core::{Code, Failure};

/// The extra field of an entry that WinZip encrypted with AES-256.
const AES: &[u8] = b"\x01\x99\x07\0\x02\0AE\x03\x08\0";

fn small() -> Vec<u8> {
    deflated(&full_model())
}

fn fail(bytes: Vec<u8>) -> Failure {
    read_all(bytes, &want(None)).expect_err("was accepted")
}

/// A zip of the model with the engine's fields changed.
fn with_engine(change: impl FnOnce(&mut Raw)) -> Vec<u8> {
    let mut entries: Vec<Raw> = model("").iter().map(|(name, bytes)| raw_deflated(name, bytes)).collect();
    change(&mut entries[1]);
    raw_zip(&entries, false)
}

/// A zip of the model, changed where `at` (counted from the end record) says.
fn with_end(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut zip = with_engine(|_| ());
    let end = zip.len() - 22 + at;
    zip[end..end + bytes.len()].copy_from_slice(bytes);
    zip
}

#[test]
fn each_mistake_has_its_own_code_and_advice() {
    let zip = with_engine(|_| ());
    let base64 = "UEsDBBQAAAAIAAAAIQBkYXRh".as_bytes().to_vec();
    let mangled = String::from_utf8_lossy(&zip).into_owned().into_bytes();
    let stored_engine =
        |size, compressed| with_engine(move |e| *e = Raw { size, compressed, ..raw("_cyl.wasm", WASM) });
    let bad_deflate = |data: &[u8]| {
        let data = data.to_vec();
        with_engine(move |e| (e.compressed, e.data) = (data.len() as u64, data))
    };
    use Code::{PackageIncomplete, ZipInvalid};
    let cases: Vec<(&str, Vec<u8>, Code, &str)> = vec![
        ("nothing", vec![], ZipInvalid, "empty (0 bytes)"),
        ("one byte", vec![b'P'], ZipInvalid, "not a zip archive"),
        ("signature alone", b"PK\x03\x04".to_vec(), ZipInvalid, "cut off"),
        ("no files", raw_zip(&[], false), PackageIncomplete, "no files"),
        ("HTML", b"<!DOCTYPE html><html>Sign in</html>".to_vec(), ZipInvalid, "HTML page"),
        ("XML", b"<Error><Code>AccessDenied</Code></Error>".to_vec(), ZipInvalid, "XML"),
        ("JSON", b"{\"error\":\"not found\"}".to_vec(), ZipInvalid, "JSON"),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), ZipInvalid, "gzip"),
        ("bare engine", WASM.to_vec(), ZipInvalid, "bare WebAssembly"),
        ("base64", base64, ZipInvalid, "not decoded"),
        ("data URL", b"data:application/zip;base64,UEsDBBQAAAA".to_vec(), ZipInvalid, "not decoded"),
        ("LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:0".to_vec(), ZipInvalid, "git lfs pull"),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), ZipInvalid, "7-Zip"),
        ("rar", b"Rar!\x1a\x07\x01\0".to_vec(), ZipInvalid, "RAR"),
        ("text", b"Not Found".to_vec(), ZipInvalid, "plain text"),
        ("zeros", vec![0; 5000], ZipInvalid, "zeros"),
        ("noise", (0..999u32).map(|n| (n * n) as u8).collect(), ZipInvalid, "not a zip archive"),
        ("decoded as text", mangled.clone(), ZipInvalid, "decoded as text"),
        ("decoded as text, cut", mangled[..100].to_vec(), ZipInvalid, "decoded as text"),
        ("beginning cut", zip[10..].to_vec(), ZipInvalid, "damaged"),
        ("end cut", zip[..zip.len() - 1].to_vec(), ZipInvalid, "cut off"),
        ("middle cut", [&zip[..50], &zip[90..]].concat(), ZipInvalid, "damaged"),
        ("half zeros", [&zip[..zip.len() / 3], &vec![0; zip.len()][..]].concat(), ZipInvalid, "cut off"),
        ("first of two disks", with_end(4, &[1, 0]), ZipInvalid, "split into several"),
        ("more entries than there are", with_end(8, &[9, 0, 9, 0]), ZipInvalid, "the 9 entries"),
        ("far too many entries", with_end(8, &[0xfe, 0xff, 0xfe, 0xff]), ZipInvalid, "65534 entries"),
        ("directory too big", with_end(12, &[0xff, 0xff, 0xff, 0x7f]), ZipInvalid, "does not point"),
        ("directory elsewhere", with_end(16, &[0xff, 0xff, 0xff, 0x7f]), ZipInvalid, "does not point"),
        ("comment beyond the end", with_end(20, &[9, 0]), ZipInvalid, "cut off"),
        ("encrypted", with_engine(|e| e.flags = 1), ZipInvalid, "encrypted"),
        ("AES", with_engine(|e| (e.flags, e.method, e.extra) = (1, 99, AES.to_vec())), ZipInvalid, "encrypted"),
        ("Deflate64", with_engine(|e| e.method = 9), ZipInvalid, "Deflate64"),
        ("bzip2", with_engine(|e| e.method = 12), ZipInvalid, "bzip2"),
        ("LZMA", with_engine(|e| e.method = 14), ZipInvalid, "LZMA"),
        ("Zstandard", with_engine(|e| e.method = 93), ZipInvalid, "Zstandard"),
        ("xz", with_engine(|e| e.method = 95), ZipInvalid, "xz"),
        ("unknown method", with_engine(|e| e.method = 7777), ZipInvalid, "method 7777"),
        ("wrong CRC", with_engine(|e| e.crc ^= 1), ZipInvalid, "CRC is wrong"),
        ("wrong CRC, stored", with_engine(|e| *e = Raw { crc: 1, ..raw("_cyl.wasm", WASM) }), ZipInvalid, "CRC"),
        ("states too little", with_engine(|e| e.size -= 1), ZipInvalid, "more than stated"),
        ("states nothing", with_engine(|e| e.size = 0), ZipInvalid, "more than stated"),
        ("states too much", with_engine(|e| e.size += 1), ZipInvalid, "are stated"),
        ("states the impossible", with_engine(|e| e.size = 1 << 31), ZipInvalid, "contradict"),
        ("stored, sizes differ", stored_engine(9, 8), ZipInvalid, "contradict"),
        ("stored, too long", stored_engine(1 << 30, 1 << 30), ZipInvalid, "longer than the whole"),
        ("stored, beyond the end", stored_engine(400, 400), ZipInvalid, "beyond the end"),
        ("compressed beyond the end", with_engine(|e| e.compressed = 1 << 30), ZipInvalid, "longer than the whole"),
        ("compressed cut", with_engine(|e| e.compressed -= 3), ZipInvalid, "ends early"),
        ("compressed to nothing", with_engine(|e| (e.compressed, e.size) = (0, 0)), ZipInvalid, "ends early"),
        ("not deflate", bad_deflate(&[0xff; 40]), ZipInvalid, "compressed data is wrong"),
        ("not deflate's end", bad_deflate(&[0; 3]), ZipInvalid, "damaged"),
        ("header elsewhere", with_engine(|e| e.offset = 1), ZipInvalid, "not where"),
        ("header beyond", with_engine(|e| e.offset = 1 << 31), ZipInvalid, "not where"),
        ("64-bit sizes", with_engine(|e| (e.zip64, e.size) = (true, u64::MAX)), ZipInvalid, "contradict"),
        ("64-bit length", with_engine(|e| (e.zip64, e.compressed) = (true, u64::MAX)), ZipInvalid, "longer"),
        ("64-bit offset", with_engine(|e| (e.zip64, e.offset) = (true, u64::MAX / 2)), ZipInvalid, "not where"),
    ];
    assert!(cases.len() >= 40);
    for (what, bytes, code, part) in cases {
        let failure = fail(bytes);
        assert_eq!(failure.code, code, "{what}: {}", failure.message);
        assert!(failure.message.contains(part), "{what}: {}", failure.message);
        assert!(failure.message.len() < 700, "{what}: {}", failure.message);
    }
}

#[test]
fn a_zip_cut_anywhere_is_refused() {
    let zip = small();
    for size in 0..zip.len() {
        assert_eq!(fail(zip[..size].to_vec()).code, Code::ZipInvalid, "cut at {size}");
    }
}

#[test]
fn a_zip_with_its_beginning_lost_is_refused() {
    let zip = small();
    for size in (1..zip.len()).step_by(7) {
        assert!(read_all(zip[size..].to_vec(), &want(None)).is_err(), "without the first {size}");
    }
}

/// Either refused with a package's code, or read with exactly the right code files.
fn assert_safe(bytes: Vec<u8>, what: &str) {
    let allowed = [
        Code::ZipInvalid,
        Code::PackageIncomplete,
        Code::PackageAmbiguous,
        Code::PackageTooLarge,
        Code::ChecksumMismatch,
    ];
    match read_all(bytes, &want(Some(ID))) {
        Err(failure) => assert!(allowed.contains(&failure.code), "{what}: {failure}"),
        Ok(parts) => {
            for (role, content) in [(Role::Glue, GLUE), (Role::Engine, WASM), (Role::Data, DATA)] {
                if let Some((_, bytes)) = parts.iter().find(|(found, _)| *found == role) {
                    assert!(bytes == content, "{what}: {role:?} came out changed");
                }
            }
        }
    }
}

#[test]
fn any_changed_byte_is_refused_or_harmless() {
    let folder = format!("t/{ID}");
    let export = files(&[(&format!("{folder}.zip"), &small()), ("t/ModelMetaData.json", b"{}")]);
    for zip in [small(), stored(&full_model()), stored(&export), deflated(&export)] {
        for at in 0..zip.len() {
            for mask in [0x01, 0xff] {
                let mut changed = zip.clone();
                changed[at] ^= mask;
                assert_safe(changed, &format!("byte {at} ^ {mask:#x}"));
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_damage_and_never_a_size() {
    // Large enough that a flipped size may be true, and some limits are near.
    let mut noise = 1u32;
    let mut bytes = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    };
    let engine: Vec<u8> = (0..10_000).map(|_| bytes()).collect();
    let sums = (0..99).map(|_| format!("{}  x.json\n", md5_hex(&[bytes()]))).collect::<String>();
    let files = files(&[("a.js", GLUE), ("a.wasm", &engine), ("checksums.md5", sums.as_bytes())]);
    let limits = Limits { expanded: 1 << 22, inner: 1 << 20, ratio_floor: 1 << 19, ..Limits::default() };
    let want = Want { limits, ..want(Some(ID)) };
    let streamed = |entry: Raw| Raw { flags: 8, ..entry };
    let entries: Vec<Raw> = files.iter().map(|(name, bytes)| raw_deflated(name, bytes)).collect();
    let zips = [raw_zip(&entries, false), raw_zip(&entries.into_iter().map(streamed).collect::<Vec<_>>(), false)];
    let inner = raw_zip(&[raw_deflated(&format!("{ID}.zip"), &zips[0])], false);
    for zip in [&zips[0], &zips[1], &inner] {
        assert!(open_with(zip.clone(), &want).is_ok());
        let directory = zip.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        for bit in (0..30 * 8).chain(directory * 8..zip.len() * 8) {
            let mut changed = zip.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Err(failure) = open_with(changed, &want) {
                assert_ne!(failure.code, Code::PackageTooLarge, "bit {bit}: {failure}");
            }
        }
    }
}

#[test]
fn any_field_made_extreme_is_refused_or_harmless() {
    let wide: Vec<Raw> = model("").iter().map(|(n, b)| Raw { zip64: true, ..raw_deflated(n, b) }).collect();
    for zip in [small(), raw_zip(&wide, true)] {
        for at in 0..zip.len() - 8 {
            for (value, width) in [(0u64, 2), (u64::MAX, 2), (u64::MAX, 4), (1 << 63, 8)] {
                let mut changed = zip.clone();
                changed[at..at + width].copy_from_slice(&value.to_le_bytes()[8 - width..]);
                assert_safe(changed, &format!("{width} bytes at {at} = {value:#x}"));
            }
        }
    }
}

#[test]
fn arbitrary_pieces_of_archives_are_refused_or_harmless() {
    let pieces: [&[u8]; 8] =
        [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", &[0; 9], &[0xff; 5], b"a.js"];
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for round in 0..3000 {
        let mut bytes = if round % 2 == 0 { Vec::new() } else { small() };
        for _ in 0..round % 40 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let piece = pieces[(state % 8) as usize];
            let at = (state >> 8) as usize % (bytes.len() + 1);
            bytes.splice(at..at, piece.iter().copied());
        }
        assert_safe(bytes, &format!("round {round}"));
    }
}

#[test]
fn an_archive_made_to_be_read_in_circles_is_given_up() {
    // Each of these end records states a comment of 64 KB, which its reader wants to see before it doubts the rest.
    let bytes = b"PK\x05\x06\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\xff".repeat(100_000);
    let end = raw_zip(&[raw("a.js", GLUE)], false);
    let mut broken = end[end.len() - 22..].to_vec();
    broken[10..12].copy_from_slice(&[1, 0]);
    let read = std::rc::Rc::new(std::cell::Cell::new(0));
    struct Counting(std::io::Cursor<Vec<u8>>, std::rc::Rc<std::cell::Cell<u64>>);
    impl std::io::Read for Counting {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.1.set(self.1.get() + buffer.len() as u64);
            self.0.read(buffer)
        }
    }
    impl std::io::Seek for Counting {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    // A directory that begins as one, so that only reading it tells.
    let directory = [b"PK\x01\x02".as_slice(), &[0xff; 60]].concat();
    broken[12..16].copy_from_slice(&64u32.to_le_bytes());
    broken[16..20].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    let zip = [bytes, directory, broken].concat();
    let failure =
        spark_execute_core::package::open(Counting(std::io::Cursor::new(zip), read.clone()), &want(None)).map(|_| ());
    assert_eq!(failure.unwrap_err().code, Code::ZipInvalid);
    assert!(read.get() < 600 << 20, "{} bytes were read", read.get());
}

#[test]
fn an_archive_that_contains_itself_ends() {
    // The entry's data is the archive: the directory states the window from offset 0.
    let name = format!("{ID}.zip");
    let mut zip = raw_zip(&[raw(&name, b"")], false);
    for _ in 0..3 {
        zip = stored(&files(&[(&name, &zip)]));
    }
    assert_eq!(fail(zip).code, Code::PackageIncomplete);
}

#[test]
fn a_reader_that_fails_is_reported_as_such() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("detached"))
        }
    }
    impl std::io::Seek for Broken {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(5000)
        }
    }
    let failure = spark_execute_core::package::open(Broken, &want(None)).map(|_| ()).unwrap_err();
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_eq!(failure.details.as_deref(), Some("detached"));
}
