// Contenders take turns. Nobody is always first, nor always behind the same other one, which may leave the machine fast
// or slow: each round starts with the next one, and every other lap goes backwards.
import { summary } from "./stats.mjs";

/**
 * @param {object} options
 * @param {string[]} options.who
 * @param {number} options.rounds
 * @param {number} [options.warmUp] rounds whose figures are thrown away
 * @param {number} [options.turns] how often each has its turn in a round: its figure there is the median, so that what
 *   else the machine does for a moment spoils one turn, not the round
 * @param {(who: string) => Promise<number>} options.run
 * @param {(text: string) => void} [options.note] told each round's figures
 */
export async function interleave({ who, rounds, warmUp = 1, turns = 1, run, note = () => {} }) {
  const kept = [];
  for (let round = -warmUp; round < rounds; round++) {
    const taken = Object.fromEntries(who.map((contender) => [contender, []]));
    for (let turn = 0; turn < who.length * turns; turn++) {
      const lap = Math.floor(turn / who.length) + round + warmUp;
      const at = lap % 2 ? who.length - 1 - (turn % who.length) : turn % who.length;
      const contender = who[(at + round + warmUp) % who.length];
      taken[contender].push(await run(contender));
    }
    const figures = Object.fromEntries(who.map((contender) => [contender, summary(taken[contender]).median]));
    if (round >= 0) kept.push(figures);
    const text = Object.entries(figures).map(([contender, value]) => `${contender} ${Number(value.toPrecision(3))}`);
    note(`  ${round < 0 ? "warm-up" : `round ${round + 1}`}: ${text.join(", ")}`);
  }
  return kept;
}
