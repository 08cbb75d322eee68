// The types of this package. `index.d.ts`, for ES modules, takes everything from here, so that both entries share one
// set.

export = Spark;
// What <script src=".../dist/browser.js"> defines.
export as namespace Spark;

import Self = Spark;

/** For projects without TypeScript's own `esnext.disposable`, which says the same. */
declare global {
  /** See {@link SymbolConstructor.asyncDispose}. */
  interface SymbolConstructor {
    /** Names the method that `await using` calls. */
    readonly asyncDispose: unique symbol;
  }
}

/**
 * Runs Spark models inside the page, in Web Workers; and online, where the page has no model or its model fails.
 *
 * Constructing checks the configuration and starts nothing: a model is loaded by its first call. Call {@link destroy}
 * when the instance is no longer needed: workers and their memory live until then.
 *
 * @example
 * const spark = new Spark({ nodegenModels: [{ versionId: "<uuid>", binary: "/models/cylinder.zip" }] });
 * const response = await spark.execute({ request_data: { inputs: { radius: 2, height: 5 } } }, "<uuid>");
 * console.log(response.response_data.outputs);
 * await spark.destroy();
 */
declare class Spark {
  /**
   * @param config Which models there are. It is read once: later changes of the object have no effect. Fields that are
   *   unknown are ignored with one `console.warn`.
   * @throws {Spark.WasmRunnerErrors.ConfigurationError} A field is missing or wrong; `path` names it, such as
   *   `nodegenModels[2].replica`, and the message says what was found and what is accepted.
   * @throws {Spark.WasmRunnerErrors.BrowserError} Code `WASM_BLOCKED`: the page's Content Security Policy lacks
   *   `'wasm-unsafe-eval'` in `script-src`. Also with a `sparkEndpoint`.
   */
  constructor(config: Spark.SparkConfig | Spark.OlderSparkConfig);

  /**
   * Listens to what becomes of calls, models and replicas. It costs a little on every call. What a listener throws does not reach the call.
   *
   * @example
   * spark.addEventListener("fallback", ({ detail }) => console.warn(detail.versionId, detail.error.code));
   */
  addEventListener<Type extends keyof Spark.SparkEventMap>(
    type: Type,
    listener: Spark.SparkEventListener<Spark.SparkEventMap[Type]> | null,
    options?: Spark.ListenerOptions | boolean,
  ): void;
  /** Ends {@link addEventListener}. */
  removeEventListener<Type extends keyof Spark.SparkEventMap>(
    type: Type,
    listener: Spark.SparkEventListener<Spark.SparkEventMap[Type]> | null,
    options?: Spark.ListenerOptions | boolean,
  ): void;

  /**
   * Runs a model and gives its response: on the page where the model is configured, else online where there is a
   * `sparkEndpoint`; online also when the page could not compute it. `executionPath` of the response says which it was.
   *
   * The first call to a model loads it, however many calls come meanwhile. Further calls share its replicas, in the
   * order in which they were made. Errors and warnings that the model itself reports, such as a missing input, are not
   * exceptions: they are in `response_data.errors` and `response_data.warnings`.
   *
   * @typeParam Outputs The outputs of this model, if their names and types are known. It is not checked at run time.
   * @param input The request. It is read before this returns, and never modified.
   * @param versionId Which model to run, in any letter case. Without it, or when it is `null` or blank,
   *   `request_meta` decides: `version_id`, then `version_uuid`, then the service that `service_uri` or `service_id`
   *   names, in its `version` or the one in effect at `transaction_date`.
   * @param options How long the call may take, and a signal that ends it.
   * @returns A promise that is rejected with a {@link Spark.SparkError}, never with anything else:
   *  - `BadRequestError`: the request cannot be sent to a model; `path` names the value at fault;
   *  - `ParameterRequiredError`, `MissingModelError`: the request names no model, or neither the page nor the endpoint
   *    has it;
   *  - `PackageError`, `ModelInitializationError`: the model could not be loaded (a later call tries again);
   *  - `ModelExecuteError`: the model crashed, ran out of memory (`MemoryLimitError`: of that which it may have), or gave
   *    no proper response;
   *  - `TimeoutError`, `ExecuteCancelled`: the call took longer than `timeout`; it was cancelled by its signal;
   *  - `DestroyedError`: {@link destroy} was called;
   *  - `BrowserError`: the worker could not be started, or died;
   *  - `CircuitOpenError`: the model failed several times in a row and is left alone until `retryAfter` is over;
   *  - `UnauthorizedError`, `EndpointError` (`ForbiddenError`, `RateLimitError`, `ServiceUnavailableError`,
   *    `NetworkError`): the endpoint did not answer; where the page failed before, its error is the `cause`;
   *  - `UnsupportedEnvironmentError`: there is no `Worker` here (Node, server-side rendering, jsdom).
   */
  execute<Outputs extends object = Spark.ModelOutputs>(
    input: Spark.SparkRequest,
    versionId?: string | null,
    options?: Spark.ExecuteOptions,
  ): Promise<Spark.SparkResponse<Outputs>>;
  /** Runs the model that `request_meta` names. */
  execute<Outputs extends object = Spark.ModelOutputs>(
    input: Spark.SparkRequest,
    options: Spark.ExecuteOptions,
  ): Promise<Spark.SparkResponse<Outputs>>;
  /** Gives the response in the form `output`: text or bytes are what the engine, or the endpoint, wrote. */
  execute<const Output extends Spark.Output>(
    input: Spark.SparkRequest,
    versionId: string | null | undefined,
    options: Spark.ExecuteOptions<Output> & { output: Output },
  ): Promise<Spark.ResponseAs<Output>>;
  /** The same for the model that `request_meta` names. */
  execute<const Output extends Spark.Output>(
    input: Spark.SparkRequest,
    options: Spark.ExecuteOptions<Output> & { output: Output },
  ): Promise<Spark.ResponseAs<Output>>;
  /**
   * Takes the request as JSON text or UTF-8 bytes, which are not looked into: the version id must be given, and nothing is
   * normalised. Bytes are copied, so that they may change at once.
   */
  execute<const Output extends Spark.Output = "object">(
    input: Spark.RawRequest,
    versionId: string,
    options?: Omit<Spark.ExecuteOptions<Output>, "privateKeys">,
  ): Promise<Spark.ResponseAs<Output>>;

  /**
   * Makes a model ready before its first call: reads its package and starts its replicas. It computes nothing.
   *
   * @param versionId Which of `nodegenModels`, in any letter case.
   * @param options How long it may take, a signal that ends the waiting, and a function that hears how far it is.
   * @returns A promise that is fulfilled when the first replica takes calls, with what {@link stats} says of the model. At
   *   once where it is ready already. Loads and calls of one model share one load; one that is aborted, or out of time, ends
   *   alone, and only when nobody waits any more the load itself is dropped. It is rejected as that of {@link execute} is;
   *   with a `MissingModelError` also for a model that only the endpoint has: there is nothing to load.
   *
   * @example
   * await spark.load("<uuid>", { onProgress: ({ loaded, total }) => (bar.value = total ? loaded / total : 0) });
   */
  load(versionId: string, options?: Spark.LoadOptions): Promise<Spark.ModelStats>;

  /**
   * Like {@link execute}, but returns at once, with the promise of the response and a token that cancels the call.
   *
   * @example
   * const { response, cancellationToken } = spark.executeWithCancellationToken(input);
   * stopButton.onclick = () => cancellationToken.cancel();
   * await response; // rejected with ExecuteCancelled when cancelled
   */
  executeWithCancellationToken<Outputs extends object = Spark.ModelOutputs>(
    input: Spark.SparkRequest,
    versionId?: string | null,
    options?: Spark.ExecuteOptions,
  ): Spark.Execution<Outputs>;
  /** Runs the model that `request_meta` names, with a token that cancels the call. */
  executeWithCancellationToken<Outputs extends object = Spark.ModelOutputs>(
    input: Spark.SparkRequest,
    options: Spark.ExecuteOptions,
  ): Spark.Execution<Outputs>;
  /** With an `output`, and text or bytes for a request, as {@link execute}. */
  executeWithCancellationToken<const Output extends Spark.Output>(
    input: Spark.SparkRequest,
    versionId: string | null | undefined,
    options: Spark.ExecuteOptions<Output> & { output: Output },
  ): Spark.ExecutionOf<Spark.ResponseAs<Output>>;
  /** The same for the model that `request_meta` names. */
  executeWithCancellationToken<const Output extends Spark.Output>(
    input: Spark.SparkRequest,
    options: Spark.ExecuteOptions<Output> & { output: Output },
  ): Spark.ExecutionOf<Spark.ResponseAs<Output>>;
  /** The same for text and bytes. */
  executeWithCancellationToken<const Output extends Spark.Output = "object">(
    input: Spark.RawRequest,
    versionId: string,
    options?: Omit<Spark.ExecuteOptions<Output>, "privateKeys">,
  ): Spark.ExecutionOf<Spark.ResponseAs<Output>>;

  /**
   * Runs many requests through one model, and gives their results as they are there, in the order of the requests.
   *
   * The source is read only as fast as results are consumed, and ahead by three chunks for each replica, of at most 512
   * records; online by four, of at most 200. A record that fails has its `error` and the others go on.
   * Leaving the loop ends what is under way, and the source.
   *
   * @example
   * for await (const { index, response, error } of spark.executeMany(requests, "<uuid>")) {
   *   if (error) console.warn(index, error.code);
   *   else total += response.response_data.outputs.premium;
   * }
   *
   * @param inputs The requests: an array, an iterable or async iterable, or a `ReadableStream`. Promises of requests come from
   *   an async iterable, which awaits them; in any other they fail with a `BadRequestError`. A request is taken as it is when
   *   it is read: one object may be used again for the next.
   * @param versionId Which model to run, as for {@link execute}; without it the one that `request_meta.version_id` of the
   *   first record names that has one; then records that name none fail with a `ParameterRequiredError`. Records for other
   *   models are computed too, one by one.
   * @throws {Spark.WasmRunnerErrors.BadRequestError} At once: `inputs` or an option is wrong.
   * @returns An iterator that is rejected when the batch ends before its time: by its signal (`ExecuteCancelled`), by
   *   `totalTimeout` (`TimeoutError`), by {@link destroy}, by a source that throws (`BadRequestError`, its `cause`).
   */
  executeMany<Outputs extends object = Spark.ModelOutputs>(
    inputs: Spark.BatchSource,
    versionId?: string | null,
    options?: Spark.BatchOptions,
  ): Spark.BatchResults<Spark.SparkResponse<Outputs>>;
  /** Runs the model that the records name. */
  executeMany<Outputs extends object = Spark.ModelOutputs>(
    inputs: Spark.BatchSource,
    options: Spark.BatchOptions,
  ): Spark.BatchResults<Spark.SparkResponse<Outputs>>;
  /** Gives responses in the form `output`, as {@link execute}. */
  executeMany<const Output extends Spark.Output>(
    inputs: Spark.BatchSource,
    versionId: string | null | undefined,
    options: Spark.BatchOptions<Output> & { output: Output },
  ): Spark.BatchResults<Spark.ResponseAs<Output>>;
  /** The same for the model that the records name. */
  executeMany<const Output extends Spark.Output>(
    inputs: Spark.BatchSource,
    options: Spark.BatchOptions<Output> & { output: Output },
  ): Spark.BatchResults<Spark.ResponseAs<Output>>;
  /** Takes records as JSON text or UTF-8 bytes, too. */
  executeMany<const Output extends Spark.Output = "object">(
    inputs: Spark.BatchSource<Spark.SparkRequest | Spark.RawRequest>,
    versionId: string,
    options?: Omit<Spark.BatchOptions<Output>, "privateKeys">,
  ): Spark.BatchResults<Spark.ResponseAs<Output>>;

  /**
   * Ends all workers and frees everything. Open calls, and calls made later, are rejected with a `DestroyedError`. It
   * may be called at any time, while models load too, and more than once.
   */
  destroy(): Promise<void>;
  /** The same, for `await using spark = new Spark(config)`. There where the environment has `Symbol.asyncDispose`. */
  [Symbol.asyncDispose](): Promise<void>;

  /** What every configured model is doing now, in the order of the configuration. */
  stats(): Spark.ModelStats[];

  /** What is kept of models, with {@link Spark.CommonConfig.cache}; all instances of a site share it. */
  readonly cache: Spark.ModelCache;

  /**
   * Whether `error` comes from this package, also from another copy of it on the page, where `instanceof` fails.
   *
   * @example
   * catch (error) {
   *   if (Spark.isError(error, "MODEL_NOT_FOUND")) return notFound(error.modelInfo.uuid);
   *   throw error;
   * }
   */
  static isError(error: unknown): error is Spark.SparkError;
  /** Whether `error` comes from this package, any copy of it, and has this `code`. */
  static isError<C extends Spark.ErrorCode>(
    error: unknown,
    code: C,
  ): error is Spark.ErrorByCode[C] & { readonly code: C };
}

declare namespace Spark {
  // The class is also a property of itself, for `import { Spark }`, `const { Spark } = require(…)` and default imports.
  export { Self as Spark, Self as default };

  // ---------------------------------------------------------------------------------------------- Configuration

  /**
   * The argument of `new Spark`: models, an endpoint, or both. A member that is `undefined` counts as absent.
   *
   * - `nodegenModels` alone: everything is computed on the page, and nothing leaves it;
   * - `sparkEndpoint` alone: everything is computed online;
   * - both: on the page first; online what is not configured, and what fails on the page.
   */
  export type SparkConfig = OfflineConfig | OnlineConfig;

  /** A configuration with models on the page, and perhaps an endpoint. */
  export interface OfflineConfig extends CommonConfig {
    /** The models, at least one. Version ids must differ; one zip may be used under several of them. */
    nodegenModels: readonly NodegenModel[];
    /** Written `nodegenModels`, with a small g. */
    nodeGenModels?: undefined;
  }

  /** A configuration with an endpoint, and perhaps models on the page. */
  export interface OnlineConfig extends CommonConfig {
    /** The models that the page has; what it has not, the endpoint is asked for. */
    nodegenModels?: readonly NodegenModel[] | null | undefined;
    /** Written `nodegenModels`, with a small g. */
    nodeGenModels?: undefined;
    /** Where the others are. */
    sparkEndpoint: SparkEndpoint;
  }

  /** A configuration with the older spelling `nodeGenModels`. */
  export interface OlderSparkConfig extends CommonConfig {
    /** One spelling is enough. */
    nodegenModels?: undefined;
    /** @deprecated Write `nodegenModels`. */
    nodeGenModels: readonly NodegenModel[];
  }

  /** What does not concern a single model. */
  export interface CommonConfig {
    /**
     * How many models stay loaded, an integer of 1 or more. Beyond it, the model that was not used for the longest time
     * is unloaded, unless it has `preventCleanup`; its next call loads it again.
     * @defaultValue 20
     */
    offlineMaxService?: number | undefined;
    /**
     * How many bytes of memory the engines of all models should have together. Beyond it, the models that were not used
     * for the longest time are unloaded, and no replica beyond a model's first is started. Never unloaded: the model used
     * last, models with `preventCleanup`, models with open calls. No call is refused.
     * @defaultValue no budget
     */
    memoryBudget?: number | undefined;
    /**
     * The `memoryLimit` of models that do not have their own.
     * @defaultValue what the engine itself allows, as far as the browser can reserve it
     */
    memoryLimit?: number | undefined;
    /**
     * After how many milliseconds without a call a replica beyond a model's first ends. `Infinity`: never. Replicas of
     * models with `preventCleanup` stay.
     * @defaultValue 300000
     */
    idleTimeout?: number | undefined;
    /**
     * How long a call may take, in milliseconds: waiting, loading the model, computing and going online together. Above 0,
     * at most 2147483647; a call may set its own in {@link ExecuteOptions}.
     * @defaultValue 60000
     */
    timeout?: number | undefined;
    /**
     * How long a computation whose call was cancelled, or ran out of time, may go on before its worker is ended and
     * replaced, in milliseconds. From 0, which is at once, to 2147483647.
     * @defaultValue 100
     */
    cancelGrace?: number | undefined;
    /**
     * Whether models' glue is kept from the network, this site's storage and other contexts: the default of the models.
     * Switching it off gives a warning.
     * @defaultValue true
     */
    lockdown?: boolean | undefined;
    /**
     * Whether models are kept, unpacked, in the browser's Cache Storage: a later visit then needs neither the network nor the
     * package. It is the default of the models. What is kept is used until it is cleared, see {@link Spark.cache}.
     * @defaultValue false
     */
    cache?: boolean | undefined;
    /**
     * Where the page serves this package's `worker.js`, for policies without `blob:` workers. It must be of the same origin
     * and of this version. Without it workers come from this script.
     */
    workerUrl?: string | PlatformObject<"URL"> | null | undefined;
    /**
     * Where the page serves this package's `spark_execute.wasm`. It is fetched and compiled by the first call of the first
     * instance, beside the page's thread; until then `new Spark` judges nothing, and that call is refused when the
     * configuration is wrong. Where the file is not there, or of another version, the copy inside this script is used, and
     * a warning says so.
     */
    wasmUrl?: string | PlatformObject<"URL"> | null | undefined;
    /**
     * Makes the workers, which must run this version's `worker.js`: for pages with a Trusted Types policy of their own,
     * extensions, odd hosts. Not beside `workerUrl`.
     */
    createWorker?: WorkerFunction | null | undefined;
    /**
     * `"sandbox"` creates the workers in a hidden frame of the page, whose own policy takes scripts from nowhere else, so that
     * glue cannot `import()` from any host. It needs a document. Not beside `workerUrl` or `createWorker`.
     */
    isolation?: "sandbox" | null | undefined;
    /** The Spark service that computes online. Without it nothing leaves the page. */
    sparkEndpoint?: SparkEndpoint | null | undefined;
    /** What models that call other services may do. */
    xcall?: XCallConfig | null | undefined;
    /**
     * Answers what models ask of services that are not Spark's (call type 1); `context` is the `request_meta._ctx` of the
     * call behind it. Without this function they get an error reply.
     *
     * What it returns, or a promise of it, goes to the model: text as it is, and what JSON can carry as JSON. Anything
     * else, such as a `Response` (give its `json()` or `text()`), becomes an error reply, as does what it throws.
     */
    externalApi?: ((request: XCallRequest | string, context: unknown) => unknown) | null | undefined;
    /**
     * Whether the steps of each start, calls and their steps become measures on the browser's timeline (User Timing): their
     * names begin with `spark-execute `, their `detail` says which model. The timeline keeps them until `performance.clearMeasures()`.
     * @defaultValue false
     */
    timings?: boolean | undefined;
    /**
     * Hears what happens, in one line each: an object with `debug`, `info`, `warn` and `error`, such as `console`, or a
     * function of level and text. It gets the warnings too, which otherwise go to `console.warn`. Lines hold ids and error
     * messages; never requests, responses, credentials or the queries of addresses. What it throws is ignored.
     */
    logger?: Logger | LogFunction | null | undefined;
    /**
     * From which level on lines are logged. Without a `logger` it switches logging to the `console` on.
     * @defaultValue `"info"`
     */
    logLevel?: LogLevel | "silent" | null | undefined;
    /**
     * The number of replicas of models that do not say it themselves.
     * @deprecated Give every model its own `replica`.
     */
    replica?: number | undefined;
  }

  /** Makes a worker of this name, at once. It is ended when it is no longer needed. */
  export type WorkerFunction = (options: { name: string }) => PlatformObject<"Worker">;

  // ---------------------------------------------------------------------------------------------------- Endpoint

  /** A Spark service, or a Hybrid Runner. `authType` says how requests identify themselves. */
  export type SparkEndpoint = PublicEndpoint | SyntheticKeyEndpoint | BearerTokenEndpoint;

  /** An endpoint whose services anybody may run. */
  export interface PublicEndpoint extends CommonEndpoint {
    /** No credential is sent. */
    authType: "public";
    /** Not used. */
    syntheticKey?: null | undefined;
    /** Not used. */
    bearerToken?: null | undefined;
  }

  /** An endpoint that wants an API key. */
  export interface SyntheticKeyEndpoint extends CommonEndpoint {
    /** The key goes in the header `x-synthetic-key`, the tenant in `x-tenant-name`. */
    authType: "syntheticKey";
    /** The key, or what gives it. */
    syntheticKey: Credential;
    /** Not used. */
    bearerToken?: Credential | null | undefined;
  }

  /** An endpoint that wants a token of the tenant's identity provider. */
  export interface BearerTokenEndpoint extends CommonEndpoint {
    /** The token goes in the header `Authorization`. */
    authType: "bearerToken";
    /** The token, or what gives it. A leading `Bearer ` is fine. */
    bearerToken: Credential;
    /** Not used. */
    syntheticKey?: Credential | null | undefined;
  }

  /**
   * A key or token; or a function, sync or async, that gives it. A function is called for every request, and once more
   * when the endpoint answers 401: keep the token in it until it expires. Credentials are never told in errors,
   * warnings or events.
   */
  export type Credential = string | (() => string | PromiseLike<string>);

  /** What every endpoint has. */
  export interface CommonEndpoint {
    /** Its address, such as `"https://excel.uat.us.coherent.global"`; the tenant and a slash at its end may follow. */
    url: string | PlatformObject<"URL">;
    /** The tenant's name. */
    tenant: string;
    /**
     * Sends the requests in place of the browser's `fetch`: for a proxy, cookies, or headers of one's own. It must give
     * a `Response` that nobody has read yet.
     *
     * @example
     * fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, "x-extra": "1" } })
     * @defaultValue the browser's
     */
    fetch?: FetchFunction | null | undefined;
    /**
     * Which addresses are used. `"auto"`: the most specific one that the call allows, by folder and service or by
     * version id. `"generic"`: always `/api/v3/execute`, where the body alone says which service is meant.
     * @defaultValue "auto"
     */
    form?: "auto" | "generic" | null | undefined;
    /**
     * How often a request is sent again after 429, 502, 503, 504 and network failures, an integer from 0 to 100.
     * @defaultValue 2
     */
    retries?: number | null | undefined;
    /**
     * The delay before the first of these, in milliseconds, above 0 and up to 60000; half of it is left to chance. It
     * doubles with each, and is longer where the endpoint asks for it (`Retry-After`). A call never takes longer than
     * its `timeout`.
     * @defaultValue 500
     */
    retryDelay?: number | null | undefined;
    /**
     * Requests of more characters than this are compressed (gzip). The endpoint must accept `Content-Encoding`.
     * @defaultValue none is
     */
    compressAbove?: number | null | undefined;
  }

  /** As much of `fetch` as is needed; `fetch` itself fits. */
  export type FetchFunction = (url: string, init: FetchInit) => PromiseLike<FetchResponse>;

  /** What a {@link FetchFunction} is called with. */
  export interface FetchInit {
    /** Always. */
    method: "POST";
    /** Names and values, the credential among them. */
    headers: { [name: string]: string };
    /** The request as JSON; compressed, it is a `Blob`. */
    body: string | PlatformObject<"Blob">;
    /** Aborts when the call is cancelled, or its time is over. */
    signal: PlatformObject<"AbortSignal">;
    /** No cookies. */
    credentials: "omit";
    /** A redirect is a failure: it would take the credential along. */
    redirect: "error";
    /** Nothing is kept. */
    cache: "no-store";
    /** The endpoint is not told which page asks. */
    referrerPolicy: "no-referrer";
  }

  /** What a {@link FetchFunction} gives: a `Response`, not read yet, or as much of one as this. */
  export interface FetchResponse {
    /** The HTTP status, which decides whether there is a result. */
    readonly status: number;
    /** `x-request-id`, `retry-after` and `x-retry-after` are read. */
    readonly headers: { get(name: string): string | null };
    /** The whole body. */
    text(): PromiseLike<string>;
  }

  /** What models that call other services may do. */
  export interface XCallConfig {
    /**
     * Whether such a call may be answered by the endpoint, which spends the caller's credential there: always, never
     * (configured models only), or as a function decides, of every call before it is made, by giving `true`.
     * @defaultValue true
     */
    online?: boolean | XCallPolicy | null | undefined;
    /**
     * How many calls deep they may go, an integer from 1 to 100; beyond it the model gets an error reply.
     * @defaultValue 16
     */
    maxDepth?: number | null | undefined;
  }

  /**
   * Decides whether a model's call to another service may leave the page. It must return `true` or `false` at once;
   * anything else, a promise too, and what it throws, mean no, with a `console.warn`. `chain` names the
   * services from the one that the page asked for to the one that is called now.
   */
  export type XCallPolicy = (request: XCallRequest, chain: readonly string[]) => boolean;

  /** What a model asks of another service. */
  export interface XCallRequest {
    /** The folder. */
    readonly folder_name?: string;
    /** The service. */
    readonly service_name?: string;
    /** Both, such as `"folder/service[1.0]"`; goes before them. */
    readonly service_uri?: string;
    /** The request, as JSON text or as an object. */
    readonly request_body?: unknown;
    /** Which kind of answer the model reads: 1 (or none), 2 or 3. */
    readonly xcall_version?: number | string;
    /** Whatever else the model says. */
    readonly [field: string]: unknown;
  }

  /** How much a log line matters. `debug`: each call; `info`: models, replicas, fallbacks; `error`: lost replicas. */
  export type LogLevel = "debug" | "info" | "warn" | "error";

  /** Takes log lines. */
  export type LogFunction = (level: LogLevel, text: string) => unknown;

  /** Takes log lines, each level by a method of its own. */
  export type Logger = { readonly [Level in LogLevel]?: (text: string) => unknown };

  // ------------------------------------------------------------------------------------------------------ Models

  /** One model. */
  export interface NodegenModel {
    /**
     * The id by which calls name this model: any text of 1 to 200 characters, usually a uuid. Letter case does not
     * count.
     */
    versionId: string;
    /**
     * The model's package, or where it is. It is read when the model is loaded, and again if it is loaded again after
     * it was unloaded, or after a load that failed.
     *
     * - text: the zip in base64 (line breaks, a `data:…;base64,` prefix and the base64url alphabet are accepted), or a
     *   URL. Text counts as a URL when it has a scheme, begins with `/`, `./` or `../`, or looks like a path
     *   (`model.zip`); `type: "url"` says so where it could be either;
     * - `ArrayBuffer`, typed array, `DataView`, `Buffer`, `Blob`, `File`: the bytes of the zip. They are not changed,
     *   kept or detached;
     * - `Response`: its body. It can be read once, so that a model that was unloaded cannot be loaded again;
     * - `URL`, or {@link UrlSource} for an address that needs headers or cookies. Addresses are resolved against
     *   `document.baseURI`;
     * - a function that returns one of these, or a promise of it. It is called once per load, with the version id as
     *   configured.
     */
    binary: BinarySource;
    /**
     * `"base64"` fits every `binary`. Only `"url"` makes a difference: text that could be either is then an address.
     * @defaultValue "base64"
     */
    type?: BinaryType | (string & {}) | null | undefined;
    /**
     * How many workers run this model side by side, an integer from 1 to 64. Each has an instance of its own and its
     * own memory. The first call starts as many as the machine has processors, and is answered by the first one that is
     * ready; the others start when calls wait.
     * @defaultValue 1
     */
    replica?: number | undefined;
    /**
     * How many bytes of memory each engine of this model may have, an integer from 65536 to 4294967296, rounded down to
     * whole pages of 65536. An engine that asks for more fails with a {@link WasmRunnerErrors.MemoryLimitError}, and so
     * does a load when the engine begins with more. What the model's script allocates itself does not count.
     * @defaultValue the `memoryLimit` of all models
     */
    memoryLimit?: number | undefined;
    /**
     * Whether the model stays loaded, with all its replicas, whatever `offlineMaxService`, `memoryBudget` and
     * `idleTimeout` say.
     * @defaultValue false
     */
    preventCleanup?: boolean | undefined;
    /**
     * Whether the package is checked against its own `checksums.md5`. Without it a damaged or altered package is not
     * noticed; switching it off gives a warning.
     * @defaultValue true
     */
    verifyChecksums?: boolean | undefined;
    /**
     * Which package it must be: one or more sums of its bytes, `"sha256-…"`, `"sha384-…"` or `"sha512-…"` in base64, as in
     * the attribute `integrity` of a script. Those of the strongest algorithm count, any of them. Another package is refused
     * before anything looks at it. Of base64 text, the bytes that it stands for are meant. Browsers compute sums on secure
     * pages only (HTTPS, or localhost).
     */
    integrity?: string | null | undefined;
    /**
     * Whether this model's glue is kept from the network, this site's storage and other contexts.
     * @defaultValue what the configuration's own `lockdown` says
     */
    lockdown?: boolean | undefined;
    /**
     * Whether the model is kept for later visits. Only where an address or `integrity` tells the package again: not for bytes
     * or a `Response` alone. With `integrity` nothing is asked of whatever `binary` is.
     * @defaultValue what the configuration's own `cache` says
     */
    cache?: boolean | undefined;
    /** What is known about the model. A whole `ModelMetaData.json` may be given; else the one in the package counts. */
    metaData?: ModelMetaData | null | undefined;

    /** @deprecated Write `replica`. */
    parallel?: number | undefined;
    /** @deprecated Write `replica`. */
    instance?: number | undefined;
    /** @deprecated Write `metaData`. */
    metadata?: ModelMetaData | null | undefined;
  }

  /** Accepted values of `type`, in any letter case. */
  export type BinaryType = "base64" | "binary" | "uint8array" | "function" | "url";

  /** Where a model's package comes from: a value, or a function that provides it when the model is loaded. */
  export type BinarySource = BinaryValue | BinaryFunction;

  /** A model's package, or where it is. */
  export type BinaryValue =
    | string
    | ArrayBufferLike
    | ArrayBufferView
    | PlatformObject<"Blob">
    | PlatformObject<"Response">
    | PlatformObject<"URL">
    | UrlSource;

  /** Provides a model's package. Called once per load. What it throws becomes the `cause` of the call's error. */
  export type BinaryFunction = (versionId: string) => BinaryValue | PromiseLike<BinaryValue>;

  /** An address that needs more than a plain request. */
  export interface UrlSource {
    /** Absolute, or relative to `document.baseURI`. */
    url: string | PlatformObject<"URL">;
    /** Request headers. Their values never appear in messages. */
    headers?:
      | PlatformObject<"Headers">
      | { readonly [name: string]: string | undefined }
      | readonly (readonly [name: string, value: string])[]
      | undefined;
    /**
     * When cookies are sent, as for `fetch`.
     * @defaultValue "same-origin"
     */
    credentials?: "omit" | "same-origin" | "include" | undefined;
  }

  /** What is known about a model, as in the `ModelMetaData.json` of an exported package. */
  export interface ModelMetaData {
    /** Which service this is. */
    EngineInformation?: EngineInformation | null | undefined;
    /** From when the version is in force, ISO 8601. It counts here alone, not in `EngineInformation`. */
    EffectiveStartDate?: string | null | undefined;
    /** Until when the version is in force, ISO 8601; a day counts to its end. It counts here alone. */
    EffectiveEndDate?: string | null | undefined;
    /** The version's number, such as `"1.2.0"`. */
    Revision?: string | null | undefined;
    /** The version id on the server, which the endpoint is asked for. */
    VersionId?: string | null | undefined;
    /** Anything else is ignored, with a warning unless this is a whole file (it has `XInputTable`). */
    [field: string]: unknown;
  }

  /** Where a model comes from. */
  export interface EngineInformation {
    /** The folder. */
    ProductName?: string | null | undefined;
    /** The service. */
    ServiceName?: string | null | undefined;
    /** The service's id: what `service_id` of a request means. */
    ServiceGuid?: string | null | undefined;
    /** The version id on the server. It goes before the one outside. */
    VersionId?: string | null | undefined;
    /** The version's number, such as `"1.2.0"`, unless it is outside too. */
    Revision?: string | null | undefined;
    /** Anything else is ignored, with a warning unless it is in a whole file. */
    [field: string]: unknown;
  }

  /**
   * The instances of a global class, by its name: exact where the project knows that class (from TypeScript's DOM
   * library or Node's types), and nothing where it does not, so that these types need neither.
   */
  export type PlatformObject<Name extends string> = typeof globalThis extends {
    [N in Name]: { prototype: infer Instance };
  }
    ? Instance
    : never;

  // ---------------------------------------------------------------------------------------------------- Requests

  /** What a model is asked. */
  export interface SparkRequest {
    /** Left out, or without inputs, the model says that they are missing and computes with its defaults. */
    request_data?: RequestData | null | undefined;
    /** About the request itself. */
    request_meta?: RequestMeta | null | undefined;
  }

  /** The data that a model computes with. */
  export interface RequestData {
    /** One set of inputs; one that is missing takes the model's default. */
    inputs?: ModelInputs | null | undefined;
  }

  /**
   * Input names and values: an object, not an array. Letter case of names does not count.
   *
   * Values are what JSON can carry: finite numbers, text, booleans, `null`, arrays (a table is an array of rows, each
   * an object) and objects. As in JSON, members that are `undefined` are left out and `toJSON` is honoured. Anything
   * else (`NaN`, `Infinity`, BigInt, functions, symbols, cycles) is refused with a `BadRequestError` that names its
   * path.
   */
  export type ModelInputs = { readonly [name: string]: unknown } | (object & { readonly [Symbol.iterator]?: never });

  /** About a request. Models echo most of it in {@link ResponseMeta}; other fields are passed on as they are. */
  export interface RequestMeta {
    /** Which model to run, unless the call's `versionId` says it. Letter case does not count. */
    version_id?: string | null | undefined;
    /** Which model to run, when nothing else says it. */
    version_uuid?: string | null | undefined;
    /** Which service to run, when neither a version id nor `service_uri` is given. */
    service_id?: string | null | undefined;
    /** Older spelling of `service_id`; of no effect offline. */
    service_uuid?: string | null | undefined;
    /**
     * Which service to run, when no version id is given: `"folders/f/services/s"` or `"f/s"`, either with `[1.2.3]` or
     * the beginning of a version at its end. Offline by the `metaData` of the models and what their packages say.
     */
    service_uri?: string | null | undefined;
    /** Which version of the service, such as `"1.2.0"`, or the beginning of one. */
    version?: string | null | undefined;
    /**
     * The date for which to compute, ISO 8601, in UTC unless it has a zone. Where neither a version id nor a version is
     * given, it chooses the version of the service that is in effect then.
     */
    transaction_date?: string | null | undefined;
    /** What the call is for: free text. */
    call_purpose?: string | null | undefined;
    /** Who calls: free text. */
    source_system?: string | null | undefined;
    /** Echoed in the response. */
    correlation_id?: string | null | undefined;
    /** Echoed in the response. */
    call_id?: string | null | undefined;
    /**
     * Only these outputs: an array of names, or text with the names between commas. Empty text counts as absent.
     */
    requested_output?: readonly string[] | string | null | undefined;
    /** Only the outputs whose names match this regular expression. Not together with `requested_output`. */
    requested_output_regex?: string | null | undefined;
    /**
     * Sub-services, between commas. `metadata` lays the package's static outputs and images over the outputs;
     * `formspec` puts the package's form specification in their place; all others are the model's matter.
     */
    service_category?: string | null | undefined;
    /** Tables that come as arrays of arrays: names between commas, or `"*"`. */
    array_outputs?: string | null | undefined;
    /** Whether the response repeats the inputs, in `response_data.inputs`. */
    response_data_inputs?: boolean | null | undefined;
    /** Which kind of validation a validation request is. */
    validation_type?: "dynamic" | "default_values" | (string & {}) | null | undefined;
    /** Whether cells may be addressed. */
    allow_range_address?: boolean | null | undefined;
    /** Whether a solver's steps are traced. */
    debug_solve?: boolean | null | undefined;
    /** The compiler to use, such as `"Neuron"`. Of no effect offline. */
    compiler_type?: string | null | undefined;
    /** Whether a filled-in workbook is wanted. Of no effect offline. */
    excel_file?: boolean | null | undefined;
    /** The parameter set to use. Of no effect offline. */
    parameterset_version_id?: string | null | undefined;
    /** How reports are made. Of no effect offline. */
    xreport_options?: object | null | undefined;
    /** When the request was made, ISO 8601; echoed in the response. */
    request_timestamp?: string | null | undefined;
    /** Of a runner's own; removed before the request goes to a model or to the endpoint. */
    _ctx?: object | null | undefined;
  }

  /** The last argument of `load`. */
  export interface LoadOptions {
    /** Ends the waiting, with an `ExecuteCancelled`. */
    signal?: AbortSignalLike | null | undefined;
    /**
     * How long it may take, in milliseconds, above 0 and at most 2147483647.
     * @defaultValue the configuration's
     */
    timeout?: number | undefined;
    /** Hears how far the load is, at most ten times a second, and once more when the model is ready. */
    onProgress?: ((progress: LoadProgress) => unknown) | null | undefined;
  }

  /** How far a load is. */
  export interface LoadProgress {
    /** Bytes of the package that have come over the network; 0 where it comes from elsewhere. */
    readonly loaded: number;
    /** Bytes of all of it, if the server says so: not of another origin, nor where it compresses the answer. */
    readonly total: number | undefined;
    /** The package is on its way, is being unpacked and compiled, its engine starts, takes calls. */
    readonly phase: "fetch" | "unpack" | "start" | "ready";
  }

  /** The last argument of `execute` and `executeWithCancellationToken`. */
  export interface ExecuteOptions<Form extends Output = "object"> {
    /**
     * Cancels the call when it is aborted, before or after the call began: the promise is rejected with an
     * `ExecuteCancelled` whose `cause` is the signal's reason.
     */
    signal?: AbortSignalLike | null | undefined;
    /**
     * How long this call may take, in milliseconds, loading the model included. Above 0, at most 2147483647.
     * @defaultValue the `timeout` of the configuration
     */
    timeout?: number | undefined;
    /**
     * How the response is given: parsed, as the text that the engine or the endpoint wrote, or as its UTF-8 bytes. Text
     * and bytes are handed on as they are: nothing is checked in them or added, neither `status` and `error` of offline
     * answers nor `executionPath`, which the event `execute` tells.
     * @defaultValue `"object"`
     */
    output?: Form | undefined;
    /**
     * Members of `request_data` whose names begin with `_` stay on the page: neither the engine nor the endpoint sees them.
     * Not for text and bytes, which are not looked into.
     * @defaultValue false
     */
    privateKeys?: boolean | undefined;
  }

  /** How a response is given. */
  export type Output = "object" | "string" | "bytes";

  /** The response in the form `Form`. */
  export type ResponseAs<Form extends Output> = Form extends "string"
    ? string
    : Form extends "bytes"
      ? Uint8Array
      : SparkResponse<ModelOutputs>;

  /** A request as JSON text, or as its UTF-8 bytes. */
  export type RawRequest = string | ArrayBufferView | ArrayBufferLike;

  /** Where the records of a batch come from. */
  export type BatchSource<Record = SparkRequest> =
    | (object & Iterable<Record>)
    | AsyncIterable<Record>
    | { getReader(): { read(): Promise<{ done: boolean; value?: Record | undefined }>; cancel(): Promise<void> } };

  /** How a batch is to run. */
  export interface BatchOptions<Form extends Output = "object"> {
    /**
     * Whether results come in the order of the records; else as they are there.
     * @defaultValue true
     */
    ordered?: boolean | undefined;
    /**
     * Whether the first result with an `error` is the last.
     * @defaultValue false
     */
    stopOnError?: boolean | undefined;
    /**
     * How long a record may take, in milliseconds, from when it is computed, or sent to the endpoint. A chunk of records
     * may take no longer either; its records are then computed one by one. Loading the model takes none of it: that may
     * take as long as the `timeout` of the configuration says, or this one where it is longer.
     * @defaultValue the `timeout` of the configuration
     */
    timeout?: number | undefined;
    /** How long the whole batch may take, in milliseconds. */
    totalTimeout?: number | undefined;
    /** Ends the batch when it is aborted. */
    signal?: AbortSignalLike | null | undefined;
    /** Hears how far the batch is, at most ten times a second, and at its end. */
    onProgress?: ((progress: BatchProgress) => void) | undefined;
    /**
     * How responses are given, as for {@link Spark.execute}.
     * @defaultValue `"object"`
     */
    output?: Form | undefined;
    /**
     * Members of `request_data` whose names begin with `_` stay on the page, as for {@link Spark.execute}.
     * @defaultValue false
     */
    privateKeys?: boolean | undefined;
  }

  /** How far a batch is. */
  export interface BatchProgress {
    /** Records that have their outcome, those that failed too. */
    readonly done: number;
    /** Those of them that failed. */
    readonly failed: number;
    /** Records a second. */
    readonly rate: number;
    /** Records that have none yet; `undefined` where the source does not tell its length. */
    readonly remaining: number | undefined;
  }

  /** What becomes of a record, the `index`th of its batch: it has either a `response` or an `error`. */
  export type BatchResult<Response> =
    | { readonly index: number; readonly response: Response; readonly error?: undefined }
    | { readonly index: number; readonly response?: undefined; readonly error: SparkError };

  /** The results of a batch. */
  export interface BatchResults<Response> {
    /** The next result. */
    next(): Promise<IteratorResult<BatchResult<Response>, undefined>>;
    /** Ends the batch; `break` in a loop does it. */
    return(): Promise<IteratorResult<BatchResult<Response>, undefined>>;
    /** For `for await`. */
    [Symbol.asyncIterator](): BatchResults<Response>;
  }

  /** What is needed of an `AbortSignal`. */
  export interface AbortSignalLike {
    /** Whether the signal was aborted already. */
    readonly aborted: boolean;
    /** Why; becomes the error's `cause`. */
    readonly reason?: unknown;
    /** As of every `EventTarget`. */
    addEventListener(type: "abort", listener: () => void): void;
    /** As of every `EventTarget`. */
    removeEventListener(type: "abort", listener: () => void): void;
  }

  /** A call that can be cancelled. */
  export interface Execution<Outputs extends object = ModelOutputs> extends ExecutionOf<SparkResponse<Outputs>> {}

  /** A call that can be cancelled, with a response of this type. */
  export interface ExecutionOf<Response> {
    /** What {@link Spark.execute} would return. */
    readonly response: Promise<Response>;
    /** Cancels this call and no other. */
    readonly cancellationToken: CancellationToken;
  }

  /** Cancels one call. */
  export interface CancellationToken {
    /**
     * Rejects the call's promise with `ExecuteCancelled` and returns `true`; `false`, without effect, when the call is over.
     * It needs no `this`. A model that is computing may go on for {@link CommonConfig.cancelGrace}; its result is discarded.
     */
    readonly cancel: () => boolean;
  }

  // --------------------------------------------------------------------------------------------------- Responses

  /** What a model answers. */
  export interface SparkResponse<Outputs extends object = ModelOutputs> {
    /** What it computed. */
    response_data: ResponseData<Outputs>;
    /** About the computation. */
    response_meta: ResponseMeta;
    /** `"Success"`. */
    status?: string | null;
    /** `null`. */
    error?: ResponseError | null;
    /** Where it was computed. Not enumerable: copies, JSON and comparisons do not have it. */
    readonly executionPath: ExecutionPath;
  }

  /** Where a response was computed: on the page, or by the endpoint. */
  export type ExecutionPath = "offline" | "online";

  /** What a model computed. */
  export interface ResponseData<Outputs extends object = ModelOutputs> {
    /** Output names and values. A table is an array of rows: objects, or arrays with `array_outputs`. */
    outputs: Outputs;
    /** What the model remarks, such as an input that took its default. */
    warnings: ResponseWarning[] | null;
    /** What the model could not compute. The other outputs are valid. */
    errors: ResponseError[] | null;
    /** Which sub-services are to be called next. */
    service_chain: ServiceChainItem[] | null;
    /** The inputs, when `response_data_inputs` asked for them. */
    inputs?: { [name: string]: JsonValue };
  }

  /** Outputs of a model of which nothing is known. */
  export type ModelOutputs = { [name: string]: JsonValue };

  /** What JSON can hold. */
  export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

  /** A remark of a model. */
  export interface ResponseWarning {
    /** For a person. */
    message: string;
    /** The input, output or cell concerned. */
    source_path?: string | null;
  }

  /** An error that a model reports about its own computation. */
  export interface ResponseError {
    /** For a person. */
    message: string;
    /** Such as `"bad_request"`. */
    error_category?: string | null;
    /** Such as `"error.VALIDATION"`. */
    error_type?: string | null;
    /** What else there is to say. */
    additional_details?: JsonValue;
    /** The input, output or cell concerned. */
    source_path?: string | null;
  }

  /** A sub-service that is to be called next. */
  export interface ServiceChainItem {
    /** Its name, for `service_category`. */
    service_name: string;
    /** The condition. */
    run_if?: JsonValue;
    /** The report that it makes. */
    requested_report?: string | null;
    /** That report's file name. */
    requested_report_filename?: string | null;
  }

  /** About a response. */
  export interface ResponseMeta {
    /** The version id of the call. */
    version_id?: string;
    /** As in the request. */
    service_id?: string | null;
    /** The version's number. */
    version?: string | null;
    /** As in the request. */
    correlation_id?: string | null;
    /** As in the request. */
    call_id?: string | null;
    /** As in the request. */
    request_timestamp?: string | null;
    /** How long the model or the endpoint says that it computed, in milliseconds. */
    process_time?: number;
    /** Such as `"Neuron"`. */
    compiler_type?: string;
    /** Which compiler made the model. */
    compiler_version?: string;
    /** `"SPARK"`. */
    system?: string;
    /** The hash of the workbook. */
    source_hash?: string | null;
    /** What else the model says, or repeats from the request. */
    [field: string]: JsonValue | undefined;
  }

  // ------------------------------------------------------------------------------------------------------ Events

  /** The events of a {@link Spark.Spark}, by their names. */
  export interface SparkEventMap {
    /** A call is over, whichever way. */
    execute: SparkEvent<ExecuteDetail>;
    /**
     * A call failed on the page, and goes online. Not told where the page had nothing to try: the model is not
     * configured, or there is no `Worker`.
     */
    fallback: SparkEvent<FallbackDetail>;
    /** A model's package is being read. */
    load: SparkEvent<ModelDetail>;
    /** A replica takes calls. */
    ready: SparkEvent<ReadyDetail>;
    /** A model left memory to make room for another. Its next call loads it again. */
    evict: SparkEvent<ModelDetail>;
    /** A replica was lost: its worker died, it could not start, or its engine may be damaged. */
    crash: SparkEvent<CrashDetail>;
    /** A replica starts in the place of one that was lost. */
    restart: SparkEvent<ReplicaDetail>;
    /** The cache was asked for a model, or changed. */
    cache: SparkEvent<CacheDetail>;
    /** `destroy()` has ended everything. */
    destroy: SparkEvent<null>;
  }

  /** An event: a `CustomEvent`, where the project knows `Event`. */
  export type SparkEvent<Detail> = ([PlatformObject<"Event">] extends [never] ? unknown : PlatformObject<"Event">) & {
    /** Its name. */
    readonly type: string;
    /** What happened. */
    readonly detail: Detail;
  };

  /** What is called for an event: a function, or an object with `handleEvent`. */
  export type SparkEventListener<Event> =
    | { bivarianceHack(event: Event): unknown }["bivarianceHack"]
    | { handleEvent(event: Event): unknown };

  /** As `addEventListener` has them everywhere. */
  export interface ListenerOptions {
    /** Of no effect: these events do not travel. */
    capture?: boolean;
    /** Ends after the first event. */
    once?: boolean;
    /** Of no effect: there is no default. */
    passive?: boolean;
    /** Ends when it is aborted. */
    signal?: PlatformObject<"AbortSignal">;
  }

  /** What the event `execute` tells. */
  export interface ExecuteDetail {
    /** The version id of the call, if it is known. */
    readonly versionId: string | undefined;
    /** Where it was computed, or tried last. */
    readonly path: ExecutionPath;
    /** With what its promise was rejected, if it was. */
    readonly error: SparkError | undefined;
    /** How many records of a batch it was, where they travelled together. */
    readonly records?: number | undefined;
  }

  /** What the event `fallback` tells. */
  export interface FallbackDetail {
    /** The version id of the call, if it is known. */
    readonly versionId: string | undefined;
    /** Why it could not be computed on the page. */
    readonly error: SparkError;
  }

  /** What an event tells of a model. */
  export interface ModelDetail {
    /** As configured. */
    readonly versionId: string;
  }

  /** What an event tells of a replica. */
  export interface ReplicaDetail extends ModelDetail {
    /** Its number, which no other replica of the instance has or had. */
    readonly replica: number;
  }

  /** What the event `ready` tells. */
  export interface ReadyDetail extends ReplicaDetail {
    /** How long it took to start. */
    readonly times: StartTimes;
  }

  /** What the event `crash` tells. */
  export interface CrashDetail extends ReplicaDetail {
    /** What happened to it. */
    readonly error: SparkError;
  }

  /** How long the steps of a start took, in milliseconds. They overlap: `total` is not their sum. */
  export interface StartTimes {
    /** From the worker's creation until it takes calls. */
    readonly total: number;
    /** Until the worker runs our code. */
    readonly worker?: number;
    /** Until the package's bytes are there. This and the next three: only where the package was read. */
    readonly fetch?: number;
    /** Holding them against `integrity`. */
    readonly verify?: number;
    /** Inflating and checking the parts. */
    readonly unpack?: number;
    /** Compiling the engine, meanwhile. */
    readonly compile?: number;
    /** Evaluating the model's script. */
    readonly glue?: number;
    /** Instantiating the engine, and what it does at its start. */
    readonly instantiate?: number;
    /** Constructing the workbook. */
    readonly construct?: number;
    /** Reading what the cache has of the model, in place of `fetch` and `unpack`. */
    readonly cache?: number;
  }

  /** What the event `cache` tells. */
  export interface CacheDetail extends ModelDetail {
    /**
     * The model was in the cache; was not; is from now on; was there but damaged, and was taken out; or storage failed, or is
     * denied, or is full. No call fails for it: the package is loaded.
     */
    readonly status: "hit" | "miss" | "stored" | "dropped" | "failed";
    /** Why it was dropped or failed. */
    readonly reason?: string;
  }

  /** What is kept of models. */
  export interface ModelCache {
    /** What there is; nothing where storage is denied. */
    readonly list: () => Promise<CacheEntry[]>;
    /**
     * Takes out the model with this version id, or all of them. Models that are loaded stay so.
     * @returns A promise of whether nothing is left; `false` where the browser did not allow it. It is rejected with a
     *   `BadRequestError` where `versionId` is neither text nor `undefined`: that should not clear everything.
     */
    readonly clear: (versionId?: string | undefined) => Promise<boolean>;
  }

  /** A model that is kept. */
  export interface CacheEntry {
    /** As it was configured. */
    readonly versionId: string;
    /** The address that it came from, without its query; or the `integrity` that names it. */
    readonly source: string;
    /** Its size. */
    readonly bytes: number;
    /** When it was kept. */
    readonly storedAt: Date;
  }

  // ------------------------------------------------------------------------------------------------------- State

  /** What a model is doing now. */
  export interface ModelStats {
    /** As configured. */
    versionId: string;
    /** `idle`: nothing of it is in memory; `loading`: no replica takes calls yet; `loaded`: at least one does. */
    state: "idle" | "loading" | "loaded";
    /** Replicas that take calls. */
    replicas: number;
    /** Replicas that are starting. */
    starting: number;
    /** Workers that were ended while they computed and may still run, for up to two seconds. */
    dying: number;
    /** Calls that wait for a replica. */
    queued: number;
    /** Calls that were given to a replica. */
    running: number;
    /** The memory of its WebAssembly instances, dying ones included, in bytes. */
    memory: number;
    /** Calls that it has computed. */
    done: number;
    /** Calls that ended otherwise: failed, cancelled, out of time, or gone online. */
    failed: number;
    /** Replicas that were started in the place of lost ones. */
    restarts: number;
    /** How long its last load took, if it was loaded. */
    times?: StartTimes;
  }

  // --------------------------------------------------------------------------------------------- Columnar tables

  /**
   * Converts tables between rows that are objects, `[{ a: 1 }, { a: 2 }]`, and the shorter form of a header row with rows
   * of cells, `[["a"], [1], [2]]`, which runners exchange. Tables inside cells are converted too. It keeps nothing.
   *
   * @example
   * const serializer = new Spark.ColumnarSerializer();
   * serializer.serialize([{ a: 1, b: 2 }, { a: 3 }]); // [["a", "b"], [1, 2], [3]]
   * serializer.deserialize([["a", "b"], [1, 2], [3]]); // [{ a: 1, b: 2 }, { a: 3 }]
   */
  export class ColumnarSerializer {
    /** @param options Whether data that the form would change is refused. */
    constructor(options?: ColumnarOptions);
    /**
     * Rows to columnar. Data that is columnar already is returned as it is; a single object becomes a table of one row.
     * @throws {TypeError} `null` or `undefined` is given; with `strict`, the data would not come back.
     */
    serialize<Columnar = unknown>(data: unknown): Columnar;
    /**
     * Columnar to rows. Data that is not columnar is returned as it is.
     * @throws {Error} A row is longer than the header row, or a header is neither text nor a number.
     */
    deserialize<Rows = unknown>(data: unknown): Rows;
    /** As {@link serialize}, from JSON text to JSON text. */
    serializeString(text: string): string;
    /** As {@link deserialize}, from JSON text to JSON text. */
    deserializeString(text: string): string;
    /** Whether the data, or the JSON text, is columnar: an array of arrays, of which all but the first may be `null`. */
    static isDeserializable(data: unknown): boolean;
    /** Whether the data, or the JSON text, is a table without any cell. Of nulls alone it is, though not columnar. */
    static isEmpty(data: unknown): boolean;
  }

  /** How a {@link ColumnarSerializer} works. */
  export interface ColumnarOptions {
    /**
     * Whether data that the columnar form would change is refused with a `TypeError`. Only missing cells, which come
     * back as `null` or not at all, and single objects, which come back as a row, are accepted.
     * @defaultValue false
     */
    strict?: boolean | undefined;
  }

  // ------------------------------------------------------------------------------------------------------ Errors

  /** The base of all errors of this package. */
  export type SparkError = WasmRunnerErrors.SparkError;

  /**
   * What exactly happened. Stable: a code keeps its meaning from version to version.
   *
   * | Code | Meaning |
   * |---|---|
   * | `CONFIG_INVALID` | the configuration is wrong; `path` names the field |
   * | `REQUEST_INVALID` | the request, or an option of the call, is wrong; `path` names the value |
   * | `VERSION_ID_MISSING` | the call does not say which model to run |
   * | `MODEL_NOT_FOUND` | no configured model is the wanted one, or the endpoint has no such service (404) |
   * | `CANCELLED` | the call was cancelled |
   * | `DESTROYED` | the instance was destroyed |
   * | `TIMEOUT` | the call's time ran out |
   * | `UNSUPPORTED_ENVIRONMENT` | there is no `Worker` here |
   * | `WASM_BLOCKED` | the page may not compile WebAssembly |
   * | `WORKER_BLOCKED` | the page's policy forbids the worker, or the model's script in it |
   * | `WORKER_START` | a worker could not be started |
   * | `WORKER_CRASHED` | a worker died while it had work |
   * | `BINARY_INVALID` | `binary` could not be read, or a function gave nonsense |
   * | `BINARY_FETCH` | the package could not be fetched: network error, or an HTTP status other than 2xx |
   * | `BASE64_INVALID` | `binary` is text, but neither base64 nor a URL |
   * | `ZIP_INVALID` | the package is no zip, or is damaged |
   * | `PACKAGE_INCOMPLETE` | the package lacks the engine, its script or its data |
   * | `PACKAGE_AMBIGUOUS` | two files of the package claim the same role |
   * | `CHECKSUM_MISMATCH` | a file of the package does not have the sum stated in `checksums.md5` |
   * | `INTEGRITY_MISMATCH` | the package is not the one that the model's `integrity` names |
   * | `PACKAGE_TOO_LARGE` | the package is larger, or expands further, than is allowed |
   * | `WASM_INVALID` | the engine's WebAssembly does not compile or link |
   * | `GLUE_FAILED` | the model's script failed |
   * | `MODEL_CONSTRUCT` | the engine could not construct the workbook |
   * | `ENGINE_EXCEPTION` | the engine threw an exception while computing |
   * | `ENGINE_TRAP` | the engine crashed while computing |
   * | `OUT_OF_MEMORY` | the engine did not get the memory it needs |
   * | `MEMORY_LIMIT` | the engine asked for more memory than its `memoryLimit` |
   * | `RESPONSE_INVALID` | the engine's answer is no JSON object, or there is none |
   * | `PAYLOAD_TOO_LARGE` | the request or the answer is longer than a text can be in this browser |
   * | `MODEL_AMBIGUOUS` | several configured models fit the request equally well |
   * | `CIRCUIT_OPEN` | the model failed several times in a row: for a moment no call is given to it |
   * | `CREDENTIAL_INVALID` | the function for the credential threw, or gave nothing that can be sent |
   * | `UNAUTHORIZED` | the endpoint does not accept the credential (401) |
   * | `FORBIDDEN` | the credential may not run this service (403) |
   * | `REQUEST_REFUSED` | the endpoint refused the request as wrong (400 and most other 4xx) |
   * | `RATE_LIMITED` | the endpoint got too many requests (429) |
   * | `UNAVAILABLE` | the endpoint is not available, or took too long (502, 503, 504) |
   * | `SERVER_ERROR` | the endpoint failed (other 5xx) |
   * | `NETWORK` | the endpoint could not be reached, or the browser hides its answer (CORS, redirect) |
   * | `ONLINE_RESPONSE_INVALID` | the endpoint answered with something else than a response |
   * | `XCALL_DEPTH` | models call one another deeper than `xcall.maxDepth` |
   * | `XCALL_CYCLE` | the same, in a circle |
   * | `COMPATIBILITY_JSON` | the package is not compatible with this runner; reserved |
   * | `INTERNAL` | a defect of this package; please report it |
   */
  export type ErrorCode = keyof ErrorByCode;

  /** The class of the errors that have a code. */
  export interface ErrorByCode {
    CONFIG_INVALID: WasmRunnerErrors.ConfigurationError;
    REQUEST_INVALID: WasmRunnerErrors.BadRequestError;
    VERSION_ID_MISSING: WasmRunnerErrors.ParameterRequiredError;
    MODEL_NOT_FOUND: WasmRunnerErrors.MissingModelError;
    CANCELLED: WasmRunnerErrors.ExecuteCancelled;
    DESTROYED: WasmRunnerErrors.DestroyedError;
    TIMEOUT: WasmRunnerErrors.TimeoutError;
    UNSUPPORTED_ENVIRONMENT: WasmRunnerErrors.UnsupportedEnvironmentError;
    WASM_BLOCKED: WasmRunnerErrors.BrowserError;
    WORKER_BLOCKED: WasmRunnerErrors.BrowserError;
    WORKER_START: WasmRunnerErrors.BrowserError;
    WORKER_CRASHED: WasmRunnerErrors.BrowserError;
    BINARY_INVALID: WasmRunnerErrors.PackageError;
    BINARY_FETCH: WasmRunnerErrors.PackageError;
    BASE64_INVALID: WasmRunnerErrors.PackageError;
    ZIP_INVALID: WasmRunnerErrors.PackageError;
    PACKAGE_INCOMPLETE: WasmRunnerErrors.PackageError;
    PACKAGE_AMBIGUOUS: WasmRunnerErrors.PackageError;
    CHECKSUM_MISMATCH: WasmRunnerErrors.PackageError;
    INTEGRITY_MISMATCH: WasmRunnerErrors.PackageError;
    PACKAGE_TOO_LARGE: WasmRunnerErrors.PackageError;
    WASM_INVALID: WasmRunnerErrors.ModelInitializationError;
    GLUE_FAILED: WasmRunnerErrors.ModelInitializationError;
    MODEL_CONSTRUCT: WasmRunnerErrors.ModelInitializationError;
    ENGINE_EXCEPTION: WasmRunnerErrors.ModelExecuteError;
    ENGINE_TRAP: WasmRunnerErrors.ModelExecuteError;
    OUT_OF_MEMORY: WasmRunnerErrors.ModelExecuteError;
    MEMORY_LIMIT: WasmRunnerErrors.MemoryLimitError;
    RESPONSE_INVALID: WasmRunnerErrors.ModelExecuteError;
    PAYLOAD_TOO_LARGE: WasmRunnerErrors.BadRequestError;
    MODEL_AMBIGUOUS: WasmRunnerErrors.BadRequestError;
    CIRCUIT_OPEN: WasmRunnerErrors.CircuitOpenError;
    CREDENTIAL_INVALID: WasmRunnerErrors.UnauthorizedError;
    UNAUTHORIZED: WasmRunnerErrors.UnauthorizedError;
    FORBIDDEN: WasmRunnerErrors.ForbiddenError;
    REQUEST_REFUSED: WasmRunnerErrors.BadRequestError;
    RATE_LIMITED: WasmRunnerErrors.RateLimitError;
    UNAVAILABLE: WasmRunnerErrors.ServiceUnavailableError;
    SERVER_ERROR: WasmRunnerErrors.EndpointError;
    NETWORK: WasmRunnerErrors.NetworkError;
    ONLINE_RESPONSE_INVALID: WasmRunnerErrors.EndpointError;
    XCALL_DEPTH: WasmRunnerErrors.ModelExecuteError;
    XCALL_CYCLE: WasmRunnerErrors.ModelExecuteError;
    COMPATIBILITY_JSON: WasmRunnerErrors.CompatibilityJsonError;
    INTERNAL: WasmRunnerErrors.SparkError;
  }

  /** The `name` of an error: the Spark API's word for its category. */
  export type ErrorName =
    | "spark_error"
    | "unauthorized"
    | "bad_request_error"
    | "missing_parameter"
    | "browser_error"
    | "not_supported_error"
    | EndpointErrorName
    | ModelErrorName;

  /** The `name` of an error of the endpoint. */
  export type EndpointErrorName =
    | "endpoint_error"
    | "forbidden"
    | "rate_limit"
    | "service_unavailable"
    | "network_error";

  /** The `name` of an error that concerns a model. */
  export type ModelErrorName =
    | "model_error"
    | "missing_model_error"
    | "model_not_initialized_error"
    | "validation_error"
    | "execution_error"
    | "execution_cancelled"
    | "timeout_error"
    | "circuit_open"
    | "compatibility_json_error";

  /** An error as the Spark API writes errors. */
  export interface V3Error {
    /** The error's `name`. */
    error_category: ErrorName;
    /** The error's `type`. */
    error_type: string;
    /** The error's `message`. */
    message: string;
    /** `"low"`. */
    severity: string;
  }

  /** Which model was asked, and with what. */
  export interface ModelInfo {
    /** The version id of the call, if it was known. */
    uuid: string | undefined;
    /** The request as it was passed. */
    input: unknown;
  }

  /** What an error of this package is made from. */
  export interface SparkErrorFields {
    /** Instead of the class's usual code. */
    code?: ErrorCode | undefined;
    /** What is at fault. */
    path?: string | undefined;
    /** What the engine or the browser said. */
    details?: string | undefined;
    /** What lies behind. */
    cause?: unknown;
    /** Instead of the class's usual status. */
    status?: number | undefined;
    /** The endpoint's id of the request. */
    requestId?: string | undefined;
    /** After how many milliseconds to try again. */
    retryAfter?: number | undefined;
    /** Of a `MemoryLimitError`: bytes. */
    allowed?: number | undefined;
    /** Of a `MemoryLimitError`: bytes. */
    requested?: number | undefined;
    /** The version id, for `modelInfo`. */
    uuid?: string | undefined;
    /** The request, for `modelInfo`. */
    input?: unknown;
  }

  /** All error classes. They are made by this package; constructing them serves tests. */
  export namespace WasmRunnerErrors {
    /** The base of all errors of this package. */
    export class SparkError extends Error {
      /** Makes an error with the usual code and status of its class. */
      constructor(message: string, fields?: SparkErrorFields);
      /** The same as {@link Spark.isError}. */
      static is(error: unknown): error is SparkError;
      /** The same as {@link Spark.isError}, with a code. */
      static is<C extends ErrorCode>(error: unknown, code: C): error is ErrorByCode[C] & { readonly code: C };
      /** What exactly happened: stable, made for `switch`. */
      readonly code: ErrorCode;
      /** The Spark API's word for the category; shared by several codes. Not the name of the class. */
      readonly name: ErrorName;
      /** The Spark API's type, such as `"error.MISSING_MODEL_ERROR"`. */
      readonly type: string;
      /** The HTTP status that the endpoint answered with, or that the Spark API would; 0 of a network failure. */
      readonly status: number;
      /** The Spark API's severity: `"low"`. */
      readonly severity: string;
      /**
       * The field, input or file at fault, if there is one: `nodegenModels[2].replica`, `request_data.inputs.rate`.
       */
      readonly path?: string;
      /** What the engine or the browser said, bounded in size; never payloads or credentials. */
      readonly details?: string;
      /** The endpoint's id of the request (`x-request-id`), for its operator. */
      readonly requestId?: string;
      /** After how many milliseconds trying again makes sense. */
      readonly retryAfter?: number;
      /**
       * What lies behind: what a `binary` function threw, a signal's reason, an error with the `details`; of an error
       * of the endpoint, with what the page failed before, if it tried.
       */
      readonly cause?: unknown;
      /** The error as the Spark API writes errors. */
      get v3(): V3Error;
      /** What `JSON.stringify` shows: all of this but the stack, `cause`, `v3` and `modelInfo`. */
      toJSON(): { name: ErrorName; message: string; code: ErrorCode; [field: string]: unknown };
      /** Which model was asked, and with what. Not shown when the error is logged: it holds the caller's data. */
      get modelInfo(): ModelInfo;
    }

    /** Something about a model. */
    export class ModelError extends SparkError {
      readonly name: ModelErrorName;
    }

    /** No configured model is the wanted one; or the endpoint has none: then `status` is 404. */
    export class MissingModelError extends ModelError {
      readonly name: "missing_model_error";
      readonly code: "MODEL_NOT_FOUND";
    }

    /** The model could not be loaded or started. */
    export class ModelInitializationError extends ModelError {
      readonly name: "model_not_initialized_error";
      readonly code: "WASM_INVALID" | "GLUE_FAILED" | "MODEL_CONSTRUCT" | PackageErrorCode;
    }

    /** The package of a model cannot be fetched, cannot be read, or must not be used. */
    export class PackageError extends ModelInitializationError {
      readonly code: PackageErrorCode;
    }

    /** The model refused the inputs. Reserved: models report this in `response_data.errors`. */
    export class ModelValidationError extends ModelError {
      readonly name: "validation_error";
    }

    /** The engine failed while computing. */
    export class ModelExecuteError extends ModelError {
      readonly name: "execution_error";
      readonly code:
        | "ENGINE_EXCEPTION"
        | "ENGINE_TRAP"
        | "OUT_OF_MEMORY"
        | "MEMORY_LIMIT"
        | "RESPONSE_INVALID"
        | "XCALL_DEPTH"
        | "XCALL_CYCLE";
    }

    /** The engine asked for more memory than it is allowed; its replica was replaced. */
    export class MemoryLimitError extends ModelExecuteError {
      readonly code: "MEMORY_LIMIT";
      /** How many bytes of memory the engine may have. */
      readonly allowed?: number;
      /** How many it asked for, where it said so. */
      readonly requested?: number;
    }

    /** The call was cancelled, by its token or its signal. */
    export class ExecuteCancelled extends ModelError {
      readonly name: "execution_cancelled";
      readonly code: "CANCELLED" | "DESTROYED";
    }

    /** The instance was destroyed before the call ended, or was used afterwards. */
    export class DestroyedError extends ExecuteCancelled {
      readonly code: "DESTROYED";
    }

    /** Another name of `ExecuteCancelled`. */
    export import ModelExecuteCancelled = WasmRunnerErrors.ExecuteCancelled;

    /** The call's time ran out. Its `status` is 504. */
    export class TimeoutError extends ModelError {
      readonly name: "timeout_error";
      readonly code: "TIMEOUT";
    }

    /** The model was compiled for another runner. Reserved. */
    export class CompatibilityJsonError extends ModelError {
      readonly name: "compatibility_json_error";
      readonly code: "COMPATIBILITY_JSON";
    }

    /** The endpoint refused the credential, or there is none that could be sent. Its `status` is 401. */
    export class UnauthorizedError extends SparkError {
      readonly name: "unauthorized";
      readonly code: "CREDENTIAL_INVALID" | "UNAUTHORIZED";
    }

    /**
     * The request, or the configuration, is wrong; `path` names the value at fault. Its `status` is 400, or what the
     * endpoint answered with.
     */
    export class BadRequestError extends SparkError {
      readonly name: "bad_request_error";
      readonly code: "REQUEST_INVALID" | "CONFIG_INVALID" | "MODEL_AMBIGUOUS" | "REQUEST_REFUSED" | "PAYLOAD_TOO_LARGE";
    }

    /** The configuration is wrong; `path` names the field. */
    export class ConfigurationError extends BadRequestError {
      readonly code: "CONFIG_INVALID";
    }

    /** The call does not say which model to run. Its `status` is 400. */
    export class ParameterRequiredError extends SparkError {
      readonly name: "missing_parameter";
      readonly code: "VERSION_ID_MISSING";
    }

    /** The browser, or the page's policy, would not do what is needed. */
    export class BrowserError extends SparkError {
      readonly name: "browser_error" | "not_supported_error";
      readonly code: "WASM_BLOCKED" | "WORKER_BLOCKED" | "WORKER_START" | "WORKER_CRASHED" | "UNSUPPORTED_ENVIRONMENT";
    }

    /** The environment lacks something needed. */
    export class NotSupportedError extends BrowserError {
      readonly name: "not_supported_error";
      readonly code: "UNSUPPORTED_ENVIRONMENT";
    }

    /** There is no `Worker` here (Node, server-side rendering, jsdom). */
    export class UnsupportedEnvironmentError extends NotSupportedError {}

    /** The endpoint could not answer. */
    export class EndpointError extends SparkError {
      readonly name: EndpointErrorName;
      readonly code:
        | "SERVER_ERROR"
        | "ONLINE_RESPONSE_INVALID"
        | "FORBIDDEN"
        | "RATE_LIMITED"
        | "UNAVAILABLE"
        | "NETWORK";
    }

    /** The endpoint accepts the credential, but not for this service. Its `status` is 403. */
    export class ForbiddenError extends EndpointError {
      readonly name: "forbidden";
      readonly code: "FORBIDDEN";
    }

    /** The endpoint got too many requests; `retryAfter` is what it asked for. Its `status` is 429. */
    export class RateLimitError extends EndpointError {
      readonly name: "rate_limit";
      readonly code: "RATE_LIMITED";
    }

    /** The endpoint is not available for the moment. Its `status` is 502, 503 or 504. */
    export class ServiceUnavailableError extends EndpointError {
      readonly name: "service_unavailable";
      readonly code: "UNAVAILABLE";
    }

    /** The endpoint could not be reached, or the browser hides its answer. Its `status` is 0. */
    export class NetworkError extends EndpointError {
      readonly name: "network_error";
      readonly code: "NETWORK";
    }

    /**
     * The model failed several times in a row and is left alone for a moment: `retryAfter` says how long. Its last
     * failure is the `cause`.
     */
    export class CircuitOpenError extends ModelError {
      readonly name: "circuit_open";
      readonly code: "CIRCUIT_OPEN";
    }
  }

  /** The codes of a {@link WasmRunnerErrors.PackageError}. */
  export type PackageErrorCode =
    | "BINARY_INVALID"
    | "BINARY_FETCH"
    | "BASE64_INVALID"
    | "ZIP_INVALID"
    | "PACKAGE_INCOMPLETE"
    | "PACKAGE_AMBIGUOUS"
    | "CHECKSUM_MISMATCH"
    | "INTEGRITY_MISMATCH"
    | "PACKAGE_TOO_LARGE";
}
