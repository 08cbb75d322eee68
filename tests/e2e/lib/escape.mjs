// The package *escape*: its glue tries every way out of its worker, while it is evaluated, while it computes and
// afterwards, and reports what it reached; or it forges the messages that it is told to.
import { glue, packageWith } from "./engines.mjs";

/** Runs in the worker, before the glue's own code. `self.escape` is what the engine finds of it. */
function prelude(path, only) {
  const origin = new URL(location.href.replace(/^blob:/, "")).origin;
  const escape = { reached: [], open: 0, calls: 0 };

  /** One way: what it gives, if it gives anything, was reached; a promise counts when it is kept. */
  const tryOut = (name, way) => {
    if (only && !name.endsWith(only)) return;
    const reached = () => escape.reached.push(name);
    try {
      const given = way(`${origin}/${path}/${encodeURIComponent(name)}`);
      if (typeof given?.then !== "function") return given === undefined || reached();
      escape.open++;
      given.then(reached, () => {}).finally(() => escape.open--);
    } catch {
      // Not this way.
    }
  };

  const NETWORK =
    "fetch fetchLater XMLHttpRequest WebSocket WebSocketStream EventSource WebTransport RTCPeerConnection RTCDataChannel Worker " +
    "SharedWorker ServiceWorkerContainer FontFace FontFaceSet OffscreenCanvas ImageDecoder createImageBitmap Request Response " +
    "Cache PushManager BackgroundFetchManager MediaSource GPU USB HID Serial fonts WebSocketError Worklet";
  const STORAGE =
    "indexedDB caches cookieStore IDBFactory CacheStorage CookieStore StorageManager StorageBucketManager FileSystemHandle " +
    "FileSystemDirectoryHandle FileSystemSyncAccessHandle webkitRequestFileSystem webkitRequestFileSystemSync localStorage " +
    "sessionStorage webkitResolveLocalFileSystemURL webkitResolveLocalFileSystemSyncURL";
  const CHANNELS =
    "BroadcastChannel MessageChannel MessagePort LockManager Lock Notification NavigatorUAData WorkerNavigator Permissions " +
    "IdleDetector PressureObserver PerformanceObserver ReportingObserver clients registration close trustedTypes";
  const NAMES = `${NETWORK} ${STORAGE} ${CHANNELS}`.split(" ");

  /** Everything that can be had from an object: members, getters' results, prototypes. */
  const walk = (root) => {
    const seen = new Set();
    const waiting = [root];
    while (waiting.length > 0 && seen.size < 50_000) {
      const value = waiting.pop();
      if (Object(value) !== value || seen.has(value)) continue;
      seen.add(value);
      waiting.push(Object.getPrototypeOf(value));
      for (const key of Reflect.ownKeys(value)) {
        const member = Object.getOwnPropertyDescriptor(value, key);
        waiting.push(member.value, member.get, member.set);
        try {
          if (member.get) waiting.push(value[key], member.get.call(self), member.get.call(self.navigator));
        } catch {
          // A getter of something else.
        }
      }
    }
    return seen;
  };
  /** A native function or class of such a name, wherever it was found. */
  const isNative = (value) => typeof value === "function" && /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(value));
  const known = new Set([...NAMES, "importScripts", "sendBeacon", "getDirectory", "open", "request"]);
  escape.walk = (root) => [...walk(root)].filter((value) => isNative(value) && known.has(value.name)).map(({ name }) => name);

  escape.all = (when) => {
    const out = (name, way) => tryOut(`${when}: ${name}`, way);
    for (const name of NAMES) {
      out(name, () => self[name]);
      out(`${name} by code`, () => (0, eval)(`typeof ${name} === "undefined" ? undefined : ${name}`));
      for (let level = self, depth = 0; level; level = Object.getPrototypeOf(level), depth++) {
        out(`${name} at ${depth}`, () => {
          const member = Object.getOwnPropertyDescriptor(level, name);
          return member?.value ?? member?.get?.call(self);
        });
      }
    }
    out("fetch, used", (url) => fetch(url));
    out("XMLHttpRequest, used", (url) => {
      const request = new XMLHttpRequest();
      request.open("GET", url, false);
      request.send();
      return request.status;
    });
    out("WebSocket, used", (url) => new WebSocket(url.replace("http", "ws")));
    out("EventSource, used", (url) => new EventSource(url));
    out("WebTransport, used", (url) => {
      const { closed, draining, ready } = new WebTransport(url.replace("http", "https"));
      for (const promise of [closed, draining]) promise?.catch(() => {});
      return ready;
    });
    out("Worker, used", (url) => Object.assign(new Worker(url), { onerror: (event) => event.preventDefault() }));
    out("importScripts, used", (url) => (importScripts(url), 1));
    out("FontFace, used", (url) => {
      const font = new FontFace("f", `url(${url})`);
      font.loaded.catch(() => {});
      return font.load();
    });
    out("sendBeacon, used", (url) => navigator.sendBeacon(url));
    out("timer with code", (url) => void setTimeout(`globalThis.fetch?.(${JSON.stringify(url)}).catch(() => {})`, 0));
    out("compileStreaming", (url) => WebAssembly.compileStreaming(fetch(url)));
    out("indexedDB, used", () => indexedDB.open("escape"));
    out("caches, used", () => caches.open("escape"));
    out("OPFS, used", () => navigator.storage.getDirectory());
    out("cookies, used", () => cookieStore.set("escape", "1"));
    out("BroadcastChannel, used", () => new BroadcastChannel("escape"));
    out("locks, used", () => navigator.locks.request("escape", () => 1));
    for (const name of ["storage", "locks", "serviceWorker", "sendBeacon", "permissions", "gpu", "usb", "storageBuckets", "connection"]) {
      out(`navigator.${name}`, () => navigator[name]);
    }
    out("all that can be reached", () => escape.walk(self).join() || undefined);
    // Whoever called this code, and what they hold.
    out("callers", () => {
      const { prepareStackTrace } = Error;
      Error.prepareStackTrace = (_, frames) => frames.flatMap((frame) => [frame.getThis?.(), frame.getFunction?.()]);
      const held = new Error().stack;
      Error.prepareStackTrace = prepareStackTrace;
      const found = Array.isArray(held) ? held.flatMap((value) => escape.walk(value)) : [];
      return found.join() || undefined;
    });
    out("callers' arguments", () => {
      for (let caller = (function () { return arguments.callee.caller; })(), i = 0; caller && i < 50; caller = caller.caller, i++) {
        const found = [...(caller.arguments ?? []), caller].flatMap((value) => escape.walk(value));
        if (found.length > 0) return found.join();
      }
    });
  };

  /** As the page tells a worker to read a package, but from an address: no worker of ours fetches. */
  const load = (url) => ["Load", "x", 0, null, 65536, 0, "Fetch", url];

  /** Our own code still knows how to evaluate a script. It ends the worker that is told to. */
  escape.listener = () => {
    tryOut("our listener", (url) => void self.onmessage?.({ data: load(url) }));
    tryOut("our listener, by an event", (url) => {
      self.dispatchEvent(new MessageEvent("message", { data: load(`${url}-event`) }));
    });
    tryOut("our listener's first message", () => void self.dispatchEvent(new MessageEvent("message", { data: { role: "unpack" } })));
  };

  /** The one that is syntax: only a policy can forbid it. */
  escape.import = (address) => {
    tryOut(`import ${address}`, () => import(address));
    // Not a script: another directive decides.
    tryOut(`import JSON ${address}`, () => import(address, { with: { type: "json" } }));
    const inner = new Blob([`import ${JSON.stringify(address)} with { type: "json" };`], { type: "text/javascript" });
    tryOut(`import JSON in a module ${address}`, () => import(URL.createObjectURL(inner)));
  };

  addEventListener("message", (event) => tryOut("an event", () => escape.walk(event).join() || undefined));
  self.escape = escape;
}

/** A worker's messages as glue would forge them; `id` is the call that is being computed. Functions travel as source. */
export const FORGED = {
  "another call's answer": (id) => postMessage([id + 1, '{"response_data":{"outputs":{"forged":true}}}', 1, 65536]),
  "an unknown call's answer": () => postMessage([4_000_000_000, '{"response_data":{"outputs":{"forged":true}}}', 1, 65536]),
  "many calls' answers": () => {
    for (let id = 1; id < 5000; id++) postMessage([id, '{"response_data":{"outputs":{"forged":true}}}', 1, 65536]);
  },
  "another call's failure": (id) => postMessage(["CallFailed", "OUT_OF_MEMORY", "forged", null, null, id + 1, 1]),
  "a failure that is none of a worker": (id) => postMessage(["CallFailed", "DESTROYED", "forged", null, null, id, 0]),
  "its own end, as the page's": () => postMessage(["Failed", "CONFIG_INVALID", "forged"]),
  "being up": () => postMessage(["Up"]),
  "being ready": () => postMessage(["Ready", 0, 65536]),
  "a package": () => postMessage(["Unpacked", "forged", new Blob(["postMessage('forged')"]), null, '{"Outputs":{"forged":true}}']),
  "a warning": () => postMessage(["Warning", "forged"]),
  "many warnings": () => {
    for (let i = 0; i < 5000; i++) postMessage(["Warning", `forged ${i}`]);
  },
  "too many requests": () => {
    for (let id = 1; id < 5000; id++) postMessage([0, "{}", id, 1]);
  },
  "no array": () => postMessage({ length: 4, 0: 1, 1: "{}", 2: 1, 3: 1 }),
  "nothing": () => postMessage(null),
  "a typed array": () => postMessage(new Float64Array([1, 2, 3, 4])),
  "an endless array": () => postMessage(new Array(4_000_000_000)),
  "a name that is too long": () => postMessage(["Failed".repeat(10_000_000)]),
  "a failure that is too long": () => postMessage(["Failed", "GLUE_FAILED", "x".repeat(50_000_000)]),
  "an answer that is an object": (id) => postMessage([id, { toString: "forged" }, 1, 65536]),
  "a question that is too long": () => postMessage([0, "x".repeat(2 ** 27 + 1), 1, 1]),
  "memory that is no number": (id) => postMessage([id, "{}", 1, NaN]),
  "more memory than there is": (id) => postMessage([id, "{}", 1, 1e300]),
  "time that is no number": (id) => postMessage([id, "{}", [[1]], 65536]),
  "an error outside of a call": () => reportError(new Error("forged")),
  "a rejection outside of a call": () => void Promise.reject(new Error("forged")),
};

/**
 * The package. A call's input `try` lets it try everything once more, `listen` lets it talk to our code as the page
 * would, `import` names one dynamic import; `forge` names one of {@link FORGED}, `id` is the call's and `when` says
 * "during" the call or "after" it. `early` names one to be forged while the glue is evaluated. Its requests begin with `path`.
 * `only` names the one way to try.
 */
export function escapePackage({ early, only, path = "escape" } = {}) {
  const forged = `self.forged = { ${Object.entries(FORGED).map(([name, does]) => `${JSON.stringify(name)}: ${does}`).join()} };\n`;
  const before = early ? `self.forged[${JSON.stringify(early)}](0);\n` : 'self.escape.all("before");\n';
  const calc = (text) => {
    const { inputs } = JSON.parse(text).request_data;
    const { escape, forged } = self;
    const forge = () => forged[inputs.forge](inputs.id);
    escape.calls++;
    if (inputs.listen) escape.listener();
    if (inputs.import) escape.import(inputs.import);
    if (inputs.try) escape.all(`call ${escape.calls}`);
    if (inputs.try) setTimeout(() => escape.all(`after call ${escape.calls}`), 0);
    if (inputs.when === "during") forge();
    if (inputs.when === "after") setTimeout(forge, 0);
    const { reached, open, calls } = escape;
    return { response_data: { outputs: { reached, open, calls, echo: inputs.echo } }, response_meta: {} };
  };
  return packageWith(`(${prelude})(${JSON.stringify(path)}, ${JSON.stringify(only)});\n${forged}${before}${glue(calc)}`);
}
