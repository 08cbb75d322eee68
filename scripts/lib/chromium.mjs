// Headless Chromium (or Chrome, or Edge) driven by playwright-core, which brings no browser of its own.
import { chromium } from "playwright-core";
import { chromeFlags, findChromes } from "./browsers.mjs";

/**
 * Starts the installed browser with an empty profile.
 * @param {{ args?: string[], executablePath?: string } & import("playwright-core").LaunchOptions} [options]
 *   `args` come on top of the flags that every run needs
 * @returns {Promise<import("playwright-core").Browser>}
 */
export const launch = async (options) => chromium.launch(optionsOf(options));

/**
 * Starts it with a profile that stays in this folder, as a user has one; gives its only context.
 * @param {string} folder
 * @param {Parameters<typeof launch>[0]} [options]
 */
export const launchProfile = async (folder, options) => chromium.launchPersistentContext(folder, optionsOf(options));

function optionsOf({ args = [], executablePath = findChromes()[0], ...rest } = {}) {
  if (!executablePath) throw new Error("No Chromium-like browser is installed. Run `npm run setup`.");
  // Playwright would leave the sandbox off by default; only root has to.
  const chromiumSandbox = process.getuid?.() !== 0;
  return { executablePath, headless: true, chromiumSandbox, args: [...chromeFlags(), ...args], ...rest };
}
