// When the page's own code runs, and when it does not.

/** Calls back in a turn of its own, after the messages that have arrived by now. Unlike a timer's it is never throttled. */
export function later(callback) {
  if (!globalThis.MessageChannel) return void setTimeout(callback);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(0);
}

/** Tells for how many milliseconds the page was frozen, or left and come back to: nothing of it ran, workers included. */
export function watchSleep(slept) {
  let since;
  const asleep = () => (since ??= performance.now());
  const awake = () => {
    if (since !== undefined) slept(performance.now() - since);
    since = undefined;
  };
  for (const type of ["freeze", "pagehide"]) globalThis.addEventListener?.(type, asleep, true);
  for (const type of ["resume", "pageshow"]) globalThis.addEventListener?.(type, awake, true);
}
