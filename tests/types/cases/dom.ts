// What only a project with the DOM's types can pass.
import Spark, { type BinaryValue, type ExecuteDetail, type FetchFunction } from "spark-execute";

const one = (binary: BinaryValue) => new Spark({ nodegenModels: [{ versionId: "a", binary }] });

one(new Blob([]));
one(new File([], "a.zip"));
one(new Response());
one(new URL("/a.zip", document.baseURI));
one({ url: new URL("/a.zip", document.baseURI), headers: new Headers({ a: "b" }) });
new Spark({ nodegenModels: [{ versionId: "a", binary: async () => fetch("/a.zip") }] });

// @ts-expect-error a stream is not a response
one(new Response().body);
// @ts-expect-error await it
one(fetch("/a.zip"));
// @ts-expect-error only what came out of it
one(document.querySelector("input"));

const spark = one("/a.zip");
spark.execute({}, "a", { signal: new AbortController().signal });
spark.execute({}, "a", { signal: AbortSignal.timeout(5) });
spark.executeMany(new ReadableStream<{ request_data: { inputs: { radius: number } } }>(), "a", { signal: AbortSignal.timeout(5) });
// @ts-expect-error a signal goes into the options
spark.executeMany([], "a", new AbortController().signal);
// @ts-expect-error a stream of what is no request
spark.executeMany(new ReadableStream<number>(), "a");
// @ts-expect-error the controller is not its signal
spark.execute({}, "a", { signal: new AbortController() });
// @ts-expect-error a form is not an object of inputs
spark.execute({ request_data: { inputs: new FormData() } });

// The browser's own classes fit where ours are named.
const key = { url: new URL("https://a.example"), tenant: "t", authType: "syntheticKey", syntheticKey: "k" } as const;
const online = new Spark({ sparkEndpoint: { ...key, fetch } });
const proxied: FetchFunction = (url, init) => fetch(`/proxy?to=${url}`, { ...init, credentials: "include" });
new Spark({ sparkEndpoint: { ...key, fetch: proxied } });
const told = (event: CustomEvent<ExecuteDetail>) => event.detail.path;
online.addEventListener("execute", told, { signal: AbortSignal.timeout(5) });
online.addEventListener("fallback", (event) => event.timeStamp + (event.detail.error.retryAfter ?? 0));
// @ts-expect-error it must return the response
new Spark({ sparkEndpoint: { ...key, fetch: (url: string) => void fetch(url) } });
