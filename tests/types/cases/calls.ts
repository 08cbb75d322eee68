// Requests, options, responses, state.
import Spark, { type CancellationToken, type JsonValue, type ModelStats, type SparkResponse } from "spark-execute";
import { is } from "./is.js";

const spark = new Spark({ nodegenModels: [{ versionId: "a", binary: "/a.zip" }] });
const input = { request_data: { inputs: { radius: 2 } } };

interface CylinderInputs {
  radius: number;
  height?: number;
  length?: number;
}
interface CylinderOutputs {
  volume: number;
  area: number;
}
declare const inputs: CylinderInputs;
interface OwnSignal {
  aborted: boolean;
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(): void;
}
declare const signal: OwnSignal;

// Requests.
spark.execute({});
spark.execute({ request_data: { inputs } }, "a");
spark.execute({ request_data: { inputs: { text: "x", table: [{ a: 1 }, { a: null }], date: new Date(), no: undefined } } });
spark.execute({ request_data: null, request_meta: null });
spark.execute({
  request_data: { inputs: {} },
  request_meta: {
    version_id: "a",
    correlation_id: "c",
    source_system: "s",
    requested_output: ["volume"],
    service_category: "metadata, formspec",
    array_outputs: "*",
    response_data_inputs: true,
    validation_type: "dynamic",
  },
});
// @ts-expect-error no request
spark.execute();
// @ts-expect-error JSON text
spark.execute(JSON.stringify(input), "a");
// @ts-expect-error inputs in the wrong place
spark.execute({ inputs: { radius: 2 } }, "a");
// @ts-expect-error inputs in the wrong place
spark.execute({ request_data: { radius: 2 } }, "a");
// @ts-expect-error a batch
spark.execute({ request_data: { inputs: [{ radius: 2 }, { radius: 3 }] } }, "a");
// @ts-expect-error a batch in columns
spark.execute({ request_data: { inputs: [["radius"], [2]] } }, "a");
// @ts-expect-error a Map becomes {} in JSON
spark.execute({ request_data: { inputs: new Map([["radius", 2]]) } }, "a");
// @ts-expect-error not an object
spark.execute({ request_data: { inputs: "radius=2" } }, "a");
// @ts-expect-error misspelt
spark.execute({ request_meta: { versionId: "a" } });
// @ts-expect-error the id is text
spark.execute({ request_meta: { version_id: 5 } });
// @ts-expect-error names are text
spark.execute({ request_meta: { requested_output: [5] } });
// @ts-expect-error text
spark.execute({ request_meta: { service_category: ["metadata"] } });

// Options.
spark.execute(input, "a", { timeout: 5, signal });
spark.execute(input, { timeout: 5 });
spark.execute(input, null, { signal: null });
spark.execute(input, undefined, { timeout: undefined, signal: undefined });
spark.executeWithCancellationToken(input, "a", { timeout: 5, signal });
spark.executeWithCancellationToken(input, { signal });
// @ts-expect-error the id is text
spark.execute(input, 5);
// @ts-expect-error text
spark.execute(input, "a", { timeout: "5" });
// @ts-expect-error null is no time
spark.execute(input, "a", { timeout: null });
// @ts-expect-error misspelt
spark.execute(input, "a", { timeOut: 5 });
// @ts-expect-error a controller is no signal
spark.execute(input, "a", { signal: { abort() {} } });
// @ts-expect-error options come last
spark.execute(input, { timeout: 5 }, "a");

// Responses.
export async function read() {
  const response = await spark.execute(input, "a");
  is<typeof response, SparkResponse>(true);
  is<typeof response.response_data.outputs, { [name: string]: JsonValue }>(true);
  is<typeof response.response_meta.process_time, number | undefined>(true);
  for (const warning of response.response_data.warnings ?? []) warning.message.toUpperCase();
  for (const error of response.response_data.errors ?? []) error.error_type?.toUpperCase();
  // @ts-expect-error there may be none
  response.response_data.errors.length;
  // @ts-expect-error outputs are not at the top
  response.outputs;
  // @ts-expect-error it may be anything that JSON can hold
  const volume: number = response.response_data.outputs["volume"];

  const typed = await spark.execute<CylinderOutputs>(input, "a");
  is<typeof typed.response_data.outputs, CylinderOutputs>(true);
  is<typeof typed.response_data.outputs.volume, number>(true);
  // @ts-expect-error no such output
  typed.response_data.outputs.mass;
  // @ts-expect-error outputs are an object
  await spark.execute<number>(input, "a");
  // @ts-expect-error a promise is not the response
  spark.execute(input, "a").response_data;
  return volume;
}

// Executions: synchronous, and the token needs no `this`.
const { response, cancellationToken } = spark.executeWithCancellationToken<CylinderOutputs>(input, "a");
is<typeof response, Promise<SparkResponse<CylinderOutputs>>>(true);
is<typeof cancellationToken, CancellationToken>(true);
const { cancel } = cancellationToken;
is<ReturnType<typeof cancel>, boolean>(true);
// @ts-expect-error it is no promise itself
spark.executeWithCancellationToken(input, "a").then();

// The rest.
is<ReturnType<typeof spark.destroy>, Promise<void>>(true);
is<ReturnType<typeof spark.stats>, ModelStats[]>(true);
is<ModelStats["dying"], number>(true);
is<ModelStats["state"], "idle" | "loading" | "loaded">(true);
is<ModelStats["memory"], number>(true);
// @ts-expect-error there is no such method
spark.dispose();

// Giving it up.
is<ReturnType<(typeof spark)[typeof Symbol.asyncDispose]>, Promise<void>>(true);
