// load(): a model is made ready before its first call.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { at } from "../../scripts/lib/paths.mjs";
import { onlineStage } from "./lib/online.mjs";
import { bytesOf, gate, packageOf, stage } from "./lib/stage.mjs";

const { test } = stage();
const online = onlineStage();
const cylinder = packageOf("cylinder");
const HALVES = [bytesOf("cylinder").subarray(0, 5000), bytesOf("cylinder").subarray(5000)];

/** Of a package that came over no network. */
const READY = { loaded: 0, total: undefined, phase: "ready" };

/** Serves a package whose second half waits for the gate; `asked` are the connections, each with a promise of its end. */
function slowly(page, path, { headers = {} } = {}) {
  const second = gate();
  const asked = [];
  page.server.routes[path] = async (request, response) => {
    const closed = new Promise((resolve) => response.once("close", resolve));
    asked.push(closed);
    response.writeHead(200, { "Content-Type": "application/zip", "Content-Length": HALVES[0].length + HALVES[1].length, ...headers });
    response.write(HALVES[0]);
    await second.promise;
    response.end(HALVES[1]);
  };
  return { second, asked };
}

test("a loaded model answers its first call without the network, and nothing was computed for it", async (page) => {
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url, replica: 2 }] });
    const events = [];
    for (const type of ["load", "ready", "execute"]) spark.addEventListener(type, () => events.push(type));
    const loaded = await spark.load(id.toUpperCase());
    const { state, replicas } = spark.stats()[0];
    const again = await spark.load(id);
    const { volume } = await outputsOf(spark.execute(ask({ radius: 2, height: 5 }), id));
    // Another replica may be ready before the one that loads.
    await until(() => spark.stats()[0].times?.total > 0);
    const [{ done, failed }] = spark.stats();
    await spark.destroy();
    return { loaded, state, replicas, again: again.state, volume, done, failed, events };
  }, cylinder);
  assert.deepEqual([got.state, got.again, got.done, got.failed], ["loaded", "loaded", 1, 0]);
  assert.ok(got.replicas >= 1);
  assert.deepEqual([got.loaded.versionId, got.loaded.state, got.loaded.done], [cylinder.id, "loaded", 0]);
  assert.ok(got.loaded.replicas >= 1 && got.loaded.memory > 0);
  assert.equal(got.volume.toFixed(3), "62.832");
  assert.deepEqual(got.events.slice(0, 2), ["load", "ready"]);
  assert.equal(got.events.filter((type) => type === "execute").length, 1, "a load is no call");
  assert.equal(page.requests(cylinder.url), 1);
});

test("loads and calls share one load, and whoever aborts ends alone", async (page) => {
  const { second, asked } = slowly(page, "/slow.zip");
  await page.run((id) => {
    globalThis.spark = new Spark({ nodegenModels: [{ versionId: id, binary: "/slow.zip" }] });
    const controllers = [new AbortController(), new AbortController()];
    globalThis.controllers = controllers;
    globalThis.aborted = controllers.map(({ signal }) => refused(spark.load(id, { signal })));
    globalThis.timedOut = refused(spark.load(id, { timeout: 50 }));
    globalThis.others = [spark.load(id), spark.execute(ask({ radius: 2, height: 5 }), id), spark.load(id)];
  }, cylinder.id);
  while (asked.length === 0) await new Promise((turn) => setTimeout(turn, 5));
  const [errors, late] = await page.run(async () => {
    controllers.forEach((controller, index) => controller.abort(new Error(`no ${index}`)));
    return [await Promise.all(aborted), await timedOut];
  });
  second.resolve();
  const states = await page.run(async () => {
    const [first, response, last] = await outcomes(others);
    await spark.destroy();
    return [first.state, response.response_data.outputs.volume.toFixed(3), last.state];
  });
  assert.deepEqual(states, ["loaded", "62.832", "loaded"]);
  for (const [index, error] of errors.entries()) {
    assert.deepEqual([error.class, error.code, error.cause.message], ["ExecuteCancelled", "CANCELLED", `no ${index}`]);
  }
  assert.deepEqual([late.class, late.code], ["TimeoutError", "TIMEOUT"]);
  // On a busy machine the worker may not have started by then.
  assert.match(late.message, /loading|not started/);
  assert.equal(page.requests("/slow.zip"), 1);
});

test("the load itself is dropped when nobody waits for it any more, and begins anew for the next", async (page) => {
  const { second, asked } = slowly(page, "/dropped.zip");
  await page.run((id) => {
    globalThis.spark = new Spark({ nodegenModels: [{ versionId: id, binary: "/dropped.zip" }] });
    globalThis.controllers = [new AbortController(), new AbortController()];
    globalThis.aborted = controllers.map(({ signal }) => refused(spark.load(id, { signal })));
  }, cylinder.id);
  while (asked.length === 0) await new Promise((turn) => setTimeout(turn, 5));
  const states = await page.run(async () => {
    const found = [];
    for (const [index, controller] of controllers.entries()) {
      controller.abort();
      await aborted[index];
      found.push(spark.stats()[0].state);
    }
    return found;
  });
  assert.deepEqual(states, ["loading", "idle"]);
  await asked[0];
  second.resolve();
  const state = await page.run(async (id) => {
    const { state } = await spark.load(id);
    await spark.destroy();
    return state;
  }, cylinder.id);
  assert.deepEqual([state, page.requests("/dropped.zip")], ["loaded", 2]);
});

test("onProgress tells bytes and phases, seldom, and at the end that the model is ready", async (page) => {
  const total = HALVES[0].length + HALVES[1].length;
  const heard = async (binary, path, headers) => {
    const { second, asked } = slowly(page, path, { headers });
    await page.run(({ id, binary }) => {
      globalThis.told = [];
      globalThis.spark = new Spark({ nodegenModels: [{ versionId: id, binary: (0, eval)(binary) }] });
      const onProgress = (progress) => told.push({ ...progress, at: performance.now() });
      globalThis.load = spark.load(id, { onProgress }).then(() => told.length);
    }, { id: cylinder.id, binary });
    while (asked.length === 0) await new Promise((turn) => setTimeout(turn, 5));
    second.resolve();
    return page.run(async () => {
      const before = await load;
      await spark.destroy();
      return { told, before };
    });
  };
  for (const [binary, path, headers, known] of [
    ['"/told.zip"', "/told.zip", {}, true],
    ['"/coded.zip"', "/coded.zip", { "Content-Encoding": "identity" }, false],
  ]) {
    const { told, before } = await heard(binary, path, headers);
    assert.equal(told.length, before, "all was told before the promise is fulfilled");
    assert.deepEqual([told[0].loaded, told[0].total, told[0].phase], [0, undefined, "fetch"]);
    const last = told.at(-1);
    assert.deepEqual([last.loaded, last.total, last.phase], [total, total, "ready"]);
    for (const [index, progress] of told.slice(1, -1).entries()) {
      assert.ok(progress.at - told[index].at >= 99, "at most ten a second");
      assert.ok(progress.loaded >= told[index].loaded && progress.loaded <= total);
      assert.ok(progress.total === total || (!known && progress.phase === "fetch") || progress.total === undefined);
    }
  }
  // Bytes that are there already come over no network; a model that is there already is ready.
  const got = await page.run(async ({ id, url }) => {
    const told = [];
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: await bytesAt(url) }] });
    await spark.load(id, { onProgress: (progress) => told.push(progress) });
    const first = told.splice(0);
    await spark.load(id, { onProgress: (progress) => told.push(progress) });
    await spark.destroy();
    return { last: first.at(-1), told };
  }, cylinder);
  assert.deepEqual(got, { last: READY, told: [READY] });
});

test("what onProgress throws ends nothing", async (page) => {
  const got = await page.run(async ({ id, url }) => {
    const thrown = [];
    addEventListener("error", (event) => (event.preventDefault(), thrown.push(event.error.message)));
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    const onProgress = ({ phase }) => {
      throw new Error(phase);
    };
    const { state } = await spark.load(id, { onProgress });
    await spark.destroy();
    return { state, first: thrown[0], last: thrown.at(-1) };
  }, cylinder);
  assert.deepEqual(got, { state: "loaded", first: "fetch", last: "ready" });
});

test("errors are those of execute", async (page) => {
  page.server.routes["/gone.zip"] = { status: 404 };
  page.ignoreConsole(/^Failed to load resource/);
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({
      nodegenModels: [
        { versionId: id, binary: url },
        { versionId: "gone", binary: "/gone.zip" },
        { versionId: "broken", binary: Uint8Array.of(1, 2, 3) },
      ],
    });
    const error = async (...of) => {
      const { class: type, code, path } = await refused(spark.load(...of));
      return [type, code, path].filter(Boolean).join(" ");
    };
    const found = {
      unknown: await error(id.slice(1)),
      none: await error(),
      options: await error({ timeout: 5 }),
      blank: await error("  "),
      number: await error(5),
      signal: await error(id, new AbortController().signal),
      noSignal: await error(id, { signal: 1 }),
      aborted: await error(id, { signal: AbortSignal.abort() }),
      timeout: await error(id, { timeout: 0 }),
      progress: await error(id, { onProgress: 1 }),
      gone: await error("gone"),
      broken: await error("broken"),
    };
    const states = spark.stats().map(({ state }) => state);
    const { load } = spark;
    found.bare = await refused(load(id)).then(({ code }) => code);
    await spark.destroy();
    found.destroyed = await error(id);
    return { found, states };
  }, cylinder);
  assert.deepEqual(got.found, {
    unknown: "MissingModelError MODEL_NOT_FOUND",
    none: "ParameterRequiredError VERSION_ID_MISSING versionId",
    options: "ParameterRequiredError VERSION_ID_MISSING versionId",
    blank: "ParameterRequiredError VERSION_ID_MISSING versionId",
    number: "BadRequestError REQUEST_INVALID versionId",
    signal: "BadRequestError REQUEST_INVALID options",
    noSignal: "BadRequestError REQUEST_INVALID options.signal",
    aborted: "ExecuteCancelled CANCELLED",
    timeout: "BadRequestError REQUEST_INVALID options.timeout",
    progress: "BadRequestError REQUEST_INVALID options.onProgress",
    gone: "PackageError BINARY_FETCH",
    broken: "PackageError ZIP_INVALID",
    bare: "REQUEST_INVALID",
    destroyed: "DestroyedError DESTROYED",
  });
  assert.deepEqual(got.states, ["idle", "idle", "idle"]);
});

test("destroy ends a load, and an unknown option is a warning", async (page) => {
  slowly(page, "/never.zip");
  page.expectConsole(/options\.onprogress is not a known option and is ignored/);
  const error = await page.run(async (id) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: "/never.zip" }] });
    const load = refused(spark.load(id, { onprogress: () => {} }));
    await spark.destroy();
    return load;
  }, cylinder.id);
  assert.equal(error.code, "DESTROYED");
});

test("with wasmUrl a load waits for our own WebAssembly", async (page) => {
  const got = await page.run(async ({ id, url }) => {
    const nodegenModels = [{ versionId: id, binary: url }];
    const spark = new Spark({ nodegenModels, wasmUrl: "/dist/spark_execute.wasm" });
    const told = [];
    const { state } = await spark.load(id, { onProgress: ({ phase }) => told.push(phase) });
    await spark.destroy();
    return [state, told[0], told.at(-1)];
  }, cylinder);
  assert.deepEqual(got, ["loaded", "fetch", "ready"]);
});

online.test("a model that only the endpoint has cannot be loaded, and says so", async (page, server) => {
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "here", binary: url }], sparkEndpoint: endpoint() });
    const error = await refused(spark.load(id));
    const { state } = await spark.load("here");
    await spark.destroy();
    return { error, state };
  }, cylinder);
  assert.deepEqual([got.error.class, got.error.code, got.state], ["MissingModelError", "MODEL_NOT_FOUND", "loaded"]);
  assert.match(got.error.message, /endpoint.*not loaded.*execute/);
  assert.deepEqual(server.calls, []);
});

test("the README's snippet", async (page) => {
  const [, code] = /\n## Warm starts\n.*?```js\n(.*?)```/s.exec(readFileSync(at("README.md"), "utf8"));
  page.server.routes["/models/volume-cylinder.zip"] = { headers: { "Content-Type": "application/zip" }, body: bytesOf("cylinder") };
  const logged = await page.run(async (code) => {
    const logged = { log: [], debug: [] };
    const log = { log: (text) => logged.log.push(text), debug: (...of) => logged.debug.push(of) };
    const Async = (async () => {}).constructor;
    const spark = await new Async("console", `${code}; return spark;`)(log);
    await spark.destroy();
    return logged;
  }, code);
  assert.deepEqual(logged.log, [JSON.parse(/console\.log\(.*\); \/\/ (.*)/.exec(code)[1])]);
  const { length } = bytesOf("cylinder");
  assert.deepEqual(logged.debug.at(-1), ["ready", length, length]);
});
