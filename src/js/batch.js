// Many records through one model. Records and iterators stay here; how many travel together, and how many may be under way
// at all, is asked from outside.

import { limited } from "./limits.js";
import { teller } from "./progress.js";
import { iteratorOf, sourceError } from "./sources.js";
import { later } from "./turns.js";

/** So long, in milliseconds, records are made texts in one go before the page has a turn. */
const TURN_MS = 6;
/** A chunk of more text than this, in UTF-16 units, is sent before it is full. */
const CHUNK_TEXT = 1 << 18;

/**
 * What a batch needs from outside.
 * @typedef {object} Host
 * @property {(remaining: number) => [size: number, room: number]} plan how many records to send together, and how many such
 *   chunks may be there that are not consumed; `remaining` is NaN where the source does not say its length
 * @property {(record: unknown) => string | undefined} encode the record's request as text, if it can travel in a chunk
 * @property {(texts: string[], records: unknown[]) => { answers: Promise<unknown[]>, cancel: () => void,
 *   again: (at: number) => unknown }} send a chunk; `undefined` is the answer of a record that failed, an `Error` that of one
 *   that is not to be tried by itself; rejects when the chunk as a whole failed, which says nothing of most of its records.
 *   `again` gives a record as it was when it was sent: the caller's own may have changed since
 * @property {(record: unknown) => { answer: Promise<unknown>, cancel: () => void }} single a record by itself
 */

/** Lets go of what a batch holds that nobody can ask for its results any more. */
const dropped = globalThis.FinalizationRegistry && new FinalizationRegistry((batch) => batch.stop());

/** @returns an async iterator of `{ index, response }` and `{ index, error }` */
export function batch(source, host, options = {}) {
  const batch = new Batch(source, host, options);
  const results = {
    // Who waits for a result keeps them.
    next: () => batch.next(results),
    return: async (value) => (batch.end(), { value, done: true }),
    [Symbol.asyncIterator]: () => results,
  };
  dropped?.register(results, batch);
  return results;
}

class Batch {
  #host;
  #options;
  #iterator;
  #total = NaN;
  /** Records pulled, sent, and settled; of those, failed. */
  #pulled = 0;
  #sent = 0;
  #settled = 0;
  #failed = 0;
  /** Results to be delivered, in that order: of each chunk those from `at` to `end`. */
  #parts = [];
  #waiting = [];
  /** Records that are to travel together, and their texts. */
  #records = [];
  #texts = [];
  #units = 0;
  /** Chunks that are not delivered wholly, and how many there may be. */
  #open = 0;
  #room = 1;
  #size = 1;
  /** What can still be cancelled. */
  #underWay = new Set();
  #filling = false;
  #late;
  /** The source has no more. */
  #ended = false;
  /** Nothing more is delivered. */
  #over = false;
  #failure;
  #release = () => {};
  #began = performance.now();
  #progress;

  constructor(source, host, options) {
    this.#host = host;
    this.#options = options;
    this.#iterator = iteratorOf(source);
    if (Array.isArray(source)) this.#total = source.length;
    else if (typeof source.size === "number") this.#total = source.size;
    const { onProgress } = options;
    this.#progress = onProgress && teller(onProgress);
    this.#release = limited(options, (error) => this.#fail(error));
  }

  next(keeper) {
    const value = this.#waiting.length === 0 && this.#take();
    if (value) return Promise.resolve({ value, done: false });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, keeper });
      this.#fill();
      this.#serve();
    });
  }

  /** Gives waiting consumers what is there. */
  #serve() {
    while (this.#waiting.length > 0) {
      const value = this.#take();
      if (!value) break;
      this.#waiting.shift().resolve({ value, done: false });
    }
    if (!this.#over) return;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure) reject(failure);
      else resolve({ value: undefined, done: true });
    }
  }

  /** The next result, if it is there. */
  #take() {
    const part = this.#parts[0];
    if (part === undefined) return undefined;
    const { chunk, at } = part;
    const outcome = chunk.outcomes[at];
    if (outcome === undefined) return undefined;
    if (++part.at === part.end) this.#parts.shift();
    const index = chunk.first + at;
    const failed = outcome instanceof Error;
    const isDone = --chunk.left === 0;
    if (isDone) this.#open--;
    if (failed && this.#options.stopOnError) this.stop();
    else if (isDone) this.#fill();
    return failed ? { index, error: outcome } : { index, response: outcome };
  }

  /** Takes records from the source while there is room for them. */
  #fill() {
    if (this.#filling || this.#over) return;
    this.#filling = true;
    this.#replan();
    const began = performance.now();
    let waits;
    try {
      let open = this.#open;
      while (this.#mayPull()) {
        const step = this.#iterator.next();
        if (typeof step?.then === "function") {
          waits = this.#fillLater(step);
          break;
        }
        this.#add(step);
        if (this.#open === open) continue;
        open = this.#open;
        if (performance.now() - began > TURN_MS) {
          waits = new Promise(later);
          break;
        }
      }
    } catch (cause) {
      this.#sourceFailed(cause);
    }
    const filled = () => {
      this.#filling = false;
      if (!this.#ended) return;
      this.#flush();
      if (this.#open === 0) this.stop();
    };
    if (!waits) return filled();
    waits
      .catch((cause) => this.#sourceFailed(cause))
      .then(() => {
        filled();
        if (this.#mayPull()) this.#fill();
        this.#serve();
      });
  }

  async #fillLater(step) {
    for (;;) {
      // What is here must not wait for a slow source, which a task later is known to be one.
      if (this.#texts.length > 0) this.#late ??= setTimeout(() => this.#flush());
      this.#add(await step);
      if (!this.#mayPull()) return;
      step = this.#iterator.next();
    }
  }

  #mayPull() {
    return !this.#ended && this.#open < this.#room;
  }

  #replan() {
    [this.#size, this.#room] = this.#host.plan(this.#total - this.#pulled);
  }

  #add(step) {
    if (this.#over) return;
    if (Object(step) !== step) throw new TypeError(`its iterator gave ${String(step)} in place of { value, done }`);
    if (step.done) {
      this.#ended = true;
      if (this.#pulled === 0) this.#tell();
      return;
    }
    const record = step.value;
    this.#pulled++;
    const text = this.#host.encode(record);
    if (text === undefined) {
      // By itself, in its place.
      this.#flush();
      this.#single(this.#begin([record]), 0);
      return;
    }
    this.#records.push(record);
    this.#texts.push(text);
    this.#units += text.length;
    if (this.#texts.length >= this.#size || this.#units >= CHUNK_TEXT) {
      this.#flush();
      this.#replan();
    }
  }

  #begin(records) {
    const chunk = { first: this.#sent, records, left: records.length, outcomes: new Array(records.length) };
    this.#sent += records.length;
    this.#open++;
    if (this.#options.ordered !== false) this.#parts.push({ chunk, at: 0, end: records.length });
    return chunk;
  }

  #flush() {
    clearTimeout(this.#late);
    this.#late = undefined;
    const texts = this.#texts;
    if (texts.length === 0 || this.#over) return;
    const chunk = this.#begin(this.#records);
    this.#records = [];
    this.#texts = [];
    this.#units = 0;
    const { answers, cancel, again } = this.#host.send(texts, chunk.records);
    chunk.again = again;
    this.#track(
      cancel,
      answers.then(
        (answers) => this.#arrived(chunk, answers),
        (error) => {
          // One of them may be at fault. Alone, only that one fails.
          if (chunk.left > 1 || error?.code !== "TIMEOUT") return this.#arrived(chunk, chunk.outcomes);
          error.input = chunk.records[0];
          this.#settle(chunk, 0, error);
        },
      ),
    );
  }

  /** Takes the answers of a chunk. A record without one is computed again by itself, which tells why, or goes online. */
  #arrived(chunk, answers) {
    if (this.#over) return;
    chunk.outcomes = answers;
    let from = 0;
    for (let at = 0; at <= answers.length; at++) {
      const answer = answers[at];
      if (at < answers.length && answer !== undefined && !(answer instanceof Error)) continue;
      this.#settled += at - from;
      if (from < at && this.#options.ordered === false) this.#parts.push({ chunk, at: from, end: at });
      from = at + 1;
      if (answer) this.#settle(chunk, at, answer);
      else if (at < answers.length) this.#single(chunk, at);
    }
    this.#tell();
  }

  #single(chunk, at) {
    const record = chunk.records[at];
    const { answer, cancel } = this.#host.single(chunk.again ? chunk.again(at) : record);
    const settle = (outcome) => this.#settle(chunk, at, outcome);
    const failed = (error) => {
      error.input = record;
      settle(error);
    };
    this.#track(cancel, answer.then(settle, failed));
  }

  #track(cancel, done) {
    this.#underWay.add(cancel);
    done.then(() => {
      this.#underWay.delete(cancel);
      this.#serve();
    });
  }

  #settle(chunk, at, outcome) {
    if (this.#over) return;
    if (outcome instanceof Error) {
      // There is no more to come for any of them.
      if (outcome.code === "DESTROYED") return this.#fail(outcome);
      this.#failed++;
    }
    this.#settled++;
    chunk.outcomes[at] = outcome;
    if (this.#options.ordered === false) this.#parts.push({ chunk, at, end: at + 1 });
    this.#tell();
  }

  #tell() {
    const isLast = this.#settled === this.#total || (this.#ended && this.#settled === this.#pulled);
    this.#progress?.(isLast, (now) => {
      const rate = this.#settled / Math.max((now - this.#began) / 1000, 0.001);
      // An array may grow meanwhile.
      const remaining = Number.isNaN(this.#total) ? undefined : Math.max(this.#total - this.#settled, 0);
      return { done: this.#settled, failed: this.#failed, rate, remaining };
    });
  }

  #sourceFailed(cause) {
    if (this.#over) return;
    // Those pulled before it threw still have their outcome.
    this.#ended = true;
    this.#failure = sourceError(cause, this.#pulled);
  }

  #fail(error) {
    if (this.#over) return;
    this.#failure = error;
    this.end();
  }

  /** Ends it now; who waits for results hears of it. */
  end() {
    this.stop();
    this.#serve();
  }

  /** Lets go of everything: what is under way, the source, the signal. */
  stop() {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    clearTimeout(this.#late);
    this.#parts = [];
    this.#records = this.#texts = [];
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
