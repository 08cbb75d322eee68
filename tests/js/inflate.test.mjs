// What the platform inflates is right, or it is nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "../models/lib/zip.mjs";
import { deflateRawSync } from "node:zlib";
import { inflate } from "../../src/js/inflate.js";

const text = Buffer.from("premium 12.50; ".repeat(20_000));
const deflated = deflateRawSync(text);
const crc = crc32(text);

test("bytes with that size and CRC come out as they were", async () => {
  assert.deepEqual(Buffer.from(await inflate(deflated, text.length, crc)), text);
  assert.equal((await inflate(deflateRawSync(Buffer.alloc(0)), 0, 0)).length, 0);
});

test("another CRC, another size, damage, an end too early or too late: nothing", async () => {
  const damaged = Uint8Array.from(deflated, (byte, at) => (at === deflated.length >> 1 ? byte ^ 16 : byte));
  assert.equal(await inflate(deflated, text.length, crc ^ 1), undefined);
  assert.equal(await inflate(deflated, text.length - 1, crc), undefined);
  assert.equal(await inflate(deflated, text.length + 1, crc), undefined);
  assert.equal(await inflate(damaged, text.length, crc), undefined);
  assert.equal(await inflate(deflated.subarray(0, -9), text.length, crc), undefined);
  assert.equal(await inflate(Buffer.concat([deflated, Buffer.from([1, 2, 3])]), text.length, crc), undefined);
});
