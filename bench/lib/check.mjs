// Compares results with those that were accepted last. Times differ from machine to machine and from hour to hour, so only
// ratios to another contender of the same run are compared, and only differences that noise does not explain.
import { ratio } from "./stats.mjs";

/** What a machine that nobody disturbs still shows. */
const FLOOR = 0.15;

/** What is compared of every row that has it, besides the pairs that its targets name. */
const AGAINST = ["limit", "peer"];

const digits = (value) => Number(value.toPrecision(4));

/** What is kept of a run's rows, for later ones: ratios with their quartiles, and how noisy they were. */
export function essence(results, revision) {
  return results.flatMap((result) => {
    const ratios = ratiosOf(result).map(({ of, to, spread: { q1, median, q3 } }) => [of, to, ...[q1, median, q3].map(digits)]);
    return ratios.length ? [{ row: result.row, revision, noise: digits(noiseOf(result)), ratios }] : [];
  });
}

/** Those that were accepted, with the rows of a new run in the place of older ones. */
export function accept(accepted, fresh) {
  const isNew = new Set(fresh.map(({ row }) => row));
  return [...accepted.filter(({ row }) => !isNew.has(row)), ...fresh];
}

/**
 * @param {object[]} results of this run
 * @param {ReturnType<typeof essence>} accepted
 * @returns {{ row: string, pair: string, now: number, was: number, noise: number, verdict: "worse" | "better" | "same" }[]}
 */
export function compare(results, accepted) {
  return results.flatMap((result) => {
    const before = accepted.find(({ row }) => row === result.row);
    return ratiosOf(result).flatMap(({ of, to, spread: is, moreIsBetter }) => {
      const found = before?.ratios.find((pair) => pair[0] === of && pair[1] === to);
      if (!found) return [];
      const [q1, was, q3] = found.slice(2);
      const noise = Math.max(FLOOR, noiseOf(result), before.noise);
      // Beyond noise, and the middle halves of both runs lie apart.
      const more = is.median > was * (1 + noise) && is.q1 > q3;
      const less = is.median < was / (1 + noise) && is.q3 < q1;
      const verdict = more || less ? (more === moreIsBetter ? "better" : "worse") : "same";
      return [{ row: result.row, pair: `${of} : ${to}`, now: is.median, was, noise, verdict }];
    });
  });
}

function ratiosOf({ rounds, targets = [], unit = "" }) {
  const named = targets.filter(({ to }) => to).map(({ is, to }) => [is, to]);
  const usual = AGAINST.map((to) => ["ours", to]).filter(([of, to]) => !named.some((pair) => pair[0] === of && pair[1] === to));
  const hasMore = targets.some(({ atLeast }) => atLeast !== undefined) || unit.endsWith("/s");
  return [...named, ...usual].flatMap(([of, to]) => {
    const spread = ratio(rounds, of, to);
    const isFinite = spread && [spread.q1, spread.median, spread.q3].every((value) => Number.isFinite(value) && value > 0);
    return isFinite ? [{ of, to, spread, moreIsBetter: hasMore }] : [];
  });
}

/** How far the same code, twice, was from itself. */
function noiseOf({ rounds }) {
  const twins = ratio(rounds, "twin", "limit");
  return twins ? Math.max(twins.q3, 1 / twins.q1) - 1 : 0;
}
