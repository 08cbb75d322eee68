// Runs programs: quiet while all goes well, one live line for what takes long, the end of the log upon failure.
// No npm package may be imported by this file: it runs before they are installed.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import path from "node:path";
import { root, toolEnv } from "./paths.mjs";

const live = Boolean(process.stderr.isTTY) && !process.env.CI;
/** Without a terminal a long step says now and then that it is alive. */
const HEARTBEAT_MS = 30_000;
const TAIL_LINES = 60;
const children = new Set();

/** Progress goes to stderr, so that stdout carries results only. */
export const say = (text) => void process.stderr.write(`${text}\n`);

/** `1.2 s`, `3 min 05 s`. */
export function elapsed(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${String(Math.floor((ms % 60_000) / 1000)).padStart(2, "0")} s`;
}

/** A program that could not be started or ended badly. Its message ends with the last lines that it printed. */
export class RunError extends Error {
  constructor(message, result) {
    super(message);
    this.name = "RunError";
    Object.assign(this, result);
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [title] shown while it runs and with the time when it ends; nothing is shown without one
 * @property {string} [cwd] the repository's top folder unless told
 * @property {Record<string, string | undefined>} [env] variables on top of the project's environment
 * @property {string[]} [path] folders put on PATH right after the project's own tools
 * @property {string} [log] a file that takes the whole output
 * @property {boolean} [stream] pass the output on as it comes
 * @property {boolean} [check] throw on a non-zero exit code (default true)
 * @property {number} [timeout] milliseconds after which the program and its children are ended
 *
 * @typedef {object} RunResult
 * @property {number} code @property {string} stdout @property {string} stderr
 * @property {string} output both, in the order in which they came @property {number} ms
 */

/**
 * Runs a program to its end.
 * @param {string} command @param {string[]} [args] @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export async function run(command, args = [], options = {}) {
  const { title, cwd = root, env = {}, path: first = [], log, stream = false, check = true, timeout } = options;
  const began = Date.now();
  const progress = title ? startProgress(title, began, stream) : undefined;
  let sink;
  if (log) {
    mkdirSync(path.dirname(log), { recursive: true });
    sink = createWriteStream(log);
  }
  const result = { code: -1, stdout: "", stderr: "", output: "", ms: 0 };
  let timedOut = false;
  try {
    result.code = await new Promise((resolve, reject) => {
      // npm, npx and friends are .cmd files on Windows, which only a shell can start.
      const shell = process.platform === "win32" && !/\.exe$/i.test(command);
      const detached = process.platform !== "win32";
      const child = spawn(command, args, { cwd, env: toolEnv({ first, env }), stdio: ["ignore", "pipe", "pipe"], shell, detached });
      children.add(child);
      const timer = timeout && setTimeout(() => ((timedOut = true), killTree(child)), timeout);
      for (const name of ["stdout", "stderr"]) {
        child[name].setEncoding("utf8");
        child[name].on("data", (text) => {
          result[name] += text;
          result.output += text;
          sink?.write(text);
          if (stream) process.stderr.write(text);
          progress?.note(text);
        });
      }
      child.on("error", reject);
      child.on("close", (code, signal) => {
        clearTimeout(timer);
        children.delete(child);
        if (signal) result.output += `\n(ended by ${signal}${timedOut ? ` after ${elapsed(timeout)}` : ""})\n`;
        resolve(code ?? 1);
      });
    });
  } catch (error) {
    result.output += `cannot start ${command}: ${error.message}\n`;
  }
  result.ms = Date.now() - began;
  await new Promise((done) => (sink ? sink.end(done) : done()));
  const failed = result.code !== 0;
  progress?.end(failed);
  if (failed && check) {
    const line = [command, ...args].join(" ");
    const why = timedOut ? `took longer than ${elapsed(timeout)}` : `failed (exit code ${result.code})`;
    throw new RunError(`${line}\n${why}${log ? `; whole log: ${path.relative(root, log)}` : ""}\n${tail(result.output)}`, result);
  }
  return result;
}

/** What a program prints, trimmed; undefined when it cannot be started or fails. */
export async function capture(command, args = [], options = {}) {
  const result = await run(command, args, { timeout: 60_000, ...options, check: false });
  return result.code === 0 ? result.stdout.trim() : undefined;
}

/** The last lines of a log. */
export function tail(text, lines = TAIL_LINES) {
  const all = clean(text).trimEnd().split("\n");
  return (all.length > lines ? [`  … ${all.length - lines} lines above`, ...all.slice(-lines)] : all).join("\n");
}

/** Runs `work` as a named step that is not a program: the same one line with its time. */
export async function step(title, work) {
  const progress = startProgress(title, Date.now(), false);
  try {
    const value = await work();
    progress.end(false);
    return value;
  } catch (error) {
    progress.end(true);
    throw error;
  }
}

/** Ends a child and what it started: browsers and drivers would live on otherwise. */
export function killTree(child, signal = "SIGKILL") {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore" });
    else process.kill(-child.pid, signal);
  } catch {
    child.kill(signal);
  }
}

/** Children that live in a process group of their own are ended together with this process. */
export function adopt(child) {
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

process.on("exit", () => children.forEach((child) => killTree(child)));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.once(signal, () => process.exit(code));
}

function startProgress(title, began, quiet) {
  let last = "";
  const draw = () => {
    const head = `  ${title} … ${elapsed(Date.now() - began)}`;
    const room = (process.stderr.columns || 100) - head.length - 3;
    process.stderr.write(`\r\x1b[2K${head}${room > 10 && last ? `  ${last.slice(0, room)}` : ""}`);
  };
  const beat = () => say(`  ${title} … ${elapsed(Date.now() - began)}${last ? `  (${last.slice(0, 90)})` : ""}`);
  const timer = quiet ? undefined : setInterval(live ? draw : beat, live ? 200 : HEARTBEAT_MS);
  timer?.unref();
  if (quiet) say(`  ${title}`);
  return {
    note(text) {
      const lines = clean(text).split("\n").filter((line) => line.trim());
      if (lines.length) last = lines[lines.length - 1].trim();
    },
    end(failed) {
      clearInterval(timer);
      if (live && !quiet) process.stderr.write("\r\x1b[2K");
      say(`${failed ? "✗" : "✓"} ${title} (${elapsed(Date.now() - began)})`);
    },
  };
}

/** Without colour codes; a line that a program rewrote in place counts as several. */
function clean(text) {
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replace(/\r\n?/g, "\n");
}
