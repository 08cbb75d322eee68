// What the tests need from JavaScript: real workers under observation, a clock that is turned by hand, and frames with a
// policy of their own.

// Captured before any test turns the clock by hand.
const { setTimeout: later, clearTimeout: never } = globalThis;

/** The promise; rejects when nothing happens for so long that nothing will, so that one test fails and not the run. */
export function bounded(promise) {
  return new Promise((resolve, reject) => {
    const timer = later(() => reject(new Error("Nothing happened for 20 seconds.")), 20_000);
    Promise.resolve(promise).then(resolve, reject).finally(() => never(timer));
  });
}

/** The page's own Worker: the test runner puts a stand-in before it, which reads and rewrites every script. */
const native = () => Worker.prototype.constructor;

/** Watches all workers, object URLs and policy listeners until `stop`. */
export class Watch {
  workers = [];
  open = new Set();
  created = 0;
  policyListeners = 0;

  constructor() {
    const watch = this;
    const Native = native();
    const { createObjectURL, revokeObjectURL } = URL;
    const { addEventListener, removeEventListener } = document;
    globalThis.Worker = class extends Native {
      constructor(...args) {
        super(...args);
        watch.workers.push(this);
      }
    };
    URL.createObjectURL = (object) => {
      const url = createObjectURL.call(URL, object);
      watch.created += 1;
      watch.open.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      watch.open.delete(url);
      revokeObjectURL.call(URL, url);
    };
    const counted = (method, step) =>
      function (type, ...rest) {
        if (type === "securitypolicyviolation") watch.policyListeners += step;
        return method.call(this, type, ...rest);
      };
    document.addEventListener = counted(addEventListener, 1);
    document.removeEventListener = counted(removeEventListener, -1);
    this.stop = () => {
      globalThis.Worker = Native;
      Object.assign(URL, { createObjectURL, revokeObjectURL });
      delete document.addEventListener;
      delete document.removeEventListener;
    };
  }

  get openUrls() {
    return this.open.size;
  }

  worker(index) {
    return this.workers.at(index);
  }
}

/** Everything asks for the next worker's script at this address instead of a Blob's. */
export function redirectScripts(url) {
  const { createObjectURL } = URL;
  URL.createObjectURL = () => {
    URL.createObjectURL = createObjectURL;
    return url;
  };
}

/** Time stands still until it is told to pass. */
export class Clock {
  timers = new Map();
  cleared = 0;

  constructor() {
    const saved = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    this.time = performance.now();
    let handle = 0;
    performance.now = () => this.time;
    globalThis.setTimeout = (callback, delay) => {
      this.timers.set(++handle, { at: this.time + delay, delay, callback });
      return handle;
    };
    globalThis.clearTimeout = (handle) => {
      this.cleared += this.timers.delete(handle) ? 1 : 0;
    };
    this.stop = () => {
      Object.assign(globalThis, saved);
      delete performance.now;
    };
  }

  get delays() {
    return [...this.timers.values()].map(({ delay }) => delay);
  }

  pass(milliseconds) {
    this.time += milliseconds;
    for (const [handle, { at, callback }] of [...this.timers]) {
      if (at > this.time || !this.timers.delete(handle)) continue;
      callback();
    }
  }
}

/** This test module's bindings, from the runner's server. */
const glue = () => new URL("/wasm-bindgen-test.js", location.origin).href;

/**
 * The text of a worker made of the product's bootstrap and this test module's own bindings. They can only be imported,
 * which takes a while: messages are kept until then.
 */
export function workerText(bootstrap) {
  return `
    const early = [];
    const keep = ({ data }) => early.push(data);
    addEventListener("message", keep);
    import(${JSON.stringify(glue())}).then((bindings) => {
      removeEventListener("message", keep);
      ${requiring(bootstrap, "bindings")}
      for (const data of early) dispatchEvent(new MessageEvent("message", { data }));
    });`;
}

/** The bootstrap with bindings of the test's making, instead of real ones. */
export function workerTextWith(bootstrap, bindings) {
  return requiring(bootstrap, bindings);
}

/** The bootstrap requires its bindings and imports what stands before it; the build's bundler usually gives them. */
const requiring = (bootstrap, bindings) =>
  `((require) => { ${bootstrap.replace(/^import .*$|^export /gm, "")} })(() => (${bindings}));`;

/** Runs the test module once more in a frame whose page has this policy, and gives its bindings. */
export async function frame(policy, module) {
  const element = document.createElement("iframe");
  const started = new Promise((resolve, reject) => {
    globalThis.frameStarted = resolve;
    globalThis.frameFailed = reject;
  });
  // The module is posted, so that it belongs to the frame's realm: the bindings ask for an instance of that.
  element.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}">
    <script type="module" nonce="test">
      addEventListener("messageerror", () => parent.frameFailed(new Error("messageerror")));
      addEventListener("message", async ({ data: module }) => {
        try {
          const bindings = await import(${JSON.stringify(glue())});
          // Not initSync: browsers refuse to link so large a module at once.
          await bindings.default({ module_or_path: module });
          parent.frameStarted(bindings);
        } catch (error) {
          parent.frameFailed(error);
        }
      });
    </script>`;
  const loaded = new Promise((resolve) => (element.onload = resolve));
  document.body.append(element);
  await loaded;
  element.contentWindow.postMessage(module);
  return started;
}

/** A realm of its own. */
export function otherRealm() {
  const element = document.createElement("iframe");
  document.body.append(element);
  return element.contentWindow;
}

/** Resolves when nothing holds the lock any more: a worker's locks end with it. */
export function released(name) {
  return navigator.locks.request(name, () => {});
}

/** The value as the other end of a real `postMessage` gets it. */
export function posted(value) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port2.onmessage = ({ data }) => resolve(data);
    port2.onmessageerror = () => reject(new Error("messageerror"));
    port1.postMessage(value);
  }).finally(() => port1.close());
}

/** One turn of the page's event loop. */
export function turn() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** What modules that import nothing export, by their texts. */
export function exported(texts) {
  const all = {};
  for (const text of texts) {
    const names = Array.from(text.matchAll(/^export (?:const|class|function) (\w+)/gm), ([, name]) => name);
    Object.assign(all, new Function(`${text.replace(/^export /gm, "")}\nreturn { ${names} };`)());
  }
  return all;
}
