// Every error a caller can meet. Names, types and statuses are those of the SDK this package replaces; `code` is ours
// and says exactly what happened.

const BRAND = Symbol.for("spark-execute.error");

/** The base of all errors of this package. */
export class SparkError extends Error {
  static {
    this.prototype[BRAND] = true;
  }

  /**
   * @param {string} message
   * @param {{ code?: string, path?: string, details?: string, cause?: unknown, uuid?: string, input?: unknown,
   *   status?: number, requestId?: string, retryAfter?: number }} [fields]
   */
  constructor(message, fields = {}) {
    super(message, "cause" in fields ? { cause: fields.cause } : undefined);
    const { name, type, status, code } = new.target.defaults;
    define(this, "name", name);
    this.code = fields.code ?? code;
    this.type = type;
    this.status = fields.status ?? status;
    this.severity = "low";
    if (fields.requestId !== undefined) this.requestId = fields.requestId;
    if (fields.retryAfter !== undefined) this.retryAfter = fields.retryAfter;
    if (fields.path !== undefined) this.path = fields.path;
    if (fields.details !== undefined) this.details = fields.details;
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

  /** Which model was asked, and with what. */
  get modelInfo() {
    return { uuid: this.uuid, input: this.input };
  }
}

// Not enumerable: a logged error must not show the caller's data.
function define(error, key, value) {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

function defaults(name, type, code, status = 500) {
  return { name, type, status, code };
}

/** Something about a model. */
export class ModelError extends SparkError {
  static defaults = defaults("model_error", "error.MODEL_ERROR", "INTERNAL");
}

/** No configured model has the requested id. */
export class MissingModelError extends ModelError {
  static defaults = defaults("missing_model_error", "error.MISSING_MODEL_ERROR", "MODEL_NOT_FOUND");
}

/** The model could not be loaded or started. */
export class ModelInitializationError extends ModelError {
  static defaults = defaults("model_not_initialized_error", "error.MODEL_NOT_INITIALIZED_ERROR", "GLUE_FAILED");
}

/** The package of a model cannot be read or must not be used. */
export class PackageError extends ModelInitializationError {
  static defaults = { ...ModelInitializationError.defaults, code: "ZIP_INVALID" };
}

/** The model refused the inputs. */
export class ModelValidationError extends ModelError {
  static defaults = defaults("validation_error", "error.VALIDATION", "REQUEST_INVALID");
}

/** The engine failed while computing. */
export class ModelExecuteError extends ModelError {
  static defaults = defaults("execution_error", "error.EXECUTION", "ENGINE_EXCEPTION");
}

/** The caller cancelled the call. */
export class ExecuteCancelled extends ModelError {
  static defaults = defaults("execution_cancelled", "error.EXECUTION", "CANCELLED");
}

/** The `Spark` instance was destroyed before the call ended, or was used afterwards. */
export class DestroyedError extends ExecuteCancelled {
  static defaults = { ...ExecuteCancelled.defaults, code: "DESTROYED" };
}

/** The call's time ran out. */
export class TimeoutError extends ModelError {
  static defaults = defaults("timeout_error", "error.TIMEOUT", "TIMEOUT", 504);
}

/** The package is not compatible with this runner. */
export class CompatibilityJsonError extends ModelError {
  static defaults = defaults("compatibility_json_error", "error.COMPATIBILITY_JSON", "COMPATIBILITY_JSON");
}

/** The endpoint refused the credentials. */
export class UnauthorizedError extends SparkError {
  static defaults = defaults("unauthorized", "error.UNAUTHORIZED", "UNAUTHORIZED", 401);
}

/** The request, or the configuration, is wrong. */
export class BadRequestError extends SparkError {
  static defaults = defaults("bad_request_error", "error.BAD_REQUEST_ERROR", "REQUEST_INVALID", 400);
}

/** The configuration given to `new Spark` is wrong; `path` names the field. */
export class ConfigurationError extends BadRequestError {
  static defaults = { ...BadRequestError.defaults, code: "CONFIG_INVALID" };
}

/** The call does not say which model to run. */
export class ParameterRequiredError extends SparkError {
  static defaults = defaults("missing_parameter", "error.MISSING_PARAMETER", "VERSION_ID_MISSING", 400);
}

/** The browser would not do what is needed. */
export class BrowserError extends SparkError {
  static defaults = defaults("browser_error", "error.BROWSER_ERROR", "WORKER_START");
}

/** The environment lacks something needed. */
export class NotSupportedError extends BrowserError {
  static defaults = defaults("not_supported_error", "error.NOT_SUPPORTED", "UNSUPPORTED_ENVIRONMENT");
}

/** There is no `Worker` here: Node, server-side rendering, jsdom. */
export class UnsupportedEnvironmentError extends NotSupportedError {
  static defaults = { ...NotSupportedError.defaults };
}

/** The endpoint could not answer. */
export class EndpointError extends SparkError {
  static defaults = defaults("endpoint_error", "error.ENDPOINT", "SERVER_ERROR");
}

/** The endpoint accepts the credentials, but not for this service. */
export class ForbiddenError extends EndpointError {
  static defaults = defaults("forbidden", "error.FORBIDDEN", "FORBIDDEN", 403);
}

/** The endpoint got too many requests. */
export class RateLimitError extends EndpointError {
  static defaults = defaults("rate_limit", "error.RATE_LIMIT", "RATE_LIMITED", 429);
}

/** The endpoint is not available for the moment. */
export class ServiceUnavailableError extends EndpointError {
  static defaults = defaults("service_unavailable", "error.SERVICE_UNAVAILABLE", "UNAVAILABLE", 503);
}

/** The endpoint could not be reached, or the browser hides its answer. */
export class NetworkError extends EndpointError {
  static defaults = defaults("network_error", "error.NETWORK", "NETWORK", 0);
}

/** The model failed several times in a row and is left alone for a moment. */
export class CircuitOpenError extends ModelError {
  static defaults = defaults("circuit_open", "error.CIRCUIT_OPEN", "CIRCUIT_OPEN", 503);
}

/** The class that stands for each code. */
export const CLASS_OF_CODE = {
  CONFIG_INVALID: ConfigurationError,
  REQUEST_INVALID: BadRequestError,
  VERSION_ID_MISSING: ParameterRequiredError,
  MODEL_NOT_FOUND: MissingModelError,
  CANCELLED: ExecuteCancelled,
  DESTROYED: DestroyedError,
  TIMEOUT: TimeoutError,
  UNSUPPORTED_ENVIRONMENT: UnsupportedEnvironmentError,
  WASM_BLOCKED: BrowserError,
  WORKER_BLOCKED: BrowserError,
  WORKER_START: BrowserError,
  WORKER_CRASHED: BrowserError,
  BINARY_INVALID: PackageError,
  BINARY_FETCH: PackageError,
  BASE64_INVALID: PackageError,
  ZIP_INVALID: PackageError,
  PACKAGE_INCOMPLETE: PackageError,
  PACKAGE_AMBIGUOUS: PackageError,
  CHECKSUM_MISMATCH: PackageError,
  PACKAGE_TOO_LARGE: PackageError,
  WASM_INVALID: ModelInitializationError,
  GLUE_FAILED: ModelInitializationError,
  MODEL_CONSTRUCT: ModelInitializationError,
  ENGINE_EXCEPTION: ModelExecuteError,
  ENGINE_TRAP: ModelExecuteError,
  OUT_OF_MEMORY: ModelExecuteError,
  RESPONSE_INVALID: ModelExecuteError,
  MODEL_AMBIGUOUS: BadRequestError,
  CIRCUIT_OPEN: CircuitOpenError,
  CREDENTIAL_INVALID: UnauthorizedError,
  UNAUTHORIZED: UnauthorizedError,
  FORBIDDEN: ForbiddenError,
  REQUEST_REFUSED: BadRequestError,
  RATE_LIMITED: RateLimitError,
  UNAVAILABLE: ServiceUnavailableError,
  SERVER_ERROR: EndpointError,
  NETWORK: NetworkError,
  ONLINE_RESPONSE_INVALID: EndpointError,
  XCALL_DEPTH: ModelExecuteError,
  XCALL_CYCLE: ModelExecuteError,
  COMPATIBILITY_JSON: CompatibilityJsonError,
  INTERNAL: SparkError,
};

/** `Spark.WasmRunnerErrors`: all classes by name. */
export const WasmRunnerErrors = Object.freeze({
  SparkError,
  ModelError,
  MissingModelError,
  ModelInitializationError,
  PackageError,
  ModelValidationError,
  ModelExecuteError,
  ExecuteCancelled,
  ModelExecuteCancelled: ExecuteCancelled,
  DestroyedError,
  TimeoutError,
  CompatibilityJsonError,
  UnauthorizedError,
  BadRequestError,
  ConfigurationError,
  ParameterRequiredError,
  BrowserError,
  NotSupportedError,
  UnsupportedEnvironmentError,
  EndpointError,
  ForbiddenError,
  RateLimitError,
  ServiceUnavailableError,
  NetworkError,
  CircuitOpenError,
});

// Minified names would show in logs.
for (const [name, errorClass] of Object.entries(WasmRunnerErrors)) {
  if (name !== "ModelExecuteCancelled") define(errorClass, "name", name);
}

/** Makes the error that stands for a failure of the core. */
export function makeError(code, message, path, details, cause, uuid, input, status, requestId, retryAfter) {
  const fields = { code, path, details, uuid, input, status, requestId, retryAfter };
  if (cause !== undefined) fields.cause = cause;
  return new (CLASS_OF_CODE[code] ?? SparkError)(message, fields);
}
