// Every package that is built: which model, with which flags, laid out how.

const LINK = [
  "-sMODULARIZE=1",
  "-sEXPORT_NAME=Module",
  "-sALLOW_MEMORY_GROWTH=1",
  "-sEXPORTED_RUNTIME_METHODS=ccall,cwrap,getValue",
  "-sEXPORTED_FUNCTIONS=_construct,_destroy,_is_async,_node_calc_v3,_malloc,_free",
];
const FOUR_GIB = "-sMAXIMUM_MEMORY=4GB";
const IMPORTED = "-sIMPORTED_MEMORY=1";

const plain = (level, ...more) => [level, ...LINK, FOUR_GIB, ...more];

/**
 * `name` of the package, `model` directory, emcc `flags`; `layout` names a function of lib/layouts.mjs, `options` go to
 * it.
 */
export const PACKAGES = [
  { name: "cylinder", model: "cylinder", flags: plain("-O2") },
  { name: "cylinder-o3", model: "cylinder", flags: plain("-O3") },
  { name: "cylinder-imported", model: "cylinder", flags: plain("-O3", IMPORTED) },
];
