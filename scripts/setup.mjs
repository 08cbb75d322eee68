// Installs what is missing and says what it does: npm packages, the wasm target, cargo tools (into .tools), a browser.
// Idempotent: it looks at what is really there, so a second run takes a second. `npm run setup` installs everything.
// No npm package may be imported by this file: it runs before they are installed.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { at, root, toolsDir, which } from "./lib/paths.mjs";
import { capture, elapsed, run, say } from "./lib/run.mjs";
import { findFirefox, pairChrome } from "./lib/browsers.mjs";
import { installCommands, installDriver, installSystemPackages } from "./lib/system.mjs";

const WASM_PACK = "0.15.1";
const NODE_MAJOR = 20;
const TARGET = "wasm32-unknown-unknown";

/** What a command may need. `chrome`: a Chromium-like browser; `driver`: a ChromeDriver that fits it. */
export const EVERYTHING = ["npm", "rust", "chrome", "driver", "firefox"];

/**
 * Makes sure that everything named is there.
 * @param {string[]} [needs] of EVERYTHING
 * @returns {Promise<{ chrome?: string, chromedriver?: string, firefox?: string }>}
 */
export async function setup(needs = EVERYTHING) {
  const began = Date.now();
  checkNode();
  if (needs.includes("npm")) await setupNpm();
  if (needs.includes("rust")) await setupRust();
  const browsers = await setupBrowsers(needs);
  say(`✓ setup (${elapsed(Date.now() - began)})`);
  return browsers;
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < NODE_MAJOR) {
    throw new Error(`Node ${process.versions.node} is too old: install Node ${NODE_MAJOR} or later (https://nodejs.org).`);
  }
}

// ---- npm packages

async function setupNpm() {
  const stale = staleNpm();
  if (!stale) return;
  say(`  ${stale}`);
  // No package's install script is needed, so none may run.
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { title: "npm ci" });
}

/** Why node_modules differs from package-lock.json; undefined when it does not. */
export function staleNpm() {
  const wanted = readJson(at("package-lock.json"));
  if (!wanted) throw new Error("package-lock.json is missing: restore it with `git checkout package-lock.json`.");
  const found = readJson(at("node_modules", ".package-lock.json"));
  if (!found) return "npm packages are not installed yet";
  for (const [place, { version, optional, os, cpu, libc }] of Object.entries(wanted.packages)) {
    if (!place) continue;
    const foreign = (os && !os.includes(process.platform)) || (cpu && !cpu.includes(process.arch));
    // What libc this is cannot be told cheaply: npm has decided.
    if (foreign || (optional && (libc || !os) && !found.packages[place])) continue;
    const there = found.packages[place]?.version;
    if (there !== version) return `npm package ${place.replace(/^.*node_modules\//, "")} is ${there ?? "missing"}, not ${version}`;
    if (!existsSync(at(place, "package.json"))) return `npm package ${place} is missing`;
  }
  return undefined;
}

// ---- Rust and its tools

async function setupRust() {
  const rustc = await capture("rustc", ["--version"]);
  if (!rustc || !which("cargo")) {
    throw new Error(
      "Rust is missing: install it from https://rustup.rs (`curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`), " +
        "open a new shell and run this again.",
    );
  }
  const least = /^rust-version = "([\d.]+)"/m.exec(readFileSync(at("Cargo.toml"), "utf8"))?.[1];
  const has = /rustc ([\d.]+)/.exec(rustc)?.[1];
  if (least && has && older(has, least)) {
    throw new Error(`rustc ${has} is too old: ${least} or later is needed. Run \`rustup update stable\`.`);
  }
  await setupTarget();
  await setupCargoTool("wasm-bindgen-cli", wasmBindgenVersion(), ["wasm-bindgen", "wasm-bindgen-test-runner"]);
  // Its own lock file: wasm-pack is a program, and this is the set of crates that it was released with.
  await setupCargoTool("wasm-pack", WASM_PACK, ["wasm-pack"], ["--locked"]);
}

async function setupTarget() {
  const sysroot = await capture("rustc", ["--print", "sysroot"]);
  if (sysroot && existsSync(path.join(sysroot, "lib", "rustlib", TARGET, "lib"))) return;
  const command = `rustup target add ${TARGET}`;
  if (!which("rustup")) {
    throw new Error(
      `The Rust target ${TARGET} is missing and so is rustup. With rustup the command is \`${command}\`; ` +
        `a Rust from elsewhere needs its own package for that target (Debian: libstd-rust-dev-wasm32).`,
    );
  }
  await run("rustup", ["target", "add", TARGET], { title: command });
}

/** The one version that both the generated code and its generator must have: the lock file's, or else the manifest's. */
export function wasmBindgenVersion() {
  const lock = existsSync(at("Cargo.lock")) ? readFileSync(at("Cargo.lock"), "utf8") : "";
  const version =
    /name = "wasm-bindgen"\r?\nversion = "([^"]+)"/.exec(lock)?.[1] ??
    /^wasm-bindgen = .*?"=([\d.]+)"/m.exec(readFileSync(at("Cargo.toml"), "utf8"))?.[1];
  if (!version) throw new Error("Neither Cargo.lock nor Cargo.toml tells the exact version of wasm-bindgen.");
  return version;
}

async function setupCargoTool(crate, version, programs, flags = []) {
  const versions = await Promise.all(programs.map((name) => toolVersion(name)));
  if (versions.every((found) => found === version)) return;
  const args = ["install", crate, "--version", version, ...flags, "--root", toolsDir, "--force"];
  const env = {
    // The build of a tool must not be steered by what is set for the project's own builds.
    RUSTFLAGS: undefined,
    CARGO_BUILD_TARGET: undefined,
    CARGO_ENCODED_RUSTFLAGS: undefined,
    // The tools work for seconds, building them takes minutes: less optimisation saves a third of that.
    CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
    CARGO_PROFILE_RELEASE_LTO: "off",
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
    CARGO_PROFILE_RELEASE_DEBUG: "0",
  };
  await run("cargo", args, { title: `cargo install ${crate} ${version} (a few minutes, once)`, env });
}

async function toolVersion(name) {
  const file = which(name);
  return file && /\d+\.\d+\.\d+\S*/.exec((await capture(file, ["--version"])) ?? "")?.[0];
}

// ---- browsers

async function setupBrowsers(needs) {
  const wanted = { chrome: needs.includes("chrome"), driver: needs.includes("driver"), firefox: needs.includes("firefox") };
  if (!wanted.chrome && !wanted.driver && !wanted.firefox) return {};
  let found = await look();
  if (missing(found).length && (await installSystemPackages(missing(found)))) found = await look();
  if (missing(found).includes("driver") && found.chrome && (await installDriver(found))) found = await look();
  const lacking = missing(found);
  if (lacking.length) throw new Error(explain(lacking, found));
  return found;

  async function look() {
    const chrome = wanted.chrome || wanted.driver ? await pairChrome() : {};
    return { ...chrome, firefox: wanted.firefox ? findFirefox() : undefined };
  }

  function missing({ chrome, chromedriver, firefox }) {
    const list = [];
    if ((wanted.chrome || wanted.driver) && !chrome) list.push("chrome");
    if (wanted.driver && !chromedriver) list.push("driver");
    if (wanted.firefox && !firefox) list.push("firefox");
    return list;
  }
}

function explain(lacking, found) {
  const names = {
    chrome: "a browser: Chrome, Chromium or Edge (or name one with SPARK_BROWSER=/path/to/it)",
    driver: `a ChromeDriver of the browser's version${found.version ? `, ${found.version}` : ""} (on PATH, or CHROMEDRIVER=/path/to/it)`,
    firefox: "Firefox (or name one with SPARK_FIREFOX=/path/to/it)",
  };
  const list = lacking.map((name) => `  - ${names[name]}`).join("\n");
  const commands = installCommands(lacking, found).map((command) => `  ${command}`).join("\n");
  return `Missing on this machine:\n${list}\nInstall with:\n${commands}\nand run this again.`;
}

// ---- small helpers

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function older(a, b) {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let i = 0; i < right.length; i++) {
    if ((left[i] ?? 0) !== right[i]) return (left[i] ?? 0) < right[i];
  }
  return false;
}

/** Runs `main` when the file is the one that node was asked to run; a failure is a message and exit code 1, not a stack. */
export async function runAsMain(url, main) {
  if (!process.argv[1] || pathToFileURL(path.resolve(process.argv[1])).href !== url) return;
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const expected = error instanceof Error && error.constructor !== TypeError && error.constructor !== ReferenceError;
    say(`✗ ${expected ? error.message : (error?.stack ?? error)}`);
    process.exitCode = 1;
  }
}

await runAsMain(import.meta.url, async () => {
  const { chrome, chromedriver, firefox } = await setup();
  say(`  Chromium: ${chrome}\n  ChromeDriver: ${chromedriver}\n  Firefox: ${firefox}\n  Tools: ${path.relative(root, toolsDir)}/bin`);
});
