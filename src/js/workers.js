// How a page creates a worker. Its script has an address that a page which enforces Trusted Types takes from a policy alone.

let policy;

function trusted(url) {
  try {
    policy ??= globalThis.trustedTypes?.createPolicy("spark-execute", { createScriptURL: (url) => url });
  } catch {
    // The page does not allow the policy. If it enforces any, creating the worker fails and says so.
  }
  return policy ? policy.createScriptURL(url) : url;
}

/** The name of a lock for a worker to hold; none where there are no locks, as on pages without https. */
export const lockName = () => (globalThis.navigator?.locks ? `spark-execute ${crypto.randomUUID()}` : undefined);

/** Calls back when the worker that holds the lock is gone, however it ended: no event tells of that. */
export const whenFree = (lock, gone) => void navigator.locks.request(lock, () => gone()).catch(() => {});

/** A worker of this name that runs the script in a Blob. */
export function createWorker(script, name) {
  const url = URL.createObjectURL(script);
  try {
    return new Worker(trusted(url), { name });
  } finally {
    // The browser has resolved the address by now; the Blob itself stays.
    URL.revokeObjectURL(url);
  }
}
