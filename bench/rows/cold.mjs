// From nothing to the first answer, each time on a fresh page in a fresh process: nobody finds code compiled before.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";

const ALL = ["peer", "limit", "ours", "twin"];

function cold(model, inMemory, targets) {
  return {
    name: `cold-${model}-${inMemory ? "memory" : "server"}`,
    title: `Cold start, *${model}*, zip ${inMemory ? "in memory" : "on the server"}`,
    unit: "ms",
    targets,
    async run(bench) {
      const run = async (who) => {
        const page = await bench.page();
        const time = await on(page, "cold", { ...bench.model(model), who, inMemory });
        await page.context().close();
        return time;
      };
      return { rounds: await interleave({ who: ALL, rounds: bench.rounds, run, note: bench.note }) };
    },
  };
}

const QUICKER = [{ is: "ours", to: "peer", atMost: 0.65 }];
export const coldLargeMemory = cold("large", true, QUICKER);
export const coldLargeServer = cold("large", false, QUICKER);
export const coldCylinderMemory = cold("cylinder", true, []);
export const coldCylinderServer = cold("cylinder", false, []);

export const lockdown = {
  name: "lockdown",
  title: "Cold start, *large* in memory, locked down, not locked down, in a frame",
  unit: "ms",
  labels: { ours: "locked down", open: "lockdown: false", framed: "isolation: sandbox" },
  targets: [
    { is: "ours", to: "open", atMost: 1.1 },
    { is: "framed", to: "ours", atMost: 1.1 },
  ],
  async run(bench) {
    const run = async (who) => {
      const page = await bench.page();
      const time = await on(page, "cold", { ...bench.model("large"), who, inMemory: true });
      await page.context().close();
      return time;
    };
    return { rounds: await interleave({ who: ["ours", "open", "framed"], rounds: bench.rounds, turns: 3, run, note: bench.note }) };
  },
};

export const replicas = {
  name: "replicas",
  title: "Each further replica to the first, *large*",
  unit: "ms",
  targets: [{ is: "further", to: "first", atMost: 0.5 }],
  async run(bench) {
    const rounds = [];
    for (let round = -1; round < bench.rounds; round++) {
      const page = await bench.page();
      const figures = await on(page, "replicas", { ...bench.model("large"), replicas: 3 });
      if (round >= 0) rounds.push(figures);
      await page.context().close();
    }
    return { rounds };
  },
  show: (result, { median }) => ({ ours: `${median("further")} to ${median("first")}` }),
};
