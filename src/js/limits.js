// What ends a batch before its time: its signal, and its own time.

import { makeError } from "./errors.js";

/** Calls `fail` with an error when the signal is aborted or the time is over; gives the function that lets go of both. */
export function limited({ signal, totalTimeout }, fail) {
  const abort = () => fail(makeError("CANCELLED", "The batch was cancelled.", undefined, undefined, signal.reason));
  if (signal?.aborted) {
    abort();
    return () => {};
  }
  signal?.addEventListener("abort", abort);
  let timer;
  if (totalTimeout !== undefined) {
    const message = `The batch ran out of time after ${totalTimeout} ms. Raise \`totalTimeout\`, or give it less.`;
    timer = setTimeout(() => fail(makeError("TIMEOUT", message)), totalTimeout);
  }
  return () => {
    signal?.removeEventListener("abort", abort);
    clearTimeout(timer);
  };
}
