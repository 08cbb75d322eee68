// The pages a package finds itself in: with a Content Security Policy, isolated, without workers, inside a worker, with
// objects of other windows, with prototypes that others have extended.
import assert from "node:assert/strict";
import { ISOLATED } from "../../scripts/lib/serve.mjs";
import { packageOf, PAGE, stage } from "./lib/stage.mjs";

const { test } = stage();
const { url } = packageOf("cylinder");

/** Serves the test page with these headers at a path, and goes there. */
const goWith = (page, path, headers) => {
  page.server.routes[path] = { body: PAGE, headers };
  return page.go(path);
};

/** What `new Spark` throws, or what a call ends with. */
const tryIn = (page, more) =>
  page.run(
    async ({ url, more }) => {
      let spark;
      try {
        spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2, ...more }] });
      } catch (error) {
        return { thrown: describe(error) };
      }
      const [end] = await outcomes([spark.execute(ask({ radius: 1, height: 1 }), "m")]);
      await spark.destroy();
      return end.failed ?? end.response_data.outputs.volume;
    },
    { url, more },
  );

const csp = (policy) => ({ "Content-Security-Policy": policy });

test("a policy with all that is needed, and nothing more", async (page) => {
  const scripts = "script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:";
  const policy = `default-src 'none'; ${scripts}; connect-src 'self'; img-src data:`;
  await goWith(page, "/csp-good", csp(policy));
  assert.equal(await tryIn(page), Math.PI);
});

const TRUSTED = `script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:; require-trusted-types-for 'script'`;

test("a page that enforces Trusted Types, with our policy", async (page) => {
  await goWith(page, "/trusted", csp(`${TRUSTED}; trusted-types spark-execute`));
  assert.equal(await tryIn(page), Math.PI);
});

test("a page that enforces Trusted Types and allows any policy", async (page) => {
  await goWith(page, "/trusted-any", csp(TRUSTED));
  assert.equal(await tryIn(page), Math.PI);
});

test("a page that enforces Trusted Types without our policy: the call names it", async (page) => {
  await goWith(page, "/trusted-other", csp(`${TRUSTED}; trusted-types other`));
  page.expectConsole(/TrustedTypePolicy named 'spark-execute'/);
  page.expectConsole(/TrustedScriptURL/);
  const error = await tryIn(page);
  assert.deepEqual([error.class, error.code], ["BrowserError", "WORKER_BLOCKED"]);
  assert.match(error.message, /Add spark-execute to its trusted-types directive/);
});

/** All that a policy must have, whichever part of it was found missing. */
const ALL = /script-src 'wasm-unsafe-eval' blob: and worker-src blob:, each beside the sources .* default-src/;

test("a policy of default-src alone: the advice, followed, is enough", async (page) => {
  await goWith(page, "/csp-default", csp("default-src 'self'; img-src data:"));
  const { thrown } = await tryIn(page);
  assert.equal(thrown.code, "WASM_BLOCKED");
  assert.match(thrown.message, ALL);
  const advised = "script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:";
  await goWith(page, "/csp-advised", csp(`default-src 'self'; ${advised}; img-src data:`));
  assert.equal(await tryIn(page), Math.PI);
});

test("a policy without WebAssembly: new Spark names the directive", async (page) => {
  await goWith(page, "/csp-wasm", csp("script-src 'self' blob:; worker-src blob:"));
  const { thrown } = await tryIn(page);
  assert.deepEqual([thrown.class, thrown.code], ["BrowserError", "WASM_BLOCKED"]);
  assert.match(thrown.message, ALL);
});

test("a policy without blob: workers: the call names the directive", async (page) => {
  await goWith(page, "/csp-worker", csp("script-src 'self' blob: 'wasm-unsafe-eval'; worker-src 'self'"));
  page.expectConsole(/Content Security Policy/);
  const error = await tryIn(page);
  assert.deepEqual([error.class, error.code], ["BrowserError", "WORKER_BLOCKED"]);
  assert.match(error.message, /\(worker-src blocked blob/);
  assert.match(error.message, ALL);
});

test("a policy without blob: scripts: the call names the directive", async (page) => {
  await goWith(page, "/csp-glue", csp("script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; connect-src 'self'"));
  const error = await tryIn(page);
  assert.equal(error.code, "WORKER_BLOCKED");
  assert.match(error.message, ALL);
});

test("a policy that forbids the address of the package", async (page) => {
  page.ignoreConsole(/Content Security Policy/);
  await goWith(
    page,
    "/csp-connect",
    csp("script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:; connect-src 'none'"),
  );
  const error = await tryIn(page);
  assert.equal(error.code, "BINARY_FETCH");
  assert.match(error.message, /connect-src/);
});

test("a page that is cross-origin isolated, with shared memory as binary", async (page) => {
  await goWith(page, "/isolated", ISOLATED);
  const got = await page.run(async (url) => {
    const bytes = await bytesAt(url);
    const shared = new SharedArrayBuffer(bytes.length + 10);
    new Uint8Array(shared).set(bytes, 10);
    const spark = new Spark({
      nodegenModels: [
        { versionId: "m", binary: url, replica: 2 },
        { versionId: "shared", binary: new Uint8Array(shared, 10) },
      ],
    });
    const volume = async (id) => (await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id))).volume;
    const found = [crossOriginIsolated, await volume("m"), await volume("shared")];
    await spark.destroy();
    return found;
  }, url);
  assert.deepEqual(got, [true, Math.PI, Math.PI]);
});

test("without Worker: constructing works, executing says what is missing", async (page) => {
  const got = await page.run(async () => {
    delete globalThis.Worker;
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/never/asked.zip" }] });
    const error = await refused(spark.execute(ask({}), "m"));
    await spark.destroy();
    return error;
  });
  assert.deepEqual([got.class, got.code], ["UnsupportedEnvironmentError", "UNSUPPORTED_ENVIRONMENT"]);
  assert.equal(page.requests("/never/asked.zip"), 0);
});

test("inside a worker of the page", async (page) => {
  page.server.routes["/deep/inside.js"] = {
    body: `importScripts("/dist/browser.js");
      onmessage = async ({ data }) => {
        const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: data, replica: 2 }] });
        const response = await spark.execute({ request_data: { inputs: { radius: 1, height: 1 } } }, "m");
        await spark.destroy();
        postMessage(response.response_data.outputs.volume);
      };`,
  };
  const got = await page.run(async (url) => {
    const worker = new Worker("/deep/inside.js");
    const answer = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    worker.postMessage(`..${url}`);
    const volume = await answer;
    worker.terminate();
    return volume;
  }, url);
  assert.equal(got, Math.PI);
});

test("objects of another window", async (page) => {
  const got = await page.run(async (url) => {
    const frame = document.createElement("iframe");
    frame.srcdoc = "<!doctype html>";
    await new Promise((loaded) => {
      frame.onload = loaded;
      document.body.append(frame);
    });
    const their = frame.contentWindow;
    const bytes = await bytesAt(url);
    const copy = new their.Uint8Array(bytes);
    const binaries = {
      view: copy,
      buffer: copy.buffer,
      blob: new their.Blob([bytes]),
      url: new their.URL(url, location.href),
      response: new their.Response(bytes),
      text: new their.Function(`return ${JSON.stringify(url)}`),
      later: new their.Function("bytes", "return () => Promise.resolve(bytes)")(copy),
    };
    const parse = (value) => their.JSON.parse(JSON.stringify(value));
    const config = parse({ nodegenModels: Object.keys(binaries).map((versionId) => ({ versionId })) });
    config.nodegenModels.forEach((model) => (model.binary = binaries[model.versionId]));
    const spark = new Spark(config);
    const request = parse({
      request_data: { inputs: { radius: 1, height: 1, list: [1] } },
      request_meta: { requested_output: ["volume"] },
    });
    const ends = await outcomes(Object.keys(binaries).map((id) => outputsOf(spark.execute(request, id))));
    const array = await refused(spark.execute({ request_data: { inputs: new their.Array() } }, "view"));
    await spark.destroy();
    return { ends: ends.map(({ volume, failed }) => volume ?? failed), array: array.path };
  }, url);
  assert.deepEqual(got, { ends: Array(7).fill(Math.PI), array: "request_data.inputs" });
});

test("prototypes that others have extended", async (page) => {
  const got = await page.run(async (url) => {
    Object.prototype.extra = function () {};
    Object.prototype.versionIds = NaN;
    Array.prototype.contains = function () {};
    try {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }] });
      const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1, list: [1, 2] }), "m"));
      const { code } = await refused(spark.execute(ask({ radius: NaN }), "m"));
      await spark.destroy();
      return [volume, code];
    } finally {
      delete Object.prototype.extra;
      delete Object.prototype.versionIds;
      delete Array.prototype.contains;
    }
  }, url);
  assert.deepEqual(got, [Math.PI, "REQUEST_INVALID"]);
});

test("ids that are names of something else, or code", async (page) => {
  const ids = [
    "__proto__",
    "constructor",
    "'); alert(1); ('",
    "line\nbreak",
    "</script>",
    "日本",
    "ÄÖ",
    "0",
    "toString",
  ];
  const got = await page.run(
    async ({ ids, url }) => {
      const spark = new Spark({ nodegenModels: ids.map((versionId) => ({ versionId, binary: () => url })) });
      const found = [];
      for (const id of ids) {
        const meta = JSON.parse(JSON.stringify({ version_id: id }));
        found.push((await outputsOf(spark.execute(ask({ radius: 1, height: 1 }, meta)))).volume);
      }
      const { code } = await refused(spark.execute(ask({}), "hasOwnProperty"));
      await spark.destroy();
      return { found, code };
    },
    { ids, url },
  );
  assert.deepEqual(got, { found: ids.map(() => Math.PI), code: "MODEL_NOT_FOUND" });
});

test("a request whose toJSON destroys the instance, calls it, or aborts the call", async (page) => {
  const got = await page.run(async (url) => {
    const make = () => new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    const during = (work) => ({ radius: 1, height: 1, date: { toJSON: () => (work(), null) } });
    const found = {};
    const one = make();
    found.destroyed = (await refused(one.execute(ask(during(() => one.destroy())), "m"))).code;
    found.idle = one.stats()[0].state;
    const two = make();
    let inner;
    const outer = outputsOf(
      two.execute(ask(during(() => (inner = outputsOf(two.execute(ask({ radius: 1 }), "m"))))), "m"),
    );
    found.both = [(await outer).volume, (await inner).volume];
    const controller = new AbortController();
    const { signal } = controller;
    found.aborted = (await refused(two.execute(ask(during(() => controller.abort())), "m", { signal }))).code;
    await two.destroy();
    return found;
  }, url);
  assert.equal(got.destroyed, "DESTROYED");
  assert.equal(got.idle, "idle");
  assert.ok(Math.abs(got.both[1] - 10 * got.both[0]) < 1e-9);
  assert.equal(got.aborted, "CANCELLED");
  await page.workers(0);
});
