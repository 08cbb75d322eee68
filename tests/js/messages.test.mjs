// What the page takes from a worker.
import assert from "node:assert/strict";
import { test } from "node:test";
import { listener } from "../../src/js/payload.js";

/** What becomes of a message: its id and whether anything of it was taken. */
function told(data) {
  let taken;
  listener((id, what) => (taken = [id, what !== null]))({ data });
  return taken;
}

test("an answer may be as long as a text can be, what an engine asks of others may not", () => {
  // Longer than 128 MB, and yet made of a few parts only.
  const long = "x".repeat(2 ** 28);
  assert.deepEqual(told([7, long, 1, 1]), [7, true]);
  assert.deepEqual(told([0, long, 1, 1]), [0, false]);
  assert.deepEqual(told([0, "{}", 1, 1]), [0, true]);
});

test("what is no answer is not taken", () => {
  for (const data of [[7, null, 1, 1], [7, "{}", -1, 1], [7, "{}", 1], [7.5, "{}", 1, 1], [-7, "{}", 1, 1], "text", null, { length: 4 }]) {
    assert.deepEqual(told(data), [0, false], JSON.stringify(data));
  }
});
