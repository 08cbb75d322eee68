// The parts of the oracle by themselves: what counts as a difference, what a divergence allows, how cases are made.
import assert from "node:assert/strict";
import test from "node:test";
import { loadCases, models } from "./cases/index.mjs";
import { Divergences, describe, differences } from "./lib/compare.mjs";
import { ABSENT, matchesName, matchesPath, matchesValue } from "./lib/match.mjs";
import { expand, pack, unpack } from "./lib/values.mjs";

const paths = (peer, ours) => differences({ response: peer }, { response: ours }).map(({ path }) => path.join("/"));

test("every difference is found, at its path", () => {
  assert.deepEqual(paths({ a: [1, { b: "x" }], c: null }, { c: null, a: [1, { b: "x" }] }), []);
  assert.deepEqual(paths({ a: [1, { b: "x" }] }, { a: [1, { b: "y" }] }), ["a/1/b"]);
  assert.deepEqual(paths({ a: [1] }, { a: [1, 2] }), ["a/1"]);
  assert.deepEqual(paths({ a: 1 }, { b: 1 }), ["a", "b"]);
  assert.deepEqual(paths({ a: [] }, { a: {} }), ["a"]);
  assert.deepEqual(paths({ a: null }, { a: {} }), ["a"]);
  assert.deepEqual(paths({ a: 0 }, { a: -0 }), ["a"]);
  assert.deepEqual(paths({ a: 1 }, { a: "1" }), ["a"]);
  assert.deepEqual(paths(1, { a: 1 }), ["(response)"]);
  assert.deepEqual(paths(JSON.parse('{"__proto__":{"a":1}}'), {}), ["__proto__"]);
  assert.deepEqual(paths(JSON.parse('{"constructor":1}'), {}), ["constructor"]);
});

test("a response, an error and silence are never alike", () => {
  const error = { error: { name: "n", type: "t", message: "one" } };
  assert.equal(differences({ response: {} }, error).length, 1);
  assert.equal(differences({ hang: true }, error).length, 1);
  assert.equal(differences({ hang: true }, { response: undefined }).length, 1);
  assert.deepEqual(differences(error, { error: { ...error.error, message: "two", code: "OURS" } }), []);
  assert.deepEqual(differences(error, { error: { name: "n" } })[0].path, ["error", "type"]);
});

test("a divergence allows what it describes and nothing else", () => {
  const entry = {
    id: "e",
    models: ["cyl*"],
    kinds: ["number"],
    path: "outputs.*",
    peer: { $absent: true },
    ours: "",
    fact: "f",
  };
  const allowed = (change = {}, where = {}) => {
    const difference = { path: ["outputs", "x"], peer: ABSENT, ours: "", ...change };
    return new Divergences([entry]).allow({ model: "cylinder", kind: "number", ...where }, difference);
  };
  assert.ok(allowed());
  assert.ok(!allowed({ ours: "y" }));
  assert.ok(!allowed({ peer: null }));
  assert.ok(!allowed({ path: ["outputs"] }));
  assert.ok(!allowed({ path: ["outputs", "x", "y"] }));
  assert.ok(!allowed({}, { model: "slow" }));
  assert.ok(!allowed({}, { kind: "numbers" }));
});

test("a divergence that nothing needs is reported, and so is a malformed one", () => {
  const entry = { id: "e", path: "a", peer: 1, ours: 2, fact: "f" };
  const rules = new Divergences([entry, { ...entry, id: "other", path: "b" }]);
  rules.allow({ model: "m", kind: "k" }, { path: ["a"], peer: 1, ours: 2 });
  assert.deepEqual(rules.unused(), ["other"]);
  assert.throws(() => new Divergences([entry, entry]), /twice/);
  assert.throws(() => new Divergences([{ id: "x", path: "a", peer: 1 }]), /lacks ours, fact/);
});

test("patterns", () => {
  assert.ok(matchesName("a.b", ["x", "a.*"]));
  assert.ok(!matchesName("axb", ["a.b"]));
  assert.ok(matchesPath(["a", "b", "c"], "a.**"));
  assert.ok(matchesPath(["a", "b", "c"], "**.c"));
  assert.ok(matchesPath(["a.b", "c"], "*.c"));
  assert.ok(!matchesPath(["a"], "a.*"));
  assert.ok(matchesValue({ a: 1, b: [2] }, { $like: { b: [2] } }));
  assert.ok(!matchesValue({ a: 1, b: 2 }, { a: 1 }));
  assert.ok(matchesValue("line\nline", { $text: "^line.line$" }));
  assert.ok(matchesValue(null, { $of: [1, null] }));
  assert.ok(matchesValue(2, { $least: 2 }));
  assert.ok(!matchesValue(1, { $least: 2 }));
  assert.ok(!matchesValue("3", { $least: 2 }));
  assert.ok(!matchesValue(-0, 0));
  assert.ok(!matchesValue(undefined, { $absent: true }));
});

test("values survive their way between processes", () => {
  const value = JSON.parse('{"__proto__":{"a":[1]},"text":"\\ud800 \\u0000","deep":[[{}]],"n":null}');
  assert.deepEqual(unpack(pack(value)), value);
  assert.ok(Object.is(unpack(pack([0, -0]))[1], -0));
  assert.deepEqual(unpack(pack(Object.create({ hidden: 1 }))), { "(prototype)": ["hidden"] });
  assert.ok(Number.isNaN(expand({ x: [{ $number: "NaN" }] }).x[0]));
  const cycle = expand({ a: { again: { $parent: 2 } } });
  assert.equal(cycle.a.again, cycle);
  assert.ok(Object.hasOwn(expand(JSON.parse('{"__proto__":{"x":1}}')), "__proto__"));
  assert.throws(() => expand({ $unknown: 1 }), /Unknown tag/);
});

test("cases are enough, have unique ids and depend on the seed alone", () => {
  const cases = loadCases(7);
  assert.deepEqual(loadCases(7), cases);
  assert.notDeepEqual(loadCases(8), cases);
  assert.equal(new Set(cases.map(({ id }) => id)).size, cases.length);
  assert.ok(cases.length >= 300);
  assert.ok(models().length >= 8);
  for (const { name } of models()) assert.ok(cases.filter(({ model }) => model === name).length >= 40, name);
});

test("a difference is told on one line", () => {
  const text = describe({ path: ["a", "b"], peer: ABSENT, ours: "x".repeat(1000) });
  assert.match(text, /^a\.b: peer \(nothing\), ours "x+ … x+" \(1002 characters\)$/);
});
