// What only a project with the DOM's types can pass.
import Spark, { type BinaryValue } from "spark-execute";

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
// @ts-expect-error the controller is not its signal
spark.execute({}, "a", { signal: new AbortController() });
// @ts-expect-error a form is not an object of inputs
spark.execute({ request_data: { inputs: new FormData() } });
