// Our own WebAssembly: carried inside this file, packed and in base64, decoded and compiled in the first `new Spark`.

import { BrowserError } from "./errors.js";
import { unpack } from "./unpack.js";

/** Which build this is: WebAssembly and workers that came on their own belong to it, or are of no use. */
export const BUILD = "SPARK_BUILD";

let glue;
let coming;

/** Whether the module runs. */
export const isRunning = () => glue !== undefined;

/** Runs the module that is served at this address; one that is none of this build's is a warning, and ours is taken. */
export function comeFrom(url, warn) {
  return (coming ??= fetchModule(url).then(start, (error) => {
    warn(
      `wasmUrl (${url}) is not the spark_execute.wasm of this version (${error?.message ?? error}). The copy inside the ` +
        "script is used. Copy the file from the package again, and let connect-src allow it.",
    );
    runtime();
  }));
}

async function fetchModule(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  // Not compileStreaming, which fails where a server does not know the type.
  const module = await WebAssembly.compile(await response.arrayBuffer());
  const [build] = WebAssembly.Module.customSections(module, "build");
  if (!build || new TextDecoder().decode(build) !== BUILD) throw new Error("it is of another version");
  return module;
}

/** The bindings of the running module. */
export function runtime() {
  if (glue) return glue;
  // Required, and before the bindings, so that it precedes them in the file: nothing long may then separate them from
  // their copy for the worker, which gzip sees only when it is near.
  const packed = require("spark:wasm");
  return start(compile(unpackModule(require("spark:unpacker"), packed)));
}

function start(module) {
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
