// The build does what wasm-pack.toml says: with other values it makes other files, and refuses what is too large.
import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { parse, stringify } from "smol-toml";
import { build } from "../../scripts/build.mjs";
import { at } from "../../scripts/lib/paths.mjs";

const folder = await mkdtemp(path.join(os.tmpdir(), "spark-build-"));
after(() => rm(folder, { recursive: true, force: true }));

test("other names, folders, flags and a budget that is too small", async () => {
  const config = parse(await readFile(at("wasm-pack.toml"), "utf8"));
  const out = path.relative(at("."), path.join(folder, "out"));
  const pkg = path.relative(at("."), path.join(folder, "pkg"));
  Object.assign(config["wasm-pack"], { "out-dir": pkg, "out-name": "renamed" });
  // Nothing optimised: quick, and larger than the real one.
  config["wasm-opt"].flags = config["wasm-opt"].flags.filter((flag) => flag.startsWith("--enable"));
  Object.assign(config.bundle, { "out-dir": out, "browser": "page.js", "module": "module.js" });
  config.size["browser-gzip"] = 1000;
  const file = path.join(folder, "other.toml");
  await writeFile(file, stringify(config));

  await assert.rejects(build({ config: file }), /page\.js is \d{6} bytes after gzip -9; the limit is 1000\./);
  assert.deepEqual((await readdir(path.join(folder, "out"))).sort(), [
    "index.cjs",
    "index.d.cts",
    "index.d.ts",
    "module.js",
    "page.js",
    "spark_execute.wasm",
    "worker.js",
  ]);
  assert.ok((await readdir(path.join(folder, "pkg"))).includes("renamed_bg.wasm"));
  const [ours, real] = await Promise.all([path.join(folder, "out", "page.js"), at("dist", "browser.js")].map((of) => readFile(of)));
  assert.ok(ours.length > real.length, "the flags reach wasm-opt");
});
