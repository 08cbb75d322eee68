// Medians, quartiles and ratios of rounds.

/** The value below which the share `q` of the sorted values lies, linearly interpolated. */
function quantile(sorted, q) {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** @param {number[]} values */
export function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), q1: quantile(sorted, 0.25), q3: quantile(sorted, 0.75) };
}

/**
 * What one contender is to another: the ratio within each round, since a noisy machine is noisy for all that run then.
 * @param {Record<string, number>[]} rounds
 */
export function ratio(rounds, of, to) {
  const values = rounds.filter((round) => of in round && to in round).map((round) => round[of] / round[to]);
  return values.length ? { ...summary(values), rounds: values } : undefined;
}
