// `binary`: every kind of value, given at once or by a function, and left as it was.
import assert from "node:assert/strict";
import { bytesOf, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const { url } = packageOf("cylinder");
const VOLUME = Math.PI * 90;

/** In the page: every kind of `binary` for the package at `url`, by name. */
const KINDS = async (url) => {
  const bytes = await bytesAt(url);
  const text = base64(bytes);
  const padded = new Uint8Array(bytes.length + 300);
  padded.set(bytes, 123);
  const response = await fetch(url);
  return {
    "base64 text": text,
    "base64 text with line breaks": text.replace(/.{76}/g, "$&\r\n"),
    "base64 text with blanks around": `\n  ${text}\t\n`,
    "base64url text": text.replaceAll("+", "-").replaceAll("/", "_"),
    "base64url text without padding": text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
    "data URL": `data:application/zip;base64,${text}`,
    "data URL in capitals, with parameters": `DATA:application/zip;name=a.zip;BASE64,${text}`,
    "data URL in base64url": `data:;base64,${text.replaceAll("+", "-").replaceAll("/", "_")}`,
    Blob: new Blob([bytes]),
    File: new File([bytes], "model.zip", { type: "application/zip" }),
    ArrayBuffer: bytes.slice().buffer,
    Uint8Array: bytes.slice(),
    "Uint8Array with an offset": padded.subarray(123, 123 + bytes.length),
    Int8Array: new Int8Array(padded.buffer, 123, bytes.length),
    DataView: new DataView(padded.buffer, 123, bytes.length),
    "resizable ArrayBuffer": resizable(bytes),
    Response: response,
    "Response of our own": new Response(bytes),
    "URL text": url,
    "URL text, relative": url.slice(1),
    "URL text, absolute": new URL(url, location.href).href,
    "blob: URL text": (globalThis.blobUrl = URL.createObjectURL(new Blob([bytes]))),
    URL: new URL(url, location.href),
    "{ url }": { url },
    "{ url, headers, credentials }": { url, headers: { "X-Model": "one" }, credentials: "omit" },
    "{ url: URL, headers: Headers }": { url: new URL(url, location.href), headers: new Headers({ "x-model": "two" }) },
  };

  function resizable(bytes) {
    const buffer = new ArrayBuffer(bytes.length, { maxByteLength: bytes.length * 2 });
    new Uint8Array(buffer).set(bytes);
    return buffer;
  }
};

const volumes = (page, source, wrap) =>
  page.run(
    async ({ source, url, wrap }) => {
      const kinds = await (0, eval)(`(${source})`)(url);
      const delivering = (0, eval)(`(${wrap})`);
      const nodegenModels = Object.entries(kinds).map(([versionId, kind]) => ({ versionId, binary: delivering(kind) }));
      const spark = new Spark({ nodegenModels, offlineMaxService: 2 });
      const found = {};
      for (const versionId of Object.keys(kinds)) {
        found[versionId] = await outputsOf(spark.execute(ask({}), versionId)).then(({ volume }) => volume, describe);
      }
      await spark.destroy();
      URL.revokeObjectURL(globalThis.blobUrl);
      return found;
    },
    { source: String(source), url, wrap: String(wrap) },
  );

for (const [name, wrap] of [
  ["given as it is", (kind) => kind],
  ["returned by a function", (kind) => () => kind],
  ["returned by an async function", (kind) => async () => kind],
]) {
  test(`every kind of binary, ${name}`, async (page) => {
    const found = await volumes(page, KINDS, wrap);
    assert.equal(Object.keys(found).length, 26);
    for (const [kind, volume] of Object.entries(found)) {
      assert.ok(Math.abs(volume - VOLUME) < 1e-9, `${kind}: ${JSON.stringify(volume)}`);
    }
  });
}

test("URL text is resolved against the document's base", async (page) => {
  made("based.html", {
    body: `<!doctype html><base href="/deep/er/"><link rel="icon" href="data:,">
      <script src="/tests/e2e/lib/page.js"></script><script src="/dist/browser.js"></script>`,
  });
  page.server.routes["/deep/model.zip"] = { body: bytesOf("cylinder") };
  page.server.routes["/deep/er/model.zip"] = { body: bytesOf("cylinder") };
  await page.go("/made/based.html");
  const got = await page.run(async () => {
    const binaries = ["model.zip", "../model.zip", "./model.zip?a=1#b", { url: "model.zip" }, () => "../model.zip"];
    const spark = new Spark({ nodegenModels: binaries.map((binary, index) => ({ versionId: `m${index}`, binary })) });
    const found = [];
    for (const index of binaries.keys()) found.push((await outputsOf(spark.execute(ask({}), `m${index}`))).volume);
    await spark.destroy();
    return found;
  });
  for (const volume of got) assert.ok(Math.abs(volume - VOLUME) < 1e-9);
  assert.deepEqual([page.requests("/deep/er/model.zip"), page.requests("/deep/model.zip")], [3, 2]);
});

test("headers and credentials go with the request", async (page) => {
  const seen = [];
  page.server.routes["/guarded.zip"] = (request) => {
    seen.push([request.headers["x-model"], request.headers.cookie]);
    return { body: bytesOf("cylinder") };
  };
  await page.run(async () => {
    document.cookie = "session=mine";
    const url = "/guarded.zip";
    const binaries = [
      url,
      { url, headers: { "X-Model": "one" } },
      { url, headers: new Headers({ "x-model": "two" }), credentials: "omit" },
      { url, headers: [["x-model", "three"]], credentials: "include" },
    ];
    const spark = new Spark({ nodegenModels: binaries.map((binary, index) => ({ versionId: `m${index}`, binary })) });
    for (const index of binaries.keys()) await spark.execute(ask({}), `m${index}`);
    await spark.destroy();
  });
  assert.deepEqual(seen, [
    [undefined, "session=mine"],
    ["one", "session=mine"],
    ["two", undefined],
    ["three", "session=mine"],
  ]);
});

test("a function is called with the version id, once per load, however many calls", async (page) => {
  const got = await page.run(async (url) => {
    const asked = [];
    const binary = async (...given) => {
      asked.push(given);
      return await bytesAt(url);
    };
    const spark = new Spark({
      nodegenModels: [
        { versionId: "First-Id", binary, replica: 2 },
        { versionId: "other", binary: url },
      ],
      offlineMaxService: 1,
    });
    await Promise.all(Array.from({ length: 50 }, () => spark.execute(ask({}), "first-id")));
    const once = asked.length;
    await spark.execute(ask({}), "other");
    const evicted = spark.stats()[0].state;
    await Promise.all(Array.from({ length: 50 }, () => spark.execute(ask({}), "FIRST-ID")));
    await spark.destroy();
    return { asked, once, evicted };
  }, url);
  assert.deepEqual(got, {
    once: 1,
    evicted: "idle",
    asked: [["First-Id"], ["First-Id"]],
  });
});

test("bytes are never detached or changed, and load again after eviction", async (page) => {
  const got = await page.run(async (url) => {
    const bytes = await bytesAt(url);
    const expected = await sha256(bytes);
    const padded = new Uint8Array(bytes.length + 64).fill(170);
    padded.set(bytes, 32);
    const around = await sha256(padded);
    const blob = new Blob([bytes]);
    const models = {
      buffer: bytes.buffer,
      same: bytes.buffer,
      view: padded.subarray(32, 32 + bytes.length),
      blob,
      text: base64(bytes),
      fn: () => bytes.buffer,
    };
    const spark = new Spark({
      nodegenModels: Object.entries(models).map(([versionId, binary]) => ({ versionId, binary })),
      offlineMaxService: 1,
    });
    const found = [];
    for (let round = 0; round < 3; round++) {
      for (const versionId of Object.keys(models))
        found.push((await outputsOf(spark.execute(ask({}), versionId))).volume);
    }
    await spark.destroy();
    return {
      found,
      whole: bytes.length > 0 && (await sha256(bytes)) === expected && (await sha256(padded)) === around,
      blob: (await sha256(new Uint8Array(await blob.arrayBuffer()))) === expected,
    };
  }, url);
  assert.equal(got.found.length, 18);
  for (const volume of got.found) assert.ok(Math.abs(volume - VOLUME) < 1e-9);
  assert.deepEqual([got.whole, got.blob], [true, true]);
});

test("large packages travel in slices, as bytes and as text", async (page) => {
  const { url: large } = packageOf("large");
  const got = await page.run(async (url) => {
    // Room in front of a zip is legal: this makes a small package cross the size of several slices.
    const bytes = await bytesAt(url);
    const padded = new Uint8Array(9 * 1024 * 1024 + bytes.length);
    padded.set(bytes, 9 * 1024 * 1024);
    let text = "";
    for (let at = 0; at < padded.length; at += 30_000) text += base64(padded.subarray(at, at + 30_000));
    const spark = new Spark({
      nodegenModels: [
        { versionId: "bytes", binary: padded },
        { versionId: "text", binary: text },
        { versionId: "blob", binary: new Blob([padded]) },
        { versionId: "url", binary: url },
      ],
    });
    const found = [];
    for (const id of ["bytes", "text", "blob", "url"])
      found.push((await outputsOf(spark.execute(ask({ age: 41 }), id))).digest);
    await spark.destroy();
    return found;
  }, large);
  assert.equal(typeof got[3], "number");
  assert.deepEqual(got, Array(4).fill(got[3]));
});

test("one zip under two ids; an export under the ids of its versions", async (page) => {
  const two = packageOf("cylinder-export-two");
  const got = await page.run(
    async ({ url, two }) => {
      const shared = await bytesAt(url);
      const nested = await bytesAt(two.url);
      const [first, second] = two.versions.map(({ version_id }) => version_id);
      const spark = new Spark({
        nodegenModels: [
          { versionId: "a", binary: shared },
          { versionId: "b", binary: shared },
          { versionId: first, binary: nested },
          { versionId: second.toUpperCase(), binary: nested },
        ],
      });
      const ids = ["a", "b", first, second];
      const found = await outcomes(ids.map((id) => outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id))));
      await spark.destroy();
      return found.map(({ volume }) => volume);
    },
    { url, two },
  );
  assert.deepEqual(got, [Math.PI, Math.PI, Math.PI, 3.14]);
});
