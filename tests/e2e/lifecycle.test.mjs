// Loading, eviction and destruction: what is in memory, and when it goes.
import assert from "node:assert/strict";
import { engine } from "./lib/engines.mjs";
import { bytesOf, gate, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const { url } = packageOf("counter");

test("the least recently used model leaves when there are too many", async (page) => {
  const got = await page.run(async (url) => {
    const nodegenModels = ["a", "b", "c", "d"].map((versionId) => ({ versionId, binary: url }));
    const spark = new Spark({ nodegenModels, offlineMaxService: 2 });
    const loaded = () =>
      spark
        .stats()
        .filter(({ state }) => state === "loaded")
        .map(({ versionId }) => versionId)
        .join("");
    const found = [];
    for (const id of ["a", "b", "a", "c", "a", "d", "b", "a"]) {
      const { calls } = await outputsOf(spark.execute(ask({}), id));
      found.push([id, loaded(), calls]);
    }
    globalThis.spark = spark;
    return found;
  }, url);
  assert.deepEqual(got, [
    ["a", "a", 1],
    ["b", "ab", 1],
    ["a", "ab", 2],
    ["c", "ac", 1],
    ["a", "ac", 3],
    ["d", "ad", 1],
    ["b", "bd", 1],
    ["a", "ab", 1],
  ]);
  await page.workers(2);
  await page.run(() => globalThis.spark.destroy());
  await page.workers(0);
});

test("preventCleanup keeps a model in memory", async (page) => {
  const got = await page.run(async (url) => {
    const nodegenModels = ["kept", "b", "c"].map((versionId) => ({
      versionId,
      binary: url,
      preventCleanup: versionId === "kept",
    }));
    const spark = new Spark({ nodegenModels, offlineMaxService: 1 });
    const found = [];
    for (const id of ["kept", "b", "c", "b", "kept"]) {
      const { calls } = await outputsOf(spark.execute(ask({}), id));
      found.push([
        id,
        calls,
        spark
          .stats()
          .map(({ state }) => state)
          .join(),
      ]);
    }
    await spark.destroy();
    return found;
  }, url);
  assert.deepEqual(got.at(-1).slice(0, 2), ["kept", 2], "its instance has lived on");
  assert.deepEqual(got[3].slice(0, 2), ["b", 1], "b was evicted in between");
  for (const [, , states] of got) assert.match(states, /^loaded/);
});

test("a model with open calls is never evicted", async (page) => {
  const slow = packageOf("slow");
  const got = await page.run(
    async ({ slow, url }) => {
      const spark = new Spark({
        nodegenModels: [
          { versionId: "slow", binary: slow },
          { versionId: "b", binary: url },
          { versionId: "c", binary: url },
        ],
        offlineMaxService: 1,
      });
      await spark.execute(ask({ ms: 0 }), "slow");
      const long = outputsOf(spark.execute(ask({ ms: 700, tag: "long" }), "slow"));
      await spark.execute(ask({}), "b");
      await spark.execute(ask({}), "c");
      const meanwhile = spark.stats()[0];
      const { tag } = await long;
      const afterwards = spark.stats().filter(({ state }) => state !== "idle").length;
      await spark.destroy();
      return { meanwhile: [meanwhile.state, meanwhile.running], tag, afterwards };
    },
    { slow: slow.url, url },
  );
  assert.deepEqual(got.meanwhile, ["loaded", 1]);
  assert.equal(got.tag, "long");
  assert.equal(got.afterwards, 1, "the excess goes as soon as nobody waits");
});

test("destroy while the package is on its way, and while the function is thinking", async (page) => {
  const asked = gate();
  const answer = gate();
  page.server.routes["/slow.zip"] = async () => {
    asked.resolve();
    await answer.promise;
    return { body: bytesOf("counter") };
  };
  await page.run(() => {
    globalThis.thinking = gate();
    globalThis.spark = new Spark({
      nodegenModels: [
        { versionId: "url", binary: "/slow.zip" },
        { versionId: "function", binary: () => thinking.promise },
        { versionId: "late", binary: () => new Promise((_, reject) => (globalThis.failLate = reject)) },
      ],
    });
    const ids = ["url", "url", "function", "late"];
    globalThis.calls = ids.map((id) => refused(spark.execute(ask({}), id)));
  });
  await asked.promise;
  const got = await page.run(async () => {
    await spark.destroy();
    const found = await Promise.all(calls);
    thinking.resolve(new ArrayBuffer(8));
    failLate(new Error("too late to matter"));
    return { found, states: spark.stats().map(({ state }) => state) };
  });
  answer.resolve();
  for (const error of got.found) assert.deepEqual([error.class, error.code], ["DestroyedError", "DESTROYED"]);
  assert.deepEqual(got.states, ["idle", "idle", "idle"]);
  await page.workers(0);
});

test("destroy while calls are computed and queued", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }] });
    await spark.execute(ask({ ms: 0 }), "m");
    await until(() => spark.stats()[0].replicas === 2);
    const order = [];
    const calls = [60_000, 60_000, 0, 0].map((ms, index) =>
      refused(spark.execute(ask({ ms }), "m")).then((error) => (order.push(index), error)),
    );
    const running = spark.stats()[0].running;
    await Promise.all([spark.destroy(), spark.destroy()]);
    return { running, found: await Promise.all(calls), order };
  }, packageOf("slow").url);
  assert.equal(got.running, 2);
  assert.deepEqual(got.order, [0, 1, 2, 3]);
  for (const error of got.found) assert.equal(error.code, "DESTROYED");
  await page.workers(0);
});

test("mount, unmount, mount, as StrictMode does", async (page) => {
  const got = await page.run(async (url) => {
    const config = { nodegenModels: [{ versionId: "m", binary: url, replica: 2 }] };
    const mount = () => {
      const spark = new Spark(config);
      const outcome = spark.execute(ask({}), "m").then(
        ({ response_data }) => response_data.outputs.calls,
        ({ code }) => code,
      );
      return { spark, outcome };
    };
    const first = mount();
    first.spark.destroy();
    const second = mount();
    const found = [await first.outcome, await second.outcome];
    for (let reload = 0; reload < 10; reload++) {
      const again = mount();
      await again.spark.destroy();
      found.push(await again.outcome);
    }
    await second.spark.destroy();
    return found;
  }, url);
  assert.deepEqual(got, ["DESTROYED", 1, ...Array(10).fill("DESTROYED")]);
  await page.workers(0);
});

test("destroy from inside a callback of the caller", async (page) => {
  const got = await page.run(async (url) => {
    let spark;
    const destroying = async () => {
      await spark.destroy();
      return url;
    };
    const sync = () => {
      spark.destroy();
      return url;
    };
    const found = [];
    for (const binary of [destroying, sync]) {
      spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
      found.push(await refused(spark.execute(ask({}), "m")));
    }
    spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    const calls = [spark.execute(ask({}), "m").then(() => spark.destroy()), spark.execute(ask({}), "m")];
    const outcome = await outcomes(calls);
    return { found, ends: outcome.map((one) => one?.failed?.code ?? "answered") };
  }, url);
  for (const error of got.found) assert.equal(error.code, "DESTROYED");
  assert.equal(got.ends[0], "answered");
  assert.match(got.ends[1], /^(answered|DESTROYED)$/);
  await page.workers(0);
});

test("a call made by a function that loads another model", async (page) => {
  const inner = made(
    "inner.zip",
    engine(() => ({ response_data: { outputs: { where: "/made/outer.zip" } } })),
  );
  made(
    "outer.zip",
    engine(() => ({ response_data: { outputs: { reached: true } } })),
  );
  const got = await page.run(async (inner) => {
    const spark = new Spark({
      nodegenModels: [
        { versionId: "inner", binary: inner },
        { versionId: "outer", binary: async () => (await outputsOf(spark.execute(ask({}), "inner"))).where },
      ],
      offlineMaxService: 1,
    });
    const { reached } = await outputsOf(spark.execute(ask({}), "outer"));
    await spark.destroy();
    return reached;
  }, inner);
  assert.equal(got, true);
});
