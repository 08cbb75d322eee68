// Computations that nobody wants any more: what becomes of their workers, and of the calls behind them.
import assert from "node:assert/strict";
import { engine } from "./lib/engines.mjs";
import { stage } from "./lib/stage.mjs";

const { test, made } = stage();

/** Computes for `ms` and counts its calls: a new worker begins with 1. */
const zip = made(
  "spin.zip",
  engine((text, { calls }) => {
    const { ms = 0, tag } = JSON.parse(text).request_data.inputs;
    const end = performance.now() + ms;
    while (performance.now() < end);
    return { response_data: { outputs: { calls, tag } } };
  }),
);

const FOREVER = 1e9;

/** Runs `work` in the page with a Spark of one replica that has answered often enough to be given calls in advance. */
const withSpin = (page, config, work) =>
  page.run(
    async ({ zip, source, config, FOREVER }) => {
      const { replica = 1, ...rest } = config;
      // So that all replicas start at once.
      processors(replica);
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip, replica }], ...rest });
      const run = (inputs, options) => outputsOf(spark.execute(ask(inputs), "m", options));
      const stats = () => spark.stats()[0];
      /** The page does nothing else: messages and timers wait. */
      const block = (ms) => {
        const end = performance.now() + ms;
        while (performance.now() < end);
      };
      try {
        for (let call = 0; call < 20; call++) await run({});
        return await (0, eval)(`(${source})`)({ spark, run, stats, block, FOREVER });
      } finally {
        await spark.destroy();
      }
    },
    { zip, source: String(work), config, FOREVER },
  );

test("a runaway worker is replaced although nobody waits, and counts until it has stopped", async (page) => {
  const got = await withSpin(page, {}, async ({ spark, run, stats, FOREVER }) => {
    const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: FOREVER }), "m");
    cancellationToken.cancel();
    const { code } = await refused(response);
    await until(() => stats().dying === 1);
    const { memory } = stats();
    await until(() => stats().replicas === 1);
    const { calls } = await run({});
    await until(() => stats().dying === 0);
    return { code, memory, calls, after: stats().memory };
  });
  assert.deepEqual([got.code, got.calls], ["CANCELLED", 1]);
  assert.ok(got.memory >= got.after, "its memory is not free yet");
  await page.workers(0);
});

test("six runaway workers at once are all replaced in the end", async (page) => {
  const got = await withSpin(page, { replica: 6, cancelGrace: 0 }, async ({ spark, run, stats, FOREVER }) => {
    await until(() => stats().replicas === 6);
    const endless = Array.from({ length: 6 }, () => spark.executeWithCancellationToken(ask({ ms: FOREVER }), "m"));
    for (const { cancellationToken } of endless) cancellationToken.cancel();
    const codes = (await outcomes(endless.map(({ response }) => response))).map(({ failed }) => failed.code);
    const tags = await Promise.all(Array.from({ length: 50 }, (_, tag) => run({ tag })));
    await until(() => stats().replicas === 6 && stats().dying === 0);
    return { codes, tags: tags.map(({ tag }) => tag) };
  });
  assert.deepEqual(got.codes, Array(6).fill("CANCELLED"));
  assert.deepEqual(
    got.tags,
    Array.from({ length: 50 }, (_, tag) => tag),
  );
});

test("cancelGrace says how long a computation may go on", async (page) => {
  const cancelOne = async ({ spark, run }) => {
    const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: 400 }), "m");
    const behind = run({});
    cancellationToken.cancel();
    const { code } = await refused(response);
    return [code, (await behind).calls];
  };
  assert.deepEqual(await withSpin(page, { cancelGrace: 60_000 }, cancelOne), ["CANCELLED", 22], "the same worker");
  assert.deepEqual(await withSpin(page, { cancelGrace: 0 }, cancelOne), ["CANCELLED", 1], "a new one");
  const timeOut = async ({ run }) => {
    const { code } = await refused(run({ ms: 400 }, { timeout: 50 }));
    return [code, (await run({})).calls];
  };
  assert.deepEqual(await withSpin(page, { cancelGrace: 60_000 }, timeOut), ["TIMEOUT", 22], "time limits have it too");
});

test("what is no grace is refused", async (page) => {
  const got = await page.run(() => {
    const nodegenModels = [{ versionId: "m", binary: "/m.zip" }];
    const wrong = [-1, NaN, Infinity, 2 ** 31, "100", null, true];
    return wrong.map((cancelGrace) => thrown(() => new Spark({ nodegenModels, cancelGrace })));
  });
  for (const { code, path, message } of got) {
    assert.deepEqual([code, path], ["CONFIG_INVALID", "cancelGrace"]);
    assert.match(message, /milliseconds from 0/);
  }
});

test("an answer that is there already beats a late timer", async (page) => {
  const got = await withSpin(page, { cancelGrace: 50 }, async ({ spark, run, block }) => {
    const inTime = run({ tag: "in time" }, { timeout: 100 });
    block(3000);
    const first = await inTime;
    // The one in front has lost its caller, and its worker is to end when the page wakes up; but both have been computed.
    const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: 10 }), "m");
    const behind = run({ tag: "behind" });
    cancellationToken.cancel();
    block(3000);
    return [first, (await refused(response)).code, await behind, (await run({})).calls];
  });
  assert.deepEqual(got, [{ tag: "in time", calls: 21 }, "CANCELLED", { tag: "behind", calls: 23 }, 24]);
});

test("a token says whether it has cancelled anything", async (page) => {
  const got = await withSpin(page, {}, async ({ spark, run }) => {
    const start = (inputs) => spark.executeWithCancellationToken(ask(inputs), "m");
    const one = start({ ms: 5 });
    const twice = [one.cancellationToken.cancel(), one.cancellationToken.cancel()];
    const { code } = await refused(one.response);
    const late = one.cancellationToken.cancel();
    const two = start({ tag: "two" });
    const { cancel } = two.cancellationToken;
    const { tag } = await outputsOf(two.response);
    const over = cancel();
    const refusedAtOnce = spark.executeWithCancellationToken(5, "m");
    const never = refusedAtOnce.cancellationToken.cancel();
    await refused(refusedAtOnce.response);
    const { signal } = AbortSignal.abort ? { signal: AbortSignal.abort() } : {};
    return { twice, code, late, tag, over, never, reused: await refused(run({}, { signal })) };
  });
  assert.deepEqual([got.twice, got.code, got.late], [[true, false], "CANCELLED", false]);
  assert.deepEqual([got.tag, got.over, got.never], ["two", false, false]);
  assert.match(got.reused.message, /aborted before it began.*own/);
});
