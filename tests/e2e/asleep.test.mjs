// Pages that are left and come back to: while they sleep, nothing of them runs, and no call's time does.
import assert from "node:assert/strict";
import { launch } from "../../scripts/lib/chromium.mjs";
import { engine } from "./lib/engines.mjs";
import { PAGE, stage } from "./lib/stage.mjs";

const { test, made } = stage({
  launch: () => launch({ ignoreDefaultArgs: ["--disable-back-forward-cache"] }),
});

const zip = made(
  "spin.zip",
  engine((text) => {
    const end = performance.now() + JSON.parse(text).request_data.inputs.ms;
    while (performance.now() < end);
    return { response_data: { outputs: {} } };
  }),
);

/** A page that a browser may keep. */
async function open(page) {
  page.server.routes["/elsewhere"] = { body: '<!doctype html><title>elsewhere</title><link rel="icon" href="data:,">' };
  page.server.routes["/kept"] = { headers: { "Cache-Control": "no-cache" }, body: PAGE };
  await page.go("/kept");
}

/** Leaves the page, for as long as `meanwhile` takes, and comes back to it as it was. */
async function away(page, meanwhile = () => {}) {
  await page.run(() => {
    globalThis.times = { left: performance.now() };
    globalThis.back = new Promise((back) => addEventListener("pageshow", ({ persisted }) => back(persisted)));
    back.then(() => (times.back = performance.now()));
  });
  await page.go("/elsewhere");
  await meanwhile();
  // A page that comes back as it was does not load again.
  await page.native.goBack({ waitUntil: "commit" });
  await page.native.waitForFunction(() => globalThis.times?.back);
  assert.equal(await page.run(() => back), true, "the page was kept");
}

test("a page that comes back goes on with its workers and calls", async (page) => {
  await open(page);
  await page.run(async (binary) => {
    globalThis.spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    globalThis.run = (ms, options) => spark.execute(ask({ ms }), "m", options);
    await run(0);
    await until(() => spark.stats()[0].replicas === 2);
    globalThis.open = Promise.all([run(300), run(300), run(1), run(1)]);
  }, zip);
  await away(page);
  const got = await page.run(async () => {
    const answered = (await open).length;
    await run(0);
    const { replicas, dying, running } = spark.stats()[0];
    await spark.destroy();
    return { answered, replicas, dying, running };
  });
  assert.deepEqual(got, { answered: 4, replicas: 2, dying: 0, running: 0 });
});

test("a call has the time that it had left", async (page) => {
  await open(page);
  const TIMEOUT = 3000;
  await page.run(async (timeout) => {
    globalThis.spark = new Spark({ nodegenModels: [{ versionId: "m", binary: () => new Promise(() => {}) }] });
    globalThis.started = performance.now();
    globalThis.ending = refused(spark.execute(ask({}), "m", { timeout })).then(({ code }) => {
      times.ended = performance.now();
      return code;
    });
    // A browser does not keep a page that is just starting a worker.
    while ((await navigator.locks.query()).held.length === 0);
  }, TIMEOUT);
  // Longer than the call may take.
  await away(page, () => new Promise((pass) => setTimeout(pass, TIMEOUT + 500)));
  const { code, times } = await page.run(async () => {
    const code = await ending;
    await spark.destroy();
    return { code, times: { ...times, started } };
  });
  assert.equal(code, "TIMEOUT");
  const left = TIMEOUT - (times.left - times.started);
  const had = times.ended - times.back;
  // Some of it may have passed between the test's leaving and the page's going to sleep.
  assert.ok(had > Math.min(left, TIMEOUT) / 2, JSON.stringify({ left, had, ...times }));
});
