// Batches.
import Spark, { type BatchProgress, type BatchResult, type BatchResults, type SparkError, type SparkResponse } from "spark-execute";
import { is } from "./is.js";

const spark = new Spark({ nodegenModels: [{ versionId: "a", binary: "/a.zip" }] });
const input = { request_data: { inputs: { radius: 2 } } };
interface Outputs {
  volume: number;
}
async function* later() {
  yield input;
}
function* now() {
  yield input;
}

// Sources.
spark.executeMany([]);
spark.executeMany([input], "a");
spark.executeMany(new Set([input]), null);
spark.executeMany(now(), "a");
spark.executeMany(later(), { ordered: false });
spark.executeMany(now(), "a", { stopOnError: true, timeout: 5, totalTimeout: 6, signal: null });
// @ts-expect-error one request is no batch
spark.executeMany(input);
// @ts-expect-error records are requests
spark.executeMany([5]);
// @ts-expect-error text is no batch
spark.executeMany("text");

// Options.
spark.executeMany([], "a", { onProgress: (progress) => is<typeof progress, BatchProgress>(true) });
// @ts-expect-error of execute's outputs two
spark.executeMany([], "a", { output: "bytes" });
// @ts-expect-error not an option
spark.executeMany([], "a", { size: 5 });

// Results.
const objects = spark.executeMany([], "a");
is<typeof objects, BatchResults<SparkResponse>>(true);
const texts = spark.executeMany([], { output: "string" });
is<typeof texts, BatchResults<string>>(true);
async function consume() {
  for await (const result of spark.executeMany<Outputs>(now(), "a")) {
    is<typeof result, BatchResult<SparkResponse<Outputs>>>(true);
    if (result.error) is<typeof result.error, SparkError>(true);
    else is<typeof result.response.response_data.outputs.volume, number>(true);
  }
}
void consume;
