// The model packages do what README.md says: run with `node --test tests/models/models.test.mjs`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { flatFiles, open } from "./host.mjs";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const { models } = JSON.parse(readFileSync(join(ROOT, "manifest.json"), "utf8"));
const byName = (name) => models.find((entry) => entry.name === name);
const filesOf = (entry, versionId) => flatFiles(readFileSync(join(ROOT, entry.zip)), versionId);
const load = (entry, options) => open(filesOf(entry), options);
const outputs = async (host, inputs, meta) => (await host.call(inputs, meta)).response_data.outputs;
const near = (actual, expected) => {
  assert.ok(Math.abs(actual - expected) < 1e-9 * Math.abs(expected), `${actual}, not ${expected}`);
};
const isNumber = (error) => typeof error === "number";
const check = (folder) => spawnSync(process.execPath, [join(folder, "check.mjs")], { encoding: "utf8" });

/** Every package of one model, each as a test of its own. */
function each(model, name, run) {
  describe(name, () => {
    for (const entry of models.filter((one) => one.model === model)) test(entry.name, () => run(entry));
  });
}

test("the zips match their sources and stay small", () => {
  const { status, stderr } = check(ROOT);
  assert.equal(status, 0, stderr);
  const bytes = models.reduce((sum, entry) => sum + entry.zip_bytes, 0);
  assert.ok(bytes < 4e6, `${bytes} bytes`);
});

test("a changed source makes the check name the stale zips", () => {
  const copy = mkdtempSync(join(tmpdir(), "models-"));
  try {
    cpSync(ROOT, copy, { recursive: true });
    appendFileSync(join(copy, "slow", "model.cpp"), "// changed\n");
    const { status, stderr } = check(copy);
    assert.equal(status, 1);
    assert.match(stderr, /slow\/slow\.zip: stale/);
    assert.doesNotMatch(stderr, /cylinder/);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

each("cylinder", "cylinder: pi comes from the data file", async (entry) => {
  const host = await load(entry);
  const { volume, area } = await outputs(host, { RADIUS: 2, Height: 5 });
  near(volume, Math.PI * 20);
  near(area, Math.PI * 28);

  const other = (length) => ({ getPreloadedPackage: () => new ArrayBuffer(length) });
  const [, { length: size }] = [...filesOf(entry)].find(([name]) => name.endsWith(".data") && !name.includes("._"));
  const blind = await load(entry, { glueHooks: other(size) });
  near((await outputs(blind, { radius: 2, height: 5 })).volume, 20);
});

test("cylinder: half a data file fails in construct, with a number", async () => {
  const half = () => new TextEncoder().encode("factors 1\npi 3.14159265").buffer;
  await assert.rejects(load(byName("cylinder"), { glueHooks: { getPreloadedPackage: half } }), isNumber);
});

test("cylinder-export-two: the second version answers otherwise", async () => {
  const entry = byName("cylinder-export-two");
  const answers = [];
  for (const { version_id } of entry.versions) {
    answers.push((await outputs(await open(filesOf(entry, version_id)), { radius: 1, height: 1 })).volume);
  }
  near(answers[0], Math.PI);
  near(answers[1], 3.14);
});

test("cylinder-columns: rows in, rows out, each as a request of its own would be", async () => {
  const host = await load(byName("cylinder-columns"));
  const v4 = async (request) => JSON.parse((await host.callRaw(JSON.stringify(request))).toString());
  const rows = [[2, 5], [2, 5, 7], [2], [], null, [null, 1], ["x", 1], [1, true]];
  const answer = await v4({ inputs: [["height", "RADIUS"], ...rows], version_id: "v", unique_record_key: "Height" });
  assert.deepEqual(Object.keys(answer), ["summary_output", "outputs", "warnings", "errors", "summary_errors", "process_time", "version_id", "compiler_version"]);
  const [names, ...values] = answer.outputs;
  for (const [at, row] of rows.entries()) {
    const [height, RADIUS] = row ?? [];
    const { response_data: single } = await host.call({ ...(row?.length > 0 && { height }), ...(row?.length > 1 && { RADIUS }) });
    assert.deepEqual(Object.fromEntries(names.map((name, i) => [name, values[at][i]])), single.outputs, `row ${at}`);
    assert.deepEqual([answer.warnings[at], answer.errors[at]], [single.warnings, single.errors], `row ${at}`);
  }
  for (const request of [{ inputs: [] }, { inputs: [["height"]] }, { inputs: [["height"], [1]], unique_record_key: "no" }]) {
    const { outputs, errors } = await v4(request);
    assert.deepEqual([outputs, errors.length], [null, 1]);
  }
  await assert.rejects(v4({ inputs: [{ height: 1 }] }), isNumber);
  const without = await load(byName("cylinder"));
  const said = JSON.parse((await without.callRaw(JSON.stringify({ inputs: [["height"], [1]] }))).toString());
  assert.equal(said.response_data.errors[0].error_type, "error.VALIDATION");
});

each("hog", "hog: takes what it is told, and gives back what it should not keep", async (entry) => {
  const host = await load(entry);
  const size = () => host.memory().buffer.byteLength;
  const before = size();
  assert.deepEqual(await outputs(host, { tag: "a" }), { tag: "a", kept_mb: 0, calls: 1 });
  assert.equal(size(), before);
  assert.equal((await outputs(host, { grow_mb: 20, keep: false })).kept_mb, 0);
  const grown = size();
  assert.ok(grown > 20 * 1024 * 1024);
  assert.equal((await outputs(host, { grow_mb: 20 })).kept_mb, 20);
  assert.equal(size(), grown, "what was given back is used again");
  assert.equal((await outputs(host, { grow_mb: 20 })).kept_mb, 40);
  assert.ok(size() > 40 * 1024 * 1024);
});

test("what sets the builds apart", async () => {
  const memories = (host) => WebAssembly.Module.imports(host.module).filter(({ kind }) => kind === "memory").length;
  const names = (host) => WebAssembly.Module.exports(host.module).map(({ name }) => name);
  const hosts = {};
  for (const entry of models) hosts[entry.name] = await load(entry);
  for (const [name, host] of Object.entries(hosts)) {
    assert.equal(memories(host), name.includes("imported") ? 1 : 0, name);
    const minified = /-o3$|modern|imported/.test(name);
    assert.equal(names(host).includes("node_calc_v3"), !minified, name);
    assert.equal("HEAPU8" in host.instance, !name.includes("modern"), name);
    assert.equal(host.isAsync, byName(name).is_async, name);
  }
});

test("requests that are not as they should be", async () => {
  const host = await load(byName("cylinder"));
  const reply = async (text) => JSON.parse((await host.callRaw(text)).toString());
  assert.equal((await reply('{"a":')).response_data.errors[0].error_type, "error.jsonMeta");
  const bare = await reply("{}");
  assert.equal(bare.response_data.errors[0].error_type, "error.VALIDATION");
  near(bare.response_data.outputs.volume, Math.PI * 90);
  const metas = [{ service_category: 5 }, { __api_meta: { api: "formstate" } }];
  for (const text of ["[]", '"x"', "7", ...metas.map((request_meta) => JSON.stringify({ request_meta }))]) {
    await assert.rejects(host.callRaw(text), isNumber, text);
  }
  const wrong = await host.call({ radius: "x", height: "" });
  assert.deepEqual(wrong.response_data.outputs, { volume: "#VALUE!", area: "#VALUE!" });
  assert.equal((await host.call({ radius: 1 })).response_data.warnings[0].source_path, "Default Values");
  assert.deepEqual(await outputs(host, { radius: 1e200, height: 1e300 }), { volume: null, area: null });
  assert.deepEqual(Object.keys(await outputs(host, {}, { requested_output: ["AREA", "nope"] })), ["area", "nope"]);
  const text = await host.call({}, { requested_output: "" });
  assert.equal(text.response_data.errors.length, 1);
  assert.equal((await host.call([])).response_data.warnings, null);
  const meta = { version_id: "v", correlation_id: "ü😀\u0001", allow_range_address: false };
  assert.deepEqual((await host.call({}, meta)).response_meta, {
    ...meta,
    system: "SPARK",
    compiler_type: "Neuron",
    compiler_version: "1.0.0",
    process_time: 0,
  });
});

each("slow", "slow: burns the time it is told to", async (entry) => {
  const host = await load(entry);
  const before = performance.now();
  assert.deepEqual(await outputs(host, { ms: 150, tag: "a" }), await outputs(host, { ms: 150, tag: "a" }));
  assert.ok(performance.now() - before >= 299, "it cannot have computed that long");
});

each("counter", "counter: one state per instance", async (entry) => {
  const [one, two] = [await load(entry), await load(entry)];
  await outputs(one, { step: 5 });
  const first = await outputs(one, { step: 2, tag: "ü" });
  const second = await outputs(two, {});
  assert.deepEqual([first.calls, first.total, first.tag, second.calls, second.total], [2, 7, "ü", 1, 1]);
  assert.match(first.instance, /^[0-9a-f]{16}$/);
  assert.notEqual(first.instance, second.instance);
});

const THROWS = {
  trap: /unreachable/,
  divide: /divide by zero/,
  overflow: /unrepresentable/,
  deep_recursion: /call stack/,
  abort: /Aborted/,
  out_of_memory: /Aborted/,
  throw: /^\d+$/,
  throw_text: /^\d+$/,
  exit: /ExitStatus/,
};
each("crash", "crash: fails as told", async (entry) => {
  const raw = async (mode) => (await load(entry)).callRaw(JSON.stringify({ request_data: { inputs: { mode } } }));
  for (const mode of entry.inputs[0].options) {
    const expected = THROWS[mode];
    if (expected) {
      const matches = (error) => expected.test(isNumber(error) ? String(error) : `${error.name}: ${error.message}`);
      await assert.rejects(raw(mode), matches, mode);
    } else if (mode.endsWith("_length")) {
      await assert.rejects(raw(mode), RangeError, mode);
    }
  }
  process.exitCode = undefined; // `exit` has set it
  assert.ok((await raw("invalid_utf8")).includes(0xff));
  for (const mode of ["invalid_json", "truncated_json"]) {
    const text = (await raw(mode)).toString();
    assert.throws(() => JSON.parse(text), SyntaxError);
  }
  assert.equal((await raw("not_an_object")).toString(), "42");
  for (const mode of ["empty", "null_pointer"]) assert.equal((await raw(mode)).length, 0);
  assert.ok(Object.hasOwn(JSON.parse(await raw("proto")).response_data.outputs, "__proto__"));
  const chatty = await load(entry);
  await chatty.call({ mode: "print" });
  assert.equal(chatty.tail.length, 1001);
});

each("async", "async: asks its host", async (entry) => {
  const asked = [];
  const answer = (volume) => JSON.stringify({ metadata: {}, data: { response_data: { outputs: { volume } } } });
  let dispatch = async (service, request) => {
    asked.push([service, JSON.parse(request)]);
    await new Promise((resume) => setImmediate(resume));
    return answer(JSON.parse(asked.at(-1)[1].request_body).request_data.inputs.radius);
  };
  const host = await load(entry, { dispatch: (...request) => dispatch(...request) });
  const plain = await outputs(host, { radius: 7 });
  assert.equal(plain.volume, 7);
  assert.equal(plain.reply, answer(7));
  assert.deepEqual(Object.keys(asked[0][1]), ["folder_name", "service_name", "request_body"]);
  // Memory grows while the call is suspended.
  const grown = await outputs(host, { radius: 8, times: 3, grow_mb: 40, xcall_version: 3, service_uri: "a/b" });
  assert.deepEqual([grown.dispatched, grown.volume, asked.at(-1)[1].xcall_version], [3, 8, 3]);
  assert.equal((await outputs(host, { dispatch: false })).reply, null);
  dispatch = async () => "no JSON ü";
  const odd = await outputs(host, {});
  assert.deepEqual([odd.reply, odd.parsed, odd.volume], ["no JSON ü", "#VALUE!", "#VALUE!"]);
  // Two at once: the second is answered, silently without the other model.
  let resume;
  dispatch = () => new Promise((resolve) => (resume = resolve));
  const first = outputs(host, {});
  assert.equal((await outputs(host, {})).volume, null);
  resume(answer(1));
  assert.equal((await first).volume, 1);
});

each("caller", "caller: calls as its input says", async (entry) => {
  const asked = [];
  let reply = () => "";
  const dispatch = async (service, request) => {
    asked.push([service, request]);
    await new Promise((resume) => setImmediate(resume));
    return reply(asked.length);
  };
  const host = await load(entry, { dispatch });
  const plain = await outputs(host, {});
  const body = '{"request_data":{"inputs":{"radius":3,"height":10}},"request_meta":{}}';
  const call = { folder_name: "geometry", service_name: "volume-cylinder", request_body: body };
  assert.deepEqual(asked, [[0, JSON.stringify(call)]]);
  assert.deepEqual(plain, {
    dispatched: 1,
    requests: [JSON.stringify(call)],
    replies: [""],
    parsed: [null],
    statuses: [null],
    failures: [null],
    results: [null],
    tag: null,
  });

  const first = { metadata: { status: 200, error_code: "" }, data: { response_data: { outputs: { volume: 1 } } } };
  const result = { response_data: { outputs: { volume: 2 } } };
  const later = { ...result, xcall_meta: { http_status_code: 404, error_details: "no" } };
  reply = (number) => (number === 4 ? "no JSON ü" : JSON.stringify(number % 2 ? later : first));
  const calls = [
    { xcall_version: 1, request_body: "{" },
    { xcall_version: "2", service_uri: "a/b[1.0]", folder_name: null, service_name: null },
    { call_type: 1, request_body: null, extra: { url: "https://example.org", more: [1] } },
  ];
  const each = await outputs(host, { calls, folder_name: "F", tag: "ü" });
  const sent = asked.slice(1).map(([service, request]) => [service, JSON.parse(request)]);
  assert.deepEqual(sent, [
    [0, { folder_name: "F", service_name: "volume-cylinder", xcall_version: 1, request_body: "{" }],
    [0, { service_uri: "a/b[1.0]", xcall_version: "2", request_body: body }],
    [1, { folder_name: "F", service_name: "volume-cylinder", url: "https://example.org", more: [1] }],
  ]);
  assert.deepEqual(
    [each.dispatched, each.statuses, each.failures, each.results, each.parsed[1], each.replies[2], each.tag],
    [3, [200, 404, null], ["", "no", null], [{ volume: 1 }, { volume: 2 }, null], later, "no JSON ü", "ü"],
  );
  for (const times of [0, 3]) assert.equal((await outputs(host, { times })).dispatched, times);
});

test("caller: chains of its own, with an end and without", async () => {
  const host = await load(byName("caller"), { dispatch: async (_, request) => request });
  const child = async (inputs) => {
    const [text] = (await outputs(host, inputs)).replies;
    const { service_name, request_body } = JSON.parse(text);
    const { request_data, request_meta } = JSON.parse(request_body);
    assert.ok(request_meta.requested_output.includes("results") && !request_meta.requested_output.includes("replies"));
    return [service_name, request_data.inputs];
  };
  const [one, own] = await child({ levels: 2, route: ["a", "b", "c"], tag: 7 });
  assert.deepEqual([one, own.levels, own.route, own.tag, own.xcall_version], ["a", 1, ["b", "c", "a"], 7, null]);
  const [two, last] = await child(own);
  assert.deepEqual([two, last.levels], ["b", 0]);
  assert.equal((await outputs(host, last)).dispatched, 0);
  const [, endless] = await child({ levels: -2 });
  assert.deepEqual((await child(endless))[1], endless);
});

each("table", "table: rows in and out", async (entry) => {
  const host = await load(entry);
  const { generated } = await outputs(host, { generate: 60000 }, { requested_output: ["generated"] });
  assert.equal(generated.length, 60000);
  const rows = generated.map((row, index) => ({ ...row, price: 1.5, quantity: index % 7 }));
  const echoed = await outputs(host, { rows });
  assert.deepEqual(echoed.rows, rows.map((row) => ({ ...row, total: row.price * row.quantity })));
  const cells = [["Price", "quantity"], [2, 3], [4]];
  const columnar = await outputs(host, { rows: cells, factor: 2 }, { array_outputs: "rows" });
  assert.deepEqual(columnar.rows, [["Price", "quantity", "total"], [2, 3, 12], [4, null, 0]]);
  assert.deepEqual([columnar.total, columnar.row_count], [12, 2]);
  assert.equal((await outputs(host, { rows: "none" })).total, "#VALUE!");
});

each("large", "large: every formula and every rate counts", async (entry) => {
  const files = filesOf(entry);
  assert.ok(entry.zip_bytes >= 0.5e6 && entry.wasm_bytes >= 1e6);
  const inputs = { age: 41, smoker: true, plan: "full" };
  const { digest, premium } = await outputs(await open(files), inputs);
  near(digest, 33256.21402146083);
  assert.ok(premium > 0);
  const data = Buffer.from(files.get("_term_life.data"));
  data.writeDoubleLE(data.readDoubleLE(8 * 1000) + 0.5, 8 * 1000);
  files.set("_term_life.data", data);
  assert.notEqual((await outputs(await open(files), inputs)).digest, digest);
});
