// `import … = require()`: the class itself, with its types as members.
import Spark = require("spark-execute");
import type { SparkConfig } from "spark-execute";
import { Spark as Named } from "spark-execute";
import { is } from "./is.js";

const config: Spark.SparkConfig = { nodegenModels: [{ versionId: "a", binary: new Uint8Array(1) }] };
const spark: Spark = new Spark(config);
const named: Named = new Named(config);
const member: Spark.Spark = new Spark.Spark(config);
const byDefault: Spark = new Spark.default(config);

is<typeof Spark, typeof Spark.Spark>(true);
is<typeof Spark, typeof Spark.default>(true);
is<typeof Spark, typeof Named>(true);
is<SparkConfig, Spark.SparkConfig>(true);

const error: Spark.SparkError = new Spark.WasmRunnerErrors.MissingModelError("a");
const response: Promise<Spark.SparkResponse> = spark.execute({}, "a");

// @ts-expect-error there is no such type
type Nothing = Spark.SparkOptions;

export { named, member, byDefault, error, response };
export type { Nothing };
