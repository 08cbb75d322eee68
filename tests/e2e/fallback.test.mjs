// Offline first, online when that fails: which failures lead there, which do not, and what the caller sees of both.
import assert from "node:assert/strict";
import { engine } from "./lib/engines.mjs";
import { onlineStage } from "./lib/online.mjs";
import { packageOf } from "./lib/stage.mjs";

const { test, made } = onlineStage();
const nonsense = made("nonsense.zip", engine(() => "{nonsense"));
const cylinder = packageOf("cylinder");
const crash = packageOf("crash");
const slow = packageOf("slow");
const volume = ({ response }) => response?.response_data.outputs.volume;
const near = (actual, expected) =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * expected, `${actual}, not ${expected}`);

test("a model that works never asks the endpoint", async (page, server) => {
  const got = await page.run(
    ({ id, url }) => run({ sparkEndpoint: endpoint(), nodegenModels: [{ versionId: id, binary: url }] }, undefined, id),
    cylinder,
  );
  near(volume(got), Math.PI * 90);
  assert.equal(got.path, "offline");
  assert.deepEqual(got.events, [["execute", "offline", cylinder.id, null]]);
  assert.equal(server.requests.length, 0);
});

test("every way in which a load fails leads online", async (page) => {
  const got = await page.run(async ({ id, url }) => {
    const whole = await bytesAt(url);
    const ways = {
      missing: "/nowhere.zip",
      noZip: new Uint8Array(1000),
      truncated: whole.slice(0, whole.length / 2),
      throws: () => {
        throw new Error("no package");
      },
      rejects: () => Promise.reject(new Error("no package")),
      page: "/page",
    };
    const answers = {};
    for (const [way, binary] of Object.entries(ways)) {
      answers[way] = await run({ sparkEndpoint: endpoint(), nodegenModels: [{ versionId: id, binary }] }, undefined, id);
    }
    return answers;
  }, cylinder);
  for (const [way, answer] of Object.entries(got)) {
    near(volume(answer), Math.PI * 90);
    assert.deepEqual([answer.path, answer.events.map(([type]) => type)], ["online", ["fallback", "execute"]], way);
    assert.ok(answer.events[0][3], `${way} says why`);
  }
});

test("an answer that is none leads online, and can be cancelled there", async (page, server) => {
  const { folder, service } = server.versions.find(({ version_id }) => version_id === cylinder.id);
  const config = { url: nonsense, folder, service };
  const got = await page.run(({ url, folder, service }) => {
    const metaData = { EngineInformation: { ProductName: folder, ServiceName: service } };
    globalThis.models = [{ versionId: "my-model", binary: url, metaData }];
    return run({ sparkEndpoint: endpoint(), nodegenModels: models }, undefined, "my-model");
  }, config);
  near(volume(got), Math.PI * 90);
  assert.deepEqual(got.events, [
    ["fallback", null, "my-model", "RESPONSE_INVALID"],
    ["execute", "online", "my-model", null],
  ]);
  server.next({ stall: "headers" });
  await page.run(() => {
    const spark = new Spark({ sparkEndpoint: endpoint(), nodegenModels: models });
    const { response, cancellationToken } = spark.executeWithCancellationToken(ask({}), "my-model");
    globalThis.stop = () => (cancellationToken.cancel(), refused(response).finally(() => spark.destroy()));
  });
  await server.until(() => server.calls[1]?.json);
  const { code, cause } = await page.run(() => stop());
  assert.equal(code, "CANCELLED");
  assert.equal(cause, undefined, "nothing else ended it");
  await server.until(() => server.calls[1].outcome === "aborted");
});

test("a crash leads online for the call that caused it, and other calls stay here", async (page, server) => {
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({ sparkEndpoint: endpoint(), nodegenModels: [{ versionId: id, binary: url }] });
    const calls = [{ value: 1 }, { mode: "abort", value: 2 }, { value: 3 }].map((inputs) => run(spark, ask(inputs), id));
    const answers = await Promise.all(calls);
    await spark.destroy();
    return answers.map(({ path, error, cause }) => ({ path, code: error?.code, cause: cause?.code }));
  }, crash);
  // The other runner aborts too: its server says so, and the offline failure is the cause.
  assert.deepEqual([got[0].path, got[2].path], ["offline", "offline"]);
  assert.equal(got[1].cause, "ENGINE_TRAP");
  assert.ok(server.calls.length >= 1 && server.calls.every(({ json }) => json.request_data.inputs.value === 2));
});

test("both fail: the online error, with the offline one as its cause", async (page, server) => {
  server.next({ status: 403 });
  const got = await page.run(
    ({ id }) => run({ sparkEndpoint: endpoint(), nodegenModels: [{ versionId: id, binary: "/nowhere.zip" }] }, undefined, id),
    cylinder,
  );
  assert.deepEqual([got.error.code, got.cause.code], ["FORBIDDEN", "BINARY_FETCH"]);
  assert.deepEqual(got.events, [
    ["fallback", null, cylinder.id, "BINARY_FETCH"],
    ["execute", "online", cylinder.id, "FORBIDDEN"],
  ]);
});

test("what the caller ended, or got wrong, is not repeated online", async (page, server) => {
  const codes = await page.run(async ({ id, url }) => {
    const config = { sparkEndpoint: endpoint(), nodegenModels: [{ versionId: id, binary: url }] };
    const spark = new Spark(config);
    await spark.execute(ask({ ms: 1 }), id);
    const code = async (work) => (await refused(work)).code;
    const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: 60_000 }), id);
    cancellationToken.cancel();
    const codes = [
      await code(response),
      await code(spark.execute(ask({ ms: 60_000 }), id, { timeout: 200 })),
      await code(spark.execute(ask({ ms: NaN }), id)),
      await code(spark.execute({ request_data: { inputs: [] } }, id)),
    ];
    const destroyed = code(spark.execute(ask({ ms: 60_000 }), id));
    await spark.destroy();
    return [...codes, await destroyed, await code(spark.execute(ask({}), id))];
  }, slow);
  assert.deepEqual(codes, ["CANCELLED", "TIMEOUT", "REQUEST_INVALID", "REQUEST_INVALID", "DESTROYED", "DESTROYED"]);
  assert.equal(server.requests.length, 0);
});

test("a load that takes half of a call's time goes on for later calls", async (page, server) => {
  const got = await page.run(async ({ id, url }) => {
    const package_ = gate();
    const config = { sparkEndpoint: endpoint(), nodegenModels: [{ versionId: id, binary: () => package_.promise }] };
    const spark = new Spark(config);
    const first = await run(spark, undefined, id, { timeout: 2_000 });
    package_.resolve(url);
    const second = await run(spark, undefined, id);
    await spark.destroy();
    return [first, second];
  }, cylinder);
  assert.deepEqual(got.map(({ path }) => path), ["online", "offline"]);
  assert.equal(got[0].events[0][3], "TIMEOUT");
  for (const answer of got) near(volume(answer), Math.PI * 90);
  assert.equal(server.calls.length, 1);
});

test("a model that keeps failing is left alone: calls go online at once, or are refused with the reason", async (page, server) => {
  const got = await page.run(async ({ id }) => {
    const models = (tries) => [{ versionId: id, binary: () => (tries.push(1), Promise.reject(new Error("gone"))) }];
    const onlineTries = [];
    const both = new Spark({ sparkEndpoint: endpoint(), nodegenModels: models(onlineTries) });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await run(both, undefined, id));
    await both.destroy();
    const tries = [];
    const alone = new Spark({ nodegenModels: models(tries) });
    const errors = [];
    for (let i = 0; i < 6; i++) {
      const { error, cause } = await run(alone, undefined, id);
      errors.push([error.class, error.code, cause?.code ?? cause?.name, error.retryAfter > 0]);
    }
    await alone.destroy();
    return { paths: answers.map(({ path }) => path), onlineTries: onlineTries.length, tries: tries.length, errors };
  }, cylinder);
  assert.deepEqual(got.paths, Array(6).fill("online"));
  assert.equal(got.onlineTries, 3);
  assert.equal(got.tries, 3);
  const failed = ["PackageError", "BINARY_INVALID", "Error", false];
  assert.deepEqual(got.errors, [failed, failed, failed, ...Array(3).fill(["CircuitOpenError", "CIRCUIT_OPEN", "BINARY_INVALID", true])]);
  assert.equal(server.calls.length, 6);
});

test("ids that are not configured go online, configured names are computed here", async (page, server) => {
  const { folder, service, version_id } = server.versions.find(({ version_id }) => version_id === cylinder.id);
  const paths = await page.run(
    async ({ url, folder, service, other, id }) => {
      const metaData = { EngineInformation: { ProductName: folder, ServiceName: service } };
      const spark = new Spark({ sparkEndpoint: endpoint(), nodegenModels: [{ versionId: id, binary: url, metaData }] });
      const answers = [
        await run(spark, ask({ ms: 1 }), other),
        await run(spark, ask({}, { service_uri: `folders/${folder}/services/${service}` })),
        await run(spark, ask({}, { service_uri: `${folder.toUpperCase()}/${service}` })),
        await run(spark, ask({}, { service_uri: `${folder}/other` })),
      ];
      await spark.destroy();
      return answers.map(({ path, error }) => path ?? error.code);
    },
    { url: cylinder.url, folder, service, other: slow.id, id: version_id },
  );
  assert.deepEqual(paths, ["online", "offline", "offline", "MODEL_NOT_FOUND"]);
});
