// Finds installed browsers and the ChromeDriver that fits.
// No npm package may be imported by this file: it runs before they are installed.
import path from "node:path";
import os from "node:os";
import { existsSync, readdirSync } from "node:fs";
import { isProgram, toolsDir, which } from "./paths.mjs";
import { capture } from "./run.mjs";

/** Where setup puts a ChromeDriver of the user's own. */
export const driversDir = path.join(toolsDir, "drivers");

const CHROME_NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "chrome",
  "microsoft-edge-stable",
  "microsoft-edge",
];
const MAC_CHROMES = ["Google Chrome", "Chromium", "Microsoft Edge"].flatMap((name) =>
  ["/Applications", path.join(os.homedir(), "Applications")].map((dir) => `${dir}/${name}.app/Contents/MacOS/${name}`),
);
const WINDOWS_DIRS = [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA].filter(Boolean);
const WINDOWS_CHROMES = WINDOWS_DIRS.flatMap((dir) =>
  [
    ["Google", "Chrome", "Application", "chrome.exe"],
    ["Chromium", "Application", "chrome.exe"],
    ["Microsoft", "Edge", "Application", "msedge.exe"],
  ].map((parts) => path.join(dir, ...parts)),
);

/** The variables by which a user names a browser, the first that is set wins. */
const chosen = (...names) => names.map((name) => [name, process.env[name]]).find(([, value]) => value);

/**
 * Every Chromium-like browser found, best first; a browser named by SPARK_BROWSER, CHROME_BIN or CHROME_PATH is the only one.
 * @returns {string[]}
 */
export function findChromes() {
  const named = chosen("SPARK_BROWSER", "CHROME_BIN", "CHROME_PATH");
  if (named) {
    const file = isProgram(named[1]) ? named[1] : which(named[1]);
    if (!file) throw new Error(`${named[0]} names no program: ${named[1]}. Correct it, or unset it to have a browser looked up.`);
    return [file];
  }
  const places = [...CHROME_NAMES.map((name) => which(name))];
  if (process.platform === "darwin") places.push(...MAC_CHROMES);
  if (process.platform === "win32") places.push(...WINDOWS_CHROMES);
  return [...new Set(places.filter((file) => isProgram(file)))];
}

/** Every ChromeDriver (or Edge's) found, best first. */
export function findDrivers() {
  const dirs = [
    process.env.CHROMEWEBDRIVER,
    process.env.EDGEWEBDRIVER,
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/snap/bin",
    ...downloadedDrivers(),
  ].filter(Boolean);
  const files = [process.env.CHROMEDRIVER, which("chromedriver"), which("msedgedriver"), which("chromium.chromedriver")];
  for (const dir of dirs) files.push(which("chromedriver", [dir]), which("msedgedriver", [dir]));
  return [...new Set(files.filter((file) => file && isProgram(file)))];
}

/** Stock Firefox, extended support release or not. */
export function findFirefox() {
  const named = chosen("SPARK_FIREFOX", "FIREFOX_BIN");
  if (named) {
    const file = isProgram(named[1]) ? named[1] : which(named[1]);
    if (!file) throw new Error(`${named[0]} names no program: ${named[1]}. Correct it, or unset it to have Firefox looked up.`);
    return file;
  }
  const places = [which("firefox-esr"), which("firefox")];
  if (process.platform === "darwin") places.push("/Applications/Firefox.app/Contents/MacOS/firefox");
  if (process.platform === "win32") {
    places.push(...WINDOWS_DIRS.map((dir) => path.join(dir, "Mozilla Firefox", "firefox.exe")));
  }
  return places.find((file) => file && isProgram(file));
}

/** The major version of a browser or driver; undefined when it does not tell. */
export async function majorVersion(file) {
  if (process.platform === "win32" && !/driver/i.test(path.basename(file))) {
    // On Windows `--version` opens a window; the version is the name of the folder beside the program.
    const names = readdirSync(path.dirname(file));
    return major(names.find((name) => /^\d+\.\d+\.\d+\.\d+$/.test(name)));
  }
  return major(await capture(file, ["--version"]));
}

/**
 * The browser to use and the driver of the same major version.
 * @returns {Promise<{ chrome?: string, version?: number, chromedriver?: string }>}
 */
export async function pairChrome() {
  const chromes = findChromes();
  if (chromes.length === 0) return {};
  const [browsers, drivers] = await Promise.all([withVersions(chromes), withVersions(findDrivers())]);
  for (const browser of browsers) {
    const fits = (driver) => driver.version === browser.version && isEdge(driver.file) === isEdge(browser.file);
    const driver = browser.version && drivers.find(fits);
    if (driver) return { chrome: browser.file, version: browser.version, chromedriver: driver.file };
  }
  return { chrome: browsers[0].file, version: browsers[0].version };
}

export const isEdge = (file) => /edge/i.test(path.basename(file));

/** Flags for a Chromium that only ever sees pages of this machine; `--no-sandbox` where Chromium refuses to run without it. */
export function chromeFlags() {
  const flags = [
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  return process.getuid?.() === 0 ? ["--no-sandbox", ...flags] : flags;
}

async function withVersions(files) {
  return Promise.all(files.map(async (file) => ({ file, version: await majorVersion(file) })));
}

function major(text) {
  const match = /(\d+)\.\d+\.\d+/.exec(text ?? "");
  return match ? Number(match[1]) : undefined;
}

function downloadedDrivers() {
  if (!existsSync(driversDir)) return [];
  return readdirSync(driversDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith("chromedriver-"))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}
