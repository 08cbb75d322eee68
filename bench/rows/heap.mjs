// What stays behind after each call: on the page and in the worker, after the garbage was collected.
import { on } from "../lib/bench.mjs";
import { attach } from "../lib/workers.mjs";

const FROM = 20_000;
const TO = 100_000;

export const heap = {
  name: "heap",
  title: "Heap growth per call, calls 20,000 to 100,000",
  unit: "B",
  targets: [{ is: "ours", atMost: 16 }],
  async run(bench) {
    const figures = {};
    const details = {};
    for (const who of ["limit", "ours"]) {
      const page = await bench.page();
      const targets = await attach(page);
      await on(page, "prepare", { ...bench.model("cylinder"), who: [who] });
      const scale = bench.quick ? 0.1 : 1;
      await spend(page, who, FROM * scale);
      const before = await used(targets);
      await spend(page, who, (TO - FROM) * scale);
      const after = await used(targets);
      const calls = (TO - FROM) * scale;
      figures[who] = (total(after) - total(before)) / calls;
      details[who] = { before, after };
      bench.note(`  ${who}: ${JSON.stringify({ before, after })}`);
      await page.context().close();
    }
    return { rounds: [figures], details };
  },
};

const total = (heaps) => heaps.page + heaps.workers.reduce((sum, used) => sum + used, 0);

/** Half of the calls in bursts, half one by one. */
async function spend(page, who, calls) {
  for (let left = calls; left > 0; left -= 2000) {
    await on(page, "pipelined", "cylinder", who, Math.min(1000, left));
    await on(page, "sequential", "cylinder", who, Math.min(1000, left - Math.min(1000, left)));
  }
}

async function used({ page, workers }) {
  const inWorkers = [];
  for (const send of workers()) inWorkers.push(await heapOf(send));
  return { page: await heapOf(page), workers: inWorkers };
}

async function heapOf(send) {
  // What one collection frees may be what another object waited for.
  for (let i = 0; i < 3; i++) await send("HeapProfiler.collectGarbage");
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await send("Runtime.getHeapUsage");
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}
