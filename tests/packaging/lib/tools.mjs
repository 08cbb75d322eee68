// The bundlers, jsdom and the older TypeScript that tests need and the product does not: one install, kept under
// tests/.out, made from the lock file beside this folder.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { at, outDir } from "../../../scripts/lib/paths.mjs";
import { run } from "../../../scripts/lib/run.mjs";

const source = at("tests", "packaging", "tools");
const target = path.join(outDir, "tools");

/** Installs the tools if they are missing or others than the lock file says; gives a function from a package's file to its path. */
export async function tools() {
  const files = ["package.json", "package-lock.json"];
  const texts = await Promise.all(files.map((file) => readFile(path.join(source, file))));
  // Native parts depend on the platform.
  const wanted = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  texts.forEach((text) => wanted.update(text));
  const stamp = wanted.digest("hex");
  const stampFile = path.join(target, ".stamp");
  if ((await readFile(stampFile, "utf8").catch(() => "")) !== stamp) {
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    await Promise.all(files.map((file) => copyFile(path.join(source, file), path.join(target, file))));
    await copyFile(at(".npmrc"), path.join(target, ".npmrc"));
    const args = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
    await run("npm", args, { cwd: target, title: "Installing bundlers for the packaging tests", timeout: 300_000 });
    await writeFile(stampFile, stamp);
  }
  return (...parts) => path.join(target, "node_modules", ...parts);
}
