// Every package that is built: which model, with which flags, laid out how.

const LINK = [
  "-sMODULARIZE=1",
  "-sEXPORT_NAME=Module",
  "-sALLOW_MEMORY_GROWTH=1",
  "-sEXPORTED_RUNTIME_METHODS=ccall,cwrap,getValue",
  "-sEXPORTED_FUNCTIONS=_construct,_destroy,_is_async,_node_calc_v3,_malloc,_free",
];
const FOUR_GIB = "-sMAXIMUM_MEMORY=4GB";
const SMALL_MEMORY = "-sMAXIMUM_MEMORY=64MB"; // so that running out of it is quick
const IMPORTED = "-sIMPORTED_MEMORY=1";
const ASYNC = ["-sASYNCIFY=1", "-sASYNCIFY_STACK_SIZE=65536"];

const flags = (level, ...more) => [level, ...LINK, ...more];

/** A model as it comes (-O2) and with minified import and export names (-O3). */
const both = (model, ...more) => [
  { name: model, model, flags: flags("-O2", ...more) },
  { name: `${model}-o3`, model, flags: flags("-O3", ...more) },
];

/**
 * `name` of the package, `model` directory, emcc `flags`; `layout` names a function of lib/layouts.mjs, `options` go to
 * it, `note` replaces the model's own description.
 */
export const PACKAGES = [
  ...both("cylinder", FOUR_GIB),
  { name: "cylinder-imported", model: "cylinder", flags: flags("-O3", FOUR_GIB, IMPORTED) },
  ...both("slow", FOUR_GIB),
  ...both("counter", FOUR_GIB),
  ...both("crash", SMALL_MEMORY),
  ...both("async", FOUR_GIB, ...ASYNC),
  ...both("table", FOUR_GIB),
  ...both("large", FOUR_GIB),
];
