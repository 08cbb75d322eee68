// What the tests of online execution stand on: a real server on another origin that computes with Coherent's own runner,
// and the watch that no credential is ever told.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startServer } from "../../server/server.mjs";
import { stage } from "./stage.mjs";

/** What Chromium says of every request that fails: the browser's words, not ours. */
const REQUEST_FAILED = /^Failed to load resource|blocked by CORS policy|^Refused to|ERR_/;

/**
 * A stage whose pages know the server: `endpoint(more)` gives a `sparkEndpoint`, `run(config, input, id, options)` makes one
 * call and gives `{ response, path }` or `{ error, cause, shown }`.
 * @param {object} [options] of `startServer`
 */
export function onlineStage(options) {
  const { test: pageTest, made } = stage();
  const held = {};
  before(async () => (held.server = await startServer(options)));
  after(() => held.server?.close());

  const test = (name, work) =>
    pageTest(name, async (page) => {
      const { server } = held;
      server.reset();
      const said = [];
      page.native.on("console", (message) => said.push(message.text()));
      page.ignoreConsole(REQUEST_FAILED);
      const { url, tenant, key, token } = server;
      await page.run(prepare, { url, tenant, key, token });
      await work(page, server);
      const told = JSON.stringify([said, await page.run(() => globalThis.told)]);
      for (const secret of [key, token]) assert.ok(!told.includes(secret), "no credential is told");
    });
  return { test, made };
}

/** Runs in the page. */
function prepare({ url, tenant, key, token }) {
  globalThis.told = [];
  globalThis.secrets = { key, token };
  globalThis.endpoint = (more) => ({ url, tenant, authType: "syntheticKey", syntheticKey: key, retryDelay: 1, ...more });
  const tell = (value) => (told.push(value), value);
  globalThis.shown = (error) =>
    [error, error.v3, error.cause, error.cause?.cause].map((value) => [String(value), value?.stack, JSON.stringify(value)]);
  globalThis.run = async (config, input = ask({ radius: 3, height: 10 }), id = undefined, options = undefined) => {
    const spark = config instanceof Spark ? config : new Spark(config);
    const events = [];
    const hear = ({ type, detail }) => {
      tell(shown(detail.error ?? new Error("none")));
      events.push([type, detail.path ?? null, detail.versionId ?? null, detail.error?.code ?? null]);
    };
    for (const type of ["execute", "fallback"]) spark.addEventListener(type, hear);
    try {
      const response = await spark.execute(input, id, options);
      await Promise.resolve();
      return { response, path: response.executionPath, events };
    } catch (error) {
      tell(shown(error));
      const { requestId, retryAfter } = error;
      return { error: { ...describe(error), requestId, retryAfter }, cause: error.cause && describe(error.cause), events };
    } finally {
      for (const type of ["execute", "fallback"]) spark.removeEventListener(type, hear);
      if (!(config instanceof Spark)) await spark.destroy();
    }
  };
}
