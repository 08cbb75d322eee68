// Workers in a hidden frame of the page's own origin, whose policy they inherit: scripts come from Blobs alone, so that
// glue cannot `import()` from any host. The frame is there as long as it has workers.

const POLICY = "script-src blob: 'wasm-unsafe-eval' 'unsafe-eval'";

/** Gives a function that runs `make(window)` for each worker, in the window of one frame, and gives the worker at once. */
export function framed(html) {
  let frame;
  const workers = new Set();

  function open() {
    if (frame?.element.isConnected) return frame;
    const element = document.createElement("iframe");
    element.hidden = true;
    element.sandbox = "allow-same-origin";
    element.srcdoc = html(`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`);
    const loaded = new Promise((resolve) => (element.onload = resolve));
    loaded.then(() =>
      // Who removes the frame ends its workers, and no browser tells.
      element.contentWindow?.addEventListener("pagehide", ({ persisted }) => {
        if (persisted) return;
        // Once it is gone: a worker that ends would remove it, too.
        queueMicrotask(() => [...workers].forEach((worker) => worker.fail("The frame of the workers was removed.")));
      }),
    );
    document.documentElement.append(element);
    return (frame = { element, loaded });
  }

  return (make) => {
    const { element, loaded } = open();
    const worker = new Framed(() => {
      if (workers.delete(worker) && workers.size === 0) frame.element.remove();
    });
    workers.add(worker);
    loaded.then(() => worker.begin(() => make(element.contentWindow)));
    return worker;
  };
}

/** A worker that begins later: what is asked of it before is kept. */
class Framed {
  #worker;
  #kept = [];
  #ended;
  #onerror;

  constructor(ended) {
    this.#ended = ended;
  }

  begin(make) {
    const kept = this.#kept;
    if (!kept) return;
    this.#kept = undefined;
    try {
      this.#worker = make();
      for (const ask of kept) ask(this.#worker);
    } catch (error) {
      this.fail(String(error));
    }
  }

  fail(message) {
    this.#onerror?.(new ErrorEvent("error", { message, cancelable: true }));
  }

  #ask(ask) {
    if (this.#kept) this.#kept.push(ask);
    else if (this.#worker) ask(this.#worker);
  }

  postMessage(message) {
    // As it is now.
    const data = this.#kept ? structuredClone(message) : message;
    this.#ask((worker) => worker.postMessage(data));
  }

  addEventListener(...listener) {
    this.#ask((worker) => worker.addEventListener(...listener));
  }

  removeEventListener(...listener) {
    this.#ask((worker) => worker.removeEventListener(...listener));
  }

  set onmessage(heard) {
    this.#ask((worker) => (worker.onmessage = heard));
  }

  set onerror(heard) {
    this.#onerror = heard;
    this.#ask((worker) => (worker.onerror = heard));
  }

  terminate() {
    this.#worker?.terminate();
    this.#worker = this.#kept = undefined;
    this.#ended();
  }
}
