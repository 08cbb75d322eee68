// What a model's glue finds in its worker: the language, WebAssembly, and what computes without reaching anything outside.
// A list of what stays, not of what goes: whatever browsers add later is gone too.

const KEPT = new Set(
  (
    // The language.
    "Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error " +
    "AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError InternalError SuppressedError globalThis " +
    "JSON Math Intl ArrayBuffer SharedArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array " +
    "BigUint64Array BigInt64Array Uint8ClampedArray Float16Array Float32Array Float64Array DataView Map BigInt Set Iterator " +
    "WeakMap WeakSet WeakRef FinalizationRegistry Proxy Reflect DisposableStack AsyncDisposableStack Temporal WebAssembly " +
    "decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN constructor " +
    // The platform.
    "self name location console performance crypto atob btoa queueMicrotask structuredClone reportError isSecureContext " +
    "crossOriginIsolated setTimeout clearTimeout setInterval clearInterval Blob URL URLSearchParams TextDecoder TextEncoder " +
    "AbortController AbortSignal DOMException WorkerGlobalScope DedicatedWorkerGlobalScope Event EventTarget MessageEvent " +
    "ErrorEvent PromiseRejectionEvent addEventListener removeEventListener dispatchEvent postMessage onmessage onmessageerror " +
    "onerror onunhandledrejection onrejectionhandled"
  ).split(" "),
);

/** Takes everything else away, for good, along the scope's whole prototype chain. Throws where something will not go. */
export function lockDown() {
  const { language, languages, userAgent, hardwareConcurrency } = navigator;
  for (let level = self; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const key of Reflect.ownKeys(level)) {
      if (typeof key === "symbol" || KEPT.has(key) || Reflect.deleteProperty(level, key)) continue;
      // Constants may stay.
      if (Object(self[key]) === self[key]) throw new Error(`${key} cannot be taken away from the model's glue.`);
    }
  }
  const stays = (key, value) => Object.defineProperty(self, key, { value });
  // Glue knows by these where it runs.
  stays("navigator", Object.freeze({ language, languages, userAgent, hardwareConcurrency }));
  stays("importScripts", () => {
    throw new TypeError("A model may not load scripts.");
  });
}
