// System packages and drivers: installed where that is expected (root on Debian and Ubuntu, CI), otherwise the command is told.
// No npm package may be imported by this file: it runs before they are installed.
import { existsSync, readFileSync } from "node:fs";
import { which } from "./paths.mjs";
import { capture, run, say } from "./run.mjs";
import { driversDir, isEdge } from "./browsers.mjs";

const PACKAGES = {
  debian: {
    // The sandbox helper and a font are only "recommended" by Debian, but Chromium is of little use without them.
    chrome: ["chromium", "chromium-sandbox", "fonts-liberation"],
    driver: ["chromium-driver"],
    firefox: ["firefox-esr"],
  },
  ubuntu: { chrome: ["chromium-browser"], driver: ["chromium-chromedriver"], firefox: ["firefox"] },
};

/** `debian`, `ubuntu`, or undefined where apt is not the way. */
export function distribution() {
  if (process.platform !== "linux" || !which("apt-get") || !existsSync("/etc/os-release")) return undefined;
  const text = readFileSync("/etc/os-release", "utf8");
  return /^ID(_LIKE)?=.*ubuntu/m.test(text) ? "ubuntu" : "debian";
}

function packagesFor(lacking, kind) {
  // Debian's driver belongs to Debian's own Chromium: a driver is lacking where another Chrome is there, so both come.
  const parts = lacking.includes("driver") ? ["chrome", ...lacking] : lacking;
  return [...new Set(parts.flatMap((name) => PACKAGES[kind][name]))];
}

/**
 * Installs what is lacking by apt-get when this user may and it is expected of us; false when not.
 * @param {string[]} lacking of chrome, driver, firefox
 */
export async function installSystemPackages(lacking) {
  const kind = distribution();
  if (!kind) return false;
  let prefix;
  if (process.getuid?.() === 0) prefix = [];
  else if (process.env.CI && (await capture("sudo", ["-n", "true"])) !== undefined) prefix = ["sudo", "-n"];
  else return false;
  const packages = packagesFor(lacking, kind);
  const env = ["env", "DEBIAN_FRONTEND=noninteractive"];
  const apt = async (title, ...args) => {
    const [command, ...rest] = [...prefix, ...env, "apt-get", "-q", ...args];
    // A package database held by another program is waited for, not failed upon.
    await run(command, [...rest, "-o", "DPkg::Lock::Timeout=300"], { title });
  };
  try {
    await apt("apt-get update", "update");
    await apt(`apt-get install ${packages.join(" ")}`, "install", "-y", "--no-install-recommends", ...packages);
  } catch (error) {
    say(error.message);
    return false;
  }
  return true;
}

/** A ChromeDriver for the installed browser, into the project's folder: nothing system-wide, so it needs no rights. */
export async function installDriver({ chrome, version }) {
  if (!version || isEdge(chrome)) return false;
  const result = await run("npx", ["--yes", "@puppeteer/browsers@2", ...driverArgs(version)], {
    title: `ChromeDriver ${version} for ${chrome}`,
    check: false,
    timeout: 180_000,
  });
  return result.code === 0;
}

/** The commands that a person would type. */
export function installCommands(lacking, { chrome, version } = {}) {
  const kind = distribution();
  if (kind) return [`sudo apt-get update && sudo apt-get install -y ${packagesFor(lacking, kind).join(" ")}`];
  const commands = [];
  const mac = { chrome: "brew install --cask google-chrome", firefox: "brew install --cask firefox" };
  const windows = { chrome: "winget install Google.Chrome", firefox: "winget install Mozilla.Firefox" };
  const linux = { chrome: "(your package manager) chromium", firefox: "(your package manager) firefox" };
  const table = { darwin: mac, win32: windows }[process.platform] ?? linux;
  for (const name of lacking) {
    if (table[name]) commands.push(table[name]);
    else if (chrome && isEdge(chrome)) commands.push(`${table.chrome}   (the wasm tests do not run in Edge)`);
    else if (version) commands.push(`npx @puppeteer/browsers@2 ${driverArgs(version).join(" ")}`);
  }
  return commands;
}

const driverArgs = (version) => ["install", `chromedriver@${version}`, "--path", driversDir];
