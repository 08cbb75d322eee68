// Replicas: one load for all of them, calls spread over them, order kept, nothing left behind.
import assert from "node:assert/strict";
import { engine, glue, packageWith } from "./lib/engines.mjs";
import { bytesOf, gate, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const counter = packageOf("counter");
const slow = packageOf("slow");
const cylinder = packageOf("cylinder");

test("a model loads once under fifty concurrent first calls", async (page) => {
  let asked = 0;
  page.server.routes["/counted.zip"] = () => {
    asked++;
    return { body: bytesOf("counter") };
  };
  const got = await page.run(async () => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/counted.zip", replica: 3 }] });
    const idle = spark.stats()[0].state;
    const calls = Array.from({ length: 50 }, (_, tag) => outputsOf(spark.execute(ask({ tag: String(tag) }), "m")));
    const loading = spark.stats()[0];
    const found = await Promise.all(calls);
    await until(() => spark.stats()[0].replicas === 3);
    const loaded = spark.stats()[0];
    await spark.destroy();
    return { idle, loading, loaded, tags: found.map(({ tag }) => tag) };
  });
  assert.equal(asked, 1);
  assert.deepEqual(
    got.tags,
    Array.from({ length: 50 }, (_, tag) => String(tag)),
    "each call got its own answer",
  );
  assert.equal(got.idle, "idle");
  assert.deepEqual([got.loading.state, got.loading.queued, got.loading.running], ["loading", 50, 0]);
  assert.deepEqual([got.loaded.state, got.loaded.queued, got.loaded.running, got.loaded.starting], ["loaded", 0, 0, 0]);
  assert.equal(got.loaded.memory, 3 * 16 * 1024 * 1024, "three engines, each with its own memory");
  await page.workers(0);
});

test("each replica is a worker and an instance of its own, and all get work", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 3 }] });
    await spark.execute(ask({}), "m");
    await until(() => spark.stats()[0].replicas === 3);
    // Before the burst: after it, a call that was posted to a second replica may still be computed there.
    const inTurn = [];
    for (let call = 0; call < 6; call++) inTurn.push((await outputsOf(spark.execute(ask({}), "m"))).instance);
    const found = await Promise.all(Array.from({ length: 300 }, () => outputsOf(spark.execute(ask({}), "m"))));
    globalThis.spark = spark;
    return { inTurn, found };
  }, counter.url);
  await page.workers(3);
  const instances = [...new Set(got.found.map(({ instance }) => instance))];
  assert.equal(instances.length, 3);
  for (const instance of instances) {
    const own = got.found.filter((one) => one.instance === instance).map(({ calls: count }) => count);
    assert.deepEqual(
      own,
      [...own].sort((a, b) => a - b),
      "first come, first served in each replica",
    );
    assert.equal(new Set(own).size, own.length, "no call is computed twice or lost");
  }
  assert.deepEqual(got.inTurn.slice(0, 3), got.inTurn.slice(3), "ties go round");
  assert.equal(new Set(got.inTurn).size, 3);
  await page.run(() => globalThis.spark.destroy());
  await page.workers(0);
});

test("a single replica computes its calls first come, first served", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    const settled = [];
    const calls = Array.from({ length: 200 }, (_, index) =>
      outputsOf(spark.execute(ask({ tag: String(index) }), "m")).then(({ tag, calls }) =>
        settled.push([Number(tag), calls]),
      ),
    );
    await Promise.all(calls);
    await spark.destroy();
    return settled;
  }, counter.url);
  assert.deepEqual(
    got,
    Array.from({ length: 200 }, (_, index) => [index, index + 1]),
  );
});

test("a short call never waits behind a long one while a replica is free", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }] });
    const run = (ms) => spark.execute(ask({ ms }), "m");
    await run(0);
    await until(() => spark.stats()[0].replicas === 2);
    // Short calls open the windows of both replicas.
    await Promise.all(Array.from({ length: 300 }, () => run(0)));
    const order = [];
    const long = run(1500).then(() => order.push("long"));
    const behind = Array.from({ length: 60 }, () => run(0).then(() => order.push("short")));
    await Promise.all(behind);
    const whileLong = [...order];
    await long;
    await spark.destroy();
    return { whileLong, order };
  }, slow.url);
  assert.equal(got.whileLong.length, 60);
  assert.ok(!got.whileLong.includes("long"), "all short calls ended before the long one");
});

test("a call goes to the replica with the fewest in flight", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 3 }] });
    const run = (ms) => spark.execute(ask({ ms }), "m");
    await run(0);
    await until(() => spark.stats()[0].replicas === 3);
    const order = [];
    const long = [run(1200), run(1200)].map((call) => call.then(() => order.push("long")));
    for (let call = 0; call < 30; call++) await run(1).then(() => order.push("short"));
    await Promise.all(long);
    await spark.destroy();
    return order;
  }, slow.url);
  assert.deepEqual(got, [...Array(30).fill("short"), "long", "long"]);
});

test("further replicas start from the compiled module, without the package", async (page) => {
  const zip = made("watched.zip", bytesOf("cylinder"));
  const got = await page.run(async (zip) => {
    const posted = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...more) {
      const modules = [];
      const look = (value) => {
        if (value instanceof WebAssembly.Module) modules.push(value);
        else if (value !== null && typeof value === "object" && !(value instanceof Blob))
          Object.values(value).forEach(look);
      };
      look(message);
      posted.push(...modules.map((module) => [this, module]));
      return postMessage.call(this, message, ...more);
    };
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip, replica: 3 }] });
    await spark.execute(ask({}), "m");
    await until(() => spark.stats()[0].replicas === 3);
    await spark.destroy();
    Worker.prototype.postMessage = postMessage;
    const isEngine = (module) => WebAssembly.Module.exports(module).some(({ name }) => name === "node_calc_v3");
    const engines = posted.filter(([, module]) => isEngine(module));
    return {
      workers: new Set(posted.map(([worker]) => worker)).size,
      engines: engines.length,
      distinct: new Set(engines.map(([, module]) => module)).size,
    };
  }, zip);
  assert.deepEqual(got, { workers: 3, engines: 2, distinct: 1 });
  assert.equal(page.requests(zip), 1);
});

test("the first call is answered while further replicas are still starting", async (page) => {
  // Every engine after the first one waits for the test before it is ready.
  const wait = `var Engine = Module;
    var Module = async (options) => {
      const engine = await Engine(options);
      const asked = await fetch("ORIGIN/started");
      if ((await asked.text()) !== "first") await fetch("ORIGIN/released");
      return engine;
    };`.replaceAll("ORIGIN", page.server.url);
  const counting = glue((text, { calls }) => ({ response_data: { outputs: { calls } } }));
  let started = 0;
  const release = gate();
  page.server.routes["/started"] = () => ({ body: started++ === 0 ? "first" : "later" });
  page.server.routes["/released"] = async () => {
    await release.promise;
    return { body: "now" };
  };
  const zip = made("gated.zip", packageWith(counting + wait));
  page.expectConsole(/lockdown is false/);
  const got = await page.run(async (zip) => {
    // Or the glue could not ask the server.
    globalThis.spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip, replica: 3 }], lockdown: false });
    const found = [];
    for (let call = 0; call < 5; call++) found.push((await outputsOf(spark.execute(ask({}), "m"))).calls);
    const { replicas, starting } = spark.stats()[0];
    return { found, replicas, starting };
  }, zip);
  assert.deepEqual(got, { found: [1, 2, 3, 4, 5], replicas: 1, starting: 2 });
  release.resolve();
  await page.run(async () => {
    await until(() => spark.stats()[0].replicas === 3);
    await spark.destroy();
  });
});

test("a replica that crashes is replaced; the calls behind it are computed", async (page) => {
  const zip = made(
    "fragile.zip",
    engine((text, shared) => {
      const { crash, tag } = JSON.parse(text).request_data.inputs;
      if (crash) throw new WebAssembly.RuntimeError("unreachable");
      return { response_data: { outputs: { tag, calls: shared.calls } } };
    }),
  );
  const got = await page.run(async (zip) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip }] });
    for (let call = 0; call < 50; call++) await spark.execute(ask({}), "m");
    const inputs = Array.from({ length: 40 }, (_, tag) => ({ tag, crash: tag === 3 }));
    const found = await outcomes(inputs.map((one) => outputsOf(spark.execute(ask(one), "m"))));
    await spark.destroy();
    return found;
  }, zip);
  assert.equal(got[3].failed.code, "ENGINE_TRAP");
  const others = got.filter((_, index) => index !== 3);
  assert.deepEqual(
    others.map(({ tag }) => tag),
    Array.from({ length: 40 }, (_, tag) => tag).filter((tag) => tag !== 3),
  );
  assert.deepEqual(
    others.slice(0, 3).map(({ calls }) => calls),
    [51, 52, 53],
  );
  assert.equal(others[3].calls, 1, "a new instance computes what came after");
});

test("twenty thousand calls leave nothing behind", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }] });
    let sum = 0;
    for (let round = 0; round < 10; round++) {
      const calls = Array.from({ length: 2000 }, (_, height) => spark.execute(ask({ radius: 1, height }), "m"));
      for (const response of await Promise.all(calls)) sum += response.response_data.outputs.volume;
    }
    const { queued, running, memory } = spark.stats()[0];
    await spark.destroy();
    return { sum, queued, running, memory };
  }, cylinder.url);
  assert.ok(Math.abs(got.sum - 10 * Math.PI * 1999 * 1000) < 1e-3, String(got.sum));
  assert.deepEqual([got.queued, got.running, got.memory], [0, 0, 2 * 16 * 1024 * 1024]);
  await page.workers(0);
});

test("replicas for which there is no memory are told once, and an error says what to do", async (page) => {
  // One engine on this page gets memory, as long as it lives.
  const js = `${glue(() => ({ response_data: { outputs: {} } }))}
    var start = Module;
    Module = (options) => new Promise((resolve, reject) => {
      navigator.locks.request("memory", { ifAvailable: true }, (lock) => {
        if (!lock) return reject(new RangeError("WebAssembly.instantiate(): Out of memory"));
        start(options).then(resolve, reject);
        return new Promise(() => {});
      });
    });`;
  const zip = made("one.zip", packageWith(js));
  page.expectConsole(/nodegenModels\[0\] has fewer replicas than the 4 configured.*Configure fewer replicas/);
  for (let instance = 0; instance < 2; instance++) page.expectConsole(/lockdown is false/);
  const got = await page.run(async (binary) => {
    // Or the glue would have no locks.
    const lockdown = false;
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 4 }], lockdown });
    await spark.execute(ask({}), "m");
    await until(() => spark.stats()[0].starting === 0);
    const { replicas } = spark.stats()[0];
    const other = new Spark({ nodegenModels: [{ versionId: "m", binary }], lockdown });
    const error = await refused(other.execute(ask({}), "m"));
    await other.destroy();
    await spark.destroy();
    return { replicas, error };
  }, zip);
  assert.equal(got.replicas, 1);
  assert.equal(got.error.code, "OUT_OF_MEMORY");
  assert.match(got.error.message, /destroy\(\) instances/);
});
