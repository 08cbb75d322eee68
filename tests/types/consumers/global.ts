/// <reference types="spark-execute" />
// A page with the script tag: the class is a global.
const spark: Spark = new globalThis.Spark({ nodegenModels: [{ versionId: "a", binary: "/a.zip" }] });
const errors: typeof Spark.WasmRunnerErrors = globalThis.Spark.WasmRunnerErrors;
