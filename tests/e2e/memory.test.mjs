// How memory is given back: models beyond the budget, replicas without work, engines that only grow, and everything.
import assert from "node:assert/strict";
import { packageOf, stage } from "./lib/stage.mjs";

const { test } = stage();
const counter = packageOf("counter").url;
const slow = packageOf("slow").url;
const hog = packageOf("hog").url;

test("models beyond the budget leave, the least recently used one first", async (page) => {
  const got = await page.run(async (url) => {
    const nodegenModels = ["a", "b", "c", "kept"].map((versionId) => ({
      versionId,
      binary: url,
      preventCleanup: versionId === "kept",
    }));
    // Each engine has 16 MB.
    const spark = new Spark({ nodegenModels, memoryBudget: 50 * 1024 ** 2 });
    const loaded = () => spark.stats().flatMap(({ state, versionId }) => (state === "loaded" ? versionId : []));
    const found = [];
    for (const id of ["kept", "a", "b", "a", "c", "b"]) {
      const { calls } = await outputsOf(spark.execute(ask({}), id));
      found.push([id, calls, loaded().join()]);
    }
    globalThis.spark = spark;
    return found;
  }, counter);
  assert.deepEqual(got, [
    ["kept", 1, "kept"],
    ["a", 1, "a,kept"],
    ["b", 1, "a,b,kept"],
    ["a", 2, "a,b,kept"],
    ["c", 1, "a,c,kept"],
    ["b", 1, "b,c,kept"],
  ]);
  await page.workers(3);
  await page.run(() => spark.destroy());
  await page.workers(0);
});

test("an engine that grows beyond the budget costs idle models their place, and answers all the same", async (page) => {
  const got = await page.run(
    async ({ counter, hog, slow }) => {
      const models = { counter, hog, slow };
      const nodegenModels = Object.entries(models).map(([versionId, binary]) => ({ versionId, binary }));
      const spark = new Spark({ nodegenModels, memoryBudget: 60 * 1024 ** 2 });
      const states = () => spark.stats().map(({ state }) => state);
      for (const id of ["counter", "slow", "hog"]) await spark.execute(ask({}), id);
      const before = states();
      const busy = spark.executeWithCancellationToken(ask({ ms: 600_000 }), "slow", { timeout: 600_000 });
      const { kept_mb } = await outputsOf(spark.execute(ask({ grow_mb: 100 }), "hog"));
      const meanwhile = states();
      busy.cancellationToken.cancel();
      await refused(busy.response);
      const afterwards = states();
      const again = await outputsOf(spark.execute(ask({}), "hog"));
      await spark.destroy();
      return { before, kept_mb, meanwhile, afterwards, again };
    },
    { counter, hog, slow },
  );
  assert.deepEqual(got.before, ["loaded", "loaded", "loaded"]);
  assert.deepEqual(got.meanwhile, ["idle", "loaded", "loaded"], "not the model that computes");
  assert.deepEqual(got.afterwards, ["idle", "loaded", "idle"], "until it has computed");
  assert.equal(got.kept_mb, 100);
  assert.deepEqual([got.again.kept_mb, got.again.calls], [100, 3], "the model used last stays");
});

test("replicas beyond the processors start when calls wait, and not because they are configured", async (page) => {
  const got = await page.run(async (url) => {
    processors(2);
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 4 }] });
    await spark.execute(ask({ ms: 0 }), "m");
    await until(() => spark.stats()[0].replicas === 2);
    for (let call = 0; call < 5; call++) await spark.execute(ask({ ms: 0 }), "m");
    const idle = spark.stats()[0];
    // Some of them wait in the two workers, which were given short calls until now.
    const busy = Array.from({ length: 6 }, () => spark.execute(ask({ ms: 1000 }), "m"));
    await until(() => spark.stats()[0].replicas === 4);
    await Promise.all(busy);
    await spark.destroy();
    return [idle.replicas, idle.starting];
  }, slow);
  assert.deepEqual(got, [2, 0]);
});

test("replicas without calls end after a while, but for one; they come back when calls wait", async (page) => {
  await page.run(
    async ({ slow, counter }) => {
      globalThis.spark = new Spark({
        nodegenModels: [
          { versionId: "m", binary: slow, replica: 3 },
          { versionId: "kept", binary: counter, replica: 2, preventCleanup: true },
        ],
        idleTimeout: 400,
      });
      await Promise.all(["m", "kept"].map((id) => spark.execute(ask({ ms: 0 }), id)));
      await until(() => spark.stats()[0].replicas === 1 && spark.stats()[0].starting === 0);
      await until(() => spark.stats()[1].replicas === 2);
    },
    { slow, counter },
  );
  await page.workers(3);
  const got = await page.run(async () => {
    const alone = await outputsOf(spark.execute(ask({ ms: 0, tag: "alone" }), "m"));
    const { replicas, starting } = spark.stats()[0];
    const busy = Array.from({ length: 3 }, () => spark.execute(ask({ ms: 1000 }), "m"));
    await until(() => spark.stats()[0].replicas === 3);
    await Promise.all(busy);
    await spark.destroy();
    return { tag: alone.tag, replicas, starting };
  });
  assert.deepEqual(got, { tag: "alone", replicas: 1, starting: 0 });
  await page.workers(0);
});

test("an engine that only grows is replaced between calls, and no call notices", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    let most = 0;
    let tag = 0;
    let outputs;
    do {
      outputs = await outputsOf(spark.execute(ask({ grow_mb: 4, tag: String(tag) }), "m"));
      if (outputs.tag !== String(tag++)) throw new Error("swapped");
      most = Math.max(most, outputs.kept_mb);
    } while (outputs.kept_mb === most && most < 3000);
    globalThis.spark = spark;
    return { most, kept: outputs.kept_mb, memory: spark.stats()[0].memory };
  }, hog);
  assert.equal(got.kept, 4, "another instance");
  assert.ok(got.most >= 128 && got.most < 3000, String(got.most));
  await page.workers(1);
  await page.run(async () => {
    await until(() => spark.stats()[0].memory < 64 * 1024 ** 2);
    await spark.destroy();
  });
});

test("`await using` destroys; a destroyed instance says so, whatever is asked of it", async (page) => {
  const got = await page.run(async (url) => {
    const config = { nodegenModels: [{ versionId: "m", binary: url, replica: 2 }] };
    const run = (0, eval)(`async (config, use) => {
      await using spark = new Spark(config);
      return await use(spark);
    }`);
    const used = await run(config, async (spark) => {
      const { calls } = await outputsOf(spark.execute(ask({}), "m"));
      return { spark, calls, open: spark.execute(ask({}), "m").catch(({ code }) => code) };
    });
    const { spark, calls } = used;
    const late = [
      spark.execute(ask({}), "m"),
      spark.executeWithCancellationToken(ask({}), "m").response,
      spark.execute(ask({}), "no such model"),
      spark.execute(null),
    ];
    const found = { calls, open: await used.open, late: (await outcomes(late)).map(({ failed }) => failed) };
    spark.addEventListener("execute", () => {});
    found.state = spark.stats()[0].state;
    await Promise.all([spark.destroy(), spark[Symbol.asyncDispose](), spark.destroy()]);
    const enumerable = Object.getOwnPropertyDescriptor(Spark.prototype, Symbol.asyncDispose).enumerable;
    class Own extends Spark {
      async destroy() {
        found.own = true;
        return super.destroy();
      }
    }
    await new Own(config)[Symbol.asyncDispose]();
    return { ...found, enumerable };
  }, counter);
  assert.equal(got.calls, 1);
  assert.equal(got.open, "DESTROYED");
  for (const error of got.late) {
    assert.deepEqual([error.class, error.code], ["DestroyedError", "DESTROYED"]);
    assert.match(error.message, /new Spark/);
  }
  assert.deepEqual([got.state, got.enumerable, got.own], ["idle", false, true]);
  await page.workers(0);
});
