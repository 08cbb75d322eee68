// One call with megabytes in and out.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";

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
