// First, so that gzip sees how much of it stands before it too: our bindings.
import workerText from "spark:worker";
import { cache, cached, keep } from "./cache.js";
import { ColumnarSerializer } from "./columnar.js";
import { dateMs } from "./dates.js";
import { BadRequestError, SparkError, WasmRunnerErrors, makeError } from "./errors.js";
import { framed } from "./frame.js";
import { Late, Unsupported } from "./late.js";
import { progressTo } from "./load.js";
import { executeMany } from "./many.js";
import { mostPages } from "./memory.js";
import { checkLogger, logEvent, logOf, measure, measureCall, times } from "./observe.js";
import { ask, forEndpoint } from "./online.js";
import { encode, encodeUsual, listener, settle, usualId, withPath } from "./payload.js";
import { publicPart, rawOf } from "./raw.js";
import { BUILD, comeFrom, isRunning, missingPrerequisite, runtime } from "./runtime.js";
import { later, watchSleep } from "./turns.js";
import { creator, lockName, whenFree } from "./workers.js";
import { childText, externalReply, readXcall, xcallFailure, xcallReply } from "./xcall.js";

/** The error that was made last, until it has its stack. */
let latest;

/** Lets the error's stack begin below the function `top`. Errors are made in WebAssembly, far from who should see them. */
function stackBelow(error, top = stackBelow) {
  latest = undefined;
  Error.captureStackTrace?.(error, top);
  return error;
}

/** Ends a call's promise: here the stack shows who awaits it, as engines follow promises. Success costs nothing. */
function rejected(error) {
  throw stackBelow(error);
}

/** In place of a model's position: the request is to be looked at, or never. */
const CAREFULLY = -1;
const RAW = -2;
const LOAD = -3;
/** Members of options that were looked at: what is to be said of one is said once. */
const named = new Set();

function dispose() {
  return this.destroy();
}

const host = {
  makeError: (...fields) => (latest = makeError(...fields)),
  encode,
  settle,
  listener,
  withPath,
  ask,
  dateMs,
  forEndpoint,
  readXcall,
  childText,
  xcallReply,
  xcallFailure,
  externalReply,
  lockName,
  whenFree,
  cached,
  keep,
  later,
  watchSleep,
  mostPages,
  build: BUILD,
  workerText,
  measure,
  measureCall,
  times,
  constructorOf: (object) =>
    function () {
      return object;
    },
};

/** Lets `own` tell to the log, if there is one, what happens. */
function observed(own, config) {
  // Only once the configuration was judged, or an oddity of it is to be told, it is known that this can be used.
  let log;
  let given = config ?? {};
  const logs = () => {
    // Once: whoever destroys an instance wants the packages in its configuration to go.
    if (given) log = logOf(given);
    given = undefined;
    return log;
  };
  own.warn = (text) => {
    if (logs()) log("warn", text);
    else console.warn(`[spark-execute] ${text}`);
  };
  own.tell = own.emit = (type, detail) => {
    if (logs()) logEvent(log, type, detail);
  };
  own.isLogging = () => logs() !== undefined;
  return own;
}

/** A client of this configuration; throws where that is wrong. */
function makeClient(config, own) {
  let create;
  own.createWorker = (...of) => create(...of);
  const client = new (runtime().Client)(config, own);
  // Judged by now, but for what a class may have.
  checkLogger(config.logger);
  create = creator(config, framed);
  own.timings = config.timings;
  if (own.isLogging()) client.listen();
  return client;
}

/** Where our WebAssembly is served, as far as the configuration says so rightly. */
function wasmAddress(config) {
  try {
    const { wasmUrl } = config;
    return (typeof wasmUrl === "string" ? wasmUrl : (wasmUrl?.href ?? "")).trim();
  } catch {
    // Whoever looks closer says what is wrong.
    return "";
  }
}

/** Runs Spark models inside the page. Importing it works everywhere, also where there are no events. */
export class Spark extends (globalThis.EventTarget ?? Object) {
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
  /** What the core is given. It keeps no instance alive: WebAssembly holds on to what it has. */
  #host = { ...host };
  /** Positions of the models by their ids. */
  #models;

  constructor(config) {
    super();
    // Not when the class is made: what brings the symbol to older browsers may come after us.
    const { asyncDispose } = Symbol;
    if (asyncDispose && !this[asyncDispose]) {
      Object.defineProperty(Spark.prototype, asyncDispose, { value: dispose, writable: true, configurable: true });
    }
    const missing = missingPrerequisite();
    const address = missing || isRunning() ? "" : wasmAddress(config);
    const own = observed(this.#host, config);
    const make = () => makeClient(config, own);
    const come = async () => (await comeFrom(address, own.warn), (this.#client = make()));
    try {
      this.#client = missing ? new Unsupported(missing, config) : address ? new Late(come, config) : make();
    } catch (error) {
      throw error instanceof SparkError ? stackBelow(error, Spark) : error;
    }
    this.#models = new Map(this.stats().map(({ versionId }, index) => [versionId, index]));
  }

  addEventListener(...listener) {
    // Not before: WebAssembly holds on to what it is given, and an instance nobody destroys could never be collected.
    this.#host.emit = this.#emit;
    this.#client.listen();
    super.addEventListener(...listener);
  }

  execute(input, versionId, options) {
    return Spark.#start(this, Spark.prototype.execute, input, versionId, options).response;
  }

  load(versionId, options) {
    return Spark.#start(this, Spark.prototype.load, undefined, versionId, options, 0, progressTo).response;
  }

  executeWithCancellationToken(input, versionId, options) {
    const method = Spark.prototype.executeWithCancellationToken;
    const { response, cancel } = Spark.#start(this, method, input, versionId, options);
    return { response, cancellationToken: { cancel } };
  }

  executeMany(inputs, versionId, options) {
    const method = Spark.prototype.executeMany;
    const client = Spark.#clientOf(this, method);
    if (typeof versionId === "object" && versionId !== null) [versionId, options] = [undefined, versionId];
    const execute = (record, options) => Spark.#start(this, method, record, versionId, options, 1);
    const models = client.plan ? this.#models : new Map();
    try {
      return executeMany(inputs, versionId, options, { client, models, warn: this.#host.warn ?? (() => {}), execute });
    } catch (error) {
      throw stackBelow(error, method);
    }
  }

  async destroy() {
    Spark.#clientOf(this, Spark.prototype.destroy).destroy();
    this.#host.emit = this.#host.tell;
  }

  stats() {
    return Spark.#clientOf(this, Spark.prototype.stats).stats();
  }

  get cache() {
    return cache;
  }

  // Later, so that a listener may do anything.
  #emit = (type, detail) => {
    this.#host.tell(type, detail);
    queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail })));
  };

  static #clientOf(spark, method) {
    if (#client in Object(spark)) return spark.#client;
    const message =
      "A method was called without its Spark instance. Call it on the instance: spark.execute(…), not a copy of the " +
      "function (bind it: spark.execute.bind(spark)), nor a proxy around the instance (Vue: markRaw(spark)).";
    throw stackBelow(new BadRequestError(message), method);
  }

  /** With `loads`, which tells a caller of its progress, nothing is computed: the model is loaded. */
  static #start(spark, method, input, versionId, options, records = 0, loads = undefined) {
    if (typeof versionId === "object" && versionId !== null) [versionId, options] = [undefined, versionId];
    const signal = options?.signal ?? undefined;
    let client;
    let call = 0;
    const cancel = (reason) => client?.cancel(call, reason) ?? false;
    const settled = new Promise((resolve, reject) => {
      client = Spark.#clientOf(spark, method);
      // A bare signal, or a number, would do nothing and nobody would notice.
      if (typeof (options ?? {}) !== "object" || options?.aborted !== undefined) {
        const message = "The options must be an object such as { signal: controller.signal, timeout: 5000 }.";
        throw stackBelow(new BadRequestError(message, { path: "options", input, uuid: versionId }), method);
      }
      const own = spark.#host;
      if (own.timings) own.entered = performance.now();
      const { output, timeout, privateKeys } = options ?? {};
      let request = input;
      try {
        if (loads) request = loads(options?.onProgress);
        else if (privateKeys !== undefined) request = publicPart(input, privateKeys);
      } catch (error) {
        throw stackBelow(Object.assign(error, { input, uuid: versionId }), method);
      }
      // Most requests need no second look: they come as text, and nothing more of them is asked from Rust.
      let model = spark.#models.get(usualId(request, versionId));
      let text = model === undefined ? undefined : encodeUsual(request);
      if (loads) {
        model = LOAD;
      } else if (text === undefined) {
        text = rawOf(request);
        model = text === undefined ? CAREFULLY : RAW;
      }
      latest = undefined;
      call = client.execute(input, versionId, timeout, signal, resolve, reject, model, text ?? request, output, records);
      own.entered = undefined;
    });
    if (options && call !== 0) {
      for (const name of Object.keys(options)) {
        if (named.has(name) || (loads && name === "onProgress")) continue;
        named.add(name);
        client.unknownOption(name);
      }
    }
    if (signal && call !== 0) {
      const abort = () => cancel(signal.reason);
      const release = () => signal.removeEventListener("abort", abort);
      signal.addEventListener("abort", abort);
      settled.then(release, release);
    }
    // What failed at once shows its caller, whether that awaits it or not.
    if (latest && call === 0) stackBelow(latest, method);
    return { response: call === 0 ? settled : settled.catch(rejected), cancel: () => cancel() };
  }
}
