// The benchmark: the peer's browser runner, the least JavaScript that does the same work, and this package, on one
// page.
//   node bench/run.mjs [--quick] [--only <row>[,<row>…]] [--markdown] [--list] [--dist <folder>] [--check] [--accept]
//     [--accepted <file>]
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { setup } from "../scripts/setup.mjs";
import { at, root } from "../scripts/lib/paths.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    markdown: { type: "boolean", default: false },
    dist: { type: "string" },
    list: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    accept: { type: "boolean", default: false },
    accepted: { type: "string" },
  },
});
const note = (text) => process.stderr.write(`${text}\n`);

await setup(["npm"]);
const dist = path.resolve(options.dist ?? at("dist"));
if (!options.dist && !existsSync(path.join(dist, "browser.js"))) {
  const { build } = await import("../scripts/build.mjs");
  await setup(["rust"]);
  await build();
}
// These need npm packages, which are there only now.
const [{ ROWS }, { open }, report, { page }, { accept, compare, essence }] = await Promise.all([
  import("./rows/index.mjs"),
  import("./lib/bench.mjs"),
  import("./lib/report.mjs"),
  import("./report/page.mjs"),
  import("./lib/check.mjs"),
]);

if (options.quick && options.accept) {
  note("A quick run has smaller loads, and rounds too few to be compared with: accept a full one.");
  process.exit(1);
}
const wanted = options.only?.split(",");
const unknown = wanted?.filter((name) => !ROWS.some((row) => row.name.startsWith(name))) ?? [];
if (options.list || unknown.length) {
  if (unknown.length) note(`There is no row ${unknown.join(", ")}. The rows are:`);
  for (const row of ROWS) console.log(`${row.name.padEnd(24)}${row.title}`);
  process.exit(unknown.length ? 1 : 0);
}
const rows = ROWS.filter((row) => !wanted || wanted.some((name) => row.name.startsWith(name))).filter((row) => {
  if (row.isMeasurable === false) note(`${row.name} is left out: only Linux tells the memory of a process.`);
  return row.isMeasurable !== false;
});

const git = (...args) => {
  try {
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
};

const bench = await open({ quick: options.quick, note, dist });
const loadBefore = os.loadavg();
const revision = git("describe", "--always", "--dirty");
const results = [];
const lines = [];
try {
  for (const row of rows) {
    note(`${row.title} …`);
    const result = await row.run(bench);
    result.targets = report.judge(row, result);
    results.push({ row: row.name, title: row.title, unit: row.unit, ...result });
    lines.push(report.cells(row, result));
  }
} finally {
  await bench.close();
}

const about = {
  date: new Date().toISOString(),
  revision,
  machine: {
    cpu: os.cpus()[0]?.model,
    cores: os.cpus().length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()}`,
  },
  load: { before: loadBefore, after: os.loadavg() },
  browser: bench.browser.version(),
  node: process.version,
  peer: bench.peer.version,
  rounds: bench.rounds,
  quick: options.quick,
};
const folder = at("bench", "results");
await mkdir(folder, { recursive: true });
await writeFile(path.join(folder, "latest.json"), `${JSON.stringify({ about, results }, null, 2)}\n`);
const drawn = at("www", "benchmark.html");
await writeFile(drawn, page({ about, results }, ROWS));

console.log(options.markdown ? report.markdown(lines) : report.plain(lines));
const load = ({ before, after }) => `${before[0].toFixed(1)} before, ${after[0].toFixed(1)} after`;
console.log(
  `\nMedians of ${about.rounds} interleaved rounds; ratios are medians of the rounds' own ratios, with quartiles. ` +
    `${about.machine.cpu}, ${about.machine.cores} cores, load ${load(about.load)}; Chromium ${about.browser}, ` +
    `peer ${about.peer}, ${about.revision}, ${about.date.slice(0, 10)}.`,
);
note(`Drawn: ${path.relative(process.cwd(), drawn)}`);

const file = options.accepted ?? path.join(folder, "accepted.json");
const accepted = existsSync(file) ? JSON.parse(await readFile(file, "utf8")).rows : [];
if (options.check) {
  const compared = compare(results, accepted);
  const times = (value) => value.toPrecision(3);
  for (const { row, pair, now, was, noise, verdict } of compared) {
    console.log(`${verdict.padEnd(8)}${row}: ${pair} ${times(now)}, was ${times(was)} (noise ${times(noise)})`);
  }
  const left = results.filter(({ row }) => !compared.some((one) => one.row === row)).map(({ row }) => row);
  if (left.length) note(`Not compared, as no ratio of theirs was accepted before: ${left.join(", ")}.`);
  if (compared.some(({ verdict }) => verdict === "worse")) process.exitCode = 1;
}
if (options.accept) {
  const { machine, browser, peer, date } = about;
  const { os: _, ...same } = machine;
  const rows = accept(accepted, essence(results, revision)).sort((a, b) => (a.row < b.row ? -1 : 1));
  const text = JSON.stringify({ about: { date: date.slice(0, 10), ...same, browser, peer }, rows }, null, 1);
  // A line for each ratio.
  await writeFile(file, `${text.replace(/\[\s+("[^\]]*?)\s+\]/g, (list) => list.replace(/\s+/g, " "))}\n`);
  note(`Accepted: ${path.relative(process.cwd(), file)}`);
}
