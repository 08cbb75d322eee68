// Helpers inside the page, there before the package is loaded. Answers are plain data, for the test outside.
(() => {
  const DEADLINE_MS = 20_000;

  // On every machine as many replicas start.
  let count = 4;
  Object.defineProperty(navigator, "hardwareConcurrency", { get: () => count });

  const open = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (...of) => {
    const url = createObjectURL.apply(URL, of);
    open.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    open.delete(url);
    revokeObjectURL.call(URL, url);
  };

  const late = (promise) => {
    let timer;
    const deadline = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not settled within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    });
    return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
  };

  const helpers = {
    /** How many object URLs this page has not revoked. */
    openObjectUrls: () => open.size,

    /** How many processors the machine is taken to have from now on. */
    processors: (of) => void (count = of),

    /** A request with these inputs. */
    ask: (inputs, request_meta = {}) => ({ request_data: { inputs }, request_meta }),

    /** The outputs of a response. */
    outputsOf: async (promise) => (await late(promise)).response_data.outputs,

    /** What an error tells, as plain data. */
    describe(error) {
      const shown = ({ name, message }) => ({ name, message });
      const classes = Object.entries(globalThis.Spark?.WasmRunnerErrors ?? {});
      return {
        class: classes.find(([, known]) => error?.constructor === known)?.[0] ?? error?.constructor?.name,
        isError: error instanceof Error,
        name: error?.name,
        code: error?.code,
        status: error?.status,
        path: error?.path,
        allowed: error?.allowed,
        requested: error?.requested,
        message: error?.message ?? String(error),
        details: error?.details,
        cause: error?.cause instanceof Error ? shown(error.cause) : error?.cause,
        v3: error?.v3,
      };
    },

    /** What the promise was rejected with. */
    async refused(promise) {
      let value;
      try {
        value = await late(promise);
      } catch (error) {
        return helpers.describe(error);
      }
      throw new Error(`resolved, with ${JSON.stringify(value)?.slice(0, 300)}`);
    },

    /** What a function throws. */
    thrown(work) {
      try {
        work();
      } catch (error) {
        return helpers.describe(error);
      }
      throw new Error("nothing was thrown");
    },

    /** The value, or `{ failed }`, of each promise. */
    outcomes: (promises) =>
      Promise.all(promises.map((promise) => late(promise).catch((error) => ({ failed: helpers.describe(error) })))),

    /** A promise, and what settles it. */
    gate() {
      const gate = {};
      gate.promise = new Promise((resolve, reject) => Object.assign(gate, { resolve, reject }));
      return gate;
    },

    /** The bytes at an address. */
    bytesAt: async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer()),

    /** Bytes as base64. */
    base64: (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),

    /** Bytes as hexadecimal SHA-256. */
    async sha256(bytes) {
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },

    /** Freezes an object and all below it. */
    deepFreeze(value) {
      if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(helpers.deepFreeze);
      return value;
    },

    /** Waits until `check` is true, looking again whenever the page has had a turn. */
    async until(check) {
      const end = performance.now() + DEADLINE_MS;
      while (!check()) {
        if (performance.now() > end) throw new Error(`never true: ${check}`);
        await new Promise((turn) => setTimeout(turn, 0));
      }
    },
  };
  Object.assign(globalThis, helpers);
})();
