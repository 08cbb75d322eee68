// Every error a caller can meet. Names, types and statuses are those of the SDK this package replaces; `code` is ours
// and says exactly what happened.

const BRAND = Symbol.for("spark-execute.error");

/** The base of all errors of this package. */
export class SparkError extends Error {
  static {
    this.prototype[BRAND] = true;
    // Minified names would show in logs.
    define(this, "name", "SparkError");
  }

  /**
   * @param {string} message
   * @param {{ code?: string, path?: string, details?: string, cause?: unknown, uuid?: string, input?: unknown,
   *   status?: number, requestId?: string, retryAfter?: number, allowed?: number, requested?: number }} [fields]
   */
  constructor(message, fields = {}) {
    super(message, "cause" in fields ? { cause: fields.cause } : undefined);
    const { name, type, status, code } = new.target.defaults;
    define(this, "name", name);
    this.code = fields.code ?? code;
    this.type = type;
    this.status = fields.status ?? status;
    this.severity = "low";
    for (const key of ["requestId", "retryAfter", "path", "details", "allowed", "requested"]) {
      if (fields[key] !== undefined) this[key] = fields[key];
    }
    define(this, "uuid", fields.uuid);
    define(this, "input", fields.input);
  }

  static defaults = { name: "spark_error", type: "error.SPARK_ERROR", status: 500, code: "INTERNAL" };

  /**
   * Whether `error` comes from this package, from any copy of it on the page, and optionally has this `code`.
   * @param {unknown} error
   * @param {string} [code]
   */
  static is(error, code) {
    // Not `instanceof Error`: a frame's errors have another `Error`.
    return error?.[BRAND] === true && (code === undefined || error.code === code);
  }

  /** The error as the Spark API writes errors. */
  get v3() {
    return { error_category: this.name, error_type: this.type, message: this.message, severity: this.severity };
  }

  /** For logs, which JSON would leave without name and message; the caller's data stays out. */
  toJSON() {
    return { name: this.name, message: this.message, ...this };
  }

  /** Which model was asked, and with what. */
  get modelInfo() {
    return { uuid: this.uuid, input: this.input };
  }
}

// Not enumerable: a logged error must not show the caller's data.
function define(error, key, value) {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

/** `Spark.WasmRunnerErrors`: all classes by name. */
export const WasmRunnerErrors = { SparkError };

/** The class that stands for each code. */
export const CLASS_OF_CODE = { INTERNAL: SparkError };

/**
 * Makes a class.
 * @param {typeof SparkError} Parent
 * @param {string} name of the class
 * @param {string} codes that it stands for, the usual one first; in brackets one that another class stands for
 * @param {string} [category] `name` of its errors; with `type` and `status` the parent's when left out
 * @param {string} [type] without `error.`
 * @param {number} [status]
 */
function make(Parent, name, codes, category, type = category?.toUpperCase(), status = 500) {
  const [code] = codes.match(/\w+/);
  const own = category && { name: category, type: `error.${type}`, status };
  const made = class extends Parent {
    static defaults = { ...Parent.defaults, ...own, code };
  };
  for (const key of codes.split(" ")) if (/^\w/.test(key)) CLASS_OF_CODE[key] = made;
  define(made, "name", name);
  WasmRunnerErrors[name] = made;
  return made;
}

/** Something about a model. */
const ModelError = make(SparkError, "ModelError", "(INTERNAL)", "model_error");

/** No configured model has the requested id. */
make(ModelError, "MissingModelError", "MODEL_NOT_FOUND", "missing_model_error");

/** The model could not be loaded or started. */
const ModelInitializationError = make(
  ModelError,
  "ModelInitializationError",
  "GLUE_FAILED WASM_INVALID MODEL_CONSTRUCT",
  "model_not_initialized_error",
);

/** The package of a model cannot be read or must not be used. */
make(
  ModelInitializationError,
  "PackageError",
  "ZIP_INVALID BINARY_INVALID BINARY_FETCH BASE64_INVALID PACKAGE_INCOMPLETE PACKAGE_AMBIGUOUS CHECKSUM_MISMATCH " +
    "INTEGRITY_MISMATCH PACKAGE_TOO_LARGE",
);

/** The model refused the inputs. */
make(ModelError, "ModelValidationError", "(REQUEST_INVALID)", "validation_error", "VALIDATION");

/** The engine failed while computing. */
const ModelExecuteError = make(
  ModelError,
  "ModelExecuteError",
  "ENGINE_EXCEPTION ENGINE_TRAP OUT_OF_MEMORY RESPONSE_INVALID XCALL_DEPTH XCALL_CYCLE",
  "execution_error",
  "EXECUTION",
);

/** The engine asked for more memory than its `memoryLimit`. */
make(ModelExecuteError, "MemoryLimitError", "MEMORY_LIMIT");

/** The caller cancelled the call. */
const ExecuteCancelled = make(ModelError, "ExecuteCancelled", "CANCELLED", "execution_cancelled", "EXECUTION");
WasmRunnerErrors.ModelExecuteCancelled = ExecuteCancelled;

/** The `Spark` instance was destroyed before the call ended, or was used afterwards. */
make(ExecuteCancelled, "DestroyedError", "DESTROYED");

/** The call's time ran out. */
make(ModelError, "TimeoutError", "TIMEOUT", "timeout_error", "TIMEOUT", 504);

/** The package is not compatible with this runner. */
make(ModelError, "CompatibilityJsonError", "COMPATIBILITY_JSON", "compatibility_json_error", "COMPATIBILITY_JSON");

/** The model failed several times in a row and is left alone for a moment. */
make(ModelError, "CircuitOpenError", "CIRCUIT_OPEN", "circuit_open", undefined, 503);

/** The endpoint refused the credentials. */
make(SparkError, "UnauthorizedError", "UNAUTHORIZED CREDENTIAL_INVALID", "unauthorized", undefined, 401);

/** The request, or the configuration, is wrong. */
export const BadRequestError = make(
  SparkError,
  "BadRequestError",
  "REQUEST_INVALID MODEL_AMBIGUOUS REQUEST_REFUSED",
  "bad_request_error",
  undefined,
  400,
);

/** The configuration given to `new Spark` is wrong; `path` names the field. */
make(BadRequestError, "ConfigurationError", "CONFIG_INVALID");

/** The call does not say which model to run. */
make(SparkError, "ParameterRequiredError", "VERSION_ID_MISSING", "missing_parameter", undefined, 400);

/** The browser would not do what is needed. */
export const BrowserError = make(
  SparkError,
  "BrowserError",
  "WORKER_START WORKER_BLOCKED WORKER_CRASHED WASM_BLOCKED",
  "browser_error",
);

/** The environment lacks something needed. */
const NotSupportedError = make(
  BrowserError,
  "NotSupportedError",
  "(UNSUPPORTED_ENVIRONMENT)",
  "not_supported_error",
  "NOT_SUPPORTED",
);

/** There is no `Worker` here: Node, server-side rendering, jsdom. */
export const UnsupportedEnvironmentError = make(
  NotSupportedError,
  "UnsupportedEnvironmentError",
  "UNSUPPORTED_ENVIRONMENT",
);

/** The endpoint could not answer. */
const EndpointError = make(
  SparkError,
  "EndpointError",
  "SERVER_ERROR ONLINE_RESPONSE_INVALID",
  "endpoint_error",
  "ENDPOINT",
);

/** The endpoint accepts the credentials, but not for this service. */
make(EndpointError, "ForbiddenError", "FORBIDDEN", "forbidden", undefined, 403);

/** The endpoint got too many requests. */
make(EndpointError, "RateLimitError", "RATE_LIMITED", "rate_limit", undefined, 429);

/** The endpoint is not available for the moment. */
make(EndpointError, "ServiceUnavailableError", "UNAVAILABLE", "service_unavailable", undefined, 503);

/** The endpoint could not be reached, or the browser hides its answer. */
make(EndpointError, "NetworkError", "NETWORK", "network_error", "NETWORK", 0);

Object.freeze(WasmRunnerErrors);

/** Makes the error that stands for a failure of the core. */
export function makeError(code, message, path, details, cause, uuid, input, status, requestId, retryAfter, allowed, requested) {
  const fields = { code, path, details, uuid, input, status, requestId, retryAfter, allowed, requested };
  if (cause !== undefined) fields.cause = cause;
  return new (CLASS_OF_CODE[code] ?? SparkError)(message, fields);
}
