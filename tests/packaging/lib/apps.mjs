// The package as npm makes it, and empty apps with it installed.
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { at, outDir } from "../../../scripts/lib/paths.mjs";
import { run } from "../../../scripts/lib/run.mjs";

const out = path.join(outDir, "packaging");
/** The model of all apps, and what it answers for a radius of 2 and a height of 5. */
const MODEL = at("tests", "models", "cylinder", "cylinder.zip");
export const VOLUME = Math.PI * 2 * 2 * 5;

/** Runs npm without a registry: what it needs is at hand. */
const npm = (args, cwd) => run("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd, timeout: 120_000 });

let packing;

/** `npm pack`, once: the tarball's path and its files. @returns {Promise<{ tarball: string, files: string[] }>} */
export function pack() {
  return (packing ??= (async () => {
    const folder = path.join(out, "tarball");
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const { stdout } = await npm(["pack", "--json", "--pack-destination", folder], at());
    const [packed] = Object.values(JSON.parse(stdout));
    return { tarball: path.join(folder, packed.filename), files: packed.files.map((file) => file.path).sort() };
  })());
}

/**
 * A fresh copy of one of our apps with the package installed.
 * @param {string} name a folder of tests/packaging/apps
 * @param {{ as?: string, install?: (tarball: string) => string[], model?: string }} [options] `as`: the copy's name;
 *   `install`: the arguments of `npm install`; `model`: the folder that gets the model, for bundlers that copy files
 * @returns {Promise<string>} its folder
 */
export async function app(name, { as = name, install = (tarball) => [tarball, "--offline"], model = "." } = {}) {
  const { tarball } = await pack();
  const folder = path.join(out, "apps", as);
  await rm(folder, { recursive: true, force: true });
  await cp(at("tests", "packaging", "apps", name), folder, { recursive: true });
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ name: as, private: true, version: "1.0.0" }));
  await npm(["install", ...install(tarball)], folder);
  await mkdir(path.join(folder, model), { recursive: true });
  await cp(MODEL, path.join(folder, model, "cylinder.zip"));
  return folder;
}

/** Runs a script of an app on Node and gives what it prints as JSON. */
export async function node(folder, args) {
  const { stdout } = await run(process.execPath, args, { cwd: folder, timeout: 60_000 });
  return JSON.parse(stdout);
}
