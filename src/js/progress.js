// How far something is, for a caller who wants to hear it.

/** Told at most so often, in milliseconds. */
const PAUSE_MS = 100;

/**
 * What tells `listener`: `(isLast, progress)`, of which the last is told in any case, and `progress(now)` is asked for only what
 * is told. What the listener throws is the page's, as of any listener.
 */
export function teller(listener) {
  let told = -Infinity;
  return (isLast, progress) => {
    const now = performance.now();
    if (!isLast && now < told + PAUSE_MS) return;
    told = now;
    const snapshot = progress(now);
    queueMicrotask(() => listener(snapshot));
  };
}
