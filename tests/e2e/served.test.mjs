// Our worker and our WebAssembly as files of the page's server, and workers that the page makes itself.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { at } from "../../scripts/lib/paths.mjs";
import { glue, packageWith } from "./lib/engines.mjs";
import { escapePackage } from "./lib/escape.mjs";
import { packageOf, PAGE, stage } from "./lib/stage.mjs";

const { test } = stage();
const { url } = packageOf("cylinder");
/** Nothing that deflates: with it a package is large enough to be unpacked apart. */
const PADDING = { name: "padding.bin", data: randomBytes(17 * 1024 * 1024), store: true };
const WORKER = "/own/worker.js";
const WASM = "/own/spark_execute.wasm";

/** The strictest policies with which everything works: of the page, and of the worker's own script. As the README says. */
const readme = readFileSync(at("README.md"), "utf8");
const [, OF_PAGE, STRICT_WORKER] = /^\| `workerUrl` \| `(.*?)` \| `(.*?)` \|$/m.exec(readme);
const STRICT = `default-src 'none'; ${OF_PAGE}; img-src data:`;

/** Serves page, worker and WebAssembly with these policies, and goes to the page. */
async function go(page, { policy = STRICT, workerPolicy = STRICT_WORKER, worker = readFileSync(at("dist", "worker.js")), wasm } = {}) {
  const csp = (policy) => (policy ? { "Content-Security-Policy": policy } : {});
  page.server.routes[WORKER] = { headers: csp(workerPolicy), body: worker };
  page.server.routes[WASM] = wasm ?? { body: readFileSync(at("dist", "spark_execute.wasm")) };
  page.server.routes["/own/page"] = { headers: csp(policy), body: PAGE };
  page.server.requests.length = 0;
  await page.go("/own/page");
}

/** One call with this configuration; gives its volume, or its error. */
const tryWith = (page, more, inputs = { radius: 1, height: 1 }) =>
  page.run(
    async ({ url, more, inputs }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }], ...more });
      const [end] = await outcomes([outputsOf(spark.execute(ask(inputs), "m"))]);
      await spark.destroy();
      return end.failed ?? end.volume;
    },
    { url, more, inputs },
  );

test("under the strictest policy, with workerUrl and wasmUrl", async (page) => {
  await go(page);
  assert.equal(await tryWith(page, { workerUrl: WORKER, wasmUrl: WASM }), Math.PI);
  assert.ok(page.requests(WORKER) > 0);
  assert.equal(page.requests(WASM), 1);
});

test("under the strictest policy, with workerUrl alone", async (page) => {
  await go(page);
  assert.equal(await tryWith(page, { workerUrl: WORKER }), Math.PI);
  assert.equal(page.requests(WASM), 0);
});

test("under the strictest policy a large package is unpacked apart, by the same file", async (page) => {
  await go(page);
  page.server.routes["/own/large.zip"] = { body: packageWith(glue(() => ({ response_data: { outputs: { volume: 1 } } })), PADDING) };
  const got = await page.run(async (workerUrl) => {
    const names = [];
    globalThis.Worker = class extends Worker {
      constructor(url, options) {
        super(url, options);
        names.push(options.name);
      }
    };
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: await bytesAt("/own/large.zip") }], workerUrl });
    const { volume } = await outputsOf(spark.execute(ask({}), "m"));
    await spark.destroy();
    return { volume, names };
  }, WORKER);
  assert.equal(got.volume, 1);
  assert.deepEqual(got.names.sort(), ["spark-execute replica", "spark-execute unpack"]);
});

test("wasmUrl alone: asked for once, by the first call; instances after it need no other", async (page) => {
  await go(page, { policy: "" });
  const got = await page.run(
    async ({ url, wasmUrl }) => {
      const make = () => new Spark({ nodegenModels: [{ versionId: "m", binary: url }], wasmUrl: new URL(wasmUrl, location.href) });
      const [idle, one, two] = [make(), make(), make()];
      const before = one.stats();
      const { volume } = await outputsOf(one.execute(ask({ radius: 1, height: 1 }), "m"));
      const more = await outcomes([two, make()].map((spark) => outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"))));
      const after = one.stats();
      for (const spark of [idle, one, two]) await spark.destroy();
      return { before, after, volumes: [volume, ...more.map(({ volume }) => volume)] };
    },
    { url, wasmUrl: WASM },
  );
  assert.deepEqual(got.volumes, [Math.PI, Math.PI, Math.PI]);
  for (const key of Object.keys(got.after[0])) assert.ok(key in got.before[0] || key === "times", key);
  assert.deepEqual([got.before[0].state, got.after[0].state], ["idle", "loaded"]);
  assert.equal(page.requests(WASM), 1);
});

test("calls that are made before the WebAssembly is there: all kinds of ends", async (page) => {
  await go(page, { policy: "" });
  const got = await page.run(
    async ({ url, wasmUrl }) => {
      const models = [{ versionId: "m", binary: url }];
      const spark = new Spark({ nodegenModels: models, wasmUrl });
      const events = [];
      spark.addEventListener("execute", ({ detail }) => events.push(detail.path));
      const request = ask({ radius: 1, height: 1 });
      const good = outputsOf(spark.execute(request, "m"));
      request.request_data.inputs.radius = 100;
      const controller = new AbortController();
      const aborted = refused(spark.execute(ask({}), "m", { signal: controller.signal }));
      controller.abort();
      const { response, cancellationToken } = spark.executeWithCancellationToken(ask({}), "m");
      cancellationToken.cancel();
      const cancelled = refused(response);
      const bad = refused(spark.execute(ask({ radius: NaN }), "m"));
      const unknown = refused(spark.execute(ask({}), "other"));
      const found = [(await good).volume, (await aborted).code, (await cancelled).code, (await bad).path, (await unknown).code];
      await spark.destroy();
      found.push((await refused(spark.execute(ask({}), "m"))).code);

      const late = new Spark({ nodegenModels: models, wasmUrl: `${wasmUrl}?2` });
      const end = refused(late.execute(ask({}), "m"));
      await late.destroy();
      found.push((await end).code);
      return { found, events };
    },
    { url, wasmUrl: WASM },
  );
  const expected = [Math.PI, "CANCELLED", "CANCELLED", "request_data.inputs.radius", "MODEL_NOT_FOUND", "DESTROYED", "DESTROYED"];
  assert.deepEqual(got.found, expected);
  assert.ok(got.events.includes("offline"), got.events.join());
});

test("a wrong configuration is refused by the first call where wasmUrl is used", async (page) => {
  await go(page, { policy: "" });
  const error = await page.run(async (wasmUrl) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/a.zip", replica: 0 }], wasmUrl });
    return refused(spark.execute(ask({}), "m"));
  }, WASM);
  assert.deepEqual([error.class, error.code, error.path], ["ConfigurationError", "CONFIG_INVALID", "nodegenModels[0].replica"]);
});

for (const [what, wasm] of [
  ["is not there", { status: 404 }],
  ["is something else", { body: "<!doctype html>" }],
  ["is of another version", { body: Buffer.concat([readFileSync(at("dist", "spark_execute.wasm")).subarray(0, -4), Buffer.from("past")]) }],
]) {
  test(`wasmUrl ${what}: a warning, and the WebAssembly of the script`, async (page) => {
    await go(page, { policy: "", wasm });
    page.ignoreConsole(/^Failed to load resource/);
    page.expectConsole(/wasmUrl .*spark_execute\.wasm.* is not the spark_execute\.wasm of this version/);
    assert.equal(await tryWith(page, { wasmUrl: WASM }), Math.PI);
  });
}

test("createWorker makes the workers, by name, under Trusted Types without our policy", async (page) => {
  await go(page, { policy: `${STRICT}; require-trusted-types-for 'script'; trusted-types own` });
  page.ignoreConsole(/TrustedTypePolicy named 'spark-execute'/);
  const got = await page.run(
    async ({ url, worker }) => {
      const own = trustedTypes.createPolicy("own", { createScriptURL: (url) => url });
      const asked = [];
      const createWorker = (options) => {
        asked.push(options);
        return new Worker(own.createScriptURL(worker), { name: options.name });
      };
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }], createWorker });
      const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"));
      await until(() => spark.stats()[0].replicas === 2);
      await spark.destroy();
      return { volume, asked };
    },
    { url, worker: WORKER },
  );
  assert.equal(got.volume, Math.PI);
  assert.deepEqual(got.asked, [{ name: "spark-execute replica" }, { name: "spark-execute replica" }]);
});

test("createWorker that throws, or gives no worker, is the call's error", async (page) => {
  const errors = await page.run(async (url) => {
    const errors = [];
    const broken = () => { throw new RangeError("none today"); };
    const { port1 } = new MessageChannel();
    for (const createWorker of [broken, () => { throw null; }, () => ({}), () => undefined, () => port1, async () => broken()]) {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }], createWorker });
      errors.push(await refused(spark.execute(ask({}), "m")));
      await spark.destroy();
    }
    return errors;
  }, url);
  for (const error of errors) {
    assert.deepEqual([error.class, error.code], ["BrowserError", "WORKER_START"]);
    assert.match(error.message, /createWorker .* must return, at once, a new Worker/);
  }
  const [broken, nothing, ...others] = errors;
  assert.deepEqual([broken.cause, nothing.cause], [{ name: "RangeError", message: "none today" }, null]);
  for (const { cause } of others) assert.match(cause.message, /createWorker must return a Worker/);
  assert.match(others.at(-1).cause.message, /found a promise/);
});

test("a policy that forbids workerUrl: the call names the directive and the address", async (page) => {
  await go(page, { policy: STRICT.replace("worker-src 'self'", "worker-src blob:") });
  page.expectConsole(/Content Security Policy/);
  const error = await tryWith(page, { workerUrl: WORKER });
  assert.deepEqual([error.class, error.code], ["BrowserError", "WORKER_BLOCKED"]);
  assert.match(error.message, /worker-src blocked http.*\/own\/worker\.js/);
  assert.match(error.message, /worker-src must allow/);
});

test("the worker's own policy without blob: scripts: the call names the directive", async (page) => {
  await go(page, { workerPolicy: STRICT_WORKER.replace("blob: ", "") });
  const error = await tryWith(page, { workerUrl: WORKER });
  assert.equal(error.code, "WORKER_BLOCKED");
  assert.match(error.message, /workerUrl.*script-src 'wasm-unsafe-eval' blob:/);
});

test("the worker's own policy without WebAssembly: the call names the directive", async (page) => {
  await go(page, { workerPolicy: STRICT_WORKER.replace(" 'wasm-unsafe-eval'", "") });
  const error = await tryWith(page, { workerUrl: WORKER });
  assert.equal(error.class, "BrowserError");
  assert.match(error.message, /script-src 'wasm-unsafe-eval'/);
});

test("workerUrl that is not there, or of another version, is the call's error", async (page) => {
  const text = readFileSync(at("dist", "worker.js"), "utf8");
  await go(page, { policy: "", worker: text.replace(/"[0-9a-f]{8}"/, '"00000000"') });
  const other = await tryWith(page, { workerUrl: WORKER });
  assert.deepEqual([other.class, other.code], ["BrowserError", "WORKER_START"]);
  assert.match(other.message, /worker\.js of another version/);
  page.ignoreConsole(/404/);
  const missing = await tryWith(page, { workerUrl: "/own/nothing.js" });
  assert.deepEqual([missing.class, missing.code], ["BrowserError", "WORKER_START"]);
  assert.match(missing.message, /workerUrl/);
});

const NOT_OURS = {
  "a page": "<!doctype html>",
  "another script": "postMessage({ type: 'ready' }); onmessage = () => {}",
  "one of another version": readFileSync(at("dist", "worker.js"), "utf8").replace(/"[0-9a-f]{8}"/, '"00000000"'),
  "a script that answers": "onmessage = () => postMessage('what?')",
  "a script that fails": "throw new Error('not today')",
  "a script that says nothing": "onmessage = () => {}",
  "a script that ends": "close()",
};

for (const [what, worker] of Object.entries(NOT_OURS)) {
  test(`workerUrl that gives ${what}: within the worker's own deadline the call says so`, async (page) => {
    await go(page, { policy: "", worker });
    page.server.routes["/own/large.zip"] = { body: packageWith(glue(() => ({})), PADDING) };
    const run = (more, options = {}) =>
      page.run(
        async ({ workerUrl, more, options }) => {
          const found = [];
          for (const binary of ["/tests/models/cylinder/cylinder.zip", await bytesAt("/own/large.zip")]) {
            for (const way of [{ workerUrl }, { createWorker: ({ name }) => new Worker(workerUrl, { name }) }]) {
              const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }], ...way, ...more });
              found.push(await refused(spark.execute(ask({}), "m", options)));
              await spark.destroy();
            }
          }
          return found;
        },
        { workerUrl: WORKER, more, options },
      );
    for (const error of await run({ timeout: 1000 })) {
      assert.deepEqual([error.class, error.code], ["BrowserError", "WORKER_START"], error.message);
      assert.match(error.message, /workerUrl or createWorker .* worker\.js of (this|another) version/);
      assert.doesNotMatch(error.message, /the model's package/);
      if (/fails/.test(what)) assert.match(error.cause.message, /not today/);
    }
    if (!/says nothing|ends/.test(what)) return;
    // It needs no worker: the page fetches meanwhile.
    assert.ok(page.requests("/tests/models/cylinder/cylinder.zip") > 0, "the package was not asked for");
    // A call that has less time than the worker has says what it waited for.
    for (const error of await run({}, { timeout: 100 })) {
      assert.equal(error.code, "TIMEOUT");
      assert.match(error.message, /its worker had not started.*workerUrl or createWorker/);
    }
  });
}

test("what the page fetches for a worker ends when it is out of time, and with destroy()", async (page) => {
  const closed = [];
  const hanging = (request, response) => {
    response.writeHead(200, { "Content-Length": 1_000_000 });
    response.write("PK");
    closed.push(new Promise((resolve) => response.once("close", resolve)));
  };
  const asked = async (count) => {
    while (closed.length < count) await new Promise((turn) => setTimeout(turn, 5));
  };
  await go(page, { policy: "" });
  page.server.routes["/own/hanging.zip"] = hanging;
  for (const way of ["workerUrl", "createWorker", "isolation"]) {
    closed.length = 0;
    const begin = (timeout) =>
      page.run(
        ({ way, url, timeout }) => {
          const ways = { workerUrl: url, createWorker: ({ name }) => new Worker(url, { name }), isolation: "sandbox" };
          const nodegenModels = [{ versionId: "m", binary: "/own/hanging.zip" }];
          globalThis.spark = new Spark({ nodegenModels, timeout, [way]: ways[way] });
          globalThis.ended = refused(spark.execute(ask({}), "m"));
        },
        { way, url: WORKER, timeout },
      );
    await begin(500);
    await asked(1);
    await closed[0];
    // The latter where our worker took even longer.
    assert.ok(["TIMEOUT", "WORKER_START"].includes(await page.run(async () => (await ended).code)));
    assert.equal(await page.run(() => spark.stats()[0].state), "idle");
    await page.run(() => spark.destroy());
    await begin(60_000);
    await asked(2);
    await page.run(() => spark.destroy());
    await closed[1];
    assert.equal(await page.run(async () => (await ended).code), "DESTROYED");
  }
});

test("a policy of the worker's own contains import() as well", async (page) => {
  await go(page);
  page.server.routes["/own/script.js"] = { body: "" };
  page.server.routes["/own/data.json"] = { body: "{}", headers: { "Content-Type": "application/json" } };
  page.server.routes["/own/curious.zip"] = { body: escapePackage() };
  const outputs = await page.run(
    async (workerUrl) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/own/curious.zip" }], workerUrl });
      let outputs = await outputsOf(spark.execute(ask({ import: `${location.origin}/own/script.js` }), "m"));
      await outputsOf(spark.execute(ask({ import: `${location.origin}/own/data.json` }), "m"));
      do outputs = await outputsOf(spark.execute(ask({}), "m"));
      while (outputs.open > 0);
      await spark.destroy();
      return outputs;
    },
    WORKER,
  );
  assert.deepEqual(outputs.reached, []);
  assert.equal(page.requests("/own/script.js"), 0);
});
