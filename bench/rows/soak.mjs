// A page that lives long: many models, of which few stay loaded. What stays behind after each call, on the page.
import { on } from "../lib/bench.mjs";
import { attach } from "../lib/workers.mjs";

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
    await on(page, "soak", FROM * scale, VISIT);
    const before = await used(page, targets);
    await on(page, "soak", (TO - FROM) * scale, VISIT);
    const after = await used(page, targets);
    const done = await on(page, "soakEnd");
    const left = page.workers().length;
    bench.note(`  ${JSON.stringify({ before, after, done, left })}`);
    await page.context().close();
    return { rounds: [{ ours: (after.bytes - before.bytes) / ((TO - FROM) * scale) }], details: { before, after, done, left } };
  },
};

async function used(page, targets) {
  // What one collection frees may be what another object waited for.
  for (let i = 0; i < 4; i++) await targets.page("HeapProfiler.collectGarbage");
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await targets.page("Runtime.getHeapUsage");
  const engines = await on(page, "soakMemory");
  return { bytes: usedSize + embedderHeapUsedSize + backingStorageSize, workers: page.workers().length, engines };
}
