// Many records through one model.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";
import { isKnown, MB, rendererOf } from "../lib/renderer.mjs";
import { longestTask } from "../lib/tasks.mjs";
import { attach, heapsOf, total } from "../lib/workers.mjs";

const run = async (bench, who, measure) => {
  const page = await bench.page();
  await on(page, "prepare", { ...bench.model("cylinder"), who: who.filter((name) => name !== "peer"), replicas: 2 });
  if (who.includes("peer")) await on(page, "prepare", { ...bench.model("cylinder"), who: ["peer"], key: "alone" });
  const records = bench.quick ? 20_000 : 100_000;
  const run = (contender) => measure(page, contender, records);
  const rounds = await interleave({ who, rounds: bench.rounds, warmUp: 1, run, note: bench.note });
  await page.context().close();
  return { rounds };
};

export const batch = {
  name: "batch",
  title: "Batch, objects in and out, *cylinder*, 2 replicas",
  unit: "records/s",
  targets: [
    { is: "ours", to: "limit", atLeast: 0.9 },
    { is: "ours", to: "peer", atLeast: 10 },
  ],
  run: (bench) =>
    run(bench, ["peer", "limit", "ours", "twin"], async (page, who, records) => {
      if (who !== "peer") return on(page, "batch", "cylinder", who, records);
      // See `throughput`.
      await on(page, "renew", "alone", who);
      return on(page, "batch", "alone", who, 1000);
    }),
};

export const batchTexts = {
  name: "batch-texts",
  title: "Batch, text out, against loops in the workers",
  unit: "records/s",
  targets: [{ is: "ours", to: "limit", atLeast: 0.85 }],
  run: (bench) =>
    run(bench, ["limit", "ours", "twin"], (page, who, records) => on(page, "batchTexts", "cylinder", who, records)),
};

/** The same engine, once as a package that takes columns, and once as one that does not. */
export const batchColumns = {
  name: "batch-columns",
  title: "Batch, objects in and out, *cylinder* that takes columns",
  unit: "records/s",
  labels: { ours: "in columns", requests: "in requests" },
  targets: [{ is: "ours", to: "requests", atLeast: 1.15 }],
  async run(bench) {
    const page = await bench.page();
    await on(page, "prepare", { ...bench.model("cylinder"), who: ["limit", "twin", "ours"], replicas: 2 });
    await on(page, "prepare", { ...bench.model("cylinder-columns"), who: ["ours"], replicas: 2 });
    const records = bench.quick ? 20_000 : 100_000;
    const run = (who) => {
      if (who === "ours") return on(page, "batch", "cylinder-columns", who, records);
      return on(page, "batch", "cylinder", who === "requests" ? "ours" : who, records);
    };
    const who = ["limit", "ours", "requests", "twin"];
    const rounds = await interleave({ who, rounds: bench.rounds, warmUp: 1, run, note: bench.note });
    await page.context().close();
    return { rounds };
  },
  show: (result, { median, spread }) => ({
    ours: `${median("ours")}; in requests ${median("requests")}, ${spread("ours", "requests")} ×`,
  }),
};

export const batchBlock = {
  name: "batch-block",
  title: "Longest task of the page during a batch",
  unit: "ms",
  targets: [{ is: "ours", atMost: 16 }],
  run: (bench) =>
    run(bench, ["limit", "ours", "twin"], async (page, who, records) => {
      const traced = await longestTask(bench.browser, page, () => on(page, "batch", "cylinder", who, records));
      return traced.longest;
    }),
};

const LENGTHS = { few: 10_000, some: 100_000, ours: 1_000_000 };

export const batchMemory = {
  name: "batch-memory",
  title: "Memory of a batch of 1,000,000 records, consumed one by one",
  unit: "MB",
  labels: { live: "heaps at 1,000,000", liveSome: "at 100,000" },
  // Beyond them, peaks tell when the browser collects garbage, which it does when there is enough of it.
  targets: [{ is: "live", to: "liveSome", atMost: 1.1 }],
  isMeasurable: isKnown,
  async run(bench) {
    const over = {};
    const live = {};
    const scale = bench.quick ? 0.1 : 1;
    /** The peak, above what there was before. */
    const run = async (who) => {
      const page = await bench.page();
      const targets = await attach(page);
      const contender = who === "limit" ? who : "ours";
      await on(page, "prepare", { ...bench.model("cylinder"), who: [contender], replicas: 2 });
      await on(page, "batch", "cylinder", contender, 2000);
      await heapsOf(targets);
      const renderer = await rendererOf(bench.browser);
      const before = await renderer.level();
      await renderer.forget();
      const watch = renderer.watch(100);
      const count = (LENGTHS[who] ?? LENGTHS.ours) * scale;
      if (contender === "limit") await on(page, "batch", "cylinder", contender, count);
      else await on(page, "holdBatch", "cylinder", count);
      const peak = await renderer.peak();
      over[who] = await watch.stop();
      if (contender === "ours") {
        live[who] = total(await heapsOf(targets)) / MB;
        await on(page, "releaseBatch");
      }
      await page.context().close();
      return (peak - before) / MB;
    };
    const kept = [];
    const who = ["limit", ...Object.keys(LENGTHS)];
    for (let round = 0; round < Math.min(bench.rounds, 3); round++) {
      const [figures] = await interleave({ who, rounds: 1, warmUp: 0, run, note: bench.note });
      kept.push({ ...figures, liveFew: live.few, liveSome: live.some, live: live.ours });
    }
    return { rounds: kept, over: { limit: over.limit, ours: over.ours } };
  },
  show: (result, { median }) => ({
    ours:
      `${median("few")}, ${median("some")}, ${median("ours")} at the peak of 10,000, 100,000, 1,000,000 records; ` +
      `heaps before the end ${median("liveFew")}, ${median("liveSome")}, ${median("live")}`,
  }),
};
