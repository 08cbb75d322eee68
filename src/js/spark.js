import { ColumnarSerializer } from "./columnar.js";
import { SparkError, UnsupportedEnvironmentError, WasmRunnerErrors, makeError } from "./errors.js";
import { ask, withVersion } from "./online.js";
import { encode, encodeUsual, listener, settle, usualId, withPath } from "./payload.js";
import { missingPrerequisite, runtime } from "./runtime.js";
import { externalReply, readXcall, xcallFailure, xcallReply } from "./xcall.js";
import workerText from "spark:worker";

const host = {
  makeError,
  encode,
  settle,
  listener,
  withPath,
  ask,
  withVersion,
  readXcall,
  xcallReply,
  xcallFailure,
  externalReply,
  workerText,
  warn: (message) => console.warn(`[spark-execute] ${message}`),
  constructorOf: (object) =>
    function () {
      return object;
    },
};

/** Runs Spark models inside the page. */
export class Spark extends EventTarget {
  static {
    // Whatever the minifier calls it.
    Object.defineProperty(this, "name", { value: "Spark" });
  }

  /** All error classes. */
  static WasmRunnerErrors = WasmRunnerErrors;

  /** Converts tables to and from the columnar form. */
  static ColumnarSerializer = ColumnarSerializer;

  /** Whether `error` comes from this package (any copy of it), optionally with this `code`. */
  static isError(error, code) {
    return SparkError.is(error, code);
  }

  #client;
  /** Positions of the models by their ids. */
  #models;

  constructor(config) {
    super();
    const missing = missingPrerequisite();
    this.#client = missing ? new Unsupported(missing) : new (runtime().Client)(config, { ...host, emit: this.#emit });
    this.#models = new Map(this.stats().map(({ versionId }, index) => [versionId, index]));
  }

  addEventListener(...listener) {
    this.#client.listen();
    super.addEventListener(...listener);
  }

  execute(input, versionId, options) {
    return this.#start(input, versionId, options).response;
  }

  executeWithCancellationToken(input, versionId, options) {
    const { response, cancel } = this.#start(input, versionId, options);
    return { response, cancellationToken: { cancel } };
  }

  async destroy() {
    this.#client.destroy();
  }

  stats() {
    return this.#client.stats();
  }

  // Later, so that a listener may do anything.
  #emit = (type, detail) => queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail })));

  #start(input, versionId, options) {
    if (typeof versionId === "object" && versionId !== null) [versionId, options] = [undefined, versionId];
    const client = this.#client;
    const signal = options?.signal ?? undefined;
    let call = 0;
    const cancel = (reason) => client.cancel(call, reason);
    // Most requests need no second look: they come as text, and nothing more of them is asked from Rust.
    const model = this.#models.get(usualId(input, versionId));
    const text = model === undefined ? undefined : encodeUsual(input);
    const response = new Promise((resolve, reject) => {
      call = client.execute(input, versionId, options?.timeout, signal, resolve, reject, text && model, text);
    });
    if (signal && call !== 0) {
      const abort = () => cancel(signal.reason);
      const release = () => signal.removeEventListener("abort", abort);
      signal.addEventListener("abort", abort);
      response.then(release, release);
    }
    return { response, cancel: () => cancel() };
  }
}

/** Stands in where our WebAssembly cannot even be decoded; it lets pages render on a server. */
class Unsupported {
  #missing;

  constructor(missing) {
    this.#missing = missing;
  }

  execute(input, versionId, timeout, signal, resolve, reject) {
    reject(
      new UnsupportedEnvironmentError(
        `This JavaScript environment has no ${this.#missing}. Run the model in a browser: call execute only there.`,
      ),
    );
    return 0;
  }

  listen() {}

  cancel() {}

  destroy() {}

  stats() {
    return [];
  }
}
