// Where things are. No npm package may be imported by this file: it runs before they are installed.
import path from "node:path";
import { existsSync, accessSync, constants, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's top folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

/** A path inside the repository. */
export const at = (...parts) => path.join(root, ...parts);

/** Cargo-installed tools that belong to this project alone. */
export const toolsDir = at(".tools");

/** Logs and other leftovers of a run; ignored by git. */
export const outDir = at("tests", ".out");

/** Folders searched for programs before the ones on PATH. */
const ownBins = () => [path.join(toolsDir, "bin"), at("node_modules", ".bin")];

/**
 * The environment for child processes: the project's own tools first on PATH.
 * @param {{ first?: string[], env?: Record<string, string | undefined> }} [options] more folders, and variables to set
 */
export function toolEnv({ first = [], env = {} } = {}) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  const dirs = [...ownBins(), ...first, ...(process.env[key] ?? "").split(path.delimiter)];
  return { ...process.env, [key]: [...new Set(dirs.filter(Boolean))].join(path.delimiter), ...env };
}

/** Finds a program on PATH (the project's own tools first); undefined when there is none. */
export function which(name, dirs = []) {
  const key = Object.keys(process.env).find((variable) => variable.toUpperCase() === "PATH") ?? "PATH";
  const endings = process.platform === "win32" ? [".exe", ".cmd", ".bat", ""] : [""];
  for (const dir of [...dirs, ...ownBins(), ...(process.env[key] ?? "").split(path.delimiter)]) {
    if (!dir) continue;
    for (const ending of endings) {
      const file = path.join(dir, name + ending);
      if (isProgram(file)) return file;
    }
  }
  return undefined;
}

/** Whether `file` can be started. */
export function isProgram(file) {
  if (!file || !existsSync(file)) return false;
  try {
    accessSync(file, process.platform === "win32" ? constants.F_OK : constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
