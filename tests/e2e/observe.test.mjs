// What an instance tells of itself: events, `stats()`, the logger, the browser's timeline.
import assert from "node:assert/strict";
import { ECHO, engine } from "./lib/engines.mjs";
import { bytesOf, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const MB = 1024 * 1024;
const { url: cylinder } = packageOf("cylinder");
const echo = made("echo.zip", ECHO);
const large = made("large.zip", Buffer.concat([Buffer.alloc(17 * MB), bytesOf("cylinder")]));
const fragile = made(
  "fragile.zip",
  engine((text) => {
    if (JSON.parse(text).request_data.inputs.die) throw new WebAssembly.RuntimeError("unreachable");
    return { response_data: { outputs: { fine: true } } };
  }),
);
const STEPS = ["worker", "fetch", "unpack", "compile", "glue", "instantiate", "construct"];

/** In the page: all that an instance tells, as plain data. */
const WATCH = `
  globalThis.watch = (spark, told = []) => {
    for (const type of ["load", "ready", "execute", "fallback", "evict", "crash", "restart", "destroy"]) {
      spark.addEventListener(type, ({ detail }) => told.push({ type, ...detail, error: detail?.error?.code }));
    }
    return told;
  };`;

test("a model's life in events: load, ready, execute, evict, destroy", async (page) => {
  const told = await page.run(
    async ({ cylinder, echo, watch: source }) => {
      (0, eval)(source);
      const nodegenModels = [{ versionId: "a", binary: cylinder, replica: 2 }, { versionId: "b", binary: echo }];
      const spark = new Spark({ nodegenModels, offlineMaxService: 1 });
      const told = watch(spark);
      await spark.execute(ask({ radius: 1, height: 1 }), "a");
      await until(() => told.filter(({ type }) => type === "ready").length === 2);
      await spark.execute(ask({}), "b");
      await spark.destroy();
      await spark.destroy();
      await until(() => told.at(-1).type === "destroy");
      return told;
    },
    { cylinder, echo, watch: WATCH },
  );
  const of = (type) => told.filter((event) => event.type === type);
  assert.deepEqual(of("load").map(({ versionId }) => versionId), ["a", "b"]);
  assert.deepEqual(of("evict").map(({ versionId }) => versionId), ["a"]);
  assert.deepEqual(of("execute").map(({ versionId, path }) => [versionId, path]), [["a", "offline"], ["b", "offline"]]);
  assert.deepEqual([of("crash"), of("restart"), of("fallback"), of("destroy").length], [[], [], [], 1]);
  assert.deepEqual(of("ready").map(({ versionId }) => versionId), ["a", "a", "b"]);
  assert.equal(new Set(of("ready").map(({ replica }) => replica)).size, 3);
  const [first, second] = of("ready").map(({ times }) => times);
  assert.deepEqual(Object.keys(first).sort(), ["total", ...STEPS].sort());
  assert.deepEqual(Object.keys(second).sort(), ["construct", "glue", "instantiate", "total", "worker"]);
  for (const ms of [...Object.values(first), ...Object.values(second)]) assert.ok(ms >= 0 && ms < 60_000, `${ms}`);
  const order = told.map(({ type, versionId }) => `${type} ${versionId}`);
  assert.ok(order.indexOf("load a") < order.indexOf("ready a") && order.indexOf("evict a") < order.indexOf("ready b"));
});

test("a lost replica and the one in its place, in events and numbers", async (page) => {
  const got = await page.run(
    async ({ fragile, watch: source }) => {
      (0, eval)(source);
      const models = [{ versionId: "m", binary: fragile }, { versionId: "none", binary: new Uint8Array(9) }];
      const spark = new Spark({ nodegenModels: models });
      const told = watch(spark);
      await spark.execute(ask({}), "m");
      const before = spark.stats()[0];
      const failed = await refused(spark.execute(ask({ die: true }), "m"));
      await spark.execute(ask({}), "m");
      await refused(spark.execute(ask({}), "none"));
      const [{ done, failed: count, restarts, times, replicas }, none] = spark.stats();
      await spark.destroy();
      const events = told.filter(({ type }) => ["crash", "restart"].includes(type));
      return { before, failed: failed.code, after: { done, count, restarts, replicas }, times, none, events };
    },
    { fragile, watch: WATCH },
  );
  assert.deepEqual([got.before.done, got.before.failed, got.before.restarts], [1, 0, 0]);
  assert.ok(got.before.times.total > 0 && got.before.times.compile >= 0);
  assert.deepEqual(got.times, got.before.times, "a restart is no load");
  assert.deepEqual(got.after, { done: 2, count: 1, restarts: 1, replicas: 1 });
  assert.deepEqual([got.none.done, got.none.failed, got.none.times], [0, 1, undefined]);
  assert.deepEqual(
    got.events.map(({ type, versionId, error }) => [type, versionId, error]),
    [["crash", "m", "ENGINE_TRAP"], ["restart", "m", undefined], ["crash", "none", "ZIP_INVALID"]],
  );
  assert.notEqual(got.events[0].replica, got.events[1].replica);
});

test("nothing is made that nobody listens to, and the timeline is left alone", async (page) => {
  const made = await page.run(async (cylinder) => {
    const Native = CustomEvent;
    let made = 0;
    globalThis.CustomEvent = class extends Native {
      constructor(...all) {
        super(...all);
        made += 1;
      }
    };
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: cylinder }] });
    await spark.execute(ask({ radius: 1, height: 1 }), "m");
    await spark.destroy();
    await new Promise((turn) => setTimeout(turn));
    return [made, performance.getEntriesByType("measure").length];
  }, cylinder);
  assert.deepEqual(made, [0, 0]);
});

test("with timings, every step of a start and every call is a measure", async (page) => {
  const sum = await page.run(integrityOf, cylinder);
  const got = await page.run(
    async ({ cylinder, large, sum }) => {
      const nodegenModels = [
        { versionId: "m", binary: () => fetch(cylinder), replica: 2, integrity: sum },
        { versionId: "large", binary: await bytesAt(large) },
      ];
      const spark = new Spark({ nodegenModels, timings: true });
      for (const id of ["m", "m", "large"]) await spark.execute(ask({ radius: 1, height: 1 }), id);
      await until(() => spark.stats()[0].replicas === 2);
      await spark.destroy();
      const plain = ({ name, startTime, duration, detail }) => ({ name, startTime, duration, detail });
      return performance.getEntriesByType("measure").map(plain);
    },
    { cylinder, large, sum },
  );
  const names = (id) => got.filter(({ detail }) => detail.versionId === id).map(({ name }) => name.replace("spark-execute ", ""));
  const count = (list, name) => list.filter((one) => one === name).length;
  const m = names("m");
  for (const step of ["fetch", "verify", "unpack", "compile"]) assert.equal(count(m, step), 1, step);
  for (const step of ["worker", "glue", "instantiate", "construct", "start"]) assert.equal(count(m, step), 2, step);
  for (const step of ["call", "encode", "wait", "compute", "decode"]) assert.equal(count(m, step), 2, step);
  assert.ok(count(m, "first call") >= 1);
  const ofCalls = ["call", "encode", "wait", "compute", "decode"];
  for (const step of [...STEPS, "start", "first call", ...ofCalls]) assert.equal(count(names("large"), step), 1, step);
  // One after the other, from the call's beginning to its end.
  const ofLarge = got.filter(({ detail }) => detail.versionId === "large");
  const [call, ...steps] = ofCalls.map((step) => ofLarge.find(({ name }) => name === `spark-execute ${step}`));
  const ends = steps.map(({ startTime, duration }) => startTime + duration);
  steps.forEach(({ startTime }, at) => assert.ok(startTime >= (ends[at - 1] ?? call.startTime) - 1, ofCalls[at + 1]));
  assert.ok(Math.abs(steps[0].startTime - call.startTime) < 1);
  assert.ok(Math.abs(ends[3] - call.startTime - call.duration) < 1);
  // On the page's own timeline: within the start that they are steps of.
  for (const start of got.filter(({ name }) => name === "spark-execute start")) {
    const steps = got.filter(({ detail, name }) => detail.replica === start.detail.replica && name !== start.name);
    for (const { name, startTime, duration } of steps) {
      assert.ok(startTime >= start.startTime - 2, name);
      assert.ok(startTime + duration <= start.startTime + start.duration + 2, name);
    }
  }
});

async function integrityOf(url) {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await bytesAt(url)));
  return `sha256-${base64(sum)}`;
}

test("a logger hears what happens, by level, and never what calls carry", async (page) => {
  const got = await page.run(
    async ({ fragile, echo }) => {
      const run = async (options) => {
        const nodegenModels = [
          { versionId: "m", binary: `${fragile}?token=s3cret`, unknownField: 1 },
          { versionId: "e", binary: echo },
        ];
        const spark = new Spark({ nodegenModels, offlineMaxService: 1, ...options });
        await spark.execute(ask({ secret: "s3cret" }), "m");
        await refused(spark.execute(ask({ die: true, secret: "s3cret" }), "m"));
        await spark.execute(ask({ secret: "s3cret" }), "e");
        await spark.destroy();
      };
      const lines = [];
      await run({ logger: (level, text) => lines.push(`${level} ${text}`), logLevel: "debug" });
      const object = {};
      const note = (level) => (object[level] = []) && ((text) => object[level].push(text));
      class Logger {
        debug = note("debug");
        info = note("info");
        warn = note("warn");
        error = note("error");
        self = this;
      }
      await run({ logger: new Logger() });
      let thrown = 0;
      await run({ logger: () => { thrown += 1; throw new Error("full"); }, logLevel: "warn" });
      await run({ logLevel: "silent" });
      const late = [];
      await run({ logger: async (level) => { late.push(level); throw new Error("no line"); }, logLevel: "debug" });
      await run({ logger: { error: (text) => Promise.reject(new Error(late.push(text))) } });
      return { lines, object, thrown, late };
    },
    { fragile, echo },
  );
  const text = got.lines.join("\n");
  assert.doesNotMatch(text, /s3cret/);
  for (const line of [
    /^warn \[spark-execute\] nodegenModels\[0\]\.unknownField/m,
    /^info \[spark-execute\] m is being loaded$/m,
    /^info \[spark-execute\] m has replica 1 ready after \d+ ms$/m,
    /^debug \[spark-execute\] m answered a call offline$/m,
    /^debug \[spark-execute\] m failed a call: ENGINE_TRAP$/m,
    /^error \[spark-execute\] m lost replica 1: ENGINE_TRAP: /m,
    /^info \[spark-execute\] m left memory to make room$/m,
    /^info \[spark-execute\] The instance was destroyed\.$/m,
  ]) assert.match(text, line);
  assert.deepEqual(Object.keys(got.object), ["debug", "info", "warn", "error"]);
  assert.deepEqual([got.object.debug.length, got.object.warn.length, got.object.error.length], [0, 1, 1]);
  assert.ok(got.object.info.length >= 5);
  assert.equal(got.thrown, 2, "a warning and an error");
  assert.ok(got.late.length > 5 && got.late.includes("debug"), "a rejection is nobody's business");
});
