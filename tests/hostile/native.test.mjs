// The package reader, natively and without a browser: each package in a process of its own, whose memory is bounded.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { before, after, test } from "node:test";
import { at } from "../../scripts/lib/paths.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { MEMORY_MB, ODD_NAMES, PACKAGES, writeAll } from "./packages.mjs";

/** Ends a process that hangs; none needs a second. */
const DEADLINE_MS = 30_000;
const folder = mkdtempSync(path.join(tmpdir(), "hostile-"));
let reader;

before(async () => {
  const example = ["build", "-p", "spark-execute-core", "--example", "read_package", "--message-format", "json"];
  const { stdout } = await run("cargo", example);
  reader = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)).findLast((one) => one.executable).executable;
});
after(() => rmSync(folder, { recursive: true }));

/** What the reader says of a file. Where the system cannot bound memory it says so, and the outcome alone counts. */
function said(file) {
  const bounded = `ulimit -v ${MEMORY_MB * 1024} 2>/dev/null; exec "$0" "$1"`;
  const { status, signal, stdout, stderr } = spawnSync("sh", ["-c", bounded, reader, file], { timeout: DEADLINE_MS, encoding: "utf8" });
  assert.equal(status, 0, `${path.basename(file)}: ended by ${signal}: ${stderr}`);
  return stdout.trim();
}

test("every hostile package is refused for what it is, in bounded memory", () => {
  assert.ok(PACKAGES.length >= 100);
  assert.equal(new Set(PACKAGES.map(({ name }) => name)).size, PACKAGES.length);
  const files = writeAll(folder);
  PACKAGES.forEach(({ name, native }, index) => {
    const text = said(files[index]);
    assert.equal(text.split(":")[0], native ?? "OK", `${name}: ${text}`);
    assert.ok(text.length < 1000, `${name}: ${text}`);
  });
});

test("odd names are only names", () => {
  const files = writeAll(folder, ODD_NAMES);
  ODD_NAMES.forEach(({ name }, index) => assert.equal(said(files[index]), "OK", name));
});
