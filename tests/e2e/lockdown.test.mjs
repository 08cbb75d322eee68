// A package that wants out of its worker: nothing of it arrives anywhere.
import assert from "node:assert/strict";
import { escapePackage } from "./lib/escape.mjs";
import { PAGE, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const url = made("escape.zip", escapePackage());

/** What was asked of the server by way of a package. */
const arrived = (page, path = "escape") => page.server.requests.filter((asked) => asked.startsWith(`/${path}/`));

/** Lets the package try everything, over and over until nothing of it is open any more; gives what it reached. */
const tryAll = (page, more = {}, inputs = { try: true }) =>
  page.run(
    async ({ url, more, inputs }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, ...more }] });
      let outputs = await outputsOf(spark.execute(ask(inputs), "m"));
      do outputs = await outputsOf(spark.execute(ask({}), "m"));
      while (outputs.open > 0);
      await spark.destroy();
      return outputs.reached;
    },
    { url, more, inputs },
  );

test("no way out: nothing is reached, nothing arrives, nothing is stored", async (page) => {
  assert.deepEqual(await tryAll(page), []);
  const kept = await page.run(async () => [
    (await indexedDB.databases()).map(({ name }) => name),
    await caches.keys(),
    document.cookie,
  ]);
  assert.deepEqual(kept, [[], [], ""]);
  assert.deepEqual(arrived(page), []);
});

test("each further replica is locked down as well", async (page) => {
  const reached = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 3 }] });
    await outputsOf(spark.execute(ask({}), "m"));
    await until(() => spark.stats()[0].replicas === 3);
    const ends = await outcomes(Array.from({ length: 30 }, () => outputsOf(spark.execute(ask({ try: true }), "m"))));
    await spark.destroy();
    return ends.flatMap(({ reached, failed }) => reached ?? [failed]);
  }, url);
  assert.deepEqual(reached, []);
  assert.deepEqual(arrived(page), []);
});

test("our own code, told by glue to fetch, does not", async (page) => {
  const end = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }] });
    await outputsOf(spark.execute(ask({}), "m"));
    const [end] = await outcomes([spark.execute(ask({ listen: true }), "m")]);
    const [later] = await outcomes([outputsOf(spark.execute(ask({}), "m"))]);
    await spark.destroy();
    return { reached: [...(end.response_data?.outputs.reached ?? []), ...(later.reached ?? [])], later };
  }, url);
  assert.deepEqual(end.reached, []);
  // It tried, and that was the end of its worker, each time the call was computed.
  assert.match(JSON.stringify(end.later), /BINARY_FETCH|CIRCUIT_OPEN|"reached"/);
  assert.deepEqual(arrived(page), []);
});

for (const [where, path, model, more] of [
  ["for all models", "open-all", {}, { lockdown: false }],
  ["for one model", "open-one", { lockdown: false }, {}],
]) {
  const url = made(`${path}.zip`, escapePackage({ path, only: "XMLHttpRequest, used" }));
  test(`lockdown: false ${where}: glue has what a worker has, and a warning says so`, async (page) => {
    page.expectConsole(/lockdown is false: the package's glue can reach the network/);
    page.ignoreConsole(/^Failed to|ERR_/);
    const reached = await page.run(
      async ({ url, model, more }) => {
        const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, ...model }], ...more });
        const { reached } = await outputsOf(spark.execute(ask({}), "m"));
        await spark.destroy();
        return reached;
      },
      { url, model, more },
    );
    assert.deepEqual(reached, ["before: XMLHttpRequest, used"]);
    const requests = arrived(page, path);
    assert.ok(requests.includes(`/${path}/before: XMLHttpRequest, used`), requests.join());
  });
}

test("a model may be locked down where the others are not", async (page) => {
  page.expectConsole(/lockdown is false/);
  const reached = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, lockdown: true }], lockdown: false });
    const { reached } = await outputsOf(spark.execute(ask({ try: true }), "m"));
    await spark.destroy();
    return reached;
  }, url);
  assert.deepEqual(reached, []);
  assert.deepEqual(arrived(page), []);
});

test("import() is syntax: a policy keeps it from other hosts; without one it gets there, as SECURITY.md says", async (page) => {
  const policy = "script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:";
  page.server.routes["/strict"] = { body: PAGE, headers: { "Content-Security-Policy": policy } };
  const script = { body: "", headers: { "Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*" } };
  Object.assign(page.server.routes, { "/import/strict.js": script, "/import/plain.js": script });
  const foreign = (name) => `http://localhost:${page.server.port}/import/${name}.js`;
  await page.go("/strict");
  assert.deepEqual(await tryAll(page, {}, { import: foreign("strict") }), []);
  assert.equal(page.requests("/import/strict.js"), 0);
  await page.go("/page");
  assert.deepEqual(await tryAll(page, {}, { import: foreign("plain") }), [`import ${foreign("plain")}`]);
  assert.equal(page.requests("/import/plain.js"), 1);
});
