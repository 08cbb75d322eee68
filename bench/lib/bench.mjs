// What every row works with: a server, a browser, pages with all contenders on them, and the models.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { launch } from "../../scripts/lib/chromium.mjs";
import { at } from "../../scripts/lib/paths.mjs";
import { PRODUCT, serve } from "../../scripts/lib/serve.mjs";
import { bundlePeer } from "./peer.mjs";

const PAGE = ["limit.js", "contenders.js", "measure.js", "large.js", "services.js", "runaway.js"].map((name) => `/bench/${name}`);
const SCRIPTS = ["/bench/peer.js", "/dist/browser.js", ...PAGE];
/** Such a page has a finer clock. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * @param {{ quick: boolean, note: (text: string) => void, dist?: string }} options `dist`: where the built package is
 */
export async function open({ quick, note, dist = at("dist") }) {
  const peer = await bundlePeer();
  // Read once: a build that ends meanwhile must not mix into these figures.
  const product = await readFile(path.join(dist, "browser.js"), "utf8");
  const scripts = SCRIPTS.map((src) => `<script src="${src}"></script>`).join("");
  const html = `<!doctype html><meta charset="utf-8"><title>Benchmark</title>${scripts}`;
  const server = await serve({
    mounts: { ...PRODUCT, "/bench/": at("bench", "page") },
    routes: {
      "/bench/": { body: html },
      "/bench/isolated/": { body: html, headers: ISOLATED },
      "/bench/peer.js": { body: peer.text },
      "/dist/browser.js": { body: product },
    },
  });
  const browser = await launch({ args: ["--enable-precise-memory-info"] });
  const { models } = JSON.parse(await readFile(at("tests", "models", "manifest.json"), "utf8"));

  return {
    quick,
    note,
    product,
    peer,
    server,
    browser,
    rounds: quick ? 3 : 9,

    /** A page of its own process, with nothing compiled or cached before. */
    async page({ isolated = false } = {}) {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.on("pageerror", (error) => note(`The page threw: ${error.message}`));
      await page.goto(`${server.url}/bench/${isolated ? "isolated/" : ""}`);
      return page;
    },

    /** What the page needs to know of a model. */
    model(name) {
      const found = models.find((model) => model.name === name);
      const inputs = Object.fromEntries(found.inputs.map((input) => [input.name, input.default]));
      const { folder, service, version_id: id } = found;
      return { name, url: `/tests/models/${found.zip}`, id, inputs, bytes: found.zip_bytes, folder, service };
    },

    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Runs one of the page's measurements. */
export const on = (page, method, ...args) =>
  page.evaluate(([name, values]) => measure[name](...values), [method, args]);
