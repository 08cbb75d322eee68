// Speaks the DevTools protocol with a page and with the workers that it starts: about their heaps, which only it tells.

/**
 * To be called before the workers are there.
 * @returns {Promise<{ page: Send, workers: () => Send[] }>} where `Send` is `(method, params?) => Promise<object>`
 */
export async function attach(page) {
  const cdp = await page.context().newCDPSession(page);
  const workers = new Map();
  const waiting = new Map();
  let next = 0;
  cdp.on("Target.attachedToTarget", ({ sessionId }) => workers.set(sessionId, (...args) => ask(sessionId, ...args)));
  cdp.on("Target.detachedFromTarget", ({ sessionId }) => workers.delete(sessionId));
  cdp.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    if (!waiting.has(id)) return;
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  });
  const ask = (sessionId, method, params = {}) => {
    const id = ++next;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      const message = JSON.stringify({ id, method, params });
      cdp.send("Target.sendMessageToTarget", { sessionId, message }).catch(reject);
    });
  };
  // Not flat: the messages of workers then come through this connection.
  await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  return { page: (method, params) => cdp.send(method, params), workers: () => [...workers.values()] };
}

/** Bytes on a heap (JavaScript, DOM, buffers) when all garbage was collected. */
export async function heapOf(send) {
  await collect(send);
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await send("Runtime.getHeapUsage");
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}

/** The same of a page and of its workers. */
export async function heapsOf({ page, workers }) {
  const heaps = { page: await heapOf(page), workers: [] };
  for (const send of workers()) heaps.workers.push(await heapOf(send));
  return heaps;
}

export const total = ({ page, workers }) => workers.reduce((sum, used) => sum + used, page);

/** Collects the garbage; what one collection frees may be what another object waited for. */
async function collect(send) {
  for (let i = 0; i < 4; i++) await send("HeapProfiler.collectGarbage");
}
