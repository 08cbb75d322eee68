//! Packs with the build's own packer and unpacks what it made, whole and damaged.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Write;

use spark_execute_payload::{HEADER, code, lengths, lzma, unpack};

#[allow(dead_code)]
#[path = "../examples/pack.rs"]
mod packer;

fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let (streams, module) = lengths(packed)?;
    // A damaged header may ask for anything; the page asks the browser for it, which may refuse.
    let (mut streams, mut module) = (vec![0; streams.min(1 << 20)], vec![0; module.min(1 << 20)]);
    unpack(packed, &mut streams, &mut module)?;
    Some(module)
}

fn leb(mut number: u64, digits: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 || bytes.len() + 1 < digits {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], leb(content.len() as u64, 1), content.to_vec()].concat()
}

/// A module of these functions' bodies, whose sizes have at least so many digits.
fn module(bodies: &[Vec<u8>], digits: usize) -> Vec<u8> {
    let mut functions = leb(bodies.len() as u64, 1);
    for body in bodies {
        functions.extend(leb(body.len() as u64, digits));
        functions.extend(body);
    }
    let data = b"some data, some more data, and a name: opcode".repeat(3);
    [b"\0asm\x01\0\0\0".to_vec(), section(1, &[1, 0x60, 0, 0]), section(10, &functions), section(11, &data)].concat()
}

/// Every instruction with something behind it, and some without.
fn every_instruction() -> Vec<u8> {
    let mut body = vec![2, 3, 0x7f, 1, 0x7e];
    body.extend([0x00, 0x01, 0x02, 0x40, 0x03, 0x7f, 0x04, 0x85, 0x01, 0x05, 0x0b, 0x0b, 0x0b]);
    body.extend([0x0c, 0, 0x0d, 1, 0x0e, 3, 0, 1, 2, 9, 0x0f, 0x10, 0x80, 0x02, 0x11, 0x83, 0x01, 0, 0x1a, 0x1b]);
    body.extend([0x1c, 1, 0x7f, 0x20, 0, 0x21, 0x81, 0x01, 0x22, 2, 0x23, 0, 0x24, 0, 0x25, 0, 0x26, 0]);
    for opcode in 0x28..=0x3e {
        body.extend([opcode, opcode & 3, 0xff, 0x80, 0x04]);
    }
    body.extend([
        0x3f, 0, 0x40, 0, 0x41, 0xc0, 0xbb, 0x78, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f,
    ]);
    body.extend([0x43, 0x0b, 0x0b, 0x0b, 0x0b, 0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0xd0, 0x6f, 0xd1, 0xd2, 5]);
    body.extend(0x45..=0xc4);
    for sub in 0..=17 {
        let behind: &[u8] = match sub {
            0..=7 => &[],
            8 | 10 | 12 | 14 => &[1, 0],
            _ => &[0x80, 0x01],
        };
        body.extend([0xfc, sub]);
        body.extend(behind);
    }
    body.push(0x0b);
    body
}

fn sample() -> Vec<u8> {
    module(&[every_instruction(), vec![0, 0x0b], every_instruction(), [every_instruction(), vec![]].concat()], 1)
}

#[test]
fn modules_come_out_as_they_went_in() {
    let long: Vec<u8> = [vec![0], [0x41, 1, 0x1a].repeat(10_000), vec![0x0b]].concat();
    for digits in [1, 2, 5] {
        for bodies in [vec![], vec![vec![0, 0x0b]], vec![every_instruction(), long.clone(), every_instruction()]] {
            let module = module(&bodies, digits);
            assert_eq!(unpacked(&packer::pack(&module).unwrap()), Some(module));
        }
    }
}

#[test]
fn what_could_not_be_put_together_is_not_packed() {
    let good = sample();
    assert!(code::split(&good).is_some());
    assert!(code::split(&good[..good.len() - 1]).is_none(), "a section that ends early");
    for body in [vec![0, 0xfd, 0, 0x0b], vec![0, 0x41], vec![0, 0x0b, 0x0b], vec![0, 0x02, 0x40, 0x0b]] {
        assert!(code::split(&module(std::slice::from_ref(&body), 1)).is_none(), "{body:x?}");
    }
    assert!(packer::pack(b"no module").is_err());
}

#[test]
fn whatever_is_cut_off_is_missed() {
    let packed = packer::pack(&sample()).unwrap();
    for length in 0..packed.len() {
        assert_eq!(unpacked(&packed[..length]), None, "{length} of {} bytes", packed.len());
    }
    assert_eq!(unpacked(&[packed, vec![0]].concat()), None, "one byte more");
}

#[test]
fn whatever_is_changed_is_noticed() {
    let packed = packer::pack(&sample()).unwrap();
    // The first byte of an LZMA stream is always 0 and means nothing.
    for at in (0..packed.len()).filter(|&at| at != HEADER) {
        for bit in 0..8 {
            let mut damaged = packed.clone();
            damaged[at] ^= 1 << bit;
            assert_eq!(unpacked(&damaged), None, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn noise_ends_in_an_error() {
    for seed in 1..300 {
        let mut noise = noise(400, 8, seed);
        noise[..HEADER].copy_from_slice(&[0, 16, 0, 0, 0, 16, 0, 0]);
        assert_eq!(unpacked(&noise), None);
        let mut module = [0; 100];
        assert_eq!(code::join(&noise, &mut module), None);
        assert_eq!(code::split(&noise), None);
    }
}

/// Repeatable noise of so many bits a byte.
fn noise(length: usize, bits: u32, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> (32 - bits)) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    packer::compress(bytes).unwrap()
}

#[test]
fn lzma_expands_what_an_encoder_makes_of_anything() {
    let mut text = Vec::new();
    for n in 0..5_000 {
        writeln!(text, "line {n} of many, and {} more", n * n).unwrap();
    }
    let samples = [
        vec![],
        vec![7],
        vec![1; 100_000],
        (0..50_000).map(|n| (n % 3) as u8).collect(),
        (0..50_000).map(|n| (n % 300) as u8).collect(),
        noise(70_000, 8, 1),
        noise(70_000, 2, 1),
        [noise(40_000, 8, 1), vec![0; 90_000], noise(40_000, 8, 1)].concat(),
        text,
    ];
    for sample in samples {
        let packed = compressed(&sample);
        let mut output = vec![0xaa; sample.len()];
        assert_eq!(lzma::expand(&packed, &mut output), Some(()), "{} bytes", sample.len());
        assert!(output == sample, "{} bytes", sample.len());
        if !sample.is_empty() {
            let mut shorter = vec![0; sample.len() - 1];
            assert_eq!(lzma::expand(&packed, &mut shorter), None);
        }
    }
}
