// The text of every worker: our bindings and this start. The first message brings our compiled module; from then on Rust
// listens. What goes wrong before, or outside any call, is reported, since browsers keep some of it to themselves.

import { inflate } from "./inflate.js";

const bindings = require("spark:glue");

/** This worker is of no further use. It names the call that it computes, or computed last: the page knows which are over. */
const fail = (code, message, details) => {
  const failure = [code, message, null, String(details ?? "")];
  const { computing } = environment;
  postMessage(computing ? ["CallFailed", ...failure, computing, 1] : ["Failed", ...failure]);
};

const { importScripts, trustedTypes } = self;

// Captured before any model's code runs.
const environment = {
  inflate,
  refused: false,
  computing: 0,

  importScripts(url) {
    let policy;
    try {
      // As on the page, whose policy the worker inherits.
      policy = trustedTypes?.createPolicy("spark-execute", { createScriptURL: (url) => url });
    } catch {
      // There may be no need for it.
    }
    importScripts(policy ? policy.createScriptURL(url) : url);
  },

  /** Notes when glue refuses an engine more memory: the abort that follows says nothing of it. */
  watchGrowth(imports) {
    for (const module of Object.values(imports ?? {})) {
      for (const [key, grow] of Object.entries(module ?? {})) {
        // Optimised builds shorten the import's name, and keep the function's.
        if (!/resize_heap$/.test(key) && !/resize_heap$/.test(grow?.name)) continue;
        module[key] = (size) => {
          const grown = grow(size);
          environment.refused = !grown;
          return grown;
        };
      }
    }
  },
};

const unhandled = (event, reason) => {
  event.preventDefault();
  // An engine that fails after it was suspended fails here: the promise that waits for it stays open.
  if (environment.refused) fail("OUT_OF_MEMORY", "The model ran out of memory. Give it less data, or run fewer replicas.", reason);
  else if (reason instanceof WebAssembly.RuntimeError) fail("ENGINE_TRAP", "The model's engine crashed.", reason);
  else fail("WORKER_CRASHED", "Something inside the worker failed and nobody handled it.", reason);
};

self.addEventListener("unhandledrejection", (event) => unhandled(event, event.reason));
self.addEventListener("error", (event) => unhandled(event, event.error ?? event.message));

self.addEventListener("messageerror", () => {
  fail("WORKER_START", "The worker could not receive a message: the browser would not hand over a compiled module.");
});

self.addEventListener(
  "message",
  ({ data }) => {
    try {
      bindings.initSync({ module: data.module });
      if (data.role === "unpack") return bindings.unpack_main();
      environment.held = new Promise((held) => {
        // Until this worker ends, however it does: the page asks for the lock too.
        const hold = () => {
          postMessage(["Held"]);
          held();
          return new Promise(() => {});
        };
        if (data.lock) navigator.locks.request(data.lock, hold).catch(held);
        else held();
      });
      const receive = bindings.worker_main(environment);
      // The answer to a call comes back as the return value and is posted from here: one crossing less.
      self.onmessage = ({ data }) => {
        const reply = receive(data);
        if (reply !== undefined) postMessage(reply);
      };
    } catch (error) {
      fail("WORKER_START", "The worker could not start our WebAssembly.", error);
    }
  },
  { once: true },
);
