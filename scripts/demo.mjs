// `npm run demo`: installs what is missing, builds, serves the demo page and prints its address.
// `npm run demo -- --headless`: the same in headless Chromium, where a model runs; prints its JSON response and ends.
// Only the address or the response goes to stdout, everything else to stderr.
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runAsMain, setup } from "./setup.mjs";
import { at } from "./lib/paths.mjs";
import { run, say } from "./lib/run.mjs";
import { PRODUCT, serve } from "./lib/serve.mjs";

const USAGE = "npm run demo -- [--headless] [--port N]";
const MODEL = "cylinder";
const ANSWER_MS = 120_000;

await runAsMain(import.meta.url, async () => {
  const { headless, port } = readArguments();
  const { chrome } = await setup(headless ? ["npm", "rust", "chrome"] : ["npm", "rust"]);
  await run("node", [at("scripts", "build.mjs")], { title: "build" });
  if (headless) process.stdout.write(`${JSON.stringify(await answer(chrome, port), null, 2)}\n`);
  else await show(port);
});

function readArguments() {
  const options = { headless: { type: "boolean", default: false }, port: { type: "string", default: "0" } };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new Error(`${error.message}\nUsage: ${USAGE}`);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new Error(`--port takes a number from 0 to 65535, not ${values.port} (0: any free one).`);
  }
  return { headless: values.headless, port };
}

/** Serves until the process is ended. */
async function show(port) {
  if (!existsSync(at("www", "index.html"))) throw new Error("www/index.html is missing: restore it with `git checkout www`.");
  const server = await listen({ mounts: PRODUCT, port });
  process.stdout.write(`${server.url}/\n`);
  say("  Open this address in a browser; Ctrl+C ends it.");
  await new Promise(() => undefined);
}

/** Runs the sample model with its default inputs on a page that has the classic script and nothing else. */
async function answer(executablePath, port) {
  const { models } = JSON.parse(readFileSync(at("tests", "models", "manifest.json"), "utf8"));
  const model = models.find(({ name }) => name === MODEL);
  if (!model) throw new Error(`tests/models/manifest.json knows no model named ${MODEL}.`);
  const page = `<!doctype html><title>spark-execute</title><script src="/dist/browser.js"></script>`;
  const routes = { "/headless.html": { body: page }, "/favicon.ico": { status: 204 } };
  const server = await listen({ mounts: PRODUCT, port, routes });
  const { launch } = await import("./lib/chromium.mjs");
  const browser = await launch({ executablePath });
  try {
    const tab = await browser.newPage();
    tab.on("console", (message) => say(`  page: ${message.text()}`));
    tab.on("pageerror", (error) => say(`  page: ${error.stack ?? error}`));
    await tab.goto(`${server.url}/headless.html`);
    const answered = tab.evaluate(runModel, {
      versionId: model.version_id,
      binary: `${server.url}/tests/models/${model.zip}`,
      inputs: Object.fromEntries(model.inputs.map(({ name, default: value }) => [name, value])),
    });
    const { response, failure } = await within(ANSWER_MS, answered);
    if (failure) throw new Error(`The model did not answer: ${failure}`);
    return response;
  } finally {
    await browser.close();
    await server.close();
  }
}

async function listen(options) {
  try {
    return await serve(options);
  } catch (error) {
    const why = { EADDRINUSE: "is taken", EACCES: "may not be used by this user" }[error.code];
    throw why ? new Error(`Port ${options.port} ${why}: choose another with --port N.`) : error;
  }
}

/** A page that hangs ends with its browser; nobody waits for it. */
function within(limit, work) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ failure: `nothing within ${limit / 1000} s` }), limit);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** In the page. */
async function runModel({ versionId, binary, inputs }) {
  if (typeof globalThis.Spark !== "function") return { failure: "dist/browser.js did not define Spark" };
  let spark;
  try {
    spark = new globalThis.Spark({ nodegenModels: [{ versionId, type: "base64", binary }] });
    return { response: await spark.execute({ request_data: { inputs }, request_meta: { version_id: versionId } }) };
  } catch (error) {
    return { failure: [error?.code, error?.stack ?? String(error)].filter(Boolean).join("\n") };
  } finally {
    await spark?.destroy();
  }
}
