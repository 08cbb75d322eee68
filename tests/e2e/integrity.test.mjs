// `integrity`: a package is used only if it is the one that the configuration names, whatever way it comes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { launch } from "../../scripts/lib/chromium.mjs";
import { archive, entry } from "../hostile/raw.mjs";
import { MEMORY_WASM, glue } from "./lib/engines.mjs";
import { stage } from "./lib/stage.mjs";

const MB = 1024 * 1024;
const INSECURE = "insecure.test";
const { test, made } = stage({
  launch: () => launch({ args: [`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`] }),
});
/** Whoever evaluates this hangs, and is seen by that: the call ends with its time and nothing else. */
const TELLTALE = "for (;;);";
const js = glue(() => ({ response_data: { outputs: { fine: true } } }));
const small = archive([entry("m.js", js), entry("m.wasm", MEMORY_WASM)]);
const evil = archive([entry("m.js", `${TELLTALE}${js}`), entry("m.wasm", MEMORY_WASM)]);
const padded = (bytes) => Buffer.concat([Buffer.alloc(17 * MB, "x"), bytes]);
const large = padded(small);
const sum = (bytes, algorithm = "sha256") => `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`;
const urls = { small: made("small.zip", small), large: made("large.zip", large), evil: made("evil.zip", evil) };
const evilLarge = made("evil-large.zip", padded(evil));

/** Runs one model for each `[binary, integrity]`, `binary` being source; gives outputs or codes. */
const outcomes = (page, models, timeout) =>
  page.run(async ({ models, timeout }) => {
    const found = [];
    for (const [binary, integrity] of models) {
      const model = { versionId: "m", binary: await (0, eval)(binary), integrity, replica: 2 };
      const spark = new Spark({ nodegenModels: [model], timeout });
      const run = outputsOf(spark.execute(ask({}), "m"));
      found.push(await run.then(({ fine }) => fine, (error) => [error.code, describe(error).class, error.message]));
      await spark.destroy();
    }
    return found;
  }, { models, timeout });

const kinds = (url) => [
  `"${url}"`,
  `bytesAt("${url}")`,
  `bytesAt("${url}").then((bytes) => new Blob([bytes]))`,
  `bytesAt("${url}").then(async (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 30000) text += base64(bytes.subarray(at, at + 30000));
    return text;
  })`,
  `() => fetch("${url}")`,
];

test("the right package is used: of any size, in any form, by any of the algorithms", async (page) => {
  const ways = [
    ...["sha256", "sha384", "sha512"].map((algorithm) => [`"${urls.small}"`, sum(small, algorithm)]),
    [`"${urls.small}"`, `${sum(evil)} ${sum(small)}`],
    ...kinds(urls.small).map((binary) => [binary, sum(small)]),
    ...kinds(urls.large).map((binary) => [binary, sum(large)]),
    [`"${urls.small}"`, undefined],
    [`"${urls.small}"`, null],
  ];
  assert.deepEqual(await outcomes(page, ways), ways.map(() => true));
});

test("another package is refused before anything of it is evaluated", async (page) => {
  const [[hung]] = await outcomes(page, [[`"${urls.evil}"`, undefined]], 1000);
  assert.equal(hung, "TIMEOUT", "the telltale tells");
  const ways = [
    ...kinds(urls.evil).map((binary) => [binary, sum(small)]),
    ...kinds(evilLarge).slice(0, 3).map((binary) => [binary, sum(large)]),
    // The stronger one counts.
    [`"${urls.evil}"`, `${sum(small, "sha512")} ${sum(evil)}`],
  ];
  const found = await outcomes(page, ways);
  for (const [code, type, message] of found) {
    assert.deepEqual([code, type], ["INTEGRITY_MISMATCH", "PackageError"]);
    assert.match(message, /What came is sha(256|512)-[\w+/]+=*\./);
  }
  assert.ok(found[0][2].includes(sum(evil)), found[0][2]);
});

test("where the browser cannot compute sums, the error says so and nothing runs", async (page) => {
  await page.native.goto(`${page.server.url.replace("127.0.0.1", INSECURE)}/page`);
  const ways = [[`"${urls.small}"`, sum(small)], [`bytesAt("${urls.large}")`, sum(large)], [`"${urls.small}"`, undefined]];
  const [first, second, without] = await outcomes(page, ways);
  for (const [code, type, message] of [first, second]) {
    assert.deepEqual([code, type], ["UNSUPPORTED_ENVIRONMENT", "UnsupportedEnvironmentError"]);
    assert.match(message, /crypto\.subtle.*HTTPS/);
  }
  assert.equal(without, true);
});
