// How a page creates a worker. Its script has an address that a page which enforces Trusted Types takes from a policy alone.

let policy;

/** The text as the page's own: `make` is "createScriptURL" or "createHTML". */
function trusted(text, make = "createScriptURL") {
  const createHTML = (text) => text;
  try {
    policy ??= globalThis.trustedTypes?.createPolicy("spark-execute", { createScriptURL: createHTML, createHTML });
  } catch {
    // The page does not allow the policy. If it enforces any, creating the worker fails and says so.
  }
  return policy ? policy[make](text) : text;
}

/** The name of a lock for a worker to hold; none where there are no locks, as on pages without https. */
export const lockName = () => (globalThis.navigator?.locks ? `spark-execute ${crypto.randomUUID()}` : undefined);

/** Calls back when the worker that holds the lock is gone, however it ended: no event tells of that. */
export const whenFree = (lock, gone) => void navigator.locks.request(lock, () => gone()).catch(() => {});

/** A worker that runs the script in a Blob. */
function fromBlob(script, options, Class) {
  const url = URL.createObjectURL(script);
  try {
    return new Class(trusted(url), options);
  } finally {
    // The browser has resolved the address by now; the Blob itself stays.
    URL.revokeObjectURL(url);
  }
}

/**
 * What creates the workers of one instance, by script and name: as the caller makes them, or by the caller's address of the
 * script, or from a Blob, those that run glue in a frame if the caller wants that (`framed`, see frame.js).
 */
export function creator({ workerUrl, createWorker, isolation } = {}, framed = undefined) {
  const inFrame = isolation && framed((text) => trusted(text, "createHTML"));
  return (script, name) => {
    if (createWorker) {
      const worker = createWorker({ name });
      if (typeof worker?.postMessage === "function") return worker;
      throw new TypeError("createWorker must return a Worker.");
    }
    if (workerUrl) return new Worker(trusted(String(workerUrl)), { name });
    // What unpacks evaluates no glue.
    if (inFrame && /replica/.test(name)) return inFrame((window) => fromBlob(script, { name }, window.Worker));
    return fromBlob(script, { name }, Worker);
  };
}
