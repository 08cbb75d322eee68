// Where the records of a batch come from.

import { makeError } from "./errors.js";

/** What is wrong where a source throws. */
export function sourceError(cause, pulled) {
  const said = String(cause?.message ?? cause);
  const message = `The batch's source threw after ${pulled} records (${said}). Mend the source.`;
  return makeError("REQUEST_INVALID", message, "inputs", undefined, cause);
}

/** The iterator, sync or async, of an array, an iterable, an async iterable or a `ReadableStream`. */
export function iteratorOf(source) {
  try {
    const start = source?.[Symbol.asyncIterator] ?? source?.[Symbol.iterator];
    if (typeof start === "function" && typeof source !== "string") return start.call(source);
    // Not every browser's streams can be iterated.
    if (typeof source?.getReader === "function") {
      const reader = source.getReader();
      return {
        next: () => reader.read(),
        return: () => reader.cancel(),
      };
    }
  } catch (cause) {
    throw sourceError(cause, 0);
  }
  const message = "executeMany needs the records as an array, an iterable, an async iterable or a ReadableStream.";
  throw makeError("REQUEST_INVALID", message, "inputs");
}
