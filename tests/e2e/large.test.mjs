// Large packages: they are unpacked in a worker of their own, and by the replica's worker when that one fails.
import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { unzipSync, zipSync } from "fflate";
import { bytesOf, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();

/** The cylinder with megabytes behind its data, which nobody reads. */
function large(megabytes) {
  const files = unzipSync(bytesOf("cylinder"));
  for (const [name, bytes] of Object.entries(files)) {
    if (name.endsWith(".md5")) delete files[name];
    if (!name.endsWith(".data")) continue;
    const padded = new Uint8Array(bytes.length + megabytes * 1048576);
    randomFillSync(padded, bytes.length);
    padded.set(bytes);
    files[name] = padded;
  }
  return Buffer.from(zipSync(files, { level: 1 }));
}

const archive = large(17);
const url = made("large.zip", archive);
const small = packageOf("cylinder").url;

/** Computes the cylinder from bytes; tells which workers were made, and what `sabotage` did to them. */
async function compute(page, { url, sabotage = "none", kind = "bytes" }) {
  return page.run(
    async ({ url, sabotage, kind }) => {
      const Native = globalThis.Worker;
      const names = [];
      globalThis.Worker = class extends Native {
        constructor(script, options) {
          const unpacks = options.name === "spark-execute unpack";
          if (unpacks && sabotage === "forbid") throw new DOMException("not allowed", "SecurityError");
          super(unpacks && sabotage === "missing" ? "/made/nothing.js" : script, options);
          names.push(options.name);
          if (unpacks && sabotage === "kill") this.addEventListener("message", () => this.terminate());
        }
      };
      const ours = globalThis.Worker;
      const bytes = await bytesAt(url);
      const binary = { bytes, blob: new Blob([bytes]), text: kind === "text" ? base64(bytes) : "" }[kind];
      const spark = new Spark({ nodegenModels: [{ versionId: "large", binary }] });
      const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "large"));
      const restored = globalThis.Worker === ours;
      await spark.destroy();
      return { volume, names, restored };
    },
    { url, sabotage, kind },
  );
}

const REPLICA = "spark-execute replica";
const UNPACK = "spark-execute unpack";

for (const kind of ["bytes", "blob", "text"]) {
  test(`a large package given as ${kind} is unpacked in a worker of its own, which ends`, async (page) => {
    const got = await compute(page, { url, kind });
    assert.deepEqual(got, { volume: Math.PI, names: [REPLICA, UNPACK], restored: true });
    await page.workers(0);
  });
}

test("a small package is unpacked by its replica", async (page) => {
  assert.deepEqual(await compute(page, { url: small }), { volume: Math.PI, names: [REPLICA], restored: true });
});

test("where no second worker may be made, the replica unpacks", async (page) => {
  const got = await compute(page, { url, sabotage: "forbid" });
  assert.deepEqual(got, { volume: Math.PI, names: [REPLICA], restored: true });
});

test("where the unpacking worker does not start, the replica unpacks", async (page) => {
  const got = await compute(page, { url, sabotage: "missing" });
  assert.deepEqual(got, { volume: Math.PI, names: [REPLICA, UNPACK], restored: true });
});

test("where the unpacking worker dies in the middle, the replica unpacks", async (page) => {
  const got = await compute(page, { url, sabotage: "kill" });
  assert.deepEqual(got, { volume: Math.PI, names: [REPLICA, UNPACK], restored: true });
  await page.workers(0);
});

test("a large package that is damaged is refused for what it is", async (page) => {
  const broken = made("broken.zip", archive.subarray(0, archive.length - 5_000));
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "large", binary: await bytesAt(url) }] });
    const error = await refused(spark.execute(ask({}), "large"));
    await spark.destroy();
    return error;
  }, broken);
  assert.equal(got.code, "ZIP_INVALID", got.message);
});

test("destroying while a large package is unpacked ends both workers", async (page) => {
  const got = await page.run(async (url) => {
    const Native = globalThis.Worker;
    const made = gate();
    globalThis.Worker = class extends Native {
      constructor(script, options) {
        super(script, options);
        if (options.name === "spark-execute unpack") made.resolve();
      }
    };
    const spark = new Spark({ nodegenModels: [{ versionId: "large", binary: await bytesAt(url) }] });
    const error = refused(spark.execute(ask({}), "large"));
    await made.promise;
    await spark.destroy();
    return (await error).code;
  }, url);
  assert.equal(got, "DESTROYED");
  await page.workers(0);
});
