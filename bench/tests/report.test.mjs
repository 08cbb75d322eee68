import assert from "node:assert/strict";
import { test } from "node:test";
import { bars, lines, short } from "../report/charts.mjs";
import { page } from "../report/page.mjs";
import { scale } from "../report/scale.mjs";
import { medians, parts } from "../lib/phases.mjs";

test("the parts of a start are as long as the start, however its steps overlap", () => {
  const steps = [["start", 5, 90], ["worker", 10, 20], ["fetch", 30, 20], ["compile", 40, 30], ["unpack", 45, 5], ["late", 95, 50]];
  assert.deepEqual([...parts(steps, 100)], [["other", 35], ["worker", 20], ["fetch", 20], ["compile", 20], ["late", 5]]);
  const starts = [10, 20, 90].map((time) => ({ time, steps: [["fetch", 0, time / 2]] }));
  assert.deepEqual(medians(starts), [["fetch", 10], ["other", 10]]);
});

test("ticks are round numbers that enclose the values", () => {
  const { ticks, at } = scale([3, 97], { from: 0, to: 100 });
  assert.deepEqual(ticks, [0, 20, 40, 60, 80, 100]);
  assert.equal(at(50), 50);
  const log = scale([0.07, 12], { from: 100, to: 0, log: true });
  assert.ok(log.ticks.every((tick) => tick >= 0.07 && tick <= 12), `${log.ticks}`);
  assert.ok(log.at(0.07) === 100 && Math.abs(log.at(12)) < 1e-9);
});

test("a single value, or none, still has an axis", () => {
  for (const values of [[5], [0], [], [NaN]]) {
    for (const log of [false, true]) {
      const { at, ticks } = scale(values, { from: 0, to: 10, log, zero: true });
      assert.ok(ticks.length > 0 && ticks.every(Number.isFinite), `${values} ${ticks}`);
      if (values[0] > 0) assert.ok(Number.isFinite(at(values[0])));
    }
  }
});

test("large figures are shortened", () => {
  assert.deepEqual([0, 0.123456, 999, 1500, 2_340_000, 5e9].map(short), ["0", "0.123", "999", "1.5k", "2.34M", "5G"]);
});

test("charts hold all their data, and text only as text", () => {
  const line = { name: "<a&b>", colour: "red", points: [[1, 1], [2, 4]] };
  const drawn = lines({ title: "t\"", x: { label: "x" }, y: { label: "y" }, lines: [line] });
  // Twice: for wide pages and for narrow ones.
  assert.equal(drawn.match(/<circle/g).length, 4);
  assert.ok(!drawn.includes("<a&b>") && drawn.includes("&#60;a&#38;b&#62;"));
  const bar = bars({ title: "t", unit: "ms", rows: [{ name: "r", parts: [{ name: "p", value: 3, colour: "red" }, { name: "q", value: 4, colour: "blue" }] }] });
  assert.equal(bar.match(/<rect/g).length, 4);
  assert.ok(bar.includes("p: 3 ms") && bar.includes("7 ms"));
});

test("the page has a section for what was measured and none for what was not", () => {
  const about = {
    machine: { cpu: "cpu", cores: 2, memoryGb: 24 },
    load: { before: [1, 1, 1], after: [2, 2, 2] },
    browser: "1",
    peer: "2",
    revision: "abc",
    rounds: 3,
    date: "2026-01-01T00:00:00Z",
  };
  const times = (n) => ({ ours: n, limit: n, peer: 10 * n, twin: n });
  const latency = { row: "latency", title: "L", rounds: [times(1)], targets: [], samples: { ours: [1, 2, 3], limit: [1, 2, 3], peer: [10, 11, 12] } };
  const bars = [{ label: "first", phases: [["fetch", 5]] }, { label: "later", phases: [["cache", 1]] }];
  const warm = { row: "warm", title: "*large*, warm", rounds: [times(2)], targets: [], bars };
  const over = { ours: [[0, 2 ** 20], [1, 3 * 2 ** 20]] };
  const soak = { row: "soak", title: "S", rounds: [{ ours: 1 }], targets: [], over };
  const large = { row: "payload-100mb", title: "P", rounds: [times(1)], targets: [], sizes: [{ bytes: 1e8, ...times(2), raw: 1 }] };
  const html = page({ about, results: [latency, warm, soak, large] }, []);
  for (const text of [">first: <", ">later: <", "cache: 1 ms", "large, warm", ">100M<", "this package, bytes"]) {
    assert.ok(html.includes(text), text);
  }
  const headings = Array.from(html.matchAll(/<h2>(.*?)<\/h2>/g), ([, text]) => text);
  assert.deepEqual(headings, ["Latency", "Payload", "Starts", "Memory over time, many models", "All rows"]);
  assert.ok(!/src=|href=|<script/.test(html), "one file, no script");
});

test("what was missed stands out, quartiles stay in one line", () => {
  const about = {
    machine: {},
    load: { before: [0], after: [0] },
    date: "2026-01-01T00:00:00Z",
  };
  const targets = [{ text: "ours ≤ 2: missed" }, { text: "ours ≤ 9: ok" }];
  const rounds = [{ ours: 3, limit: 2 }, { ours: 4, limit: 2 }];
  const html = page({ about, results: [{ row: "a", title: "*m*", rounds, targets }] }, [{ name: "a", title: "*m*" }]);
  assert.ok(html.includes("ours ≤ 2: <b>missed</b>; ours ≤ 9: ok") && html.includes("1.75 <i>[1.63…1.88]</i>"));
  assert.ok(html.includes("<td><i>m</i></td>"));
});

test("ticks are no closer than they can be read", () => {
  const { ticks } = scale([0, 97], { from: 0, to: 100, room: 42 });
  assert.deepEqual(ticks, [0, 50, 100]);
  assert.equal(scale([1, 900], { from: 0, to: 100, room: 42, log: true }).ticks.join(), "1,10,100");
});
