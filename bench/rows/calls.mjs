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
    return { rounds };
  },
};

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
