// The oracle against builds that are broken on purpose: each must be caught, and by the case that is meant to catch it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { unzipSync, zipSync } from "fflate";
import { launch } from "../../scripts/lib/chromium.mjs";
import { at } from "../../scripts/lib/paths.mjs";
import { models } from "./cases/index.mjs";
import { runOracle } from "./oracle.mjs";

const MODELS = ["cylinder", "slow", "async", "table", "crash"];
const KINDS = [
  "number",
  "text",
  "requested-output",
  "category",
  "missing",
  "rows",
  "mixed",
  "xcall",
  "crash-throw",
  "context",
];
const only = ({ model, kind, id }) => MODELS.includes(model) && KINDS.includes(kind) && Number(id.split("/")[2]) <= 16;
const zipOf = (name) => models().find((model) => model.name === name).zip;

let browser;
let peer;

before(async () => {
  browser = await launch();
  const { failed, results, peer: answers } = await runOracle({ only, setup: { browser } });
  assert.ok(results.length > 100, `${results.length} cases`);
  assert.deepEqual(
    failed.map(({ test: { id } }) => id),
    [],
    "the build as it is passes",
  );
  peer = answers;
});
after(() => browser?.close());

/** Runs the mutant and gives the failed cases. */
async function failures(setup, chosen = () => true) {
  const mine = (one) => only(one) && chosen(one);
  const { failed } = await runOracle({ only: mine, peer, setup: { browser, ...setup } });
  return failed.map(({ test: { model, kind, id }, differences }) => ({ model, kind, id, differences }));
}

/** Code that runs in every worker before ours. */
const inWorkers = (code) => ({
  prepare: (page) =>
    page.addInitScript((added) => {
      globalThis.Blob = class extends Blob {
        constructor(parts, options) {
          super(options?.type?.includes("javascript") ? [added, "\n", ...parts] : parts, options);
        }
      };
    }, code),
});

/** A script that changes what every call is given, or gives. */
const aroundCalls = (code) => ({
  script: `{ const real = Spark.prototype.execute; Spark.prototype.execute = function (input, ...rest) { ${code} }; }`,
});

/** The package with other preloaded files, its checksums in order. */
function withOtherData(name, change) {
  const files = unzipSync(readFileSync(at("tests", "models", zipOf(name))));
  const data = Object.keys(files).find((file) => file.endsWith(".data"));
  const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
  const before = md5(files[data]);
  files[data] = change(files[data]);
  const sums = Buffer.from(files["checksums.md5"]).toString().replace(before, md5(files[data]));
  files["checksums.md5"] = Buffer.from(sums);
  return { routes: { [`/tests/models/${zipOf(name)}`]: { body: Buffer.from(zipSync(files)) } } };
}

test("preloaded files that are ignored", async () => {
  const failed = await failures(
    inWorkers(`
      const hook = Symbol();
      Object.defineProperty(Object.prototype, "getPreloadedPackage", {
        set(real) { this[hook] = real; },
        get() { return this[hook] && ((name, size) => new ArrayBuffer(size)); },
      });
    `),
  );
  assert.ok(failed.some(({ model, kind }) => model === "cylinder" && kind === "number"));
  assert.deepEqual([...new Set(failed.map(({ model }) => model))], ["cylinder"], "only this model has such files");
});

test("preloaded files that are not the package's", async () => {
  const failed = await failures(
    withOtherData("cylinder", (bytes) => bytes.map((byte) => (byte === 0x34 ? 0x35 : byte))),
  );
  assert.ok(failed.some(({ kind }) => kind === "number"));
});

test("answers of calls at the same time exchanged by the facade", async () => {
  const failed = await failures(
    aroundCalls(`
      return new Promise((resolve, reject) => {
        let mine = { resolve, reject };
        const other = globalThis.waiting;
        if (other) [mine.to, other.to, globalThis.waiting] = [other, mine, undefined];
        else globalThis.waiting = mine;
        const done = (how) => (value) => {
          if (globalThis.waiting === mine) globalThis.waiting = undefined;
          (mine.to ?? mine)[how](value);
        };
        real.call(this, input, ...rest).then(done("resolve"), done("reject"));
      });
    `),
  );
  assert.ok(failed.length > 20, `${failed.length} failed`);
});

test("characters beyond the basic plane lost on the way out", async () => {
  const failed = await failures(
    inWorkers(`
      self.TextDecoder = class extends TextDecoder {
        decode(...args) { return super.decode(...args).replace(/[\\u{10000}-\\u{10ffff}]/gu, "?"); }
      };
    `),
  );
  assert.ok(failed.some(({ model, kind }) => model === "slow" && kind === "text"));
  assert.ok(
    failed.every(({ kind }) => ["text", "rows", "xcall", "requested-output"].includes(kind)),
    failed.map(({ id }) => id).join(),
  );
});

test("numbers that lose their last digits on the way in", async () => {
  const failed = await failures({
    script: `{
      const real = JSON.stringify;
      const short = (key, value) => (typeof value === "number" ? Number(value.toPrecision(15)) : value);
      JSON.stringify = (value, ...rest) => real(value, rest[0] ?? short, rest[1]);
    }`,
  });
  assert.ok(failed.some(({ model, kind }) => model === "cylinder" && kind === "number"));
  assert.ok(
    failed.every(({ kind }) => kind === "number" || kind === "rows"),
    failed.map(({ id }) => id).join(),
  );
});

test("requested_output not handed on", async () => {
  const failed = await failures(
    aroundCalls(
      `
      const request_meta = { ...input.request_meta, requested_output: undefined };
      return real.call(this, { ...input, request_meta }, ...rest);
    `,
    ),
  );
  assert.ok(failed.some(({ kind }) => kind === "requested-output"));
});

test("the package's static outputs not laid over the answer", async () => {
  const failed = await failures({
    routes: {
      [`/tests/models/${zipOf("cylinder")}`]: { body: readFileSync(at("tests", "models", zipOf("cylinder-older"))) },
    },
  });
  assert.ok(failed.length > 0);
  assert.ok(
    failed.every(({ kind, model }) => kind === "category" && model === "cylinder"),
    failed.map(({ id }) => id).join(),
  );
});

test("failures that look like answers", async () => {
  const failed = await failures(aroundCalls("return real.call(this, input, ...rest).catch(() => ({}));"));
  assert.ok(failed.length > 0);
  assert.ok(
    failed.every(({ kind }) => kind === "crash-throw"),
    failed.map(({ id }) => id).join(),
  );
});

test("answers that miss a member, or have one more", async () => {
  const failed = await failures(
    aroundCalls(`
      return real.call(this, input, ...rest).then((response) => {
        delete response.response_data?.service_chain;
        return Object.assign(response, { extra: undefined });
      });
    `),
  );
  assert.ok(failed.length > 100, `${failed.length} failed`);
});
