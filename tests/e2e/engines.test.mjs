// Engines that misbehave, in the glue, while starting, and in their answers: each its own error, in bounded time.
import assert from "node:assert/strict";
import { engine, entries, glue, MEMORY_WASM, packageWith, zip } from "./lib/engines.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const { url: good } = packageOf("cylinder");
const fine = glue(() => ({ response_data: { outputs: { fine: true } } }));

/** Runs each model once, with two replicas, then a good one; gives what each was refused with. */
async function refusals(page, zips, inputs = {}) {
  const models = Object.entries(zips).map(([name, bytes], index) => ({
    versionId: name,
    binary: made(`engine-${index}.zip`, bytes),
  }));
  const got = await page.run(
    async ({ models, good, inputs }) => {
      const spark = new Spark({ nodegenModels: [...models, { versionId: "good", binary: good }], replica: 2 });
      const found = {};
      for (const { versionId } of models) found[versionId] = await refused(spark.execute(ask(inputs), versionId));
      const { volume } = await outputsOf(spark.execute(ask({}), "good"));
      await spark.destroy();
      return { found, volume };
    },
    { models, good, inputs },
  );
  assert.ok(Math.abs(got.volume - Math.PI * 90) < 1e-9, "the other model works");
  await page.workers(0);
  return got.found;
}

const check = (found, expected) => {
  assert.deepEqual(Object.keys(found), Object.keys(expected));
  for (const [name, [code, message]] of Object.entries(expected)) {
    assert.equal(found[name].code, code, `${name}: ${found[name].code}: ${found[name].message}`);
    if (message) assert.match(`${found[name].message} ${found[name].details}`, message, name);
  }
};

test("glue that cannot be evaluated or started", async (page) => {
  const started = (body) => packageWith(`var Module = function (options) { ${body} };`);
  const built = (part) => engine(() => "{}", part);
  const found = await refusals(page, {
    "throws": packageWith("throw new Error('no glue today');"),
    "syntax error": packageWith("var Module = ((;"),
    "empty": packageWith(""),
    "HTML": packageWith("<!doctype html><title>Sign in</title>"),
    "defines nothing": packageWith("var Other = function () {};"),
    "defines no function": packageWith("var Module = { then: 5 };"),
    "throws when called": started("throw new Error('not started');"),
    "throws a number": started("throw 5;"),
    "rejects": started("return Promise.reject(new Error('not started'));"),
    "rejects with nothing": started("return Promise.reject();"),
    "gives nothing": started("return undefined;"),
    "gives a number": started("return Promise.resolve(5);"),
    "gives nothing useful": started("return Promise.resolve({});"),
    "aborts": started("options.onAbort('the end'); return new Promise(() => {});"),
    "then throws": started("return { then() { throw new Error('not started'); } };"),
    "no construct": built(() => ({ _construct: undefined })),
    "no malloc": built(() => ({ _malloc: 5 })),
    "links against something else": zip(entries(fine, wasmWithImport())),
    "no memory": zip(entries(fine.replace("memory }", "memory = {} }"), Buffer.from("0061736d01000000", "hex"))),
    "construct throws a number": built(() => ({
      _construct() {
        throw 1234;
      },
    })),
    "construct traps": built(() => ({
      _construct() {
        throw new WebAssembly.RuntimeError("unreachable");
      },
    })),
    "no memory left": built(() => ({ _malloc: () => 0 })),
    "no memory to start": started(
      "return Promise.reject(new RangeError('WebAssembly.Memory(): could not allocate memory'));",
    ),
    "no memory to construct": built(() => ({
      _construct() {
        throw new RangeError("Out of memory");
      },
    })),
  });
  check(found, {
    "throws": ["GLUE_FAILED", /no glue today/],
    "syntax error": ["GLUE_FAILED", /SyntaxError/],
    "empty": ["GLUE_FAILED", /Module/],
    "HTML": ["GLUE_FAILED", /SyntaxError/],
    "defines nothing": ["GLUE_FAILED", /Module/],
    "defines no function": ["GLUE_FAILED", /Module/],
    "throws when called": ["GLUE_FAILED", /not started/],
    "throws a number": ["GLUE_FAILED", /5/],
    "rejects": ["GLUE_FAILED", /not started/],
    "rejects with nothing": ["GLUE_FAILED"],
    "gives nothing": ["GLUE_FAILED"],
    "gives a number": ["GLUE_FAILED"],
    "gives nothing useful": ["GLUE_FAILED", /_construct/],
    "aborts": ["GLUE_FAILED", /the end/],
    "then throws": ["GLUE_FAILED", /not started/],
    "no construct": ["GLUE_FAILED", /_construct/],
    "no malloc": ["GLUE_FAILED", /_malloc/],
    "links against something else": ["WASM_INVALID"],
    "no memory": ["WASM_INVALID", /memory/],
    "construct throws a number": ["MODEL_CONSTRUCT", /1234/],
    "construct traps": ["MODEL_CONSTRUCT", /unreachable/],
    "no memory left": ["OUT_OF_MEMORY"],
    "no memory to start": ["OUT_OF_MEMORY", /replicas/],
    "no memory to construct": ["OUT_OF_MEMORY", /replicas/],
  });
  for (const error of Object.values(found)) {
    const executing = error.code === "OUT_OF_MEMORY";
    assert.equal(error.class, executing ? "ModelExecuteError" : "ModelInitializationError");
  }
});

/** A module that wants a function nobody gives it. */
function wasmWithImport() {
  const name = [1, 0x61];
  const types = [1, 4, 1, 0x60, 0, 0];
  const imports = [2, 7, 1, ...name, ...name, 0, 0];
  return Buffer.concat([MEMORY_WASM.subarray(0, 8), Buffer.from([...types, ...imports]), MEMORY_WASM.subarray(8)]);
}

test("glue that never becomes ready ends with the time limit; the next call tries again", async (page) => {
  const zips = [
    "return new Promise(() => {});",
    "options.instantiateWasm({}, () => {}); return new Promise(() => {});",
    "return { then() {} };",
  ].map((body, index) => made(`never-${index}.zip`, packageWith(`var Module = function (options) { ${body} };`)));
  const endless = made("endless.zip", packageWith("for (;;);"));
  const got = await page.run(
    async ({ zips, good }) => {
      const nodegenModels = zips.map((binary, index) => ({ versionId: `m${index}`, binary }));
      let loads = 0;
      const slowly = () => (loads++ === 0 ? zips[0] : good);
      const spark = new Spark({
        nodegenModels: [...nodegenModels, { versionId: "later", binary: slowly }],
        timeout: 600,
      });
      const found = await Promise.all(nodegenModels.map(({ versionId }) => refused(spark.execute(ask({}), versionId))));
      const first = await refused(spark.execute(ask({}), "later"));
      const { volume } = await outputsOf(spark.execute(ask({}), "later", { timeout: 30_000 }));
      await spark.destroy();
      return { found: [...found, first], volume };
    },
    { zips: [...zips, endless], good },
  );
  for (const error of got.found) assert.deepEqual([error.class, error.code], ["TimeoutError", "TIMEOUT"]);
  assert.ok(Math.abs(got.volume - Math.PI * 90) < 1e-9);
  await page.workers(0);
});

test("answers that are none", async (page) => {
  const raw = (answer) => engine(answer);
  const found = await refusals(page, {
    "nothing": raw(() => ""),
    "null pointer": engine(
      () => "",
      () => ({ _node_calc_v3: () => 0 }),
    ),
    "invalid UTF-8": raw(() => new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])),
    "truncated UTF-8": raw(() => new Uint8Array([0x22, 0xe2, 0x82])),
    "no JSON": raw(() => "Segmentation fault"),
    "truncated JSON": raw(() => '{"response_data":{"outputs":{'),
    "two documents": raw(() => "{}{}"),
    "NaN": raw(() => '{"x":NaN}'),
    "a number": raw(() => "42"),
    "a text": raw(() => '"x"'),
    "null": raw(() => "null"),
    "an array": raw(() => "[]"),
    "zero bytes": raw(() => new Uint8Array(10)),
  });
  for (const [name, error] of Object.entries(found)) {
    assert.deepEqual([error.class, error.code], ["ModelExecuteError", "RESPONSE_INVALID"], `${name}: ${error.message}`);
  }
});

test("a response of any shape passes, and names are only names", async (page) => {
  const answers = {
    bare: () => "{}",
    blanks: () => ' \n{"a": 1}\r\n\t',
    mark: () => '\ufeff{"a": 1}',
    proto: () =>
      '{"__proto__": {"polluted": 1}, "response_data": {"outputs":{"__proto__":[7], "constructor":1, "toString":2}}}',
    errors: () =>
      '{"status": "Success", "response_data": {"errors": [{"error_type": "error.VALIDATION"}], "outputs": {}}}',
    deep: () => '{"a":' + "[".repeat(2000) + "]".repeat(2000) + "}",
  };
  const models = Object.entries(answers).map(([versionId, answer]) => ({
    versionId,
    binary: made(`answer-${versionId}.zip`, engine(answer)),
  }));
  const got = await page.run(async (nodegenModels) => {
    const spark = new Spark({ nodegenModels });
    const run = (id, meta) => spark.execute(ask({}, meta), id);
    const proto = await run("proto");
    const rich = await run("proto", { service_category: "metadata" });
    const found = {
      plain: [await run("bare"), await run("blanks"), await run("mark"), await run("errors")],
      own: [proto, rich].map(({ response_data: { outputs } }) => [
        Object.keys(outputs),
        Object.hasOwn(outputs, "__proto__"),
      ]),
      value: Object.getOwnPropertyDescriptor(proto.response_data.outputs, "__proto__").value,
      polluted: {}.polluted === undefined && proto.polluted === undefined,
      deep: Array.isArray((await run("deep")).a),
    };
    await spark.destroy();
    return found;
  }, models);
  const names = ["__proto__", "constructor", "toString"];
  const added = { status: "Success", error: null };
  assert.deepEqual(got.plain.slice(0, 3), [added, { a: 1, ...added }, { a: 1, ...added }]);
  assert.equal(got.plain[3].response_data.errors.length, 1, "errors in a response are data");
  assert.deepEqual(got.own, [
    [names, true],
    [names, true],
  ]);
  assert.deepEqual([got.value, got.polluted, got.deep], [[7], true, true]);
});

test("every way to crash, each with its code, and the model works on", async (page) => {
  for (const name of ["crash", "crash-o3"]) {
    const { url, inputs } = packageOf(name);
    const modes = inputs.find((input) => input.name === "mode").options;
    const got = await page.run(
      async ({ url, modes }) => {
        const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
        const found = {};
        for (const mode of modes) {
          const [end] = await outcomes([outputsOf(spark.execute(ask({ mode, value: 3 }), "m"))]);
          found[mode] = end.failed ? end.failed.code : end.value;
          const { value } = await outputsOf(spark.execute(ask({ value: 9 }), "m"));
          if (value !== 9) throw new Error(`after ${mode}: ${value}`);
        }
        await spark.destroy();
        return found;
      },
      { url, modes },
    );
    const expected = Object.fromEntries(modes.map((mode) => [mode, "ENGINE_TRAP"]));
    for (const mode of ["throw", "throw_text"]) expected[mode] = "ENGINE_EXCEPTION";
    for (const mode of modes.filter((one) => /json|utf8|object|empty|pointer|length/.test(one)))
      expected[mode] = "RESPONSE_INVALID";
    Object.assign(expected, { out_of_memory: "OUT_OF_MEMORY", none: 3, print: 3, proto: 2 });
    assert.deepEqual(got, expected, name);
  }
});

test("a C++ exception leaves the instance in place, and no buffer behind", async (page) => {
  const zip = made(
    "exceptions.zip",
    engine((text, shared) => {
      const { fail, size } = JSON.parse(text).request_data.inputs;
      if (fail) throw 5_246_024;
      return { response_data: { outputs: { calls: shared.calls, live: shared.live.size, filler: "x".repeat(size) } } };
    }),
  );
  const got = await page.run(async (zip) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip }] });
    const run = (inputs) => outputsOf(spark.execute(ask({ size: 0, ...inputs }), "m"));
    const { live } = await run({});
    const pad = "p".repeat(40_000);
    const codes = new Set();
    for (let call = 0; call < 30; call++) codes.add((await refused(run({ fail: true, pad }))).code);
    for (let call = 0; call < 30; call++) await run({ size: 50_000, pad });
    const after = await run({});
    await spark.destroy();
    return { live, codes: [...codes], after: after.live, calls: after.calls };
  }, zip);
  assert.deepEqual(got.codes, ["ENGINE_EXCEPTION"]);
  assert.equal(got.after, got.live, "every buffer is freed, whether the call threw or not");
  assert.equal(got.calls, 62, "one instance has computed them all");
});

test("errors thrown outside of any call do not reach the page's console", async (page) => {
  const zip = made(
    "stray.zip",
    engine((text, { calls }) => {
      const { stray } = JSON.parse(text).request_data.inputs;
      if (stray === "timer")
        setTimeout(() => {
          throw new Error("stray");
        }, 0);
      if (stray === "promise") Promise.reject(new Error("stray"));
      return { response_data: { outputs: { calls } } };
    }),
  );
  const got = await page.run(async (zip) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip }] });
    const replaced = [];
    for (const stray of ["timer", "promise"]) {
      const { calls } = await outputsOf(spark.execute(ask({ stray }), "m"));
      // Every call is answered meanwhile, by the old worker or the new one.
      let last = calls;
      let next = calls + 1;
      while (next > last) [last, next] = [next, (await outputsOf(spark.execute(ask({}), "m"))).calls];
      replaced.push(stray);
    }
    await spark.destroy();
    return replaced;
  }, zip);
  assert.deepEqual(got, ["timer", "promise"]);
});
