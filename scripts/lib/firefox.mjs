// Stock Firefox (ESR or not) driven by WebDriver BiDi over its own remote agent: no geckodriver, no patched browser.
// Pages look like Playwright's as far as they go: goto, evaluate, waitForFunction, on, close.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import path from "node:path";
import WebSocket from "ws";
import { findFirefox } from "./browsers.mjs";
import { outDir } from "./paths.mjs";
import { adopt, killTree, tail } from "./run.mjs";

const START_MS = 60_000;

/** A new profile that asks nothing, and nobody outside of this machine. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage": "about:blank",
  "browser.startup.page": 0,
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

/**
 * Starts Firefox.
 * @param {{ args?: string[], executablePath?: string, preferences?: Record<string, unknown> }} [options]
 */
export async function launch({ args = [], executablePath = findFirefox(), preferences = {} } = {}) {
  if (!executablePath) throw new Error("Firefox is not installed. Run `npm run setup`.");
  mkdirSync(outDir, { recursive: true });
  const profile = mkdtempSync(path.join(outDir, "firefox-"));
  const lines = Object.entries({ ...PREFERENCES, ...preferences }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(path.join(profile, "user.js"), lines.join("\n"));

  const flags = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", ...args, "about:blank"];
  const child = adopt(
    spawn(executablePath, flags, { stdio: ["ignore", "ignore", "pipe"], detached: process.platform !== "win32" }),
  );
  const gone = new Promise((resolve) => child.once("close", resolve));
  const discard = async () => {
    killTree(child);
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await listeningAddress(child);
    const connection = await Connection.open(`${address}/session`);
    const { capabilities } = await connection.send("session.new", { capabilities: {} });
    await connection.send("session.subscribe", { events: ["log.entryAdded"] });
    return new Browser(connection, capabilities.browserVersion, discard);
  } catch (error) {
    await discard();
    throw error;
  }
}

function listeningAddress(child) {
  return new Promise((resolve, reject) => {
    let log = "";
    const fail = (why) => reject(new Error(`Firefox ${why}\n${tail(log)}`));
    const timer = setTimeout(() => fail(`did not open its remote agent within ${START_MS / 1000} s`), START_MS);
    child.once("error", (error) => fail(`cannot be started: ${error.message}`));
    child.once("close", (code) => fail(`ended while starting (exit code ${code})`));
    child.stderr.setEncoding("utf8").on("data", (text) => {
      log += text;
      const match = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(log);
      if (!match) return;
      clearTimeout(timer);
      resolve(match[1]);
    });
  });
}

/** Commands and events of one WebDriver BiDi session. */
class Connection extends EventEmitter {
  #socket;
  #last = 0;
  #pending = new Map();

  static open(address) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address, { maxPayload: 1 << 30 });
      socket.once("open", () => resolve(new Connection(socket)));
      socket.once("error", reject);
    });
  }

  constructor(socket) {
    super();
    this.setMaxListeners(0);
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(JSON.parse(data.toString())));
    socket.on("close", () => this.#abandon(new Error("Firefox closed the connection")));
    socket.on("error", (error) => this.#abandon(error));
  }

  send(method, params) {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error(`Firefox is closed (${method})`));
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { method, resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close() {
    this.#socket.close();
  }

  #receive(message) {
    if (message.type === "event") return void this.emit(message.method, message.params);
    const call = this.#pending.get(message.id);
    if (!call) return;
    this.#pending.delete(message.id);
    if (message.type === "success") call.resolve(message.result);
    else call.reject(new Error(`Firefox, ${call.method}: ${message.message}`));
  }

  #abandon(error) {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

class Browser {
  #connection;
  #version;
  #discard;

  constructor(connection, version, discard) {
    this.#connection = connection;
    this.#version = version;
    this.#discard = discard;
  }

  /** As `Browser.version()` in Playwright. */
  version() {
    return this.#version;
  }

  async newPage() {
    const { context } = await this.#connection.send("browsingContext.create", { type: "tab" });
    return new Page(this.#connection, context);
  }

  async close() {
    await this.#connection.send("browser.close", {}).catch(() => undefined);
    this.#connection.close();
    await this.#discard();
  }
}

/** Emits `console` ({ type(), text() }) and `pageerror` (Error), as Playwright's pages do. */
class Page extends EventEmitter {
  #connection;
  #context;
  #listen;

  constructor(connection, context) {
    super();
    this.#connection = connection;
    this.#context = context;
    this.#listen = (entry) => {
      if (entry.source?.context !== context) return;
      const text = entry.text ?? "";
      if (entry.type === "console") this.emit("console", { type: () => entry.method, text: () => text });
      else if (entry.level === "error") this.emit("pageerror", new Error(text));
    };
    connection.on("log.entryAdded", this.#listen);
  }

  /** Navigates and waits for the load event. */
  async goto(url) {
    await this.#connection.send("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  /**
   * Runs a function (or evaluates an expression) in the page and awaits it; argument and result travel as JSON.
   * The page's Content Security Policy does not apply to it.
   */
  async evaluate(work, argument) {
    const call = typeof work === "function" ? `(${work})(...JSON.parse(text))` : `(${work})`;
    const { type, result, exceptionDetails } = await this.#connection.send("script.callFunction", {
      functionDeclaration: `async (text) => JSON.stringify(await ${call})`,
      arguments: [{ type: "string", value: JSON.stringify(argument === undefined ? [] : [argument]) }],
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (type === "exception") throw new Error(`Firefox, in the page: ${exceptionDetails.text}`);
    return result.type === "string" ? JSON.parse(result.value) : undefined;
  }

  /** Waits until a function in the page returns something true, and returns that. */
  async waitForFunction(work, argument, { timeout = 30_000 } = {}) {
    const poll = `async ({ argument, timeout }) => {
      const until = performance.now() + timeout;
      for (;;) {
        const value = await (${work})(argument);
        if (value) return { value };
        if (performance.now() > until) return null;
        await new Promise((next) => setTimeout(next, 20));
      }
    }`;
    const found = await this.evaluate(`(${poll})(...JSON.parse(text))`, { argument, timeout });
    if (!found) throw new Error(`Firefox: not true within ${timeout} ms: ${work}`);
    return found.value;
  }

  async close() {
    this.#connection.off("log.entryAdded", this.#listen);
    await this.#connection.send("browsingContext.close", { context: this.#context });
  }
}
