// Packages that are no packages: each its own error, in bounded time; the other models work on, and a later call may
// try the load again.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { unzip } from "../models/unzip.mjs";
import { ECHO, entries, glue, MEMORY_WASM, packageWith, sums, zip } from "./lib/engines.mjs";
import { bytesOf, packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const whole = bytesOf("cylinder");
const { url: good } = packageOf("cylinder");
const js = glue(() => ({ response_data: { outputs: { fine: true } } }));
const changed = (bytes, at, to) =>
  Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + to.length)]);
const encrypted = () => {
  const bytes = Buffer.from(ECHO);
  for (const [signature, field] of [
    ["PK\x03\x04", 6],
    ["PK\x01\x02", 8],
  ]) {
    for (let at = bytes.indexOf(signature, 0, "latin1"); at >= 0; at = bytes.indexOf(signature, at + 4, "latin1")) {
      bytes.writeUInt16LE(bytes.readUInt16LE(at + field) | 1, at + field);
    }
  }
  return bytes;
};

/** The first entry claims, in the central directory and before its data, to expand to almost 4 GB. */
const claiming = () => {
  const bytes = Buffer.from(ECHO);
  bytes.writeUInt32LE(0xfffffff0, bytes.indexOf("PK\x03\x04", 0, "latin1") + 22);
  bytes.writeUInt32LE(0xfffffff0, bytes.indexOf("PK\x01\x02", 0, "latin1") + 24);
  return bytes;
};

/** A package that lost its data, and the sums that would tell. */
const withoutData = (name) => {
  const files = [...unzip(bytesOf(name))].filter(([file]) => !/\.(data|md5)$/.test(file));
  return zip(files.map(([name, data]) => ({ name, data })));
};

/** Bytes → the code they fail with, and what the message says. */
const BYTES = {
  "empty": [Buffer.alloc(0), "ZIP_INVALID", /empty/i],
  "one byte": [Buffer.from("P"), "ZIP_INVALID"],
  "not a zip": [Buffer.from("hello, this is no archive at all, only text\n"), "ZIP_INVALID"],
  "random bytes": [Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919 + (n >> 3)) & 255)), "ZIP_INVALID"],
  "gzip": [gzipSync(whole), "ZIP_INVALID", /gzip/i],
  "HTML": [Buffer.from("<!doctype html><title>Sign in</title>"), "ZIP_INVALID", /HTML/i],
  "JSON": [Buffer.from('{"error":"no such model"}'), "ZIP_INVALID", /JSON/i],
  "the engine alone": [MEMORY_WASM, "ZIP_INVALID", /WebAssembly/i],
  "truncated at the end": [whole.subarray(0, whole.length - 1), "ZIP_INVALID"],
  "truncated in the middle": [whole.subarray(0, whole.length / 2), "ZIP_INVALID", /truncated|incomplete|cut/i],
  "a damaged byte inside": [changed(whole, 20_000, [whole[20_000] ^ 255]), "ZIP_INVALID"],
  "encrypted": [encrypted(), "ZIP_INVALID", /encrypt|password/i],
  "a claim of gigabytes": [claiming(), "ZIP_INVALID", /fake\.js/],
  "an archive without files": [zip([]), "PACKAGE_INCOMPLETE"],
  "no wasm": [zip([{ name: "a.js", data: js }]), "PACKAGE_INCOMPLETE", /wasm/],
  "no glue": [zip([{ name: "a.wasm", data: MEMORY_WASM }]), "PACKAGE_INCOMPLETE", /\.js/],
  "only other files": [zip([{ name: "readme.txt", data: "hi" }]), "PACKAGE_INCOMPLETE", /readme\.txt/],
  "no data": [withoutData("cylinder"), "PACKAGE_INCOMPLETE", /_volume_cylinder\.data/],
  "no data, modern glue": [withoutData("cylinder-modern"), "PACKAGE_INCOMPLETE", /_volume_cylinder\.data/],
  "two engines": [zip([...entries(js), { name: "other.wasm", data: MEMORY_WASM }]), "PACKAGE_AMBIGUOUS", /other\.wasm/],
  "two glues": [zip([...entries(js), { name: "other.js", data: js }]), "PACKAGE_AMBIGUOUS", /other\.js/],
  "wrong sum of the glue": [zip([...entries(js), sums(entries(`${js} `))]), "CHECKSUM_MISMATCH", /fake\.js/],
  "wrong sum of the engine": [
    zip([...entries(js), sums(entries(js, Buffer.from("other")))]),
    "CHECKSUM_MISMATCH",
    /fake\.wasm/,
  ],
  "empty wasm": [zip(entries(js, Buffer.alloc(0))), "WASM_INVALID"],
  "corrupt wasm": [zip(entries(js, changed(MEMORY_WASM, 8, [99]))), "WASM_INVALID", /fake\.wasm/],
  "text as wasm": [zip(entries(js, "not wasm")), "WASM_INVALID"],
  "truncated wasm": [zip(entries(js, MEMORY_WASM.subarray(0, 12))), "WASM_INVALID"],
};

/** Runs each model once, then a good one; gives what each was refused with. */
const refusals = (page, models) =>
  page.run(
    async ({ models, good }) => {
      const all = (0, eval)(`(${models})`);
      const nodegenModels = Object.entries(typeof all === "function" ? await all() : all).map(
        ([versionId, binary]) => ({ versionId, binary }),
      );
      const spark = new Spark({ nodegenModels: [...nodegenModels, { versionId: "good", binary: good }] });
      const found = {};
      for (const { versionId } of nodegenModels) found[versionId] = await refused(spark.execute(ask({}), versionId));
      const { volume } = await outputsOf(spark.execute(ask({}), "good"));
      const states = spark.stats().map(({ state }) => state);
      await spark.destroy();
      return { found, volume, states };
    },
    { models: typeof models === "string" ? models : String(models), good },
  );

const check = ({ found, volume, states }, expected) => {
  assert.deepEqual(Object.keys(found), Object.keys(expected));
  for (const [name, [code, message, Class = "PackageError"]] of Object.entries(expected)) {
    const error = found[name];
    assert.equal(error.code, code, `${name}: ${error.code}: ${error.message}`);
    assert.equal(error.class, code === "WASM_INVALID" ? "ModelInitializationError" : Class, name);
    assert.ok(error.isError && error.message.length > 20, name);
    if (message) assert.match(`${error.message} ${error.details}`, message, name);
  }
  assert.ok(Math.abs(volume - Math.PI * 90) < 1e-9, "the other model works");
  assert.deepEqual(states, [...Array(states.length - 1).fill("idle"), "loaded"]);
};

test("bytes that are no usable package, by address", async (page) => {
  const urls = Object.entries(BYTES).map(([name, [bytes]]) => [name, made(`${name.replaceAll(" ", "-")}.zip`, bytes)]);
  const expected = Object.fromEntries(Object.entries(BYTES).map(([name, [, ...rest]]) => [name, rest]));
  check(await refusals(page, JSON.stringify(Object.fromEntries(urls))), expected);
});

test("bytes that are no usable package, as bytes and as text", async (page) => {
  const names = Object.keys(BYTES).filter((name) => name !== "empty");
  for (const name of names) made(`${name.replaceAll(" ", "-")}.zip`, BYTES[name][0]);
  const text = `async () => {
    const found = {};
    for (const name of ${JSON.stringify(names)}) {
      const bytes = await bytesAt("/made/" + name.replaceAll(" ", "-") + ".zip");
      found[name] = bytes;
      found[name + " (text)"] = "data:;base64," + base64(bytes);
    }
    return found;
  }`;
  const expected = names.flatMap((name) => [name, `${name} (text)`].map((key) => [key, BYTES[name].slice(1)]));
  check(await refusals(page, text), Object.fromEntries(expected));
});

test("text that is not base64, or not a package", async (page) => {
  const models = () => ({
    "no base64": "not base64!!",
    "a sentence": "This is a sentence. It is no model.",
    "cut short": "UEsDB",
    "padding inside": "UEsD=BBQA",
    "a wrong character": `UEsDBBQA${"A".repeat(400)}*${"A".repeat(399)}`,
    "fine base64 of something else": btoa("something else altogether"),
  });
  check(await refusals(page, models), {
    "no base64": ["BASE64_INVALID"],
    "a sentence": ["BASE64_INVALID"],
    "cut short": ["BASE64_INVALID"],
    "padding inside": ["BASE64_INVALID"],
    "a wrong character": ["BASE64_INVALID", /408|409/],
    "fine base64 of something else": ["ZIP_INVALID"],
  });
});

test("empty text and empty bytes are warned of at once and refused when asked for", async (page) => {
  page.expectConsole(/^\[spark-execute\] nodegenModels\[0\]\.binary is empty/);
  page.expectConsole(/^\[spark-execute\] nodegenModels\[1\]\.binary is empty/);
  const got = await refusals(page, () => ({ text: "", bytes: new Uint8Array(0), blob: new Blob([]) }));
  for (const { code } of Object.values(got.found)) assert.match(code, /^(ZIP_INVALID|BINARY_INVALID|BASE64_INVALID)$/);
});

test("addresses that give no package", async (page) => {
  page.ignoreConsole(/^Failed to load resource/);
  page.server.routes["/login"] = { body: "<!doctype html><title>Sign in</title>" };
  page.server.routes["/teapot.zip"] = { status: 418, body: "I am a teapot" };
  page.server.routes["/broken.zip"] = (request, response) => {
    response.writeHead(200, { "Content-Length": 100_000 });
    response.write("PK");
    setTimeout(() => response.destroy(), 20);
  };
  const models = () => ({
    "404": "/missing.zip?token=secret",
    "418": { url: "/teapot.zip" },
    "HTML": "/login",
    "connection lost": "/broken.zip",
    "nobody listens": "http://127.0.0.1:1/model.zip",
  });
  const got = await refusals(page, models);
  check(got, {
    "404": ["BINARY_FETCH", /404/],
    "418": ["BINARY_FETCH", /418/],
    "HTML": ["ZIP_INVALID", /HTML/],
    "connection lost": ["BINARY_FETCH"],
    "nobody listens": ["BINARY_FETCH", /127\.0\.0\.1:1/],
  });
  for (const error of Object.values(got.found)) assert.doesNotMatch(JSON.stringify(error), /secret/);
});

test("a fetch of the page's own that gives something odd", async (page) => {
  const got = await page.run(async (zip) => {
    const { fetch } = window;
    const bytes = await bytesAt(zip);
    const stream = (...chunks) => new Response(new ReadableStream({ start: (to) => (chunks.forEach((chunk) => to.enqueue(chunk)), to.close()) }));
    const ways = {
      "at once": () => stream(bytes),
      "a thenable": () => ({ then: (resolve) => resolve(stream(bytes)) }),
      "views and empty chunks": async () => stream(bytes.subarray(0, 0), bytes.subarray(0, 9), bytes.subarray(9), bytes.subarray(0, 0)),
      "nothing": () => undefined,
      "a promise of nothing": async () => null,
      "no Response": async () => ({ ok: true }),
      "text for bytes": async () => stream("PK"),
      "lists for bytes": async () => stream([80, 75]),
      "other numbers": async () => stream(new Uint16Array([80, 75])),
    };
    const found = {};
    for (const [name, way] of Object.entries(ways)) {
      window.fetch = way;
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: "/odd.zip" }] });
      found[name] = await spark.load("m").then(() => "loaded", ({ code, details }) => `${code}: ${details}`);
      await spark.destroy();
    }
    window.fetch = fetch;
    return found;
  }, packageOf("cylinder").url);
  const noBytes = "BINARY_FETCH: the body gave something other than bytes";
  const noResponse = "BINARY_FETCH: fetch gave no Response";
  assert.deepEqual(got, {
    "at once": "loaded",
    "a thenable": "loaded",
    "views and empty chunks": "loaded",
    "nothing": noResponse,
    "a promise of nothing": noResponse,
    "no Response": noResponse,
    "text for bytes": noBytes,
    "lists for bytes": noBytes,
    "other numbers": noBytes,
  });
});

test("a function that throws or returns nonsense", async (page) => {
  const models = () => ({
    throws() {
      throw new Error("no model today");
    },
    rejects: () => Promise.reject(new Error("no model today")),
    "throws nothing": () => {
      throw undefined;
    },
    undefined() {},
    null: () => null,
    number: async () => 5,
    boolean: () => true,
    symbol: () => Symbol("s"),
    array: () => [80, 75],
    function: () => () => "/tests/models/cylinder/cylinder.zip",
    map: () => new Map(),
    object: () => ({}),
    "not base64": () => "not base64!!",
    "empty text": () => "",
    "no URL": () => "http://[",
    "bytes of something else": async () => new Uint8Array(100),
    "a detached ArrayBuffer": () => detached(new Uint8Array(100)).buffer,
    "a detached Uint8Array": () => detached(new Uint8Array(100)),
    "a detached DataView": () => {
      const view = new DataView(new ArrayBuffer(100));
      detached(view);
      return view;
    },
    "a thenable that throws": () => ({
      then() {
        throw new Error("no model today");
      },
    }),
  });
  const source = `() => {
    const detached = (view) => (structuredClone(view.buffer, { transfer: [view.buffer] }), view);
    return (${models})();
  }`;
  const got = await refusals(page, source);
  const names = Object.keys(got.found);
  assert.equal(names.length, 20);
  const codes = Object.fromEntries(names.map((name) => [name, got.found[name].code]));
  const other = { "not base64": "BASE64_INVALID", "bytes of something else": "ZIP_INVALID" };
  for (const name of names) {
    if (/empty/.test(name)) assert.match(codes[name], /^(ZIP|BASE64)_INVALID$/, name);
    else assert.equal(codes[name], other[name] ?? "BINARY_INVALID", `${name}: ${got.found[name].message}`);
    assert.equal(got.found[name].class, "PackageError", name);
  }
  for (const name of ["throws", "rejects", "a thenable that throws"]) {
    assert.match(got.found[name].message, /no model today/);
    assert.equal(got.found[name].cause.message, "no model today");
  }
  for (const name of names.filter((name) => /detached/.test(name))) {
    assert.match(got.found[name].message, /transferred/, name);
  }
  assert.match(got.found["throws nothing"].message, /rejected: undefined\. /);
  assert.match(got.found.array.message, /new Uint8Array\(array\)/);
});

test("a Response that has been read, failed, or is opaque", async (page) => {
  page.server.routes["/missing.zip"] = { status: 404, body: "no" };
  page.expectConsole(/404/);
  const models = async () => {
    const read = await fetch("/tests/models/cylinder/cylinder.zip");
    await read.arrayBuffer();
    const locked = await fetch("/tests/models/cylinder/cylinder.zip");
    locked.body.getReader();
    return {
      read,
      locked,
      failed: await fetch("/missing.zip"),
      error: Response.error(),
      "no body": new Response(null),
      "of a function": () => read,
    };
  };
  check(await refusals(page, models), {
    read: ["BINARY_INVALID", /read already/],
    locked: ["BINARY_INVALID"],
    failed: ["BINARY_FETCH", /404/],
    error: ["BINARY_FETCH"],
    "no body": ["ZIP_INVALID"],
    "of a function": ["BINARY_INVALID", /read already/],
  });
});
