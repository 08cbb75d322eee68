// Models that call models: what a call costs, and whether many at once get their own answers.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";

const models = (bench) => ({ parent: bench.model("caller"), child: bench.model("cylinder") });

export const xcall = {
  name: "xcall",
  title: "One XCall of *caller* to *cylinder*",
  unit: "ms",
  labels: { bound: "3 × child" },
  targets: [{ is: "ours", to: "bound", atMost: 1 }],
  async run(bench) {
    const page = await bench.page();
    for (const who of ["peer", "ours"]) await on(page, "prepareChain", { who, ...models(bench) });
    const calls = bench.quick ? 100 : 200;
    const turns = {
      with: () => on(page, "parent", "ours", 1, calls),
      without: () => on(page, "parent", "ours", 0, calls),
      again: () => on(page, "parent", "ours", 0, calls),
      child: () => on(page, "child", "ours", calls),
      relayWith: () => on(page, "relay", 1, calls),
      relayWithout: () => on(page, "relay", 0, calls),
      // The peer looks for an answer every 10 ms: more calls tell no more.
      peerWith: () => on(page, "parent", "peer", 1, 5),
      peerWithout: () => on(page, "parent", "peer", 0, 5),
    };
    const run = (who) => turns[who]();
    const who = Object.keys(turns);
    const taken = await interleave({ who, rounds: bench.rounds, warmUp: 2, turns: 7, run, note: bench.note });
    await page.context().close();
    const rounds = taken.map((round) => ({
      ...round,
      ours: round.with - round.without,
      peer: round.peerWith - round.peerWithout,
      limit: round.relayWith - round.relayWithout,
      bound: 3 * round.child,
      noise: Math.abs(round.again - round.without),
    }));
    return { rounds };
  },
  show: (result, { median, spread }) => ({
    ours: `${median("ours")}, ${spread("ours", "bound")} × (3 × child)`,
    noise: spread("noise", "ours"),
  }),
};

const TEN = 10;
const DEADLINE_MS = 5_000;

export const xcallTen = {
  name: "xcall-ten",
  title: `${TEN} XCalls at once, right answers`,
  targets: [{ is: "ours", atLeast: TEN }],
  async run(bench) {
    const outcomes = { peer: [], ours: [] };
    const run = async (who) => {
      const page = await bench.page();
      await on(page, "prepareChain", { who, ...models(bench) });
      const found = await on(page, "atOnce", who, TEN, DEADLINE_MS);
      outcomes[who].push(found);
      await page.context().close();
      return found.right;
    };
    // It is no time: a few rounds show whether it is always so.
    const rounds = await interleave({ who: ["peer", "ours"], rounds: 3, warmUp: 0, run, note: bench.note });
    return { rounds, outcomes };
  },
  show(result) {
    const told = (who) => {
      const texts = result.outcomes[who].map(
        ({ right, wrong, never }) => `${right} right, ${wrong} wrong, ${never} after ${DEADLINE_MS / 1000} s not there`,
      );
      return [...new Set(texts)].join("; ");
    };
    return { peer: told("peer"), ours: told("ours"), toPeer: "–" };
  },
};
