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

const variant = (name, layout, note, more) => ({
  name,
  model: "cylinder",
  flags: flags("-O2", FOUR_GIB),
  layout,
  note,
  ...more,
});

/** The export of one service in force today, so that the package says which folder, service and dates it has. */
const exported = (model, ...more) => ({
  name: `${model}-export`,
  model,
  flags: flags("-O2", FOUR_GIB, ...more),
  layout: "nested",
  options: { versions: 1, to: "9999-12-31T00:00:00Z" },
  note: "The export of a tenant, one version inside, in force without end",
  peer: false,
});

/**
 * `name` of the package, `model` directory, emcc `flags`; `layout` names a function of lib/layouts.mjs, `options` go to
 * it, `note` replaces the model's own description; `peer: false` says that the vendor's runner cannot load it.
 */
export const PACKAGES = [
  ...both("cylinder", FOUR_GIB),
  { name: "cylinder-imported", model: "cylinder", flags: flags("-O3", FOUR_GIB, IMPORTED) },
  variant("cylinder-folder", "folder", "In a folder, with macOS resource forks around it"),
  variant("cylinder-stored", "stored", "No entry is deflated"),
  variant("cylinder-older", "older", "No compiler log, no static files, checksums of the code alone"),
  variant("cylinder-export", "nested", "The export of a tenant, one version inside", {
    options: { versions: 1 },
    peer: false,
  }),
  variant("cylinder-export-two", "nested", "The export of a tenant, two versions inside; 2.0.0 takes pi for 3.14", {
    options: { versions: 2 },
    peer: false,
  }),
  variant("cylinder-modern", "modern", "Glue in the shape of emcc 4", { flags: flags("-O3", FOUR_GIB), peer: false }),
  variant("cylinder-modern-imported", "modern", "Glue in the shape of emcc 4, memory made by the glue", {
    flags: flags("-O3", FOUR_GIB, IMPORTED),
    peer: false,
  }),
  variant("cylinder-columns", "flat", "Takes v4 requests in columns, too", {
    flags: flags("-O2", FOUR_GIB, "-DCOLUMNS"),
  }),
  ...both("slow", FOUR_GIB),
  exported("slow"),
  ...both("counter", FOUR_GIB),
  ...both("hog", FOUR_GIB),
  { name: "hog-imported", model: "hog", flags: flags("-O3", FOUR_GIB, IMPORTED) },
  {
    name: "hog-modern-imported",
    model: "hog",
    flags: flags("-O3", FOUR_GIB, IMPORTED),
    layout: "modern",
    note: "Glue in the shape of emcc 4, memory made by the glue",
    peer: false,
  },
  ...both("crash", SMALL_MEMORY),
  ...both("async", FOUR_GIB, ...ASYNC),
  {
    name: "async-modern",
    model: "async",
    flags: flags("-O3", FOUR_GIB, ...ASYNC),
    layout: "modern",
    note: "Glue in the shape of emcc 4, with Asyncify",
    peer: false,
  },
  ...both("caller", FOUR_GIB, ...ASYNC),
  exported("caller", ...ASYNC),
  {
    name: "caller-small",
    model: "caller",
    flags: flags("-O2", SMALL_MEMORY, ...ASYNC),
    note: "With 64 MB of memory, so that a reply can be too large for it",
  },
  ...both("table", FOUR_GIB),
  ...both("large", FOUR_GIB),
];
