// Everything that an ES module may import, as a value and as a type.
import Spark, { ColumnarSerializer, Spark as Named, type SparkConfig, type SparkResponse } from "spark-execute";
import * as everything from "spark-execute";
import type { BinarySource, ErrorCode, Execution, ModelStats, NodegenModel } from "spark-execute";
import type { SparkError, SparkRequest } from "spark-execute";
import { is } from "./is.js";

const model: NodegenModel = { versionId: "a", binary: new Uint8Array(1) };
const config: SparkConfig = { nodegenModels: [model] };
const spark: Spark = new Spark(config);
const named: Named = new Named(config);
const star: everything.Spark = new everything.default(config);

is<typeof Spark, typeof Named>(true);
is<typeof Spark, typeof everything.default>(true);
is<typeof ColumnarSerializer, typeof Spark.ColumnarSerializer>(true);
is<SparkConfig, Spark.SparkConfig>(true);
is<SparkResponse, everything.SparkResponse>(true);
is<SparkError, Spark.WasmRunnerErrors.SparkError>(true);
is<BinarySource, NodegenModel["binary"]>(true);
is<ModelStats[], ReturnType<Spark["stats"]>>(true);

const request: SparkRequest = { request_data: { inputs: { radius: 2 } } };
const execution: Execution = named.executeWithCancellationToken(request, "a");
const code: ErrorCode = "ZIP_INVALID";

// @ts-expect-error the module exports the class, not its static members
import { WasmRunnerErrors } from "spark-execute";
// @ts-expect-error there is no such type
import type { SparkOptions } from "spark-execute";
// @ts-expect-error files inside the package are not for importing
import * as inside from "spark-execute/src/js/spark.js";

export { spark, star, execution, code, WasmRunnerErrors, inside };
export type { SparkOptions };
