// What expands our WebAssembly in the page, against the packer that the build uses.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { compress } from "lzma1";
import { unpack } from "../../src/js/lzma.js";
import { at } from "../../scripts/lib/paths.mjs";

/** Repeatable noise. */
function noise(length, bits) {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> (32 - bits);
  });
}

const text = (lines) => new TextEncoder().encode(lines.join("\n"));
const numbers = (length) => Array.from({ length }, (_, n) => n);

const SAMPLES = {
  "one byte": [7],
  "a few bytes": [1, 2, 3, 4, 5, 6, 7],
  "one byte, often": new Uint8Array(100_000).fill(1),
  "a short period": numbers(50_000).map((n) => n % 3),
  "a period of 300": numbers(50_000).map((n) => (n % 300) & 255),
  "noise": noise(70_000, 8),
  "some noise": noise(70_000, 2),
  "text": text(numbers(5_000).map((n) => `line ${n} of many, and ${n * n} more`)),
  "far repetition": [...noise(40_000, 8), ...new Uint8Array(90_000), ...noise(40_000, 8)],
};

for (const [name, sample] of Object.entries(SAMPLES)) {
  test(`${name} comes out as it went in`, () => {
    const bytes = Uint8Array.from(sample);
    assert.deepEqual(Buffer.from(unpack(Uint8Array.from(compress(bytes, 9)))), Buffer.from(bytes));
  });
}

test("a real module comes out as it went in, from the middle of a buffer too", async () => {
  const wasm = await readFile(at("tests", "models", "cylinder", "cylinder.zip"));
  const packed = Uint8Array.from([9, 9, 9, ...compress(new Uint8Array(wasm), 9)]).subarray(3);
  assert.deepEqual(Buffer.from(unpack(packed)), wasm);
});

test("what another packer wrote, with other properties, comes out too", () => {
  // lc=1 lp=2 pb=0: "LZMA, LZMA, LZMA, and so on, and so on."
  const packed = "EwAAAAQnAAAAAAAAAAAmFzqOL72wAQP/NU/DdxWZEEb1UEJZDQv///NKQAA=";
  assert.equal(Buffer.from(unpack(Buffer.from(packed, "base64"))).toString(), "LZMA, LZMA, LZMA, and so on, and so on.");
});
