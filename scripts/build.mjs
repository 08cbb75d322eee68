// Makes dist/: one payload (bindings, worker text, WebAssembly), wrapped as a classic script, a module and CommonJS.
// What it makes of what is configured in wasm-pack.toml.

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { setup } from "./setup.mjs";
import { condense, shorten } from "./lib/bindings.mjs";
import { importTypes } from "./lib/order.mjs";
import { optimise, pack } from "./lib/payload.mjs";
import { run, say } from "./lib/run.mjs";
import { root } from "./lib/paths.mjs";

/** Builds everything. @param {{ config?: string }} [options] another configuration file, for tests */
export async function build({ config: file = path.join(root, "wasm-pack.toml") } = {}) {
  const { parse } = await import("smol-toml");
  const config = parse(await readFile(file, "utf8"));
  const payload = await compile(config);
  const out = path.join(root, config.bundle["out-dir"]);
  await mkdir(out, { recursive: true });
  await bundle(config, payload, out);
  await copyFile(path.join(root, "src/js/index.d.ts"), path.join(out, "index.d.ts"));
  await copyFile(path.join(root, "src/js/index.d.cts"), path.join(out, "index.d.cts"));
  for (const file of [config.bundle.worker, config.bundle.wasm]) report(path.join(out, file), await readFile(path.join(out, file)));
  return checkSize(config, path.join(out, config.bundle.browser));
}

/** Rust to packed WebAssembly and what belongs to it. */
async function compile(config) {
  const { target, profile, "out-dir": outDir, "out-name": name } = config["wasm-pack"];
  const env = withoutOwnPaths();
  await run(
    "wasm-pack",
    ["build", "--target", target, "--profile", profile, "--mode", "no-install", "--no-pack", "--no-opt", "--no-typescript",
      "--out-dir", outDir, "--out-name", name],
    { title: "Compiling Rust to WebAssembly", env },
  );
  const { flags } = config["wasm-opt"];
  const raw = path.join(root, outDir, `${name}_bg.wasm`);
  const bindings = condense(await readFile(path.join(root, outDir, `${name}.js`), "utf8"), importTypes(await readFile(raw)));
  const { file, names } = await optimise(raw, flags, bindings.same);
  const glue = shorten(bindings.glue, names);
  return { glue, wasm: await readFile(file), ...(await pack(file, { profile, flags, env })) };
}

/** Panic messages carry the paths of sources; those of libraries shall not tell where this machine keeps them. */
function withoutOwnPaths() {
  const { CARGO_HOME = path.join(homedir(), ".cargo"), CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS = "" } = process.env;
  const given = CARGO_ENCODED_RUSTFLAGS?.split("\x1f") ?? RUSTFLAGS.split(" ");
  const flags = [...given.filter(Boolean), `--remap-path-prefix=${path.join(CARGO_HOME, "registry", "src")}=crates`];
  return { CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") };
}

/** Writes the three wrappings. */
async function bundle(config, { glue: generated, wasm, packed, unpacker }, out) {
  const esbuild = await import("esbuild");
  const { browser, module, commonjs, worker: workerFile, wasm: wasmFile, target } = config.bundle;
  const small = { minify: true, target, legalComments: "none", logLevel: "warning" };
  const exported = [];
  const bindings = generated
    // Only panics show values by it, a kilobyte for what nobody reads.
    .replace(/function debugString\(val\) \{[^]*?\n\}\n/, "const debugString = String;\n")
    .replace(/^export (class|function) (\w+)/gm, (_, kind, id) => (exported.push(id), `${kind} ${id}`));
  // Minified once, and put into page and worker as one text: gzip then sees that they are the same.
  const { code } = await esbuild.transform(`x = (() => { ${bindings} return { initSync, ${exported.join(", ")} }; })()`, small);
  let id = "SPARK_BUILD";
  const insert = (text) =>
    text.replace("SPARK_GLUE", () => code.replace(/^x=/, "").replace(/;\n$/, "")).replaceAll("SPARK_BUILD", id);
  // As CommonJS, since the helper by which esbuild exports a lazy module trips over members added to Object.prototype.
  const glue = { "spark:glue": "module.exports = SPARK_GLUE;" };
  const common = { ...small, bundle: true, write: false };
  const virtual = (modules) => ({
    name: "payload",
    setup(context) {
      context.onResolve({ filter: /^spark:/ }, ({ path: id }) => ({ path: id, namespace: "payload" }));
      context.onLoad({ filter: /.*/, namespace: "payload" }, ({ path: id }) => ({ contents: modules[id] }));
    },
  });
  const worker = await esbuild.build({
    ...common,
    entryPoints: [path.join(root, "src/js/worker.js")],
    format: "iife",
    plugins: [virtual(glue)],
    // Glue must not reach our functions through its callers.
    banner: { js: '"use strict";' },
  });
  const workerText = worker.outputFiles[0].text;
  // Page, worker and WebAssembly of different builds must not meet: their names for each other differ.
  id = createHash("sha256").update(wasm).update(insert(workerText)).digest("hex").slice(0, 8);
  const banner = "/*! spark-execute | MIT OR Apache-2.0 */\n";
  await writeFile(path.join(out, workerFile), banner + insert(workerText));
  await writeFile(path.join(out, wasmFile), Buffer.concat([wasm, section("build", id)]));
  const payload = virtual({
    ...glue,
    "spark:wasm": `module.exports = ${JSON.stringify(packed.toString("base64"))};`,
    "spark:unpacker": `module.exports = ${JSON.stringify(unpacker.toString("hex"))};`,
    "spark:worker": `export default ${JSON.stringify(insert(workerText))};`,
  });
  const wrap = async (entry, file, options) => {
    const result = await esbuild.build({ ...common, entryPoints: [path.join(root, entry)], plugins: [payload], ...options });
    await writeFile(path.join(out, file), banner + insert(result.outputFiles[0].text));
  };
  await wrap("src/js/index.js", module, { format: "esm" });
  await wrap("src/js/browser.js", browser, { format: "iife" });
  await wrap("src/js/commonjs.cjs", commonjs, { format: "cjs" });
}

/** A custom section of a WebAssembly module. */
function section(name, text) {
  const content = Buffer.concat([Buffer.from([name.length]), Buffer.from(name + text)]);
  return Buffer.concat([Buffer.from([0, content.length]), content]);
}

function report(file, bytes, more = "") {
  const size = gzipSync(bytes, { level: 9 }).length;
  say(`${path.relative(root, file)}: ${(size / 1024).toFixed(1)} KB after gzip -9${more}`);
  return size;
}

async function checkSize(config, file) {
  const limit = config.size["browser-gzip"];
  const size = report(file, await readFile(file), ` (limit ${(limit / 1024).toFixed(0)} KB)`);
  if (size > limit) throw new Error(`${path.relative(root, file)} is ${size} bytes after gzip -9; the limit is ${limit}.`);
  return size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setup(["npm", "rust"]);
    await build();
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
