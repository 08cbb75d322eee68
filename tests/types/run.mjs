// Type tests: small projects, one for each way in which TypeScript finds a package, with cases that must compile and
// lines marked @ts-expect-error that must not; then what the types say is compared with the sources.
//
// The projects are compiled with the TypeScript of this repository; `node10`, the resolution that knows no "exports"
// and that its version 7 has given up, with version 5.9.
import assert from "node:assert/strict";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { at, outDir } from "../../scripts/lib/paths.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { tools } from "../packaging/lib/tools.mjs";
import { compareWithSources } from "./sources.mjs";

const source = (...parts) => at("tests", "types", ...parts);
const out = path.join(outDir, "types");
const tool = await tools();
const tsc7 = at("node_modules", "typescript", "bin", "tsc");
const tsc5 = tool("typescript", "bin", "tsc");

const BARE = { lib: ["ES2022"], types: [] };
const DOM = { lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] };
const NODE = { lib: ["ES2022"], types: ["node"], typeRoots: [tool("@types")] };
const CASES = ["contract", "config", "calls", "errors", "online", "columnar", "batch"].map((name) => `cases/${name}.ts`);
const ESM = ["consumers/esm.ts", ...CASES];
const CJS = ["consumers/cjs.ts", "consumers/interop.ts", ...CASES];
const REQUIRED = ["consumers/statics.ts", ...CJS];

const PLATFORMS = [
  { name: "the DOM", options: DOM, files: ["cases/dom.ts"] },
  { name: "Node", options: NODE, files: ["cases/node.ts"] },
  { name: "no platform", options: BARE, files: ["cases/bare.ts"] },
];
/** TypeScript 5 with few platforms: it is slow, and what a platform has does not depend on the resolution. */
const old = { old: true, platforms: PLATFORMS.slice(2) };

/** The ways of resolving; `type` is the consumer's own package type. */
const WAYS = [
  ...["node16", "nodenext"].flatMap((module) => [
    { name: `${module}, module`, type: "module", options: { module }, files: ESM },
    {
      name: `${module}, CommonJS`,
      type: "commonjs",
      options: { module, esModuleInterop: true },
      files: [...REQUIRED, "consumers/plain.js"],
    },
  ]),
  { name: "bundler, module", type: "module", options: { module: "esnext", moduleResolution: "bundler" }, files: ESM },
  { name: "bundler, CommonJS", type: "commonjs", options: { module: "preserve" }, files: CJS },
  {
    name: "node10, module",
    type: "module",
    options: { module: "esnext", moduleResolution: "node10" },
    files: CASES,
    ...old,
  },
  {
    name: "node10, CommonJS",
    type: "commonjs",
    options: { module: "commonjs", moduleResolution: "node10", esModuleInterop: true },
    files: [...REQUIRED, "consumers/plain.js"],
    ...old,
  },
  {
    name: "node10, CommonJS without interop",
    type: "commonjs",
    options: {
      module: "commonjs",
      moduleResolution: "node10",
      esModuleInterop: false,
      allowSyntheticDefaultImports: false,
    },
    files: REQUIRED,
    ...old,
  },
  {
    name: "bundler with TypeScript 5",
    type: "module",
    options: { module: "esnext", moduleResolution: "bundler" },
    files: ESM,
    old: true,
    platforms: PLATFORMS.slice(0, 1),
  },
];

await rm(out, { recursive: true, force: true });
const installed = path.join(out, "node_modules", "spark-execute");
await mkdir(path.join(installed, "dist"), { recursive: true });
await cp(at("package.json"), path.join(installed, "package.json"));
for (const file of ["index.d.ts", "index.d.cts"]) await cp(at("src", "js", file), path.join(installed, "dist", file));
// Only for resolution: what lies behind the types is another test's matter.
for (const file of ["index.js", "index.cjs", "browser.js"]) await writeFile(path.join(installed, "dist", file), "");

describe("resolution", { concurrency: 2 }, () => {
  for (const way of WAYS) {
    for (const platform of way.platforms ?? PLATFORMS) resolution(way, platform);
  }
});

function resolution(way, platform) {
  test(`${way.name}, with ${platform.name}`, async () => {
    const files = [...way.files, ...platform.files];
    const result = await compile(`${way.name} ${platform.name}`, { ...way, files }, platform.options);
    assert.equal(result.code, 0, result.output);
  });
}

test("a script tag's global", async () => {
  const options = { module: "preserve", moduleDetection: "legacy" };
  const way = { type: "commonjs", options, files: ["consumers/global.ts"] };
  const result = await compile("global", way, DOM);
  assert.equal(result.code, 0, result.output);
});

test("a wrong line is noticed", async () => {
  const extra = 'import Spark from "spark-execute";\nnew Spark();\n';
  const way = { type: "module", options: { module: "nodenext" }, files: ["cases/is.ts"], extra };
  const result = await compile("noticed", way, BARE);
  assert.match(result.output, /extra\.ts\(2,1\): error TS2554/);
});

compareWithSources(tool);

/** Compiles one project of its own folder, without output. */
async function compile(name, { type, options, files, extra, old = false }, platform) {
  const folder = path.join(out, name.replace(/\W+/g, "-"));
  await mkdir(folder, { recursive: true });
  for (const part of ["cases", "consumers"]) await cp(source(part), path.join(folder, part), { recursive: true });
  await cp(source("cases", "is.ts"), path.join(folder, "consumers", "is.ts"));
  if (extra) await writeFile(path.join(folder, "extra.ts"), extra);
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, type }));
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const compilerOptions = { ...strict, skipLibCheck: false, noEmit: true, target: "ES2022", allowJs: true, ...platform, ...options };
  const project = { compilerOptions, files: [...files, ...(extra ? ["extra.ts"] : [])] };
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(project, null, 2));
  return run(process.execPath, [old ? tsc5 : tsc7, "-p", folder, "--pretty", "false"], { cwd: folder, check: false });
}
