// The demo page with a Spark server beside it, as `npm run demo -- --online` serves it.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { onlineRoutes } from "../../scripts/demo.mjs";
import { launch } from "../../scripts/lib/chromium.mjs";
import { outDir } from "../../scripts/lib/paths.mjs";
import { PRODUCT, serve } from "../../scripts/lib/serve.mjs";
import { startServer } from "../server/server.mjs";

const ENDED = "#result:is([data-state=done], [data-state=failed])[aria-busy=false]";
/** What Chromium says of every request that fails. */
const REQUEST_FAILED = /^Failed to load resource|blocked by CORS policy/;

let spark;
let server;
let browser;
let page;
let complaints;

before(async () => {
  mkdirSync(outDir, { recursive: true });
  spark = await startServer();
  server = await serve({ mounts: PRODUCT, routes: onlineRoutes(spark) });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
  await spark?.close();
});

beforeEach(async () => {
  complaints = [];
  spark.reset();
  page = await open();
});

afterEach(async () => {
  const text = await page.innerText("body");
  assert.ok(!text.includes(spark.key) && !complaints.join("\n").includes(spark.key), "no credential is shown");
  await page.context().close();
  assert.deepEqual(complaints, []);
});

async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(30_000);
  tab.on("console", (message) => {
    const told = ["error", "warning"].includes(message.type()) && !REQUEST_FAILED.test(message.text());
    if (told) complaints.push(message.text());
  });
  tab.on("pageerror", (error) => complaints.push(String(error)));
  return tab;
}

/** Opens a sample and chooses where to compute it. */
async function sample(name, where, tab = page) {
  await tab.goto(`${server.url}/?online#${name}`);
  await tab.waitForSelector(`[data-sample="${name}"][aria-pressed=true]`);
  await tab.selectOption("#path", where);
  await tab.waitForSelector("#run:enabled");
}

async function run(tab = page) {
  await tab.click("#run");
  await tab.waitForSelector(ENDED);
  return JSON.parse(await tab.textContent("#json"));
}

const taken = () => page.textContent("#path-taken");

test("every answer says which path it took", async () => {
  await sample("cylinder", "fallback");
  const offline = await run();
  assert.equal(await taken(), "On this page");
  assert.deepEqual(spark.calls, []);
  assert.match(await page.textContent("#promise"), /or at 127\.0\.0\.1:\d+ where that fails/);

  await page.selectOption("#path", "online");
  await page.waitForSelector("#run:enabled");
  const online = await run();
  assert.equal(await taken(), "Online");
  assert.equal(spark.calls.length, 1);
  assert.deepEqual(online.response_data, offline.response_data);
  assert.match(await page.textContent("#state"), /^Computed in .+: 2 outputs$/);

  await page.selectOption("#path", "offline");
  await page.waitForSelector("#run:enabled");
  await run();
  assert.equal(await taken(), "On this page");
  assert.equal(spark.calls.length, 1);
  assert.match(await page.textContent("#promise"), /Nothing you choose or type leaves this page/);
});

test("a fallback says why, and the code shows the endpoint without its key", async () => {
  await sample("cylinder", "fallback");
  await page.check("#broken");
  await page.waitForSelector("#run:enabled");
  const { response_data } = await run();
  assert.equal(response_data.outputs.volume, 90 * Math.PI);
  assert.equal(await taken(), "Online");
  assert.equal(await page.textContent("#because"), "Not on this page: this file cannot be read (BINARY_INVALID).");
  const code = await page.textContent("#code");
  assert.match(code, /nodegenModels: \[/);
  assert.match(code, /sparkEndpoint: \{\s+url: "http:.+",\s+tenant: "example",\s+authType: "syntheticKey",\s+syntheticKey: "<your key>"/);
  await page.selectOption("#path", "online");
  assert.doesNotMatch(await page.textContent("#code"), /nodegenModels/);
});

test("the server's errors are told as a person wants them", async () => {
  await sample("cylinder", "online");
  spark.next({ status: 429, retryAfter: "3600", message: "The quota of today is used up." });
  const { error } = await run();
  assert.deepEqual([error.code, error.status, error.retryAfter], ["RATE_LIMITED", 429, 3_600_000]);
  assert.equal(await page.textContent(".problem h4"), "The server got too many requests");
  assert.match(await page.textContent(".problem .message"), /The quota of today is used up/);
  assert.equal(await page.textContent(".problem .action"), "Run it again in 3600 s.");
  assert.ok(await page.isHidden("#path-taken"));
  spark.next({ status: 401 });
  await run();
  assert.equal(await page.textContent(".problem h4"), "The server does not accept the key");
  await page.click(".problem summary");
  assert.match(await page.innerText(".problem dl"), /HTTP status\s+401\s+Request id at the server\s+[0-9a-f-]{36}/);
  assert.equal((await run()).response_data.outputs.volume, 90 * Math.PI);
});

test("when both paths fail, both are told", async () => {
  await sample("crash", "fallback");
  await page.selectOption('[data-input="mode"]', { label: "trap" });
  spark.next({ status: 403 });
  await run();
  assert.equal(await page.textContent(".problem h4"), "This key may not run the model");
  assert.match(await page.textContent(".problem .first"), /^Before that, on this page: .*crash/);
  assert.deepEqual(await page.locator(".problem .code-line .chip").allTextContents(), ["FORBIDDEN", "ENGINE_TRAP"]);
});

test("without a server there is no choice", async () => {
  await page.goto(`${server.url}/#cylinder`);
  await page.waitForSelector("#run:enabled");
  assert.ok(await page.isHidden("#where"));
  await run();
  assert.equal(await taken(), "On this page");
});

test("fits small screens; screenshots in light and dark", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await sample("cylinder", "fallback");
  await page.check("#broken");
  await page.waitForSelector("#run:enabled");
  await run();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(over <= 0, `${over} px too wide`);
  for (const [width, height, colorScheme] of [
    [1280, 800, "light"],
    [390, 844, "dark"],
  ]) {
    const tab = await open({ viewport: { width, height }, colorScheme });
    await sample("large", "fallback", tab);
    await tab.check("#broken");
    await tab.waitForSelector("#run:enabled");
    await run(tab);
    await tab.screenshot({ path: path.join(outDir, `demo-online-${width}-${colorScheme}.png`), fullPage: true });
    await tab.context().close();
  }
  spark.next({ status: 403, message: "The group of this key may not run it." });
  await sample("crash", "fallback");
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.selectOption('[data-input="mode"]', { label: "trap" });
  await run();
  await page.screenshot({ path: path.join(outDir, "demo-online-error.png") });
});
