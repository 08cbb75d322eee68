// What `new Spark` refuses and warns of: thrown at once, by path. (The whole table is tested natively.)
import assert from "node:assert/strict";
import { packageOf, stage } from "./lib/stage.mjs";

const { test } = stage({ reuses: true });
const { url } = packageOf("cylinder");

/** In the page: wrong configurations, by the path that the error names. */
const WRONG = () => {
  const one = (more) => ({ nodegenModels: [{ versionId: "m", binary: "/m.zip", ...more }] });
  const binary = "/m.zip";
  return [
    [undefined, undefined, /must be an object/],
    [undefined, null, /found null/],
    [undefined, "sk-a-secret-key", /found a text/],
    [undefined, [], /must be an object/],
    ["nodegenModels", {}, /is missing/],
    ["nodegenModels", { nodegenModels: [] }, /no models/],
    ["nodegenModels", { nodegenModels: {} }, /must be an array/],
    ["nodegenModels", { models: [{ versionId: "m", binary }] }, /is missing/],
    ["sparkEndpoint", { ...one(), sparkEndpoint: "sk-a-secret" }, /must be an object such as/],
    ["sparkEndpoint.tenant", { ...one(), sparkEndpoint: { url: "https://a.example" } }, /is missing/],
    ["nodegenModels[0]", { nodegenModels: [null] }, /must be an object/],
    ["nodegenModels[0].versionId", { nodegenModels: [{ binary }] }, /is missing/],
    ["nodegenModels[0].versionId", one({ versionId: 5 }), /the number 5/],
    ["nodegenModels[0].versionId", one({ versionId: " " }), /1 to 200 characters/],
    ["nodegenModels[0].binary", { nodegenModels: [{ versionId: "m" }] }, /is missing/],
    ["nodegenModels[0].binary", { nodegenModels: [{ versionId: "m", url: binary }] }, /binary where you wrote url/],
    ["nodegenModels[0].binary", one({ binary: 5 }), /the number 5/],
    ["nodegenModels[0].binary", one({ binary: [80, 75] }), /new Uint8Array/],
    ["nodegenModels[0].binary", one({ binary: Promise.resolve(binary) }), /Await it first/],
    ["nodegenModels[0].binary", one({ binary: { wasm: "a", js: "b" } }), /give the zip/],
    ["nodegenModels[0].binary.headers", one({ binary: { url: binary, headers: 5 } }), /headers/],
    ["nodegenModels[0].binary.credentials", one({ binary: { url: binary, credentials: "yes" } }), /same-origin/],
    ["nodegenModels[0].type", one({ type: "zip" }), /"base64"/],
    ["nodegenModels[0].preventCleanup", one({ preventCleanup: "no" }), /true or false/],
    ["nodegenModels[0].verifyChecksums", one({ verifyChecksums: 0 }), /true or false/],
    ["nodegenModels[0].integrity", one({ integrity: 5 }), /sha256-/],
    ["nodegenModels[0].integrity", one({ integrity: "sha256-short" }), /sha256-/],
    ["nodegenModels[0].metaData", one({ metaData: 5 }), /EngineInformation/],
    [
      "nodegenModels[0].metaData.EngineInformation.ProductName",
      one({ metaData: { EngineInformation: { ProductName: 5 } } }),
      /text/,
    ],
    [
      "nodegenModels[2].replica",
      { nodegenModels: ["a", "b", "c"].map((versionId, index) => ({ versionId, binary, replica: [1, 64, 0][index] })) },
      /found the number 0/,
    ],
    ["nodegenModels[0].replica", one({ replica: 1.5 }), /integer from 1 to 64/],
    ["nodegenModels[0].replica", one({ replica: "2" }), /integer from 1 to 64/],
    ["nodegenModels[0].instance", one({ instance: -1 }), /integer from 1 to 64/],
    ["nodegenModels[0].parallel", one({ replica: 2, parallel: 3 }), /two spellings/],
    [
      "nodegenModels[1].versionId",
      {
        nodegenModels: [
          { versionId: "Aa", binary },
          { versionId: " aA ", binary },
        ],
      },
      /repeats nodegenModels\[0\]/,
    ],
    ["nodeGenModels[0].binary", { nodeGenModels: [{ versionId: "m" }] }, /is missing/],
    ["nodeGenModels", { ...one(), nodeGenModels: [] }, /two spellings/],
    ["offlineMaxService", { ...one(), offlineMaxService: 0 }, /1 or more/],
    ["timeout", { ...one(), timeout: "60s" }, /milliseconds/],
    ["timeout", { ...one(), timeout: -1 }, /milliseconds/],
    ["replica", { ...one(), replica: 100 }, /integer from 1 to 64/],
    ["nodegenModels[0].replica", { nodegenModels: [{ versionId: "m", binary, replica: 1000 }] }, /integer from 1 to 64/],
    ["idleTimeout", { ...one(), idleTimeout: 0 }, /milliseconds .*or Infinity/],
    ["logger", { ...one(), logger: {} }, /debug, info, warn and error/],
    ["logger", { ...one(), logger: { log: () => {}, warn: "yes" } }, /debug, info, warn and error/],
    ["logger", { ...one(), logger: "console" }, /debug, info, warn and error/],
  ].map(([path, config, message]) => ({ path, message: message.source, error: thrown(() => new Spark(config)) }));
};

test("what a getter of the configuration throws is the cause", async (page) => {
  const got = await page.run(() => {
    const throwing = (name) => ({
      get [name]() {
        throw new TypeError("no such secret store");
      },
    });
    const model = { versionId: "m", binary: "/m.zip" };
    return [
      thrown(() => new Spark(throwing("nodegenModels"))),
      thrown(() => new Spark({ nodegenModels: [Object.assign(throwing("binary"), { versionId: "m" })] })),
      thrown(() => new Spark({ nodegenModels: [model], ...Object.create(null), __proto__: null, timeout: new Date() })),
    ];
  });
  assert.deepEqual(
    got.map(({ code, path }) => [code, path]),
    [
      ["CONFIG_INVALID", "nodegenModels"],
      ["CONFIG_INVALID", "nodegenModels[0].binary"],
      ["CONFIG_INVALID", "timeout"],
    ],
  );
  for (const { cause, message } of got.slice(0, 2)) {
    assert.match(message, /a getter that threw \(TypeError: no such secret store\)/);
    assert.deepEqual(cause, { name: "TypeError", message: "no such secret store" });
  }
  assert.equal(got[2].cause, undefined);
});

test("a wrong configuration is refused by path", async (page) => {
  const got = await page.run(WRONG);
  assert.ok(got.length >= 30);
  for (const { path, message, error } of got) {
    const what = `${path}: ${error.message}`;
    assert.deepEqual([error.class, error.code, error.status], ["ConfigurationError", "CONFIG_INVALID", 400], what);
    assert.equal(error.path, path, what);
    assert.match(error.message, new RegExp(message));
    assert.doesNotMatch(error.message, /sk-a-secret/);
  }
});

test("a wrong configuration is a bad request, by class and by name", async (page) => {
  const got = await page.run(() => {
    try {
      return new Spark({});
    } catch (error) {
      const { BadRequestError, ConfigurationError } = Spark.WasmRunnerErrors;
      return [error instanceof BadRequestError, error instanceof ConfigurationError, error.name, Spark.isError(error)];
    }
  });
  assert.deepEqual(got, [true, true, "bad_request_error", true]);
});

test("older spellings are understood", async (page) => {
  const got = await page.run(async (binary) => {
    const found = [];
    for (const [key, value] of Object.entries({ parallel: 2, instance: 2, replica: 2 })) {
      const spark = new Spark({
        nodeGenModels: [{ versionId: "m", type: "url", binary, [key]: value, metadata: { EngineInformation: {} } }],
      });
      const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"));
      await until(() => spark.stats()[0].replicas === 2);
      found.push(volume);
      await spark.destroy();
    }
    const top = new Spark({ nodegenModels: [{ versionId: "m", binary }], replica: 2 });
    await top.execute(ask({}), "m");
    await until(() => top.stats()[0].replicas === 2);
    await top.destroy();
    return found;
  }, url);
  assert.deepEqual(got, [Math.PI, Math.PI, Math.PI]);
});

test("an unknown field is warned of once, with the nearest name", async (page) => {
  page.expectConsole(
    /^\[spark-execute\] nodegenModels\[0\]\.replicas is not a known field.*did you mean replica\?.*2 more/,
  );
  page.expectConsole(/^\[spark-execute\] timeOut is not a known field.*did you mean timeout\?/);
  page.expectConsole(/^\[spark-execute\] nodegenModels\[1\]\.verifyChecksums is false/);
  const got = await page.run(async (binary) => {
    const models = ["a", "b", "c"].map((versionId) => ({ versionId, binary, replicas: 2, extra: undefined }));
    models[1].verifyChecksums = false;
    const spark = new Spark({ nodegenModels: models, timeOut: 5, sparkEndpoint: null });
    const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "b"));
    await spark.destroy();
    return volume;
  }, url);
  assert.equal(got, Math.PI);
});

test("a configuration may be frozen, of a class, or without a prototype", async (page) => {
  const got = await page.run(async (binary) => {
    class Config {
      nodegenModels = [{ versionId: "m", binary }];
    }
    const frozen = deepFreeze({ nodegenModels: [{ versionId: "m", binary, metaData: { EngineInformation: {} } }] });
    const bare = Object.assign(Object.create(null), {
      nodegenModels: [Object.assign(Object.create(null), { versionId: "m", binary })],
    });
    const found = [];
    for (const config of [frozen, new Config(), bare]) {
      const spark = new Spark(config);
      found.push((await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"))).volume);
      await spark.destroy();
    }
    return found;
  }, url);
  assert.deepEqual(got, [Math.PI, Math.PI, Math.PI]);
});

test("Spark is a class: it cannot be called without new", async (page) => {
  const error = await page.run(() => thrown(() => Spark({ nodegenModels: [] })));
  assert.equal(error.name, "TypeError");
});
