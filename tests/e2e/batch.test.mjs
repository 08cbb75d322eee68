// Batches: thousands of records through one model, in chunks.
import assert from "node:assert/strict";
import { echoing, run } from "./lib/batch.mjs";
import { engine } from "./lib/engines.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const cylinder = packageOf("cylinder");

const echo = made("echo.zip", echoing);

/** Suspends in every call, and answers wrongly when another one comes meanwhile. */
const suspending = made(
  "suspending.zip",
  engine(
    (text, shared) => ({ response_data: { outputs: { tag: shared.busy > 1 ? "two" : JSON.parse(text).request_data.inputs.tag } } }),
    (shared, engine) => ({
      _is_async: () => 1,
      async ccall(name, returns, types, [workbook, at, length, lengthAt]) {
        shared.busy = (shared.busy ?? 0) + 1;
        await new Promise((turn) => setTimeout(turn));
        const answer = engine._node_calc_v3(workbook, at, length, lengthAt);
        shared.busy--;
        return answer;
      },
    }),
  ),
);

test("ten thousand records over two replicas: all right, in order, in few messages", async (page) => {
  const got = await run(page, async ({ url, id }) => {
    let posts = 0;
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (...of) {
      posts += Number.isInteger(of[0][0]);
      return postMessage.apply(this, of);
    };
    const counts = { stringify: 0, parse: 0 };
    const { stringify, parse } = JSON;
    JSON.stringify = (...of) => (counts.stringify++, stringify(...of));
    JSON.parse = (...of) => (counts.parse++, parse(...of));
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url, replica: 2 }] });
    const records = Array.from({ length: 10_000 }, (_, height) => ask({ radius: 1, height }));
    const told = [];
    const items = await all(spark.executeMany(records, id, { onProgress: (progress) => told.push(progress) }));
    const objects = { ...counts };
    const named = records.map(({ request_data }) => ({ request_data, request_meta: { version_id: id } }));
    const texts = await all(spark.executeMany(named, { output: "string" }));
    JSON.stringify = stringify;
    JSON.parse = parse;
    const whole = await spark.execute(named[7]);
    const { done, failed, queued, running } = spark.stats()[0];
    await spark.destroy();
    return {
      inOrder: items.every(({ index }, at) => index === at),
      right: items.every(({ index, response }) => Math.abs(response.response_data.outputs.volume - Math.PI * index) < 1e-6),
      same: stringify(items[7].response) === stringify(whole),
      path: items[7].response.executionPath,
      texts: texts.every(({ response }, at) => typeof response === "string" && parse(response).response_data.outputs.volume === items[at].response.response_data.outputs.volume),
      objects,
      strings: { stringify: counts.stringify - objects.stringify, parse: counts.parse - objects.parse },
      posts,
      last: told.at(-1),
      stats: { done, failed, queued, running },
    };
  }, cylinder);
  assert.deepEqual([got.inOrder, got.right, got.same, got.path, got.texts], [true, true, true, "offline", true]);
  // Each once, and some of them again, to see whether the engine takes columns.
  const { stringify, parse } = got.objects;
  assert.ok(stringify >= 10_000 && stringify <= 10_100 && parse >= 10_000 && parse <= 10_100, `${stringify}, ${parse}`);
  assert.deepEqual(got.strings, { stringify: 10_000, parse: 0 });
  assert.ok(got.posts < 4_000, `${got.posts} messages for 20,000 records`);
  assert.deepEqual([got.last.done, got.last.failed, got.last.remaining], [10_000, 0, 0]);
  assert.deepEqual(got.stats, { done: 20_001, failed: 0, queued: 0, running: 0 });
  await page.workers(0);
});

test("every kind of source; unordered, each record comes once", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    const stream = () => {
      const records = tags(300).values();
      return new ReadableStream({
        pull(controller) {
          const { value, done } = records.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      });
    };
    async function* slowly() {
      for (const record of tags(300)) yield record;
    }
    const sources = [tags(300), new Set(tags(300)), tags(300).values(), slowly(), stream()];
    const found = [];
    for (const source of sources) found.push((await all(spark.executeMany(source, "m"))).map(shown));
    const loose = (await all(spark.executeMany(slowly(), "m", { ordered: false }))).map(shown);
    await spark.destroy();
    return { found, loose: loose.sort(([a], [b]) => a - b) };
  }, echo);
  const wanted = Array.from({ length: 300 }, (_, tag) => [tag, String(tag)]);
  for (const found of [...got.found, got.loose]) assert.deepEqual(found, wanted);
  await page.workers(0);
});

test("records as text, as bytes and as objects; results in each form", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    await all(spark.executeMany(tags(50), "m"));
    const texts = tags(90).map((record) => JSON.stringify(record));
    const mixed = tags(90).map((record, at) => [record, texts[at], new TextEncoder().encode(texts[at])][at % 3]);
    const found = {};
    for (const output of ["object", "string", "bytes"]) {
      for (const [name, records] of Object.entries({ texts, mixed })) {
        const items = await all(spark.executeMany(records, "m", { output }));
        found[`${name} ${output}`] = items.map(({ response }) => {
          const text = response instanceof Uint8Array ? new TextDecoder().decode(response) : response;
          return (typeof text === "string" ? JSON.parse(text) : text).response_data.outputs.tag;
        });
        found[`${name} ${output} is`] = new Set(items.map(({ response }) => response.constructor.name)).values().toArray();
      }
    }
    const odd = await all(spark.executeMany(["{}\0{}", "[]", "", new Uint8Array(0), texts[1]], "m"));
    const unnamed = await all(spark.executeMany(texts.slice(0, 1)));
    await spark.destroy();
    return { found, odd: odd.map(shown), unnamed: unnamed.map(shown) };
  }, echo);
  const wanted = Array.from({ length: 90 }, (_, tag) => String(tag));
  for (const records of ["texts", "mixed"]) {
    for (const [output, is] of [["object", "Object"], ["string", "String"], ["bytes", "Uint8Array"]]) {
      assert.deepEqual(got.found[`${records} ${output}`], wanted, `${records} ${output}`);
      assert.deepEqual(got.found[`${records} ${output} is`], [is]);
    }
  }
  const [nul, ...refused] = got.odd.map(([, code]) => code);
  assert.notEqual(nul, undefined);
  assert.deepEqual(refused, ["REQUEST_INVALID", "REQUEST_INVALID", "REQUEST_INVALID", "1"]);
  assert.deepEqual(got.unnamed, [[0, "VERSION_ID_MISSING"]]);
  await page.workers(0);
});

test("private keys of records stay on the page", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const records = tags(40).map((record) => ({ ...record, request_data: { ...record.request_data, _own: 1 } }));
    const items = await all(spark.executeMany(records, "m", { privateKeys: true }));
    const kept = await all(spark.executeMany(records, "m"));
    await spark.destroy();
    const keys = (items) => new Set(items.map(({ response }) => response.response_data.outputs.keys)).values().toArray();
    return { items: keys(items), kept: keys(kept), own: records.every(({ request_data }) => request_data._own === 1) };
  }, echo);
  assert.deepEqual(got, { items: ["inputs"], kept: ["inputs,_own"], own: true });
  await page.workers(0);
});

test("the source is pulled only as results are consumed; who stops early leaves nothing", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    let pulled = 0;
    let closed = 0;
    function* endless() {
      try {
        for (;;) yield ask({ tag: String(pulled++) });
      } finally {
        closed++;
      }
    }
    let ahead = 0;
    for await (const { index } of spark.executeMany(endless(), "m")) {
      ahead = Math.max(ahead, pulled - index);
      if (index === 20_000) break;
    }
    const { queued } = spark.stats()[0];
    // One that nobody asks is not even begun; one that is abandoned goes no further.
    spark.executeMany(endless(), "m");
    const before = pulled;
    const abandoned = spark.executeMany(endless(), "m");
    await abandoned.next();
    await until(() => spark.stats()[0].running === 0);
    const after = pulled - before;
    const gone = abandoned.next();
    await spark.destroy();
    return { ahead, closed, queued, after, gone: await gone.then(({ value }) => value.index) };
  }, echo);
  assert.ok(got.ahead <= 2 * 3 * 512 + 512, `${got.ahead} records ahead`);
  assert.ok(got.after <= 2 * 3 * 512 + 512, `${got.after} records for one result`);
  assert.deepEqual([got.closed, got.queued, got.gone], [1, 0, 1]);
  await page.workers(0);
});

test("options and sources are judged at once", async (page) => {
  page.expectConsole(/options\.size is not a known option and is ignored: executeMany has ordered, /);
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    const wrong = [
      { ordered: 1 },
      { stopOnError: "yes" },
      { timeout: 0 },
      { timeout: "5" },
      { totalTimeout: 2 ** 31 },
      { output: "json" },
      { privateKeys: 1 },
      { onProgress: {} },
      { signal: true },
      5,
      new AbortController().signal,
    ];
    const found = wrong.map((options) => thrown(() => spark.executeMany([], "m", options)));
    found.push(thrown(() => spark.executeMany({}, "m")));
    const { executeMany } = spark;
    found.push(thrown(() => executeMany([])));
    const fine = await all(spark.executeMany([ask({ tag: "1" })], " M ", { size: 3, signal: undefined, timeout: null }));
    const missing = await all(spark.executeMany([ask({}), ask({})], "other"));
    await spark.destroy();
    return { found: found.map(({ class: name, path }) => [name, path]), fine: fine.map(shown), missing: missing.map(shown) };
  }, echo);
  const named = ["ordered", "stopOnError", "timeout", "timeout", "totalTimeout", "output", "privateKeys", "onProgress", "signal"];
  const paths = [...named.map((name) => `options.${name}`), "options", "options", "inputs", undefined];
  assert.deepEqual(got.found, paths.map((path) => ["BadRequestError", path]));
  assert.deepEqual(got.fine, [[0, "1"]]);
  assert.deepEqual(got.missing, [[0, "MODEL_NOT_FOUND"], [1, "MODEL_NOT_FOUND"]]);
  await page.workers(0);
});

test("an engine that suspends computes its records one at a time", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    const items = await all(spark.executeMany(tags(100), "m"));
    await spark.destroy();
    return items.map(shown);
  }, suspending);
  assert.deepEqual(got, Array.from({ length: 100 }, (_, tag) => [tag, String(tag)]));
  await page.workers(0);
});

test("batches of models that evict each other", async (page) => {
  const got = await run(page, async (binary) => {
    const models = ["a", "b", "c"].map((versionId) => ({ versionId, binary }));
    const spark = new Spark({ nodegenModels: models, offlineMaxService: 1 });
    let evicted = 0;
    spark.addEventListener("evict", () => evicted++);
    const found = await Promise.all(models.map(async ({ versionId }) => (await all(spark.executeMany(tags(200), versionId))).map(shown)));
    for (const { versionId } of models) found.push((await all(spark.executeMany(tags(200).values(), versionId))).map(shown));
    await spark.destroy();
    return { found, evicted };
  }, echo);
  for (const found of got.found) assert.deepEqual(found, Array.from({ length: 200 }, (_, tag) => [tag, String(tag)]));
  assert.ok(got.evicted >= 2, `${got.evicted}`);
  await page.workers(0);
});

test("answers beyond a chunk's text, in every alphabet: each comes whole", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    await all(spark.executeMany(tags(200), "m"));
    const sizes = [1, 70_000, 300_000, 3, 900_000, 40, 2_000_000];
    const texts = Array.from({ length: 120 }, (_, at) => ["x", "ü", "价", "😀"][at % 4].repeat(at % 10 === 0 ? sizes[(at / 10) % 7] : at));
    const items = await all(spark.executeMany(texts.map((tag) => ask({ tag })), "m"));
    const right = items.filter(({ index, response }) => response?.response_data.outputs.tag === texts[index]).length;
    await spark.destroy();
    return right;
  }, echo);
  assert.equal(got, 120);
  await page.workers(0);
});

test("destroy in the middle of a batch: its consumer hears of it, its source ends", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    let closed = 0;
    function* endless() {
      try {
        for (let tag = 0; ; tag++) yield ask({ tag: String(tag) });
      } finally {
        closed++;
      }
    }
    const found = [];
    const read = async (options) => {
      for await (const { index } of spark.executeMany(endless(), "m", options)) {
        found.push(index);
        if (index === 500) await spark.destroy();
      }
    };
    const errors = (await Promise.allSettled([read(), read({ ordered: false })])).map(({ reason }) => reason?.code);
    return { errors, closed, some: found.length > 500 };
  }, echo);
  assert.deepEqual(got, { errors: ["DESTROYED", "DESTROYED"], closed: 2, some: true });
  await page.workers(0);
});

test("a consumer that takes its time: what waits for it is bounded, and nothing is lost", async (page) => {
  const got = await run(page, async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    await all(spark.executeMany(tags(3000), "m"));
    let pulled = 0;
    function* source() {
      for (; pulled < 20_000; ) yield ask({ tag: String(pulled++) });
    }
    const found = [];
    let most = 0;
    for await (const item of spark.executeMany(source(), "m")) {
      found.push(shown(item));
      most = Math.max(most, pulled - found.length);
      if (item.index % 4000 === 0) await new Promise((turn) => setTimeout(turn, 20));
    }
    await spark.destroy();
    return { most, right: found.every(([index, tag]) => tag === String(index)), count: found.length };
  }, echo);
  assert.deepEqual([got.right, got.count], [true, 20_000]);
  assert.ok(got.most <= 7 * 512, `${got.most}`);
  await page.workers(0);
});
