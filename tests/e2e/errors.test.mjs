// Errors as a caller meets them: class, name, status, v3, modelInfo, code, path, details, cause.
import assert from "node:assert/strict";
import { engine, glue, packageWith } from "./lib/engines.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const cylinder = packageOf("cylinder");
const crash = packageOf("crash");

const NAMES = {
  MissingModelError: ["missing_model_error", "error.MISSING_MODEL_ERROR", 500],
  ExecuteCancelled: ["execution_cancelled", "error.EXECUTION", 500],
  UnauthorizedError: ["unauthorized", "error.UNAUTHORIZED", 401],
  BadRequestError: ["bad_request_error", "error.BAD_REQUEST_ERROR", 400],
  BrowserError: ["browser_error", "error.BROWSER_ERROR", 500],
  NotSupportedError: ["not_supported_error", "error.NOT_SUPPORTED", 500],
};

test("every class of the contract is there, with its name, type and status", async (page) => {
  const got = await page.run(() => {
    const { WasmRunnerErrors } = Spark;
    const made = Object.entries(WasmRunnerErrors).map(([name, Class]) => {
      const error = new Class("said");
      return [name, [error.name, error.v3.error_type, error.status], error instanceof Error, error.message];
    });
    const frozen = Object.isFrozen(WasmRunnerErrors);
    return { made, frozen };
  });
  assert.equal(got.frozen, true);
  const found = Object.fromEntries(got.made);
  const peers = ["ModelError", "ModelExecuteError", "ModelValidationError", "ModelInitializationError"];
  for (const name of [...peers, "ParameterRequiredError", "CompatibilityJsonError"]) assert.ok(name in found, name);
  for (const [name, expected] of Object.entries(NAMES)) assert.deepEqual(found[name], expected, name);
  for (const [name, , isError, message] of got.made) assert.deepEqual([isError, message], [true, "said"], name);
});

test("the contract's error handling", async (page) => {
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    const which = async (promise) => {
      try {
        await promise;
      } catch (err) {
        if (err instanceof Spark.WasmRunnerErrors.MissingModelError) return "missing";
        if (err instanceof Spark.WasmRunnerErrors.ExecuteCancelled) return "cancelled";
        if (err instanceof Spark.WasmRunnerErrors.UnauthorizedError) return "unauthorized";
        if (err instanceof Spark.WasmRunnerErrors.BadRequestError) return "bad request";
        return "unknown";
      }
    };
    const cancelled = spark.executeWithCancellationToken(ask({}), id);
    cancelled.cancellationToken.cancel();
    const found = [
      await which(spark.execute(ask({}), "nobody")),
      await which(cancelled.response),
      await which(spark.execute(ask([]), id)),
      await which(spark.execute(ask({ radius: NaN }), id)),
    ];
    await spark.destroy();
    return found;
  }, cylinder);
  assert.deepEqual(got, ["missing", "cancelled", "bad request", "bad request"]);
});

test("errors of the caller's own making have codes of their own", async (page) => {
  const got = await page.run(() =>
    ["UnauthorizedError", "CompatibilityJsonError"].map((name) => new Spark.WasmRunnerErrors[name]("said").code),
  );
  assert.deepEqual(got, ["UNAUTHORIZED", "COMPATIBILITY_JSON"]);
});

test("methods without their instance say so, and nothing is thrown where a promise is due", async (page) => {
  const got = await page.run(async () => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/never/asked.zip" }] });
    const { execute, executeWithCancellationToken, destroy, stats } = spark;
    const token = executeWithCancellationToken(ask({}), "m");
    token.cancellationToken.cancel();
    const found = [
      await refused(execute(ask({}), "m")),
      await refused(token.response),
      await refused(destroy()),
      thrown(stats),
      await refused(new Proxy(spark, {}).execute(ask({}), "m")),
      await refused(execute.call({}, ask({}), "m")),
    ];
    await spark.destroy();
    return found;
  });
  for (const error of got) {
    assert.deepEqual([error.class, error.code], ["BadRequestError", "REQUEST_INVALID"]);
    assert.match(error.message, /spark\.execute\(…\).*markRaw/);
  }
});

test("a stack begins at the caller, also of what fails later", async (page) => {
  const zip = made(
    "refuses.zip",
    engine(() => {
      throw 5;
    }),
  );
  const got = await page.run(async (zip) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip }] });
    const stacks = {};
    const keep = (name) => (error) => void (stacks[name] = error.stack.split("\n").filter((line) => /^ +at /.test(line)));
    async function callerOfConfig() {
      try {
        new Spark({ nodegenModels: 5 });
      } catch (error) {
        keep("config")(error);
      }
    }
    async function callerOfNobody() {
      await spark.execute(ask({}), "nobody").catch(keep("sync"));
    }
    async function callerOfModel() {
      await spark.execute(ask({}), "m");
    }
    async function callerOfSignal() {
      await spark.execute(ask({}), "m", { signal: new AbortController().signal });
    }
    async function callerOfCopy() {
      const { execute } = spark;
      await execute(ask({}), "m");
    }
    await callerOfConfig();
    await callerOfNobody();
    await callerOfModel().catch(keep("async"));
    await callerOfSignal().catch(keep("signal"));
    await callerOfCopy().catch(keep("copy"));
    await spark.destroy();
    return stacks;
  }, zip);
  assert.match(got.config[0], /callerOfConfig/);
  assert.match(got.sync[0], /callerOfNobody/);
  assert.match(got.copy[0], /callerOfCopy/);
  assert.match(got.async[0], /dist\/browser\.js/);
  assert.match(got.async[1], /async callerOfModel/);
  assert.match(got.signal[1], /async callerOfSignal/);
});

test("a model that is not configured", async (page) => {
  const got = await page.run(async (id) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: "/never/asked.zip" }] });
    const input = ask({}, { version_id: `${id.slice(0, -1)}0` });
    const error = await spark.execute(input).catch((error) => error);
    const missing = await refused(spark.execute({ request_data: { inputs: {} } }));
    const keys = Object.keys(error);
    await spark.destroy();
    return { error: describe(error), info: error.modelInfo.uuid, same: error.modelInfo.input === input, keys, missing };
  }, cylinder.id);
  const { error } = got;
  assert.deepEqual(
    [error.class, error.name, error.code],
    ["MissingModelError", "missing_model_error", "MODEL_NOT_FOUND"],
  );
  assert.deepEqual(error.v3, {
    error_category: "missing_model_error",
    error_type: "error.MISSING_MODEL_ERROR",
    message: error.message,
    severity: "low",
  });
  assert.match(error.message, new RegExp(`Did you mean ${cylinder.id}`));
  assert.equal(got.info, `${cylinder.id.slice(0, -1)}0`);
  assert.equal(got.same, true, "modelInfo.input is what the caller passed");
  assert.ok(!got.keys.includes("input"), "a logged error does not show the caller's data");
  assert.deepEqual([got.missing.class, got.missing.code], ["ParameterRequiredError", "VERSION_ID_MISSING"]);
  assert.match(got.missing.message, new RegExp(cylinder.id));
});

test("what is no request is refused, never thrown", async (page) => {
  const got = await page.run(async (id) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: "/never/asked.zip" }] });
    const values = [undefined, null, 5, "text", [], () => {}, new Map(), new Date()];
    const found = [];
    for (const value of values) {
      const response = spark.execute(value, id);
      const token = spark.executeWithCancellationToken(value, id);
      found.push([await refused(response), await refused(token.response)]);
    }
    const ids = [];
    for (const value of [5, true, [], () => {}]) ids.push(await refused(spark.execute(ask({}), value)));
    await spark.destroy();
    return { found, ids };
  }, cylinder.id);
  for (const error of got.found.flat()) {
    assert.deepEqual([error.class, error.code, error.path], ["BadRequestError", "REQUEST_INVALID", "input"]);
  }
  for (const error of got.ids)
    assert.equal(error.name === "bad_request_error" || error.name === "missing_parameter", true);
});

test("options that are none are refused, as they would do nothing", async (page) => {
  const got = await page.run(async (id) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: "/never/asked.zip" }] });
    const { signal } = new AbortController();
    const input = ask({});
    const calls = [signal, 200, "x", true, () => {}].map((options) => refused(spark.execute(input, id, options)));
    calls.push(refused(spark.execute(input, signal)));
    calls.push(refused(spark.executeWithCancellationToken(input, id, signal).response));
    const error = await spark.execute(input, id, signal).catch((error) => error);
    const found = await Promise.all(calls);
    // These pass: what is wrong is the request.
    const fine = [];
    for (const options of [null, undefined, {}, { signal }]) fine.push((await refused(spark.execute(5, id, options))).path);
    await spark.destroy();
    return { found, fine, info: error.modelInfo.input === input };
  }, cylinder.id);
  for (const error of got.found) {
    assert.deepEqual([error.class, error.code, error.path], ["BadRequestError", "REQUEST_INVALID", "options"]);
    assert.match(error.message, /\{ signal: controller\.signal, timeout: 5000 \}/);
  }
  assert.deepEqual(got.fine, Array(4).fill("input"));
  assert.equal(got.info, true);
});

test("the cause of a failure is kept", async (page) => {
  const got = await page.run(
    async ({ crash }) => {
      class Mine extends Error {}
      const reason = new Mine("no package today");
      const spark = new Spark({
        nodegenModels: [
          {
            versionId: "throws",
            binary: () => {
              throw reason;
            },
          },
          { versionId: "rejects", binary: () => Promise.reject(reason) },
          { versionId: "plain", binary: () => Promise.reject("just text") },
          { versionId: "crash", binary: crash },
        ],
      });
      const caught = (id, inputs = {}) => spark.execute(ask(inputs), id).catch((error) => error);
      const [throws, rejects, plain] = [await caught("throws"), await caught("rejects"), await caught("plain")];
      const signal = AbortSignal.abort(reason);
      const aborted = await spark.execute(ask({}), "crash", { signal }).catch((error) => error);
      const trap = await caught("crash", { mode: "trap" });
      await spark.destroy();
      return {
        same: [throws.cause === reason, rejects.cause === reason, aborted.cause === reason],
        plain: plain.cause,
        trap: describe(trap),
        errors: [throws, rejects, plain].map(describe),
      };
    },
    { crash: crash.url },
  );
  assert.deepEqual(got.same, [true, true, true]);
  assert.equal(got.plain, "just text");
  for (const error of got.errors) {
    assert.equal(error.code, "BINARY_INVALID");
    assert.match(error.path, /^nodegenModels\[\d\]\.binary$/);
  }
  assert.match(got.errors[0].message, /no package today/);
  assert.match(got.trap.details, /unreachable/);
  assert.match(got.trap.cause.message, /unreachable/);
});

test("the details of a failure have the tail of what the engine printed, bounded", async (page) => {
  const chatty = made(
    "chatty.zip",
    engine(
      "() => { throw new Error('the last word'); }",
      "({ options }) => ({ _is_async() {" +
        " return 0; }, _construct() { return 1; }, _node_calc_v3() {" +
        " for (let i = 0; i < 1000; i++) { options.print('line ' + i + 'x'.repeat(2000)); console.log('log', i); }" +
        " options.printErr('printed last'); console.error('logged last'); throw new Error('thrown'); } })",
    ),
  );
  const loud = made("loud.zip", packageWith(`console.warn("while evaluated");\n${glue("() => ({})")}`));
  const got = await page.run(
    async ({ chatty, loud }) => {
      const spark = new Spark({
        nodegenModels: [
          { versionId: "chatty", binary: chatty },
          { versionId: "loud", binary: loud },
        ],
      });
      const error = await refused(spark.execute(ask({}), "chatty"));
      await spark.execute(ask({}), "loud");
      await spark.destroy();
      return error;
    },
    { chatty, loud },
  );
  assert.equal(got.code, "ENGINE_TRAP");
  assert.match(got.details, /thrown/);
  assert.match(got.details, /printed last\nlogged last$/);
  assert.ok(got.details.length < 10_000, `${got.details.length} characters`);
});

test("a second copy of the package knows the errors of the first by their code", async (page) => {
  const got = await page.run(async (url) => {
    const { default: Second, Spark: named } = await import("/dist/index.js");
    const config = { nodegenModels: [{ versionId: "m", binary: url }] };
    const [one, two] = [new Spark(config), new Second(config)];
    const [first, second] = await Promise.all(
      [one, two].map((spark) => spark.execute(ask({}), "nobody").catch((error) => error)),
    );
    const found = {
      apart: Second !== Spark && named === Second,
      classes: first instanceof Second.WasmRunnerErrors.MissingModelError,
      guards: [
        Second.isError(first),
        Second.isError(first, "MODEL_NOT_FOUND"),
        Spark.isError(second, "MODEL_NOT_FOUND"),
      ],
      others: [new Error("x"), { code: "MODEL_NOT_FOUND" }, null, undefined, "text"].map((value) =>
        Spark.isError(value),
      ),
      wrong: Spark.isError(first, "TIMEOUT"),
    };
    const volumes = await Promise.all(
      [one, two].map(async (spark) => (await outputsOf(spark.execute(ask({ height: 1 }), "m"))).volume),
    );
    await Promise.all([one.destroy(), two.destroy()]);
    return { ...found, volumes };
  }, cylinder.url);
  assert.equal(got.apart, true);
  assert.equal(got.classes, false);
  assert.deepEqual(got.guards, [true, true, true]);
  assert.deepEqual(got.others, [false, false, false, false, false]);
  assert.equal(got.wrong, false);
  assert.equal(got.volumes[0], got.volumes[1]);
});

test("the guard knows errors of another window", async (page) => {
  const got = await page.run(async () => {
    const frame = document.createElement("iframe");
    frame.src = "/page";
    await new Promise((loaded) => {
      frame.onload = loaded;
      document.body.append(frame);
    });
    const theirs = new frame.contentWindow.Spark({ nodegenModels: [{ versionId: "m", binary: "/never/asked.zip" }] });
    const error = await theirs.execute(ask({}), "nobody").catch((error) => error);
    await theirs.destroy();
    return [Spark.isError(error), Spark.isError(error, "MODEL_NOT_FOUND")];
  });
  assert.deepEqual(got, [true, true]);
});
