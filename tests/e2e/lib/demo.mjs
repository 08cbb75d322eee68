// What the tests of the demo page share: the page in a browser, under the strict policy that it promises to live with.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach } from "node:test";
import { launch } from "../../../scripts/lib/chromium.mjs";
import { at, outDir } from "../../../scripts/lib/paths.mjs";
import { PRODUCT, serve } from "../../../scripts/lib/serve.mjs";

const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src blob:; style-src 'self'; connect-src 'self'";
const ENDED = "#result:is([data-state=done], [data-state=failed], [data-state=cancelled])";
export const SAMPLES = ["large", "table", "cylinder", "counter", "slow", "async", "caller", "crash"];

export let server;
let browser;
export let page;
/** Whatever the page complained about: errors, warnings, violations, foreign requests. */
let complaints;

before(async () => {
  mkdirSync(outDir, { recursive: true });
  const headers = (pathname) => (pathname === "/snippet.html" ? undefined : { "Content-Security-Policy": POLICY });
  server = await serve({ mounts: PRODUCT, headers });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

beforeEach(async () => {
  complaints = [];
  page = await open();
});

afterEach(async () => {
  await page.context().close();
  assert.deepEqual(complaints, []);
});

export async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(30_000);
  tab.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("request", (request) => {
    if (!request.url().startsWith(`${server.url}/`) && !request.url().startsWith("blob:"))
      complaints.push(request.url());
  });
  return tab;
}

/** Opens the page with a sample, ready to run. */
export async function sample(name, tab = page) {
  await tab.goto(`${server.url}/#${name}`);
  await tab.waitForSelector(`[data-sample="${name}"][aria-pressed=true]`);
  await tab.waitForSelector("#run:enabled");
}

export async function run(tab = page) {
  await tab.click("#run");
  await tab.waitForSelector(`${ENDED}[aria-busy=false]`);
  return { state: await tab.getAttribute("#result", "data-state"), json: JSON.parse(await tab.textContent("#json")) };
}

export const input = (name) => `[data-input="${name}"]`;
export const output = async (name) => (await page.innerText(`[data-output="${name}"]`)).trim();

export async function drop(name, bytes) {
  const transfer = await page.evaluateHandle(
    ({ name, text }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0))], name));
      return transfer;
    },
    { name, text: Buffer.from(bytes).toString("base64") },
  );
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  assert.ok(await page.isVisible("#overlay"), "a drag over the page is answered");
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  assert.ok(await page.isHidden("#overlay"));
}

export const fixture = (zip) => readFileSync(at("tests", "models", zip));
