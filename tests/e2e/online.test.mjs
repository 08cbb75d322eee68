// Calls that the endpoint answers, against a real server on another origin that computes with Coherent's own runner.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startServer } from "../server/server.mjs";
import { REQUEST_FAILED, packageOf, stage } from "./lib/stage.mjs";

const cylinder = packageOf("cylinder");
const { test: pageTest } = stage();
let server;
before(async () => (server = await startServer()));
after(() => server.close());

/** A test whose page knows the endpoint as `endpoint`. */
function test(name, work) {
  pageTest(name, async (page) => {
    server.reset();
    page.ignoreConsole(REQUEST_FAILED);
    await page.run(
      ({ url, tenant, key, token }) => {
        globalThis.endpoint = { url, tenant, authType: "syntheticKey", syntheticKey: key, retryDelay: 1 };
        globalThis.token = token;
      },
      { url: server.url, tenant: server.tenant, key: server.key, token: server.token },
    );
    await work(page);
    for (const secret of [server.key, server.token]) {
      assert.ok(!JSON.stringify(page.heard ?? []).includes(secret), "no credential is told");
    }
  });
}

/** Runs one call; gives its response and the path it took, or what it was rejected with. */
const call = (page, { config, input, id, options } = {}) =>
  page.run(
    async ({ config, input, id, options }) => {
      const spark = new Spark({ sparkEndpoint: { ...endpoint, ...config } });
      try {
        const response = await spark.execute(input, id, options);
        return { response, path: response.executionPath };
      } catch (error) {
        return { error: describe(error), shown: JSON.stringify([error, error.cause, String(error), error.stack]) };
      } finally {
        await spark.destroy();
      }
    },
    { config, input: input ?? { request_data: { inputs: { radius: 3, height: 10 } } }, id, options },
  );

test("the README's example: only an endpoint", async (page) => {
  const { response, path } = await call(page, { id: cylinder.id });
  assert.equal(response.status, "Success");
  assert.ok(Math.abs(response.response_data.outputs.volume - Math.PI * 90) < 1e-9);
  assert.equal(path, "online");
  const [asked] = server.calls;
  assert.equal(asked.path, `/example/api/v3/version/${cylinder.id}`);
  assert.deepEqual(asked.json, {
    request_data: { inputs: { radius: 3, height: 10 } },
    request_meta: { version_id: cylinder.id },
  });
  assert.equal(asked.headers["x-tenant-name"], "example");
});
