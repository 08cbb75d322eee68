// Where the time goes: self times on the page and in the workers, for one contender.
//   node bench/profile.mjs <latency|throughput|payload|cold> [ours|limit|peer] [model]
import { open, on } from "./lib/bench.mjs";
import { attach } from "./lib/workers.mjs";

const [what = "latency", who = "ours", name = what === "payload" ? "table" : what === "cold" ? "large" : "cylinder"] = process.argv.slice(2);
const bench = await open({ quick: false, note: console.error });
const page = await bench.page();
const targets = await attach(page);
const model = bench.model(name);

const sends = [];
async function start(label, send) {
  await send("Profiler.enable");
  await send("Profiler.setSamplingInterval", { interval: 100 });
  await send("Profiler.start");
  sends.push([label, send]);
}

if (what !== "cold") {
  await on(page, "prepare", { ...model, who: [who] });
  if (what === "payload") await on(page, "setRows", name, 200_000);
  else await on(page, "sequential", name, who, 3000);
  for (const [i, send] of targets.workers().entries()) await start(`worker ${i + 1}`, send);
}
await start("page", targets.page);
const runs = {
  latency: () => on(page, "sequential", name, who, 10_000),
  throughput: () => on(page, "pipelined", name, who, 40_000),
  payload: () => on(page, "sequential", name, who, 5),
  cold: () => on(page, "cold", { ...model, who, inMemory: true }),
};
console.log(`${what}, ${who}: ${(await runs[what]()).toFixed(3)}`);

for (const [label, send] of sends) {
  const { profile } = await send("Profiler.stop");
  const self = new Map();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  let total = 0;
  profile.samples.forEach((id, i) => {
    const { functionName, url, lineNumber, columnNumber } = nodes.get(id).callFrame;
    const key = `${functionName || "(anonymous)"} ${url.split("/").at(-1).slice(0, 30)}:${lineNumber + 1}:${columnNumber + 1}`;
    const time = profile.timeDeltas[i];
    self.set(key, (self.get(key) ?? 0) + time);
    total += time;
  });
  console.log(`\n${label}, ${(total / 1000).toFixed(0)} ms`);
  for (const [key, time] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 25)) {
    console.log(`${((time / total) * 100).toFixed(1).padStart(6)} %  ${(time / 1000).toFixed(1).padStart(8)} ms  ${key}`);
  }
}
await bench.close();
