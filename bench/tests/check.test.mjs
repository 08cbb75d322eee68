import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../lib/check.mjs";

const rounds = (ours, limit, twin = limit) => ours.map((value, i) => ({ ours: value, limit: limit[i], twin: twin[i] }));
const row = (name, list, unit = "ms") => ({ row: name, unit, rounds: list });
const verdicts = (now, before) => compare(now, before).map(({ row: name, to, verdict }) => [name, to, verdict]);

test("a slower row is told from a noisy one", () => {
  const before = [row("latency", rounds([1, 1.05, 0.95], [1, 1, 1]))];
  assert.deepEqual(verdicts([row("latency", rounds([1.4, 1.45, 1.5], [1, 1, 1]))], before), [["latency", "limit", "worse"]]);
  assert.deepEqual(verdicts([row("latency", rounds([0.5, 0.55, 0.6], [1, 1, 1]))], before), [["latency", "limit", "better"]]);
  assert.deepEqual(verdicts([row("latency", rounds([1.1, 1.12, 1.14], [1, 1, 1]))], before), [["latency", "limit", "same"]]);
});

test("the noise of both runs counts", () => {
  const noisy = rounds([1, 1, 1], [1, 1, 1], [0.4, 1, 2.2]);
  const slower = [row("latency", rounds([1.4, 1.4, 1.4], [1, 1, 1]))];
  assert.equal(compare(slower, [row("latency", noisy)])[0].verdict, "same");
  assert.equal(compare(slower, [row("latency", rounds([1, 1, 1], [1, 1, 1]))])[0].verdict, "worse");
});

test("of calls a second, more is better", () => {
  const before = [row("throughput-1", rounds([100, 100, 100], [100, 100, 100]), "calls/s")];
  const half = [row("throughput-1", rounds([50, 50, 50], [100, 100, 100]), "calls/s")];
  assert.deepEqual(verdicts(half, before), [["throughput-1", "limit", "worse"]]);
  assert.deepEqual(verdicts(before, half), [["throughput-1", "limit", "better"]]);
});

test("what only one of the runs measured is left out", () => {
  assert.deepEqual(compare([row("new", rounds([1], [1]))], [row("old", rounds([1], [1]))]), []);
  assert.deepEqual(compare([row("size", [{ ours: 1 }])], [row("size", [{ ours: 2 }])]), []);
});
