import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, compare, essence } from "../lib/check.mjs";

const rounds = (ours, limit, twin = limit) => ours.map((value, i) => ({ ours: value, limit: limit[i], twin: twin[i] }));
const row = (name, list, more = { unit: "ms" }) => ({ row: name, rounds: list, ...more });
const kept = (...results) => essence(results, "abc");
const verdicts = (now, ...before) => compare([now], kept(...before)).map(({ row: name, pair, verdict }) => [name, pair, verdict]);

test("a slower row is told from a noisy one", () => {
  const before = row("latency", rounds([1, 1.05, 0.95], [1, 1, 1]));
  const told = (...ours) => verdicts(row("latency", rounds(ours, [1, 1, 1])), before);
  assert.deepEqual(told(1.4, 1.45, 1.5), [["latency", "ours : limit", "worse"]]);
  assert.deepEqual(told(0.5, 0.55, 0.6), [["latency", "ours : limit", "better"]]);
  assert.deepEqual(told(1.1, 1.12, 1.14), [["latency", "ours : limit", "same"]]);
});

test("the noise of both runs counts", () => {
  const noisy = row("latency", rounds([1, 1, 1], [1, 1, 1], [0.4, 1, 2.2]));
  const slower = row("latency", rounds([1.4, 1.4, 1.4], [1, 1, 1]));
  assert.equal(compare([slower], kept(noisy))[0].verdict, "same");
  assert.equal(compare([slower], kept(row("latency", rounds([1, 1, 1], [1, 1, 1]))))[0].verdict, "worse");
});

test("of calls a second, and where a target says so, more is better", () => {
  for (const more of [{ unit: "calls/s" }, { unit: "×", targets: [{ is: "ours", to: "limit", atLeast: 0.95 }] }]) {
    const before = row("gain", rounds([100, 100, 100], [100, 100, 100]), more);
    const half = row("gain", rounds([50, 50, 50], [100, 100, 100]), more);
    assert.deepEqual(verdicts(half, before), [["gain", "ours : limit", "worse"]]);
    assert.deepEqual(verdicts(before, half), [["gain", "ours : limit", "better"]]);
  }
});

test("the pairs that a row's targets name are compared too, and none twice", () => {
  const targets = [{ is: "warm", to: "ours", atMost: 0.4 }, { is: "ours", to: "limit", atMost: 2 }, { is: "ours", atMost: 5 }];
  const visits = (warm) => row("warm", [{ warm, ours: 10, limit: 10 }], { unit: "ms", targets });
  assert.deepEqual(verdicts(visits(4), visits(2)), [["warm", "warm : ours", "worse"], ["warm", "ours : limit", "same"]]);
});

test("what only one of the runs measured is left out, and what is no ratio", () => {
  assert.deepEqual(verdicts(row("new", rounds([1], [1])), row("old", rounds([1], [1]))), []);
  assert.deepEqual(verdicts(row("size", [{ ours: 1 }]), row("size", [{ ours: 2 }])), []);
  assert.deepEqual(kept(row("none", rounds([0], [1])), row("odd", rounds([1], [0]))), []);
});

test("what is kept holds ratios and no times; new rows take the place of old ones", () => {
  const first = kept(row("a", rounds([1, 2, 3], [1, 1, 1])), row("b", rounds([1, 1, 1], [1, 1, 1])));
  assert.deepEqual(first[0], { row: "a", revision: "abc", noise: 0, ratios: [["ours", "limit", 1.5, 2, 2.5]] });
  const both = accept(first, essence([row("a", rounds([1 / 3], [1]))], "def"));
  assert.deepEqual(both.map(({ row, revision }) => [row, revision]), [["b", "abc"], ["a", "def"]]);
  assert.equal(both[1].ratios[0][3], 0.3333);
});
