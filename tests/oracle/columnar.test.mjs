// Our columnar tables against the peer's: generated ones, all of its documented quirks, and where we differ on purpose.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { at } from "../../scripts/lib/paths.mjs";
import { ColumnarSerializer } from "../../src/js/columnar.js";
import { random } from "./lib/random.mjs";

const peer = createRequire(import.meta.url)("@coherentglobal/wasm-runner").ColumnarSerializer;
const ours = new ColumnarSerializer();
const theirs = new peer();
const strict = new ColumnarSerializer({ strict: true });

/** What a method made of the data, or how it failed; engines word their own errors. */
function outcome(subject, method, data) {
  const copy = structuredClone(data);
  try {
    return { value: subject[method](copy) };
  } catch (error) {
    return { error: error.message.startsWith("Error: ") ? error.message : error.name };
  }
}

function compare(data) {
  for (const method of ["serialize", "deserialize"]) {
    assert.deepStrictEqual(outcome(ours, method, data), outcome(theirs, method, data), `${method} ${show(data)}`);
  }
  for (const method of ["isDeserializable", "isEmpty"]) {
    const got = outcome(ColumnarSerializer, method, data);
    assert.deepStrictEqual(got, outcome(peer, method, data), `${method} ${show(data)}`);
  }
  const text = JSON.stringify(data);
  if (text === undefined) return;
  for (const method of ["serializeString", "deserializeString"]) {
    assert.deepStrictEqual(outcome(ours, method, text), outcome(theirs, method, text), `${method} ${text}`);
  }
  if (typeof data === "string") return; // it is parsed twice there
  for (const method of ["isDeserializable", "isEmpty"]) {
    assert.equal(ColumnarSerializer[method](text), peer[method](text), `${method} of the text ${text}`);
  }
}

const show = (data) => JSON.stringify(data) ?? String(data);

/** Any JSON, mostly tables and what resembles them. */
function anything(source, depth) {
  const scalar = () => source.pick([0, 1, -2.5, "", "x", "ü", true, false, null, "a", "b"]);
  const list = (make, most) => Array.from({ length: source.below(most + 1) }, make);
  const inner = () => (depth > 0 && source.chance(0.4) ? anything(source, depth - 1) : scalar());
  const record = () => Object.fromEntries(list(() => [source.pick(["a", "b", "c", "1", "ü"]), inner()], 4));
  const row = () => (source.chance(0.15) ? null : source.chance(0.9) ? list(inner, 4) : inner());
  const kinds = [
    () => list(record, 4),
    () => list(() => (source.chance(0.2) ? null : record()), 4),
    () => [list(() => source.pick(["a", "b", "c", 1, 2, "a"]), 4), ...list(row, 4)],
    () => [[list(() => source.pick(["a", "b", "c"]), 3), ...list(row, 3)]],
    () => list(inner, 4),
    () => list(() => source.pick([record, scalar, row])(), 4),
    record,
    scalar,
  ];
  return source.pick(kinds)();
}

test("generated data comes out as the peer's, whatever it is", () => {
  const source = random(1, "columnar");
  for (let i = 0; i < 20_000; i++) compare(anything(source, 3));
});

const QUIRKS = [
  [[], [{}], [null], [null, null], [{}, null], [[]], [[], null], [["a"], [1], [], [2]]],
  [[{ a: 1, b: 2 }, { a: 3, c: 4 }], [{ t: [{ x: 1 }] }], { a: 1 }, { a: { b: 1 } }, [{ t: [null] }], [{ t: [1, 2] }]],
  [[[1, 2], [3, 4]], [{ T: [[1, 2], [3, 4]] }], [{ T: [[{ x: 1 }, { x: 2 }]] }], [[{ a: 1 }, null]]],
  [5, "hi", "5", true, null, undefined, new Date(0), new Map([[1, 2]]), new Set([1]), [undefined], [new Date(0)]],
  [[1, { a: 2 }], [{ a: 1 }, 2], [{ a: 1 }, 2, { b: 3 }], [["a", "a"], [1, 2]], '[["a"],[1]]', "[null]", "["],
  [[["a"], [1, 2]], [[true], [1]], [[null], [1]], [["t"], [[1, [null, [1]]]]], [["a"], null], [null, ["a"]]],
  [[, { a: 1 }], [{ x: 1 }, [, 1]], [{ a: 1 }, , { b: 2 }], new Array(3)],
  [[["t"], [[1, [2, 3]]]], [["t"], [[1, ["ab", "cd"]]]]],
].flat();

test("every documented quirk is kept", () => {
  for (const data of QUIRKS) compare(data);
  const rows = [{ a: 1, b: 2 }, { a: 3, c: 4 }];
  assert.equal(ours.serializeString(JSON.stringify(rows)), '[["a","b","c"],[1,2],[3,null,4]]');
  assert.deepEqual(ours.deserialize([[1, 2], [3, 4]]), [{ 1: 3, 2: 4 }]);
});

test("nothing is remembered: what changed since is seen", () => {
  const rows = [{ a: 1 }];
  assert.deepEqual([theirs.serialize(rows), ours.serialize(rows)], [[["a"], [1]], [["a"], [1]]]);
  rows[0].b = 2;
  assert.deepEqual([theirs.serialize(rows), ours.serialize(rows)], [[["a"], [1]], [["a", "b"], [1, 2]]]);
  const table = ours.serialize(rows);
  ours.deserialize(table);
  table[1][0] = 9;
  assert.deepEqual(ours.deserialize(table), [{ a: 9, b: 2 }]);
});

test("a text in a cell stays a text, and __proto__ a name", () => {
  const rows = [{ note: "[]", table: '[["a"],[1]]' }];
  assert.deepEqual(ours.deserialize(ours.serialize(rows)), rows);
  assert.notDeepEqual(theirs.deserialize(theirs.serialize(rows)), rows);
  const [row] = ours.deserialize([["__proto__", "a"], [{ x: 1 }, 2]]);
  assert.deepEqual(Object.keys(row), ["__proto__", "a"]);
});

test("the README's examples are so", () => {
  const readme = readFileSync(at("README.md"), "utf8");
  const [, code] = /## Columnar tables\n.*?```js\n(.*?)```/s.exec(readme);
  const lines = [...code.matchAll(/^(.*); \/\/ (.*)$/gm)];
  assert.equal(lines.length, 6);
  const evaluate = (text) => new Function("Spark", "serializer", `return (${text})`)({ ColumnarSerializer }, ours);
  for (const [, call, result] of lines) assert.deepStrictEqual(evaluate(call), evaluate(result), call);
});

test("strict: what would be changed is refused, anything else is the same", () => {
  const lossy = [
    5,
    "hi",
    new Date(0),
    new Map([[1, 2]]),
    [1, { a: 2 }],
    [{ a: 1 }, 2],
    [{ T: [[{ x: 1 }, { x: 2 }]] }],
    [{ T: [[1, 2], [3, 4]] }],
    [{ T: [["x"], ["y"]] }],
    [{ when: new Date(0) }],
    [[1, 2], [3, 4]],
    [["a", "a"], [1, 2]],
    '[["a"],[1]]',
    [[{ a: 1 }, null]],
  ];
  for (const data of lossy) assert.throws(() => strict.serialize(data), TypeError, show(data));
  const garbled = [[[1, 2], [3, 4]], [["a", "a"], [1, 2]], '[["a"],[1]]', [["t"], [[1, [2, 3]]]]];
  garbled.push([[]], [[["x"], [1], [2]]]);
  for (const data of garbled) assert.throws(() => strict.deserialize(data), TypeError, show(data));
  const fine = [[], [{}], [null], [{}, null], [1, 2], { a: { b: 1 } }, [["a", "b"], [1]]];
  fine.push([{ a: 1 }, { b: [{ c: null }, null] }]);
  for (const data of fine) {
    assert.deepStrictEqual(strict.serialize(data), ours.serialize(data));
    assert.deepStrictEqual(strict.deserialize(ours.serialize(data)), ours.deserialize(ours.serialize(data)));
  }
  assert.equal(strict.deserializeString('[["a"],[1],null]'), '[{"a":1},null]');
});

test("strict: generated data is refused or comes back, a missing cell as null", () => {
  const source = random(2, "columnar");
  const counts = { back: 0, refused: 0 };
  for (let i = 0; i < 20_000; i++) {
    const data = anything(source, 3);
    if (ColumnarSerializer.isDeserializable(data)) continue;
    let text;
    try {
      text = strict.serializeString(JSON.stringify(data));
    } catch (error) {
      assert.ok(error instanceof TypeError);
      counts.refused += 1;
      continue;
    }
    counts.back += 1;
    assert.deepEqual(settled(JSON.parse(strict.deserializeString(text))), settled(data), text);
  }
  assert.ok(counts.back > 1000 && counts.refused > 1000, show(counts));
});

/** Without the cells that are null, and objects as tables of one row. */
function settled(data) {
  if (Array.isArray(data)) return data.map((item) => (isRecord(item) ? cells(item) : settled(item)));
  return isRecord(data) ? [cells(data)] : data;
}

const isRecord = (data) => typeof data === "object" && data !== null && !Array.isArray(data);

const cells = (record) => {
  const given = Object.entries(record).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [key, settled(value)]));
};
