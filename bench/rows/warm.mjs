// A second visit with `cache: true`, against a first one: in a profile on the disk, each time in a new process.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { launchProfile } from "../../scripts/lib/chromium.mjs";
import { bigPackage } from "../lib/big.mjs";
import { on } from "../lib/bench.mjs";
import { medians } from "../lib/phases.mjs";
import { interleave } from "../lib/rounds.mjs";

/** Of the package alone: the rest of the page is there before the clock runs. */
const NETWORK = { delayMs: 40, bytesPerMs: 2_500 };
const PIECE = 32 * 1024;

/** Answers with the bytes as a line of 20 Mbit/s and 40 ms would. */
const slowly = (bytes) => async (request, response) => {
  response.writeHead(200, { "Content-Type": "application/zip", "Content-Length": bytes.length });
  const began = performance.now() + NETWORK.delayMs;
  for (let at = 0; at < bytes.length; at += PIECE) {
    const due = began + (at + PIECE) / NETWORK.bytesPerMs;
    await new Promise((turn) => setTimeout(turn, due - performance.now()));
    response.write(bytes.subarray(at, at + PIECE));
  }
  response.end();
};

function warm({ name, title, targets, prepare }) {
  return {
    name,
    title,
    unit: "ms",
    labels: { ours: "cold", warm: "warm", keeping: "cold, keeping it" },
    targets,
    async run(bench) {
      const { id, url, inputs } = await prepare(bench);
      const asked = () => bench.server.requests.filter((path) => path === url).length;
      const folder = await mkdtemp(path.join(os.tmpdir(), "spark-bench-"));
      const profile = await launchProfile(folder);
      // Keeps the browser open; pages come and go beside it, each with a process of its own.
      try {
        const visit = async (who, timings) => {
          const page = await profile.newPage();
          await page.goto(`${bench.server.url}/bench/`);
          if (who === "keeping") await on(page, "forget");
          const before = asked();
          const hit = who === "warm";
          const found = await on(page, "visit", { id, url, inputs, cache: who !== "ours", hit, timings });
          if (hit && asked() !== before) throw new Error("A warm start asked the server for the package.");
          await page.close();
          return found;
        };
        // Whoever keeps the model comes before whoever finds it.
        await visit("keeping", false);
        const run = async (who) => (await visit(who, false)).time;
        const rounds = await interleave({ who: ["ours", "warm", "keeping"], rounds: bench.rounds, run, note: bench.note });
        const timed = { ours: [], warm: [] };
        for (let round = 0; round < bench.rounds; round++) {
          for (const who of Object.keys(timed)) timed[who].push(await visit(who, true));
        }
        const bars = Object.entries(timed).map(([who, starts]) => ({ label: this.labels[who], phases: medians(starts) }));
        return { rounds, bars };
      } finally {
        await profile.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
    show: (result, { median, spread }) => ({
      ours: `${median("warm")} warm, ${median("ours")} cold, ${median("keeping")} keeping it`,
      toLimit: `to cold: ${spread("warm", "ours")}`,
    }),
  };
}

export const warmServer = warm({
  name: "warm-large-server",
  title: "Warm start, *large*, package on the server",
  targets: [{ is: "warm", to: "ours", atMost: 0.8 }],
  prepare: (bench) => bench.model("large"),
});

export const warmSlow = warm({
  name: "warm-5mb-20mbit",
  title: "Warm start, *large* with 5 MB, server behind 20 Mbit/s and 40 ms",
  targets: [{ is: "warm", to: "ours", atMost: 0.4 }],
  async prepare(bench) {
    const model = await bigPackage(bench, "large", 4.5);
    const url = "/bench/slow.zip";
    bench.server.routes[url] = slowly(bench.server.routes[model.url].body);
    return { ...model, url };
  },
});
