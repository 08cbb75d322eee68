// isolation: "sandbox": workers in a hidden frame, whose policy keeps import() in glue from every host.
import assert from "node:assert/strict";
import { launch as launchFirefox } from "../../scripts/lib/firefox.mjs";
import { escapePackage } from "./lib/escape.mjs";
import { packageOf, PAGE, stage } from "./lib/stage.mjs";

const { url } = packageOf("cylinder");
const script = { body: "", headers: { "Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*" } };

for (const [browser, options] of [["Chromium", {}], ["Firefox", { launch: launchFirefox }]]) {
  const { test: stageTest, made } = stage(options);
  const test = (name, work) => stageTest(`${browser}: ${name}`, work);
  const escape = made("escape.zip", escapePackage());

  test("glue can import from no host, and finds no other way out", async (page) => {
    Object.assign(page.server.routes, { "/import/own.js": script, "/import/other.js": script });
    const { port, url: own } = page.server;
    const addresses = [`${own}/import/own.js`, `http://localhost:${port}/import/other.js`];
    const reached = await page.run(
      async ({ url, addresses }) => {
        const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }], isolation: "sandbox" });
        for (const address of addresses) await outputsOf(spark.execute(ask({ import: address, try: true }), "m"));
        let outputs;
        do outputs = await outputsOf(spark.execute(ask({}), "m"));
        while (outputs.open > 0);
        await spark.destroy();
        return outputs.reached;
      },
      { url: escape, addresses },
    );
    assert.deepEqual(reached, []);
    assert.deepEqual(page.server.requests.filter((path) => /^.(import|escape)/.test(path)), []);
  });

  test("replicas compute; the frame is there as long as there are workers", async (page) => {
    const got = await page.run(async (url) => {
      const frames = () => document.querySelectorAll("iframe").length;
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, replica: 2 }], isolation: "sandbox" });
      const before = frames();
      const ends = await outcomes(Array.from({ length: 20 }, () => outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"))));
      await until(() => spark.stats()[0].replicas === 2);
      const during = frames();
      await spark.destroy();
      return { volumes: ends.map(({ volume }) => volume), frames: [before, during, frames()] };
    }, url);
    assert.deepEqual(got.volumes, Array(20).fill(Math.PI));
    assert.deepEqual(got.frames, [0, 1, 0]);
  });

  test("a page that removes the frame ends its workers: others take their place", async (page) => {
    const got = await page.run(async (url) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }], isolation: "sandbox" });
      const volume = async () => (await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"))).volume;
      const found = [await volume()];
      const during = volume();
      document.querySelector("iframe").remove();
      found.push(await during, await volume());
      await spark.destroy();
      return found;
    }, url);
    assert.deepEqual(got, [Math.PI, Math.PI, Math.PI]);
  });
}

const { test } = stage();

test("under a policy, and with Trusted Types", async (page) => {
  const policy =
    "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:; connect-src 'self'; img-src data:; " +
    "require-trusted-types-for 'script'; trusted-types spark-execute";
  page.server.routes["/strict"] = { body: PAGE, headers: { "Content-Security-Policy": policy } };
  await page.go("/strict");
  const volume = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url }], isolation: "sandbox" });
    const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"));
    await spark.destroy();
    return volume;
  }, url);
  assert.equal(volume, Math.PI);
});

test("destroyed, and cancelled, before the frame is there: nothing is left", async (page) => {
  const got = await page.run(async (url) => {
    const make = () => new Spark({ nodegenModels: [{ versionId: "m", binary: url }], isolation: "sandbox" });
    const one = make();
    const end = refused(one.execute(ask({}), "m"));
    await one.destroy();
    const found = [(await end).code, document.querySelectorAll("iframe").length];
    const two = make();
    const failed = refused(two.execute(ask({}), "m"));
    document.querySelector("iframe").remove();
    await two.destroy();
    return [...found, (await failed).code, document.querySelectorAll("iframe").length];
  }, url);
  assert.deepEqual(got, ["DESTROYED", 0, "DESTROYED", 0]);
  await page.workers(0);
});

test("where there is no document, the call says so", async (page) => {
  page.server.routes["/deep/sandbox.js"] = {
    body: `importScripts("/dist/browser.js");
      onmessage = ({ data }) => {
        const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: data }], isolation: "sandbox" });
        spark.execute({ request_data: { inputs: {} } }, "m").catch(({ code, details }) => postMessage([code, details]));
      };`,
  };
  const [code, details] = await page.run(async (url) => {
    const worker = new Worker("/deep/sandbox.js");
    const answer = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    worker.postMessage(`..${url}`);
    const given = await answer;
    worker.terminate();
    return given;
  }, url);
  assert.equal(code, "WORKER_START");
  assert.match(details, /document/);
});
