// The WebAssembly inside dist/*.js: how the build makes it small, and how tests get it out again.
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { unpack } from "../../src/js/unpack.js";
import { at } from "./paths.mjs";
import { renameImports, sortable } from "./order.mjs";
import { silence } from "./panics.mjs";
import { run } from "./run.mjs";

const CRATE = "spark-execute-payload";

/**
 * Optimises `raw`; gives the path of the result, and the short names that its imports and exports have now.
 * @param {Map<string, string>} same imports that are the same as others, and those
 */
export async function optimise(raw, flags, same) {
  const file = raw.replace(/\.wasm$/, ".opt.wasm");
  const map = `${file}.json`;
  if (await isNewer(raw, map)) {
    const silent = raw.replace(/\.wasm$/, ".silent.wasm");
    await writeFile(silent, sortable(renameImports(silence(await readFile(raw)), same)));
    // The names are long, and their hashes are noise to every compressor.
    const args = [silent, "-o", file, "--duplicate-import-elimination", ...flags, "--minify-imports-and-exports-and-modules"];
    const { stdout } = await run("wasm-opt", args, { title: "Optimising the WebAssembly" });
    await writeFile(map, stdout);
  }
  return { file, names: JSON.parse(await readFile(map, "utf8")) };
}

/** Packs the module in `file`; gives it and the module that unpacks it. */
export async function pack(file, { profile, flags, env }) {
  const packed = file.replace(/\.wasm$/, ".packed");
  const target = "wasm32-unknown-unknown";
  const shared = ["-p", CRATE, "--target-dir", at("target")];
  const title = "Packing the WebAssembly";
  await run("cargo", ["build", ...shared, "--lib", "--target", target, "--profile", profile], { env });
  await run("cargo", ["run", ...shared, "--release", "--example", "pack", file, packed], { title });
  const unpacker = path.join(path.dirname(file), "unpack.wasm");
  await run("wasm-opt", [at("target", target, profile, `${CRATE.replaceAll("-", "_")}.wasm`), "-o", unpacker, ...flags]);
  return { packed: await readFile(packed), unpacker: await readFile(unpacker) };
}

/** The WebAssembly in the text of a built script. */
export function unpackScript(script) {
  const [packed] = /[A-Za-z0-9+/]{50000,}={0,2}/.exec(script);
  const unpacker = Buffer.from(/"(0061736d[0-9a-f]+)"/.exec(script)[1], "hex");
  return { unpacker, packed, wasm: unpack(new WebAssembly.Module(unpacker), Buffer.from(packed, "base64")) };
}

async function isNewer(file, than) {
  const [a, b] = await Promise.all([stat(file), stat(than).catch(() => undefined)]);
  return !b || a.mtimeMs > b.mtimeMs;
}
