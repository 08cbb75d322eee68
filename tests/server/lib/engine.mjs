// Computes with the vendor's runner on Node (`@coherentglobal/wasm-runner`), an implementation independent of ours, in a
// process of its own that starts with the first call.
import { fork } from "node:child_process";

/** The engine failed (`status` 500) or took too long (504). */
export class EngineError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Engine {
  #tmpDir;
  #xcall;
  #child;
  #open = new Map();
  #calls = 0;
  #stuck = false;

  /** @param {(request: any, context: any) => Promise<string>} xcall answers a model that calls another service */
  constructor(tmpDir, xcall) {
    this.#tmpDir = tmpDir;
    this.#xcall = xcall;
  }

  /**
   * @param {{ id: string, zip: string, request: any, context: { depth: number } }} call
   * @param {number} budget milliseconds
   * @returns {Promise<any>} the engine's response
   */
  async run(call, budget) {
    const child = (this.#child ??= this.#start());
    const number = ++this.#calls;
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        this.#open.set(number, { resolve, reject });
        timer = setTimeout(() => {
          this.#stuck = true;
          reject(new EngineError(504, "The calculation took longer than the server allows."));
        }, budget);
        child.send({ number, call });
      });
    } finally {
      clearTimeout(timer);
      this.#open.delete(number);
      // A thread that computes on cannot be stopped alone.
      if (this.#stuck && this.#open.size === 0) this.close();
    }
  }

  close() {
    this.#stuck = false;
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #start() {
    const env = { ...process.env, LOG_ENABLED: "false", NODE_ENV: "production" };
    const stdio = ["ignore", "ignore", "ignore", "ipc"];
    const child = fork(new URL("engine-child.mjs", import.meta.url), [this.#tmpDir], { stdio, env });
    child.on("message", (message) => this.#heard(child, message));
    child.on("exit", () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      for (const { reject } of this.#open.values()) reject(new EngineError(500, "The engine ended."));
    });
    return child;
  }

  async #heard(child, { number, response, problem, question, request, context }) {
    if (question) {
      const text = await this.#xcall(request, context);
      if (child.connected) child.send({ question, text });
      return;
    }
    const call = this.#open.get(number);
    if (problem === undefined) call?.resolve(response);
    else call?.reject(new EngineError(500, `The engine failed: ${problem}`));
  }
}
