// Asks our package, as built, in headless Chromium.
import { launch } from "../../../scripts/lib/chromium.mjs";
import { at } from "../../../scripts/lib/paths.mjs";
import { PRODUCT, serve } from "../../../scripts/lib/serve.mjs";
import { unpack } from "./values.mjs";

/** Longer than any model's cases take on a busy machine. */
const MODEL_MS = 180_000;

/**
 * @typedef {object} Setup
 * @property {(page: import("playwright-core").Page) => Promise<unknown>} [prepare] before the package is loaded
 * @property {string} [script] runs in the page after the package is loaded
 * @property {Record<string, import("../../../scripts/lib/serve.mjs").Answer>} [routes] served instead of what is there
 *
 * @param {import("../cases/index.mjs").Model[]} models
 * @param {import("../cases/index.mjs").Case[]} cases
 * @param {Setup & { browser?: import("playwright-core").Browser }} [setup]
 * @param {(done: number) => void} [progress]
 * @returns {Promise<Map<string, [how: string, outcome: import("./compare.mjs").Outcome][]>>} by the case's id
 */
export async function askOurs(
  models,
  cases,
  { browser: given, prepare, script = "", routes = {} } = {},
  progress = () => {},
) {
  const scripts = `<script src="/dist/browser.js"></script><script>${script}</script>`;
  const body = `<!doctype html><meta charset="utf-8"><title>oracle</title>${scripts}`;
  const server = await serve({
    mounts: { ...PRODUCT, "/oracle/": at("tests", "oracle", "lib") },
    routes: { "/page": { body }, ...routes },
  });
  const browser = given ?? (await launch());
  const outcomes = new Map();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(MODEL_MS);
    await prepare?.(page);
    await page.goto(`${server.url}/page`);
    for (const model of models) {
      const mine = cases.filter((test) => test.model === model.name);
      if (!mine.length) continue;
      const work = { model: { ...model, url: `/tests/models/${model.zip}` }, text: JSON.stringify(mine) };
      const ran = await bounded(page.evaluate(runThere, work), model.name);
      for (const [index, result] of unpack(ran).entries()) outcomes.set(mine[index].id, result);
      progress(outcomes.size);
    }
    await page.close();
  } finally {
    if (!given) await browser.close();
    await server.close();
  }
  return outcomes;
}

/* The text reaches the page whole: another way of passing it would lose members named __proto__. */
async function runThere({ model, text }) {
  const { runModel } = await import("/oracle/page.mjs");
  return runModel(model, JSON.parse(text));
}

async function bounded(work, name) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: no end after ${MODEL_MS / 1000} s`)), MODEL_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
