// What the types say, compared with what the sources do: error codes and classes, names of fields, documentation.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { at } from "../../scripts/lib/paths.mjs";
import { CLASS_OF_CODE, WasmRunnerErrors } from "../../src/js/errors.js";

const text = (...parts) => readFile(at(...parts), "utf8");
const sorted = (values) => [...values].sort();

/** Registers the tests. @param {(...parts: string[]) => string} tool finds the packages of the test tools */
export function compareWithSources(tool) {
  const ts = createRequire(import.meta.url)(tool("typescript"));
  const file = at("src", "js", "index.d.cts");
  const files = [file, at("src", "js", "index.d.ts")];
  const program = ts.createProgram(files, { module: ts.ModuleKind.NodeNext, types: [] });
  const checker = program.getTypeChecker();
  const root = program.getSourceFile(file);
  const spark = root.statements.find((node) => ts.isModuleDeclaration(node) && node.name.text === "Spark");
  const errors = spark.body.statements.find((node) => ts.isModuleDeclaration(node));
  const named = (name, inside = spark) => inside.body.statements.find((node) => node.name?.text === name);
  const classes = errors.body.statements.filter(ts.isClassDeclaration);
  const members = (name) => sorted(named(name).members.flatMap((member) => (member.name ? [member.name.text] : [])));
  /** The texts of a union of literals, or of a single one. */
  const literals = (type) => sorted((type.isUnion() ? type.types : [type]).map((part) => part.value));
  const typeOf = (declaration, member) =>
    checker.getTypeOfSymbol(checker.getTypeAtLocation(declaration).getProperty(member));

  test("ErrorCode lists the codes of the core, and each has its class", async () => {
    const rust = await text("core", "src", "error.rs");
    const block = rust.slice(rust.indexOf("\ncodes! {"), rust.indexOf("\n}\n", rust.indexOf("\ncodes! {")));
    const codes = [...block.matchAll(/^ {4}\w+ = "(\w+)",$/gm)].map(([, code]) => code);
    assert.ok(codes.length > 20, `found ${codes.length} codes`);
    assert.deepEqual(literals(checker.getTypeAtLocation(named("ErrorCode"))), sorted(codes));
    assert.deepEqual(sorted(Object.keys(CLASS_OF_CODE)), sorted(codes));
    for (const member of named("ErrorByCode").members) {
      assert.equal(member.type.getText().split(".").at(-1), CLASS_OF_CODE[member.name.text].name, member.name.text);
    }
    const comment = checker.getSymbolAtLocation(named("ErrorCode").name).getDocumentationComment(checker);
    const documented = ts.displayPartsToString(comment);
    assert.deepEqual([...documented.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code), codes);
  });

  test("every error class is typed as it is", () => {
    const aliases = errors.body.statements.filter(ts.isImportEqualsDeclaration).map((node) => node.name.text);
    const typedNames = [...classes.map((node) => node.name.text), ...aliases];
    assert.deepEqual(sorted(typedNames), sorted(Object.keys(WasmRunnerErrors)));
    const names = new Set();
    for (const node of classes) {
      const name = node.name.text;
      const runtime = WasmRunnerErrors[name];
      const base = node.heritageClauses[0].types[0].expression.getText();
      assert.equal(Object.getPrototypeOf(runtime).name, base, `${name} extends`);
      names.add(runtime.defaults.name);
      assert.ok(literals(typeOf(node, "name")).includes(runtime.defaults.name), `${name}.name`);
      assert.ok(literals(typeOf(node, "code")).includes(runtime.defaults.code), `${name}.code`);
      const more = { path: "p", details: "d", cause: 1, uuid: "u", input: {}, requestId: "r", retryAfter: 1 };
      if (name === "MemoryLimitError") Object.assign(more, { allowed: 1, requested: 2 });
      const error = new runtime("message", more);
      const typed = checker.getTypeAtLocation(node).getProperties().map((property) => property.name);
      const lacking = typed.filter((property) => !(property in error));
      assert.deepEqual(lacking, [], name);
      const untyped = Object.keys(error).filter((property) => !typed.includes(property));
      assert.deepEqual(untyped, [], name);
      assert.deepEqual(sorted(Object.keys(error.v3)), members("V3Error"));
      assert.deepEqual(sorted(Object.keys(error.modelInfo)), members("ModelInfo"));
      // Exactly the codes that this class, or one that descends from it, stands for; all of them where it is open.
      const own = Object.keys(CLASS_OF_CODE).filter((code) => isOrExtends(CLASS_OF_CODE[code], runtime));
      const code = typeOf(node, "code");
      if (code !== typeOf(classes[0], "code")) assert.deepEqual(literals(code), sorted(own), name);
    }
    assert.deepEqual(literals(checker.getTypeAtLocation(named("ErrorName"))), sorted(names));
  });

  test("the fields of a configuration are those that are read", async () => {
    const known = async (file) => {
      const [, list] = /const KNOWN: &\[&str\] =\s*&\[([^\]]*)\]/.exec(await text("core", "src", "config", file));
      return sorted([...list.matchAll(/"(\w+)"/g)].map(([, name]) => name));
    };
    for (const form of ["OfflineConfig", "OnlineConfig", "OlderSparkConfig"]) {
      const config = new Set([...members(form), ...members("CommonConfig")]);
      assert.deepEqual(sorted(config), await known("mod.rs"), form);
    }
    for (const form of ["PublicEndpoint", "SyntheticKeyEndpoint", "BearerTokenEndpoint"]) {
      assert.deepEqual(sorted([...members(form), ...members("CommonEndpoint")]), await known("endpoint.rs"), form);
    }
    const [, xcall] = /"xcall", &\[([^\]]*)\]/.exec(await text("core", "src", "config", "xcall.rs"));
    assert.deepEqual(members("XCallConfig"), sorted([...xcall.matchAll(/"(\w+)"/g)].map(([, name]) => name)));
    assert.deepEqual(members("NodegenModel"), await known("model.rs"));
    const rust = await text("core", "src", "config", "text.rs");
    const types = [...rust.matchAll(/^ {8}\("(\w+)", DeclaredType::\w+\),$/gm)].map(([, name]) => name);
    assert.deepEqual(literals(checker.getTypeAtLocation(named("BinaryType"))), sorted(types));
  });

  test("the module entry passes every type on", () => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(at("src", "js", "index.d.ts")));
    const exported = checker.getExportsOfModule(module);
    const inside = spark.body.statements.flatMap((node) => (node.name ? [node.name.text] : []));
    const wanted = [...inside.filter((name) => name !== "WasmRunnerErrors"), "Spark", "default"];
    assert.deepEqual(sorted(exported.map((symbol) => symbol.name)), sorted(wanted));
  });

  test("nothing is typed any, and every public item is documented", () => {
    const undocumented = [];
    const visit = (node, where) => {
      assert.notEqual(node.kind, ts.SyntaxKind.AnyKeyword, `any in ${where}`);
      const name = node.name?.getText() ?? (ts.isConstructorDeclaration(node) ? "constructor" : "");
      const here = name ? `${where}.${name}` : where;
      const documented = ts.getJSDocCommentsAndTags(node).length > 0;
      if (isPublicItem(node) && !documented && !isExempt(node)) undocumented.push(here);
      ts.forEachChild(node, (child) => visit(child, here));
    };
    root.statements.forEach((node) => visit(node, ""));
    assert.deepEqual(undocumented.filter((where) => where !== ".Spark" && where !== ".Self"), []);
  });

  function isPublicItem(node) {
    if (ts.isClassElement(node)) return ts.isClassDeclaration(node.parent);
    if (ts.isTypeElement(node)) return ts.isInterfaceDeclaration(node.parent);
    return ts.isDeclarationStatement(node) && !ts.isExportDeclaration(node) && !ts.isExportAssignment(node);
  }

  /** A member that a subclass only narrows has the documentation of its base; the codes are documented in a table. */
  function isExempt(node) {
    const parent = node.parent;
    if (ts.isInterfaceDeclaration(parent)) return parent.name.text === "ErrorByCode";
    return ts.isClassDeclaration(parent) && parent.parent.parent === errors && parent.name.text !== "SparkError";
  }
}

function isOrExtends(candidate, base) {
  return candidate === base || candidate.prototype instanceof base;
}
