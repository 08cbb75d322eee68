// The test server goes wrong as it is told, and records what came.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CYLINDER, V3, bearer, post, preflight } from "./lib/client.mjs";
import { startServer } from "./server.mjs";

let server;
before(async () => (server = await startServer()));
afterEach(() => server.reset());
after(() => server.close());

const fails = (fault) => (server.next(fault), post(server, CYLINDER));

test("each status, as often as told, in each form", async () => {
  for (const status of [400, 401, 403, 404, 429, 500, 502, 503, 504, 418]) {
    assert.equal((await fails({ status })).status, status);
  }
  server.next({ status: 503, times: 2 });
  server.next({ status: 429, retryAfter: "1", xRetryAfter: 0.5 });
  const got = [];
  for (let i = 0; i < 4; i++) got.push(await post(server, CYLINDER));
  assert.deepEqual(got.map(({ status }) => status), [503, 503, 429, 200]);
  assert.equal(got[2].headers.get("retry-after"), "1");
  assert.equal(got[2].headers.get("x-retry-after"), "0.5");

  const { json: first } = await fails({ status: 401, envelope: 1, message: "no" });
  const category = { error_category: "access_error", error_type: "error.UNAUTHORIZED" };
  const error = { ...category, message: "no", additional_details: null };
  assert.deepEqual(first, { status: "Error", response_data: null, response_meta: null, error });
  assert.deepEqual((await fails({ status: 401, envelope: 2 })).json, { errorCode: "UNAUTHORIZED", status: "Error" });
  const { json: third } = await fails({ status: 401, envelope: 3, message: "no" });
  assert.deepEqual(third, { error: { status: 401, message: "no", code: "UNAUTHORIZED" } });
});

test("bodies that are none", async () => {
  const page = await fails({ status: 200, html: true });
  assert.match(page.text, /^<!doctype html>/);
  assert.match(page.headers.get("content-type"), /^text\/html/);
  const nothing = await fails({ status: 401, empty: true });
  assert.deepEqual([nothing.text, nothing.headers.get("www-authenticate")], ["", 'Bearer error="invalid_token"']);
  assert.deepEqual((await fails({ body: "[1]" })).json, [1]);
  const huge = await fails({ huge: 5_000_000 });
  assert.ok(huge.text.length > 5_000_000 && huge.outputs.volume === Math.PI);
  const elsewhere = await fails({ redirect: "http://else.example/" });
  assert.deepEqual([elsewhere.status, elsewhere.headers.get("location")], [307, "http://else.example/"]);
});

test("CORS headers can be left out", async () => {
  const bare = await fails({ status: 401, cors: false });
  assert.deepEqual([...bare.headers.keys()].filter((name) => name.startsWith("access-control-")), []);
  const hidden = await fails({ status: 429, exposeHeaders: false, retryAfter: 1 });
  assert.equal(hidden.headers.get("access-control-expose-headers"), null);
  assert.ok(hidden.headers.has("access-control-allow-origin"));
  server.next({ preflight: true, cors: false });
  assert.deepEqual(await preflight(server, CYLINDER), { status: 204 });
  assert.ok("access-control-allow-origin" in (await preflight(server, CYLINDER)));
});

test("connections break", async () => {
  await assert.rejects(fails({ cut: "headers" }), TypeError);
  await assert.rejects(fails({ cut: "body" }), TypeError);
  assert.deepEqual(server.calls.map(({ outcome, status }) => [outcome, status]), [["cut", undefined], ["cut", 200]]);
  assert.equal((await post(server, CYLINDER)).status, 200);
});

test("answers wait, or never come; who goes away is noticed", async () => {
  let go;
  server.next({ hold: new Promise((resolve) => (go = resolve)) });
  const held = post(server, CYLINDER);
  await server.until(() => server.calls.length === 1);
  assert.equal((await post(server, CYLINDER)).status, 200, "others pass");
  assert.equal(server.calls[0].outcome, undefined);
  go();
  assert.equal((await held).status, 200);
  for (const stall of ["headers", "body"]) {
    server.reset();
    server.next({ stall });
    const control = new AbortController();
    const request = { method: "POST", body: JSON.stringify(V3), signal: control.signal };
    const headers = { "content-type": "application/json", ...bearer(server.token) };
    const open = fetch(server.url + CYLINDER, { ...request, headers }).then((response) => response.text());
    await server.until(([call]) => call && (stall === "headers" ? call.json : call.status));
    control.abort();
    await assert.rejects(open, { name: "AbortError" });
    await server.until(([call]) => call.outcome === "aborted");
  }
});

test("a fault is for whom it is meant", async () => {
  server.next({ status: 503, match: ({ json }) => json?.request_data.inputs.radius === 2 });
  const run = async (radius) => (await post(server, CYLINDER, { request_data: { inputs: { radius } } })).status;
  assert.deepEqual([await run(1), await run(2), await run(2)], [200, 503, 200]);
});

test("requests are recorded, preflights apart", async () => {
  await preflight(server, CYLINDER);
  await post(server, `${CYLINDER}?a=1`, V3, { ...bearer("x"), "x-request-id": "r" });
  assert.deepEqual([server.requests.length, server.calls.length], [2, 1]);
  const { method, path, url, headers, json, text, status, outcome } = server.calls[0];
  assert.deepEqual([method, path, url, status], ["POST", CYLINDER, `${CYLINDER}?a=1`, 401]);
  assert.deepEqual([json, text, headers.authorization], [V3, JSON.stringify(V3), "Bearer x"]);
  assert.ok(outcome === undefined || outcome === "answered");
});

test("it runs by itself", async () => {
  const main = fileURLToPath(new URL("main.mjs", import.meta.url));
  const child = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const { url, tenant, syntheticKey, bearerToken } = JSON.parse(line);
  const headers = { "x-synthetic-key": syntheticKey, "x-tenant-name": tenant };
  assert.equal((await post({ url }, CYLINDER, V3, headers)).outputs.volume, Math.PI);
  assert.equal((await post({ url, token: bearerToken }, CYLINDER)).status, 200);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
