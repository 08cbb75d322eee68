// Requests as JSON text and bytes, answers as text and bytes: nothing is parsed that nobody asked to have parsed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { at } from "../../scripts/lib/paths.mjs";
import { engine } from "./lib/engines.mjs";
import { rawStage } from "./lib/raw.mjs";
import { packageOf } from "./lib/stage.mjs";

const { test, made, echo } = rawStage();
const cylinder = packageOf("cylinder");
const hex = made("hex.zip", engine((text, shared) => {
  const bytes = new Uint8Array(shared.memory.buffer, shared.lastAt, shared.lastLength);
  return { response_data: { outputs: { hex: Array.from(bytes, (byte) => byte.toString(16)).join(" ") } } };
}, (shared, { _node_calc_v3: calc }) => ({
  _node_calc_v3(workbook, at, length, lengthAt) {
    Object.assign(shared, { lastAt: at, lastLength: length });
    return calc(workbook, at, length, lengthAt);
  },
})));

/** `async` asks nobody else with these. */
const INPUTS = { radius: 3, height: 10, dispatch: false, note: "ü😀" };

/** What differs from call to call on a server. */
const OWN = { call_id: null, process_time: null, request_timestamp: null };

/** What the nine ways must have in common, and what in each of them. */
function verify(found, path) {
  assert.equal(found.length, 9);
  if (path === "online") for (const { answer } of found) Object.assign(answer.response_meta, OWN);
  const [{ answer }] = found;
  for (const one of found) {
    const { given, output } = one;
    assert.equal(one.kind, output, `${given} → ${output}`);
    assert.equal(one.path, output === "object" ? path : undefined);
    assert.equal(one.stringify, given === "object" ? 1 : 0, `stringify for ${given} → ${output}`);
    assert.equal(one.parse, output === "object" ? 1 : 0, `parse for ${given} → ${output}`);
    // Objects get what the Spark API has and engines leave out.
    if (path === "offline") one.answer = { ...one.answer, status: "Success", error: null };
    assert.deepEqual(one.answer, answer, `${given} → ${output}`);
  }
}

for (const name of ["cylinder", "table", "async"]) {
  test(`offline, ${name}: nine ways, one answer; JSON is used as often as asked for`, async (page) => {
    const { id, url } = packageOf(name);
    const found = await page.run(
      async ({ id, url, request }) => {
        const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
        const found = await nine(spark, request, id);
        await spark.destroy();
        return found;
      },
      { id, url, request: { request_data: { inputs: INPUTS }, request_meta: { version_id: id } } },
    );
    verify(found, "offline");
  });
}

test("online: nine ways, one answer; the body is what the caller gave", async (page, server) => {
  const found = await page.run(async (id) => {
    const spark = new Spark({ sparkEndpoint: endpoint() });
    const request = { request_data: { inputs: { radius: 3, height: 10 } }, request_meta: { version_id: id } };
    const found = await nine(spark, request, id);
    await spark.destroy();
    return found;
  }, cylinder.id);
  verify(found, "online");
  for (const { path, json } of server.calls) {
    assert.equal(path, `/example/api/v3/version/${cylinder.id}`);
    assert.deepEqual(json.request_data, { inputs: { radius: 3, height: 10 } });
  }
});

test("online: text that JSON.stringify would not write so, compressed and not", async (page, server) => {
  await page.run(async (id) => {
    const text = ` {"request_data": {"inputs": {"radius": 3.0, "height": 10}}}\n`;
    for (const compressAbove of [undefined, 5]) {
      const sent = [];
      const own = (url, init) => (sent.push(init.body), fetch(url, init));
      const spark = new Spark({ sparkEndpoint: endpoint({ compressAbove, fetch: own }) });
      const answers = [];
      for (const input of [text, new TextEncoder().encode(text)]) {
        answers.push(await spark.execute(input, id, { output: "string" }));
      }
      await spark.destroy();
      const as = async (body) => (typeof body === "string" ? body : new Response(body).text());
      if (compressAbove === undefined) {
        if (await as(sent[0]) !== text || await as(sent[1]) !== text) throw new Error("another body");
      } else if (!sent.every((body) => body instanceof Blob)) throw new Error("not compressed");
      const outputs = (answer) => JSON.stringify(JSON.parse(answer).response_data.outputs);
      if (outputs(answers[0]) !== outputs(answers[1])) throw new Error(answers.join());
    }
  }, cylinder.id);
  assert.equal(server.calls.length, 4);
});

test("text and bytes reach the engine as they are", async (page) => {
  const got = await page.run(
    async ({ echo, hex }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: echo }, { versionId: "hex", binary: hex }] });
      const text = `\n {"request_data": {"inputs": {"ü": "😀", "_b": 1.00}}, "request_meta": {"requested_output": "a", "_ctx": {}}} `;
      const long = text + " ".repeat(50_000);
      const bytes = new TextEncoder().encode(text);
      const around = new Uint8Array(bytes.length + 10).fill(255);
      around.set(bytes, 5);
      const view = around.subarray(5, -5);
      const inputs = [text, bytes, view, new DataView(around.buffer, 5, bytes.length), bytes.buffer, new TextEncoder().encode(long)];
      const texts = [];
      for (const input of inputs) texts.push((await outputsOf(spark.execute(input, "m"))).text.trimEnd());
      const invalid = Uint8Array.of(0xef, 0xbb, 0xbf, 123, 0xff, 0xc0, 125);
      const { hex: bare } = await outputsOf(spark.execute(invalid, "hex"));
      // As they are when the call is made, though the model is busy.
      const first = spark.execute(text, "m");
      const changing = Uint8Array.from(bytes);
      const second = spark.execute(changing, "m");
      changing.fill(0);
      await first;
      const kept = (await outputsOf(second)).text.trimEnd() === text.trimEnd();
      await spark.destroy();
      return { same: texts.map((got) => got === text.trimEnd()), bare, kept, length: view.byteLength > 0 };
    },
    { echo, hex },
  );
  assert.deepEqual(got, { same: Array(6).fill(true), bare: "ef bb bf 7b ff c0 7d", kept: true, length: true });
});

test("bytes of an answer are the engine's own, whatever they are; calls for text beside them get text", async (page) => {
  const odd = made("odd.zip", engine((text) => (text.includes("odd") ? Uint8Array.of(123, 0xff, 125) : { response_data: { outputs: { text } } })));
  const { id, url } = packageOf("table");
  const got = await page.run(
    async ({ odd, id, url }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: odd }, { versionId: id, binary: url }] });
      const bytes = await spark.execute('{"odd":1}', "m", { output: "bytes" });
      const decoded = await refused(spark.execute('{"odd":1}', "m", { output: "string" }));
      // At once: they travel together, and wait in one replica.
      const forms = Array.from({ length: 30 }, (_, i) => ["object", "bytes", "string"][i % 3]);
      const answers = await Promise.all(
        forms.map((output, i) => spark.execute(`{"request_data":{"inputs":{"i":${i}}}}`, "m", { output })),
      );
      const own = answers.map((answer, i) => {
        const { text } = objectOf(answer).response_data.outputs;
        return kindOf(answer) === forms[i] && JSON.parse(text).request_data.inputs.i === i;
      });
      const many = ask({ generate: 20_000, note: "ü😀" });
      const [text, large] = [await spark.execute(many, id, { output: "string" }), await spark.execute(many, id, { output: "bytes" })];
      const same = new TextDecoder().decode(large) === text && large.byteLength === large.buffer.byteLength;
      await spark.destroy();
      return { bytes: Array.from(bytes), decoded: decoded.code, own, same, length: text.length };
    },
    { odd, id, url },
  );
  assert.deepEqual(got.bytes, [123, 255, 125]);
  assert.equal(got.decoded, "RESPONSE_INVALID");
  assert.deepEqual(got.own, Array(30).fill(true));
  assert.ok(got.same && got.length > 500_000, `${got.length} characters`);
});

test("private keys stay on the page, on both paths, and with the caller", async (page, server) => {
  const got = await page.run(
    async ({ echo, id }) => {
      const seen = [];
      const own = (url, init) => (seen.push(init.body), fetch(url, init));
      const models = [{ versionId: "m", binary: echo }];
      const offline = new Spark({ nodegenModels: models });
      const online = new Spark({ sparkEndpoint: endpoint({ fetch: own }) });
      class Data {
        constructor() {
          Object.assign(this, { inputs: { radius: 1, height: 1, _inner: 1 }, _secret: "marker" });
        }
        toJSON() {
          return { ...this, _made: "marker" };
        }
      }
      const requests = () => [
        { request_data: { inputs: { radius: 1, height: 1, _inner: 1 }, _a: "marker", b_: 2 }, request_meta: { version_id: "m" } },
        deepFreeze({ request_data: { _a: { marker: 1 }, inputs: { _inner: 1 } } }),
        { request_data: new Data(), request_meta: { requested_output: "a" } },
        { request_data: { inputs: { _inner: 1 } } },
      ];
      const texts = [];
      for (const request of requests()) {
        const before = JSON.stringify(request);
        texts.push((await outputsOf(offline.execute(request, "m", { privateKeys: true }))).text);
        if (JSON.stringify(request) !== before) throw new Error("changed");
        await online.execute(request, id, { privateKeys: true });
      }
      const open = (await outputsOf(offline.execute(requests()[0], "m"))).text;
      const request = { request_data: { _a: 1, get inputs() { throw new Error("mine"); } } };
      const failed = await refused(offline.execute(request, "m", { privateKeys: true }));
      const wrong = { request_data: { _a: 1, inputs: { x: NaN } } };
      let kept;
      await offline.execute(wrong, "m", { privateKeys: true }).catch((error) => (kept = [error.code, error.modelInfo.input === wrong]));
      await Promise.all([offline.destroy(), online.destroy()]);
      return { texts, seen, open, failed: [failed.code, failed.path, failed.cause?.message], kept };
    },
    { echo, id: cylinder.id },
  );
  assert.match(got.open, /marker/);
  assert.equal(got.seen.length, 4);
  for (const text of [...got.texts, ...got.seen]) {
    assert.doesNotMatch(text, /marker/);
    assert.match(text, /_inner/);
  }
  assert.match(got.texts[0], /b_/);
  assert.deepEqual(got.failed, ["REQUEST_INVALID", "request_data", "mine"]);
  assert.deepEqual(got.kept, ["REQUEST_INVALID", true]);
  assert.equal(server.calls.length, 4);
});

test("metadata and form descriptions in each form", async (page) => {
  const { id, url } = packageOf("cylinder-export");
  const got = await page.run(
    async ({ id, url }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
      const found = [];
      for (const service_category of ["metadata", "formspec"]) {
        for (const output of ["object", "string", "bytes"]) {
          const answer = await spark.execute(ask({ radius: 1, height: 1 }, { service_category }), id, { output });
          found.push([service_category, kindOf(answer), objectOf(answer)]);
        }
      }
      await spark.destroy();
      return found;
    },
    { id, url },
  );
  assert.deepEqual(got.map(([, kind]) => kind), ["object", "string", "bytes", "object", "string", "bytes"]);
  for (const [category, , answer] of got) {
    assert.deepEqual(answer, got.find(([other]) => other === category)[2]);
  }
});

test("the README's snippet", async (page) => {
  const readme = readFileSync(at("README.md"), "utf8");
  const [, code] = /\n### Text and bytes\n.*?```js\n(.*?)```/s.exec(readme);
  const logged = await page.run(
    async ({ code, id, url }) => {
      const logged = [];
      const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
      const Async = (async () => {}).constructor;
      await new Async("spark", "versionId", "console", code)(spark, id, { log: (value) => logged.push(value) });
      await spark.destroy();
      return logged;
    },
    { code, id: cylinder.id, url: cylinder.url },
  );
  assert.deepEqual(logged, [...code.matchAll(/^console.*; \/\/ (.*)$/gm)].map(([, value]) => JSON.parse(value)));
  assert.ok(logged.length > 1);
});
