// What the build makes of the generated bindings: each import is a few letters less, and none is there twice.

/** One import: its name, what it is, and whether what it throws is handed to WebAssembly. */
const IMPORT = /^        (\w+): function\((.*?)\) \{( return handleError\(function \((.*?)\) \{)?\n([^]*?)\n        \}(, arguments\); \})?,\n/gm;
/** How a text is returned, if there is one. */
const TEXT =
  /(?:const|var) ptr\d = (?:isLikeNone\(ret\) \? 0 : )?passStringToWasm0\(ret, wasm\.__wbindgen_malloc, wasm\.__wbindgen_realloc\);\n +(?:const|var) len\d = WASM_VECTOR_LEN;\n +getDataViewMemory0\(\)\.setInt32\(\(arg0 >>> 0\) \+ 4 \* 1, len\d, true\);\n +getDataViewMemory0\(\)\.setInt32\(\(arg0 >>> 0\) \+ 4 \* 0, ptr\d, true\);/g;

const HELPERS = `
function returnText(at, text) {
  const pointer = isLikeNone(text) ? 0 : passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
  const view = getDataViewMemory0();
  view.setInt32((at >>> 0) + 4, WASM_VECTOR_LEN, true);
  view.setInt32(at >>> 0, pointer, true);
}
function handleError(work) {
  return (...args) => {
    try {
      return work(...args);
    } catch (error) {
      wasm.__wbindgen_exn_store(addToExternrefTable0(error));
    }
  };
}
`;

/** The bindings with less around each import, none twice, and which imports are the same as which others. */
export function condense(glue, types) {
  const seen = new Map();
  const same = new Map();
  const found = glue.match(IMPORT)?.length ?? 0;
  const stated = glue.match(/^        (?!__proto__)\w+: /gm)?.length ?? 0;
  if (found === 0 || found !== stated) throw new Error(`${found} of ${stated} imports are as expected; see scripts/lib/bindings.mjs.`);
  glue = glue.replace(IMPORT, (_, name, outer, handled, inner, body) => {
    const work = `(${handled ? inner : outer}) => {\n${body.replace(TEXT, "returnText(arg0, ret);")}\n}`;
    const made = handled ? `handleError(${work})` : work;
    const key = `${types.get(name)} ${made}`;
    const first = seen.get(key);
    if (first) same.set(name, first);
    else seen.set(key, name);
    return first ? "" : `        ${name}: ${made},\n`;
  });
  glue = replaced(glue, /^function handleError\(f, args\) \{[^]*?^\}\n/gm, () => HELPERS);
  return { glue, same };
}

/** The bindings with those names, and without the asynchronous start that nobody calls. */
export function shorten(glue, { imports, exports }) {
  const replace = (pattern, to) => {
    glue = replaced(glue, pattern, to);
  };
  replace(/^async function __wbg_load[^]*?^}\n/gm, "");
  replace(/^let __wbg_init_promise;[^]*/gm, "");
  // We always hand over a compiled module, once, and where there is WebAssembly there is `encodeInto`.
  replace(
    /^function initSync\(module\) \{[^]*?^}\n/gm,
    () => `function initSync({ module }) {
      __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()), module);
    }\n`,
  );
  replace(/^if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?^}\n/gm, "");
  // All imports are from one module, which the optimiser calls "a".
  replace(/"\.\/\w+_bg\.js": import0/g, "a: import0");
  for (const [, long, short] of imports) replace(new RegExp(`^( +)${long}(?=: )`, "gm"), (_, indent) => indent + short);
  const shortOf = new Map(exports);
  return glue.replace(/\bwasm\.(\w+)/g, (_, name) => `wasm.${shortOf.get(name) ?? name}`);
}

function replaced(glue, pattern, to) {
  const count = glue.match(pattern)?.length ?? 0;
  if (count !== 1) throw new Error(`The generated bindings have ${count} times ${pattern}, not once; see scripts/lib/bindings.mjs.`);
  return glue.replace(pattern, to);
}
