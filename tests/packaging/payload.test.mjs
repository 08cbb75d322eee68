// What unpacks our WebAssembly in the page; its decoder has native tests of its own (payload/tests).
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { at } from "../../scripts/lib/paths.mjs";
import { condense, shorten } from "../../scripts/lib/bindings.mjs";
import { importTypes } from "../../scripts/lib/order.mjs";
import { unpackScript } from "../../scripts/lib/payload.mjs";
import { unpack } from "../../src/js/unpack.js";

const script = await readFile(at("dist", "browser.js"), "utf8");
const built = unpackScript(script);
const unpacker = new WebAssembly.Module(built.unpacker);
const packed = Buffer.from(built.packed, "base64");

test("the script carries the WebAssembly that the build optimised", async () => {
  assert.deepEqual(Buffer.from(built.wasm), await readFile(at("target", "pkg", "spark_execute_bg.opt.wasm")));
});

test("what unpacks it needs nothing and stays small: no panic, no allocator", () => {
  assert.deepEqual(WebAssembly.Module.imports(unpacker), []);
  assert.ok(built.unpacker.length < 5000, `${built.unpacker.length} bytes`);
});

test("a damaged script is refused", () => {
  for (const at of [0, 5, 1000, packed.length >> 1, packed.length - 1]) {
    const damaged = Uint8Array.from(packed);
    damaged[at] ^= 4;
    assert.equal(unpack(unpacker, damaged), undefined, `byte ${at}`);
  }
  assert.equal(unpack(unpacker, Uint8Array.from(packed).subarray(0, -1)), undefined);
});

test("bindings of another shape stop the build", async () => {
  const glue = await readFile(at("target", "pkg", "spark_execute.js"), "utf8");
  const types = importTypes(await readFile(at("target", "pkg", "spark_execute_bg.wasm")));
  const names = JSON.parse(await readFile(at("target", "pkg", "spark_execute_bg.opt.wasm.json"), "utf8"));
  const [, long] = names.imports[0];
  const { glue: condensed, same } = condense(glue, types);
  assert.ok(same.size > 0 && [...same].every(([name, first]) => name !== first && types.get(name) === types.get(first)));
  assert.ok(!shorten(condensed, names).includes(long));
  assert.throws(() => shorten(condensed.replace(long, "another"), names), /0 times/);
  assert.throws(() => shorten(condensed.replace("let __wbg_init_promise", "let other"), names), /0 times/);
  assert.throws(() => condense(glue.replace(/: function\(\) \{/, ": async function() {"), types), /imports are as expected/);
  assert.throws(() => condense(glue.replace("function handleError(", "function handle("), types), /0 times/);
});
