// How batches end before their time, and what takes a record's time.
import assert from "node:assert/strict";
import { run } from "./lib/batch.mjs";
import { engine } from "./lib/engines.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const slow = packageOf("slow");

/** Takes longer to start than a call is given below. */
const tardy = made(
  "tardy.zip",
  engine(
    (text) => ({ response_data: { outputs: { tag: JSON.parse(text).request_data.inputs.tag } } }),
    () => ({
      _construct() {
        const end = Date.now() + 2_500;
        while (Date.now() < end);
        return 7;
      },
    }),
  ),
);

test("a signal ends a batch, and leaves no work behind", async (page) => {
  const got = await run(page, async ({ url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    await spark.execute(ask({ ms: 0 }), "m");
    const controller = new AbortController();
    let closed = false;
    function* source() {
      try {
        for (;;) yield ask({ ms: 60_000, tag: "x" });
      } finally {
        closed = true;
      }
    }
    const reason = new Error("enough");
    const items = spark.executeMany(source(), "m", { signal: controller.signal });
    const next = items.next();
    await until(() => spark.stats()[0].running > 0);
    controller.abort(reason);
    const error = await refused(next);
    const end = await items.next();
    await until(() => spark.stats()[0].running === 0);
    const { queued } = spark.stats()[0];
    const late = await refused(spark.executeMany([ask({})], "m", { signal: controller.signal }).next());
    const again = await outputsOf(spark.execute(ask({ ms: 0, tag: "on" }), "m"));
    await spark.destroy();
    return { error, end, closed, queued, late: late.code, tag: again.tag };
  }, slow);
  assert.deepEqual([got.error.code, got.error.cause, got.end.done, got.closed, got.queued], ["CANCELLED", { name: "Error", message: "enough" }, true, true, 0]);
  assert.deepEqual([got.late, got.tag], ["CANCELLED", "on"]);
  await page.workers(0);
});

test("times: a record's own, and the batch's; destroy ends it", async (page) => {
  const got = await run(page, async ({ url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    await spark.execute(ask({ ms: 0 }), "m");
    const records = [0, 60_000, 0].map((ms) => ask({ ms, tag: "x" }));
    const items = await all(spark.executeMany(records, "m", { timeout: 3_000 }));
    const total = await refused(spark.executeMany([ask({ ms: 60_000 })], "m", { totalTimeout: 50 }).next());
    const open = spark.executeMany([ask({ ms: 60_000 })], "m").next();
    await until(() => spark.stats()[0].running === 1);
    await spark.destroy();
    const after = await refused(spark.executeMany([ask({})], "m").next());
    return { own: items[1].error.modelInfo.input === records[1], codes: items.map(shown), total: total.code, destroyed: (await refused(open)).code, after: after.code };
  }, slow);
  assert.deepEqual(got.codes, [[0, "x"], [1, "TIMEOUT"], [2, "x"]]);
  assert.ok(got.own);
  assert.deepEqual([got.total, got.destroyed, got.after], ["TIMEOUT", "DESTROYED", "DESTROYED"]);
  await page.workers(0);
});

test("loading takes none of a record's time, while it takes a call's", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const options = { timeout: 2_000 };
    const items = (await all(spark.executeMany(tags(9), "m", options))).map(shown);
    await spark.destroy();
    const other = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const call = await refused(other.execute(ask({ tag: "1" }), "m", options));
    await other.destroy();
    return { items, call: call.code };
  }, tardy);
  assert.deepEqual(got.items, Array.from({ length: 9 }, (_, tag) => [tag, String(tag)]));
  assert.equal(got.call, "TIMEOUT");
  await page.workers(0);
});
