// What the package does to a page: nothing while it loads, nothing to other copies, and words where a policy forbids it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { app, VOLUME } from "./lib/apps.mjs";
import { served, useBrowser, visit } from "./lib/browser.mjs";

useBrowser();
let folder;
before(async () => {
  folder = await app("script-tag", { as: "pages" });
});

const SCRIPT = "/node_modules/spark-execute/dist/browser.js";
const MODULE = "/node_modules/spark-execute/dist/index.js";

/** A page of these tags, perhaps with a policy, given to `use`. */
function pageOf(tags, use, { policy, scripts = {} } = {}) {
  const head = '<!doctype html><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">';
  const routes = { "/page": { body: `${head}${tags}` } };
  for (const [name, body] of Object.entries(scripts)) routes[name] = { body };
  const headers = (pathname) => (pathname === "/page" && policy ? { "Content-Security-Policy": policy } : undefined);
  return served(folder, (url) => visit(`${url}/page`, use), { routes, headers });
}

/** Notes, before anything else runs, what a script could do on its own. */
const WATCH = `<script>
  globalThis.ran = [];
  const note = (holder, name) => {
    const real = holder[name];
    holder[name] = new Proxy(real, {
      apply: (target, self, args) => (ran.push(name), Reflect.apply(target, self, args)),
      construct: (target, args) => (ran.push(name), Reflect.construct(target, args)),
    });
  };
  for (const name of ["Module", "Instance", "Memory", "compile", "instantiate"]) note(WebAssembly, name);
  for (const name of ["Worker", "Blob", "fetch", "atob", "setTimeout", "queueMicrotask", "MessageChannel"]) note(window, name);
  for (const name of ["addEventListener", "dispatchEvent"]) note(window, name);
  note(URL, "createObjectURL");
  globalThis.snapshot = () => {
    const holders = { globalThis, Object, Function, Array, Promise, Error, JSON, Math, WebAssembly, URL, console, document };
    const seen = {};
    for (const [name, holder] of Object.entries(holders)) {
      for (const [where, object] of [[name, holder], [name + ".prototype", holder.prototype]]) {
        if (!object) continue;
        for (const key of Reflect.ownKeys(object)) {
          const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
          seen[where + "." + String(key)] = [value, get, set];
        }
      }
    }
    return seen;
  };
  globalThis.changes = (before, after) => {
    const differs = (key) => !before[key] || !after[key] || before[key].some((value, i) => !Object.is(value, after[key][i]));
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(differs);
  };
  globalThis.before = undefined;
  globalThis.use = async (Spark) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "a", binary: "/cylinder.zip" }] });
    const response = await spark.execute({ request_data: { inputs: { radius: 2, height: 5 } } }, "a");
    await spark.destroy();
    return response.response_data.outputs.volume;
  };
</script>`;

const near = (volume) => assert.ok(Math.abs(volume - VOLUME) < 1e-9, String(volume));

test("importing changes no global and runs nothing; the first `new Spark` compiles once", async () => {
  await pageOf(WATCH, async (page, seen) => {
    const found = await page.evaluate(async (address) => {
      const before = snapshot();
      const { default: Spark } = await import(address);
      const after = snapshot();
      const imported = { changes: changes(before, after), ran: [...ran] };
      const config = { nodegenModels: [{ versionId: "a", binary: "/cylinder.zip" }] };
      const first = new Spark(config);
      const constructed = [...ran];
      const second = new Spark(config);
      const again = ran.slice(constructed.length);
      await Promise.all([first.destroy(), second.destroy()]);
      return { imported, constructed, again, requests: performance.getEntriesByType("resource").length };
    }, MODULE);
    assert.deepEqual(found.imported, { changes: [], ran: [] });
    // What unpacks, and what was packed.
    assert.deepEqual(found.constructed.filter((name) => name === "Module"), ["Module", "Module"]);
    for (const name of ["Worker", "fetch", "createObjectURL"]) assert.ok(!found.constructed.includes(name), name);
    assert.deepEqual(found.again.filter((name) => /^(Module|Instance|compile|instantiate|Worker|fetch)$/.test(name)), []);
    assert.deepEqual(seen.requests, ["/page", MODULE]);
    assert.deepEqual(seen.troubles, []);
  });
});

test("the script defines one global and runs nothing; `new Spark` works on the next line", async () => {
  const tags = `${WATCH}<script>before = snapshot();</script><script src="${SCRIPT}"></script><script>
    globalThis.after = snapshot();
    globalThis.loaded = [...ran];
    globalThis.made = new Spark({ nodegenModels: [{ versionId: "a", binary: "/cylinder.zip" }] });
  </script>`;
  await pageOf(tags, async (page, seen) => {
    const found = await page.evaluate(async () => {
      const known = ["globalThis.Spark", "globalThis.before", "globalThis.after"];
      const others = changes(before, after).filter((key) => !known.includes(key));
      const { configurable, enumerable, writable } = Object.getOwnPropertyDescriptor(globalThis, "Spark");
      const volume = await use(Spark);
      await made.destroy();
      return { others, loaded, own: made instanceof Spark, configurable, enumerable, writable, volume };
    });
    near(found.volume);
    delete found.volume;
    assert.deepEqual(found, { others: [], loaded: [], own: true, configurable: true, enumerable: true, writable: true });
    assert.deepEqual(seen.requests, ["/page", SCRIPT, "/cylinder.zip"]);
    assert.deepEqual(seen.troubles, []);
  });
});

test("two copies on one page leave each other alone", async () => {
  await pageOf(`${WATCH}<script src="${SCRIPT}"></script>`, async (page, seen) => {
    const found = await page.evaluate(async (address) => {
      const first = Spark;
      const { default: second } = await import(address);
      const { default: third } = await import(`${address}?another-version`);
      const classes = [first, second, third];
      const volumes = await Promise.all(classes.map(use));
      const thrown = (Class) => {
        try {
          new Class({});
        } catch (error) {
          return error;
        }
      };
      const errors = classes.map(thrown);
      const table = (judge) => errors.map((error) => classes.map((Class) => judge(Class, error)));
      return {
        global: globalThis.Spark === first,
        distinct: new Set(classes).size,
        volumes,
        instances: table((Class, error) => error instanceof Class.WasmRunnerErrors.ConfigurationError),
        guards: table((Class, error) => Class.isError(error, "CONFIG_INVALID")),
      };
    }, MODULE);
    found.volumes.forEach(near);
    assert.equal(found.global, true);
    assert.equal(found.distinct, 3);
    assert.deepEqual(found.instances, [[true, false, false], [false, true, false], [false, false, true]]);
    assert.deepEqual(found.guards.flat(), Array(9).fill(true));
    assert.deepEqual(seen.troubles, []);
  });
});

test("another SDK's global stays when the module is imported", async () => {
  const tags = `${WATCH}<script>globalThis.Spark = class Vendor {}; globalThis.vendor = Spark;</script>`;
  await pageOf(tags, async (page) => {
    const found = await page.evaluate(async (address) => {
      const { default: ours } = await import(address);
      const volume = await use(ours);
      return { volume, kept: globalThis.Spark === vendor, other: ours !== vendor };
    }, MODULE);
    near(found.volume);
    assert.deepEqual([found.kept, found.other], [true, true]);
  });
});

// ---- Content Security Policies. Scripts of the page come from files: inline ones are forbidden.

const RUN = `
  globalThis.outcome = (async () => {
    let spark;
    try {
      spark = new Spark({ nodegenModels: [{ versionId: "a", binary: "/cylinder.zip" }] });
    } catch (error) {
      return { where: "new Spark", ...describe(error) };
    }
    try {
      const input = { request_data: { inputs: { radius: 2, height: 5 } } };
      const response = await spark.execute(input, "a");
      return { volume: response.response_data.outputs.volume };
    } catch (error) {
      return { where: "execute", ...describe(error) };
    } finally {
      await spark.destroy();
    }
  })();
  function describe(error) {
    const { name, code, message } = error;
    return { name, code, message, own: error instanceof Spark.WasmRunnerErrors.BrowserError };
  }
`;

/** What running a model comes to under a policy, and what was uncaught meanwhile. */
function under(policy) {
  const tags = `<script src="${SCRIPT}"></script><script src="/run.js"></script>`;
  const use = async (page, seen) => {
    const outcome = await page.evaluate(() => globalThis.outcome);
    return { outcome, uncaught: seen.troubles.filter((trouble) => trouble.startsWith("uncaught")), seen };
  };
  return pageOf(tags, use, { policy, scripts: { "/run.js": RUN } });
}

/** A policy that refuses `directive` is told of in `where`, by code and by name. */
function refuses(title, policy, { where, code, names }) {
  test(title, async () => {
    const { outcome, uncaught } = await under(policy);
    assert.deepEqual([outcome.where, outcome.code, outcome.own], [where, code, true], JSON.stringify(outcome));
    assert.equal(outcome.name, "browser_error");
    for (const name of names) assert.ok(outcome.message.includes(name), outcome.message);
    assert.deepEqual(uncaught, []);
  });
}

test("the policy that the documentation asks for is enough", async () => {
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src blob:; img-src data:";
  const { outcome, seen } = await under(policy);
  near(outcome.volume);
  assert.deepEqual(seen.troubles, []);
});

refuses("a policy without 'wasm-unsafe-eval'", "script-src 'self' blob:; worker-src blob:", {
  where: "new Spark",
  code: "WASM_BLOCKED",
  names: ["'wasm-unsafe-eval'", "script-src"],
});

refuses("a policy without 'wasm-unsafe-eval' in default-src", "default-src 'self' data: blob:", {
  where: "new Spark",
  code: "WASM_BLOCKED",
  names: ["'wasm-unsafe-eval'"],
});

refuses("a policy without blob: in worker-src", "script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self'", {
  where: "execute",
  code: "WORKER_BLOCKED",
  names: ["worker-src", "blob:"],
});

refuses("a policy without workers", "script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'none'", {
  where: "execute",
  code: "WORKER_BLOCKED",
  names: ["worker-src", "blob:"],
});

refuses("a policy whose script-src stands for worker-src", "script-src 'self' 'wasm-unsafe-eval'", {
  where: "execute",
  code: "WORKER_BLOCKED",
  names: ["worker-src", "blob:"],
});

refuses("a policy without blob: in script-src", "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:", {
  where: "execute",
  code: "WORKER_BLOCKED",
  names: ["script-src", "blob:"],
});
