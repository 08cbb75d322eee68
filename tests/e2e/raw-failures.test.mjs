// What goes wrong with text and bytes, and how it is told.
import assert from "node:assert/strict";
import { engine } from "./lib/engines.mjs";
import { rawStage } from "./lib/raw.mjs";
import { packageOf } from "./lib/stage.mjs";

const { test, made, echo } = rawStage();
const cylinder = packageOf("cylinder");
const refuses = made("refuses.zip", engine((text) => {
  if (text.includes("trap")) throw new WebAssembly.RuntimeError("unreachable");
  return text.includes("bad") ? "no JSON" : { response_data: { outputs: {} } };
}));

test("a request without its id, swapped arguments, and what is no JSON of an object", async (page) => {
  const got = await page.run(async (echo) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: echo }] });
    const detached = new Uint8Array(4);
    structuredClone(detached, { transfer: [detached.buffer] });
    const errors = [];
    for (const [input, id] of [
      ["{}"],
      [new TextEncoder().encode('{"request_meta":{"version_id":"m"}}'), " "],
      ["{}", 5],
      ["{}", "other"],
      ["m", { request_data: { inputs: {} } }],
      ["", "m"],
      ["  ", "m"],
      ["[{}]", "m"],
      [new Uint8Array(0), "m"],
      [new ArrayBuffer(0), "m"],
      [detached, "m"],
      [Uint8Array.of(80, 75, 3, 4), "m"],
    ]) {
      const { code, path, message } = await refused(spark.execute(input, id));
      errors.push([code, path ?? null, message]);
    }
    await spark.destroy();
    return errors;
  }, echo);
  const input = ["REQUEST_INVALID", "input"];
  const codes = [["VERSION_ID_MISSING", "versionId"], ["VERSION_ID_MISSING", "versionId"], ["REQUEST_INVALID", "versionId"]];
  assert.deepEqual(got.map(([code, path]) => [code, path]), [...codes, ["MODEL_NOT_FOUND", null], ...Array(8).fill(input)]);
  assert.match(got[0][2], /second argument\. Configured: m\./);
  for (const [, , message] of got.slice(4)) assert.match(message, /execute\(request, versionId\)/);
});

test("output and privateKeys of the wrong kind", async (page) => {
  const got = await page.run(async (echo) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: echo }] });
    const errors = [];
    for (const options of [{ output: "text" }, { output: null }, { output: true }, { privateKeys: "yes" }, { privateKeys: null }]) {
      errors.push(await refused(spark.execute(ask({}), "m", options)));
    }
    for (const raw of ["{}", new TextEncoder().encode("{}")]) {
      errors.push(await refused(spark.execute(raw, "m", { privateKeys: true })));
      await spark.execute(raw, "m", { privateKeys: false });
    }
    await spark.destroy();
    return errors.map(({ code, path, class: kind }) => [kind, code, path]);
  }, echo);
  const at = (path) => ["BadRequestError", "REQUEST_INVALID", path];
  assert.deepEqual(got, [...Array(3).fill(at("options.output")), ...Array(4).fill(at("options.privateKeys"))]);
});

test("fallback, circuit and typed errors, for text as for objects; events tell the path", async (page, server) => {
  const got = await page.run(
    async ({ refuses, id }) => {
      const paths = [];
      const nodegenModels = [{ versionId: id, binary: refuses }];
      const both = new Spark({ nodegenModels, sparkEndpoint: endpoint() });
      both.addEventListener("execute", ({ detail }) => paths.push(detail.path));
      both.addEventListener("fallback", ({ detail }) => paths.push(detail.error.code));
      const trap = '{"request_data":{"inputs":{"radius":1,"height":1,"x":"trap"}}}';
      const answer = await both.execute(trap, id, { output: "bytes" });
      await new Promise((turn) => setTimeout(turn));
      await both.destroy();
      const alone = new Spark({ nodegenModels });
      const codes = [];
      for (let call = 0; call < 4; call++) codes.push((await refused(alone.execute(trap, id, { output: "string" }))).code);
      await alone.destroy();
      const fresh = new Spark({ nodegenModels });
      const bad = await fresh.execute('{"bad":1}', id, { output: "string" });
      codes.push((await refused(fresh.execute('{"bad":1}', id))).code);
      await fresh.destroy();
      return { kind: kindOf(answer), keys: Object.keys(objectOf(answer)), paths, codes, bad };
    },
    { refuses, id: cylinder.id },
  );
  assert.equal(got.kind, "bytes");
  assert.ok(got.keys.includes("response_data"));
  assert.deepEqual(got.paths, ["ENGINE_TRAP", "online"]);
  assert.deepEqual(got.codes, ["ENGINE_TRAP", "ENGINE_TRAP", "ENGINE_TRAP", "CIRCUIT_OPEN", "RESPONSE_INVALID"]);
  assert.equal(got.bad, "no JSON", "nobody asked to have it looked into");
  assert.equal(server.calls.length, 1);
});

test("online, a 200 that is no JSON is an error in each form", async (page) => {
  const got = await page.run(async (id) => {
    const answers = [
      ["<!doctype html><p>Sign in", "text/html"],
      ["", "application/json"],
      ["plain", "text/plain"],
      ['{"a":1}', "text/plain"],
      ['{"response_data":{}}', "text/plain"],
      ['{"any": "thing"} ', "application/json; charset=utf-8"],
      ["{}", "application/problem+json"],
    ];
    const found = [];
    for (const output of ["string", "bytes"]) {
      for (const [body, type] of answers) {
        const own = async () => new Response(body, { headers: { "content-type": type } });
        const spark = new Spark({ sparkEndpoint: endpoint({ fetch: own }) });
        const answer = await spark.execute("{}", id, { output }).catch(({ code }) => code);
        found.push(typeof answer === "string" ? answer : new TextDecoder().decode(answer));
        await spark.destroy();
      }
    }
    return found;
  }, cylinder.id);
  const invalid = "ONLINE_RESPONSE_INVALID";
  const each = [...Array(4).fill(invalid), '{"response_data":{}}', '{"any": "thing"} ', "{}"];
  assert.deepEqual(got, [...each, ...each]);
});

test("mocked, since real ones take gigabytes: texts longer than a browser's can be", async (page) => {
  const got = await page.run(async (echo) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: echo }] });
    const errors = [];
    const { stringify } = JSON;
    for (const message of ["Invalid string length", "allocation size overflow", "Out of memory"]) {
      for (const meta of [{ version_id: "m" }, { requested_output: "a" }]) {
        let times = 0;
        JSON.stringify = () => {
          times++;
          throw new RangeError(message);
        };
        const { code, message: told } = await refused(spark.execute(ask({ a: 1 }, meta), "m"));
        JSON.stringify = stringify;
        errors.push([code, /longer than a text can be .* Send less data/.test(told), times <= 2]);
      }
    }
    await outputsOf(spark.execute(ask({ a: 1 }), "m"));
    await spark.destroy();
    return errors;
  }, echo);
  assert.deepEqual(got, Array(6).fill(["PAYLOAD_TOO_LARGE", true, true]));
});

test("mocked, since a real one takes gigabytes: an answer longer than a text can be, and a heap without room", async (page) => {
  // In the worker, before ours keeps the decoder: this package's glue replaces what decodes answers.
  const long = made("long.zip", engine(() => "{}", () => {
    const { decode } = TextDecoder.prototype;
    TextDecoder.prototype.decode = function (bytes, ...more) {
      if (bytes?.length === 2) throw new RangeError("Invalid string length");
      return decode.call(this, bytes, ...more);
    };
    return {};
  }));
  const full = made("full.zip", engine(() => ({}), (shared, { _malloc: malloc }) => ({ _malloc: (size) => (size > 100_000 ? 0 : malloc(size)) })));
  const got = await page.run(
    async ({ long, full }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "long", binary: long }, { versionId: "full", binary: full }] });
      const errors = [await refused(spark.execute(ask({}), "long"))];
      for (const input of [`{"a":"${"x".repeat(200_000)}"}`, new Uint8Array(200_000).fill(123)]) {
        errors.push(await refused(spark.execute(input, "full")));
      }
      await spark.destroy();
      return errors.map(({ code, message }) => [code, message]);
    },
    { long, full },
  );
  assert.deepEqual(got.map(([code]) => code), ["PAYLOAD_TOO_LARGE", "OUT_OF_MEMORY", "OUT_OF_MEMORY"]);
  assert.match(got[0][1], /requested_output/);
  assert.match(got[1][1], /200008 bytes\. Send less data|bytes\. Send less data/);
});
