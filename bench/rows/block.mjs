// The longest time for which a page cannot react while a package of 60 MB is loaded.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";
import { bigPackage } from "../lib/big.mjs";

function block(inMemory) {
  return {
    name: `block-${inMemory ? "memory" : "server"}`,
    title: `Longest block of the page, 60 MB package ${inMemory ? "in memory" : "on the server"}`,
    unit: "ms",
    targets: [{ is: "ours", goal: 16, atMost: 50, or: { to: "limit", atMost: 2 } }],
    async run(bench) {
      const { id, url, inputs } = await bigPackage(bench);
      const run = async (who) => {
        const page = await bench.page();
        const longest = await on(page, "block", { who, url, id, inputs, inMemory });
        await page.context().close();
        return longest;
      };
      const who = ["peer", "limit", "ours", "twin", "idle"];
      return { rounds: await interleave({ who, rounds: bench.rounds, run, note: bench.note }) };
    },
  };
}

export const blockServer = block(false);
export const blockMemory = block(true);
