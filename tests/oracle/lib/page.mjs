// Runs in the page: one model's cases against the global `Spark`, first one by one, then several at a time.
import { expand, pack } from "./values.mjs";

const IN_FLIGHT = 12;

/**
 * Cases that damage an engine (`fresh`) take turns, with a good call after each: three such failures in a row, and the
 * package leaves the model alone for a while.
 * @param {{ id: string, url: string, stateful: boolean }} model
 * @param {{ request: unknown, argument?: unknown, fresh?: boolean }[]} cases
 * @returns {Promise<string>} packed `[how, outcome][]` for each case: how it was run and what came
 */
export async function runModel({ id, url, stateful }, cases) {
  // Two replicas answer in whatever order; a model with a memory has one, which answers in ours.
  const spark = new globalThis.Spark({
    nodegenModels: [{ versionId: id, binary: url, replica: stateful ? 1 : 2 }],
    timeout: 60_000,
  });
  const outcomes = cases.map(() => []);
  let turn = Promise.resolve();
  const run = async (index, how) => {
    const { request, argument, fresh } = cases[index];
    const ask = async () => outcomes[index].push([how, await outcomeOf(() => spark.execute(expand(request), expand(argument)))]);
    if (!fresh) return ask();
    await (turn = turn.then(ask).then(() => spark.execute({ request_data: { inputs: {} } }, id)));
  };
  try {
    const half = stateful ? Math.ceil(cases.length / 2) : cases.length;
    for (let index = 0; index < half; index++) await run(index, "alone");
    // On a busy machine the second may still be starting; without it nothing could be mixed up.
    while (!stateful && spark.stats()[0].replicas < 2) await new Promise((turn) => setTimeout(turn, 0));
    let next = stateful ? half : 0;
    const lane = async () => {
      while (next < cases.length) await run(next++, "among others");
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  } finally {
    await spark.destroy();
  }
  return pack(outcomes);
}

async function outcomeOf(call) {
  try {
    return { response: await call() };
  } catch (error) {
    const { name, type, code, message, details } = error;
    return { error: { name, type, code, message, details } };
  }
}
