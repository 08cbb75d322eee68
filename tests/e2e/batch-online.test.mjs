// A batch without models on the page, and one whose records fail there: each record goes online.
import assert from "node:assert/strict";
import { onlineStage } from "./lib/online.mjs";
import { packageOf } from "./lib/stage.mjs";

const { test } = onlineStage();
const { id } = packageOf("cylinder");

const v4 = ({ path }) => path.includes("/api/v4/");

/** In the page: what a batch of these records comes to, with the response data and without what differs from call to call. */
const helpers = () => {
  globalThis.batched = async (records, id, options, config) => {
    const spark = new Spark({ sparkEndpoint: endpoint(), ...config });
    const found = [];
    for await (const { index, response, error } of spark.executeMany(records, id, options)) {
      found.push(error ? [index, error.code] : [index, response.executionPath, response.response_data, response.status]);
    }
    await spark.destroy();
    return found;
  };
  globalThis.policies = (count) => Array.from({ length: count }, (_, height) => ask({ radius: 1, height }));
};

test("a batch runs online where the page has no model: many records in a request, with the same results", async (page, server) => {
  await page.run(helpers);
  const { found, single } = await page.run(async (id) => {
    const records = policies(60);
    // With a default, a warning, and what v4 cannot say.
    delete records[3].request_data.inputs.height;
    records[5].request_data.inputs.radius = "";
    records[7].request_meta = { version_id: id, requested_output: "area" };
    const found = await batched(records, id);
    const spark = new Spark({ sparkEndpoint: endpoint() });
    const single = [];
    for (const at of [0, 3, 5, 7, 59]) single.push([at, (await spark.execute(records[at], id)).response_data]);
    await spark.destroy();
    return { found, single };
  }, id);
  assert.deepEqual(found.map(([index, path, , status]) => [index, path, status]), Array.from({ length: 60 }, (_, index) => [index, "online", "Success"]));
  const shown = ({ outputs, warnings, errors }) => ({ outputs, warnings: warnings ?? [], errors: errors ?? [] });
  for (const [at, data] of single) assert.deepEqual(shown(found[at][2]), shown(data), `record ${at}`);
  const calls = server.calls.slice(0, -5);
  assert.ok(calls.filter(v4).length >= 3);
  assert.equal(calls.filter(v4).reduce((sum, { json }) => sum + json.inputs.length, 0), 59);
  assert.equal(calls.length - calls.filter(v4).length, 1);
});

test("forms of the answer; records from a stream; the record names the version", async (page) => {
  await page.run(helpers);
  const got = await page.run(async (id) => {
    const spark = new Spark({ sparkEndpoint: endpoint() });
    const named = policies(20).map((record) => ({ ...record, request_meta: { version_id: id } }));
    const stream = new ReadableStream({ start: (c) => (named.forEach((record) => c.enqueue(record)), c.close()) });
    const found = [];
    for await (const { response } of spark.executeMany(stream, { output: "string" })) found.push(response);
    named[1] = policies(1)[0];
    const unnamed = [];
    for await (const { index, error } of spark.executeMany(named)) if (error) unnamed.push([index, error.code]);
    const [{ response }] = [(await spark.executeMany(policies(1), id, { output: "bytes" }).next()).value];
    await spark.destroy();
    return { found, unnamed, bytes: response instanceof Uint8Array && new TextDecoder().decode(response) };
  }, id);
  assert.equal(got.found.length, 20);
  assert.deepEqual(got.unnamed, [[1, "VERSION_ID_MISSING"]]);
  for (const [height, text] of got.found.entries()) {
    assert.ok(Math.abs(JSON.parse(text).response_data.outputs.volume - Math.PI * height) < 1e-9);
  }
  assert.equal(JSON.parse(got.bytes).response_data.outputs.volume, 0);
});

test("an endpoint that refuses a chunk gets records alone from then on", async (page, server) => {
  await page.run(helpers);
  for (const fault of [{ status: 403 }, { status: 404, envelope: 2 }, { body: '{"outputs":[]}', contentType: "application/json" }]) {
    server.reset();
    server.next({ ...fault, times: Infinity, match: v4 });
    const found = await page.run((id) => batched(policies(90), id), id);
    assert.deepEqual(found.map(([index, path]) => [index, path]), Array.from({ length: 90 }, (_, index) => [index, "online"]));
    const sent = server.calls.filter(v4);
    assert.ok(sent.length >= 1 && sent.length <= 4, `${sent.length}: those that were under way`);
    assert.equal(server.calls.length - sent.length, 90);
  }
});

test("a chunk that fails once costs no record; one that has to wait is sent again", async (page, server) => {
  await page.run(helpers);
  server.next({ status: 429, retryAfter: "0", match: v4 });
  server.next({ status: 504, match: v4 });
  const found = await page.run((id) => batched(policies(120), id, undefined, { sparkEndpoint: endpoint({ retries: 1 }) }), id);
  assert.deepEqual(found.map(([index, path]) => [index, path]), Array.from({ length: 120 }, (_, index) => [index, "online"]));
  assert.ok(server.calls.filter(v4).length >= 3);
});

test("a server that has too much to do fails the records of its chunks, and gets none of them alone", async (page, server) => {
  await page.run(helpers);
  for (const [status, code] of [[429, "RATE_LIMITED"], [503, "UNAVAILABLE"]]) {
    server.reset();
    server.next({ status, times: Infinity, match: v4 });
    const found = await page.run((id) => batched(policies(60), id, undefined, { sparkEndpoint: endpoint({ retries: 0 }) }), id);
    assert.deepEqual(found.map(([index, what]) => [index, what]), Array.from({ length: 60 }, (_, index) => [index, code]));
    assert.equal(server.calls.filter(v4).length, server.calls.length);
  }
});

test("an endpoint that refuses the caller is asked for one record more, and no other", async (page, server) => {
  await page.run(helpers);
  for (const [status, code] of [[401, "UNAUTHORIZED"], [403, "FORBIDDEN"]]) {
    server.reset();
    server.next({ status, times: Infinity });
    const found = await page.run((id) => batched(policies(500), id), id);
    assert.deepEqual(found.map(([index, what]) => [index, what]), Array.from({ length: 500 }, (_, index) => [index, code]));
    const sent = server.calls.filter(v4).length;
    assert.ok(sent >= 1 && sent <= 4, `${sent}: those that were under way`);
    assert.equal(server.calls.length - sent, 1);
  }
  server.reset();
  server.next({ status: 401, times: Infinity });
  assert.deepEqual(await page.run((id) => batched(policies(90), id, { stopOnError: true }), id), [[0, "UNAUTHORIZED"]]);
});

test("no v4 where the server is old, or the name is the page's own", async (page, server) => {
  await page.run(helpers);
  const found = await page.run(async (id) => {
    const generic = await batched(policies(3), id, undefined, { sparkEndpoint: endpoint({ form: "generic" }) });
    const own = await batched(policies(2), "my-name");
    return [generic, own].flat().map(([, what]) => what);
  }, id);
  assert.deepEqual(found.slice(0, 3), ["online", "online", "online"]);
  assert.equal(server.calls.filter(v4).length, 0);
});

test("a batch that ends early ends its requests", async (page, server) => {
  await page.run(helpers);
  server.next({ stall: "headers", times: Infinity, match: v4 });
  await page.run((id) => {
    globalThis.controller = new AbortController();
    globalThis.ended = (async () => {
      const spark = new Spark({ sparkEndpoint: endpoint() });
      const error = await refused(spark.executeMany(policies(90), id, { signal: controller.signal }).next());
      await spark.destroy();
      return error.code;
    })();
  }, id);
  await server.until((requests) => requests.some((request) => !request.preflight && v4(request)));
  assert.equal(await page.run(() => (controller.abort(), ended)), "CANCELLED");
  await server.until((requests) => requests.filter((request) => !request.preflight).every(({ outcome }) => outcome === "aborted"));
});

test("a record that fails on the page goes online, alone", async (page, server) => {
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }], sparkEndpoint: endpoint() });
    const records = Array.from({ length: 300 }, (_, value) => ask({ mode: value === 250 ? "throw" : "none", value }));
    const paths = [];
    for await (const { response, error } of spark.executeMany(records, id)) paths.push(response?.executionPath ?? error.code);
    await spark.destroy();
    return paths;
  }, packageOf("crash"));
  const odd = [...got.entries()].filter(([, path]) => path !== "offline");
  assert.equal(got.length, 300);
  assert.deepEqual(odd.map(([index]) => index), [250]);
  assert.equal(server.calls.length, 1);
});
