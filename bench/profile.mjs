// Where the time goes: self times on the page and in the workers, for one contender.
//   node bench/profile.mjs <latency|throughput|payload|cold|xcall|batch|texts> [ours|limit|peer] [model] [--dist <folder>]
// Functions of our WebAssembly have names only in a build that keeps them (wasm-opt -g, in wasm-pack.toml).
import { parseArgs } from "node:util";
import { open, on } from "./lib/bench.mjs";
import { attach } from "./lib/workers.mjs";

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { dist: { type: "string" } } });
const [what = "latency", who = "ours", name = { payload: "table", cold: "large" }[what] ?? "cylinder"] = positionals;
const bench = await open({ quick: false, note: console.error, dist: options.dist });
const page = await bench.page();
const targets = await attach(page);
const model = bench.model(name);

const runs = {
  latency: () => on(page, "sequential", name, who, 10_000),
  throughput: () => on(page, "pipelined", name, who, 40_000),
  payload: () => on(page, "sequential", name, who, 5),
  batch: () => on(page, "batch", name, who, 100_000),
  texts: () => on(page, "batchTexts", name, who, 100_000),
  xcall: () => on(page, "parent", who, 1, 5000),
  cold: () => on(page, "cold", { ...model, who, inMemory: true }),
};

const isBatch = what === "batch" || what === "texts";

const sends = [];
async function start(label, send) {
  await send("Profiler.enable");
  await send("Profiler.setSamplingInterval", { interval: 100 });
  await send("Profiler.start");
  sends.push([label, send]);
}

if (what === "xcall") {
  await on(page, "prepareChain", { who, parent: bench.model("caller"), child: bench.model("cylinder") });
  await on(page, "parent", who, 1, 2000);
} else if (what !== "cold") {
  await on(page, "prepare", { ...model, who: [who], replicas: isBatch ? 2 : 1 });
  if (what === "payload") await on(page, "setRows", name, 200_000);
  else if (isBatch) await runs[what]();
  else await on(page, "sequential", name, who, 3000);
}
if (what !== "cold") {
  for (const [i, send] of targets.workers().entries()) await start(`worker ${i + 1}`, send);
}
await start("page", targets.page);
console.log(`${what}, ${who}: ${(await runs[what]()).toFixed(3)}`);

for (const [label, send] of sends) {
  const { profile } = await send("Profiler.stop");
  print(label, profile);
}
await bench.close();

function print(label, { nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const self = new Map();
  const inclusive = new Map();
  const add = (map, key, time) => map.set(key, (map.get(key) ?? 0) + time);
  let total = 0;
  samples.forEach((id, i) => {
    const time = timeDeltas[i];
    total += time;
    add(self, nameOf(byId.get(id)), time);
    const seen = new Set();
    for (let at = id; at !== undefined; at = parents.get(at)) seen.add(nameOf(byId.get(at)));
    for (const key of seen) add(inclusive, key, time);
  });
  console.log(`\n${label}, ${(total / 1000).toFixed(0)} ms\n     self        with callees`);
  const percent = (time) => `${((time / total) * 100).toFixed(1).padStart(6)} %`;
  const order = [...inclusive.keys()].sort((a, b) => (self.get(b) ?? 0) - (self.get(a) ?? 0));
  const longest = [...inclusive.keys()].sort((a, b) => inclusive.get(b) - inclusive.get(a));
  const top = new Set([...order.slice(0, 25), ...longest.slice(0, 25)]);
  for (const key of order.filter((each) => top.has(each))) {
    const own = self.get(key) ?? 0;
    console.log(`${percent(own)} ${(own / 1000).toFixed(1).padStart(8)} ms ${percent(inclusive.get(key))}  ${key}`);
  }
}

function nameOf({ callFrame: { functionName, url, lineNumber, columnNumber } }) {
  const name = (functionName || "(anonymous)").replace(/::h[0-9a-f]{16}\b/, "").replace(/\[[0-9a-f]{16}\]/g, "");
  if (name.startsWith("(") && !url) return name;
  return `${name} ${url.split("/").at(-1).slice(-24)}:${lineNumber + 1}:${columnNumber + 1}`;
}
