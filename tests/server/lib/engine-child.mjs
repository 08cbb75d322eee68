// The process in which the vendor's runner computes. It prints, leaves threads behind and may end itself; the server
// starts another one then.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { WasmRunner } = require("@coherentglobal/wasm-runner");
const resolverPath = require.resolve("./resolver.cjs");
const resolver = require(resolverPath);
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const tmpDir = process.argv[2];

/** By version id and depth: a model that calls itself must not wait for itself. */
const runners = new Map();
const asked = new Map();
let questions = 0;

async function load(id, zip) {
  const runner = new WasmRunner({ id, url: zip }, resolverPath, { tmpDir, logger: silent });
  await runner.initialize();
  return runner;
}

async function compute({ id, zip, request, context }) {
  const key = `${id} ${context.depth}`;
  if (!runners.has(key)) runners.set(key, load(id, zip));
  try {
    const runner = await runners.get(key);
    // `_ctx.trace` is what the runner hands to the resolver unchanged.
    const meta = { ...request.request_meta, _ctx: { trace: context } };
    return await runner.execute({ ...request, request_meta: meta }, id);
  } catch (error) {
    runners.delete(key); // it may be damaged
    throw error;
  }
}

resolver.answer = (request, context) =>
  new Promise((resolve) => {
    const question = ++questions;
    asked.set(question, resolve);
    process.send({ question, request, context: context.trace });
  });

// One of the runner's threads that dies must not take the others along.
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});
process.on("disconnect", () => process.exit());

process.on("message", async ({ number, call, question, text }) => {
  if (question) {
    asked.get(question)(text);
    asked.delete(question);
    return;
  }
  try {
    process.send({ number, response: await compute(call) });
  } catch (error) {
    process.send({ number, problem: String(error?.errors ?? error?.message ?? error) });
  }
});
