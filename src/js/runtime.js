// Our own WebAssembly: carried inside this file, packed and in base64, decoded and compiled in the first `new Spark`.

import { BrowserError } from "./errors.js";
import { unpack } from "./unpack.js";

let glue;

/** The bindings of the running module. */
export function runtime() {
  if (glue) return glue;
  // Required, and before the bindings, so that it precedes them in the file: nothing long may then separate them from
  // their copy for the worker, which gzip sees only when it is near.
  const packed = require("spark:wasm");
  const module = compile(unpackModule(require("spark:unpacker"), packed));
  // Evaluated only now: importing this package must run nothing.
  const bindings = require("spark:glue");
  bindings.initSync({ module });
  glue = bindings;
  return glue;
}

/** What this environment lacks to run at all; `undefined` when nothing. */
export function missingPrerequisite() {
  const needed = ["WebAssembly", "TextDecoder", "TextEncoder"];
  return needed.find((name) => typeof globalThis[name] === "undefined");
}

function unpackModule(unpacker, packed) {
  const bytes = unpack(compile(decodeHex(unpacker)), decodeBase64(packed));
  if (bytes) return bytes;
  throw new BrowserError("This copy of spark-execute is damaged. Load it again from where it comes.", { code: "INTERNAL" });
}

function compile(bytes) {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw new BrowserError(
      "This page may not compile WebAssembly. A Content Security Policy may be why. The policy must have " +
        "script-src 'wasm-unsafe-eval' blob: and worker-src blob:, each beside the sources that this directive, or " +
        "default-src in its place, has now.",
      { code: "WASM_BLOCKED", cause },
    );
  }
}

/** What is not packed is smaller so: gzip sees bytes that repeat. */
function decodeHex(text) {
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

function decodeBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
