// Many records through one model.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";

const row = (name, title, unit, who, targets, method) => ({
  name,
  title,
  unit,
  targets,
  async run(bench) {
    const page = await bench.page();
    await on(page, "prepare", { ...bench.model("cylinder"), who: who.filter((name) => name !== "peer"), replicas: 2 });
    if (who.includes("peer")) await on(page, "prepare", { ...bench.model("cylinder"), who: ["peer"], key: "alone" });
    const records = bench.quick ? 20_000 : 100_000;
    const run = async (contender) => {
      if (contender !== "peer") return on(page, method, "cylinder", contender, records);
      // See `throughput`.
      await on(page, "renew", "alone", contender);
      return on(page, method, "alone", contender, 1000);
    };
    const rounds = await interleave({ who, rounds: bench.rounds, warmUp: 1, run, note: bench.note });
    await page.context().close();
    return { rounds };
  },
});

export const batch = row("batch", "Batch, objects in and out, *cylinder*, 2 replicas", "records/s", ["peer", "limit", "ours", "twin"], [
  { is: "ours", to: "limit", atLeast: 0.9 },
  { is: "ours", to: "peer", atLeast: 10 },
], "batch");

export const batchTexts = row("batch-texts", "Batch, text out, against loops in the workers", "records/s", ["limit", "ours", "twin"], [
  { is: "ours", to: "limit", atLeast: 0.85 },
], "batchTexts");

export const batchBlock = row("batch-block", "Longest block of the page during a batch", "ms", ["limit", "ours", "twin"], [
  { is: "ours", to: "limit", atMost: 1.5 },
], "batchBlock");
