// The text of every worker: our bindings and this start. The first message brings our compiled module; from then on Rust
// listens. What goes wrong before, or outside any call, is reported, since browsers keep some of it to themselves.

import { inflate } from "./inflate.js";
import { lockDown } from "./lockdown.js";

const bindings = require("spark:glue");

/** For a worker that the page serves as a file, which has a policy of its own. */
const OWN_POLICY =
  "Where workerUrl or createWorker is used, the policy that worker.js is served with must have script-src 'wasm-unsafe-eval' blob:.";

/** This worker is of no further use. It names the call that it computes, or computed last: the page knows which are over. */
const fail = (code, message, details, allowed, requested) => {
  const failure = [code, message, null, String(details ?? ""), allowed, requested];
  const { computing } = environment;
  postMessage(computing ? ["CallFailed", ...failure, computing, 1] : ["Failed", ...failure]);
};

let lockdown;

const environment = {
  inflate,
  computing: 0,
  limit: 0,
  wanted: 0,
  refused: 0,

  /** Engines that ask without glue leave no word of how much. */
  isOverLimit() {
    const { limit, refused } = environment;
    // Glue lets engines have all there are addresses for, but for a page.
    return limit > 0 ? !refused || refused > limit : refused > 0xffff0000;
  },

  /** The module was compiled for so many pages: memory that glue makes for it must not have more, or they do not link. */
  limitMemory(pages) {
    const { Memory } = WebAssembly;
    const { prototype } = Memory;
    const { grow } = prototype;
    environment.limit = pages * 65536;
    WebAssembly.Memory = function (descriptor) {
      return new Memory({ ...descriptor, maximum: descriptor.maximum < pages ? descriptor.maximum : pages });
    };
    WebAssembly.Memory.prototype = prototype;
    prototype.grow = function (more) {
      const size = this.buffer.byteLength;
      const { wanted, limit } = environment;
      // Glue takes a fifth more than the engine asks for, and gives up when even a twentieth more is not there.
      if (wanted && wanted <= limit && size + more * 65536 > limit) more = pages - size / 65536;
      try {
        const before = grow.call(this, more);
        environment.refused = 0;
        return before;
      } catch (error) {
        environment.refused = wanted || size + Number(more) * 65536;
        throw error;
      }
    };
  },

  /** Evaluates a model's glue, in a scope without ways out of it, unless the page wants it open. */
  importScripts(url) {
    const { importScripts, trustedTypes } = self;
    try {
      // As on the page, whose policy the worker inherits.
      url = trustedTypes?.createPolicy("spark-execute", { createScriptURL: (url) => url }).createScriptURL(url) ?? url;
    } catch {
      // There may be no need for it.
    }
    if (lockdown) lockDown();
    importScripts(url);
  },

  /** Notes when glue refuses an engine more memory: the abort that follows says nothing of it. */
  watchGrowth(imports) {
    for (const module of Object.values(imports ?? {})) {
      for (const [key, grow] of Object.entries(module ?? {})) {
        // Optimised builds shorten the import's name, and keep the function's.
        if (!/resize_heap$/.test(key) && !/resize_heap$/.test(grow?.name)) continue;
        module[key] = (size) => {
          const wanted = Number(size) >>> 0;
          environment.wanted = wanted;
          const grown = grow(size);
          environment.wanted = 0;
          environment.refused = grown ? 0 : wanted;
          return grown;
        };
      }
    }
  },
};

const unhandled = (event, reason) => {
  event.preventDefault();
  // An engine that fails after it was suspended fails here: the promise that waits for it stays open.
  const { limit, refused } = environment;
  if (refused && environment.isOverLimit()) {
    fail("MEMORY_LIMIT", "The model asked for more memory than its `memoryLimit`. Give it less data, or raise that.", reason, limit, refused);
  } else if (refused) fail("OUT_OF_MEMORY", "The model ran out of memory. Give it less data, or run fewer replicas.", reason);
  else if (reason instanceof WebAssembly.RuntimeError) fail("ENGINE_TRAP", "The model's engine crashed.", reason);
  else fail("WORKER_CRASHED", "Something inside the worker failed and nobody handled it.", reason);
};

self.addEventListener("unhandledrejection", (event) => unhandled(event, event.reason));
self.addEventListener("error", (event) => unhandled(event, event.error ?? event.message));

self.addEventListener("messageerror", () => {
  fail("WORKER_START", `The worker could not receive a message: the browser would not hand over a compiled module. ${OWN_POLICY}`);
});

self.addEventListener(
  "message",
  ({ data }) => {
    try {
      if (data.build !== "SPARK_BUILD") {
        return fail("WORKER_START", "The page's workerUrl or createWorker runs worker.js of another version. Copy it from the package again.");
      }
      bindings.initSync({ module: data.module });
      lockdown = data.lockdown;
      if (data.role === "unpack") return bindings.unpack_main();
      environment.held = new Promise((held) => {
        // Until this worker ends, however it does: the page asks for the lock too.
        const hold = () => {
          postMessage(["Held"]);
          held();
          return new Promise(() => {});
        };
        if (data.lock && navigator.locks) navigator.locks.request(data.lock, hold).catch(held);
        else held();
      });
      const receive = bindings.worker_main(environment);
      // The answer to a call comes back as the return value and is posted from here: one crossing less.
      self.onmessage = ({ data }) => {
        const reply = receive(data);
        if (reply !== undefined) postMessage(reply);
      };
    } catch (error) {
      fail("WORKER_START", `The worker could not start our WebAssembly. ${OWN_POLICY}`, error);
    }
  },
  { once: true },
);
