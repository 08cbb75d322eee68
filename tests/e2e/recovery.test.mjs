// Workers that die: by a crash, by a word of their own, or without one. A call settles once, with its answer or with the
// failure that it caused; nobody else notices.
import assert from "node:assert/strict";
import { engine } from "./lib/engines.mjs";
import { stage } from "./lib/stage.mjs";

const { test, made } = stage();

/** Fails in the way that its input says, and counts its calls. */
const zip = made(
  "mortal.zip",
  engine((text, { calls }) => {
    const { end, tag } = JSON.parse(text).request_data.inputs;
    if (end === "trap") throw new WebAssembly.RuntimeError("unreachable");
    if (end === "exception") throw 5246976;
    if (end === "error") self.dispatchEvent(new ErrorEvent("error", { error: new Error("out of the blue") }));
    // The answer is sent; what comes later is not even read.
    if (end === "close") self.close();
    return { response_data: { outputs: { tag, calls } } };
  }),
);

// Glue that is locked down has no way to end its worker, as a system that needs memory has.

/** Suspends until it is answered, which it never is; ends without a word where its input says so. */
const suspending = made(
  "suspending.zip",
  engine(
    () => "{}",
    (shared, engine) => ({
      _is_async: () => 1,
      ccall(name, returns, types, [workbook, at, length, lengthAt]) {
        const { close } = JSON.parse(shared.text(at, length)).request_data.inputs;
        if (!close) return Promise.resolve(engine._node_calc_v3(workbook, at, length, lengthAt));
        self.close();
        return new Promise(() => {});
      },
    }),
  ),
);

test("ten thousand calls over four replicas while workers are killed", async (page) => {
  const got = await page.run(async (binary) => {
    // The test's own hand on the workers that have answered: the package does not see this end.
    const workers = new Set();
    const { Worker } = globalThis;
    const { terminate } = Worker.prototype;
    globalThis.Worker = class extends Worker {
      constructor(...of) {
        super(...of);
        const answers = ({ data }) => typeof data[0] === "number" && workers.add(this);
        this.addEventListener("message", answers);
      }
      terminate() {
        workers.delete(this);
        terminate.call(this);
      }
    };
    let seed = 20_240_229;
    const random = (below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 4 }] });
    await spark.execute(ask({}), "m");
    await until(() => spark.stats()[0].replicas === 4);

    const COUNT = 10_000;
    const ends = new Map();
    for (const end of ["trap", "error", "exception"]) {
      for (let times = 0; times < 20; times++) ends.set(random(COUNT), end);
    }
    let settled = 0;
    let killed = 0;
    const told = new Array(COUNT).fill(0);
    const note = (tag) => {
      told[tag]++;
      if (++settled % 200 !== 0) return;
      const victim = [...workers][random(workers.size)];
      if (victim) {
        killed++;
        workers.delete(victim);
        terminate.call(victim);
      }
    };
    const calls = Array.from({ length: COUNT }, (_, tag) =>
      spark.execute(ask({ tag, end: ends.get(tag) }), "m").then(
        ({ response_data }) => (note(tag), response_data.outputs.tag),
        ({ code }) => (note(tag), code),
      ),
    );
    const found = await Promise.all(calls);
    const { queued, running } = spark.stats()[0];
    await spark.destroy();
    globalThis.Worker = Worker;
    const CODES = { trap: "ENGINE_TRAP", error: "WORKER_CRASHED", exception: "ENGINE_EXCEPTION" };
    const wrong = found.flatMap((end, tag) => {
      const expected = ends.has(tag) ? CODES[ends.get(tag)] : tag;
      return end === expected ? [] : [{ tag, end, expected }];
    });
    return { wrong, often: told.filter((times) => times !== 1).length, open: queued + running, killed };
  }, zip);
  assert.ok(got.killed > 3, "the four that were there at least");
  assert.deepEqual({ ...got, killed: 0 }, { wrong: [], often: 0, open: 0, killed: 0 });
  await page.workers(0);
});

test("the call that a failing worker names is the one that fails", async (page) => {
  const got = await page.run(async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }] });
    for (let call = 0; call < 50; call++) await spark.execute(ask({}), "m");
    const inputs = Array.from({ length: 40 }, (_, tag) => ({ tag, end: tag === 5 ? "error" : undefined }));
    const found = await outcomes(inputs.map((one) => outputsOf(spark.execute(ask(one), "m"))));
    await spark.destroy();
    return found;
  }, zip);
  const { code, details } = got[5].failed;
  assert.deepEqual([code, details], ["WORKER_CRASHED", "Error: out of the blue"]);
  got.splice(5, 1);
  assert.deepEqual(
    got.map(({ tag }) => tag),
    Array.from({ length: 40 }, (_, tag) => tag).filter((tag) => tag !== 5),
  );
});

test("a worker that ends without a word while it computes fails its call, once another has tried", async (page) => {
  page.expectConsole(/lockdown is false/);
  const got = await page.run(async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }], lockdown: false });
    await spark.execute(ask({}), "m");
    const dead = refused(spark.execute(ask({ close: true }), "m"));
    const others = Array.from({ length: 10 }, () => spark.execute(ask({}), "m"));
    const answered = (await Promise.all(others)).length;
    const error = await dead;
    const after = await spark.execute(ask({}), "m");
    await spark.destroy();
    return { answered, error, after };
  }, suspending);
  assert.deepEqual([got.error.class, got.error.code], ["BrowserError", "WORKER_CRASHED"]);
  assert.match(got.error.message, /without a word/);
  assert.equal(got.answered, 10);
  assert.deepEqual(got.after, { status: "Success", error: null });
});

test("a worker that ended while it was idle is replaced, and no call knows of it", async (page) => {
  page.expectConsole(/lockdown is false/);
  const got = await page.run(async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }], lockdown: false });
    const held = async () => (await navigator.locks.query()).held.map(({ name }) => name).join();
    const run = (inputs) => outputsOf(spark.execute(ask(inputs), "m"));
    const first = await run({});
    const before = await held();
    const last = await run({ end: "close" });
    let now = before;
    while (now === before || now === "") now = await held();
    const next = await run({});
    await spark.destroy();
    return [first.calls, last.calls, next.calls];
  }, zip);
  assert.deepEqual(got, [1, 2, 1]);
});

test("calls posted to a worker that has ended without a word are computed by another", async (page) => {
  page.expectConsole(/lockdown is false/);
  const got = await page.run(async (binary) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }], lockdown: false });
    const run = (inputs) => outputsOf(spark.execute(ask(inputs), "m"));
    for (let call = 0; call < 50; call++) await run({});
    const tags = [];
    for (let round = 0; round < 5; round++) {
      await run({ end: "close" });
      // It may not be known yet.
      tags.push(...(await Promise.all([run({ tag: `${round}a` }), run({ tag: `${round}b` })])));
    }
    await spark.destroy();
    return tags.map(({ tag }) => tag);
  }, zip);
  assert.deepEqual(
    got,
    [0, 1, 2, 3, 4].flatMap((round) => [`${round}a`, `${round}b`]),
  );
});

test("where there are no locks, a worker that ended without a word is found by the time limit", async (page) => {
  page.expectConsole(/lockdown is false/);
  const got = await page.run(async (binary) => {
    Object.defineProperty(navigator, "locks", { value: undefined });
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }], lockdown: false });
    await spark.execute(ask({}), "m");
    const { code } = await refused(spark.execute(ask({ close: true }), "m", { timeout: 300 }));
    const after = await spark.execute(ask({}), "m");
    await spark.destroy();
    return { code, after };
  }, suspending);
  assert.deepEqual(got, { code: "TIMEOUT", after: { status: "Success", error: null } });
});
