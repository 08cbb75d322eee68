// The WebAssembly inside dist/*.js: how the build makes it small, and how tests get it out again.
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { unpack } from "../../src/js/unpack.js";
import { at } from "./paths.mjs";
import { sortable } from "./order.mjs";
import { silence } from "./panics.mjs";
import { run } from "./run.mjs";

const CRATE = "spark-execute-payload";

/** Optimises `raw`; gives the path of the result, and the short names that its imports and exports have now. */
export async function optimise(raw, flags) {
  const file = raw.replace(/\.wasm$/, ".opt.wasm");
  const map = `${file}.json`;
  if (await isNewer(raw, map)) {
    const silent = raw.replace(/\.wasm$/, ".silent.wasm");
    await writeFile(silent, sortable(silence(await readFile(raw))));
    // The names are long, and their hashes are noise to every compressor.
    const args = [silent, "-o", file, ...flags, "--minify-imports-and-exports-and-modules"];
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

/** The generated bindings, with those names, and without the asynchronous start that nobody calls. */
export function shorten(glue, { imports, exports }) {
  const replace = (pattern, to) => {
    const count = glue.match(pattern)?.length ?? 0;
    if (count !== 1) throw new Error(`The generated bindings have ${count} times ${pattern}, not once; see scripts/lib/payload.mjs.`);
    glue = glue.replace(pattern, to);
  };
  replace(/^async function __wbg_load[^]*?^}\n/gm, "");
  replace(/^let __wbg_init_promise;[^]*/gm, "");
  // We always hand over a compiled module, once, and where there is WebAssembly there is `encodeInto`.
  replace(
    /^function initSync\(module\) \{[^]*?^}\n/gm,
    () => `function initSync({ module }) {
      __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()), module);
    }\n`,
  );
  replace(/^if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?^}\n/gm, "");
  // All imports are from one module, which the optimiser calls "a".
  replace(/"\.\/\w+_bg\.js": import0/g, "a: import0");
  for (const [, long, short] of imports) replace(new RegExp(`^( +)${long}(?=: )`, "gm"), (_, indent) => indent + short);
  const shortOf = new Map(exports);
  return glue.replace(/\bwasm\.(\w+)/g, (_, name) => `wasm.${shortOf.get(name) ?? name}`);
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
