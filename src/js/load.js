// What a caller hears of a load.

import { BadRequestError } from "./errors.js";

/** Told at most so often, in milliseconds; the end of a load is always told. */
const PAUSE = 100;

/** What tells `onProgress` how far a load is: its phase, and how many bytes of how many have come. */
export function progressTo(onProgress) {
  if ((onProgress ?? undefined) === undefined) return undefined;
  if (typeof onProgress !== "function") {
    const message = "options.onProgress must be a function of { loaded, total, phase }.";
    throw new BadRequestError(message, { path: "options.onProgress" });
  }
  let told = -Infinity;
  let [loaded, total] = [0, undefined];
  return (phase, bytes) => {
    if (bytes) [loaded, total] = bytes;
    if (phase === "fetch" && loaded === total) phase = "unpack";
    const now = performance.now();
    if (phase !== "ready" && now < told + PAUSE) return;
    told = now;
    const progress = { loaded, total, phase };
    // What it throws does not reach us.
    queueMicrotask(() => onProgress(progress));
  };
}
