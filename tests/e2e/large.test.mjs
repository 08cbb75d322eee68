// Packages so large that they are unpacked apart from the replica's worker: the same answers and errors, whatever
// happens to that worker.
import assert from "node:assert/strict";
import { bytesOf, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const MB = 1024 * 1024;

/** A package behind so much filling; a zip may begin anywhere in its file. */
const padded = (bytes, size) => Buffer.concat([Buffer.alloc(size), bytes]);
const large = made("large.zip", padded(bytesOf("cylinder"), 20 * MB));
const nested = made("nested.zip", padded(bytesOf("cylinder-export-two"), 20 * MB));
const damaged = made("damaged.zip", padded(bytesOf("cylinder").fill(0, 30_000, 30_100), 20 * MB));

/** In the page: what workers were made, by name; `meet(worker)` may do something to one that unpacks. */
const WATCH = `
  globalThis.names = [];
  globalThis.meet = () => {};
  const Native = Worker;
  globalThis.Worker = class extends Native {
    constructor(url, options) {
      if (/unpack/.test(options?.name) && meet.refuses) throw new DOMException("no", "SecurityError");
      super(url, options);
      names.push(options?.name ?? "");
      if (!/unpack/.test(options?.name)) return;
      this.addEventListener("message", ({ data }) => (unpacked += holdsModule(data) ? 1 : 0));
      meet(this);
    }
  };
  globalThis.unpacked = 0;
  const holdsModule = (value) =>
    value instanceof WebAssembly.Module ||
    (typeof value === "object" && value !== null && Object.values(value).some(holdsModule));`;

test("large packages of every kind, with the same answers", async (page) => {
  const got = await page.run(
    async ({ large, nested, ids, watch }) => {
      (0, eval)(watch);
      const bytes = await bytesAt(large);
      const before = await sha256(bytes);
      let text = "";
      for (let at = 0; at < bytes.length; at += 30_000) text += base64(bytes.subarray(at, at + 30_000));
      const kinds = {
        bytes,
        buffer: () => bytes.buffer,
        text,
        lines: () => text.replace(/.{76}/g, "$&\n"),
        url: () => `data:;base64,${text}`,
        blob: new Blob([bytes]),
        response: () => new Response(bytes),
        [ids[0]]: await bytesAt(nested),
        [ids[1]]: new Blob([await bytesAt(nested)]),
      };
      const nodegenModels = Object.entries(kinds).map(([versionId, binary]) => ({ versionId, binary, replica: 2 }));
      const spark = new Spark({ nodegenModels, offlineMaxService: 1 });
      const run = async (id) => (await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id))).volume;
      const found = [];
      for (const id of Object.keys(kinds)) found.push(await run(id));
      found.push(await run("bytes"));
      await spark.destroy();
      return { found, unpacked, unchanged: (await sha256(bytes)) === before };
    },
    { large, nested, ids: packageOf("cylinder-export-two").versions.map((one) => one.version_id), watch: WATCH },
  );
  const pi = Math.PI;
  assert.deepEqual(got.found, [pi, pi, pi, pi, pi, pi, pi, pi, 3.14, pi]);
  assert.equal(got.unpacked, 10, "each load in a worker of its own, and none twice");
  assert.equal(got.unchanged, true);
  await page.workers(0);
});

test("a large package that is damaged is refused as a small one is", async (page) => {
  const got = await page.run(
    async ({ damaged, large }) => {
      const zeros = new Uint8Array(17 * 1024 * 1024);
      const models = { zeros, blob: new Blob([zeros]), damaged: await bytesAt(damaged), text: "A".repeat(24_000_001) };
      const good = await bytesAt(large);
      let loads = 0;
      const nodegenModels = Object.entries({ ...models, later: () => (loads++ === 0 ? zeros : good) });
      const spark = new Spark({ nodegenModels: nodegenModels.map(([versionId, binary]) => ({ versionId, binary })) });
      const found = [];
      for (const [id] of nodegenModels) found.push(await refused(spark.execute(ask({}), id)));
      const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "later"));
      await spark.destroy();
      return { found: found.map((error) => [error.class, error.code]), volume };
    },
    { damaged, large },
  );
  const codes = ["ZIP_INVALID", "ZIP_INVALID", "ZIP_INVALID", "BASE64_INVALID", "ZIP_INVALID"];
  assert.deepEqual(
    got.found,
    codes.map((code) => ["PackageError", code]),
  );
  assert.equal(got.volume, Math.PI);
});

for (const [what, meet] of [
  ["fails", (worker) => worker.dispatchEvent(new ErrorEvent("error", { message: "killed" }))],
  ["fails a moment later", (worker) => setTimeout(() => worker.dispatchEvent(new ErrorEvent("error")), 0)],
  ["cannot be understood", (worker) => setTimeout(() => worker.dispatchEvent(new MessageEvent("messageerror")), 5)],
  [
    "cannot be sent to",
    (worker) =>
      (worker.postMessage = () => {
        throw new DOMException("no", "DataCloneError");
      }),
  ],
  // Nothing tells the page of it: the time it may take is what counts, and passes faster here.
  [
    "is killed",
    (worker) => {
      const native = setTimeout;
      globalThis.setTimeout = (work, ms) => native(work, ms >= 5_000 && ms < 20_000 ? 50 : ms);
      native(() => worker.terminate(), 2);
    },
  ],
]) {
  test(`when the unpacking worker ${what}, the replica's does the work`, async (page) => {
    const got = await page.run(
      async ({ large, watch, meet }) => {
        (0, eval)(watch);
        globalThis.meet = (0, eval)(`(${meet})`);
        const bytes = await bytesAt(large);
        const spark = new Spark({
          nodegenModels: [
            { versionId: "m", binary: bytes },
            { versionId: "b", binary: new Blob([bytes]) },
          ],
        });
        const found = [];
        for (const id of ["m", "b"])
          found.push((await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id))).volume);
        await spark.destroy();
        return { found, apart: names.filter((name) => /unpack/.test(name)).length };
      },
      { large, watch: WATCH, meet: String(meet) },
    );
    assert.deepEqual(got, { found: [Math.PI, Math.PI], apart: 2 });
    await page.workers(0);
  });
}

test("when the unpacking worker cannot be created, the replica's does the work", async (page) => {
  const got = await page.run(
    async ({ large, watch }) => {
      (0, eval)(watch);
      globalThis.meet = { refuses: true };
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: await bytesAt(large) }] });
      const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"));
      await spark.destroy();
      return { volume, made: names.length };
    },
    { large, watch: WATCH },
  );
  assert.deepEqual(got, { volume: Math.PI, made: 1 });
});

test("destroy, cancel and time out while a large package is unpacked", async (page) => {
  const got = await page.run(
    async ({ large, watch }) => {
      (0, eval)(watch);
      const bytes = await bytesAt(large);
      const found = [];
      const make = () => new Spark({ nodegenModels: [{ versionId: "m", binary: bytes }] });
      // At its creation, and a few turns of the page later.
      for (const turns of [0, 1, 3, 10]) {
        const spark = make();
        const met = new Promise((resolve) => (globalThis.meet = resolve));
        const call = refused(spark.execute(ask({}), "m"));
        await met;
        for (let turn = 0; turn < turns; turn++) await new Promise((next) => setTimeout(next, 0));
        await spark.destroy();
        found.push((await call).code);
      }
      const spark = make();
      const token = spark.executeWithCancellationToken(ask({}), "m");
      const late = refused(spark.execute(ask({}), "m", { timeout: 1 }));
      const patient = outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"));
      token.cancellationToken.cancel();
      found.push((await refused(token.response)).code, (await late).code, (await patient).volume);
      await spark.destroy();
      return found;
    },
    { large, watch: WATCH },
  );
  assert.deepEqual(got, [...Array(4).fill("DESTROYED"), "CANCELLED", "TIMEOUT", Math.PI]);
  await page.workers(0);
});

test("bytes that the caller transfers away, before and while they are read", async (page) => {
  const got = await page.run(async (large) => {
    const whole = await bytesAt(large);
    const codes = {};
    const transfer = (bytes) => structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    for (const [size, turns] of [
      ["small", 0],
      ["middle", 0],
      ["middle", 1],
      ["large", 0],
      ["large", 1],
      ["large", 3],
    ]) {
      const bytes = { small: whole.slice(-60_000), middle: whole.slice(-12 * 1024 * 1024), large: whole.slice() }[size];
      const spark = new Spark({
        nodegenModels: [
          { versionId: "m", binary: bytes },
          { versionId: "dv", binary: new DataView(bytes.buffer) },
        ],
      });
      if (turns === 0) transfer(bytes);
      const call = spark.execute(ask({ radius: 1, height: 1 }), "m").then(
        () => "answered",
        (error) => (error.constructor === Spark.WasmRunnerErrors.PackageError ? "refused" : error),
      );
      for (let turn = 0; turn < turns; turn++) await new Promise((next) => setTimeout(next, 0));
      if (turns > 0) transfer(bytes);
      codes[`${size} ${turns}`] = await call;
      codes[`${size} ${turns} view`] = (await refused(spark.execute(ask({}), "dv"))).class;
      await spark.destroy();
    }
    return codes;
  }, large);
  for (const [name, end] of Object.entries(got)) {
    if (/view$/.test(name)) assert.equal(end, "PackageError", name);
    else if (/ 0$/.test(name)) assert.equal(end, "refused", name);
    else assert.match(String(end), /^(refused|answered)$/, name);
  }
});
