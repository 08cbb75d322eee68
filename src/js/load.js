// What a caller hears of a load.

import { BadRequestError } from "./errors.js";
import { teller } from "./progress.js";

/** What tells `onProgress` how far a load is: its phase, and how many bytes of how many have come. */
export function progressTo(onProgress) {
  if ((onProgress ?? undefined) === undefined) return undefined;
  if (typeof onProgress !== "function") {
    const message = "options.onProgress must be a function of { loaded, total, phase }.";
    throw new BadRequestError(message, { path: "options.onProgress" });
  }
  const tell = teller(onProgress);
  let [loaded, total] = [0, undefined];
  return (phase, bytes) => {
    if (bytes) [loaded, total] = bytes;
    if (phase === "fetch" && loaded === total) phase = "unpack";
    tell(phase === "ready", () => ({ loaded, total, phase }));
  };
}
