// Runs in the page: one model's cases against the global `Spark`, first one by one, then several at a time.
import { expand, pack } from "./values.mjs";

const IN_FLIGHT = 12;

/**
 * @param {{ id: string, url: string, stateful: boolean }} model
 * @param {{ request: unknown, argument?: unknown }[]} cases
 * @returns {Promise<string>} packed `[how, outcome][]` for each case: how it was run and what came
 */
export async function runModel({ id, url, stateful }, cases) {
  // Two replicas answer in whatever order; a model with a memory has one, which answers in ours.
  const spark = new globalThis.Spark({
    nodegenModels: [{ versionId: id, binary: url, replica: stateful ? 1 : 2 }],
    timeout: 60_000,
  });
  const outcomes = cases.map(() => []);
  const run = async (index, how) => {
    const { request, argument } = cases[index];
    outcomes[index].push([how, await outcomeOf(() => spark.execute(expand(request), expand(argument)))]);
  };
  try {
    const half = stateful ? Math.ceil(cases.length / 2) : cases.length;
    for (let index = 0; index < half; index++) await run(index, "alone");
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
