// The oracle: the same cases to the peer and to our built package, every difference accounted for.
import { readFileSync } from "node:fs";
import { loadCases, models as allModels } from "./cases/index.mjs";
import { Divergences, describe, differences } from "./lib/compare.mjs";
import { askOurs } from "./lib/ours.mjs";
import { askPeer } from "./lib/peer.mjs";

/** The seed unless one is told: any number would do, a fixed one makes runs comparable. */
export const SEED = 20240229;

/** What the divergences file allows. @returns {import("./lib/compare.mjs").Entry[]} */
export function divergences() {
  return JSON.parse(readFileSync(new URL("divergences.json", import.meta.url), "utf8"));
}

/**
 * @typedef {object} Options
 * @property {number} [seed]
 * @property {(test: import("./cases/index.mjs").Case) => boolean} [only] chooses cases
 * @property {import("./lib/ours.mjs").Setup} [setup] how the page differs from the usual one
 * @property {Map<string, import("./lib/compare.mjs").Outcome>} [peer] what the peer answered in an earlier run
 * @property {import("./lib/compare.mjs").Entry[]} [allowed] the divergences file's entries unless told
 * @property {(side: string, done: number, all: number) => void} [progress]
 *
 * @param {Options} [options]
 */
export async function runOracle({
  seed = SEED,
  only = () => true,
  setup,
  peer,
  allowed = divergences(),
  progress = () => {},
} = {}) {
  const cases = loadCases(seed).filter(only);
  const models = allModels();
  const tell = (side) => (done) => progress(side, done, cases.length);
  const [theirs, ours] = await Promise.all([
    peer ?? askPeer(models, cases, tell("peer")),
    askOurs(models, cases, setup, tell("ours")),
  ]);
  const rules = new Divergences(allowed);
  const results = cases.map((test) => judge(test, theirs.get(test.id), ours.get(test.id) ?? [], rules));
  return {
    seed,
    peer: theirs,
    results,
    failed: results.filter((result) => result.differences.length > 0),
    usage: rules.usage(),
    unused: rules.unused(),
  };
}

/** What remains of a case's differences once the allowed ones are gone. */
function judge(test, theirs, runs, rules) {
  const found = new Map();
  if (!runs.length) found.set("It was not run.", "never");
  for (const [how, outcome] of runs) {
    for (const difference of differences(theirs, outcome)) {
      if (rules.allow(test, difference)) continue;
      const text = describe(difference);
      found.set(text, found.has(text) ? "always" : how);
    }
  }
  return { test, differences: [...found].map(([text, how]) => ({ text, how })) };
}
