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
spark.executeMany([], "a", { privateKeys: true });
// @ts-expect-error no form
spark.executeMany([], "a", { output: "json" });
// @ts-expect-error not an option
spark.executeMany([], "a", { size: 5 });

// Results.
const objects = spark.executeMany([], "a");
is<typeof objects, BatchResults<SparkResponse>>(true);
const texts = spark.executeMany([], { output: "string" });
is<typeof texts, BatchResults<string>>(true);
const bytes = spark.executeMany([input], "a", { output: "bytes" });
is<typeof bytes, BatchResults<Uint8Array>>(true);
const raw = spark.executeMany(["{}", new Uint8Array(2), input], "a");
is<typeof raw, BatchResults<SparkResponse>>(true);
const rawTexts = spark.executeMany(["{}"], "a", { output: "string", ordered: false });
is<typeof rawTexts, BatchResults<string>>(true);
// @ts-expect-error text names no model
spark.executeMany(["{}"]);
// @ts-expect-error text is not looked into
spark.executeMany(["{}"], "a", { privateKeys: true });
async function consume() {
  for await (const result of spark.executeMany<Outputs>(now(), "a")) {
    is<typeof result, BatchResult<SparkResponse<Outputs>>>(true);
    if (result.error) is<typeof result.error, SparkError>(true);
    else is<typeof result.response.response_data.outputs.volume, number>(true);
  }
}
void consume;
