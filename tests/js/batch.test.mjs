// The flow of records through a batch, with a model that is a function here.
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { batch } from "../../src/js/batch.js";
import { SparkError } from "../../src/js/errors.js";

/** A host whose model doubles numbers; `fault` may fail a record or, by throwing, its whole chunk. */
function host({ size = 4, room = 4, fault = () => undefined } = {}) {
  const seen = { chunks: [], singles: [], cancelled: 0, most: 0, underWay: 0, remaining: [] };
  const later = async (work) => {
    seen.most = Math.max(seen.most, ++seen.underWay);
    await turn();
    seen.underWay--;
    return work();
  };
  const answer = (record) => fault(record, seen) ?? String(record * 2);
  return {
    seen,
    plan: (remaining) => (seen.remaining.push(remaining), [size, room]),
    encode(record) {
      if (record === "odd") return undefined;
      return JSON.stringify(record);
    },
    send(texts) {
      seen.chunks.push(texts.map(Number));
      const one = (text) => {
        const said = answer(Number(text));
        return said instanceof Error ? undefined : Number(said);
      };
      return { answers: later(() => texts.map(one)), cancel: () => seen.cancelled++ };
    },
    single(record) {
      seen.singles.push(record);
      const work = () => {
        if (record === "odd") return "odd";
        if (record === undefined) throw new SparkError("no record", { code: "REQUEST_INVALID" });
        const text = answer(record);
        if (text instanceof Error) throw text;
        return Number(text);
      };
      return { answer: later(work), cancel: () => seen.cancelled++ };
    },
  };
}

const numbers = (count) => Array.from({ length: count }, (_, i) => i);

async function all(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
}

const doubled = (count) => numbers(count).map((index) => ({ index, response: index * 2 }));

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

test("a consumer that stops early releases the source and cancels what is under way", async () => {
  let closed = 0;
  function* endless() {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      closed++;
    }
  }
  const model = host({ size: 4, room: 4 });
  for await (const { index } of batch(endless(), model)) if (index === 5) break;
  assert.equal(closed, 1);
  assert.ok(model.seen.cancelled > 0);
  assert.deepEqual(await batch(endless(), model).return("x"), { value: "x", done: true });
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

test("stopOnError ends the batch with the failing record", async () => {
  const model = host({ size: 2, room: 3, fault: (record) => (record === 3 ? new SparkError("bad") : undefined) });
  const items = await all(batch(numbers(100), model, { stopOnError: true }));
  assert.deepEqual(items.map(({ index, error }) => [index, error?.message]), [[0, undefined], [1, undefined], [2, undefined], [3, "bad"]]);
  assert.ok(model.seen.chunks.flat().length < 20);
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

test("a source that throws midway: its records are answered, then the batch fails and says so", async () => {
  const boom = new Error("disk gone");
  function* source() {
    yield* [1, 2, 3];
    throw boom;
  }
  const items = [];
  const read = async () => {
    for await (const { response } of batch(source(), host())) items.push(response);
  };
  await assert.rejects(read, (error) => error.cause === boom && error.path === "inputs" && /after 3 records/.test(error.message));
  assert.deepEqual(items, [2, 4, 6]);
});

test("an aborted signal ends it at once, also one that was aborted before", async () => {
  const controller = new AbortController();
  const model = host();
  model.send = () => ({ answers: new Promise(() => {}), cancel: () => model.seen.cancelled++ });
  const iterator = batch(numbers(100), model, { signal: controller.signal });
  const next = iterator.next();
  await turn();
  controller.abort("enough");
  await assert.rejects(next, (error) => error.code === "CANCELLED" && error.cause === "enough");
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  assert.ok(model.seen.cancelled > 0);
  const late = batch(numbers(1), model, { signal: AbortSignal.abort("before") });
  await assert.rejects(late.next(), (error) => error.code === "CANCELLED" && error.cause === "before");
});

test("the time of the whole batch is bounded", async () => {
  const model = host();
  model.send = () => ({ answers: new Promise(() => {}), cancel() {} });
  await assert.rejects(batch(numbers(3), model, { totalTimeout: 5 }).next(), (error) => error.code === "TIMEOUT");
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
});

test("many consumers of one batch share it", async () => {
  const iterator = batch(numbers(40), host());
  const parts = await Promise.all([all(iterator), all(iterator), all(iterator)]);
  assert.deepEqual(parts.flat().map(({ index }) => index).sort((a, b) => a - b), numbers(40));
});

test("results that nobody can ask for any more let go of the source, and of what is under way", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  let closed = false;
  const controller = new AbortController();
  const model = host();
  const source = {
    [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return: () => ((closed = true), {}) }),
  };
  const one = async () => (await batch(source, model, { signal: controller.signal, totalTimeout: 2 ** 30 }).next()).value;
  assert.deepEqual(await one(), { index: 0, response: 2 });
  for (let i = 0; i < 200 && !closed; i++) {
    gc();
    await turn();
  }
  assert.ok(closed);
});

test("who waits for a result keeps the batch, even who kept nothing else of it", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  let answer;
  const model = host({ size: 1 });
  model.send = () => ({ answers: new Promise((resolve) => (answer = resolve)), cancel() {} });
  const next = batch(numbers(1), model).next();
  for (let i = 0; i < 20; i++) {
    gc();
    await turn();
  }
  answer([7]);
  assert.deepEqual(await next, { value: { index: 0, response: 7 }, done: false });
});

test("a source that is no proper one fails the batch", async () => {
  const boom = new Error("no");
  const failing = () => {
    throw boom;
  };
  const steps = [() => undefined, () => 5, failing, () => Promise.reject(boom), () => Promise.resolve()];
  for (const next of steps) {
    const iterator = batch({ [Symbol.iterator]: () => ({ next }) }, host());
    await assert.rejects(iterator.next(), (error) => error.path === "inputs" && /after 0 records/.test(error.message));
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  }
  for (const iterator of [undefined, {}]) {
    await assert.rejects(batch({ [Symbol.iterator]: () => iterator }, host()).next(), (error) => error.path === "inputs");
  }
  assert.throws(() => batch({ [Symbol.iterator]: failing }, host()), (error) => error.cause === boom);
  assert.throws(() => batch({ get [Symbol.asyncIterator]() { throw boom; } }, host()), (error) => error.cause === boom);
  const stream = new ReadableStream({ pull: (controller) => controller.error(boom) });
  await assert.rejects(batch(stream, host()).next(), (error) => error.cause === boom);
});

test("a source whose end fails, or never comes, holds nobody up", async () => {
  for (const end of [() => Promise.reject(new Error("end")), () => new Promise(() => {}), () => assert.fail("end")]) {
    const iterator = batch({ [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), return: end }) }, host());
    await iterator.next();
    assert.deepEqual(await iterator.return(), { value: undefined, done: true });
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  }
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
