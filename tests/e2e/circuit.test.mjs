// What becomes of a model that could not be loaded: tried again by the next call, left alone when it fails again and again.
import assert from "node:assert/strict";
import { glue, packageWith } from "./lib/engines.mjs";
import { stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const FINE = packageWith(glue(() => ({ response_data: { outputs: { fine: true } } })));

test("a later call tries again what failed before", async (page) => {
  const zip = made("fine.zip", FINE);
  const got = await page.run(async (zip) => {
    const steps = {
      thrown: [
        () => {
          throw new Error("first");
        },
        () => Promise.reject(new Error("second")),
        () => zip,
      ],
      // A function, or a server, may give other bytes another time.
      wrong: [() => "not base64!!", () => new Uint8Array(50), () => zip],
    };
    const asked = { thrown: 0, wrong: 0 };
    const models = Object.keys(steps).map((id) => ({ versionId: id, binary: () => steps[id][asked[id]++](), replica: 2 }));
    const spark = new Spark({ nodegenModels: models });
    const found = {};
    for (const [index, id] of Object.keys(steps).entries()) {
      const codes = [];
      for (let call = 0; call < 2; call++) {
        const pair = [refused(spark.execute(ask({}), id)), refused(spark.execute(ask({}), id))];
        codes.push((await Promise.all(pair)).map(({ code }) => code));
      }
      found[id] = [codes, await outputsOf(spark.execute(ask({}), id))];
      await until(() => spark.stats()[index].replicas === 2);
    }
    await spark.destroy();
    return { found, asked };
  }, zip);
  const twice = (code) => [code, code];
  assert.deepEqual(got.found, {
    thrown: [[twice("BINARY_INVALID"), twice("BINARY_INVALID")], { fine: true }],
    wrong: [[twice("BASE64_INVALID"), twice("ZIP_INVALID")], { fine: true }],
  });
  assert.deepEqual(got.asked, { thrown: 3, wrong: 3 }, "one load for two calls");
  await page.workers(0);
});

test("what fails three times in a row is left alone for a while, and says for how long and why", async (page) => {
  let healthy = false;
  page.server.routes["/later.zip"] = (request, response) => response.end(healthy ? FINE : "{}");
  page.server.routes["/heal"] = (request, response) => {
    healthy = true;
    response.end();
  };
  const got = await page.run(async () => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/later.zip" }] });
    const codes = [];
    for (let call = 0; call < 3; call++) codes.push((await refused(spark.execute(ask({}), "m"))).code);
    const open = await spark.execute(ask({}), "m").catch((error) => error);
    const { retryAfter, cause } = open;
    await fetch("/heal");
    await new Promise((over) => setTimeout(over, retryAfter));
    const found = await outputsOf(spark.execute(ask({}), "m"));
    await spark.destroy();
    return { codes, open: describe(open), retryAfter, cause: describe(cause), found };
  });
  assert.deepEqual(got.codes, Array(3).fill("ZIP_INVALID"));
  assert.deepEqual([got.open.class, got.open.code], ["CircuitOpenError", "CIRCUIT_OPEN"]);
  assert.ok(got.retryAfter > 0 && got.retryAfter <= 1000, `${got.retryAfter} ms`);
  assert.deepEqual([got.cause.class, got.cause.code], ["PackageError", "ZIP_INVALID"]);
  assert.deepEqual(got.found, { fine: true });
  assert.equal(page.requests("/later.zip"), 4, "nothing is asked of the server meanwhile");
});

test("bytes that are no usable package stay so: only the first call reads them", async (page) => {
  const got = await page.run(async () => {
    const bytes = new TextEncoder().encode("hello, this is no archive at all");
    const models = { bytes, buffer: bytes.buffer, blob: new Blob([bytes]), text: btoa("hello"), "no base64": "not base64!!" };
    const spark = new Spark({
      nodegenModels: Object.entries(models).map(([versionId, binary]) => ({ versionId, binary })),
    });
    const found = {};
    for (const id of Object.keys(models)) {
      const first = await refused(spark.execute(ask({}), id));
      const again = [];
      for (let call = 0; call < 2; call++) again.push(await spark.execute(ask({}), id).catch((error) => error));
      const told = ({ code, retryAfter, cause }) => [code, retryAfter ?? null, cause.code];
      found[id] = { first: first.code, again: again.map(told), message: again[0].message };
    }
    await spark.destroy();
    return found;
  });
  assert.equal(Object.keys(got).length, 5);
  for (const [id, { first, again, message }] of Object.entries(got)) {
    assert.equal(first, id === "no base64" ? "BASE64_INVALID" : "ZIP_INVALID", id);
    assert.deepEqual(again, Array(2).fill(["CIRCUIT_OPEN", null, first]), id);
    assert.match(message, /new Spark/, id);
  }
});
