// Names the functions of a WebAssembly module so that in the order of their names those stand together that are alike: of
// one crate, of one type. wasm-opt's pass `reorder-functions-by-name` puts them there, and the names go: 2 KB less after
// compression than in the order of their sizes, in which the bindings' generator leaves them.

import { Input, isNames, leb, namesOf, read, write } from "./sections.mjs";

const FUNCTIONS = 1;

/** The module with such names. */
export function sortable(module) {
  const sections = [...read(module)];
  const entries = [...namesOf(sections)].map(([index, name]) => {
    // What a generic's name begins with is "<" or "<&"; what it ends with is a hash, and differs where nothing else does.
    const key = name.replace(/^\W+(dyn |mut |impl )?/, "").replace(/::h[0-9a-f]{16}$/, "");
    const text = Buffer.from(`${key} ${String(index).padStart(6, "0")}`);
    return Buffer.concat([leb(index), leb(text.length), text]);
  });
  const names = Buffer.concat([leb("name".length), Buffer.from("name"), write(FUNCTIONS, Buffer.concat([leb(entries.length), ...entries]))]);
  const kept = sections.filter(({ id, body }) => !isNames(id, new Input(body)));
  return Buffer.concat([module.subarray(0, 8), ...kept.map(({ id, body }) => write(id, body)), write(0, names)]);
}
