// The process in which the peer runs: it prints, leaves threads behind and may end itself. None of it may hurt a run.
import { createRequire } from "node:module";
import { expand, pack } from "./values.mjs";

const require = createRequire(import.meta.url);
const { WasmRunner } = require("@coherentglobal/wasm-runner");
const resolver = require.resolve("./resolver.cjs");
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const DEADLINE_MS = 20_000;

let current;

async function runnerOf({ id, zip, tmpDir }) {
  if (current?.id === id) return current.runner;
  await current?.runner.dispose?.().catch(() => {});
  const runner = new WasmRunner({ id, url: zip }, resolver, { tmpDir, logger: silent });
  await runner.initialize();
  current = { id, runner };
  return runner;
}

async function answer({ model, request, argument, deadline = DEADLINE_MS }) {
  const runner = await runnerOf(model);
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, deadline, { hang: true })));
  const called = (async () => runner.execute(expand(request), expand(argument)))().then(
    (response) => ({ response }),
    (error) => ({
      error: { name: error?.name, type: error?.type, message: String(error?.errors ?? error?.message ?? error) },
    }),
  );
  const outcome = await Promise.race([called, late]);
  clearTimeout(timer);
  // An engine that never answered, or may be damaged, gets no further case.
  if (outcome.hang) current = undefined;
  return outcome;
}

// One of the peer's threads that dies must not take the run along.
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

process.on("message", async ({ number, test }) => {
  try {
    const outcome = await answer(test);
    if (test.fresh) current = undefined;
    process.send({ number, text: pack(outcome) });
  } catch (error) {
    process.send({ number, failure: String(error?.stack ?? error) });
  }
});
