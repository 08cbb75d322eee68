//! Sorts the bytes of a WebAssembly module by what they mean, and puts them back.
//!
//! What follows what in a function is much more regular when opcodes, locals, offsets and constants each have a stream of
//! their own. One walk over the instructions serves both directions: whichever [`Side`] it is given, it asks for the next
//! byte of a kind and goes on from what that byte is. Of a function's size only the number of its digits is kept, since
//! the walk finds the end; of an alignment, its difference from the natural one.

/// What a byte is. Everything outside of functions is of the first kind.
#[derive(Clone, Copy)]
enum Kind {
    Outside,
    SizeDigits,
    Locals,
    Opcode,
    Block,
    Label,
    Function,
    Type,
    Get,
    Set,
    Tee,
    Global,
    Align,
    Offset,
    Int,
    Long,
    Float,
    Other,
}

/// How many kinds there are.
const KINDS: usize = Kind::Other as usize + 1;

const CODE_SECTION: u8 = 10;

/// Alignments (powers of two) of 0x28 to 0x3e, two bits each, from the right: the loads, then the stores.
const NATURAL: u64 = 0b10_01_00_01_00_11_10_11_10_10_10_01_01_00_00_01_01_00_00_11_10_11_10;

/// Where the walk gets its bytes from, and where they go.
trait Side {
    /// Whether there is nothing more outside of functions.
    fn is_over(&self) -> bool;
    /// The next byte, of this kind; kept as its difference (in bits) from `usual`.
    fn byte(&mut self, kind: Kind, usual: u8) -> Option<u8>;
    /// A function begins.
    fn begin(&mut self) -> Option<()>;
    /// The function ends.
    fn end(&mut self) -> Option<()>;

    /// A number in LEB128; what exceeds 32 bits is passed on but not understood.
    fn number(&mut self, kind: Kind) -> Option<u32> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte(kind, 0)?;
            number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    }
}

fn walk(side: &mut impl Side) -> Option<()> {
    for _ in 0..8 {
        side.byte(Kind::Outside, 0)?;
    }
    while !side.is_over() {
        let section = side.byte(Kind::Outside, 0)?;
        let count = side.number(Kind::Outside)?;
        if section != CODE_SECTION {
            for _ in 0..count {
                side.byte(Kind::Outside, 0)?;
            }
            continue;
        }
        for _ in 0..side.number(Kind::Outside)? {
            side.begin()?;
            function(side)?;
            side.end()?;
        }
    }
    Some(())
}

fn function(side: &mut impl Side) -> Option<()> {
    for _ in 0..side.number(Kind::Locals)? {
        side.number(Kind::Locals)?;
        side.byte(Kind::Locals, 0)?;
    }
    let mut depth = 1u32;
    while depth > 0 {
        let opcode = side.byte(Kind::Opcode, 0)?;
        let kind = match opcode {
            // Without anything behind them: among others all arithmetic.
            0x00 | 0x01 | 0x05 | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => continue,
            0x0b => {
                depth -= 1;
                continue;
            }
            0x02..=0x04 => {
                depth += 1;
                Kind::Block
            }
            0x0c | 0x0d => Kind::Label,
            0x0e => {
                // br_table: the default comes after those counted.
                for _ in 0..side.number(Kind::Label)? {
                    side.number(Kind::Label)?;
                }
                Kind::Label
            }
            0x10 => Kind::Function,
            0x11 => {
                side.number(Kind::Type)?;
                Kind::Type
            }
            0x1c => {
                for _ in 1..side.number(Kind::Other)? {
                    side.number(Kind::Other)?;
                }
                Kind::Other
            }
            0x20 => Kind::Get,
            0x21 => Kind::Set,
            0x22 => Kind::Tee,
            0x23..=0x26 => Kind::Global,
            0x28..=0x3e => {
                side.byte(Kind::Align, (NATURAL >> (2 * (opcode - 0x28))) as u8 & 3)?;
                Kind::Offset
            }
            0x3f | 0x40 | 0xd0 | 0xd2 => Kind::Other,
            0x41 => Kind::Int,
            0x42 => Kind::Long,
            0x43 | 0x44 => {
                for _ in 0..if opcode == 0x43 { 4 } else { 8 } {
                    side.byte(Kind::Float, 0)?;
                }
                continue;
            }
            0xfc => {
                match side.number(Kind::Other)? {
                    0..=7 => continue,
                    8 | 10 | 12 | 14 => side.number(Kind::Other)?,
                    _ => 0,
                };
                Kind::Other
            }
            _ => return None,
        };
        side.number(kind)?;
    }
    Some(())
}

/// Puts together what [`split`] took apart; `None` unless `module` is filled exactly.
pub fn join(mut streams: &[u8], module: &mut [u8]) -> Option<()> {
    let mut ends = [0; KINDS];
    for end in &mut ends {
        let (length, rest) = streams.split_first_chunk()?;
        (*end, streams) = (u32::from_le_bytes(*length) as usize, rest);
    }
    let mut joining = Joining { streams: [&[]; KINDS], module, done: 0, start: 0, digits: 0 };
    for (stream, end) in joining.streams.iter_mut().zip(ends) {
        (*stream, streams) = streams.split_at_checked(end)?;
    }
    walk(&mut joining)?;
    let used = streams.is_empty() && joining.streams.iter().all(|stream| stream.is_empty());
    (used && joining.done == joining.module.len()).then_some(())
}

struct Joining<'a> {
    streams: [&'a [u8]; KINDS],
    module: &'a mut [u8],
    done: usize,
    /// Where the function starts.
    start: usize,
    /// How many digits its size has, before that.
    digits: usize,
}

impl Joining<'_> {
    fn next(&mut self, kind: Kind) -> Option<u8> {
        let stream = self.streams.get_mut(kind as usize)?;
        let (&byte, rest) = stream.split_first()?;
        *stream = rest;
        Some(byte)
    }
}

impl Side for Joining<'_> {
    fn is_over(&self) -> bool {
        self.streams.first().is_none_or(|outside| outside.is_empty())
    }

    fn byte(&mut self, kind: Kind, usual: u8) -> Option<u8> {
        let byte = self.next(kind)? ^ usual;
        *self.module.get_mut(self.done)? = byte;
        self.done += 1;
        Some(byte)
    }

    /// Leaves room for the size.
    fn begin(&mut self) -> Option<()> {
        self.digits = usize::from(self.next(Kind::SizeDigits)?);
        self.done = self.done.checked_add(self.digits)?;
        self.start = self.done;
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let mut size = self.done - self.start;
        let digits = self.module.get_mut(self.start - self.digits..self.start)?;
        for digit in digits.iter_mut() {
            *digit = size as u8 | 0x80;
            size >>= 7;
        }
        *digits.last_mut()? &= 0x7f;
        (size == 0).then_some(())
    }
}

/// Sorts the bytes of `module`: the lengths of the streams, then the streams. `None` when it has
/// instructions that are not known here.
pub fn split(module: &[u8]) -> Option<Vec<u8>> {
    let mut splitting = Splitting { streams: [const { Vec::new() }; KINDS], rest: module, end: 0 };
    walk(&mut splitting)?;
    let lengths = splitting.streams.iter().flat_map(|stream| (stream.len() as u32).to_le_bytes());
    Some(lengths.chain(splitting.streams.iter().flatten().copied()).collect())
}

struct Splitting<'a> {
    streams: [Vec<u8>; KINDS],
    rest: &'a [u8],
    /// What must be left over when the function ends.
    end: usize,
}

impl Side for Splitting<'_> {
    fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    fn byte(&mut self, kind: Kind, usual: u8) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.streams.get_mut(kind as usize)?.push(byte ^ usual);
        Some(byte)
    }

    fn begin(&mut self) -> Option<()> {
        let (mut size, mut shift) = (0usize, 0);
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            size |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                self.end = rest.len().checked_sub(size)?;
                self.streams.get_mut(Kind::SizeDigits as usize)?.push((shift / 7) as u8);
                return Some(());
            }
        }
    }

    fn end(&mut self) -> Option<()> {
        (self.rest.len() == self.end).then_some(())
    }
}
