// One call with megabytes in and out.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";
import { summary } from "../lib/stats.mjs";

const ALL = ["peer", "limit", "ours", "twin"];

export const payload = {
  name: "payload",
  title: "10 MB request, 12 MB response, *table*",
  unit: "ms",
  targets: [{ is: "ours", to: "limit", atMost: 1.3 }],
  async run(bench) {
    const page = await bench.page();
    // About 50 bytes a row.
    const model = bench.model("table");
    await on(page, "prepare", { ...model, who: ALL });
    const bytes = await on(page, "setRows", "table", bench.quick ? 40_000 : 200_000);
    bench.note(`  a request of ${bytes} bytes`);
    const run = (who) => on(page, "sequential", "table", who, 1);
    const rounds = await interleave({ who: ALL, rounds: bench.rounds, warmUp: 2, run, note: bench.note });
    await page.context().close();
    return { rounds, bytes };
  },
};

export const payloadSizes = {
  name: "payload-sizes",
  title: "Request of 10 KB to 10 MB, *table*",
  unit: "ms",
  async run(bench) {
    const page = await bench.page();
    await on(page, "prepare", { ...bench.model("table"), who: ALL });
    const sizes = [];
    let rounds;
    for (const rows of bench.quick ? [200, 2_000, 20_000] : [200, 2_000, 20_000, 100_000, 200_000]) {
      const bytes = await on(page, "setRows", "table", rows);
      // The peer looks for an answer every 10 ms.
      const run = (who) => on(page, "sequential", "table", who, Math.max(1, Math.round(2_000 / rows)));
      rounds = await interleave({ who: ALL, rounds: Math.min(bench.rounds, 5), warmUp: 1, run, note: bench.note });
      const median = (who) => summary(rounds.map((round) => round[who])).median;
      sizes.push({ bytes, ...Object.fromEntries(ALL.map((who) => [who, median(who)])) });
    }
    await page.context().close();
    return { rounds, sizes };
  },
};
