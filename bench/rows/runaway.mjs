// A computation that nobody wants any more: how soon its caller is told, and the processor free.
import { on } from "../lib/bench.mjs";

export const runaway = {
  name: "runaway",
  title: "Processor free after a runaway call is cancelled",
  unit: "ms",
  labels: { later: "ours - hand-written", told: "the caller told", next: "the next call answered" },
  targets: [
    { is: "told", atMost: 50 },
    { is: "later", atMost: 300 },
    { is: "next", to: "ours", atMost: 1 },
  ],
  async run(bench) {
    const page = await bench.page();
    const model = bench.model("slow");
    const turns = {
      limit: async () => ({ limit: await on(page, "terminate") }),
      twin: async () => ({ twin: await on(page, "terminate") }),
      async ours() {
        const { told, next, free } = await on(page, "cancel", model);
        return { told, next, ours: free };
      },
    };
    const rounds = [];
    for (let round = 0; round < bench.rounds; round++) {
      const order = Object.keys(turns);
      if (round % 2) order.reverse();
      const found = {};
      for (const who of order) Object.assign(found, await turns[who]());
      found.later = found.ours - found.limit;
      rounds.push(found);
      const text = Object.entries(found).map(([figure, value]) => `${figure} ${Number(value.toPrecision(3))}`);
      bench.note(`  round ${round + 1}: ${text.join(", ")}`);
    }
    await page.context().close();
    return { rounds };
  },
  show: (result, { median }) => ({ ours: `${median("ours")}; told ${median("told")}, next ${median("next")}` }),
};
