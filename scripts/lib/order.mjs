// Names the functions of a WebAssembly module so that in the order of their names those stand together that are alike: of
// one crate, of one type. wasm-opt's pass `reorder-functions-by-name` puts them there, and the names go: 2 KB less after
// compression than in the order of their sizes, in which the bindings' generator leaves them.

import { Input, isNames, leb, namesOf, read, write } from "./sections.mjs";

const IMPORT = 2;
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

/** The module with these names of imported functions instead of others; wasm-opt makes one of those that are the same. */
export function renameImports(module, names) {
  const text = (value) => Buffer.concat([leb(Buffer.byteLength(value)), Buffer.from(value)]);
  const renamed = (body) => {
    const made = [...importsOf(body)].map(({ from, name, kind, type }) =>
      Buffer.concat([text(from), text(names.get(name) ?? name), Buffer.from([kind]), leb(type)]),
    );
    return Buffer.concat([leb(made.length), ...made]);
  };
  const sections = [...read(module)].map(({ id, body }) => write(id, id === IMPORT ? renamed(body) : body));
  return Buffer.concat([module.subarray(0, 8), ...sections]);
}

/** The types of imported functions by their names. */
export function importTypes(module) {
  const { body } = [...read(module)].find(({ id }) => id === IMPORT);
  return new Map([...importsOf(body)].map(({ name, type }) => [name, type]));
}

/** Imports, all of which are functions: panics.mjs says so. */
function* importsOf(body) {
  const input = new Input(body);
  for (let n = input.number(); n > 0; n--) {
    yield { from: input.text(), name: input.text(), kind: input.byte(), type: input.number() };
  }
}
