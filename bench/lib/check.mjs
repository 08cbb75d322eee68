// Compares results with those that were accepted last. Times differ from machine to machine and from hour to hour, so only
// ratios to another contender of the same run are compared, and only differences that noise does not explain.
import { ratio } from "./stats.mjs";

/** What a machine that nobody disturbs still shows. */
const FLOOR = 0.15;
const MORE_IS_BETTER = /\/s$/;

/** Ratios of ours to whom, for every row of both. */
const AGAINST = ["limit", "peer"];

/**
 * @param {object[]} now results of this run
 * @param {object[]} accepted results of the accepted one
 * @returns {{ row: string, to: string, now: number, was: number, noise: number, verdict: "worse" | "better" | "same" }[]}
 */
export function compare(now, accepted) {
  return now.flatMap((result) => {
    const before = accepted.find(({ row }) => row === result.row);
    if (!before) return [];
    return AGAINST.flatMap((to) => {
      const [is, was] = [ratio(result.rounds, "ours", to), ratio(before.rounds, "ours", to)];
      if (!is || !was) return [];
      const noise = Math.max(FLOOR, noiseOf(result), noiseOf(before));
      const change = is.median / was.median;
      // Beyond noise, and the middle halves of both runs lie apart.
      const more = change > 1 + noise && is.q1 > was.q3;
      const less = change < 1 / (1 + noise) && is.q3 < was.q1;
      const good = MORE_IS_BETTER.test(result.unit ?? "") ? more : less;
      const verdict = more || less ? (good ? "better" : "worse") : "same";
      return [{ row: result.row, to, now: is.median, was: was.median, noise, verdict }];
    });
  });
}

/** How far the same code, twice, was from itself. */
function noiseOf({ rounds }) {
  const twins = ratio(rounds, "twin", "limit");
  return twins ? Math.max(twins.q3, 1 / twins.q1) - 1 : 0;
}
