// Calls to a model that is loaded: one after the other, and all at once.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";

const ALL = ["peer", "limit", "ours", "twin"];

export const latency = {
  name: "latency",
  title: "Sequential call, *cylinder*",
  unit: "ms",
  targets: [
    { is: "ours", to: "peer", atMost: 1 / 50 },
    { is: "ours", to: "limit", goal: 1.3, atMost: 1.5 },
  ],
  async run(bench) {
    const page = await bench.page();
    await on(page, "prepare", { ...bench.model("cylinder"), who: ALL });
    const calls = bench.quick ? 200 : 500;
    // The peer looks for an answer every 10 ms: more calls tell no more.
    const run = (who) => on(page, "sequential", "cylinder", who, who === "peer" ? 5 : calls);
    const rounds = await interleave({ who: ALL, rounds: bench.rounds, warmUp: 2, turns: 7, run, note: bench.note });
    await page.context().close();
    return { rounds, samples: await distribution(bench, calls * 4) };
  },
};

/** The times of single calls, which only a finer clock tells. */
async function distribution(bench, calls) {
  const page = await bench.page({ isolated: true });
  const who = ["peer", "limit", "ours"];
  await on(page, "prepare", { ...bench.model("cylinder"), who });
  const samples = {};
  for (const contender of who) {
    await on(page, "samples", "cylinder", contender, contender === "peer" ? 5 : 1000);
    const times = await on(page, "samples", "cylinder", contender, contender === "peer" ? 50 : calls);
    samples[contender] = times.map((time) => Number(time.toFixed(4)));
  }
  await page.context().close();
  return samples;
}

function throughput(replicas, targets) {
  const who = replicas === 1 ? ALL : ALL.filter((name) => name !== "peer");
  return {
    name: `throughput-${replicas}`,
    title: `Pipelined calls, *cylinder*, ${replicas} replica${replicas > 1 ? "s" : ""}`,
    unit: "calls/s",
    targets,
    async run(bench) {
      const page = await bench.page();
      await on(page, "prepare", { ...bench.model("cylinder"), who, replicas });
      const calls = bench.quick ? 3000 : 6000;
      const run = async (contender) => {
        if (contender !== "peer") return on(page, "pipelined", "cylinder", contender, calls);
        // It gets slower with every call of its life, and with every call that waits: it shows its best when new, and
        // given fewer calls.
        await on(page, "renew", "cylinder", contender);
        return on(page, "pipelined", "cylinder", contender, 1000);
      };
      const rounds = await interleave({ who, rounds: bench.rounds, warmUp: 2, turns: 3, run, note: bench.note });
      await page.context().close();
      return { rounds };
    },
  };
}

export const throughput1 = throughput(1, [
  { is: "ours", to: "peer", atLeast: 5 },
  { is: "ours", to: "limit", goal: 0.85, atLeast: 0.75 },
]);
export const throughput2 = throughput(2, []);
export const throughput4 = throughput(4, []);

/** What a second replica gains with a model that computes for milliseconds. */
export const scaling = {
  name: "scaling",
  title: "Gain of a second replica, *slow* at 5 ms",
  unit: "×",
  targets: [{ is: "ours", to: "limit", atLeast: 0.95 }],
  async run(bench) {
    const who = ["limit", "ours", "twin"];
    const page = await bench.page();
    const model = bench.model("slow");
    const inputs = { ...model.inputs, ms: 5 };
    for (const replicas of [1, 2]) await on(page, "prepare", { ...model, inputs, who, replicas, key: `slow-${replicas}` });
    const calls = bench.quick ? 60 : 200;
    const run = async (contender) => {
      const one = await on(page, "pipelined", "slow-1", contender, calls);
      return (await on(page, "pipelined", "slow-2", contender, calls)) / one;
    };
    const rounds = await interleave({ who, rounds: bench.rounds, warmUp: 1, run, note: bench.note });
    await page.context().close();
    return { rounds };
  },
};
