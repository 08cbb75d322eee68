// The contract, as its own examples have it: `new Spark`, `execute`, `executeWithCancellationToken`, `destroy`.
import assert from "node:assert/strict";
import { engine, ECHO } from "./lib/engines.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const cylinder = packageOf("cylinder");
const echo = made("echo.zip", ECHO);
const near = (actual, expected) =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * expected, `${actual}, not ${expected}`);

test("the browser example: base64 text, then, catch, finally", async (page) => {
  const response = await page.run(async ({ url, id }) => {
    const base64EncodedModel = base64(await bytesAt(url));
    const config = {
      nodegenModels: [
        {
          versionId: id,
          binary: base64EncodedModel,
          metaData: { EngineInformation: { ProductName: "geometry", ServiceName: "volume-cylinder", VersionId: id } },
        },
      ],
    };
    const spark = new Spark(config);
    const input = {
      request_data: { inputs: { radius: 2, height: 5 } },
      request_meta: {
        version_id: id,
        transaction_date: "2022-09-19T04:17:17.142Z",
        call_purpose: "Spark - API Tester",
      },
    };
    let result;
    await spark
      .execute(input)
      .then((answer) => (result = answer))
      .catch((error) => (result = describe(error)))
      .finally(() => spark.destroy());
    return result;
  }, cylinder);
  near(response.response_data.outputs.volume, Math.PI * 20);
  assert.equal(response.response_meta.version_id, cylinder.id);
  await page.workers(0);
});

test("the script defines Spark and nothing else, and fetches nothing", async (page) => {
  await page.go("/tests/e2e/lib/empty.html");
  const before = page.server.requests.length;
  const found = await page.run(async () => {
    const known = new Set(Object.getOwnPropertyNames(globalThis));
    const script = document.createElement("script");
    script.src = "/dist/browser.js";
    await new Promise((loaded) => {
      script.onload = loaded;
      document.head.append(script);
    });
    return Object.getOwnPropertyNames(globalThis).filter((name) => !known.has(name));
  });
  assert.deepEqual(found, ["Spark"]);
  const workers = await page.run(async () => {
    const spark = new Spark({ nodegenModels: [{ versionId: "a", binary: "/never/asked.zip" }] });
    const stats = spark.stats();
    await spark.destroy();
    return stats;
  });
  assert.deepEqual(workers, [
    {
      ...{ versionId: "a", state: "idle", replicas: 0, starting: 0, dying: 0, restarts: 0 },
      ...{ queued: 0, running: 0, done: 0, failed: 0, memory: 0 },
    },
  ]);
  assert.deepEqual(page.server.requests.slice(before), ["/dist/browser.js"], "constructing starts nothing");
  await page.workers(0);
});

test("the version id: argument, then version_id, then version_uuid, in any case", async (page) => {
  const models = ["one", "two", "three"].map((id) => ({
    versionId: `${id}-AB`,
    binary: made(`${id}.zip`, engine(`() => ({ response_data: { outputs: { id: ${JSON.stringify(id)} } } })`)),
  }));
  const answers = await page.run(async (models) => {
    const spark = new Spark({ nodegenModels: models });
    const run = async (meta, ...more) => (await outputsOf(spark.execute(ask({}, meta), ...more))).id;
    const answers = {
      argument: await run({ version_id: "two-AB", version_uuid: "three-AB" }, "one-AB"),
      version_id: await run({ version_id: "two-AB", version_uuid: "three-AB" }),
      version_uuid: await run({ version_uuid: "three-AB" }),
      lower: await run({}, "one-ab"),
      upper: await run({ version_id: "TWO-AB" }),
      blanks: await run({ version_uuid: " three-ab " }),
      emptyArgument: await run({ version_id: "two-AB" }, ""),
      nullArgument: await run({ version_id: "two-AB" }, null),
      noMeta: (await outputsOf(spark.execute({ request_data: { inputs: {} } }, "one-AB"))).id,
      optionsSecond: await run({ version_id: "two-AB" }, { timeout: 30_000 }),
      optionsThird: await run({}, "one-AB", { timeout: 30_000 }),
    };
    await spark.destroy();
    return answers;
  }, models);
  assert.deepEqual(answers, {
    argument: "one",
    version_id: "two",
    version_uuid: "three",
    lower: "one",
    upper: "two",
    blanks: "three",
    emptyArgument: "two",
    nullArgument: "two",
    noMeta: "one",
    optionsSecond: "two",
    optionsThird: "one",
  });
});

test("the engine is told the id that was meant", async (page) => {
  const metas = await page.run(async (echo) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "Meant", binary: echo }] });
    const meta = async (meta, ...more) =>
      JSON.parse((await outputsOf(spark.execute(ask({}, meta), ...more))).text).request_meta;
    const metas = [
      await meta({}, "Meant"),
      await meta({ version_id: "other" }, "meant"),
      await meta({ version_id: "other", version_uuid: "Meant" }, "Meant"),
      await meta({ version_uuid: "Meant", call_purpose: "p" }),
      JSON.parse((await outputsOf(spark.execute({ request_data: { inputs: {} } }, "Meant"))).text).request_meta,
    ];
    await spark.destroy();
    return metas;
  }, echo);
  assert.deepEqual(
    metas.map(({ version_id, version_uuid }) => (version_id ?? version_uuid).toLowerCase()),
    ["meant", "meant", "meant", "meant", "meant"],
  );
  assert.equal(metas[3].call_purpose, "p");
});

test("executeWithCancellationToken answers at once with a promise and a token", async (page) => {
  const got = await page.run(async ({ url, id }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    const execution = spark.executeWithCancellationToken(ask({ radius: 1, height: 1 }, { version_id: id }));
    const shape = {
      keys: Object.keys(execution).sort(),
      isPromise: execution.response instanceof Promise,
      cancel: typeof execution.cancellationToken.cancel,
    };
    const { volume } = await outputsOf(execution.response);
    execution.cancellationToken.cancel();
    execution.cancellationToken.cancel();

    const cancelled = spark.executeWithCancellationToken(ask({}), id);
    cancelled.cancellationToken.cancel();
    const byClass = await cancelled.response.catch((error) => error instanceof Spark.WasmRunnerErrors.ExecuteCancelled);
    const again = (await outputsOf(spark.executeWithCancellationToken(ask({ radius: 1, height: 2 }), id).response))
      .volume;
    await spark.destroy();
    return { shape, volume, byClass, again };
  }, cylinder);
  assert.deepEqual(got.shape, { keys: ["cancellationToken", "response"], isPromise: true, cancel: "function" });
  near(got.volume, Math.PI);
  near(got.again, 2 * Math.PI);
  assert.equal(got.byClass, true);
});

test("destroy ends the workers; whatever comes after is refused", async (page) => {
  const got = await page.run(async ({ url, id }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url, replica: 2 }] });
    await spark.execute(ask({}), id);
    const nothing = await spark.destroy();
    await spark.destroy();
    const later = await refused(spark.execute(ask({}), id));
    const token = spark.executeWithCancellationToken(ask({}), id);
    token.cancellationToken.cancel();
    return { nothing, later, token: await refused(token.response), stats: spark.stats()[0].state };
  }, cylinder);
  assert.equal(got.nothing, undefined);
  for (const error of [got.later, got.token])
    assert.deepEqual([error.class, error.code], ["DestroyedError", "DESTROYED"]);
  assert.equal(got.stats, "idle");
  await page.workers(0);
});

test("the configuration is read once", async (page) => {
  const got = await page.run(async ({ url, id }) => {
    const bytes = await bytesAt(url);
    const model = { versionId: id, binary: bytes };
    const config = { nodegenModels: [model], timeout: 30_000 };
    const spark = new Spark(config);
    model.binary = "/gone.zip";
    model.versionId = "other";
    config.nodegenModels.length = 0;
    config.timeout = 1;
    const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id));
    const other = await refused(spark.execute(ask({}), "other"));
    await spark.destroy();
    return { volume, other: other.code };
  }, cylinder);
  near(got.volume, Math.PI);
  assert.equal(got.other, "MODEL_NOT_FOUND");
});

test("two instances live beside each other", async (page) => {
  const got = await page.run(async ({ url, id }) => {
    const one = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    const two = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    const [first, second] = await outcomes([one.execute(ask({ height: 1 }), id), two.execute(ask({ height: 2 }), id)]);
    await one.destroy();
    const third = await outputsOf(two.execute(ask({ height: 3 }), id));
    await two.destroy();
    return [first.response_data.outputs.volume, second.response_data.outputs.volume, third.volume];
  }, cylinder);
  got.forEach((volume, index) => near(volume, Math.PI * 9 * (index + 1)));
  await page.workers(0);
});
