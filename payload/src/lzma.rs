//! An LZMA decoder, for streams with the properties that our build gives them.

use crate::LITERAL_CONTEXT_BITS;

// Where in `odds` each kind of decision has its stretch. A tree of n bits has 2^n nodes, of which the first is unused.
const IS_MATCH: usize = 0;
const IS_REPEATED: usize = IS_MATCH + STATES;
const IS_OLDER: usize = IS_REPEATED + STATES;
const IS_THIRD: usize = IS_OLDER + STATES;
const IS_FOURTH: usize = IS_THIRD + STATES;
const IS_LONG: usize = IS_FOURTH + STATES;
const SLOT: usize = IS_LONG + STATES;
const SPECIAL: usize = SLOT + 4 * 64;
const ALIGN: usize = SPECIAL + 128;
const LENGTH: usize = ALIGN + 16;
const REPEATED_LENGTH: usize = LENGTH + LENGTHS;
const LITERAL: usize = REPEATED_LENGTH + LENGTHS;

const STATES: usize = 12;
/// Two choices between three trees: 3, 3 and 8 bits.
const LENGTHS: usize = 2 + 8 + 8 + 256;
/// One tree without, and two with, a byte that is expected.
const LITERALS: usize = 0x300;

const HALF: u16 = 1024;

struct Decoder<'a> {
    input: core::slice::Iter<'a, u8>,
    /// Bytes that were wanted beyond the end.
    missing: u32,
    range: u32,
    code: u32,
    /// Of a zero bit, in 2048ths.
    odds: [u16; LITERAL + (LITERALS << LITERAL_CONTEXT_BITS)],
}

impl Decoder<'_> {
    fn shift_in(&mut self) {
        let byte = self.input.next().copied().unwrap_or_else(|| {
            self.missing += 1;
            0
        });
        self.code = self.code << 8 | u32::from(byte);
    }

    #[inline(always)]
    fn normalise(&mut self) {
        if self.range < 1 << 24 {
            self.range <<= 8;
            self.shift_in();
        }
    }

    /// One decision; not inlined, which would triple the size of all this.
    #[inline(never)]
    fn bit(&mut self, at: usize) -> usize {
        self.step(at)
    }

    #[inline(always)]
    fn step(&mut self, at: usize) -> usize {
        let Some(odds) = self.odds.get_mut(at) else { return 0 };
        let bound = (self.range >> 11) * u32::from(*odds);
        // All ones for a zero bit: no processor could foretell a branch.
        let zero = u32::from(self.code < bound).wrapping_neg();
        let rest = self.range - bound;
        self.range = rest ^ ((rest ^ bound) & zero);
        self.code -= bound & !zero;
        let was = i32::from(*odds);
        *odds = (was - ((was + (zero as i32 & (31 - 2 * i32::from(HALF)))) >> 5)) as u16;
        self.normalise();
        zero.wrapping_add(1) as usize
    }

    /// Goes down a tree from `node` until that is at least `end`.
    #[inline(never)]
    fn descend(&mut self, base: usize, mut node: usize, end: usize) -> usize {
        while node < end {
            node = node << 1 | self.step(base + node);
        }
        node
    }

    fn tree(&mut self, base: usize, bits: u32) -> usize {
        self.descend(base, 1, 1 << bits) - (1 << bits)
    }

    /// A number whose lowest bit comes first.
    #[inline(never)]
    fn reversed(&mut self, base: usize, bits: u32) -> usize {
        let (mut node, mut number) = (1, 0);
        for shift in 0..bits {
            let bit = self.bit(base + node);
            node = node << 1 | bit;
            number |= bit << shift;
        }
        number
    }

    /// A number of equally likely bits.
    fn direct(&mut self, bits: u32) -> usize {
        let mut number = 0;
        for _ in 0..bits {
            self.range >>= 1;
            let bit = self.code >= self.range;
            if bit {
                self.code -= self.range;
            }
            number = number << 1 | usize::from(bit);
            self.normalise();
        }
        number
    }

    #[inline(never)]
    fn length(&mut self, base: usize) -> usize {
        if self.bit(base) == 0 {
            return 2 + self.tree(base + 2, 3);
        }
        if self.bit(base + 1) == 0 {
            return 10 + self.tree(base + 10, 3);
        }
        18 + self.tree(base + 18, 8)
    }

    /// A literal; `expected` is what stands where the last match would have gone on.
    fn literal(&mut self, base: usize, expected: Option<u8>) -> u8 {
        let mut node = 1;
        if let Some(expected) = expected {
            let mut expected = usize::from(expected);
            while node < 0x100 {
                expected <<= 1;
                let bit = self.bit(base + 0x100 + (expected & 0x100) + node);
                node = node << 1 | bit;
                if bit != expected >> 8 & 1 {
                    break;
                }
            }
        }
        self.descend(base, node, 0x100) as u8
    }

    fn distance(&mut self, length: usize) -> usize {
        let slot = self.tree(SLOT + 64 * (length - 2).min(3), 6);
        if slot < 4 {
            return slot;
        }
        let bits = (slot >> 1) as u32 - 1;
        let high = (2 | slot & 1) << bits;
        if slot < 14 {
            return high + self.reversed(SPECIAL + high - slot, bits);
        }
        // In this order: the higher bits come first.
        let middle = self.direct(bits - 4) << 4;
        high + middle + self.reversed(ALIGN, 4)
    }
}

/// Fills `output` with what `input` expands to.
pub fn expand(input: &[u8], output: &mut [u8]) -> Option<()> {
    let odds = [HALF; LITERAL + (LITERALS << LITERAL_CONTEXT_BITS)];
    let mut decoder = Decoder { input: input.iter(), missing: 0, range: u32::MAX, code: 0, odds };
    for _ in 0..5 {
        decoder.shift_in();
    }
    let (mut state, mut done) = (0, 0);
    let [mut latest, mut second, mut third, mut fourth] = [0; 4];
    // Each turn writes a byte or ends, so that no input makes it run for long.
    while done < output.len() {
        let (written, room) = output.split_at_mut_checked(done)?;
        if decoder.bit(IS_MATCH + state) == 0 {
            let before = written.last().copied().unwrap_or(0);
            let expected = if state < 7 { None } else { Some(*written.get(done.checked_sub(latest + 1)?)?) };
            let base = LITERAL + LITERALS * usize::from(before >> (8 - LITERAL_CONTEXT_BITS));
            *room.first_mut()? = decoder.literal(base, expected);
            done += 1;
            state = state.saturating_sub(if state < 10 { 3 } else { 6 });
            continue;
        }
        let after_literal = state < 7;
        let length;
        if decoder.bit(IS_REPEATED + state) == 0 {
            [fourth, third, second] = [third, second, latest];
            length = decoder.length(LENGTH);
            state = if after_literal { 7 } else { 10 };
            latest = decoder.distance(length);
        } else {
            if decoder.bit(IS_OLDER + state) == 1 {
                let mut distance = second;
                if decoder.bit(IS_THIRD + state) == 1 {
                    distance = third;
                    if decoder.bit(IS_FOURTH + state) == 1 {
                        [distance, fourth] = [fourth, third];
                    }
                    third = second;
                }
                [latest, second] = [distance, latest];
            } else if decoder.bit(IS_LONG + state) == 0 {
                let byte = *written.get(done.checked_sub(latest + 1)?)?;
                *room.first_mut()? = byte;
                done += 1;
                state = if after_literal { 9 } else { 11 };
                continue;
            }
            length = decoder.length(REPEATED_LENGTH);
            state = if after_literal { 8 } else { 11 };
        }
        // Byte by byte: what is copied may be what this copy has just written.
        let from = done.checked_sub(latest + 1)?;
        let end = done.checked_add(length)?;
        if end > output.len() {
            return None;
        }
        for (from, to) in (from..).zip(done..end) {
            let byte = *output.get(from)?;
            *output.get_mut(to)? = byte;
        }
        done = end;
    }
    // What was encoded leaves nothing over, and a stream that was changed anywhere leaves something.
    (decoder.code == 0 && decoder.missing == 0 && decoder.input.as_slice().is_empty()).then_some(())
}
