// What npm publishes: which files, and what package.json says about them.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { parse } from "acorn";
import { at } from "../../scripts/lib/paths.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { unpackScript } from "../../scripts/lib/payload.mjs";
import { app, pack } from "./lib/apps.mjs";

const DIST = [
  ...["dist/browser.js", "dist/index.cjs", "dist/index.d.cts", "dist/index.d.ts", "dist/index.js"],
  ...["dist/spark_execute.wasm", "dist/worker.js"],
];
const SCRIPTS = ["dist/browser.js", "dist/index.cjs", "dist/index.js"];
const manifest = JSON.parse(await readFile(at("package.json"), "utf8"));
const text = (file) => readFile(at(file), "utf8");

test("the tarball holds these files and no others", async () => {
  const { files } = await pack();
  assert.deepEqual(files, ["CHANGELOG.md", "LICENSE", ...DIST, "README.md", "package.json"].sort());
});

test("package.json names what is there", async () => {
  const { files } = await pack();
  const targets = [];
  const collect = (value) => (typeof value === "string" ? targets.push(value) : Object.values(value).forEach(collect));
  const { main, module, types, unpkg, jsdelivr, sideEffects, exports } = manifest;
  collect({ main, module, types, unpkg, jsdelivr, sideEffects, exports });
  for (const target of targets) assert.ok(files.includes(target.replace(/^\.\//, "")), `${target} is not in the tarball`);
  // Without an exports map, main and types belong together.
  assert.deepEqual({ main, types }, { main: exports["."].require.default, types: exports["."].require.types });
  assert.equal(module, exports["."].import.default);
  for (const condition of ["import", "require"]) {
    assert.equal(Object.keys(exports["."][condition])[0], "types", "TypeScript takes the first condition that fits");
  }
  assert.equal(Object.keys(exports["."]).at(-1), "default", "default comes last, or hides what follows");
  assert.deepEqual(sideEffects, ["./dist/browser.js", "./dist/worker.js"]);
  assert.equal(manifest.license, "MIT OR Apache-2.0");
});

test("installing the package installs nothing else and runs nothing", () => {
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies", "bin"]) {
    assert.equal(manifest[field], undefined, field);
  }
  for (const hook of ["preinstall", "install", "postinstall", "prepare", "prepublish"]) {
    assert.equal(manifest.scripts[hook], undefined, hook);
  }
});

test("every entry resolves, and nothing else does", async () => {
  const folder = await app("node", { as: "resolving" });
  const resolve = async (specifier, type) => {
    const script = `process.stdout.write(${type === "import" ? "import.meta" : "require"}.resolve(${JSON.stringify(specifier)}))`;
    const args = [`--input-type=${type === "import" ? "module" : "commonjs"}`, "--eval", script];
    const { code, output } = await run(process.execPath, args, { cwd: folder, check: false });
    return code === 0 ? path.basename(output) : /ERR_\w+/.exec(output)?.[0];
  };
  assert.equal(await resolve("spark-execute", "import"), "index.js");
  assert.equal(await resolve("spark-execute", "require"), "index.cjs");
  assert.equal(await resolve("spark-execute/browser", "import"), "browser.js");
  assert.equal(await resolve("spark-execute/package.json", "require"), "package.json");
  assert.equal(await resolve("spark-execute/worker.js", "import"), "worker.js");
  assert.equal(await resolve("spark-execute/spark_execute.wasm", "require"), "spark_execute.wasm");
  assert.equal(await resolve("spark-execute/dist/index.js", "import"), "ERR_PACKAGE_PATH_NOT_EXPORTED");
});

test("each script stands alone, and is what it says", async () => {
  for (const file of SCRIPTS) {
    const source = await text(file);
    const sourceType = file === "dist/index.js" ? "module" : "script";
    const tree = parse(source, { ecmaVersion: 2022, sourceType });
    const found = new Set();
    walk(tree, (node) => {
      if (/^(Import|Export(Named|All|Default))/.test(node.type)) found.add(node.type);
      if (node.type === "MetaProperty" && node.meta.name === "import") found.add("import.meta");
      if (node.type === "CallExpression" && node.callee.name === "require") found.add("require");
      // With either, a page would need a Content Security Policy with 'unsafe-eval'.
      if (node.type === "CallExpression" && node.callee.name === "eval") found.add("eval");
      if (node.type === "NewExpression" && node.callee.name === "Function") found.add("Function");
    });
    assert.deepEqual([...found], sourceType === "module" ? ["ExportNamedDeclaration"] : [], file);
    assert.doesNotMatch(source, /sourceMappingURL/, file);
  }
});

test("nothing in the package tells of the machine that built it", async () => {
  const folders = [at(), process.env.HOME, ".cargo/registry"].filter(Boolean);
  for (const file of [...DIST, "package.json"]) {
    const source = await text(file);
    const parts = [source];
    if (SCRIPTS.includes(file)) {
      const wasm = Buffer.from(unpackScript(source).wasm);
      assert.equal(wasm.subarray(0, 4).toString("latin1"), "\0asm");
      parts.push(wasm.toString("latin1"));
    }
    for (const part of parts) {
      for (const folder of folders) assert.ok(!part.includes(folder), `${file} has ${context(part, folder)}`);
    }
  }
});

function context(text, part) {
  const place = text.indexOf(part);
  return JSON.stringify(text.slice(Math.max(0, place - 20), place + 100));
}

function walk(node, visit) {
  if (typeof node?.type === "string") visit(node);
  for (const value of Object.values(node)) if (typeof value === "object" && value !== null) walk(value, visit);
}
