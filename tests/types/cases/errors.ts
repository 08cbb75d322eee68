// Errors: classes, guards, fields.
import Spark, { type ErrorByCode, type ErrorCode, type SparkError, type V3Error } from "spark-execute";
import { is } from "./is.js";

const { WasmRunnerErrors } = Spark;

export function guard(error: unknown): string | undefined {
  // @ts-expect-error not known yet
  error.code;
  if (Spark.isError(error, "MODEL_NOT_FOUND")) {
    is<typeof error.code, "MODEL_NOT_FOUND">(true);
    is<typeof error.name, "missing_model_error">(true);
    return error.modelInfo.uuid;
  }
  if (Spark.isError(error, "CONFIG_INVALID")) {
    const configuration: Spark.WasmRunnerErrors.ConfigurationError = error;
    return configuration.path;
  }
  if (!Spark.isError(error)) return undefined;
  is<typeof error, SparkError>(true);
  is<typeof error.code, ErrorCode>(true);
  is<typeof error.status, number>(true);
  is<typeof error.v3, V3Error>(true);
  const told = error.toJSON();
  is<typeof told.code, ErrorCode>(true);
  is<typeof told.message, string>(true);
  is<typeof error.path, string | undefined>(true);
  is<typeof error.details, string | undefined>(true);
  is<typeof error.cause, unknown>(true);
  is<typeof error.modelInfo.input, unknown>(true);
  switch (error.code) {
    case "TIMEOUT":
    case "CANCELLED":
      return error.name;
    // @ts-expect-error no such code
    case "TIMED_OUT":
      return undefined;
    default:
      return error.message;
  }
}

// @ts-expect-error no such code
Spark.isError(new Error(), "NOT_FOUND");
// @ts-expect-error read only
new WasmRunnerErrors.SparkError("a").code = "INTERNAL";
// @ts-expect-error read only
new WasmRunnerErrors.SparkError("a").v3 = null;

// Every class, what it descends from, its codes.
const spark: Spark.WasmRunnerErrors.SparkError[] = [
  new WasmRunnerErrors.UnauthorizedError("a"),
  new WasmRunnerErrors.BadRequestError("a", { path: "b", cause: 5 }),
  new WasmRunnerErrors.ParameterRequiredError("a"),
  new WasmRunnerErrors.BrowserError("a", { code: "WASM_BLOCKED" }),
  new WasmRunnerErrors.ModelError("a", { uuid: "b", input: {} }),
];
const model: Spark.WasmRunnerErrors.ModelError[] = [
  new WasmRunnerErrors.MissingModelError("a"),
  new WasmRunnerErrors.ModelInitializationError("a"),
  new WasmRunnerErrors.ModelValidationError("a"),
  new WasmRunnerErrors.ModelExecuteError("a"),
  new WasmRunnerErrors.ExecuteCancelled("a"),
  new WasmRunnerErrors.TimeoutError("a"),
  new WasmRunnerErrors.CircuitOpenError("a", { retryAfter: 5 }),
  new WasmRunnerErrors.CompatibilityJsonError("a"),
];
const nested: [
  Spark.WasmRunnerErrors.ModelInitializationError,
  Spark.WasmRunnerErrors.ExecuteCancelled,
  Spark.WasmRunnerErrors.BadRequestError,
  Spark.WasmRunnerErrors.BrowserError,
  Spark.WasmRunnerErrors.NotSupportedError,
] = [
  new WasmRunnerErrors.PackageError("a"),
  new WasmRunnerErrors.DestroyedError("a"),
  new WasmRunnerErrors.ConfigurationError("a"),
  new WasmRunnerErrors.NotSupportedError("a"),
  new WasmRunnerErrors.UnsupportedEnvironmentError("a"),
];
is<typeof WasmRunnerErrors.ModelExecuteCancelled, typeof WasmRunnerErrors.ExecuteCancelled>(true);
is<ErrorByCode["WASM_INVALID"], Spark.WasmRunnerErrors.ModelInitializationError>(true);
is<Spark.WasmRunnerErrors.DestroyedError["code"], "DESTROYED">(true);

const endpoint: Spark.WasmRunnerErrors.EndpointError[] = [
  new WasmRunnerErrors.ForbiddenError("a"),
  new WasmRunnerErrors.RateLimitError("a", { requestId: "b" }),
  new WasmRunnerErrors.ServiceUnavailableError("a"),
  new WasmRunnerErrors.NetworkError("a"),
];
is<ErrorByCode["SERVER_ERROR"], Spark.WasmRunnerErrors.EndpointError>(true);

// @ts-expect-error credentials are not the endpoint's failure
endpoint.push(new WasmRunnerErrors.UnauthorizedError("a"));
// @ts-expect-error not a model's error
const wrong: Spark.WasmRunnerErrors.ModelError = new WasmRunnerErrors.UnauthorizedError("a");
// @ts-expect-error not any error
const plain: SparkError = new Error("a");
// @ts-expect-error a message is text
new WasmRunnerErrors.SparkError(5);
// @ts-expect-error no such field
new WasmRunnerErrors.SparkError("a", { reason: 5 });
// @ts-expect-error no such class
WasmRunnerErrors.RetryTimeoutError;
// @ts-expect-error the namespace is frozen
Spark.WasmRunnerErrors = {};

export { spark, model, nested, endpoint, wrong, plain };

export function ofMemory(error: unknown): number | undefined {
  if (Spark.isError(error, "MEMORY_LIMIT")) {
    is<typeof error.allowed, number | undefined>(true);
    return error.requested;
  }
  // @ts-expect-error only a MemoryLimitError has it
  if (Spark.isError(error, "OUT_OF_MEMORY")) return error.allowed;
  return undefined;
}
