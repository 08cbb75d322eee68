// The module and the CommonJS build are two copies when one process loads both.
import { createRequire } from "node:module";
import Imported from "spark-execute";

const Required = createRequire(import.meta.url)("spark-execute");
const error = await new Required({ nodegenModels: [{ versionId: "a", binary: "a.zip" }] })
  .execute({}, "b")
  .catch((thrown) => thrown);
const report = {
  copies: Imported !== Required,
  own: error instanceof Required.WasmRunnerErrors.MissingModelError,
  other: error instanceof Imported.WasmRunnerErrors.MissingModelError,
  guarded: Imported.isError(error, "MODEL_NOT_FOUND"),
  otherCode: Imported.isError(error, "TIMEOUT"),
  plain: Imported.isError(new Error("a")),
};
process.stdout.write(JSON.stringify(report));
