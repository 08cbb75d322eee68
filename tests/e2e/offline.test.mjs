// The offline-first example: after one visit the server is shut down, and the page, its scripts and the model are still
// there.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch } from "../../scripts/lib/chromium.mjs";
import { outDir } from "../../scripts/lib/paths.mjs";
import { PRODUCT, serve } from "../../scripts/lib/serve.mjs";

const MODEL = "/tests/models/cylinder/cylinder.zip";
const WAIT = { timeout: 20_000 };
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Waits until an element says this. */
const says = (page, id, text) => page.waitForSelector(`#${id}:has-text(${JSON.stringify(text)})`, WAIT);

test("a visit after the server was shut down computes as before", async () => {
  const server = await serve({ mounts: PRODUCT });
  const page = await browser.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  try {
    await page.goto(`${server.url}/offline/`);
    await says(page, "volume", "62.832");
    await says(page, "model", "kept from now on");
    await says(page, "page", "kept for the next visit");
    await says(page, "kept", "KB since");

    // With a server the page comes from it, by the service worker, and the model from nowhere.
    await page.reload();
    await says(page, "model", "without any request");
    await says(page, "page", "comes by its service worker");
    assert.equal(server.requests.filter((asked) => asked === MODEL).length, 1);
    assert.deepEqual(said, []);

    await server.close();
    await page.reload();
    await says(page, "volume", "62.832");
    await says(page, "model", "without any request");
    await page.fill("[name=radius]", "3");
    await says(page, "volume", "141.372");
    await page.screenshot({ path: path.join(outDir, "offline.png"), fullPage: true });
    assert.equal(await page.isVisible("#problem"), false);
    assert.deepEqual(said.filter((text) => !/ERR_CONNECTION_REFUSED|sw\.js|service worker/i.test(text)), []);

    // What is forgotten is gone: then there is nobody to ask.
    await page.click("#forget");
    await says(page, "kept", "nothing");
    await page.reload();
    await says(page, "problem", "BINARY_FETCH");
  } finally {
    await page.close();
    await server.close();
  }
});
