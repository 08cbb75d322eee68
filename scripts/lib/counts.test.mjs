import assert from "node:assert/strict";
import { test } from "node:test";
import { closingLine, countTests } from "./counts.mjs";

test("cargo's results add up over the test binaries", () => {
  const output = [
    "test a ... ok",
    "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
    "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 filtered out",
  ].join("\n");
  assert.deepEqual(countTests(output), { passed: 15, failed: 2, skipped: 1 });
});

test("node's results are read from both of its reporters, colours or not", () => {
  assert.deepEqual(countTests("# tests 5\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 0\n"), { passed: 3, failed: 2, skipped: 0 });
  const spec = "\x1b[34mℹ pass 3\x1b[39m\n\x1b[34mℹ fail 0\x1b[39m\n\x1b[34mℹ todo 1\x1b[39m\n";
  assert.deepEqual(countTests(spec), { passed: 3, failed: 0, skipped: 1 });
});

test("a plain closing line is read, numbers inside other lines are not", () => {
  assert.deepEqual(countTests("Results: 7 passed, 1 failed, 2 skipped\n"), { passed: 7, failed: 1, skipped: 2 });
  assert.deepEqual(countTests("in all 7 passed, 1 failed there\n# pass them on\n"), { passed: 0, failed: 0, skipped: 0 });
});

test("the closing line names skipped tests only when there are any", () => {
  assert.equal(closingLine({ passed: 2, failed: 0, skipped: 0 }), "2 passed, 0 failed");
  assert.equal(closingLine({ passed: 2, failed: 1, skipped: 3 }), "2 passed, 1 failed, 3 skipped");
});
