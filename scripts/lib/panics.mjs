// Takes out of a WebAssembly module what only panics use. A panic ends in a trap either way, and nobody can read its
// message: there is no standard error in a browser. Still every place that may panic hands over the name of its source
// file, its line and often a text: 5 KB after compression.

import { Input, leb, namesOf, read, write } from "./sections.mjs";

/** Functions that end in a panic, by the beginnings of their names. */
const PANICS = [
  "core::panicking::",
  "core::option::unwrap_failed",
  "core::option::expect_failed",
  "core::result::unwrap_failed",
  "core::cell::panic_",
  "core::cell::lazy::panic_",
  "core::str::slice_error_fail",
  "core::slice::index::slice_",
  "core::slice::copy_from_slice_impl::len_mismatch_fail",
  "alloc::raw_vec::handle_error",
  "alloc::raw_vec::capacity_overflow",
  "alloc::alloc::handle_alloc_error",
  "std::thread::local::panic_",
  "__rustc::rust_begin_unwind",
  "__rustc::__rust_alloc_error_handler",
];

/** Functions that show a value of the standard library as source text, which only panics want: our own texts do without. */
const SHOWS = /^<&?(\w+|\[u8\]|\(\)|(core|alloc|std)::.+) as core::fmt::Debug>::fmt/;

/** What panics would say, as far as it is long. */
const TEXTS = [
  ...["Option::unwrap()` on a `None", "Result::unwrap()` on an `Err"].map((what) => `called \`${what}\` value`),
  "internal error: entered unreachable code",
  "attempt to divide by zero",
  "attempt to calculate the remainder with a divisor of zero",
  "`async fn` resumed after completion",
  "a Display implementation returned an error unexpectedly",
  "a formatting trait implementation returned an error when the underlying stream did not",
  "because the computed capacity exceeded the collection's maximum",
  "because the memory allocator returned an error",
  "memory allocation failed",
  "capacity overflow",
  "Hash table capacity overflow",
  "Overflow when calculating output buffer length",
  "Vec is sized conservatively",
  "Formatting argument out of range",
  "Tried to shrink to a larger capacity",
  "dest is out of bounds",
  "one-time initialization may not be performed recursively",
  ": invalid Once state",
  "LazyCell instance has previously been poisoned",
  "Attempted to initialize thread-local while it is being dropped",
  "cannot access a Thread Local Storage value during or after destruction: ",
  "RefCell already mutably borrowed",
  "RefCell already borrowed",
  "assertion failed: self.is_char_boundary(new_len)",
  "assertion failed: n <= self.buf.init - self.buf.filled",
  "assertion failed: (source_pos + 1) & out_buf_size_mask < out_slice.len()",
  "assertion failed: (source_pos + 2) & out_buf_size_mask < out_slice.len()",
  "assertion failed: (source_pos + 3) & out_buf_size_mask < out_slice.len()",
  "assertion failed: out_pos + 1 < out_slice.len()",
  "assertion failed: out_pos + 2 < out_slice.len()",
  "assertion failed: out_pos + 3 < out_slice.len()",
  "failed to receive result from worker",
  " is not a char boundary; it is inside ",
  " does not match destination slice length (",
  "copy_from_slice: source slice length (",
  " out of range for slice of length ",
  " index out of bounds: the len is ",
  "start byte index ",
  "end byte index ",
  "slice index starts at ",
  " is out of bounds of `",
  "insertion index (is ",
  "removal index (is ",
  ") should be <= len (is ",
  ") should be < len (is ",
  ") when slicing `",
  "range start index ",
  "range end index ",
  "assertion `left ",
];

/** Two of them that are in every module: without them the names are not what they were. */
const EXPECTED = ["core::panicking::panic_fmt", "__rustc::rust_begin_unwind"];

const [IMPORT, CODE, DATA] = [2, 10, 11];
/** `unreachable`, after no locals. */
const TRAP = Buffer.from([0, 0, 0x0b]);
/** `i32.const 0`: nothing is written, successfully. */
const NOTHING = Buffer.from([0, 0x41, 0, 0x0b]);

/** The module with a trap, or nothing, in place of each such function, and without the places in sources. It needs its names. */
export function silence(module) {
  const sections = [...read(module)];
  const names = namesOf(sections);
  const replacement = (index) => {
    const name = names.get(index) ?? "";
    if (PANICS.some((panic) => name.startsWith(panic))) return TRAP;
    return SHOWS.test(name) ? NOTHING : undefined;
  };
  const found = new Set(names.values());
  for (const name of EXPECTED) if (!found.has(name)) throw new Error(`The module has no function ${name}; see scripts/lib/panics.mjs.`);
  const imports = importedFunctions(sections);
  return Buffer.concat([
    module.subarray(0, 8),
    ...sections.map(({ id, body }) => {
      if (id === CODE) body = replaced(body, (index) => replacement(index + imports));
      if (id === DATA) body = withoutTexts(body);
      return write(id, body);
    }),
  ]);
}

function importedFunctions(sections) {
  let count = 0;
  const input = new Input(sections.find(({ id }) => id === IMPORT).body);
  for (let n = input.number(); n > 0; n--) {
    input.text();
    input.text();
    const kind = input.byte();
    if (kind !== 0) throw new Error("The module imports something else than functions; see scripts/lib/panics.mjs.");
    input.number();
    count++;
  }
  return count;
}

function replaced(body, replacement) {
  const input = new Input(body);
  const count = input.number();
  const functions = [];
  for (let index = 0; index < count; index++) {
    const code = input.bytes();
    const made = replacement(index) ?? code;
    functions.push(leb(made.length), made);
  }
  return Buffer.concat([leb(count), ...functions]);
}

/** Zeros for the paths of source files, for each (path, length, line, column), and for what panics say. */
function withoutTexts(body) {
  const data = Buffer.from(body);
  const segments = [...segmentsOf(data)];
  const paths = new Map();
  for (const { address, bytes } of segments) {
    for (const { 0: path, index } of bytes.toString("latin1").matchAll(/[\w./-]+\.rs(?=\0)/g)) {
      // What precedes a path may be another text: its beginning is known by who points at it.
      for (let from = 0; from < path.length; from++) paths.set(address + index + from, path.length - from);
    }
  }
  const used = new Map();
  for (const { address, bytes } of segments) {
    for (let at = -address & 3; at + 16 <= bytes.length; at += 4) {
      const [pointer, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      if (length < 4 || paths.get(pointer) !== length) continue;
      used.set(pointer, length);
      bytes.fill(0, at, at + 16);
    }
  }
  for (const { address, bytes } of segments) {
    for (const [pointer, length] of used) {
      const from = pointer - address;
      if (from >= 0 && from < bytes.length) bytes.fill(0, from, from + length);
    }
  }
  for (const bytes of [...TEXTS.map((text) => Buffer.from(text)), crcs()]) {
    for (let at = data.indexOf(bytes); at >= 0; at = data.indexOf(bytes, at)) data.fill(0, at, at + bytes.length);
  }
  return data;
}

/**
 * The table of CRC-32, a kilobyte of noise that the zip crate has for its old encryption: nobody gives it a password.
 * What computes our sums makes its own when it runs (core/crc32).
 */
function crcs() {
  const table = Buffer.alloc(1024);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    table.writeUInt32LE(sum >>> 0, 4 * byte);
  }
  return table;
}

/** Where each active segment goes, and its bytes as a view. */
function* segmentsOf(body) {
  const input = new Input(body);
  for (let n = input.number(); n > 0; n--) {
    const [kind, op] = [input.byte(), input.byte()];
    if (kind !== 0 || op !== 0x41) throw new Error("A data segment of unknown form; see scripts/lib/panics.mjs.");
    const address = input.number();
    input.byte();
    yield { address, bytes: input.bytes() };
  }
}
