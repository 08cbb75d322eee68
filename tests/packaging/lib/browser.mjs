// Opens the pages of apps in Chromium and sees to it that nothing unexpected happens on the way.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch } from "../../../scripts/lib/chromium.mjs";
import { serve } from "../../../scripts/lib/serve.mjs";
import { VOLUME } from "./apps.mjs";

let browser;

/** Starts one browser for the tests of a file. */
export function useBrowser() {
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());
}

/**
 * Opens an address, gives the page to `use`, and closes it.
 * @template T
 * @param {string} url
 * @param {(page: import("playwright-core").Page, seen: Seen) => Promise<T>} use
 *
 * @typedef {object} Seen what happened on the page since it was opened
 * @property {string[]} troubles console errors and warnings, uncaught errors, requests that failed
 * @property {Promise<unknown>} trouble comes with the first of them
 * @property {string[]} requests addresses: paths of the page's own origin, whole ones of others
 */
export async function visit(url, use) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const seen = { troubles: [], requests: [] };
    let troubled;
    seen.trouble = new Promise((resolve) => (troubled = resolve));
    const note = (what) => troubled(seen.troubles.push(what));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) note(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => note(`uncaught: ${error.message}`));
    page.on("requestfailed", (request) => note(`failed: ${request.url()} ${request.failure()?.errorText}`));
    page.on("request", (request) => {
      const address = new URL(request.url());
      if (address.protocol !== "blob:" && address.protocol !== "data:") {
        seen.requests.push(address.origin === new URL(url).origin ? address.pathname : address.href);
      }
    });
    await page.goto(url);
    return await use(page, seen);
  } finally {
    await context.close();
  }
}

/** Waits for an app's answer and checks it. @returns {Promise<string[]>} what was requested */
export function answers(url) {
  return visit(url, async (page, seen) => {
    const answered = () => document.querySelector("#result")?.textContent;
    await Promise.race([page.waitForFunction(answered, null, { timeout: 60_000 }).catch(() => {}), seen.trouble]);
    assert.ok(await page.evaluate(answered), `the page gave no answer; ${seen.troubles.join("; ") || "it says nothing"}`);
    const response = JSON.parse(await page.textContent("#result"));
    assert.ok(Math.abs(response.response_data.outputs.volume - VOLUME) < 1e-9, JSON.stringify(response));
    assert.equal(response.response_data.errors, null);
    // What the worker has still to say would come before the page's own next turn.
    await page.evaluate(() => new Promise((done) => setTimeout(done)));
    assert.deepEqual(seen.troubles, []);
    return seen.requests;
  });
}

/** Serves an app's folder while `use` runs. */
export async function served(folder, use, options = {}) {
  const server = await serve({ mounts: { "/": folder }, ...options });
  try {
    return await use(server.url, server);
  } finally {
    await server.close();
  }
}
