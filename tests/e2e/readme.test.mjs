// The README's snippets about the endpoint, as they stand there, against a real server; only its address and credentials
// are put in. What a line logs is what the comment behind it says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test as nodeTest } from "node:test";
import { at } from "../../scripts/lib/paths.mjs";
import { CLASS_OF_CODE, WasmRunnerErrors } from "../../src/js/errors.js";
import { onlineStage } from "./lib/online.mjs";
import { bytesOf, packageOf } from "./lib/stage.mjs";

const readme = readFileSync(at("README.md"), "utf8");
const { test } = onlineStage();
const zip = (name) => ({ headers: { "Content-Type": "application/zip" }, body: bytesOf(name) });

/** The first snippet of a section, with the lines that log and what they should. */
function snippet(heading) {
  const [, code] = new RegExp(`\n## ${heading}\n.*?\`\`\`js\n(.*?)\`\`\``, "s").exec(readme.replaceAll("(XCall)", "XCall"));
  const logged = [...code.matchAll(/\bconsole\.\w+\(.*\)\)?; \/\/ (.*)$/gm)].map(([, value]) => JSON.parse(value));
  assert.ok(logged.length > 0);
  return { code, logged };
}

/** Runs the snippet and gives what it logged, in order. */
async function run(page, server, code, isOnline = true) {
  Object.assign(page.server.routes, {
    "/models/volume-cylinder.zip": zip("cylinder"),
    "/models/caller.zip": zip("caller"),
    "/session/token": { headers: { "Content-Type": "text/plain" }, body: server.token },
    "/rates": { headers: { "Content-Type": "application/json" }, body: '{"rate":1.5}' },
  });
  const put = { "https://excel.uat.us.coherent.global": server.url, "my-tenant": server.tenant, "my-key": server.key };
  const own = Object.entries(put).reduce((text, [ours, theirs]) => text.replaceAll(ours, theirs), code);
  assert.equal(own !== code, isOnline);
  return page.run(async (own) => {
    const logged = [];
    const log = (...values) => logged.push(...values);
    const Async = (async () => {}).constructor;
    const spark = await new Async("console", `${own}; return spark;`)({ log, warn: log });
    await spark.destroy();
    return logged;
  }, own);
}

test("Online", async (page, server) => {
  const { code, logged } = snippet("Online");
  assert.deepEqual(await run(page, server, code), logged);
  assert.equal(server.calls.length, 1);
});

test("Online: a fetch of one's own", async (page, server) => {
  const [, own] = /```js\nconst withExtra = (.*?);\n```/s.exec(readme);
  const [path, extra] = await page.run(async ({ own, id }) => {
    let extra;
    // The server for testing lets no page send such a header: it is looked at, and left out.
    const send = (url, { headers: { "x-extra": it, ...headers }, ...init }) => ((extra = it), fetch(url, { ...init, headers }));
    const spark = new Spark({ sparkEndpoint: endpoint({ fetch: new Function("fetch", `return ${own}`)(send) }) });
    const { executionPath } = await spark.execute(ask({ radius: 2, height: 5 }), id);
    await spark.destroy();
    return [executionPath, extra];
  }, { own, id: packageOf("cylinder").id });
  assert.deepEqual([path, extra, server.calls.length], ["online", "1", 1]);
});

test("Batches", async (page, server) => {
  const { code, logged } = snippet("Batches");
  assert.deepEqual(await run(page, server, code, false), logged);
});

test("Automatic fallback", async (page, server) => {
  const { code, logged } = snippet("Automatic fallback");
  assert.deepEqual(await run(page, server, code), logged);
  assert.deepEqual(server.calls.map(({ headers }) => headers.authorization), [`Bearer ${server.token}`]);
});

test("Models that call models", async (page, server) => {
  const { code, logged } = snippet("Models that call models XCall");
  assert.deepEqual(await run(page, server, code), logged);
  assert.deepEqual(server.calls, [], "nothing left the page");
});

nodeTest("the table of errors has every class and code", () => {
  const [, section] = /\n## Errors\n(.*?)\n## /s.exec(readme);
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  const found = {};
  for (const row of rows) {
    const [, classes, codes] = row.split("|");
    const name = /`(\w+)`/.exec(classes)[1];
    for (const [, code] of codes.matchAll(/`(\w+)`/g)) found[code] = name;
    const shown = /\(`(\w+)`\)/.exec(classes)?.[1];
    if (shown) assert.equal(shown, WasmRunnerErrors[name].defaults.name, name);
  }
  const wanted = Object.fromEntries(Object.entries(CLASS_OF_CODE).map(([code, { name }]) => [code, name]));
  assert.deepEqual(found, wanted);
});
