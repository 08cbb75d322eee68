// cache: true: a second visit needs no network and no unzip; what is kept is looked after.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { at } from "../../scripts/lib/paths.mjs";
import { served, visit, visits } from "./lib/cache.mjs";
import { bytesOf, packageOf, stage } from "./lib/stage.mjs";

const { test } = stage();
const cylinder = packageOf("cylinder");
const sum = (bytes) => `sha256-${createHash("sha256").update(bytes).digest("base64")}`;
const VOLUME = "62.832";

test("a second visit makes no request for the model at all", async (page) => {
  const binary = served(page, "/second.zip", "cylinder");
  const input = { request_data: { inputs: { radius: 2, height: 5 } }, request_meta: { service_category: "metadata,formspec" } };
  const first = await visit(page, { binary, replica: 2 }, {}, input);
  assert.equal(first.status, "miss,stored");
  assert.ok(first.times.fetch > 0 && first.times.unpack > 0 && first.times.cache === undefined);
  const before = page.server.requests.length;
  const second = await visit(page, { binary, replica: 2 }, {}, input);
  assert.equal(second.status, "hit");
  assert.ok(second.times.cache > 0 && second.times.verify > 0 && second.times.compile > 0);
  assert.deepEqual([second.times.fetch, second.times.unpack], [undefined, undefined]);
  assert.deepEqual(second.outputs, first.outputs, "the package's own texts, too");
  assert.deepEqual(page.server.requests.slice(before).filter((path) => !/^\/(page|dist|tests)/.test(path)), []);
  assert.equal(page.requests(binary), 1);
});

test("it needs no server: not for further replicas, nor after an eviction, nor by the name that its package has", async (page) => {
  const named = served(page, "/named.zip", "cylinder-export-two");
  const other = served(page, "/other.zip", "counter");
  const work = async ([named, other]) => {
    const nodegenModels = [
      { versionId: "69bb53ee-5ce1-4f49-ab0c-ded48dbb6f70", binary: named, replica: 2 },
      { versionId: "b", binary: other },
    ];
    const spark = new Spark({ nodegenModels, cache: true, offlineMaxService: 1 });
    const told = watch(spark);
    const calls = [0, 1, 0, 1].map((index) => nodegenModels[index].versionId);
    for (const id of calls) {
      const { state } = await spark.load(id);
      if (state !== "loaded") throw new Error(state);
      await settled(told);
    }
    await spark.destroy();
    return told;
  };
  await visits(page);
  assert.deepEqual(await page.run(work, [named, other]), ["miss", "stored", "miss", "stored", "hit", "hit"]);
  await visits(page);
  assert.deepEqual(await page.run(work, [named, other]), ["hit", "hit", "hit", "hit"]);
  assert.deepEqual([page.requests(named), page.requests(other)], [1, 1]);
});

test("nothing is kept unless it is asked for, of all models or of one", async (page) => {
  const binary = served(page, "/asked.zip", "cylinder");
  await visits(page);
  const got = await page.run(async (binary) => {
    const run = async (config) => {
      const spark = new Spark(config);
      const told = watch(spark);
      await spark.load("m");
      if (config.waits) await settled(told);
      await spark.destroy();
      const found = [told.join(), (await spark.cache.list()).length];
      await spark.cache.clear();
      return found;
    };
    const model = { versionId: "m", binary };
    return [
      await run({ nodegenModels: [model] }),
      await run({ nodegenModels: [{ ...model, cache: false }], cache: true }),
      await run({ nodegenModels: [{ ...model, cache: true }], get waits() { return true; } }),
    ];
  }, binary);
  page.expectConsole(/waits is not a known field/);
  assert.deepEqual(got, [["", 0], ["", 0], ["miss,stored", 1]]);
});

test("with integrity the package is named by its sum: nothing is asked for, from wherever it comes", async (page) => {
  const binary = served(page, "/sum.zip", "cylinder");
  const integrity = sum(bytesOf("cylinder"));
  const asked = 'async () => (globalThis.asked = 1, bytesAt("/sum.zip"))';
  const first = await visit(page, { own: asked, integrity });
  assert.deepEqual([first.volume, first.status], [VOLUME, "miss,stored"]);
  for (const model of [{ own: asked }, { binary }, { binary: { url: binary, headers: { "x-key": "1" } } }]) {
    const { volume, status } = await visit(page, { ...model, integrity });
    assert.deepEqual([volume, status, await page.run(() => globalThis.asked)], [VOLUME, "hit", undefined]);
  }
  assert.equal(page.requests(binary), 1);
  // Of bytes that are there already, too; and not under another sum.
  const bytes = await visit(page, { own: "new Blob([])", integrity });
  assert.deepEqual([bytes.volume, bytes.status], [VOLUME, "hit"]);
  const other = await visit(page, { binary, integrity: sum(bytesOf("counter")) });
  assert.deepEqual([other.failed, other.status], ["INTEGRITY_MISMATCH", "miss"]);
  assert.equal(page.requests(binary), 2);
});

test("what has no name is not kept, and where that was asked for, a warning says so", async (page) => {
  await visits(page);
  page.expectConsole(/nodegenModels\[0\]\.cache has no effect without an address or `integrity`/);
  const got = await page.run(async (url) => {
    const bytes = await bytesAt(url);
    const found = [];
    for (const [binary, own] of [[bytes, {}], [new Blob([bytes]), { cache: true }], [() => bytes, { cache: true }], [URL.createObjectURL(new Blob([bytes])), {}]]) {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, ...own }], cache: true });
      const told = watch(spark);
      await spark.load("m");
      await spark.destroy();
      if (typeof binary === "string") URL.revokeObjectURL(binary);
      found.push(told.length, (await spark.cache.list()).length);
    }
    return found;
  }, cylinder.url);
  assert.deepEqual(got, [0, 0, 0, 0, 0, 0, 0, 0]);
});

test("what decides how a package is read, and who asks for it, is part of its name; no secret is kept", async (page) => {
  const path = "/private.zip?signature=s3cr3t-in-the-query";
  served(page, "/private.zip", "cylinder");
  const as = (user, more) => ({ binary: { url: path, headers: { Authorization: `Bearer s3cr3t-of-${user}` } }, ...more });
  const runs = [];
  const run = async (model) => runs.push((await visit(page, model)).status);
  await run(as("ann"));
  await run(as("ann"));
  await run(as("bob"));
  await run(as("ann"));
  await run({ binary: path });
  await run({ binary: { url: path, credentials: "include" } });
  await run({ binary: path, memoryLimit: 512 * 1024 ** 2 });
  await run({ binary: path, memoryLimit: 512 * 1024 ** 2 });
  await run({ binary: path });
  const [stored, hit] = ["miss,stored", "hit"];
  assert.deepEqual(runs, [stored, hit, stored, stored, stored, stored, stored, hit, stored]);
  const { told, sources } = await page.run(async () => {
    const entries = await kept();
    const told = [];
    for (const { request, response } of entries) {
      const texts = new TextDecoder().decode(await response.clone().arrayBuffer());
      told.push(request.url, JSON.stringify([...request.headers, ...response.headers]), texts);
    }
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/x.zip" }] });
    return { told: decodeURIComponent(escape(encodeURI(told.join()))), sources: (await spark.cache.list()).map(({ source }) => source) };
  });
  assert.ok(!told.includes("s3cr3t"));
  assert.deepEqual(sources, [`${page.server.url}/private.zip`], "one for a version id");
});

test("a limit of memory holds for what is kept as well", async (page) => {
  const binary = served(page, "/hog.zip", "hog");
  const limited = { binary, memoryLimit: 64 * 1024 ** 2 };
  const input = { request_data: { inputs: { grow_mb: 512 } } };
  const first = await visit(page, limited, {}, { request_data: { inputs: {} } });
  assert.equal(first.status, "miss,stored");
  const second = await visit(page, limited, {}, input);
  assert.equal(second.failed, "MEMORY_LIMIT");
  assert.equal(second.status, "hit");
});

test("the README's snippet: the first visit keeps the model, list and clear wait until it is", async (page) => {
  const [, section] = /\n## Warm starts\n(.*?)\n## /s.exec(readFileSync(at("README.md"), "utf8"));
  const code = section.split("```js\n")[2].split("```")[0];
  served(page, "/models/volume-cylinder.zip", "cylinder");
  const run = async (code) => {
    await visits(page);
    return page.run(async (code) => {
      const told = [];
      const Async = (async () => {}).constructor;
      const spark = await new Async("console", `${code}; return spark;`)({ debug: (...of) => told.push(of) });
      await spark.destroy();
      return told;
    }, code);
  };
  const { id } = cylinder;
  const first = await run(code);
  assert.deepEqual(first.slice(0, 2), [[id, "miss", ""], [id, "stored", ""]]);
  assert.deepEqual(first[2].slice(0, 2), [id, `${page.server.url}/models/volume-cylinder.zip`]);
  assert.equal(await page.run(async () => (await kept()).length), 0, "it was cleared");
  const kept = code.replace(/^await spark\.cache\.clear.*$/m, "");
  assert.notEqual(kept, code);
  await run(kept);
  assert.deepEqual((await run(kept))[0], [id, "hit", ""]);
});

test("list and clear", async (page) => {
  const binary = served(page, "/list.zip", "cylinder");
  await visits(page);
  const got = await page.run(async (binary) => {
    const ids = ["One / ü", "two", "three"];
    const began = Date.now();
    const spark = new Spark({ nodegenModels: ids.map((versionId) => ({ versionId, binary })), cache: true });
    for (const id of ids) {
      const told = watch(spark);
      await spark.load(id);
      await settled(told);
    }
    const list = async () => (await spark.cache.list()).map(({ versionId }) => versionId);
    const [first] = await spark.cache.list();
    const found = { first: { ...first, storedAt: first.storedAt >= began && first.storedAt <= Date.now() }, all: await list() };
    found.cleared = [await spark.cache.clear("ONE / ü"), await spark.cache.clear("nobody"), await list()];
    found.wrong = [];
    for (const id of [5, null, {}, ["two"]]) found.wrong.push(await refused(spark.cache.clear(id)));
    found.kept = await list();
    const { state } = spark.stats()[0];
    const { volume } = await outputsOf(spark.execute(ask({ radius: 2, height: 5 }), "one / ü"));
    found.still = [state, volume.toFixed(3)];
    await caches.open("of the page itself");
    found.rest = [await spark.cache.clear(), await list(), await caches.has("of the page itself"), Object.isFrozen(spark.cache)];
    await spark.destroy();
    return found;
  }, binary);
  assert.ok(got.first.bytes > 100_000);
  assert.deepEqual({ ...got.first, bytes: 0 }, { versionId: "One / ü", source: `${page.server.url}/list.zip`, bytes: 0, storedAt: true });
  assert.deepEqual(got.all, ["One / ü", "two", "three"]);
  assert.deepEqual(got.cleared, [true, true, ["two", "three"]]);
  for (const wrong of got.wrong) assert.deepEqual([wrong.class, wrong.path], ["BadRequestError", "versionId"]);
  assert.deepEqual(got.kept, ["two", "three"]);
  assert.deepEqual(got.still, ["loaded", VOLUME]);
  assert.deepEqual(got.rest, [true, [], true, true]);
});

test("a package unpacked apart, workers from an address, and workers in a frame keep models as well", async (page) => {
  served(page, "/ways.zip", "cylinder");
  // Large enough for a worker of its own.
  const padded = Buffer.concat([Buffer.alloc(17 * 1024 * 1024, "x"), bytesOf("cylinder")]);
  page.server.routes["/padded.zip"] = { headers: { "Content-Type": "application/zip" }, body: padded };
  const ways = [
    [{ own: '() => fetch("/padded.zip")', integrity: sum(padded) }, {}],
    [{ binary: "/ways.zip" }, { workerUrl: "/dist/worker.js" }],
    [{ binary: "/ways.zip" }, { isolation: "sandbox" }],
  ];
  for (const [model, more] of ways) {
    await visits(page);
    await page.run(() => caches.delete("spark-execute 1"));
    const found = [await visit(page, model, more), await visit(page, model, more)];
    assert.deepEqual(found.map(({ volume, status }) => [volume, status]), [[VOLUME, "miss,stored"], [VOLUME, "hit"]]);
  }
  assert.deepEqual([page.requests("/padded.zip"), page.requests("/ways.zip")], [1, 2]);
});
