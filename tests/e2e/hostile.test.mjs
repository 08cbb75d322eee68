// Malformed and hostile packages, the same as in tests/hostile/, in the browser: on every way by which a package comes
// and is inflated. Each is refused for what it is; none hangs, and the other models work on.
import assert from "node:assert/strict";
import { JS, ID, ODD_NAMES, PACKAGES } from "../hostile/packages.mjs";
import { archive, entry, stored } from "../hostile/raw.mjs";
import { MEMORY_WASM } from "./lib/engines.mjs";
import { stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const MB = 1024 * 1024;
const good = made("good.zip", archive([entry("m.js", JS), entry("m.wasm", MEMORY_WASM)]));
const urls = PACKAGES.map(({ bytes }, index) => made(`hostile-${index}.zip`, bytes));

/** Runs each once, all under the id that some of them are about, and good ones between; gives the errors. */
const refusals = (page, packages, { prepare = "", binary = "(url) => url" } = {}) =>
  page.run(
    async ({ packages, good, id, prepare, binary }) => {
      (0, eval)(prepare);
      const give = (0, eval)(binary);
      const found = [];
      let fine = true;
      for (const [index, url] of packages.entries()) {
        const models = [{ versionId: id, binary: await give(url) }, { versionId: "good", binary: good }];
        const spark = new Spark({ nodegenModels: models });
        const { code, class: type, message } = await refused(spark.execute(ask({}), id));
        // Now and then, as it takes a worker more.
        if (index % 8 === 0) fine &&= (await outputsOf(spark.execute(ask({}), "good"))).fine;
        found.push({ code, type, fine, message, state: spark.stats()[0].state });
        await spark.destroy();
      }
      return found;
    },
    { packages, good, id: ID, prepare, binary },
  );

const check = (found, packages) => {
  assert.equal(found.length, packages.length);
  packages.forEach(({ name, code }, index) => {
    const { message, type, ...got } = found[index];
    assert.deepEqual(got, { code, fine: true, state: "idle" }, `${name}: ${message}`);
    assert.match(type, /^(PackageError|ModelInitializationError)$/);
    assert.ok(message.length < 1000, name);
  });
};

test("by address, inflated by the platform", async (page) => {
  check(await refusals(page, urls), PACKAGES);
});

/** In the page: workers without the platform's inflater. */
const NO_INFLATER = `
  const { createObjectURL } = URL;
  URL.createObjectURL = (blob) => createObjectURL(new Blob(["delete self.DecompressionStream;", blob], { type: blob.type }));`;

test("as bytes, inflated by our own code", async (page) => {
  page.expectConsole(/binary is empty/);
  check(await refusals(page, urls, { prepare: NO_INFLATER, binary: "bytesAt" }), PACKAGES);
});

/** What is read from anywhere in a file, so large that it is unpacked apart from the replica's worker. */
const LARGE = PACKAGES.map(({ bytes, ...rest }, index) => ({ ...rest, bytes, index })).filter(
  ({ bytes }) => bytes.length > 30 && bytes.length < 2 * MB && bytes.lastIndexOf("PK\x05\x06", undefined, "latin1") > 0,
);

/** In the page: so much filling before a package, in a Blob. */
const FILLED = `async (url) => new Blob([new Uint8Array(${17 * MB}), await bytesAt(url)])`;
const COUNTED = `
  globalThis.unpackers = 0;
  const Native = Worker;
  globalThis.Worker = class extends Native {
    constructor(url, options) {
      super(url, options);
      if (/unpack/.test(options?.name)) unpackers += 1;
    }
  };`;

test("large ones, unpacked apart", async (page) => {
  // Some of each kind and what is a bomb: each takes one more worker. What nobody reads is no bomb in so large a file.
  const seen = new Map();
  const some = LARGE.filter(({ name, code }) => {
    seen.set(code, (seen.get(code) ?? 0) + 1);
    return (seen.get(code) <= 4 || /gigabyte/.test(name)) && !/nobody|ten thousand|hundred/.test(name);
  });
  const found = await refusals(page, some.map(({ index }) => urls[index]), { prepare: COUNTED, binary: FILLED });
  check(found, some);
  assert.equal(await page.run(() => unpackers), some.length);
});

test("odd names are only names", async (page) => {
  const names = ODD_NAMES.map(({ bytes }, index) => made(`odd-${index}.zip`, bytes));
  const got = await page.run(async (names) => {
    const ids = ["__proto__", "constructor", "toString", "hasOwnProperty", "<script>", "'; throw 1; '", "valueOf", "x.y[0]", "a b"];
    const nodegenModels = names.map((binary, index) => ({ versionId: ids[index], binary }));
    const spark = new Spark({ nodegenModels });
    const found = [];
    for (const { versionId } of nodegenModels) {
      const response = await spark.execute({ request_data: { inputs: {} }, request_meta: { version_id: versionId } });
      found.push((await outputsOf(spark.execute(ask({}), versionId))).fine && response.response_data.outputs.fine);
    }
    const unknown = await refused(spark.execute(ask({}), "__defineGetter__"));
    await spark.destroy();
    return { found, unknown: unknown.code, polluted: {}.fine !== undefined || Object.keys(Object.prototype).length > 0 };
  }, names);
  assert.deepEqual(got, { found: names.map(() => true), unknown: "MODEL_NOT_FOUND", polluted: false });
});

test("an answer that never ends is not read to its end", async (page) => {
  let sent = 0;
  let closed;
  const over = new Promise((resolve) => (closed = resolve));
  const block = Buffer.alloc(4 * MB, "x");
  page.server.routes["/endless.zip"] = (request, response) => {
    response.writeHead(200, { "Content-Type": "application/zip" });
    const more = () => {
      while (!response.destroyed && response.write(block)) sent += block.length;
      sent += block.length;
    };
    response.on("drain", more);
    response.on("close", closed);
    more();
  };
  const found = await page.run(async () => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/endless.zip" }] });
    const error = await refused(spark.execute(ask({}), "m"));
    await spark.destroy();
    return error;
  });
  assert.equal(found.code, "PACKAGE_TOO_LARGE", found.message);
  await over;
  assert.ok(sent < 700 * MB, `${sent} bytes were sent`);
});

test("a Blob that is too large is refused unread", async (page) => {
  const found = await page.run(async () => {
    const piece = new Blob([new Uint8Array(16 * 1024 * 1024)]);
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: new Blob(Array(40).fill(piece)) }] });
    const error = await refused(spark.execute(ask({}), "m"));
    await spark.destroy();
    return error;
  });
  assert.equal(found.code, "PACKAGE_TOO_LARGE", found.message);
});
