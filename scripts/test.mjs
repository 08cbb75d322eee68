// `npm test`: installs what is missing and runs every test. `npm test -- e2e oracle` runs only the steps named
// (and the build, where they need it); `npm test -- --list` names them; `--verbose` shows all output as it comes.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { EVERYTHING, runAsMain, setup } from "./setup.mjs";
import { at, outDir } from "./lib/paths.mjs";
import { capture, elapsed, run, say, tail } from "./lib/run.mjs";
import { closingLine, countTests } from "./lib/counts.mjs";
import { chromeFlags } from "./lib/browsers.mjs";
import { fuzz, noCompiler } from "./fuzz.mjs";

const MINUTE = 60_000;
/** Whatever core's dependency tree must not have: it decides, browsers are the others' matter. */
const BROWSER_CRATES = /^(wasm-bindgen|js-sys|web-sys|gloo)\b/;

/**
 * Every step, in order. `counts`: its output tells how many tests ran, and none is a failure; otherwise the step is one
 * check. `after`: steps without which it cannot run. `needs`: what setup must provide.
 */
const STEPS = [
  {
    name: "core",
    counts: true,
    needs: ["rust"],
    work: (io) => io("cargo", ["test", "-p", "spark-execute-core", "-p", "crc32fast", "-p", "memchr", "-p", "spark-execute-payload"]),
  },
  { name: "hostile", counts: true, needs: ["rust", "npm"], work: nodeTests("tests", "hostile") },
  { name: "fuzz", needs: ["rust", "npm"], lacks: noCompiler, work: (io) => fuzz(["-seed=1", "-runs=100000", "-max_total_time=15"], io) },
  { name: "tree", needs: ["rust"], work: checkTree },
  { name: "fmt", needs: ["rust"], component: "fmt", work: (io) => io("cargo", ["fmt", "--all", "--check"]) },
  { name: "clippy", needs: ["rust"], component: "clippy", work: clippy },
  { name: "models", needs: ["npm"], work: (io) => io("node", [at("tests", "models", "check.mjs")]) },
  { name: "model-tests", counts: true, needs: ["npm"], work: nodeTests("tests", "models") },
  { name: "js", counts: true, needs: ["npm"], work: nodeTests("tests", "js") },
  { name: "server", counts: true, needs: ["npm"], work: nodeTests("tests", "server") },
  { name: "scripts", counts: true, needs: ["npm", "chrome", "firefox"], work: nodeTests("scripts", "lib") },
  { name: "bench", counts: true, needs: ["npm"], work: nodeTests("bench", "tests") },
  { name: "types", counts: true, needs: ["npm"], work: (io) => io("node", [at("tests", "types", "run.mjs")]) },
  { name: "build", needs: ["npm", "rust"], work: (io) => io("node", [at("scripts", "build.mjs")]) },
  { name: "wasm", counts: true, needs: ["npm", "rust", "chrome", "driver"], work: wasmTests(".") },
  // Once more on a page that is not cross-origin isolated; the runner's pages are, unless it is told otherwise.
  {
    name: "wasm-plain",
    counts: true,
    needs: ["npm", "rust", "chrome", "driver"],
    work: wasmTests(".", { WASM_BINDGEN_TEST_NO_ORIGIN_ISOLATION: "1" }),
  },
  { name: "wasm-worker", counts: true, needs: ["npm", "rust", "chrome", "driver"], work: wasmTests("worker") },
  { name: "e2e", counts: true, needs: ["npm", "chrome", "firefox"], after: ["build"], work: nodeTests("tests", "e2e") },
  {
    name: "oracle",
    counts: true,
    needs: ["npm", "chrome"],
    after: ["build"],
    work: (io) => io("node", [at("tests", "oracle", "run.mjs")]),
  },
  { name: "oracle-tests", counts: true, needs: ["npm", "chrome"], after: ["build"], work: nodeTests("tests", "oracle") },
  {
    name: "packaging",
    counts: true,
    needs: ["npm", "chrome"],
    after: ["build"],
    work: nodeTests("tests", "packaging"),
  },
];

await runAsMain(import.meta.url, async () => {
  const { steps, verbose } = chooseSteps(process.argv.slice(2));
  if (!steps) return 0;
  const began = Date.now();
  const browsers = await setup(EVERYTHING.filter((need) => steps.some((step) => step.needs.includes(need))));
  const env = testEnvironment(browsers);
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  const broken = new Set();
  for (const step of steps) {
    const missing = (step.after ?? []).filter((name) => broken.has(name));
    const result = missing.length
      ? { passed: 0, failed: 1, skipped: 0, why: `not run: ${missing.join(", ")} failed` }
      : await runStep(step, { env, browsers, verbose });
    for (const key of Object.keys(total)) total[key] += result[key];
    if (!result.why) continue;
    failures.push(`${step.name}: ${result.why}`);
    broken.add(step.name);
    say(`✗ ${step.name}: ${result.why}`);
    if (result.output && !verbose) say(tail(result.output, 120));
  }
  say(`\n${steps.length} steps in ${elapsed(Date.now() - began)}`);
  for (const failure of failures) say(`✗ ${failure}`);
  process.stdout.write(`${closingLine(total)}\n`);
  return failures.length ? 1 : 0;
});

function chooseSteps(words) {
  const known = STEPS.map(({ name }) => name);
  const names = new Set(words.filter((word) => !word.startsWith("-")));
  const flags = words.filter((word) => word.startsWith("-"));
  const unknown = [...names].filter((name) => !known.includes(name));
  unknown.push(...flags.filter((flag) => !["--verbose", "--list"].includes(flag)));
  if (unknown.length) throw new Error(`Unknown: ${unknown.join(", ")}. Steps: ${known.join(", ")}; flags: --list, --verbose.`);
  if (flags.includes("--list")) {
    process.stdout.write(`${known.join("\n")}\n`);
    return {};
  }
  for (const step of [...STEPS].reverse()) {
    if (names.has(step.name)) (step.after ?? []).forEach((name) => names.add(name));
  }
  return { steps: STEPS.filter(({ name }) => names.size === 0 || names.has(name)), verbose: flags.includes("--verbose") };
}

/** Runs one step; `why` is set when it failed. */
async function runStep(step, { env, browsers, verbose }) {
  // rustup leaves stand-ins on PATH for what is not installed: only running it tells.
  const missing = await (step.component ? lacksComponent(step.component) : step.lacks?.());
  if (missing) {
    say(`– ${step.name} (not run: ${missing})`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const parts = [];
  let code = 0;
  const io = async (command, args, options = {}) => {
    const title = parts.length ? `${step.name} (${parts.length + 1})` : step.name;
    const log = path.join(outDir, "logs", `${title.replace(/\W+/g, "-").replace(/-$/, "")}.log`);
    const settings = { title, log, stream: verbose, check: false, timeout: 20 * MINUTE, ...options };
    const result = await run(command, args, { ...settings, env: { ...env, ...options.env } });
    parts.push(result);
    code ||= result.code;
    return result;
  };
  let thrown;
  try {
    await step.work(io, browsers);
  } catch (error) {
    thrown = error;
  }
  const output = parts.map((part) => part.output).join("\n");
  const counts = step.counts ? countTests(output) : { passed: 0, failed: 0, skipped: 0 };
  const bad = thrown ? thrown.message : code ? `exit code ${code}` : undefined;
  if (!step.counts) counts[bad ? "failed" : "passed"] = 1;
  // A run that broke off counts as one failure even where its output tells of none.
  else if (bad && counts.failed === 0) counts.failed = 1;
  else if (!bad && counts.failed === 0 && counts.passed === 0) return { ...counts, failed: 1, why: "ran no test", output };
  const why = bad ?? (counts.failed ? `${counts.failed} failed` : undefined);
  if (step.counts && !why) say(`    ${closingLine(counts)}`);
  return { ...counts, why, output };
}

async function lacksComponent(name) {
  const version = await capture("cargo", [name, "--version"]);
  return version === undefined && `the toolchain has no cargo ${name}; rustup installs it as a component`;
}

/** What every test process finds: the browsers, and the flags for the wasm test runner with this very browser. */
function testEnvironment({ chrome, firefox }) {
  mkdirSync(outDir, { recursive: true });
  const env = {};
  if (firefox) env.SPARK_FIREFOX = firefox;
  if (chrome) {
    env.SPARK_BROWSER = chrome;
    const file = path.join(outDir, "webdriver.json");
    writeFileSync(file, JSON.stringify({ "goog:chromeOptions": { binary: chrome, args: chromeFlags() } }));
    env.WASM_BINDGEN_TEST_WEBDRIVER_JSON = file;
    // The usual 5 and 20 seconds are too few for a busy machine.
    env.WASM_BINDGEN_TEST_DRIVER_TIMEOUT = "60";
    env.WASM_BINDGEN_TEST_TIMEOUT = "300";
  }
  return env;
}

async function checkTree(io) {
  const args = ["tree", "-p", "spark-execute-core", "--target", "all", "--all-features", "-e", "normal,build"];
  const { stdout } = await io("cargo", [...args, "--prefix", "none"]);
  const found = [...new Set(stdout.split("\n").filter((line) => BROWSER_CRATES.test(line)))];
  if (found.length) throw new Error(`core/ depends on browser crates: ${found.join(", ")}`);
}

async function clippy(io) {
  await io("cargo", ["clippy", "-p", "spark-execute-core", "-p", "spark-execute-payload", "--all-targets", "--", "-D", "warnings"]);
  await io("cargo", ["clippy", "--workspace", "--all-targets", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]);
}

/** Runs every `*.test.mjs` in a folder, one file at a time: each may start browsers of its own. */
function nodeTests(...folder) {
  return async (io) => {
    const dir = at(...folder);
    const files = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith(".test.mjs")) : [];
    if (!files.length) throw new Error(`${folder.join("/")} has no *.test.mjs`);
    const paths = files.sort().map((name) => path.join(dir, name));
    await io("node", ["--test", "--test-concurrency=1", "--test-reporter=spec", ...paths]);
  };
}

/** The headless browser tests of one crate; wasm-pack downloads nothing. */
function wasmTests(crate, extra = {}) {
  return async (io, { chromedriver }) => {
    const args = ["test", "--headless", "--chrome", "--chromedriver", chromedriver, "--mode", "no-install", crate];
    await io("wasm-pack", args, { env: extra, path: [path.dirname(chromedriver)] });
  };
}
