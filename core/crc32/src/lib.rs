//! The CRC-32 of zip archives, with the functions that zip and flate2 call of the crate `crc32fast`.
//!
//! That crate carries 16 KB of constants, which no compression makes smaller: an eighth of what a page would download for
//! this whole product. Here the tables are computed when they are first needed, which takes some microseconds.

use std::sync::OnceLock;

const POLYNOMIAL: u32 = 0xedb8_8320;

/// `TABLES[n][b]` is what the byte `b` does to the sum `n` bytes later.
static TABLES: OnceLock<Vec<[u32; 256]>> = OnceLock::new();

#[cold]
fn tables() -> Vec<[u32; 256]> {
    let mut tables = vec![[0; 256]; 8];
    for (byte, sum) in (0..).zip(&mut tables[0]) {
        *sum = (0..8).fold(byte, |sum, _| step(sum));
    }
    for table in 1..8 {
        for byte in 0..256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
        }
    }
    tables
}

/// Multiplies by x, in the field that the polynomial makes.
fn step(sum: u32) -> u32 {
    sum >> 1 ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 }
}

/// A sum that grows.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    sum: u32,
    length: u64,
}

impl Hasher {
    /// The sum of nothing.
    pub fn new() -> Self {
        Hasher::default()
    }

    /// The sum `sum` of `length` bytes that were added before.
    pub fn new_with_initial_len(sum: u32, length: u64) -> Self {
        Hasher { sum, length }
    }

    /// Back to the sum of nothing.
    pub fn reset(&mut self) {
        *self = Hasher::default();
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES.get_or_init(tables).as_slice() else { return };
        let at = |table: &[u32; 256], word: u32, shift: u32| table[(word >> shift & 0xff) as usize];
        let (eights, rest) = bytes.as_chunks::<8>();
        let mut sum = !self.sum;
        for &[a, b, c, d, e, f, g, h] in eights {
            let (low, high) = (u32::from_le_bytes([a, b, c, d]) ^ sum, u32::from_le_bytes([e, f, g, h]));
            sum = at(t7, low, 0) ^ at(t6, low, 8) ^ at(t5, low, 16) ^ at(t4, low, 24);
            sum ^= at(t3, high, 0) ^ at(t2, high, 8) ^ at(t1, high, 16) ^ at(t0, high, 24);
        }
        for &byte in rest {
            sum = sum >> 8 ^ at(t0, sum ^ u32::from(byte), 0);
        }
        self.sum = !sum;
    }

    /// Adds what `other` has seen, as if it had come next.
    pub fn combine(&mut self, other: &Self) {
        for _ in 0..other.length {
            for _ in 0..8 {
                self.sum = step(self.sum);
            }
        }
        self.sum ^= other.sum;
        self.length += other.length;
    }

    /// The sum.
    pub fn finalize(self) -> u32 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(bytes: &[u8]) -> u32 {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finalize()
    }

    /// Bit by bit, as the definition has it.
    fn slow(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, &byte| (0..8).fold(sum ^ u32::from(byte), |sum, _| step(sum)))
    }

    #[test]
    fn sums_are_those_that_everyone_computes() {
        assert_eq!((sum(b""), sum(b"123456789"), sum(&[0; 32])), (0, 0xcbf4_3926, 0x190a_55ad));
        let bytes: Vec<u8> = (0..1000u32).map(|n| ((n * n) >> 3) as u8).collect();
        for length in (0..40).chain([999, 1000]) {
            assert_eq!(sum(&bytes[..length]), slow(&bytes[..length]), "{length} bytes");
        }
    }

    #[test]
    fn bytes_may_come_in_any_pieces() {
        let bytes: Vec<u8> = (0..300u32).map(|n| (n * 7) as u8).collect();
        for cut in [0, 1, 7, 8, 9, 150, 300] {
            let (mut first, mut second) = (Hasher::new(), Hasher::new());
            first.update(&bytes[..cut]);
            second.update(&bytes[cut..]);
            let mut joined = first.clone();
            joined.combine(&second);
            assert_eq!(joined.finalize(), sum(&bytes));
            first.update(&bytes[cut..]);
            assert_eq!(first.clone().finalize(), sum(&bytes));
            first.reset();
            assert_eq!(first.finalize(), 0);
        }
    }
}
