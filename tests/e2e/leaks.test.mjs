// What is left of instances that were destroyed, and of models that were evicted: nothing.
import assert from "node:assert/strict";
import { packageOf, stage } from "./lib/stage.mjs";

const MINUTES = 4 * 60_000;
const { test } = stage();
const cylinder = packageOf("cylinder").url;
const counter = packageOf("counter").url;

/** Counts, from now on, what the page has of timers and of listeners on anything. */
const watch = (page) =>
  page.run(async (url) => {
    // What the page has once, for all instances, is not counted.
    const first = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    await first.execute(ask({}), "m");
    await first.destroy();
    const { setTimeout, clearTimeout } = globalThis;
    const timers = new Set();
    globalThis.setTimeout = (work, ...rest) => {
      const timer = setTimeout(() => (timers.delete(timer), work()), ...rest);
      timers.add(timer);
      return timer;
    };
    globalThis.clearTimeout = (timer) => (timers.delete(timer), clearTimeout(timer));
    let listeners = 0;
    // Those on an instance go with it.
    const count = (target, change) => (listeners += target instanceof Spark ? 0 : change);
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    Object.assign(EventTarget.prototype, {
      addEventListener(...args) {
        count(this, 1);
        return addEventListener.apply(this, args);
      },
      removeEventListener(...args) {
        count(this, -1);
        return removeEventListener.apply(this, args);
      },
    });
    globalThis.instances = [];
    globalThis.left = () => ({ timers: timers.size, listeners, urls: openObjectUrls() });
  }, counter);

/** The page's memory and objects, once all that is garbage was collected. */
async function memory(page) {
  const session = await page.native.context().newCDPSession(page.native);
  await session.send("Performance.enable");
  // What one collection frees may be what another object waited for.
  for (let round = 0; round < 4; round++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const usage = await session.send("Runtime.getHeapUsage");
  await session.detach();
  const metric = (name) => metrics.find((one) => one.name === name).value;
  return {
    bytes: usage.usedSize + (usage.embedderHeapUsedSize ?? 0) + (usage.backingStorageSize ?? 0),
    listeners: metric("JSEventListeners"),
    contexts: metric("V8PerContextDatas"),
  };
}

/** Constructs, executes and destroys so often, some at a time. */
const cycles = (page, count) =>
  page.run(
    async ({ count, urls }) => {
      const once = async (index) => {
        const nodegenModels = urls.map((binary, at) => ({ versionId: `m${at}`, binary, replica: 1 + (index % 2) }));
        const spark = new Spark({ nodegenModels });
        spark.addEventListener("execute", () => {});
        instances.push(new WeakRef(spark));
        const controller = new AbortController();
        const calls = [spark.execute(ask({ radius: index }), "m0", { signal: controller.signal })];
        if (index % 3 === 0) calls.push(spark.execute(ask({}), "m1"));
        await Promise.all(calls);
        // Some while calls are open, some with another one on its way, some twice.
        const open = index % 4 === 0 ? [spark.execute(ask({}), "m0"), spark.execute(ask({}), "m1")] : [];
        await Promise.all([spark.destroy(), index % 5 === 0 ? spark.destroy() : undefined]);
        const codes = (await outcomes(open)).map(({ failed }) => failed.code);
        if (codes.some((code) => code !== "DESTROYED")) throw new Error(codes.join());
      };
      let next = 0;
      const several = async () => {
        while (next < count) await once(next++);
      };
      await Promise.all([several(), several(), several()]);
    },
    { count, urls: [cylinder, counter] },
  );

test("200 instances that were constructed, used and destroyed leave nothing", { timeout: MINUTES }, async (page) => {
  await watch(page);
  // What is made once stays, compiled code among it.
  await cycles(page, 30);
  await page.workers(0);
  const before = await memory(page);
  await cycles(page, 200);
  await page.workers(0);
  const after = await memory(page);
  assert.deepEqual(await page.run(() => left()), { timers: 0, listeners: 0, urls: 0 });
  assert.equal(after.listeners, before.listeners);
  assert.equal(after.contexts, before.contexts);
  assert.equal(await page.run(() => instances.filter((one) => one.deref()).length), 0, "all were collected");
  // The browser's own: code that it compiles late, tables that it enlarges.
  const each = (after.bytes - before.bytes) / 200;
  assert.ok(each < 1500, `${each} bytes for each instance`);
});

test("models that come and go leave nothing", { timeout: MINUTES }, async (page) => {
  await watch(page);
  await page.run((urls) => {
    const nodegenModels = Array.from({ length: 8 }, (_, at) => ({ versionId: `m${at}`, binary: urls[at % 2] }));
    globalThis.spark = new Spark({ nodegenModels, offlineMaxService: 2 });
    globalThis.rounds = async (count) => {
      for (let round = 0; round < count; round++) {
        for (const { versionId } of nodegenModels) {
          await Promise.all(Array.from({ length: 50 }, (_, radius) => spark.execute(ask({ radius }), versionId)));
        }
      }
    };
  }, [cylinder, counter]);
  const loaded = () => page.run(() => spark.stats().filter(({ state }) => state === "loaded").length);
  await page.run(() => rounds(2));
  await page.workers(2);
  const before = await memory(page);
  await page.run(() => rounds(8));
  await page.workers(2);
  const after = await memory(page);
  assert.equal(await loaded(), 2);
  assert.equal(after.listeners, before.listeners);
  const each = (after.bytes - before.bytes) / 3200;
  assert.ok(each < 40, `${each} bytes for each call`);
  await page.run(() => spark.destroy());
  await page.workers(0);
  assert.deepEqual(await page.run(() => left()), { timers: 0, listeners: 0, urls: 0 });
});

test("what was configured goes with destroy(), also while the instance stays", async (page) => {
  await page.run(async (url) => {
    const binary = await bytesAt(url);
    const config = { nodegenModels: [{ versionId: "m", binary }], logger: () => {} };
    globalThis.refs = [binary, config].map((one) => new WeakRef(one));
    globalThis.spark = new Spark(config);
    await spark.execute(ask({}), "m");
    await spark.destroy();
  }, counter);
  await page.workers(0);
  await memory(page);
  assert.deepEqual(await page.run(() => refs.map((one) => one.deref() === undefined)), [true, true]);
});
