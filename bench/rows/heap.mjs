// What stays behind after each call: on the page and in the worker, after the garbage was collected.
import { on } from "../lib/bench.mjs";
import { attach, heapsOf, total } from "../lib/workers.mjs";

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
      const before = await heapsOf(targets);
      await spend(page, who, (TO - FROM) * scale);
      const after = await heapsOf(targets);
      const calls = (TO - FROM) * scale;
      figures[who] = (total(after) - total(before)) / calls;
      details[who] = { before, after };
      bench.note(`  ${who}: ${JSON.stringify({ before, after })}`);
      await page.context().close();
    }
    return { rounds: [figures], details };
  },
};

/** Half of the calls in bursts, half one by one. */
async function spend(page, who, calls) {
  for (let left = calls; left > 0; left -= 2000) {
    await on(page, "pipelined", "cylinder", who, Math.min(1000, left));
    await on(page, "sequential", "cylinder", who, Math.min(1000, left - Math.min(1000, left)));
  }
}
