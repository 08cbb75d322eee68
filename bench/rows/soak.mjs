// A page that lives long: many models, of which few stay loaded. What stays behind after each call, on the page.
import { on } from "../lib/bench.mjs";
import { isKnown, rendererOf } from "../lib/renderer.mjs";
import { attach, heapOf } from "../lib/workers.mjs";

const MODELS = 40;
const LOADED = 8;
const FROM = 40_000;
const TO = 200_000;
/** Calls to a model before it is another one's turn. */
const VISIT = 500;

export const soak = {
  name: "soak",
  title: `${MODELS} models over offlineMaxService ${LOADED}: heap growth per call, calls 40,000 to 200,000`,
  unit: "B",
  targets: [{ is: "ours", atMost: 2 }],
  async run(bench) {
    const page = await bench.page();
    const targets = await attach(page);
    const scale = bench.quick ? 0.1 : 1;
    await on(page, "soakStart", { url: bench.model("cylinder").url, models: MODELS, loaded: LOADED });
    // The first visit has its process found by the workers that it starts.
    await on(page, "soak", VISIT, VISIT);
    const watch = isKnown && (await rendererOf(bench.browser)).watch(500);
    await on(page, "soak", FROM * scale - VISIT, VISIT);
    const before = await used(page, targets);
    await on(page, "soak", (TO - FROM) * scale, VISIT);
    const after = await used(page, targets);
    const over = watch && { ours: await watch.stop() };
    const done = await on(page, "soakEnd");
    const left = page.workers().length;
    bench.note(`  ${JSON.stringify({ before, after, done, left })}`);
    await page.context().close();
    const growth = (after.bytes - before.bytes) / ((TO - FROM) * scale);
    return { rounds: [{ ours: growth }], details: { before, after, done, left }, ...(over && { over }) };
  },
};

async function used(page, targets) {
  const bytes = await heapOf(targets.page);
  return { bytes, workers: page.workers().length, engines: await on(page, "soakMemory") };
}
