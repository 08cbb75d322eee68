// cache: true where something is wrong: entries that are damaged or gone, storage that fails, tabs that meet.
import assert from "node:assert/strict";
import { prepare, served, visit, visits } from "./lib/cache.mjs";
import { engine } from "./lib/engines.mjs";
import { stage } from "./lib/stage.mjs";

const { test, made } = stage();
const VOLUME = "62.832";

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

test("storage that never answers holds up neither calls nor whoever lists and clears", async (page) => {
  const binary = served(page, "/silent.zip", "cylinder");
  const silences = {
    open: () => (CacheStorage.prototype.open = () => new Promise(() => {})),
    put: () => (Cache.prototype.put = () => new Promise(() => {})),
  };
  for (const [name, fall] of Object.entries(silences)) {
    await visits(page);
    const got = await page.run(async ({ binary, fall }) => {
      const { setTimeout } = globalThis;
      // The patience that we have with storage, without the wait.
      globalThis.setTimeout = (work, ms, ...of) => setTimeout(work, ms === 10_000 ? 20 : ms, ...of);
      const { open } = CacheStorage.prototype;
      (0, eval)(fall)();
      const { outputs, status, reason } = await visit({ binary });
      CacheStorage.prototype.open = open;
      const { cache } = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
      return { volume: outputs.volume.toFixed(3), status, reason, list: (await cache.list()).length, cleared: await cache.clear() };
    }, { binary, fall: String(fall) });
    const status = name === "put" ? "miss,failed" : "failed";
    assert.deepEqual(got, { volume: VOLUME, status, reason: "Error: The storage does not answer.", list: 0, cleared: true }, name);
  }
});

test("version ids that mean something in addresses are ids like others", async (page) => {
  const binary = served(page, "/dots.zip", "cylinder");
  for (const versionId of [".", "..", "../m", "%2e", "a/b", "=", "__proto__"]) {
    for (const wanted of ["miss,stored", "hit"]) {
      await visits(page);
      const status = await page.run(async ({ binary, versionId }) => {
        const spark = new Spark({ nodegenModels: [{ versionId, binary }], cache: true });
        const told = watch(spark);
        await spark.execute(ask({ radius: 2, height: 5 }), versionId);
        const status = await settled(told);
        await spark.destroy();
        return status;
      }, { binary, versionId });
      assert.equal(status, wanted, versionId);
    }
    const left = await page.run(async ({ binary, versionId }) => {
      const { cache } = new Spark({ nodegenModels: [{ versionId, binary }] });
      const before = (await cache.list()).map((entry) => entry.versionId);
      return [before, await cache.clear(versionId), (await cache.list()).length];
    }, { binary, versionId });
    assert.deepEqual(left, [[versionId], true, 0]);
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
