// Records of a batch that fail: the others go on.
import assert from "node:assert/strict";
import { echoing, run } from "./lib/batch.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const crash = packageOf("crash");
const echo = made("echo.zip", echoing);

test("records that fail do so alone, whatever they do to their engine", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    // So that they travel together.
    await all(spark.executeMany(tags(200), "m"));
    const records = tags(400);
    const odd = { 20: "exception", 90: "trap", 150: "garbage", 210: "nul", 390: "trap" };
    for (const [at, end] of Object.entries(odd)) records[at].request_data.inputs.end = end;
    records[40].request_data.inputs.tag = NaN;
    records[41] = null;
    records[44] = Promise.resolve(records[44]);
    records[42].request_meta = { version_id: "other" };
    records[43].request_meta = { requested_output: "tag", _ctx: 1 };
    const items = await all(spark.executeMany(records, "m"));
    const { input } = items[90].error.modelInfo;
    const stopped = await all(spark.executeMany(records.slice(88), "m", { stopOnError: true, signal: null }));
    await spark.destroy();
    return { items: items.map(shown), own: input === records[90], stopped: stopped.map(shown) };
  }, echo);
  const bad = Object.fromEntries(got.items.filter(([index, what]) => what !== String(index)));
  assert.deepEqual(bad, {
    20: "ENGINE_EXCEPTION",
    40: "REQUEST_INVALID",
    41: "REQUEST_INVALID",
    44: "REQUEST_INVALID",
    90: "ENGINE_TRAP",
    150: "RESPONSE_INVALID",
    210: "RESPONSE_INVALID",
    390: "ENGINE_TRAP",
  });
  assert.equal(got.items.length, 400);
  assert.ok(got.own, "the error knows its record");
  assert.deepEqual(got.stopped, [[0, "88"], [1, "89"], [2, "ENGINE_TRAP"]]);
  await page.workers(0);
});

test("a compiled engine's crash costs its record alone", async (page) => {
  const got = await run(page, async ({ url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }] });
    const records = Array.from({ length: 600 }, (_, value) => ask({ mode: value === 333 ? "divide" : value === 100 ? "throw" : "none", value }));
    const items = await all(spark.executeMany(records, "m"));
    await spark.destroy();
    return items.map(({ index, error, response }) => [index, error?.code ?? response.response_data.outputs.value]);
  }, crash);
  const bad = got.filter(([index, value]) => index !== value);
  assert.deepEqual(bad, [[100, "ENGINE_EXCEPTION"], [333, "ENGINE_TRAP"]]);
  await page.workers(0);
});

test("neighbours that crash cost themselves alone, in a model that is loaded and in one that is not", async (page) => {
  const got = await run(page, async (binary) => {
    const found = [];
    for (const [before, replica] of [[0, 1], [100, 1], [100, 2]]) {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica }] });
      if (before > 0) await spark.execute(ask({ tag: "first" }), "m");
      const traps = Array.from({ length: 5 }, () => ask({ end: "trap" }));
      const items = await all(spark.executeMany([...tags(before), ...traps, ...tags(50)], "m"));
      found.push(items.map((item) => shown(item)[1]));
      await spark.destroy();
    }
    return found;
  }, echo);
  const right = (count) => Array.from({ length: count }, (_, tag) => String(tag));
  const wanted = (before) => [...right(before), ...Array(5).fill("ENGINE_TRAP"), ...right(50)];
  assert.deepEqual(got, [wanted(0), wanted(100), wanted(100)]);
  await page.workers(0);
});

test("a worker that miscounts is ended, and its records are computed again", async (page) => {
  const got = await run(page, async (binary) => {
    let forged = 0;
    const { Worker } = globalThis;
    globalThis.Worker = class extends Worker {
      set onmessage(hear) {
        super.onmessage = hear && (({ data }) => {
          const [id, text, ...rest] = data;
          const forges = typeof id === "number" && text.includes("\0") && forged++ === 0;
          hear({ data: forges ? [id, `${text}\0{}`, ...rest] : data });
        });
      }
    };
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const crashes = [];
    const records = [];
    spark.addEventListener("crash", ({ detail }) => crashes.push(detail.error.code));
    spark.addEventListener("execute", ({ detail }) => records.push(detail.records ?? 1));
    const items = await all(spark.executeMany(tags(300), "m"));
    await spark.destroy();
    return { items: items.map(shown), crashes, forged, told: records.reduce((sum, count) => sum + count, 0) };
  }, echo);
  assert.deepEqual(got.items, Array.from({ length: 300 }, (_, tag) => [tag, String(tag)]));
  assert.deepEqual([got.crashes, got.told], [["WORKER_CRASHED"], 300]);
  assert.ok(got.forged > 1);
  await page.workers(0);
});

test("one object used again for each record: what is computed again is the record as it was", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    await all(spark.executeMany(tags(200), "m"));
    const odd = { 50: "exception", 250: "trap", 450: "garbage" };
    const again = function* () {
      const inputs = {};
      const record = ask(inputs);
      for (let tag = 0; tag < 600; tag++) {
        Object.assign(inputs, { tag: String(tag), end: odd[tag] });
        yield record;
      }
    };
    const items = await all(spark.executeMany(again(), "m"));
    await spark.destroy();
    return items.map(shown).filter(([index, what]) => what !== String(index));
  }, echo);
  assert.deepEqual(got, [[50, "ENGINE_EXCEPTION"], [250, "ENGINE_TRAP"], [450, "RESPONSE_INVALID"]]);
  await page.workers(0);
});
