// What the worker's tests need from JavaScript.

// Captured before any model's glue runs.
const { setTimeout: later, clearTimeout: never } = globalThis;

/** The promise; rejects when nothing happens for so long that nothing will, so that one test fails and not the run. */
export function bounded(promise) {
  return new Promise((resolve, reject) => {
    const timer = later(() => reject(new Error("Nothing happened for 20 seconds.")), 20_000);
    Promise.resolve(promise).then(resolve, reject).finally(() => never(timer));
  });
}

/** What the bootstrap hands over. This worker is a module, whose own importScripts always throws. */
export function environment(importScripts) {
  const evaluate = (url) => {
    const request = new XMLHttpRequest();
    request.open("GET", url, false);
    request.send();
    (0, eval)(request.responseText);
  };
  const inflate = async () => undefined;
  return { importScripts: importScripts ?? evaluate, inflate, watchGrowth() {}, limitMemory() {}, isOverLimit: () => false, limit: 0, refused: 0 };
}

/** Collects what would be posted to the page; the test runner's own messages pass. */
export class Outbox {
  messages = [];

  constructor() {
    const { postMessage } = self;
    self.postMessage = (message, ...rest) => {
      if (Array.isArray(message) && String(message[0]).startsWith("__wbgtest_")) {
        return postMessage.call(self, message, ...rest);
      }
      // As the real one: throws for what cannot be cloned.
      this.messages.push(structuredClone(message));
      this.wake?.();
    };
    this.close = () => {
      self.postMessage = postMessage;
    };
  }

  /** The next message, awaited when there is none yet. */
  async next() {
    while (this.messages.length === 0) await new Promise((resolve) => (this.wake = resolve));
    return this.messages.shift();
  }
}

/** Keeps the worker's console, which an engine's start replaces; the runner reports through it. */
export function keepConsole() {
  const kept = { ...console };
  return () => Object.assign(console, kept);
}
