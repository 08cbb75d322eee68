// Batches whose records travel in columns, to engines that take v4 requests: the results are those of v3.
import assert from "node:assert/strict";
import { columnar, echoing, run } from "./lib/batch.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const cylinder = packageOf("cylinder-columns");
const columns = made("columns.zip", columnar);
const echo = made("echo.zip", echoing);

test("a compiled engine gets columns, and every result is what it would have been", async (page) => {
  const got = await run(page, async ({ url, id }) => {
    const posts = columnPosts();
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url, replica: 2 }] });
    let told = 0;
    spark.addEventListener("execute", ({ detail }) => (told += detail.records ?? 1));
    const records = Array.from({ length: 12_000 }, (_, height) => ask({ radius: height % 7, height: height / 3 }, { version_id: id, correlation_id: "ü\u0001" }));
    // What is not given, of another kind, or asked in another way.
    for (let at = 37; at < records.length; at += 997) {
      records[at] = [
        ask({ radius: 2 }, { version_id: id }),
        ask({ radius: 2, height: null }, { version_id: id }),
        ask({ radius: "x", height: 3 }, { version_id: id, correlation_id: "ü\u0001" }),
        ask({ height: 3, radius: 2 }, { version_id: id, correlation_id: "ü\u0001" }),
        ask({ radius: 1, height: 3, colour: "red" }, { version_id: id, response_data_inputs: true }),
        ask({ radius: true, height: 3 }, { version_id: id, requested_output: ["area"] }),
        ask({ radius: undefined, height: 3 }, { version_id: id, correlation_id: "ü\u0001" }),
      ][at % 7];
    }
    const wanted = await singly(spark, records);
    const none = posts.columns;
    const items = await all(spark.executeMany(records));
    const [asked, loose] = [posts.columns, await all(spark.executeMany(records, id, { ordered: false }))];
    const differ = items.filter((item, at) => wholly(item) !== wanted[at]).map(({ index }) => index);
    const alike = loose.every((item) => wholly(item) === wanted[item.index]);
    const [row] = spark.stats();
    const paths = new Set(items.map(({ response }) => response.executionPath)).values().toArray();
    // Nobody else has a part of it.
    items[4000].response.response_meta.mine = items[4000].response.response_data.mine = 1;
    const apart = items.every(({ index, response: { response_data, response_meta } }) => index === 4000 || !("mine" in response_data || "mine" in response_meta));
    await spark.destroy();
    const order = items.every(({ index }, at) => index === at);
    return { none, asked, differ, alike, once: new Set(loose.map(({ index }) => index)).size, order, apart, paths, told, failed: row.failed };
  }, cylinder);
  assert.equal(got.none, 0, "texts stay as they are");
  // The probe, and as many as it takes to see which is quicker; here that may be either.
  assert.ok(got.asked > 4, `${got.asked} requests in columns`);
  assert.deepEqual(got.differ, []);
  assert.deepEqual([got.alike, got.once, got.order, got.apart, got.paths], [true, 12_000, true, true, ["offline"]]);
  // Only records that the engine remarks on are computed, and told of, once more.
  assert.ok(got.told >= 36_000 && got.told <= 36_024 && got.failed === 0, `${got.told} told, ${got.failed} failed`);
  await page.workers(0);
});

test("an engine whose columns answer otherwise, throw, trap or crawl is asked once", async (page) => {
  const got = await run(page, async (binary) => {
    const found = {};
    const posts = columnPosts();
    for (const how of ["other", "throws", "traps", "slow"]) {
      posts.columns = 0;
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
      const crashes = [];
      spark.addEventListener("crash", ({ detail }) => crashes.push(detail.error.code));
      const records = Array.from({ length: 6_000 }, (_, value) => ask({ tag: String(value), value, how }));
      const items = [...(await all(spark.executeMany(records, "m"))), ...(await all(spark.executeMany(records, "m")))];
      const right = items.every(({ response }, at) => response?.response_data.outputs.twice === 2 * (at % 6_000));
      found[how] = { right, asked: posts.columns, crashes };
      await spark.destroy();
    }
    return found;
  }, columns);
  const asked = { right: true, asked: 1, crashes: [] };
  assert.deepEqual(got, { other: asked, throws: asked, slow: asked, traps: { ...asked, crashes: ["ENGINE_TRAP"] } });
  await page.workers(0);
});

test("an engine that answers otherwise only once it is trusted is found out, and its answers are not taken", async (page) => {
  page.expectConsole(/otherwise than by themselves.*may be wrong/);
  const got = await run(page, async (binary) => {
    const posts = columnPosts();
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const records = Array.from({ length: 9_000 }, (_, value) => ask({ tag: "x", value, how: "later" }));
    const items = await all(spark.executeMany(records, "m"));
    const asked = posts.columns;
    const again = await all(spark.executeMany(records, "m"));
    await spark.destroy();
    const wrong = [...items, ...again].filter(({ index, response }) => response?.response_data.outputs.twice !== 2 * index);
    return { wrong: wrong.length, asked, more: posts.columns - asked };
  }, columns);
  assert.deepEqual([got.wrong, got.more], [0, 0]);
  // The probe, and what was under way when the first answer came.
  assert.ok(got.asked > 1 && got.asked < 8, `${got.asked} requests in columns`);
  await page.workers(0);
});

test("records that fail, or that the engine remarks on, among others in columns", async (page) => {
  const got = await run(page, async (binary) => {
    const posts = columnPosts();
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const records = Array.from({ length: 8_000 }, (_, value) => ask({ tag: String(value), value, end: "" }));
    records[4_000].request_data.inputs.value = null;
    delete records[4_001].request_data.inputs.value;
    records[4_002].request_data.inputs = { end: "", value: 7, tag: "turned" };
    records[4_003].request_data.inputs.value = [1];
    records[4_004].request_data.inputs.value = NaN;
    records[4_005].request_data.more = 1;
    records[4_006] = null;
    records[4_007] = JSON.stringify(records[4_007]);
    records[4_008].request_data.inputs = JSON.parse('{"tag": "x", "value": 1, "end": "", "__proto__": 1}');
    records[4_009].request_data.inputs = Object.defineProperty({}, "value", { enumerable: true, get() { throw new Error("no"); } });
    const wanted = await singly(spark, records, "m");
    const items = await all(spark.executeMany(records, "m"));
    const before = posts.columns;
    const times = items.filter(({ response }) => response?.response_meta.process_time > 1000).length;
    records[6_000].request_data.inputs.end = "trap";
    const trapped = await all(spark.executeMany(records, "m"));
    const during = posts.columns - before;
    const after = (await all(spark.executeMany(records.slice(0, 3_000), "m"))).map(wholly);
    await spark.destroy();
    const differ = items.filter((item, at) => wholly(item) !== wanted[at]).map(({ index }) => index);
    return {
      before,
      during,
      times,
      differ,
      bad: wanted.map((what, at) => [at, what]).filter(([, what]) => !what.startsWith("{")),
      trapped: trapped.filter((item, at) => wholly(item) !== wanted[at]).map(({ index, error }) => [index, error?.code]),
      alike: after.every((what, at) => what === wanted[at]),
    };
  }, columns);
  assert.deepEqual(got.differ, []);
  assert.deepEqual(got.bad, [4_004, 4_006, 4_009].map((at) => [at, "REQUEST_INVALID"]));
  assert.deepEqual(got.trapped, [[6_000, "ENGINE_TRAP"]]);
  assert.ok(got.before > 4 && got.during > 0, `${got.before} and ${got.during} requests in columns`);
  assert.ok(got.alike);
  assert.ok(got.times > 100, "each has the time of its row");
  await page.workers(0);
});

test("a signal ends a batch in columns, and leaves no work behind", async (page) => {
  const got = await run(page, async (binary) => {
    const posts = columnPosts();
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    const controller = new AbortController();
    let closed = false;
    function* endless() {
      try {
        for (let value = 0; ; value++) yield ask({ tag: String(value), value });
      } finally {
        closed = true;
      }
    }
    let last = -1;
    let inOrder = true;
    const error = await refused(
      (async () => {
        for await (const { index, response } of spark.executeMany(endless(), "m", { signal: controller.signal })) {
          inOrder &&= index === ++last && response.response_data.outputs.twice === 2 * index;
          if (posts.columns > 4 || index > 50_000) controller.abort();
        }
      })(),
    );
    await until(() => spark.stats()[0].running === 0);
    const again = (await all(spark.executeMany(tags(50), "m"))).map(shown);
    await spark.destroy();
    return { code: error.code, inOrder, closed, queued: spark.stats()[0]?.queued ?? 0, again: again.every(([index, tag]) => tag === String(index)) };
  }, columns);
  assert.deepEqual(got, { code: "CANCELLED", inOrder: true, closed: true, queued: 0, again: true });
  await page.workers(0);
});

test("what does not gain from columns never sees them: short batches, texts, engines that take none", async (page) => {
  const got = await run(page, async ([columns, echo]) => {
    const posts = columnPosts();
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: columns }, { versionId: "echo", binary: echo }] });
    const records = (count) => Array.from({ length: count }, (_, value) => ask({ tag: String(value), value }));
    for (let at = 0; at < 3; at++) await all(spark.executeMany(records(1_900), "m"));
    for (const output of ["string", "bytes"]) await all(spark.executeMany(records(5_000), "m", { output }));
    const texts = await all(spark.executeMany(records(5_000).map((record) => JSON.stringify(record)), "m"));
    const none = posts.columns;
    // It knows nothing of them, and fails for good: once.
    const echoed = await all(spark.executeMany(tags(5_000), "echo"));
    const once = posts.columns - none;
    await spark.destroy();
    return { none, once, texts: texts.every(({ response }, at) => response.response_data.outputs.twice === 2 * at), echoed: echoed.every((item) => shown(item)[1] === String(item.index)) };
  }, [columns, echo]);
  assert.deepEqual(got, { none: 0, once: 1, texts: true, echoed: true });
  await page.workers(0);
});

test("texts that are no JSON among objects, from a source that comes in bursts", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const source = async function* () {
      for (let value = 0; value < 3_000; value++) {
        if (value % 40 === 0) await new Promise((turn) => setTimeout(turn));
        yield value % 40 === 0 ? "{bad" : ask({ tag: String(value), value, end: "" });
      }
    };
    await all(spark.executeMany([ask({ tag: "", value: 0, end: "" })], "m"));
    const found = [];
    for await (const item of spark.executeMany(source(), "m")) {
      found.push(item);
      // A consumer that takes its time lets the source come ahead of the room that there is.
      if (item.index < 400 && item.index % 20 === 0) await new Promise((turn) => setTimeout(turn, 4));
    }
    await spark.destroy();
    const isRight = ({ index, response, error }) => (index % 40 ? response?.response_data.outputs.twice === 2 * index : error instanceof Error);
    return [found.length, found.filter((item) => !isRight(item)).length];
  }, columns);
  assert.deepEqual(got, [3_000, 0]);
  await page.workers(0);
});
