// Points in time as the page reads them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dateMs, waitMs } from "../../src/js/dates.js";

test("dates without a zone are UTC", () => {
  for (const [text, ms] of [
    ["1970-01-01", 0],
    ["1970-01-01T00:00:00Z", 0],
    ["1969-12-31T23:59:59.999Z", -1],
    ["2022-09-19T04:17:17.142Z", 1_663_561_037_142],
    ["2022-09-19T04:17:17.142", 1_663_561_037_142],
    [" 2022-09-19 04:17:17,142999z ", 1_663_561_037_142],
    ["2022-09-19T06:17:17.007+02:00", 1_663_561_037_007],
    ["2022-09-18T23:47:17-0430", 1_663_561_037_000],
    ["2022-09-19T04:17+00", 1_663_561_020_000],
    ["2024-02-29", 1_709_164_800_000],
    ["0001-01-01", -62_135_596_800_000],
    ["9999-12-31T23:59:59Z", 253_402_300_799_000],
    ["2022-01-01T24:00:00Z", 1_641_081_600_000],
  ]) {
    assert.equal(dateMs(text, false), ms, text);
  }
});

test("what only looks like a date is none", () => {
  for (const text of [
    "", "now", "2022", "2022-09", "2022-9-19", "19-09-2022", "2022-13-01", "2022-00-01", "2022-02-29", "1900-02-29",
    "2022-04-31", "2022-01-00", "2022-01-01-01", "2022-01-01T", "2022-01-01T25:00", "2022-01-01T00:60",
    "2022-01-01T00:00:00.", "2022-01-01T00:00:00.x", "2022-01-01T00:00:00:00", "2022-01-01T00:00Zx", "2022-01-01T00:00+",
    "2022-01-01T00:00+1", "2022-01-01T00:00+é", "２０２２-01-01",
  ]) {
    assert.equal(dateMs(text, false), NaN, text);
    assert.equal(dateMs(text, true), NaN, text);
  }
});

test("a day lasts until its end", () => {
  assert.equal(dateMs("1970-01-01", true), 86_399_999);
  assert.equal(dateMs("1970-01-01T00:00:00Z", true), 0);
});

test("the longest wait that a server asks for counts", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.UTC(1994, 10, 6, 8, 49, 36) });
  for (const [standard, own, ms] of [
    [undefined, null, undefined],
    ["2", undefined, 2000],
    [undefined, "0.25", 250],
    ["1", "1.5", 1500],
    ["3", "1.5", 3000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", undefined, 1000],
    ["Sun, 06 Nov 1994 08:00:00 GMT", undefined, 0],
    [" 0 ", undefined, 0],
    ["", " ", undefined],
    ["soon", undefined, undefined],
    ["soon", "1", 1000],
    ["-1", undefined, undefined],
    ["NaN", undefined, undefined],
  ]) {
    assert.equal(waitMs(standard, own), ms, `${standard} ${own}`);
  }
});
