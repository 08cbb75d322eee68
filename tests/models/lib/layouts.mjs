// The ways the built parts are laid out in a zip.
import { createHash } from "node:crypto";
import { COMPILER_VERSION, validations } from "./compile.mjs";

const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
const pretty = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** Glue, wasm and data carry the file name, the JSON files the service's own name. */
function parts(spec, built) {
  const code = [
    ...(built.data ? [{ name: `${spec.file}.data`, data: built.data }] : []),
    { name: `${spec.file}.js`, data: built.js },
    { name: `${spec.file}.wasm`, data: built.wasm },
  ];
  const texts = [
    {
      name: `${spec.service}_CompilerLog.json`,
      data: pretty({ Infos: [], Warnings: [], Errors: [], TokenCnt: 42, CompilerVersion: COMPILER_VERSION }),
    },
    {
      name: `${spec.service}DefaultValidations.json`,
      data: pretty({ outputs: validations(spec), warnings: null, errors: null, service_chain: null }),
    },
  ];
  if (spec.static) texts.push({ name: `${spec.service}_static.json`, data: pretty(spec.static) });
  if (spec.formspec) texts.push({ name: `${spec.service}_Jsonformspec.json`, data: pretty(spec.formspec) });
  return { code, texts };
}

const sums = (entries) => ({
  name: "checksums.md5",
  data: entries.map((entry) => `${md5(entry.data)}  ${entry.name}\n`).join(""),
});

export function flat(spec, built) {
  const { code, texts } = parts(spec, built);
  return [...code, ...texts, sums([...code, ...texts])];
}
