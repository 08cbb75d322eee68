// Packages made on the fly, around an engine written in JavaScript: it has a real WebAssembly memory and speaks the
// calling convention of compiled models, and a test says what it answers.
import { createHash } from "node:crypto";
import { zip } from "../../models/lib/zip.mjs";

export { zip };

const name = (text) => [text.length, ...Buffer.from(text)];
const section = (id, bytes) => [id, bytes.length, ...bytes];

/** A module that has nothing but an exported memory of one page. */
export const MEMORY_WASM = Buffer.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...section(5, [1, 0, 1]),
  ...section(7, [1, ...name("memory"), 2, 0]),
]);

// Runs in the worker. `part` may replace any function of the engine and gets what they share.
function factory(calc, part) {
  return function (options) {
    return new Promise((resolve, reject) => {
      options.instantiateWasm({}, ({ exports: { memory } }) => {
        const shared = { options, memory, calls: 0, live: new Map(), top: 64 };
        shared.text = (at, length) => new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));
        shared.write = (bytes) => {
          const at = engine._malloc(bytes.length || 1);
          new Uint8Array(memory.buffer).set(bytes, at);
          return at;
        };
        /** Puts an answer (text, bytes, or what JSON makes of it) into the memory. */
        shared.answer = (answer, lengthAt) => {
          const text = typeof answer === "string" || answer instanceof Uint8Array ? answer : JSON.stringify(answer);
          const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
          const at = shared.write(bytes);
          new DataView(memory.buffer).setInt32(lengthAt, bytes.length, true);
          return at;
        };
        const engine = {
          _malloc(size) {
            const at = shared.top;
            shared.top += (size + 8) & ~7;
            const missing = Math.ceil((shared.top - memory.buffer.byteLength) / 65536);
            if (missing > 0) memory.grow(missing);
            shared.live.set(at, size);
            return at;
          },
          _free: (at) => void shared.live.delete(at),
          _construct: () => 7,
          _destroy() {},
          _is_async: () => 0,
          _node_calc_v3(workbook, at, length, lengthAt) {
            shared.calls++;
            return shared.answer(calc(shared.text(at, length), shared), lengthAt);
          },
        };
        try {
          Object.assign(engine, part(shared, engine));
          resolve(engine);
        } catch (error) {
          reject(error);
        }
      });
    });
  };
}

/**
 * Glue whose engine answers what `calc(requestText, shared)` returns: text, bytes, or an object. Both functions travel
 * as source, so they see nothing around them.
 */
export function glue(calc, part = () => ({})) {
  return `var Module = (${factory})(${calc}, ${part});\n`;
}

/** The entries of a package with this glue. */
export const entries = (js, wasm = MEMORY_WASM) => [
  { name: "fake.js", data: js },
  { name: "fake.wasm", data: wasm },
];

/** A package with this glue. */
export const packageWith = (js, ...more) => zip([...entries(js), ...more]);

/** A package whose engine answers what `calc` returns, see {@link glue}. */
export const engine = (calc, part) => packageWith(glue(calc, part));

/** An engine that answers with the request it got, as text. */
export const ECHO = engine((text) => ({ response_data: { outputs: { text } }, response_meta: {} }));

/** `checksums.md5` for these entries. */
export const sums = (of) => ({
  name: "checksums.md5",
  data: of.map(({ name: file, data }) => `${createHash("md5").update(data).digest("hex")}  ${file}\n`).join(""),
});
