// The test server as a browser's page meets it: what its CORS answers let through, and what they keep back.
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { startServer } from "../server/server.mjs";
import { CYLINDER, V3, keyed } from "../server/lib/client.mjs";
import { stage } from "./lib/stage.mjs";

const { test } = stage();
let server;
before(async () => (server = await startServer()));
afterEach(() => server.reset());
after(() => server.close());

/** One request from the page; `status` 0 stands for a failure, as `fetch` shows it. */
const ask = (page, headers = keyed(server), init = {}) =>
  page.run(
    async ({ url, headers, body, init }) => {
      const all = { "content-type": "application/json", ...headers };
      try {
        const response = await fetch(url, { method: "POST", headers: all, body, credentials: "omit", ...init });
        return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
      } catch (error) {
        return { status: 0, error: error.name };
      }
    },
    { url: server.url + CYLINDER, headers, body: JSON.stringify(V3), init },
  );

test("a page may ask, after a preflight", async (page) => {
  const { status, text } = await ask(page);
  assert.deepEqual([status, JSON.parse(text).response_data.outputs.volume], [200, Math.PI]);
  assert.deepEqual(server.requests.map(({ method, status }) => [method, status]), [["OPTIONS", 204], ["POST", 200]]);
  const [asked, { headers }] = server.requests;
  assert.equal(headers.origin, page.server.url);
  assert.equal(asked.headers["access-control-request-headers"], "content-type,x-synthetic-key,x-tenant-name");
});

test("headers that were not announced, credentials and hidden answers fail as a network does", async (page) => {
  const said = ["ERR_EMPTY_RESPONSE", "ERR_CONTENT_LENGTH_MISMATCH", "ERR_FAILED"];
  for (let i = 0; i < 4; i++) said.push("blocked by CORS policy", "ERR_FAILED");
  for (const text of said) page.expectConsole(new RegExp(text));
  const broken = [
    () => ask(page, { ...keyed(server), "x-more": "1" }),
    () => ask(page, keyed(server), { credentials: "include" }),
    () => (server.next({ status: 401, cors: false }), ask(page)),
    () => (server.next({ preflight: true, cors: false }), ask(page)),
    () => (server.next({ cut: "headers" }), ask(page)),
    () => (server.next({ cut: "body" }), ask(page)),
    () => (server.next({ redirect: true }), ask(page, keyed(server), { redirect: "error" })),
  ];
  for (const work of broken) assert.deepEqual(await work(), { status: 0, error: "TypeError" }, String(work));
});

test("the page sees a status and the announced headers, unless they are kept back", async (page) => {
  for (const [fault, expected] of [[{}, "7"], [{ exposeHeaders: false }, null]]) {
    server.next({ status: 429, retryAfter: 7, ...fault });
    page.expectConsole(/429/);
    const { status, retryAfter } = await ask(page);
    assert.deepEqual([status, retryAfter], [429, expected]);
  }
});
