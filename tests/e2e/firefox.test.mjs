// A smoke run in stock Firefox: each part of the package that leans on the platform, once.
import assert from "node:assert/strict";
import { launch } from "../../scripts/lib/firefox.mjs";
import { served, visit } from "./lib/cache.mjs";
import { packageOf, packages, stage } from "./lib/stage.mjs";

const { test } = stage({ launch });

test("every package answers its defaults as the manifest says", async (page) => {
  const found = await page.run(
    async (models) => {
      const spark = new Spark({ nodegenModels: models, offlineMaxService: 3 });
      const found = {};
      for (const { versionId } of models) {
        found[versionId] = await outputsOf(spark.execute(ask({}), versionId)).then(Object.keys, describe);
      }
      await spark.destroy();
      return found;
    },
    packages.map(({ name }) => ({ versionId: packageOf(name).id, binary: packageOf(name).url })),
  );
  for (const { name, version_id, outputs } of packages) {
    assert.deepEqual([...found[version_id]].sort(), [...outputs].sort(), name);
  }
});

test("every kind of binary", async (page) => {
  const found = await page.run(async (url) => {
    const bytes = await bytesAt(url);
    const kinds = {
      text: base64(bytes),
      lines: base64(bytes).replace(/.{76}/g, "$&\r\n"),
      data: `data:application/zip;base64,${base64(bytes)}`,
      blob: new Blob([bytes]),
      file: new File([bytes], "model.zip"),
      buffer: bytes.buffer,
      view: bytes.subarray(0),
      response: await fetch(url),
      url: new URL(url, location.href),
      object: { url, headers: { "x-model": "1" }, credentials: "omit" },
      function: async () => fetch(url),
    };
    const spark = new Spark({
      nodegenModels: Object.entries(kinds).map(([versionId, binary]) => ({ versionId, binary })),
      offlineMaxService: 2,
    });
    const found = {};
    for (const id of Object.keys(kinds)) {
      found[id] = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id)).then(
        ({ volume }) => volume,
        describe,
      );
    }
    await spark.destroy();
    return found;
  }, packageOf("cylinder").url);
  assert.equal(Object.keys(found).length, 11);
  for (const [kind, volume] of Object.entries(found))
    assert.equal(volume, Math.PI, `${kind}: ${JSON.stringify(volume)}`);
});

test("replicas share the load; concurrent calls of an engine that suspends are right", async (page) => {
  const got = await page.run(
    async ({ counter, suspending }) => {
      const spark = new Spark({
        nodegenModels: [
          { versionId: "counter", binary: counter, replica: 2 },
          { versionId: "async", binary: suspending },
        ],
      });
      await spark.execute(ask({}), "counter");
      await until(() => spark.stats()[0].replicas === 2);
      const calls = Array.from({ length: 100 }, () => outputsOf(spark.execute(ask({}), "counter")));
      const instances = new Set((await Promise.all(calls)).map(({ instance }) => instance)).size;
      const heights = [1, 2, 3, 4, 5];
      const replies = await Promise.all(
        heights.map((height) =>
          outputsOf(spark.execute(ask({ radius: 1, height, target_service: `s${height}` }), "async")),
        ),
      );
      await spark.destroy();
      return { instances, names: replies.map(({ reply }) => JSON.parse(reply).metadata.name.at(-1)) };
    },
    { counter: packageOf("counter").url, suspending: packageOf("async").url },
  );
  assert.deepEqual(got, { instances: 2, names: ["1", "2", "3", "4", "5"] });
});

test("failures are told apart, calls can be cancelled, and the model works on", async (page) => {
  const got = await page.run(
    async ({ crash, slow }) => {
      const spark = new Spark({
        nodegenModels: [
          { versionId: "crash", binary: crash },
          { versionId: "slow", binary: slow },
          { versionId: "missing", binary: "/missing.zip" },
          { versionId: "text", binary: "not base64!!" },
        ],
      });
      const codes = {};
      let value = 0;
      for (const mode of ["trap", "throw", "abort", "deep_recursion", "invalid_utf8", "invalid_json"]) {
        codes[mode] = (await refused(spark.execute(ask({ mode }), "crash"))).code;
        value += (await outputsOf(spark.execute(ask({ value: 4 }), "crash"))).value;
      }
      for (const id of ["missing", "text", "nobody"]) codes[id] = (await refused(spark.execute(ask({}), id))).code;
      for (let call = 0; call < 3; call++) await refused(spark.execute(ask({ mode: "trap" }), "crash"));
      codes.often = (await refused(spark.execute(ask({}), "crash"))).code;
      await spark.execute(ask({ ms: 0 }), "slow");
      const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: 60_000 }), "slow");
      await until(() => spark.stats()[1].running === 1);
      cancellationToken.cancel();
      codes.cancelled = (await refused(response)).code;
      codes.late = (await refused(spark.execute(ask({ ms: 60_000 }), "slow", { timeout: 100 }))).code;
      const { tag } = await outputsOf(spark.execute(ask({ ms: 1, tag: "after" }), "slow"));
      const open = spark.execute(ask({ ms: 60_000 }), "slow");
      const last = refused(open);
      await spark.destroy();
      codes.destroyed = (await last).code;
      return { codes, value, tag };
    },
    { crash: packageOf("crash").url, slow: packageOf("slow").url },
  );
  assert.deepEqual(got, {
    codes: {
      trap: "ENGINE_TRAP",
      throw: "ENGINE_EXCEPTION",
      abort: "ENGINE_TRAP",
      deep_recursion: "ENGINE_TRAP",
      invalid_utf8: "RESPONSE_INVALID",
      invalid_json: "RESPONSE_INVALID",
      missing: "BINARY_FETCH",
      text: "BASE64_INVALID",
      nobody: "MODEL_NOT_FOUND",
      cancelled: "CANCELLED",
      late: "TIMEOUT",
      often: "CIRCUIT_OPEN",
      destroyed: "DESTROYED",
    },
    value: 24,
    tag: "after",
  });
});

test("a large package is unpacked apart", async (page) => {
  const got = await page.run(async (url) => {
    const names = [];
    const Native = Worker;
    globalThis.Worker = class extends Native {
      constructor(url, options) {
        super(url, options);
        names.push(options?.name);
      }
    };
    const small = await bytesAt(url);
    const bytes = new Uint8Array(20 * 1024 * 1024 + small.length);
    bytes.set(small, bytes.length - small.length);
    const spark = new Spark({
      nodegenModels: [
        { versionId: "m", binary: bytes },
        { versionId: "b", binary: new Blob([bytes]) },
      ],
    });
    const found = [];
    for (const id of ["m", "b"]) found.push((await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id))).volume);
    await spark.destroy();
    return { found, apart: names.filter((name) => /unpack/.test(name)).length };
  }, packageOf("cylinder").url);
  assert.deepEqual(got, { found: [Math.PI, Math.PI], apart: 2 });
});

test("a model that is kept needs no server at the second visit, and its engine is the same", async (page) => {
  const binary = served(page, "/kept.zip", "cylinder");
  const first = await visit(page, { binary, replica: 2 });
  assert.deepEqual([first.volume, first.status], ["62.832", "miss,stored"]);
  delete page.server.routes[binary];
  const second = await visit(page, { binary, replica: 2 });
  assert.deepEqual([second.volume, second.status, second.reason], ["62.832", "hit", undefined]);
  // Clocks are coarse there.
  assert.ok(second.times.cache >= 0);
  assert.deepEqual([second.times.fetch, second.times.unpack], [undefined, undefined]);
  assert.equal(page.requests(binary), 1);
  // Once it is cleared there is none.
  assert.equal(await page.run(() => new Spark({ nodegenModels: [{ versionId: "m", binary: "/" }] }).cache.clear("M")), true);
  const third = await visit(page, { binary });
  assert.deepEqual([third.failed, third.status], ["BINARY_FETCH", "miss"]);
});
