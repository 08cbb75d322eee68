// Clients without our WebAssembly: one that waits for it, and one where it can never be.

import { UnsupportedEnvironmentError } from "./errors.js";
import { encode } from "./payload.js";

const stats = (config) => {
  const calls = { queued: 0, running: 0, done: 0, failed: 0 };
  const idle = { state: "idle", replicas: 0, starting: 0, dying: 0, ...calls, memory: 0, restarts: 0 };
  return Array.from(config?.nodegenModels ?? [], (model) => ({ versionId: model?.versionId, ...idle }));
};

/** Stands in until the client is there, which the first call asks for. What is wanted of it before is done then, in order. */
export class Late {
  #come;
  #config;
  #client;
  #wanted = [];
  /** The client's numbers of the calls, by ours. */
  #calls = [];
  #cancelled = new Set();

  /** `come` gives a promise of the client. */
  constructor(come, config) {
    this.#come = come;
    this.#config = config;
  }

  #when(then, fail) {
    if (this.#client) then(this.#client);
    else this.#wanted.push([then, fail]);
  }

  async #start() {
    const come = this.#come;
    if (!come) return;
    this.#come = undefined;
    try {
      this.#client = await come();
      for (const [then] of this.#wanted.splice(0)) then(this.#client);
    } catch (error) {
      for (const [, fail] of this.#wanted.splice(0)) fail?.(error);
      // The next call tries again, and is refused again.
      this.#come = come;
    }
  }

  execute(input, ...call) {
    const id = this.#calls.push(0);
    const [, , , , reject, , request] = call;
    // As it is now, whatever the caller does with it meanwhile. Text and copies of bytes stay as they are.
    try {
      if (typeof request === "object" && !(request instanceof ArrayBuffer)) {
        const { request_data } = JSON.parse(encode({ request_data: request.request_data }));
        call[6] = { ...request, request_data };
      }
    } catch {
      // The client says what is wrong with it.
    }
    this.#when((client) => (this.#calls[id - 1] = client.execute(input, ...call)), reject);
    this.#start();
    return id;
  }

  plan(...of) {
    // One record, one under way.
    return this.#client ? this.#client.plan(...of) : 1025;
  }

  learn(...of) {
    return this.#client.learn(...of);
  }

  chunk(...of) {
    if (this.#client) return this.#calls.push(this.#client.chunk(...of));
    // Its records come as calls.
    of.at(-1)();
    return 0;
  }

  takesChunks(...of) {
    return this.#client?.takesChunks(...of);
  }

  cancel(id, reason) {
    if (this.#client) return this.#client.cancel(this.#calls[id - 1], reason);
    this.#wanted.push([(client) => client.cancel(this.#calls[id - 1], reason)]);
    return !this.#cancelled.has(id) && !!this.#cancelled.add(id);
  }

  listen() {
    this.#when((client) => client.listen());
  }

  unknownOption(name) {
    this.#when((client) => client.unknownOption(name));
  }

  destroy() {
    this.#when((client) => client.destroy());
  }

  stats() {
    return this.#client ? this.#client.stats() : stats(this.#config);
  }
}

/** Stands in where our WebAssembly cannot even be decoded; it lets pages render on a server. */
export class Unsupported {
  #missing;
  #config;

  constructor(missing, config) {
    this.#missing = missing;
    this.#config = config;
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

  cancel() {
    return false;
  }

  destroy() {}

  stats() {
    return stats(this.#config);
  }
}
