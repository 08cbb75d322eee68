// `node tests/oracle/run.mjs [--seed N] [--only REGEX] [--verbose]`: compares the built package with the peer, case by
// case. REGEX picks cases by their id, which is model/kind/number.
import { parseArgs } from "node:util";
import { elapsed, say, step } from "../../scripts/lib/run.mjs";
import { loadCases, models } from "./cases/index.mjs";
import { SEED, runOracle } from "./oracle.mjs";

const PER_MODEL = 40;
const IN_ALL = 300;
const SHOWN = 25;

const { values: options } = parseArgs({
  options: { seed: { type: "string" }, only: { type: "string" }, verbose: { type: "boolean", default: false } },
});
const seed = options.seed === undefined ? SEED : Number(options.seed);
if (!Number.isSafeInteger(seed)) throw new Error(`--seed takes a whole number, not ${options.seed}`);
const only = new RegExp(options.only ?? "");

say(`seed ${seed} (again with: node tests/oracle/run.mjs --seed ${seed})`);
const began = Date.now();
const report = await step("peer and package", () => runOracle({ seed, only: ({ id }) => only.test(id) }));
const problems = [
  ...tooFew(),
  ...(options.only ? [] : report.unused.map((id) => `divergences.json: ${id} matches nothing`)),
];

say(`\n${"model".padEnd(26)}${"cases".padStart(7)}${"failed".padStart(8)}`);
for (const { name } of models()) {
  const mine = report.results.filter(({ test }) => test.model === name);
  const failed = mine.filter(({ differences }) => differences.length).length;
  if (mine.length) say(`${name.padEnd(26)}${String(mine.length).padStart(7)}${String(failed).padStart(8)}`);
}
const allowed = report.usage.reduce((sum, { used }) => sum + used, 0);
say(`${"in all".padEnd(26)}${String(report.results.length).padStart(7)}${String(report.failed.length).padStart(8)}`);
const entries = report.usage.length - report.unused.length;
say(`${allowed} differences allowed by ${entries} entries, ${elapsed(Date.now() - began)}`);
if (options.verbose) report.usage.forEach(({ id, used }) => say(`  ${id.padEnd(32)}${String(used).padStart(6)}`));

for (const { test, differences } of report.failed.slice(0, SHOWN)) {
  say(`\n✗ ${test.id}\n  request ${clip(JSON.stringify(test.request))}`);
  if (test.argument !== undefined) say(`  version id ${JSON.stringify(test.argument)}`);
  for (const { text, how } of differences.slice(0, 6)) say(`  ${text}${how === "always" ? "" : `  [${how}]`}`);
}
if (report.failed.length > SHOWN) say(`\n… and ${report.failed.length - SHOWN} more: --only picks some`);
for (const problem of problems) say(`\n✗ ${problem}`);
const passed = report.results.length - report.failed.length;
const failed = report.failed.length + problems.length;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed ? 1 : 0;

/** The oracle must not shrink unnoticed. */
function tooFew() {
  const all = loadCases(seed);
  const short = models().flatMap(({ name }) => {
    const count = all.filter(({ model }) => model === name).length;
    return count < PER_MODEL ? [`${name} has ${count} cases, at least ${PER_MODEL} are needed`] : [];
  });
  return all.length < IN_ALL ? [...short, `${all.length} cases, at least ${IN_ALL} are needed`] : short;
}

function clip(text = "undefined") {
  return text.length > 300 ? `${text.slice(0, 300)} …` : text;
}
