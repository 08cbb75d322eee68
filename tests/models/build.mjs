// Rebuilds the test models: `node tests/models/build.mjs [package...]`. Needs emcc 3.1.6 (Debian: emscripten).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES } from "./catalog.mjs";
import { compile } from "./lib/compile.mjs";
import * as layouts from "./lib/layouts.mjs";
import { ROOT, readModel, sha256, sourcesHash, stableId } from "./lib/sources.mjs";
import { zip } from "./lib/zip.mjs";

const MANIFEST = join(ROOT, "manifest.json");
const wanted = new Set(process.argv.slice(2));
const unknown = [...wanted].filter((name) => !PACKAGES.some((item) => item.name === name));
if (unknown.length) {
  console.error(`No such package: ${unknown.join(", ")}. There are: ${PACKAGES.map((item) => item.name).join(", ")}.`);
  process.exit(2);
}

const before = existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, "utf8")).models : [];
const models = [];
for (const item of PACKAGES) {
  const known = before.find((entry) => entry.name === item.name);
  if (wanted.size && !wanted.has(item.name)) {
    if (known) models.push(known);
    continue;
  }
  const spec = readModel(item.model);
  const built = await compile(item);
  const ids = { name: item.name, version_id: stableId(item.name), service_id: stableId(`service ${item.name}`) };
  const laidOut = layouts[item.layout ?? "flat"](spec, built, { ...ids, ...item.options });
  const entries = Array.isArray(laidOut) ? laidOut : laidOut.entries;
  const bytes = zip(entries);
  const path = `${item.model}/${item.name}.zip`;
  writeFileSync(join(ROOT, path), bytes);
  models.push({
    ...ids,
    model: item.model,
    zip: path,
    zip_bytes: bytes.length,
    wasm_bytes: built.wasm.length,
    sha256: sha256(bytes),
    sources_sha256: sourcesHash(item),
    folder: spec.folder,
    service: spec.service,
    version: "1.0.0",
    file: spec.file,
    is_async: Boolean(spec.is_async),
    description: item.note ?? spec.description,
    peer: item.peer ?? true,
    flags: item.flags,
    ...(laidOut.versions ? { versions: laidOut.versions } : {}),
    inputs: spec.inputs,
    outputs: spec.outputs,
  });
  console.log(`${path}  ${bytes.length} bytes`);
}
writeFileSync(MANIFEST, `${JSON.stringify({ models }, null, 2)}\n`);
