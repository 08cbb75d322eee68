// What the generator may do to which model. `base`: inputs of every case unless it says otherwise. `numbers` and `texts`:
// inputs that take any value (the others would make a model run for ages). `stateful`: answers depend on earlier calls.

export const FAMILIES = {
  cylinder: { base: { radius: 2, height: 5 }, numbers: ["radius", "height"], texts: [] },
  slow: { base: { ms: 1, tag: "t" }, numbers: [], texts: ["tag"] },
  counter: { base: { tag: "t" }, numbers: ["step"], texts: ["tag"], stateful: true },
  hog: { base: { grow_mb: 0, tag: "t" }, numbers: [], texts: ["tag"], stateful: true },
  crash: { base: { mode: "none", value: 7 }, numbers: ["value"], texts: [] },
  async: {
    base: { dispatch: false, radius: 2, height: 5 },
    numbers: ["radius", "height"],
    texts: ["target_folder", "target_service", "service_uri"],
  },
  caller: { base: { times: 0, tag: "t" }, numbers: [], texts: ["tag"] },
  table: { base: { factor: 2, note: "n" }, numbers: ["factor"], texts: ["note"] },
  large: {
    base: { age: 35, term: 10, sum_assured: 50_000, plan: "plus" },
    numbers: ["age", "term", "sum_assured", "interest"],
    texts: ["plan"],
  },
};

/** Packages that the peer cannot load: its answer comes from the package of the same engine that it can. */
export const TWINS = {
  "cylinder-export": "cylinder",
  "cylinder-modern": "cylinder-o3",
  "cylinder-modern-imported": "cylinder-imported",
  "hog-modern-imported": "hog-imported",
  "async-modern": "async-o3",
};
