// What is told to whoever observes: log lines, and the browser's timeline. Never payloads, credentials or whole addresses.

import { WasmRunnerErrors } from "./errors.js";

/** The steps of a start, by the numbers that workers give them. */
const PHASES = ["worker", "fetch", "verify", "unpack", "compile", "glue", "instantiate", "construct", "cache"];

/** What becomes of an event in a log: its level and its words. */
const LINES = {
  load: ["info", () => "is being loaded"],
  ready: ["info", ({ replica, times }) => `has replica ${replica} ready after ${Math.round(times?.total)} ms`],
  cache: ["info", ({ status, reason }) => `in the cache: ${status}${reason ? ` (${reason})` : ""}`],
  evict: ["info", () => "left memory to make room"],
  crash: ["error", ({ replica, error }) => `lost replica ${replica}: ${error.code}: ${error.message}`],
  restart: ["info", ({ replica }) => `has replica ${replica} starting in the place of a lost one`],
  fallback: ["info", ({ error }) => `goes online: ${error.code}: ${error.message}`],
  execute: ["debug", ({ path, error }) => (error ? `failed a call: ${error.code}` : `answered a call ${path}`)],
};

const LEVELS = ["debug", "info", "warn", "error", "silent"];

/** Refuses an object that could hear nothing. */
export function checkLogger(logger) {
  if (typeof logger !== "object" || LEVELS.some((level) => typeof logger?.[level] === "function") || logger === null) return;
  const message = "logger has none of the functions debug, info, warn and error. Give an object that has, such as console, or a function.";
  throw new WasmRunnerErrors.ConfigurationError(message, { path: "logger" });
}

/** What logs a line: `undefined` where nobody asked for a log. */
export function logOf(config) {
  const { logger, logLevel } = config;
  if ((logger ?? logLevel ?? undefined) === undefined) return undefined;
  const least = LEVELS.indexOf(logLevel ?? "info");
  const target = logger ?? console;
  return (level, text) => {
    if (LEVELS.indexOf(level) < least) return;
    try {
      const line = `[spark-execute] ${text}`;
      const told = typeof target === "function" ? target(level, line) : target[level]?.(line);
      told?.then?.(undefined, () => {});
    } catch {
      // A logger that fails must not end what it is told of.
    }
  };
}

/** The line for an event. */
export function logEvent(log, type, detail) {
  const [level, words] = LINES[type] ?? ["info", () => "The instance was destroyed."];
  log(level, detail ? `${detail.versionId} ${words(detail)}` : words());
}

/** A stretch of time on the browser's timeline; times are this page's. */
function onTimeline(name, start, end, detail) {
  try {
    performance.measure(`spark-execute ${name}`, { start, end, detail });
  } catch {
    // An old browser, or a time that cannot be.
  }
}

/** Puts what ends now onto the timeline. */
export const measure = (name, began, detail) => onTimeline(name, began, performance.now(), detail);

/** The same for a call and its steps: what did not happen has no time. */
export function measureCall(detail, slept, began, encoding, posted, computing, answered) {
  const end = performance.now();
  const entered = began - (encoding || 0);
  const computes = Math.max(answered - computing, began);
  const step = (name, from, to) => from > 0 && to > 0 && onTimeline(name, from + slept, to + slept, detail);
  step("call", entered, end - slept);
  if (encoding) step("encode", entered, began);
  step("wait", began, Math.min(posted, answered ? computes : posted));
  step("compute", answered && computes, answered);
  step("decode", answered, end - slept);
}

/**
 * How long a start took, in milliseconds. `told`: what workers say of it, each `[phase, from, to, …]` on a clock that all
 * threads share; steps overlap, so that `total` is not their sum.
 */
export function times(told, began, worker, timings, { versionId, replica }) {
  const took = { total: performance.now() - began };
  const note = (phase, from, to) => {
    const name = PHASES[phase];
    // A worker that runs others' code may say anything.
    if (!name || !(to >= from && from > 0)) return;
    took[name] = (took[name] ?? 0) + to - from;
    if (timings) onTimeline(name, from, to, { versionId, replica });
  };
  note(0, began, began + worker);
  for (const list of told) {
    for (let at = 0; at < 60 && at < list?.length; at += 3) {
      note(list[at], list[at + 1] - performance.timeOrigin, list[at + 2] - performance.timeOrigin);
    }
  }
  if (timings) onTimeline("start", began, began + took.total, { versionId, replica });
  return Object.freeze(took);
}
