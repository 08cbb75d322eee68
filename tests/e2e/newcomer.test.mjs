// Mistakes that are easy to make, and pages that are not as they should be.
import assert from "node:assert/strict";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const { url } = packageOf("cylinder");

test("a promise, a Map or a Set among the inputs is refused by its path, as JSON would make nothing of it", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "c", binary: url }] });
    const found = [];
    for (const radius of [Promise.resolve(1), { then() {} }, new Map([["a", 1]]), [{ deep: new Set([1]) }]]) {
      const { code, path } = await refused(spark.execute(ask({ radius }), "c"));
      found.push(`${code} ${path}`);
    }
    await spark.destroy();
    return found;
  }, url);
  const at = "REQUEST_INVALID request_data.inputs.radius";
  assert.deepEqual(got, [at, at, at, `${at}[0].deep`]);
});

const polluted = made("polluted.html", {
  headers: { "Content-Type": "text/html" },
  body: `<!doctype html><link rel="icon" href="data:,">
<script>Object.prototype.stray = 1; Array.prototype.last = function () { return this[this.length - 1]; };</script>
<script src="/tests/e2e/lib/page.js"></script><script src="/dist/browser.js"></script>`,
});

test("a page that adds members to Object.prototype loads and runs the package", async (page) => {
  await page.go(polluted);
  const volume = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "c", binary: url }] });
    const outputs = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "c"));
    await spark.destroy();
    return outputs.volume;
  }, url);
  assert.equal(volume, Math.PI);
});

test("destroying lets go of the caller's bytes", async (page) => {
  const cdp = await page.native.context().newCDPSession(page.native);
  await page.run(async (url) => {
    let bytes = await bytesAt(url);
    globalThis.held = new WeakRef(bytes.buffer);
    globalThis.spark = new Spark({ nodegenModels: [{ versionId: "c", binary: bytes }] });
    bytes = undefined;
    await outputsOf(spark.execute(ask({}), "c"));
    await spark.destroy();
  }, url);
  await page.run(() => new Promise((turn) => setTimeout(turn, 0)));
  await cdp.send("HeapProfiler.collectGarbage");
  assert.equal(await page.run(() => globalThis.held.deref() === undefined), true);
});
