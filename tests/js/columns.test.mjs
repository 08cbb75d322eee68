// Records in columns: what travels so, what is sent for it, and what is made of the answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf } from "../../src/js/columns.js";

const record = (inputs, request_meta = { version_id: "m" }) => ({ request_data: { inputs }, request_meta });
const records = (count) => Array.from({ length: count }, (_, a) => record({ a, b: "x" }));

/** What an engine answers to a request, and to one in columns; `lie` is added to what the latter says. */
const compute = ({ a }) => ({ outputs: { twice: a * 2 }, warnings: null, errors: null, service_chain: null });
function engine(text, lie = 0) {
  const { inputs, request_data, request_meta } = JSON.parse(text);
  if (request_data) return JSON.stringify({ response_data: compute(request_data.inputs), response_meta: { ...request_meta, process_time: 1 } });
  const [names, ...rows] = inputs;
  const all = rows.map((row) => compute(Object.fromEntries(names.map((name, at) => [name, row[at]]))));
  const [warnings, errors, process_time] = [all.map(() => null), all.map(() => null), all.map((_, at) => at)];
  return JSON.stringify({ outputs: [["twice"], ...all.map(({ outputs }) => [outputs.twice + lie])], warnings, errors, process_time });
}
const decode = (text) => (text ? { ...JSON.parse(text), status: "Success", error: null } : undefined);
const answered = ([form, parts, read], lie) => [form, ...read(parts.map((part) => engine(part, lie)), decode)];
/** Chance, in this test, takes the rows of a chunk of so many in their order. */
function inOrder(t, rows) {
  let next = 0;
  t.mock.method(Math, "random", () => ((next++ % rows) + 0.5) / rows);
}
const said = (outcomes) => outcomes.map((outcome) => outcome?.response_data.outputs.twice);

test("only records that differ in simple inputs alone have a row", () => {
  const rows = (isGiven, ...of) => {
    const { row } = columnsOf("m", isGiven);
    return of.map(row);
  };
  const first = record({ a: 1, b: "x" });
  assert.deepEqual(rows(false, first, record({ a: null, b: true })), ['[1,"x"]', "[null,true]"]);
  const bare = { request_data: { inputs: { a: 1, b: 2 } } };
  assert.deepEqual(rows(true, bare, record({ a: 2, b: 3 }, { version_id: "other" })), ["[1,2]", "[2,3]"]);
  const without = [
    bare,
    record({ a: 1, b: 2 }, { version_id: "other" }),
    record({ a: 1, b: 2 }, { version_id: "m", array_outputs: "*" }),
    record({ a: 1, b: 2 }, { version_id: "m", correlation_id: "c" }),
    record({ b: 1, a: 2 }),
    record({ a: 1 }),
    record({ a: 1, b: 2, c: 3 }),
    ...[undefined, NaN, Infinity, [1], {}, 1n, () => 1, new Date()].map((b) => record({ a: 1, b })),
    { ...first, more: 1 },
    { ...first, request_data: { inputs: first.request_data.inputs, more: 1 } },
    record([1, 2]),
    null,
    "{}",
  ];
  const [, ...found] = rows(false, first, ...without);
  assert.deepEqual(found, without.map(() => undefined));
  assert.deepEqual(rows(true, ...without.slice(2, 3)), [undefined], "nor does the first");
});

test("a probe computes records both ways, and is nothing where one of them has no row", () => {
  const texts = (count) => records(count).map((one) => JSON.stringify(one));
  const [form, outcomes, done] = answered(columnsOf("m", false).pack(texts(40), 32));
  assert.deepEqual([form, said(outcomes), done], [32, Array.from({ length: 40 }, (_, a) => a * 2), 40]);
  const lied = answered(columnsOf("m", false).pack(texts(40), 32), 1);
  assert.deepEqual([said(lied[1])[7], lied[2]], [14, -1]);
  for (const nothing of ["", "[]", "{}", '{"outputs":null,"errors":[]}', '{"outputs":[["twice"]]}']) {
    const columns = columnsOf("m", false);
    const [, parts, read] = columns.pack(texts(40), 32);
    assert.equal(read([...parts.slice(0, -1).map((part) => engine(part)), nothing], decode)[1], -1, nothing);
    assert.equal(columns.pack(texts(40), 32)[0], 0, "once in a batch");
  }
  const odd = texts(40).with(31, JSON.stringify(record({ a: [1], b: "x" })));
  const plain = columnsOf("m", false).pack(odd, 32);
  assert.deepEqual([plain[0], plain[1]], [0, odd]);
  assert.equal(columnsOf("m", false).pack(texts(31), 32)[0], 0);
});

test("rows are one request, and one of them, another each time, as well by itself", (t) => {
  inOrder(t, 9);
  const columns = columnsOf("m", false);
  const seen = [];
  for (let turn = 0; turn < 3; turn++) {
    const texts = records(10).map(columns.row).with(4, '{"request_data":{"inputs":{"a":50}}}');
    const packed = columns.pack(texts, 1);
    seen.push(packed[1]);
    const [form, outcomes, done] = answered(packed);
    assert.deepEqual([form, said(outcomes), done], [1, [0, 2, 4, 6, 100, 10, 12, 14, 16, 18], 10]);
    assert.deepEqual(outcomes[5].response_meta, { version_id: "m", process_time: 4 });
    assert.equal(outcomes[5].executionPath, "offline");
  }
  assert.deepEqual(seen.map((parts) => parts.length), [3, 3, 3]);
  assert.deepEqual(seen.map(([, single]) => JSON.parse(single)), records(3));
  assert.match(seen[0][2], /^\{"inputs":\[\["a","b"\],\[0,"x"\],.*\[9,"x"\]\],"version_id":"m"\}$/);
  const [, outcomes, done] = answered(columns.pack(records(10).map(columns.row), 1), 1);
  assert.deepEqual([outcomes, done], [Array(10).fill(undefined), -1]);
});

test("rows with remarks have no outcome; without a response to go by none has, and no further row is made", (t) => {
  inOrder(t, 8);
  const columns = columnsOf("m", false);
  const warned = (text) => text.replace('"warnings":null', '"warnings":[{}]');
  const chunk = () => columns.pack(records(8).map(columns.row), 1);
  const read = ([, parts, read], change, answer) => read([change(engine(parts[0])), answer(engine(parts[1]))], decode);
  const same = (text) => text;
  assert.equal(read(chunk(), same, same)[1], 8);
  const second = (text) => text.replace('"warnings":[null,null', '"warnings":[null,[{}]');
  for (let turn = 0; turn < 2; turn++) {
    const [outcomes, done] = read(chunk(), same, second);
    assert.deepEqual([said(outcomes), done], [[0, undefined, 4, 6, 8, 10, 12, 14], 7]);
  }
  const fourth = (text) => text.replace('"warnings":[null,null,null,null', '"warnings":[null,null,null,[{}]');
  assert.deepEqual(read(chunk(), warned, fourth)[1], 7);
  // Of a record, but not of its row: columns say something else.
  assert.deepEqual(read(chunk(), warned, same), [Array(8).fill(undefined), -1]);
  const other = columnsOf("m", false);
  const packed = other.pack(records(8).map(other.row), 1);
  assert.deepEqual(read(packed, warned, same), [Array(8).fill(undefined), false]);
  assert.equal(other.row(records(1)[0]), undefined);
});

test("rows that are too few, or no longer wanted, are requests again", () => {
  for (const [count, form] of [[7, 1], [20, 0], [20, 32]]) {
    const columns = columnsOf("m", false);
    const [taken, parts] = columns.pack(records(count).map(columns.row), form);
    assert.deepEqual(parts.map((part) => JSON.parse(part)), records(count));
    assert.equal(taken, 0);
  }
});

test("what was not compared yet is not taken: other kinds of values, members that differ, services that were called", (t) => {
  inOrder(t, 8);
  const columns = columnsOf("m", false);
  const read = (change, single = (text) => text) => {
    const [, parts, read] = columns.pack(records(8).map(columns.row), 1);
    return read([single(engine(parts[0])), change(engine(parts[1]))], decode);
  };
  for (const value of ['"4"', "null", "true", "[4]", "{}"]) {
    const [outcomes, done] = read((text) => text.replace("[4]", `[${value}]`));
    assert.deepEqual([said(outcomes), done], [[0, 2, undefined, 6, 8, 10, 12, 14], 7], value);
  }
  const same = (text) => text;
  assert.equal(read(same, (text) => text.replace('"process_time":1', '"process_time":1,"system":"S"'))[1], -1);
  assert.equal(read((text) => text.replace('"warnings"', '"service_chain":[{}],"warnings"'))[1], -1);
  assert.equal(read(same)[1], 8);
});

test("each record's own text can be had, however it travelled", () => {
  for (const form of [0, 1, 8]) {
    const columns = columnsOf("m", false);
    const texts = records(9).map(columns.row).with(4, JSON.stringify(records(5)[4]));
    const [, , , textOf] = columns.pack(texts, form);
    assert.deepEqual(texts.map((_, at) => JSON.parse(textOf(at))), records(9), `form ${form}`);
  }
});
