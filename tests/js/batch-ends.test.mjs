// How a batch ends: at its source, by its consumer, by its options.
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { batch } from "../../src/js/batch.js";
import { SparkError } from "../../src/js/errors.js";
import { all, host, numbers } from "./lib/batch.mjs";

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

test("stopOnError ends the batch with the failing record", async () => {
  const model = host({ size: 2, room: 3, fault: (record) => (record === 3 ? new SparkError("bad") : undefined) });
  const items = await all(batch(numbers(100), model, { stopOnError: true }));
  assert.deepEqual(items.map(({ index, error }) => [index, error?.message]), [[0, undefined], [1, undefined], [2, undefined], [3, "bad"]]);
  assert.ok(model.seen.chunks.flat().length < 20);
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
