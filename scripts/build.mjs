// Makes dist/: one payload (bindings, worker text, WebAssembly), wrapped as a classic script, a module and CommonJS.
// What it makes of what is configured in wasm-pack.toml.

import { copyFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { setup } from "./setup.mjs";
import { run, say } from "./lib/run.mjs";
import { root } from "./lib/paths.mjs";

/** Builds everything. @param {{ config?: string }} [options] another configuration file, for tests */
export async function build({ config: file = path.join(root, "wasm-pack.toml") } = {}) {
  const { parse } = await import("smol-toml");
  const config = parse(await readFile(file, "utf8"));
  const wasm = await compile(config);
  const out = path.join(root, config.bundle["out-dir"]);
  await mkdir(out, { recursive: true });
  await bundle(config, wasm, out);
  await copyFile(path.join(root, "src/js/index.d.ts"), path.join(out, "index.d.ts"));
  await copyFile(path.join(root, "src/js/index.d.cts"), path.join(out, "index.d.cts"));
  return checkSize(config, path.join(out, config.bundle.browser));
}

/** Rust to optimised WebAssembly; gives its bytes. */
async function compile(config) {
  const { target, profile, "out-dir": outDir, "out-name": name } = config["wasm-pack"];
  await run(
    "wasm-pack",
    ["build", "--target", target, "--profile", profile, "--mode", "no-install", "--no-pack", "--no-opt", "--no-typescript",
      "--out-dir", outDir, "--out-name", name],
    { title: "Compiling Rust to WebAssembly", env: withoutOwnPaths() },
  );
  const raw = path.join(root, outDir, `${name}_bg.wasm`);
  const optimised = path.join(root, outDir, `${name}_bg.opt.wasm`);
  if (await isNewer(raw, optimised)) {
    await run("wasm-opt", [raw, "-o", optimised, ...config["wasm-opt"].flags], { title: "Optimising the WebAssembly" });
  }
  return readFile(optimised);
}

/** Panic messages carry the paths of sources; those of libraries shall not tell where this machine keeps them. */
function withoutOwnPaths() {
  const { CARGO_HOME = path.join(homedir(), ".cargo"), CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS = "" } = process.env;
  const given = CARGO_ENCODED_RUSTFLAGS?.split("\x1f") ?? RUSTFLAGS.split(" ");
  const flags = [...given.filter(Boolean), `--remap-path-prefix=${path.join(CARGO_HOME, "registry", "src")}=crates`];
  return { CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") };
}

async function isNewer(file, than) {
  const [a, b] = await Promise.all([stat(file), stat(than).catch(() => undefined)]);
  return !b || a.mtimeMs > b.mtimeMs;
}

/** Writes the three wrappings. */
async function bundle(config, wasm, out) {
  const esbuild = await import("esbuild");
  const { "out-dir": pkg, "out-name": name } = config["wasm-pack"];
  const { browser, module, commonjs, target } = config.bundle;
  const glue = path.join(root, pkg, `${name}.js`);
  // We always hand over a compiled module. Without the default initialiser bundlers find no file to fetch either.
  // As CommonJS, since the helper by which esbuild exports a lazy module trips over members added to Object.prototype.
  const exported = [];
  const bindings = (await readFile(glue, "utf8"))
    .replace("export { initSync, __wbg_init as default };", "")
    .replace(/new URL\('[^']*', import\.meta\.url\)/, "undefined")
    .replace(/^export (class|function) (\w+)/gm, (_, kind, id) => (exported.push(id), `${kind} ${id}`))
    .concat(`module.exports = { initSync, ${exported.join(", ")} };\n`);
  const common = { bundle: true, minify: true, write: false, target, legalComments: "none", logLevel: "warning" };
  const virtual = (modules) => ({
    name: "payload",
    setup(context) {
      context.onResolve({ filter: /^spark:glue$/ }, () => ({ path: glue, sideEffects: false }));
      context.onLoad({ filter: /.*/, namespace: "file" }, ({ path: id }) => (id === glue ? { contents: bindings } : null));
      context.onResolve({ filter: /^spark:/ }, ({ path: id }) => ({ path: id, namespace: "payload" }));
      context.onLoad({ filter: /.*/, namespace: "payload" }, ({ path: id }) => ({ contents: modules[id] }));
    },
  });
  const worker = await esbuild.build({
    ...common,
    entryPoints: [path.join(root, "src/js/worker.js")],
    format: "iife",
    plugins: [virtual({})],
  });
  // After gzip, a fifth smaller than base64 of the deflated bytes, and half of base64 of the bytes themselves.
  const { compress } = await import("lzma1");
  const packed = Buffer.from(compress(wasm, 9)).toString("base64");
  const payload = virtual({
    "spark:wasm": `module.exports = ${JSON.stringify(packed)};`,
    "spark:worker": `export default ${JSON.stringify(worker.outputFiles[0].text)};`,
  });
  const wrap = async (entry, file, options) => {
    const result = await esbuild.build({ ...common, entryPoints: [path.join(root, entry)], plugins: [payload], ...options });
    const banner = "/*! spark-execute | MIT OR Apache-2.0 */\n";
    await writeFile(path.join(out, file), banner + result.outputFiles[0].text);
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
