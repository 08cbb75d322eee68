// The browsers that the other tests stand on: each opens a page and computes in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { launch as launchChromium } from "./chromium.mjs";
import { launch as launchFirefox } from "./firefox.mjs";
import { ISOLATED, serve } from "./serve.mjs";

for (const [name, launch] of Object.entries({ Chromium: launchChromium, Firefox: launchFirefox })) {
  test(`${name} opens pages and computes in them`, async () => {
    const browser = await launch();
    const script = "console.log('said', 1); setTimeout(() => { throw new Error('thrown'); })";
    const server = await serve({
      routes: { "/": { body: `<!doctype html><title>served</title><script>${script}</script>` }, "/favicon.ico": {} },
      headers: (pathname) => (pathname === "/" ? ISOLATED : undefined),
    });
    try {
      const page = await browser.newPage();
      const said = new Promise((resolve) => page.on("console", (message) => resolve([message.type(), message.text()])));
      const thrown = new Promise((resolve) => page.on("pageerror", (error) => resolve(error.message)));
      await page.goto("data:text/html,<title>plain</title>");
      assert.equal(await page.evaluate(() => document.title), "plain");
      await page.goto(`${server.url}/`);
      const sum = await page.evaluate(async ({ a, b }) => ({ sum: (await a) + b, title: document.title }), { a: 1, b: 2 });
      assert.deepEqual(sum, { sum: 3, title: "served" });
      assert.equal(await page.evaluate("crossOriginIsolated"), true);
      assert.deepEqual(await said, ["log", "said 1"]);
      assert.match(await thrown, /thrown/);
      await assert.rejects(page.evaluate(() => Promise.reject(new TypeError("on purpose"))), /on purpose/);
      await page.waitForFunction((least) => (window.turns = (window.turns ?? 0) + 1) >= least, 3);
      await page.close();
    } finally {
      await browser.close();
      await server.close();
    }
  });
}
