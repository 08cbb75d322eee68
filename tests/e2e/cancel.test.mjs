// Ending a call early: by its token, by an AbortSignal, by its time limit. Other calls and the model are not harmed.
import assert from "node:assert/strict";
import { engine } from "./lib/engines.mjs";
import { bytesOf, gate, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const { url } = packageOf("slow");

/** Runs `work` in the page with a Spark of one replica that has answered once, and `run(ms, options)`. */
const withSlow = (page, work, config = {}) =>
  page.run(
    async ({ url, source, config }) => {
      const { replica = 1, ...rest } = config;
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica }], ...rest });
      const run = (ms, options) => spark.execute(ask({ ms, tag: String(ms) }), "m", options);
      await run(0, { timeout: 30_000 });
      try {
        return await (0, eval)(`(${source})`)({ spark, run });
      } finally {
        await spark.destroy();
      }
    },
    { url, source: String(work), config },
  );

const cancelled = (error) => assert.deepEqual([error.class, error.code], ["ExecuteCancelled", "CANCELLED"]);

test("a token cancels before the model is there, without a word to the engine", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    const first = spark.executeWithCancellationToken(ask({ tag: "first" }), "m");
    const second = spark.executeWithCancellationToken(ask({ tag: "second" }), "m");
    first.cancellationToken.cancel();
    const error = await refused(first.response);
    const { calls, tag } = await outputsOf(second.response);
    await spark.destroy();
    return { error, calls, tag };
  }, packageOf("counter").url);
  cancelled(got.error);
  assert.deepEqual([got.calls, got.tag], [1, "second"], "the engine has had one call");
});

test("a token cancels a call that is being computed; the next one is answered", async (page) => {
  const got = await withSlow(page, async ({ spark, run }) => {
    const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: 60_000 }), "m");
    await until(() => spark.stats()[0].running === 1);
    cancellationToken.cancel();
    const error = await refused(response);
    const { tag } = await outputsOf(run(1));
    cancellationToken.cancel();
    return { error, tag, stats: spark.stats()[0] };
  });
  cancelled(got.error);
  assert.equal(got.error.cause, undefined);
  assert.equal(got.tag, "1", "the worker that computed for nobody was replaced");
  assert.deepEqual([got.stats.queued, got.stats.running], [0, 0]);
  await page.workers(0);
});

test("a cancelled call that ends soon keeps its worker", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    await spark.execute(ask({}), "m");
    const found = [];
    for (let round = 0; round < 20; round++) {
      const { response, cancellationToken } = spark.executeWithCancellationToken(ask({}), "m");
      cancellationToken.cancel();
      found.push((await refused(response)).code);
    }
    const { calls } = await outputsOf(spark.execute(ask({}), "m"));
    await spark.destroy();
    return { found, calls };
  }, packageOf("counter").url);
  assert.deepEqual(got.found, Array(20).fill("CANCELLED"));
  assert.ok(got.calls > 1 && got.calls <= 22, `${got.calls}: the same instance has answered`);
});

test("cancelling one call does nothing to the others", async (page) => {
  const got = await withSlow(page, async ({ spark }) => {
    const calls = Array.from({ length: 12 }, (_, index) =>
      spark.executeWithCancellationToken(ask({ ms: index === 0 ? 300 : 1, tag: `t${index}` }), "m"),
    );
    for (const index of [2, 5, 11]) calls[index].cancellationToken.cancel();
    const ends = await outcomes(calls.map(({ response }) => outputsOf(response)));
    return ends.map(({ tag, failed }) => tag ?? failed.code);
  });
  assert.deepEqual(
    got,
    Array.from({ length: 12 }, (_, index) => ([2, 5, 11].includes(index) ? "CANCELLED" : `t${index}`)),
  );
});

test("cancelling the call in front lets those behind it go on", async (page) => {
  const got = await withSlow(page, async ({ spark, run }) => {
    const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: 60_000 }), "m");
    const behind = [run(1), run(2), run(3)];
    cancellationToken.cancel();
    const error = await refused(response);
    return { error, tags: (await Promise.all(behind)).map(({ response_data }) => response_data.outputs.tag) };
  });
  cancelled(got.error);
  assert.deepEqual(got.tags, ["1", "2", "3"]);
});

test("an AbortSignal aborted before the call", async (page) => {
  const got = await withSlow(page, async ({ spark, run }) => {
    const plain = await refused(run(0, { signal: AbortSignal.abort() }));
    const reason = await refused(run(0, { signal: AbortSignal.abort("not today") }));
    const second = await refused(spark.execute(ask({}, { version_id: "m" }), { signal: AbortSignal.abort("second") }));
    const token = spark.executeWithCancellationToken(ask({}), "m", { signal: AbortSignal.abort("token") });
    return { plain, reason, second, token: await refused(token.response) };
  });
  for (const error of Object.values(got)) cancelled(error);
  assert.equal(got.plain.cause.name, "AbortError");
  assert.deepEqual([got.reason.cause, got.second.cause, got.token.cause], ["not today", "second", "token"]);
});

test("an AbortSignal aborted while the call is queued and while it is computed", async (page) => {
  const got = await withSlow(page, async ({ spark, run }) => {
    const [one, two] = [new AbortController(), new AbortController()];
    const reason = new TypeError("left the page");
    const computed = run(60_000, { signal: one.signal });
    const queued = run(1, { signal: two.signal });
    two.abort("second thoughts");
    const second = await refused(queued);
    one.abort(reason);
    const first = await computed.catch((error) => error);
    const { tag } = await outputsOf(run(2));
    one.abort();
    const reused = await refused(run(0, { signal: one.signal }));
    return {
      first: describe(first),
      same: first.cause === reason,
      second,
      tag,
      reused,
      queued: spark.stats()[0].queued,
    };
  });
  for (const error of [got.first, got.second, got.reused]) cancelled(error);
  assert.deepEqual([got.same, got.second.cause, got.tag, got.queued], [true, "second thoughts", "2", 0]);
});

test("a signal that outlives many calls is not weighed down by them", async (page) => {
  const got = await withSlow(page, async ({ run }) => {
    const { signal } = new AbortController();
    let listening = 0;
    for (const [name, by] of [
      ["addEventListener", 1],
      ["removeEventListener", -1],
    ]) {
      const native = signal[name];
      signal[name] = (...given) => {
        listening += by;
        return native.apply(signal, given);
      };
    }
    for (let call = 0; call < 20; call++) await run(0, { signal });
    await refused(run(NaN, { signal }));
    await Promise.resolve();
    return listening;
  });
  assert.equal(got, 0);
});

test("what is no signal and no time is refused", async (page) => {
  const got = await withSlow(page, async ({ run }) => {
    const found = [];
    for (const signal of [5, "abort", {}]) found.push(await refused(run(0, { signal })));
    for (const timeout of [0, -1, NaN, Infinity, "1000", 2 ** 31]) found.push(await refused(run(0, { timeout })));
    const fine = [null, undefined];
    for (const signal of fine) await run(0, { signal });
    return found;
  });
  for (const error of got) assert.equal(error.code, "REQUEST_INVALID");
  assert.deepEqual(
    got.map(({ path }) => path),
    [...Array(3).fill("options.signal"), ...Array(6).fill("options.timeout")],
  );
});

test("a call's own time limit", async (page) => {
  const got = await withSlow(page, async ({ run }) => {
    const error = await refused(run(60_000, { timeout: 50 }));
    const { tag } = await outputsOf(run(1));
    const behind = [refused(run(60_000, { timeout: 200 })), outputsOf(run(2))];
    return { error, tag, behind: await Promise.all(behind) };
  });
  for (const error of [got.error, got.behind[0]]) {
    assert.deepEqual([error.class, error.code, error.status], ["TimeoutError", "TIMEOUT", 504]);
  }
  assert.match(got.error.message, /50 ms/);
  assert.deepEqual([got.tag, got.behind[1].tag], ["1", "2"], "the stuck worker was replaced");
});

test("the time limit of the configuration, and a call that may take longer", async (page) => {
  const work = async ({ run }) => {
    const [error, longer] = [await refused(run(60_000)), await outputsOf(run(900, { timeout: 30_000 }))];
    return { error, tag: longer.tag };
  };
  const got = await withSlow(page, work, { timeout: 400 });
  assert.deepEqual([got.error.code, got.tag], ["TIMEOUT", "900"]);
});

test("a call may give up while its model is loading; the load goes on for the others", async (page) => {
  const asked = gate();
  const answer = gate();
  page.server.routes["/slow.zip"] = async () => {
    asked.resolve();
    await answer.promise;
    return { body: bytesOf("slow") };
  };
  await page.run(() => {
    globalThis.spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/slow.zip" }] });
    globalThis.short = refused(spark.execute(ask({ ms: 0 }), "m", { timeout: 100 }));
    globalThis.long = outputsOf(spark.execute(ask({ ms: 0, tag: "long" }), "m"));
  });
  await asked.promise;
  const error = await page.run(() => short);
  answer.resolve();
  const tag = await page.run(async () => {
    const { tag } = await long;
    await spark.destroy();
    return tag;
  });
  assert.deepEqual([error.code, tag, page.requests("/slow.zip")], ["TIMEOUT", "long", 1]);
  assert.match(error.message, /loading/);
});

test("a download that nobody waits for any more is given up", async (page) => {
  const closed = [];
  const hanging = (request, response) => {
    response.writeHead(200, { "Content-Length": 1_000_000 });
    response.write("PK");
    closed.push(new Promise((resolve) => response.once("close", resolve)));
  };
  page.server.routes["/hanging.zip"] = hanging;
  const got = await page.run(async () => {
    const make = (more) => new Spark({ nodegenModels: [{ versionId: "m", binary: "/hanging.zip" }], ...more });
    const late = make({ timeout: 300 });
    const error = await refused(late.execute(ask({}), "m"));
    const state = late.stats()[0].state;
    await late.destroy();
    globalThis.other = make();
    globalThis.open = refused(other.execute(ask({}), "m"));
    return { code: error.code, state };
  });
  assert.deepEqual(got, { code: "TIMEOUT", state: "idle" });
  await closed[0];
  while (closed.length < 2) await new Promise((turn) => setTimeout(turn, 5));
  const code = await page.run(async () => {
    await other.destroy();
    return (await open).code;
  });
  assert.equal(code, "DESTROYED");
  await closed[1];
});

test("an endless computation in one replica leaves the other at work", async (page) => {
  const work = async ({ spark, run }) => {
    await until(() => spark.stats()[0].replicas === 2);
    const endless = spark.executeWithCancellationToken(ask({ ms: 1e9 }), "m");
    const tags = [];
    for (let call = 1; call <= 20; call++) tags.push((await outputsOf(run(call % 3))).tag);
    const { running } = spark.stats()[0];
    endless.cancellationToken.cancel();
    const { code } = await refused(endless.response);
    return { tags, code, running };
  };
  const got = await withSlow(page, work, { replica: 2 });
  assert.deepEqual(
    got.tags,
    Array.from({ length: 20 }, (_, index) => String((index + 1) % 3)),
  );
  assert.deepEqual([got.code, got.running], ["CANCELLED", 1]);
});

test("a suspended engine that is never resumed is replaced after its time", async (page) => {
  const zip = made(
    "suspended.zip",
    engine(
      () => "{}",
      (shared, engine) => ({
        _is_async: () => 1,
        ccall(name, returns, types, [workbook, at, length, lengthAt]) {
          const { hang } = JSON.parse(shared.text(at, length)).request_data.inputs;
          return hang ? new Promise(() => {}) : Promise.resolve(engine._node_calc_v3(workbook, at, length, lengthAt));
        },
      }),
    ),
  );
  const got = await page.run(async (zip) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: zip }] });
    await spark.execute(ask({}), "m");
    const stuck = refused(spark.execute(ask({ hang: true }), "m", { timeout: 200 }));
    const behind = spark.execute(ask({}), "m");
    const { code } = await stuck;
    const token = spark.executeWithCancellationToken(ask({ hang: true }), "m");
    const after = spark.execute(ask({}), "m");
    token.cancellationToken.cancel();
    const [cancelled] = await outcomes([token.response]);
    const found = [code, await behind, cancelled.failed.code, await after];
    await spark.destroy();
    return found;
  }, zip);
  const answer = { status: "Success", error: null };
  assert.deepEqual(got, ["TIMEOUT", answer, "CANCELLED", answer]);
});
