// Many records through one model. Records and iterators stay here; how many travel together, and how many may be under way
// at all, is asked from outside.

import { makeError } from "./errors.js";

/** Progress is told at most this often, in milliseconds. */
const PROGRESS_MS = 100;
/** A chunk of more text than this, in UTF-16 units, is sent before it is full. */
const CHUNK_TEXT = 1 << 18;

/**
 * What a batch needs from outside.
 * @typedef {object} Host
 * @property {(remaining: number) => [size: number, room: number]} plan how many records to send together, and how many may
 *   be pulled and not consumed; `remaining` is NaN where the source does not say its length
 * @property {(record: unknown) => string | undefined} encode the record's request as text, if it can travel in a chunk
 * @property {(texts: string[]) => { answers: Promise<string[]>, cancel: () => void }} send a chunk; an empty answer is that
 *   of a record that failed; rejects when the chunk as a whole failed, which says nothing of most of its records
 * @property {(record: unknown) => { answer: Promise<unknown>, cancel: () => void }} single a record by itself, decoded
 * @property {(text: string) => unknown} decode what a consumer gets for the text of an answer
 */

/** @returns an async iterator of `{ index, response }` and `{ index, error }` */
export function batch(source, host, options = {}) {
  return new Batch(source, host, options);
}

class Batch {
  #host;
  #options;
  #iterator;
  #total = NaN;
  /** Records pulled, delivered, and settled; of those, failed. */
  #pulled = 0;
  #delivered = 0;
  #settled = 0;
  #failed = 0;
  /** Outcomes not yet delivered, by index, in the order in which they came. */
  #outcomes = new Map();
  #waiting = [];
  #chunk = [];
  #chunkText = 0;
  #size = 1;
  #room = 1;
  /** What can still be cancelled. */
  #underWay = new Set();
  #pulling = false;
  /** The source has no more. */
  #ended = false;
  /** Nothing more is delivered. */
  #over = false;
  #failure;
  #release = () => {};
  #began = performance.now();
  #told = -Infinity;

  constructor(source, host, options) {
    this.#host = host;
    this.#options = options;
    this.#iterator = iteratorOf(source);
    if (Array.isArray(source)) this.#total = source.length;
    else if (typeof source?.size === "number") this.#total = source.size;
    const { signal, totalTimeout } = options;
    const abort = () =>
      this.#fail(makeError("CANCELLED", "The batch was cancelled.", undefined, undefined, signal.reason));
    if (signal?.aborted) return abort();
    signal?.addEventListener("abort", abort);
    let timer;
    if (totalTimeout !== undefined) {
      const message = `The batch ran out of time after ${totalTimeout} ms. Raise \`totalTimeout\`, or give it less.`;
      timer = setTimeout(() => this.#fail(makeError("TIMEOUT", message)), totalTimeout);
    }
    this.#release = () => {
      signal?.removeEventListener("abort", abort);
      clearTimeout(timer);
    };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
    });
  }

  /** The consumer stops early: nothing goes on for it. */
  async return(value) {
    this.#stop();
    this.#serve();
    return { value, done: true };
  }

  /** Gives waiting consumers what is there, then asks for more. */
  #serve() {
    while (this.#waiting.length > 0) {
      const index = this.#nextIndex();
      if (index === undefined) break;
      const outcome = this.#outcomes.get(index);
      this.#outcomes.delete(index);
      this.#delivered++;
      const value = this.#valueOf(index, outcome);
      this.#waiting.shift().resolve({ value, done: false });
      if (value.error && this.#options.stopOnError) this.#stop();
    }
    const drained = this.#ended && this.#delivered === this.#pulled;
    if (drained && !this.#over) this.#stop();
    if (!this.#over) return void this.#pull();
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure) reject(failure);
      else resolve({ value: undefined, done: true });
    }
  }

  /** The record whose outcome is delivered next, if it is there. */
  #nextIndex() {
    if (this.#over) return undefined;
    if (this.#options.ordered === false) return this.#outcomes.keys().next().value;
    return this.#outcomes.has(this.#delivered) ? this.#delivered : undefined;
  }

  #valueOf(index, outcome) {
    if (outcome instanceof Error) return { index, error: outcome };
    if (typeof outcome !== "string") return { index, response: outcome.response };
    try {
      return { index, response: this.#host.decode(outcome) };
    } catch (error) {
      return { index, error };
    }
  }

  /** Takes records from the source while there is room for them. */
  async #pull() {
    if (this.#pulling || this.#ended || !this.#hasRoom()) return;
    this.#pulling = true;
    try {
      this.#replan();
      while (!this.#over && this.#hasRoom()) {
        let step = this.#iterator.next();
        if (typeof step?.then === "function") {
          // What waits in the chunk must not wait for a slow source, which a task later is known to be one.
          const late = setTimeout(() => this.#flush());
          step = await step.finally(() => clearTimeout(late));
        }
        if (this.#over) return;
        if (step.done) {
          this.#ended = true;
          break;
        }
        this.#add(step.value);
      }
    } catch (cause) {
      // Those pulled before it threw still have their outcome.
      this.#ended = true;
      const said = String(cause?.message ?? cause);
      const message = `The batch's source threw after ${this.#pulled} records (${said}). Mend the source.`;
      this.#failure = makeError("REQUEST_INVALID", message, "inputs", undefined, cause);
    } finally {
      this.#pulling = false;
    }
    this.#flush();
    if (this.#ended) this.#serve();
  }

  /** Whether the chunk can be filled: less than that is not worth a message. */
  #hasRoom() {
    return this.#pulled - this.#delivered + this.#size - this.#chunk.length <= this.#room;
  }

  #replan() {
    [this.#size, this.#room] = this.#host.plan(this.#total - this.#pulled);
  }

  #add(record) {
    const index = this.#pulled++;
    let text;
    try {
      text = this.#host.encode(record);
    } catch (error) {
      return this.#settle(index, error);
    }
    if (text === undefined) return this.#single(index, record);
    this.#chunk.push({ index, record, text });
    this.#chunkText += text.length;
    if (this.#chunk.length >= this.#size || this.#chunkText >= CHUNK_TEXT) {
      this.#flush();
      this.#replan();
    }
  }

  #flush() {
    const chunk = this.#chunk;
    if (chunk.length === 0 || this.#over) return;
    this.#chunk = [];
    this.#chunkText = 0;
    const { answers, cancel } = this.#host.send(chunk.map(({ text }) => text));
    for (const part of chunk) part.text = undefined;
    this.#track(
      cancel,
      answers.then(
        // One that failed is computed again by itself, which tells why, or goes online.
        (answers) => chunk.forEach(({ index, record }, i) => (answers[i] ? this.#settle(index, answers[i]) : this.#single(index, record))),
        // One of them may be at fault. Alone, only that one fails.
        (error) => {
          if (this.#over) return;
          if (chunk.length > 1 || error?.code !== "TIMEOUT") return chunk.forEach(({ index, record }) => this.#single(index, record));
          error.input = chunk[0].record;
          this.#settle(chunk[0].index, error);
        },
      ),
    );
  }

  #single(index, record) {
    const { answer, cancel } = this.#host.single(record);
    this.#track(
      cancel,
      answer.then(
        (response) => this.#settle(index, { response }),
        (error) => this.#settle(index, error),
      ),
    );
  }

  #track(cancel, done) {
    this.#underWay.add(cancel);
    done.then(() => {
      this.#underWay.delete(cancel);
      this.#serve();
    });
  }

  #settle(index, outcome) {
    if (this.#over) return;
    // There is no more to come for any of them.
    if (outcome.code === "DESTROYED") return this.#fail(outcome);
    this.#outcomes.set(index, outcome);
    this.#settled++;
    if (outcome instanceof Error) this.#failed++;
    this.#tell();
  }

  #tell() {
    const { onProgress } = this.#options;
    if (!onProgress) return;
    const now = performance.now();
    const isLast = this.#settled === this.#total || (this.#ended && this.#settled === this.#pulled);
    if (now - this.#told < PROGRESS_MS && !isLast) return;
    this.#told = now;
    const rate = this.#settled / Math.max((now - this.#began) / 1000, 0.001);
    const remaining = Number.isNaN(this.#total) ? undefined : this.#total - this.#settled;
    try {
      onProgress({ done: this.#settled, failed: this.#failed, rate, remaining });
    } catch (error) {
      // As of any listener: the page hears of it, the batch goes on.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #fail(error) {
    if (this.#over) return;
    this.#failure = error;
    this.#stop();
    this.#serve();
  }

  /** Lets go of everything: what is under way, the source, the signal. */
  #stop() {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    this.#outcomes.clear();
    this.#chunk = [];
    for (const cancel of this.#underWay) cancel();
    this.#underWay.clear();
    if (this.#ended) return;
    this.#ended = true;
    try {
      // A source that is asked for a record now hears of it when it has given that.
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // It has nothing to say to anybody any more.
    }
  }
}

function iteratorOf(source) {
  const start = source?.[Symbol.asyncIterator] ?? source?.[Symbol.iterator];
  if (typeof start === "function" && typeof source !== "string") return start.call(source);
  // Not every browser's streams can be iterated.
  if (typeof source?.getReader === "function") {
    const reader = source.getReader();
    return {
      next: () => reader.read(),
      return: () => reader.cancel(),
    };
  }
  const message = "executeMany needs the records as an array, an iterable, an async iterable or a ReadableStream.";
  throw makeError("REQUEST_INVALID", message, "inputs");
}
