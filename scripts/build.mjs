// Makes dist/: one payload (bindings, worker text, WebAssembly), wrapped as a classic script, a module and CommonJS.
// What it makes of what is configured in wasm-pack.toml.

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { setup } from "./setup.mjs";
import { optimise, pack, shorten } from "./lib/payload.mjs";
import { run, say } from "./lib/run.mjs";
import { root } from "./lib/paths.mjs";

/** Stands for the bindings while esbuild bundles what uses them. */
const GLUE = "__spark_glue__";

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
  const { file, names } = await optimise(path.join(root, outDir, `${name}_bg.wasm`), flags);
  const glue = shorten(await readFile(path.join(root, outDir, `${name}.js`), "utf8"), names);
  return { glue, ...(await pack(file, { profile, flags, env })) };
}

/** Panic messages carry the paths of sources; those of libraries shall not tell where this machine keeps them. */
function withoutOwnPaths() {
  const { CARGO_HOME = path.join(homedir(), ".cargo"), CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS = "" } = process.env;
  const given = CARGO_ENCODED_RUSTFLAGS?.split("\x1f") ?? RUSTFLAGS.split(" ");
  const flags = [...given.filter(Boolean), `--remap-path-prefix=${path.join(CARGO_HOME, "registry", "src")}=crates`];
  return { CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") };
}

/** Writes the three wrappings. */
async function bundle(config, { glue: generated, packed, unpacker }, out) {
  const esbuild = await import("esbuild");
  const { browser, module, commonjs, target } = config.bundle;
  const exported = [];
  const bindings = generated
    // Only panics show values by it, a kilobyte for what nobody reads.
    .replace(/function debugString\(val\) \{[^]*?\n\}\n/, "const debugString = String;\n")
    .replace(/^export (class|function) (\w+)/gm, (_, kind, id) => (exported.push(id), `${kind} ${id}`))
    .concat(`return { initSync, ${exported.join(", ")} };\n`);
  const common = { bundle: true, minify: true, write: false, target, legalComments: "none", logLevel: "warning" };
  const virtual = (modules) => ({
    name: "payload",
    setup(context) {
      context.onResolve({ filter: /^spark:/ }, ({ path: id }) => ({ path: id, namespace: "payload" }));
      context.onLoad({ filter: /.*/, namespace: "payload" }, ({ path: id }) => ({ contents: modules[id] }));
    },
  });
  // Minified once and put in afterwards: with the same names in the page and in the worker, the second copy costs little.
  const { code: glue } = await esbuild.transform(`(() => {${bindings}})()`, { minify: true, target });
  const withGlue = ({ outputFiles: [{ text }] }) => {
    const [before, after, ...more] = text.split(GLUE);
    if (after === undefined || more.length) throw new Error(`${GLUE} is not once in what esbuild made.`);
    return before + glue.trim().replace(/;$/, "") + after;
  };
  // As CommonJS, since the helper by which esbuild exports a lazy module trips over members added to Object.prototype.
  const lazy = { "spark:glue": `module.exports = ${GLUE};` };
  const worker = await esbuild.build({
    ...common,
    entryPoints: [path.join(root, "src/js/worker.js")],
    format: "iife",
    plugins: [virtual(lazy)],
  });
  const payload = virtual({
    ...lazy,
    "spark:wasm": `module.exports = ${JSON.stringify(packed.toString("base64"))};`,
    "spark:unpacker": `module.exports = ${JSON.stringify(unpacker.toString("base64"))};`,
    "spark:worker": `export default ${JSON.stringify(withGlue(worker))};`,
  });
  const wrap = async (entry, file, options) => {
    const result = await esbuild.build({ ...common, entryPoints: [path.join(root, entry)], plugins: [payload], ...options });
    const banner = "/*! spark-execute | MIT OR Apache-2.0 */\n";
    await writeFile(path.join(out, file), banner + withGlue(result));
  };
  await wrap("src/js/index.js", module, { format: "esm" });
  await wrap("src/js/browser.js", browser, { format: "iife" });
  await wrap("src/js/commonjs.cjs", commonjs, { format: "cjs" });
}

async function checkSize(config, file) {
  const size = gzipSync(await readFile(file), { level: 9 }).length;
  const limit = config.size["browser-gzip"];
  say(`${path.relative(root, file)}: ${(size / 1024).toFixed(1)} KB after gzip -9 (limit ${(limit / 1024).toFixed(0)} KB)`);
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
