// Routes, versions, envelopes and computed answers of the test server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { CYLINDER, V3, bearer, post } from "./lib/client.mjs";
import { DATED, find, parseUri } from "./lib/registry.mjs";
import { startServer } from "./server.mjs";

let server;
before(async () => (server = await startServer()));
after(() => server.close());

const version = (name) => server.versions.find(({ proxy }) => proxy === name);
const volume = ({ outputs }) => outputs?.volume;
const PUBLIC = {};

test("every documented address reaches the service, and its public twin does without credentials", async () => {
  const { version_id, service_id } = version("cylinder");
  const stems = [
    "folders/geometry/services/volume-cylinder/execute",
    "Folders/Geometry/Services/VOLUME-cylinder/Execute",
    `service/${service_id}`,
    `version/${version_id.toUpperCase()}`,
    "proxy/cylinder",
  ];
  for (const stem of stems) {
    assert.equal(volume(await post(server, `/example/api/v3/${stem}`)), Math.PI, stem);
    assert.equal(volume(await post(server, `/example/api/v3/public/${stem}`, V3, PUBLIC)), Math.PI, stem);
    assert.equal((await post(server, `/example/api/v3/${stem}`, V3, PUBLIC)).status, 401, stem);
  }
  const generic = [
    { version_id },
    { service_id },
    { service_uri: "folders/geometry/services/volume-cylinder" },
    { service_uri: "geometry/volume-cylinder[1.0]" },
  ];
  for (const request_meta of generic) {
    assert.equal(volume(await post(server, "/example/api/v3/execute", { ...V3, request_meta })), Math.PI);
  }
  for (const stem of ["public/execute", "folders/geometry/services/volume-cylinder", "versions/x"]) {
    assert.equal((await post(server, `/example/api/v3/${stem}`)).status, 404, stem);
  }
});

test("a server of the older kind knows the generic address alone", async () => {
  const older = await startServer({ routes: "generic" });
  const request = { ...V3, request_meta: { version_id: version("cylinder").version_id } };
  assert.equal(volume(await post(older, "/example/api/v3/execute", request)), Math.PI);
  assert.equal(volume(await post(older, "/example/api/v3/public/execute", request, PUBLIC)), Math.PI);
  assert.equal((await post(older, CYLINDER)).status, 404);
  await older.close();
});

test("the envelope is the server's", async () => {
  const asked = { correlation_id: "ü", call_id: "mine", _ctx: { tenant: "t" }, array_outputs: "*" };
  const { status, json } = await post(server, CYLINDER, { ...V3, request_meta: asked });
  assert.equal(status, 200);
  const { process_time, request_timestamp, ...meta } = json.response_meta;
  const { version_id, service_id } = version("cylinder");
  assert.deepEqual(meta, {
    service_id,
    version_id,
    version: "1.0.0",
    call_id: "mine",
    compiler_type: "Neuron",
    compiler_version: "1.0.0",
    source_hash: null,
    engine_id: version_id,
    correlation_id: "ü",
    parameterset_version_id: null,
    system: "SPARK",
  });
  assert.ok(Number.isInteger(process_time) && !Number.isNaN(Date.parse(request_timestamp)));
  assert.deepEqual([json.status, json.error], ["Success", null]);
  assert.deepEqual(Object.keys(json.response_data), ["outputs", "warnings", "errors", "service_chain"]);
  const one = await post(server, CYLINDER, { ...V3, request_meta: { requested_output: " area , " } });
  assert.deepEqual(Object.keys(one.outputs), ["area"]);
});

test("which version: id before service, number before date, date before now", async () => {
  const token = server.issueToken({ tenant: DATED });
  const path = `/${DATED}/api/v3/folders/geometry/services/volume-cylinder/execute`;
  const [first, second] = ["1.0.0", "2.0.0"].map((number) => {
    return server.versions.find(({ tenant, version }) => tenant === DATED && version === number).version_id;
  });
  const run = async (request_meta) => {
    const { status, json } = await post(server, path, { ...V3, request_meta }, bearer(token));
    return json.response_meta.version_id ?? status;
  };
  assert.equal(await run({}), second);
  assert.equal(await run({ transaction_date: "2024-06-01" }), first);
  assert.equal(await run({ transaction_date: "2023-12-31" }), 404);
  assert.equal(await run({ version: "1", transaction_date: "2026-01-01" }), first);
  assert.equal(await run({ version_id: first, version: "2" }), first);
  assert.equal(await run({ version_id: version("cylinder").version_id }), 404, "another tenant's");
  assert.equal(await run({ version_uuid: first }), second, "an alias that the server does not know");
});

test("names of services are read in every form", () => {
  assert.deepEqual(parseUri("/folders/a%20b/services/c[1.2]"), { folder: "a b", service: "c", version: "1.2" });
  assert.deepEqual(parseUri("f/s"), { folder: "f", service: "s", version: undefined });
  assert.deepEqual(parseUri("version/x"), { version_id: "x" });
  assert.deepEqual(parseUri("some-id"), { service_id: "some-id", version: undefined });
  assert.deepEqual(parseUri("a/b/c"), {});
  const versions = ["1.2.0", "1.10.0", "2.0.0"].map((version) => {
    return { tenant: "t", folder: "f", service: "s", version, byService: true, from: "2020-01-01", to: "2030-01-01" };
  });
  assert.equal(find(versions, { tenant: "T", folder: "F", service: "S", version: "1" }).version, "1.10.0");
  assert.equal(find(versions, { tenant: "t", folder: "f", service: "s", version: "1.1" }), undefined);
});

test("every package of the manifest computes", async () => {
  for (const { version_id, proxy, folder, service } of server.versions.filter(({ tenant }) => tenant === "example")) {
    const request = { request_data: { inputs: {} } };
    const { status, json } = await post(server, `/example/api/v3/version/${version_id}`, request);
    assert.equal(status, 200, proxy ?? `${folder}/${service}`);
    assert.equal(json.response_data.errors, null);
  }
});

test("a model that calls another service gets its reply, in the form of its version", async () => {
  const calls = [
    {},
    { xcall_version: "2", folder_name: null, service_uri: "geometry/volume-cylinder" },
    { xcall_version: 3, service_name: "nobody" },
    { request_body: "{" },
  ];
  const request = { request_data: { inputs: { calls } } };
  const { outputs } = await post(server, "/example/api/v3/folders/chains/services/caller/execute", request);
  assert.deepEqual(outputs.statuses, [200, 200, 404, 400]);
  const nobody = "There is no service folders/geometry/services/nobody.";
  assert.deepEqual(outputs.failures, ["", null, nobody, "BAD_REQUEST"]);
  assert.equal(outputs.results[0].volume, Math.PI * 90);
  assert.equal(outputs.results[1].volume, Math.PI * 90);
  assert.equal(outputs.parsed[1].response_meta.system, "SPARK");
});

test("services that call each other for ever end", async () => {
  const inputs = { folder_name: "chains", service_name: "caller", levels: -2 };
  const path = "/example/api/v3/folders/chains/services/caller/execute";
  let { outputs } = await post(server, path, { request_data: { inputs } });
  let depth = 0;
  for (; outputs.results[0]; depth++) [outputs] = outputs.results;
  assert.deepEqual([depth, outputs.failures], [16, ["INTERNAL"]]);
});

test("v4 answers records as records and columns as columns", async () => {
  const path = "/example/api/v4/execute";
  const common = { service: "/folders/geometry/services/volume-cylinder", output: "volume", correlation_id: "c" };
  const records = await post(server, path, { ...common, inputs: [{ radius: 1, height: 1 }, { radius: 2, height: 1 }] });
  assert.deepEqual(records.json.outputs, [{ volume: Math.PI }, { volume: Math.PI * 4 }]);
  assert.deepEqual([records.json.errors, records.json.warnings], [[null, null], [null, null]]);
  assert.deepEqual([records.json.version, records.json.correlation_id], ["1.0.0", "c"]);
  const inputs = [["radius", "height"], [1, 1], [1], null];
  const columns = await post(server, "/example/api/v4/public/execute", { ...common, inputs }, PUBLIC);
  assert.deepEqual(columns.json.outputs, [["volume"], [Math.PI], [Math.PI * 10], [Math.PI * 90]]);
  assert.equal(columns.json.warnings[1].length, 1);
  const wrong = await post(server, path, { ...common, inputs: {} });
  assert.deepEqual([wrong.status, wrong.json], [400, { errorCode: "APPLICATION_ERROR", status: "Error" }]);
});

test("bodies may be compressed, and must be proper", async () => {
  const text = JSON.stringify(V3);
  const packed = { gzip: gzipSync(text), deflate: deflateSync(text), br: brotliCompressSync(text) };
  for (const [encoding, body] of Object.entries(packed)) {
    const headers = { ...bearer(server.token), "content-encoding": encoding };
    assert.equal(volume(await post(server, CYLINDER, body, headers)), Math.PI, encoding);
    assert.equal(server.requests.at(-1).text, text);
    assert.deepEqual(server.requests.at(-1).raw, body);
  }
  const status = async (body, headers) => {
    return (await post(server, CYLINDER, body, { ...bearer(server.token), ...headers })).status;
  };
  assert.equal(await status("{}", { "content-encoding": "gzip" }), 400);
  assert.equal(await status("{}", { "content-encoding": "zstd" }), 415);
  assert.equal(await status("{}", { "content-type": "text/plain" }), 415);
  for (const body of ["{", "[]", "null", ""]) assert.equal(await status(body), 400, body);
});

test("an engine that fails is a 500, one that takes too long a 504, and the next call is answered", async () => {
  const hasty = await startServer({ budget: 3000 });
  const run = (name, inputs) => post(hasty, `/example/api/v3/proxy/${name}`, { request_data: { inputs } });
  const trap = await run("crash", { mode: "trap" });
  assert.deepEqual([trap.status, trap.json.error.error_category], [500, "internal_error"]);
  assert.equal((await run("slow", { ms: 600_000 })).status, 504);
  assert.equal((await run("crash", { value: 4 })).outputs.value, 4);
  await hasty.close();
});
