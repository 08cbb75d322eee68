// Endpoint, fallback, calls between models, events.
import Spark, { type Credential, type ExecuteDetail, type ExecutionPath, type FallbackDetail } from "spark-execute";
import type { FetchFunction, SparkConfig, SparkEndpoint, SparkError, XCallRequest } from "spark-execute";
import { is } from "./is.js";

const url = "https://excel.example";
const tenant = "t";
const nodegenModels = [{ versionId: "a", binary: "/a.zip" }];
const key = { url, tenant, authType: "syntheticKey", syntheticKey: "k" } as const;
const to = (sparkEndpoint: SparkEndpoint) => new Spark({ sparkEndpoint });

// Online alone, both, older spelling; each kind of credential.
to({ url, tenant, authType: "public" });
to({ url, tenant, authType: "syntheticKey", syntheticKey: "k" });
to({ url, tenant, authType: "bearerToken", bearerToken: () => "t" });
to({ url, tenant, authType: "bearerToken", bearerToken: async () => "t" });
to({ url, tenant, authType: "bearerToken", bearerToken: "t", syntheticKey: "not used" });
new Spark({ sparkEndpoint: key, nodegenModels });
new Spark({ sparkEndpoint: key, nodegenModels: [] });
new Spark({ sparkEndpoint: key, nodegenModels: null });
new Spark({ sparkEndpoint: key, nodeGenModels: nodegenModels });
const kept: SparkConfig = { sparkEndpoint: key };
new Spark(kept);
declare const parts: { nodegenModels?: { versionId: string; binary: string }[] };
new Spark({ ...parts, sparkEndpoint: key });

// Every option, and none.
to({ ...key, fetch: undefined, form: "generic", retries: 0, retryDelay: 250, compressAbove: 100_000 });
to({ ...key, fetch: null, form: null, retries: null, retryDelay: null, compressAbove: null });
const own: FetchFunction = async (address, init) => {
  is<typeof init.method, "POST">(true);
  is<typeof init.credentials, "omit">(true);
  const headers: Record<string, string> = { ...init.headers, "x-extra": "1" };
  return { status: address.length, headers: { get: (name) => headers[name] ?? null }, text: async () => "{}" };
};
to({ ...key, fetch: own });
// @ts-expect-error no headers
to({ ...key, fetch: async () => ({ status: 200, text: async () => "{}" }) });

// @ts-expect-error neither models nor an endpoint
new Spark({ sparkEndpoint: null });
// @ts-expect-error no endpoint after all
new Spark({ sparkEndpoint: undefined, nodegenModels: null });
// @ts-expect-error no authType
to({ url, tenant });
// @ts-expect-error no such authType
to({ url, tenant, authType: "apiKey", syntheticKey: "k" });
// @ts-expect-error no key
to({ url, tenant, authType: "syntheticKey" });
// @ts-expect-error the wrong one
to({ url, tenant, authType: "syntheticKey", bearerToken: "t" });
// @ts-expect-error the wrong one
to({ url, tenant, authType: "bearerToken", syntheticKey: "k" });
// @ts-expect-error not public
to({ url, tenant, authType: "public", syntheticKey: "k" });
// @ts-expect-error no url
to({ tenant, authType: "public" });
// @ts-expect-error no tenant
to({ url, authType: "public" });
// @ts-expect-error a promise: a function may return it
to({ url, tenant, authType: "bearerToken", bearerToken: Promise.resolve("t") });
// @ts-expect-error a function that returns nothing
to({ url, tenant, authType: "bearerToken", bearerToken: () => {} });
// @ts-expect-error there may be none
to({ url, tenant, authType: "bearerToken", bearerToken: async (): Promise<string | undefined> => undefined });
// @ts-expect-error misspelt
to({ ...key, retry: 2 });
// @ts-expect-error text
to({ ...key, retries: "2" });
// @ts-expect-error no such form
to({ ...key, form: "v4" });
// @ts-expect-error not a function
to({ ...key, fetch: "https://proxy.example" });
// @ts-expect-error no answer
to({ ...key, fetch: async () => {} });
// @ts-expect-error top level
to({ ...key, timeout: 5 });
const credential: Credential = () => "k";
// @ts-expect-error it gets nothing
const wrong: Credential = (id: string) => id;

// Calls between models.
new Spark({ nodegenModels, xcall: { online: false, maxDepth: 4 } });
new Spark({ nodegenModels, xcall: null, externalApi: null });
new Spark({
  nodegenModels,
  sparkEndpoint: key,
  xcall: { online: (request, chain) => (request.service_uri ?? "").startsWith("shared/") && chain.length < 3 },
  externalApi: async (request) => {
    is<typeof request, string | XCallRequest>(true);
    return typeof request === "string" ? request : { rate: 1.5, asked: request["currency"] };
  },
});
// @ts-expect-error text
new Spark({ nodegenModels, xcall: { online: "never" } });
// @ts-expect-error it must answer at once
new Spark({ nodegenModels, xcall: { online: async () => true } });
// @ts-expect-error misspelt
new Spark({ nodegenModels, xcall: { depth: 4 } });
// @ts-expect-error not a function
new Spark({ nodegenModels, externalApi: {} });

// Events.
const spark = new Spark({ sparkEndpoint: key, nodegenModels });
const listener = ({ detail }: { detail: ExecuteDetail }) => detail.error?.code;
spark.addEventListener("execute", listener);
spark.removeEventListener("execute", listener);
spark.addEventListener("execute", { handleEvent: ({ detail }) => is<typeof detail.path, ExecutionPath>(true) });
spark.addEventListener(
  "fallback",
  (event) => {
    is<typeof event.type, string>(true);
    is<typeof event.detail, FallbackDetail>(true);
    is<typeof event.detail.error, SparkError>(true);
    is<typeof event.detail.versionId, string | undefined>(true);
    // @ts-expect-error a fallback goes one way
    event.detail.path;
  },
  { once: true },
);
// @ts-expect-error no such event
spark.addEventListener("online", listener);
// @ts-expect-error another event's detail
spark.addEventListener("execute", ({ detail }: { detail: { versionId: number } }) => detail);

// Answers and errors.
export async function path() {
  try {
    const { executionPath, response_data } = await spark.execute({}, "a");
    is<typeof executionPath, "offline" | "online">(true);
    return response_data.outputs;
  } catch (error) {
    if (Spark.isError(error, "RATE_LIMITED")) {
      is<typeof error, Spark.WasmRunnerErrors.RateLimitError & { readonly code: "RATE_LIMITED" }>(true);
      is<typeof error.retryAfter, number | undefined>(true);
      is<typeof error.requestId, string | undefined>(true);
    }
    if (error instanceof Spark.WasmRunnerErrors.EndpointError && error.code === "NETWORK") return error.status;
    // @ts-expect-error a token is no member
    if (error instanceof Spark.WasmRunnerErrors.UnauthorizedError) return error.token;
    return undefined;
  }
}

export { credential, wrong };
