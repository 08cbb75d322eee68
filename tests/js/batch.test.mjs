// The flow of records through a batch, with a model that is a function here.
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { batch } from "../../src/js/batch.js";
import { SparkError } from "../../src/js/errors.js";
import { all, doubled, host, numbers } from "./lib/batch.mjs";

test("every kind of source gives the same, in order", async () => {
  async function* slowly() {
    for (const number of numbers(50)) yield (await turn(), number);
  }
  const stream = new ReadableStream({
    start(controller) {
      for (const number of numbers(50)) controller.enqueue(number);
      controller.close();
    },
  });
  const bare = { getReader: () => new ReadableStream({ start: (c) => (numbers(50).forEach((n) => c.enqueue(n)), c.close()) }).getReader() };
  for (const source of [numbers(50), new Set(numbers(50)), numbers(50).values(), slowly(), stream, bare]) {
    assert.deepEqual(await all(batch(source, host())), doubled(50));
  }
  assert.deepEqual(await all(batch([], host())), []);
});

test("what is no source is refused at once", () => {
  for (const bad of [undefined, null, 7, {}, "text", () => {}]) {
    assert.throws(() => batch(bad, host()), (error) => error.code === "REQUEST_INVALID" && error.path === "inputs");
  }
});

test("records travel in chunks of the size planned, and the plan is told what remains", async () => {
  const one = host({ size: 4 });
  await all(batch(numbers(10), one));
  assert.deepEqual(one.seen.chunks, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assert.equal(one.seen.remaining[0], 10);
  const unknown = host();
  await all(batch(numbers(3).values(), unknown));
  assert.ok(unknown.seen.remaining.every(Number.isNaN));
});

test("no more is pulled than there is room for, whoever consumes how slowly", async () => {
  let pulled = 0;
  function* endless() {
    for (;;) yield pulled++;
  }
  const iterator = batch(endless(), host({ size: 4, room: 3 }));
  assert.equal(pulled, 0, "nothing before somebody asks");
  await iterator.next();
  for (let i = 0; i < 20; i++) await turn();
  assert.ok(pulled <= 13, `${pulled}`);
  for (let i = 0; i < 100; i++) await iterator.next();
  assert.ok(pulled <= 101 + 12, `${pulled}`);
  await iterator.return();
});

test("outcomes come as they finish when order does not matter", async () => {
  const gates = [];
  const model = host({ size: 1, room: 4 });
  model.send = ([text]) => ({ answers: new Promise((resolve) => gates.push(() => resolve([Number(text)]))), cancel() {} });
  const iterator = batch(numbers(4), model, { ordered: false });
  const first = iterator.next();
  gates[2]();
  assert.deepEqual(await first, { value: { index: 2, response: 2 }, done: false });
  gates.forEach((open) => open());
  assert.deepEqual((await all(iterator)).map(({ index }) => index), [0, 1, 3]);
});

test("one failing record never ends the batch", async () => {
  const bad = new SparkError("bad");
  const items = await all(batch([0, undefined, 2, 3], host({ fault: (record) => (record === 2 ? bad : undefined) })));
  assert.deepEqual(items.map(({ index, error }) => [index, error?.code ?? error?.message]), [
    [0, undefined],
    [1, "REQUEST_INVALID"],
    [2, bad.code],
    [3, undefined],
  ]);
});

test("when a chunk fails as a whole, each of its records gets a chance alone", async () => {
  const crash = new SparkError("crash");
  const fault = (record, { singles }) => {
    if (record !== 5) return undefined;
    if (singles.length === 0) throw crash;
    return crash;
  };
  const model = host({ fault });
  const items = await all(batch(numbers(8), model));
  assert.deepEqual(model.seen.singles, [4, 5, 6, 7]);
  assert.deepEqual(items.filter(({ error }) => error).map(({ index, error }) => [index, error]), [[5, crash]]);
  assert.equal(items.length, 8);
});

test("a record that fits no chunk travels alone", async () => {
  const model = host();
  const items = await all(batch([1, "odd", 2], model));
  assert.deepEqual(items.map(({ response }) => response), [2, "odd", 4]);
  assert.deepEqual(model.seen.chunks, [[1], [2]]);
});

test("a slow source does not hold back what it gave already", async () => {
  let release;
  async function* source() {
    yield 1;
    await new Promise((resolve) => (release = resolve));
    yield 2;
  }
  const iterator = batch(source(), host({ size: 100, room: 1 }));
  assert.deepEqual(await iterator.next(), { value: { index: 0, response: 2 }, done: false });
  release();
  assert.deepEqual(await all(iterator), [{ index: 1, response: 4 }]);
});

test("progress says what is done, what failed and what remains; its own failures end nothing", async () => {
  const told = [];
  const fault = (record) => (record === 1 ? new SparkError("bad") : undefined);
  await all(batch(numbers(20), host({ fault }), { onProgress: (snapshot) => told.push(snapshot) }));
  assert.ok(told.length >= 1 && told.length < 10, `${told.length}`);
  const { done, failed, rate, remaining } = told.at(-1);
  assert.deepEqual([done, failed, remaining], [20, 1, 0]);
  assert.ok(rate > 0);
  const open = [];
  await all(batch(numbers(3).values(), host(), { onProgress: (snapshot) => open.push(snapshot) }));
  assert.equal(open.at(-1).remaining, undefined);
  const growing = numbers(3);
  const remain = [];
  const batched = batch(growing, host({ size: 1 }), { onProgress: (snapshot) => remain.push(snapshot.remaining) });
  growing.push(...numbers(3));
  await all(batched);
  assert.equal(remain.at(-1), 0);
});

test("many consumers of one batch share it", async () => {
  const iterator = batch(numbers(40), host());
  const parts = await Promise.all([all(iterator), all(iterator), all(iterator)]);
  assert.deepEqual(parts.flat().map(({ index }) => index).sort((a, b) => a - b), numbers(40));
});

test("out of order, a chunk that failed gives what its records give alone", async () => {
  const bad = new SparkError("bad");
  const fault = (record, { singles }) => {
    if (record !== 5) return undefined;
    if (singles.length === 0) throw bad;
    return bad;
  };
  const items = await all(batch(numbers(12), host({ fault }), { ordered: false }));
  assert.deepEqual(items.map(({ index }) => index).sort((a, b) => a - b), numbers(12));
  assert.deepEqual(items.filter(({ error }) => error), [{ index: 5, error: bad }]);
});

test("progress is told at most ten times a second, and at the end", async () => {
  const times = [];
  async function* slowly() {
    for (const number of numbers(400)) yield (await turn(), number);
  }
  const began = performance.now();
  await all(batch(slowly(), host({ size: 1, room: 2 }), { onProgress: () => times.push(performance.now()) }));
  assert.ok(times.length <= 2 + (times.at(-1) - began) / 100, `${times}`);
  for (let i = 1; i < times.length - 1; i++) assert.ok(times[i] - times[i - 1] >= 99, `${times}`);
});

test("making texts of many records does not keep the page: it has a turn between chunks", async () => {
  const model = host({ size: 1, room: 1000 });
  const { encode } = model;
  let turns = 0;
  let running = true;
  model.encode = (record) => {
    const until = performance.now() + 2;
    while (performance.now() < until);
    return encode(record);
  };
  const count = async () => {
    for (; running; turns++) await turn();
  };
  const counted = count();
  model.send = ([text]) => ({ answers: Promise.resolve([Number(text)]), cancel() {} });
  const items = all(batch(numbers(50), model));
  assert.equal((await items).length, 50);
  running = false;
  await counted;
  assert.ok(turns >= 5, `${turns}`);
});

test("an answer that is an error is its record's, and is not tried by itself", async () => {
  const busy = new SparkError("busy", { code: "RATE_LIMITED" });
  for (const ordered of [true, false]) {
    const model = host();
    const { send } = model;
    model.send = (texts) => {
      const { answers, cancel } = send(texts);
      return { answers: answers.then((all) => (texts.includes("5") ? all.map(() => busy) : all)), cancel };
    };
    const told = [];
    const items = [];
    const onProgress = (progress) => told.push(progress);
    for await (const item of batch(numbers(10), model, { ordered, onProgress })) items.push(item);
    items.sort((a, b) => a.index - b.index);
    assert.deepEqual(items.map(({ error, response }) => error?.code ?? response), [0, 2, 4, 6, ...Array(4).fill("RATE_LIMITED"), 16, 18]);
    assert.deepEqual([model.seen.singles, told.at(-1).done, told.at(-1).failed], [[], 10, 4]);
  }
});

test("of a batch without records the end is told, too", async () => {
  for (const source of [[], new Set(), (function* () {})()]) {
    const told = [];
    for await (const item of batch(source, host(), { onProgress: (progress) => told.push(progress.done) })) assert.fail(String(item));
    assert.deepEqual(told, [0]);
  }
});
