// Contenders take turns. Nobody is always first: each round starts with the next one.

/**
 * @param {object} options
 * @param {string[]} options.who
 * @param {number} options.rounds
 * @param {number} [options.warmUp] rounds whose figures are thrown away
 * @param {(who: string) => Promise<number>} options.run
 * @param {(text: string) => void} [options.note] told each round's figures
 */
export async function interleave({ who, rounds, warmUp = 1, run, note = () => {} }) {
  const kept = [];
  for (let round = -warmUp; round < rounds; round++) {
    const figures = {};
    for (let turn = 0; turn < who.length; turn++) {
      const contender = who[(turn + round + warmUp) % who.length];
      figures[contender] = await run(contender);
    }
    if (round >= 0) kept.push(figures);
    const text = Object.entries(figures).map(([contender, value]) => `${contender} ${Number(value.toPrecision(3))}`);
    note(`  ${round < 0 ? "warm-up" : `round ${round + 1}`}: ${text.join(", ")}`);
  }
  return kept;
}
