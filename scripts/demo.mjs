// `npm run demo`: installs what is missing, builds, serves the demo page and prints its address.
// `npm run demo -- --headless`: the same in headless Chromium, where a model runs; prints its JSON response and ends.
// `-- --online`: with a Spark server beside it (tests/server/) that knows the same models; the page finds its address
// and credentials in /online.json.
// Only the address or the response goes to stdout, everything else to stderr.
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runAsMain, setup } from "./setup.mjs";
import { at } from "./lib/paths.mjs";
import { run, say } from "./lib/run.mjs";
import { PRODUCT, serve } from "./lib/serve.mjs";

const USAGE = "npm run demo -- [--headless] [--online] [--port N]";
const MODEL = "cylinder";
const ANSWER_MS = 120_000;

await runAsMain(import.meta.url, async () => {
  const { headless, online, port } = readArguments();
  const { chrome } = await setup(headless ? ["npm", "rust", "chrome"] : ["npm", "rust"]);
  await run("node", [at("scripts", "build.mjs")], { title: "build" });
  const place = { port, ...(online ? await startOnline() : { path: "/" }) };
  try {
    if (headless) process.stdout.write(`${JSON.stringify(await answer(chrome, place), null, 2)}\n`);
    else await show(place);
  } finally {
    await place.end?.();
  }
});

function readArguments() {
  const flag = { type: "boolean", default: false };
  const options = { headless: flag, online: flag, port: { type: "string", default: "0" } };
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
  return { ...values, port };
}

/** The server beside the page, and where the page is that uses it. */
async function startOnline() {
  const { startServer } = await import("../tests/server/server.mjs");
  const { url, tenant, key, close } = await startServer();
  process.once("SIGINT", () => close().finally(() => process.exit(130)));
  say(`  Spark server: ${url}`);
  return { path: "/?online", routes: onlineRoutes({ url, tenant, key }), end: close };
}

/** What the demo page's server says besides its files: where the Spark server is, and that the page may talk to it. */
export function onlineRoutes({ url, tenant, key }) {
  const endpoint = { url, tenant, authType: "syntheticKey", syntheticKey: key };
  const [before, after] = readFileSync(at("www", "index.html"), "utf8").split("default-src 'self';");
  if (after === undefined) throw new Error("www/index.html has no policy that could be widened: restore it.");
  const body = `${before}default-src 'self'; connect-src 'self' ${url};${after}`;
  return {
    "/": { body },
    "/online.json": { headers: { "Content-Type": "application/json" }, body: JSON.stringify(endpoint) },
  };
}

/** Serves until the process is ended. */
async function show({ path, port, routes }) {
  if (!existsSync(at("www", "index.html"))) throw new Error("www/index.html is missing: restore it with `git checkout www`.");
  const server = await listen({ mounts: PRODUCT, port, routes });
  process.stdout.write(`${server.url}${path}\n`);
  say("  Open this address in a browser; Ctrl+C ends it.");
  await new Promise(() => undefined);
}

/** Runs the sample model on the demo page with its default inputs, as a person would. */
async function answer(executablePath, { path, port, routes }) {
  const server = await listen({ mounts: PRODUCT, port, routes });
  const { launch } = await import("./lib/chromium.mjs");
  const browser = await launch({ executablePath });
  try {
    const tab = await browser.newPage();
    tab.setDefaultTimeout(ANSWER_MS);
    tab.on("console", (message) => say(`  page: ${message.text()}`));
    tab.on("pageerror", (error) => say(`  page: ${error.stack ?? error}`));
    await tab.goto(`${server.url}${path}#${MODEL}`);
    return await within(ANSWER_MS, runModel(tab));
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The page shows an error in place of an answer, also before anything could be run. */
async function runModel(tab) {
  const ended = "#result:is([data-state=done], [data-state=failed])";
  await tab.waitForSelector(`#run:enabled, ${ended}`);
  if (await tab.isEnabled("#run")) await tab.click("#run");
  await tab.waitForSelector(ended);
  const shown = JSON.parse(await tab.textContent("#json"));
  if (!shown.error) return shown;
  throw new Error(`The model did not answer: ${[shown.error.code, shown.error.message].filter(Boolean).join(" ")}`);
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
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The model did not answer: nothing within ${limit / 1000} s`)), limit);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
