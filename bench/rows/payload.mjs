// One call with megabytes in and out: how long it takes, and how much memory the page's process needs for it.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";
import { isKnown, MB, rendererOf } from "../lib/renderer.mjs";
import { summary } from "../lib/stats.mjs";
import { attach, heapsOf } from "../lib/workers.mjs";

const ALL = ["peer", "limit", "ours", "twin"];
const WITH_BYTES = [...ALL, "raw"];
/** About 50 bytes a row. */
const ROWS = { 10: 200_000, 100: 2_000_000 };
const target = { is: "ours", to: "limit", atMost: 1.2 };

const labels = { raw: "bytes in and out" };
const withBytes = (result, { median }) => ({ ours: `${median("ours")}; bytes in and out ${median("raw")}` });

export const payload = {
  name: "payload",
  title: "10 MB request, 12 MB response, *table*",
  unit: "ms",
  labels,
  targets: [target],
  async run(bench) {
    const page = await bench.page();
    await on(page, "prepare", { ...bench.model("table"), who: WITH_BYTES });
    const bytes = await on(page, "setRows", "table", bench.quick ? 40_000 : ROWS[10]);
    bench.note(`  a request of ${bytes} bytes`);
    const run = (who) => on(page, "sequential", "table", who, 1);
    const rounds = await interleave({ who: WITH_BYTES, rounds: bench.rounds, warmUp: 2, run, note: bench.note });
    await page.context().close();
    return { rounds, bytes };
  },
  show: withBytes,
};

export const payloadSizes = {
  name: "payload-sizes",
  title: "Request of 10 KB to 10 MB, *table*",
  unit: "ms",
  async run(bench) {
    const page = await bench.page();
    await on(page, "prepare", { ...bench.model("table"), who: WITH_BYTES });
    const sizes = [];
    let rounds;
    for (const rows of bench.quick ? [200, 2_000, 20_000] : [200, 2_000, 20_000, 100_000, ROWS[10]]) {
      const bytes = await on(page, "setRows", "table", rows);
      // The peer looks for an answer every 10 ms.
      const run = (who) => on(page, "sequential", "table", who, Math.max(1, Math.round(2_000 / rows)));
      rounds = await interleave({ who: WITH_BYTES, rounds: Math.min(bench.rounds, 5), warmUp: 1, run, note: bench.note });
      sizes.push(sizeOf(bytes, rounds));
    }
    await page.context().close();
    return { rounds, sizes };
  },
  show: withBytes,
};

/** A point of each contender's line in the report. */
function sizeOf(bytes, rounds) {
  const median = (who) => summary(rounds.map((round) => round[who])).median;
  return { bytes, ...Object.fromEntries(Object.keys(rounds[0]).map((who) => [who, median(who)])) };
}

/** What a call took, and what it needed, by the megabytes of its request: measured once for both rows. */
const taken = new WeakMap();

async function large(bench, megabytes) {
  const found = taken.get(bench) ?? {};
  taken.set(bench, found);
  return (found[megabytes] ??= await measureLarge(bench, megabytes));
}

/** One call on a fresh page in a fresh process each time, so that nobody has the garbage of others, nor room they left. */
async function measureLarge(bench, megabytes) {
  const model = { ...bench.model("table"), rows: ROWS[megabytes] / (bench.quick ? 10 : 1) };
  const memory = [];
  let bytes;
  const run = async (who) => {
    const page = await bench.page();
    const targets = await attach(page);
    bytes = await on(page, "prepareLarge", { ...model, who });
    await heapsOf(targets);
    const renderer = isKnown && (await rendererOf(bench.browser));
    const before = renderer && (await renderer.level());
    if (renderer) await renderer.forget();
    const time = await on(page, "callLarge");
    if (renderer) memory.push([who, ((await renderer.peak()) - before) / MB]);
    await page.context().close();
    return time;
  };
  const rounds = Math.min(bench.rounds, megabytes > 10 ? 3 : 5);
  const times = await interleave({ who: WITH_BYTES, rounds, warmUp: 0, run, note: bench.note });
  const each = WITH_BYTES.length;
  const peaks = times.map((_, round) => Object.fromEntries(memory.slice(round * each, (round + 1) * each)));
  return { times, peaks, bytes };
}

export const payload100 = {
  name: "payload-100mb",
  title: "100 MB request, 120 MB response, *table*",
  unit: "ms",
  labels,
  targets: [target],
  async run(bench) {
    const { times, bytes } = await large(bench, 100);
    return { rounds: times, bytes, sizes: [sizeOf(bytes, times)] };
  },
  show: withBytes,
};

const peak = (megabytes) => ({
  name: `memory-${megabytes}mb`,
  title: `Peak memory of the page's process: ${megabytes} MB request, ${megabytes * 1.2} MB response`,
  unit: "MB",
  labels,
  targets: [target],
  isMeasurable: isKnown,
  async run(bench) {
    const { peaks, bytes } = await large(bench, megabytes);
    return { rounds: peaks, bytes };
  },
  show: withBytes,
});

export const memory10 = peak(10);
export const memory100 = peak(100);
