import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { silence } from "./panics.mjs";
import { run } from "./run.mjs";

/** A module from its text form, with the names of its functions. */
async function assembled(t, text) {
  const dir = await mkdtemp(path.join(tmpdir(), "panics-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = path.join(dir, "module.wat");
  await writeFile(file, text);
  await run("wasm-as", ["-g", file, "-o", path.join(dir, "module.wasm")]);
  return readFile(path.join(dir, "module.wasm"));
}

const MODULE = `(module
  (import "host" "note" (func $note (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "a text.src/a.rs\\00other.rs, which is a text")
  (data (i32.const 128) "said: capacity overflow. And this")
  (data (i32.const 64) "\\17\\00\\00\\00\\08\\00\\00\\00\\07\\00\\00\\00\\09\\00\\00\\00")
  (data (i32.const 80) "\\17\\00\\00\\00\\07\\00\\00\\00\\01\\02\\03\\04\\05\\06\\07\\08")
  (func $core::panicking::panic_fmt (call $note (i32.const 1)))
  (func $__rustc::rust_begin_unwind (call $note (i32.const 2)))
  (func $panic (export "panic") (call $core::panicking::panic_fmt))
  (func $"<str as core::fmt::Debug>::fmt" (export "show") (param i32 i32) (result i32)
    (call $note (i32.const 4)) (i32.const 1))
  (func $"<a::Text as core::fmt::Debug>::fmt" (export "show ours") (param i32 i32) (result i32)
    (call $note (i32.const 5)) (i32.const 1))
  (func $kept::core::panicking::panic_fmt (export "kept") (call $note (i32.const 3)))
)`;

test("what panics traps without a word, and all else is as it was", async (t) => {
  const module = new WebAssembly.Module(silence(await assembled(t, MODULE)));
  const notes = [];
  const { exports } = new WebAssembly.Instance(module, { host: { note: (id) => notes.push(id) } });
  assert.throws(exports.panic, WebAssembly.RuntimeError);
  exports.kept();
  assert.deepEqual([exports.show(0, 0), exports["show ours"](0, 0)], [0, 1]);
  assert.deepEqual(notes, [3, 5]);
});

test("places in sources and what panics say become zeros, and nothing else does", async (t) => {
  const silent = new WebAssembly.Module(silence(await assembled(t, MODULE)));
  const { memory } = new WebAssembly.Instance(silent, { host: { note() {} } }).exports;
  const bytes = Buffer.from(memory.buffer);
  assert.equal(bytes.toString("latin1", 16, 56), "a text.\0\0\0\0\0\0\0\0\0other.rs, which is a text".slice(0, 40));
  assert.equal(bytes.toString("latin1", 128, 161), `said: ${"\0".repeat(17)}. And this`);
  assert.deepEqual([...bytes.subarray(64, 80)], Array(16).fill(0), "a path of this length begins there");
  assert.deepEqual([...bytes.subarray(80, 96)], [23, 0, 0, 0, 7, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8], "no path has this length");
});

test("a module whose panics have other names is refused", async (t) => {
  const other = await assembled(t, MODULE.replaceAll("panic_fmt", "panic_text"));
  assert.throws(() => silence(other), /core::panicking::panic_fmt/);
});
