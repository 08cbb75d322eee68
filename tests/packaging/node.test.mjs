// Where there is no browser: importing and constructing work; a call is answered by the endpoint, or refused in words.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import vm from "node:vm";
import { pathToFileURL } from "node:url";
import { run } from "../../scripts/lib/run.mjs";
import { startServer } from "../server/server.mjs";
import { VOLUME, app, node } from "./lib/apps.mjs";
import { tools } from "./lib/tools.mjs";

let folder;
before(async () => {
  folder = await app("node");
});

const dist = (file) => readFile(path.join(folder, "node_modules", "spark-execute", "dist", file), "utf8");

/** What every environment without workers answers. */
function check(report, lacks = "Worker") {
  for (const error of [report.execute, report.token]) {
    assert.equal(error.code, "UNSUPPORTED_ENVIRONMENT", JSON.stringify(error));
    assert.equal(error.name, "not_supported_error");
    assert.equal(error.className, "UnsupportedEnvironmentError");
    assert.equal(error.classes.join(), "UnsupportedEnvironmentError,SparkError");
    assert.ok(error.message.includes(lacks) && error.message.includes("browser"), error.message);
    assert.equal(error.guarded, true);
  }
  assert.equal(JSON.stringify(report.columnar), `[["a"],[1]]`);
  assert.equal(report.destroy, "undefined");
}

/** What is also expected where only the workers are missing. */
function checkClient(report) {
  check(report);
  assert.equal(report.stats.join(), "idle");
  assert.deepEqual([report.refused.code, report.refused.path], ["CONFIG_INVALID", "nodegenModels[0].replica"]);
}

test("Node, import", async () => {
  const report = await node(folder, ["import.mjs"]);
  assert.equal(report.same, true);
  assert.deepEqual(report.exports, ["ColumnarSerializer", "Spark", "default"]);
  checkClient(report);
});

test("Node, require gives the class itself", async () => {
  const report = await node(folder, ["require.cjs"]);
  assert.equal(report.same, true);
  checkClient(report);
});

test("Node, both in one process are two copies that know each other's errors", async () => {
  assert.deepEqual(await node(folder, ["both.mjs"]), {
    copies: true,
    own: true,
    other: false,
    guarded: true,
    otherCode: false,
    plain: false,
  });
});

test("Node without WebAssembly", async () => {
  check(await node(folder, ["--jitless", "--no-warnings", "import.mjs"]), "WebAssembly");
});

test("Node, with an endpoint: it answers instead", async () => {
  const server = await startServer();
  try {
    const { url, tenant, key, versions } = server;
    const endpoint = { url, tenant, authType: "syntheticKey", syntheticKey: key };
    const id = versions.find(({ proxy }) => proxy === "cylinder").version_id;
    const report = await node(folder, ["online.mjs", JSON.stringify(endpoint), JSON.stringify(id)]);
    const { both, endpoint: alone, stranger, cancelled, unreachable } = report;
    for (const { volume, ...rest } of [both, alone]) {
      assert.ok(Math.abs(volume - VOLUME) < 1e-9, `${volume}`);
      assert.deepEqual(rest, { executionPath: "online", events: [["online", null]] });
    }
    const code = "UNAUTHORIZED";
    assert.deepEqual(stranger, { code, className: "UnauthorizedError", guarded: true, events: [["online", code]] });
    assert.equal(cancelled, "CANCELLED");
    assert.equal(unreachable[0], "NETWORK");
    assert.doesNotMatch(unreachable[1], /browser|CORS/);
  } finally {
    await server.close();
  }
});

test("an environment that has JavaScript and nothing else", async () => {
  const { use } = await import(pathToFileURL(path.join(folder, "use.mjs")));
  const context = vm.createContext();
  const known = vm.runInContext("Object.getOwnPropertyNames(globalThis)", context).join();
  const module = { exports: {} };
  vm.runInContext(`(function (module) {${await dist("index.cjs")}\n})`, context)(module);
  assert.equal(vm.runInContext("Object.getOwnPropertyNames(globalThis)", context).join(), known);
  check(await use(module.exports), "Text");
});

for (const complete of [false, true]) {
  test(`jsdom, script tag${complete ? ", with the encoders that test environments add" : ""}`, async () => {
    const tool = await tools();
    const { JSDOM, VirtualConsole } = await import(pathToFileURL(tool("jsdom", "lib", "api.js")));
    const { use } = await import(pathToFileURL(path.join(folder, "use.mjs")));
    const complaints = [];
    const virtualConsole = new VirtualConsole();
    for (const kind of ["jsdomError", "error", "warn"]) virtualConsole.on(kind, (...told) => complaints.push(told.join(" ")));
    const html = `<!doctype html><script>${await dist("browser.js")}</script><script>var made = new Spark({
      nodegenModels: [{ versionId: "a", binary: "/a.zip" }] });</script>`;
    const { window } = new JSDOM(html, {
      runScripts: "dangerously",
      virtualConsole,
      url: "http://localhost/",
      beforeParse: (page) => complete && Object.assign(page, { TextEncoder, TextDecoder }),
    });
    try {
      assert.deepEqual(complaints, []);
      assert.equal(window.made instanceof window.Spark, true);
      const report = await use(window.Spark);
      if (complete) checkClient(report);
      else check(report, "Text");
    } finally {
      window.close();
    }
  });
}

test("a page rendered on the server, from sources", async () => {
  const rendered = await serverSide("ssr", "render.js");
  assert.equal(rendered.html, '<pre id="result" data-state="idle"></pre>');
  assert.equal(rendered.code, "UNSUPPORTED_ENVIRONMENT");
});

test("a page rendered on the server, built by Vite", async () => {
  const rendered = await serverSide("ssr-built", "dist/render.mjs", async (folder) => {
    const tool = await tools();
    await run(process.execPath, [tool("vite", "bin", "vite.js"), "build", "--ssr", "render.js"], { cwd: folder });
  });
  assert.equal(rendered.html, '<pre id="result" data-state="idle"></pre>');
  assert.equal(rendered.code, "UNSUPPORTED_ENVIRONMENT");
});

/** Renders the server-side app in a Node of its own. */
async function serverSide(as, file, build = async () => {}) {
  const folder = await app("ssr", { as });
  await build(folder);
  const script = `import { render, volume } from "./${file}";
    const html = render();
    const code = await volume(2, 5).catch((error) => error.code);
    process.stdout.write(JSON.stringify({ html, code }));`;
  return node(folder, ["--no-warnings", "--input-type=module", "--eval", script]);
}
