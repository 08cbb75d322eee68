// cache: true: a second visit needs no network and no unzip; what is kept is looked after.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { at } from "../../scripts/lib/paths.mjs";
import { prepare, served, visits } from "./lib/cache.mjs";
import { engine } from "./lib/engines.mjs";
import { bytesOf, gate, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const cylinder = packageOf("cylinder");
const sum = (bytes) => `sha256-${createHash("sha256").update(bytes).digest("base64")}`;
const VOLUME = "62.832";

/** A visit with one model; gives what it computed in short. */
async function visit(page, model, more, input) {
  await visits(page);
  const { outputs, failed, status, reason, times } = await page.run(
    ({ model: { own, ...model }, more, input }) => visit({ ...model, ...(own && { binary: (0, eval)(own) }) }, more, input),
    { model, more, input },
  );
  return { volume: outputs?.volume?.toFixed?.(3), outputs, failed, status, reason, times };
}

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

/** What may have become of an entry: each changes it, or puts another one in its place. */
const DAMAGE = {
  "a byte of the engine": ({ bytes }) => (bytes[bytes.length - 100] ^= 1, bytes),
  "a byte of the glue": ({ bytes, text }) => (bytes[text + 50] ^= 1, bytes),
  "a byte of its text": ({ bytes }) => (bytes[20] ^= 1, bytes),
  "its end": ({ bytes }) => bytes.subarray(0, bytes.length - 1),
  "all of it": () => new Uint8Array(0),
  "its headers": ({ bytes, headers }) => ([...headers.keys()].forEach((name) => headers.delete(name)), bytes),
  "the place where its text ends": ({ bytes, headers, text }) => (headers.set("x-text", text + 1), bytes),
};

for (const [what, damage] of Object.entries(DAMAGE)) {
  test(`an entry that lost ${what} is dropped, and the package loaded anew`, async (page) => {
    const binary = served(page, `/${what.replaceAll(" ", "-")}.zip`, "cylinder");
    await visit(page, { binary });
    await page.run(async (damage) => {
      const [{ cache, request, response }] = await kept();
      const headers = new Headers(response.headers);
      const text = Number(headers.get("x-text"));
      const bytes = (0, eval)(damage)({ bytes: new Uint8Array(await response.arrayBuffer()), headers, text });
      await cache.put(request, new Response(bytes, { headers }));
    }, String(damage));
    const second = await visit(page, { binary });
    assert.deepEqual([second.volume, second.status], [VOLUME, "dropped,stored"]);
    assert.ok(second.reason.length > 5, "it says why");
    const third = await visit(page, { binary });
    assert.deepEqual([third.volume, third.status, page.requests(binary)], [VOLUME, "hit", 2]);
  });
}

test("an entry that goes between being found and being read is a miss", async (page) => {
  const binary = served(page, "/gone.zip", "cylinder");
  await visit(page, { binary });
  await visits(page);
  const got = await page.run(async (binary) => {
    const { match } = Cache.prototype;
    Cache.prototype.match = async function (request) {
      await this.delete(request);
      return match.call(this, request);
    };
    const first = await visit({ binary });
    const { length } = await new Spark({ nodegenModels: [{ versionId: "m", binary }] }).cache.list();
    return { status: first.status, volume: first.outputs.volume.toFixed(3), length };
  }, binary);
  assert.deepEqual(got, { status: "miss,stored", volume: VOLUME, length: 0 });
});

test("storage that is denied, or is not there, or has no room, fails no call and is told", async (page) => {
  const binary = served(page, "/denied.zip", "cylinder");
  const denials = {
    open: ["SecurityError", () => (CacheStorage.prototype.open = () => Promise.reject(new DOMException("no", "SecurityError")))],
    none: ["no Cache Storage", () => Object.defineProperty(globalThis, "caches", { value: undefined })],
    keys: ["UnknownError", () => (Cache.prototype.keys = () => Promise.reject(new DOMException("no", "UnknownError")))],
    access: ["SecurityError", () => Object.defineProperty(globalThis, "caches", { get() { throw new DOMException("no", "SecurityError"); } })],
    put: ["QuotaExceededError", () => (Cache.prototype.put = () => Promise.reject(new DOMException("no", "QuotaExceededError")))],
    sum: ["digest", () => (SubtleCrypto.prototype.digest = () => { throw new TypeError("digest"); })],
  };
  for (const [name, [reason, deny]] of Object.entries(denials)) {
    await visits(page);
    const got = await page.run(async ({ binary, deny }) => {
      (0, eval)(deny)();
      const { outputs, status, reason } = await visit({ binary });
      const { cache } = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
      return { volume: outputs.volume.toFixed(3), status, reason, list: (await cache.list()).length, cleared: await cache.clear("m") };
    }, { binary, deny: String(deny) });
    assert.equal(got.volume, VOLUME, name);
    assert.equal(got.status, name === "put" ? "miss,failed" : "failed", name);
    assert.ok(got.reason.includes(reason), `${name}: ${got.reason}`);
    assert.deepEqual([got.list, got.cleared], [0, ["none", "put", "sum"].includes(name)], name);
  }
});

test("a real quota that is used up fails no call", async (page) => {
  const binary = served(page, "/quota.zip", "cylinder");
  await visits(page);
  const session = await page.native.context().newCDPSession(page.native);
  await session.send("Storage.overrideQuotaForOrigin", { origin: page.server.url, quotaSize: 50_000 });
  const { volume, status, reason } = await visit(page, { binary });
  assert.deepEqual([volume, status], [VOLUME, "miss,failed"]);
  assert.match(reason, /Quota/);
});

test("two tabs that load one model at once both answer, and one entry is left", async (page) => {
  const binary = served(page, "/tabs.zip", "cylinder");
  const other = served(page, "/tabs-other.zip", "counter");
  const context = await page.native.context().browser().newContext();
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const tab of [first, second]) {
    await tab.goto(`${page.server.url}/page`);
    await tab.evaluate(prepare);
  }
  const run = (native, model) => native.evaluate(async (model) => {
    const { failed, status } = await visit(model);
    return [failed, status];
  }, model);
  const both = await Promise.all([run(first, { binary }), run(second, { binary })]);
  for (const [failed, status] of both) {
    assert.equal(failed, undefined);
    assert.match(status, /^(miss,stored|hit)$/);
  }
  assert.equal(await first.evaluate(async () => (await kept()).length), 1);
  const clash = await Promise.all([run(first, { binary }), run(second, { binary: other })]);
  for (const [failed] of clash) assert.equal(failed, undefined);
  const list = await first.evaluate(async () => (await kept()).length);
  assert.ok(list <= 1, "one for a version id");
  await context.close();
});

test("a model that does not start, and a package that is refused, are not kept", async (page) => {
  const broken = made("broken.zip", engine(() => ({}), () => { throw new Error("never"); }));
  const none = made("none.zip", Buffer.from("no zip"));
  for (const [binary, code] of [[broken, "GLUE_FAILED"], [none, "ZIP_INVALID"]]) {
    const { failed, status } = await visit(page, { binary });
    assert.deepEqual([failed, status], [code, "miss"]);
  }
  assert.equal(await page.run(async () => (await kept()).length), 0);
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
  assert.deepEqual(got.still, ["loaded", VOLUME]);
  assert.deepEqual(got.rest, [true, [], true, true]);
});

test("destroying while the cache is read, or written, leaves nothing behind", async (page) => {
  const binary = served(page, "/destroyed.zip", "cylinder");
  await visit(page, { binary });
  await visits(page);
  const code = await page.run(async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }], cache: true });
    const load = refused(spark.load("m"));
    await spark.destroy();
    const { code } = await load;
    await new Promise((turn) => setTimeout(turn, 0));
    return code;
  }, binary);
  assert.equal(code, "DESTROYED");
  await page.workers(0);
  const { volume, status } = await visit(page, { binary });
  assert.deepEqual([volume, status], [VOLUME, "hit"]);
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

test("in a frame without an origin there is no storage, and calls are answered", async (page) => {
  const binary = served(page, "/insecure.zip", "cylinder");
  page.server.routes[binary].headers["Access-Control-Allow-Origin"] = "*";
  await visits(page);
  const got = await page.run(async (binary) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.srcdoc = `<script src="${location.origin}/dist/browser.js"></script><script>
      const told = [];
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "${location.origin}${binary}" }], cache: true });
      spark.addEventListener("cache", ({ detail }) => told.push(detail.status + " " + detail.reason));
      const done = (text) => parent.postMessage([text, ...told], "*");
      spark.load("m").then(({ state }) => setTimeout(() => done(state), 100), (error) => done(error.code + error.message + error.details));
    </script>`;
    const heard = new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }));
    document.body.append(frame);
    const data = await heard;
    frame.remove();
    return data;
  }, binary);
  assert.equal(got[0], "loaded");
  assert.match(got[1], /^failed SecurityError/);
  assert.equal(got.length, 2);
});
