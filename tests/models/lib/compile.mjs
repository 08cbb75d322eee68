// Runs emcc over the harness and one model.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, readModel, sha256, stableId } from "./sources.mjs";

export const COMPILER_VERSION = "1.0.0";
const WORK = join(ROOT, "..", ".out", "models");
const DEBIAN_NODE_MODULES = "/usr/share/nodejs"; // where Debian's emscripten finds acorn

const cText = (text) => JSON.stringify(text).replace(/[^\x20-\x7e]/gu, (c) => {
  return [...Buffer.from(c)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
});

/** The `outputs` of the package's validations file: one entry per input, as a form needs it. */
export function validations(spec) {
  const outputs = {};
  for (const input of spec.inputs) {
    const kind = input.options ? "list" : { number: "decimal", bool: "list", text: "textlength" }[input.type] ?? "any";
    outputs[input.name] = {
      validation_allow: kind,
      validation_type: kind === "any" ? "any" : input.options || input.type === "bool" ? "inlist" : "between",
      dependent_inputs: [],
      min: input.min ?? null,
      max: input.max ?? null,
      options: input.options ?? (input.type === "bool" ? [true, false] : null),
      ignore_blank: true,
      input_message_title: input.title ?? input.name,
      input_message: input.hint ?? "",
      error_style: "stop",
      error_title: "",
      error_message: "",
      default_value: input.default,
    };
  }
  return outputs;
}

function definition(spec) {
  const type = (name) => `Type::${name[0].toUpperCase()}${name.slice(1)}`;
  const inputs = spec.inputs.map((i) => `  {${cText(i.name)}, ${type(i.type)}, ${cText(JSON.stringify(i.default))}},`);
  return [
    '#include "engine.hpp"',
    `static const InputDef INPUTS[] = {\n${inputs.join("\n")}\n};`,
    `const ModelDef MODEL = {${cText(COMPILER_VERSION)}, ${Boolean(spec.is_async)}, INPUTS, ${spec.inputs.length},`,
    `    ${cText(JSON.stringify(validations(spec)))}};`,
    "",
  ].join("\n");
}

const once = new Map();

/**
 * @param {{model: string, flags: string[]}} item
 * @returns {Promise<{js: string, wasm: Buffer, data: Buffer | null}>}
 */
export async function compile({ model, flags }) {
  const key = sha256(JSON.stringify([model, flags])).slice(0, 16);
  if (!once.has(key)) once.set(key, run(model, flags, join(WORK, `${model}-${key}`), key));
  return once.get(key);
}

async function run(model, flags, folder, key) {
  const spec = readModel(model);
  const source = join(ROOT, model);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "model_def.cpp"), definition(spec));
  const generated = [];
  if (existsSync(join(source, "generate.mjs"))) {
    const { generate } = await import(join(source, "generate.mjs"));
    generated.push(...generate(folder));
  }
  const inputs = ["src/json.cpp", "src/json_writer.cpp", "src/engine.cpp", `${model}/model.cpp`].map((path) => {
    return join(ROOT, path);
  });
  inputs.push(join(folder, "model_def.cpp"), ...generated);
  // A relative source path would end up in the package's metadata, hence the mapping to /assets.
  const assets = [join(source, "assets"), join(folder, "assets")].filter((path) => existsSync(path));
  const preload = assets.flatMap((path) => ["--preload-file", `${path}@/assets`]);
  const args = [...inputs, "-I", join(ROOT, "src"), "-I", folder, "-std=c++17", ...flags, ...preload];
  execFileSync("emcc", [...args, "-o", `${spec.file}.js`], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NODE_PATH: [process.env.NODE_PATH, DEBIAN_NODE_MODULES].filter(Boolean).join(":") },
  });
  const read = (extension) => readFileSync(join(folder, `${spec.file}.${extension}`));
  return { js: tidy(read("js").toString(), key), wasm: read("wasm"), data: assets.length ? read("data") : null };
}

function replaceOnce(text, before, after) {
  const parts = text.split(before);
  if (parts.length !== 2) throw new Error(`The glue holds ${parts.length - 1} times ${before}; adapt lib/compile.mjs.`);
  return parts.join(after);
}

/**
 * Real packages come from an emcc a little younger than Debian's; two of its corrections are made here as well. It no
 * longer calls `fetch()` on a file path under Node >= 18. And a call that ends at once while another is suspended is
 * answered at once (it used to take over the promise of the suspended one). Beside these, emcc draws a random id for
 * the preloaded files, which would make every build differ.
 */
function tidy(js, key) {
  const streaming = 'typeof WebAssembly.instantiateStreaming=="function"&&';
  let text = replaceOnce(js, streaming, `${streaming}!ENVIRONMENT_IS_NODE&&`);
  const id = /"package_uuid":"([^"]+)"/.exec(text)?.[1];
  if (id) text = replaceOnce(text, id, stableId(key));
  if (text.includes("var Asyncify=")) {
    const invoke = "var ret=func.apply(null,cArgs);";
    text = replaceOnce(text, invoke, `var pending=Asyncify.currData;${invoke}`);
    const suspended = "{return Asyncify.whenDone()";
    text = replaceOnce(text, `if(Asyncify.currData)${suspended}`, `if(Asyncify.currData!=pending)${suspended}`);
  }
  return text;
}
