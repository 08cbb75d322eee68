// What `new Spark` takes and what it does not.
import Spark, { type BinaryFunction, type NodegenModel, type SparkConfig } from "spark-execute";

const versionId = "a";
const binary = "/a.zip";
const one = (model: NodegenModel) => new Spark({ nodegenModels: [model] });

// Complete, and with everything left out.
new Spark({
  nodegenModels: [
    { versionId, binary, type: "base64", replica: 2, preventCleanup: true, verifyChecksums: false, metaData: null },
    { versionId: "b", binary, lockdown: true, cache: false },
  ],
  lockdown: false,
  cache: true,
  offlineMaxService: 5,
  memoryBudget: 2 * 1024 ** 3,
  memoryLimit: 512 * 1024 ** 2,
  idleTimeout: Infinity,
  timeout: 1000,
  cancelGrace: 0,
  sparkEndpoint: null,
});
new Spark({
  nodegenModels: [
    { versionId, binary, type: undefined, replica: undefined, preventCleanup: undefined, metaData: undefined },
  ],
  offlineMaxService: undefined,
  timeout: undefined,
  cancelGrace: undefined,
  sparkEndpoint: undefined,
});

one({ versionId, binary, integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" });
one({ versionId, binary, integrity: null });
// @ts-expect-error not text
one({ versionId, binary, integrity: new Uint8Array(32) });
// Where our own files come from.
new Spark({ nodegenModels: [{ versionId, binary }], workerUrl: "/worker.js", wasmUrl: null });
new Spark({ nodegenModels: [{ versionId, binary }], createWorker: null });
new Spark({ nodegenModels: [{ versionId, binary }], isolation: "sandbox" });
// @ts-expect-error no such way
new Spark({ nodegenModels: [{ versionId, binary }], isolation: "frame" });
// @ts-expect-error not an address
new Spark({ nodegenModels: [{ versionId, binary }], workerUrl: 1 });
// @ts-expect-error not an address
new Spark({ nodegenModels: [{ versionId, binary }], wasmUrl: new ArrayBuffer(8) });
// @ts-expect-error a worker, not the promise of one
new Spark({ nodegenModels: [{ versionId, binary }], createWorker: async () => ({}) });
// @ts-expect-error a function
new Spark({ nodegenModels: [{ versionId, binary }], createWorker: "/worker.js" });

// Older spellings.
new Spark({ nodeGenModels: [{ versionId, binary, parallel: 2, metadata: {} }], replica: 2 });
new Spark({ nodegenModels: [{ versionId, binary, instance: 2 }] });

// Unchangeable configurations, and those of one's own type.
const frozen = { nodegenModels: [{ versionId, binary }], timeout: 5 } as const;
new Spark(frozen);
const kept: SparkConfig = frozen;
new Spark(kept);

// @ts-expect-error nothing
new Spark();
// @ts-expect-error not an object
new Spark("key");
// @ts-expect-error no models
new Spark({ timeout: 1 });
// @ts-expect-error not an array
new Spark({ nodegenModels: { versionId, binary } });
// @ts-expect-error both spellings
new Spark({ nodegenModels: [{ versionId, binary }], nodeGenModels: [{ versionId, binary }] });
// @ts-expect-error misspelt
new Spark({ nodegenModels: [{ versionId, binary }], timeOut: 1 });
// @ts-expect-error text
new Spark({ nodegenModels: [{ versionId, binary }], timeout: "60000" });
// @ts-expect-error text
new Spark({ nodegenModels: [{ versionId, binary }], cancelGrace: "100" });
// @ts-expect-error null is not a number
new Spark({ nodegenModels: [{ versionId, binary }], cancelGrace: null });
// @ts-expect-error null is not a number
new Spark({ nodegenModels: [{ versionId, binary }], offlineMaxService: null });
// @ts-expect-error text
new Spark({ nodegenModels: [{ versionId, binary }], memoryLimit: "512 MB" });
// @ts-expect-error for all models together
one({ versionId, binary, memoryBudget: 1e9 });
// @ts-expect-error null is not a number
one({ versionId, binary, memoryLimit: null });
one({ versionId, binary, memoryLimit: 65536 });
// @ts-expect-error how requests identify themselves
new Spark({ nodegenModels: [{ versionId, binary }], sparkEndpoint: { url: "https://a.example", tenant: "t" } });
// @ts-expect-error `new` is needed
Spark({ nodegenModels: [{ versionId, binary }] });

// @ts-expect-error no id
one({ binary });
// @ts-expect-error no package
one({ versionId });
// @ts-expect-error the id is text
one({ versionId: 1, binary });
// @ts-expect-error misspelt
one({ versionId, binary, replicas: 2 });
// @ts-expect-error text
one({ versionId, binary, replica: "2" });
// @ts-expect-error text
one({ versionId, binary, preventCleanup: "true" });
// @ts-expect-error text
one({ versionId, binary, lockdown: "off" });
// @ts-expect-error true or false
new Spark({ nodegenModels: [{ versionId, binary }], cache: "opfs" });
// @ts-expect-error true or false
one({ versionId, binary, cache: 60 });
// @ts-expect-error null is not a boolean
new Spark({ nodegenModels: [{ versionId, binary }], lockdown: null });
// @ts-expect-error not text
one({ versionId, binary, type: 64 });
// @ts-expect-error names are text
one({ versionId, binary, metaData: { EngineInformation: { ServiceName: 5 } } });
// @ts-expect-error not an object
one({ versionId, binary, metaData: "service" });

// Packages that need no platform.
one({ versionId, binary: new ArrayBuffer(1) });
one({ versionId, binary: new SharedArrayBuffer(1) });
one({ versionId, binary: new Uint8Array(1) });
one({ versionId, binary: new Float64Array(1).subarray(0) });
one({ versionId, binary: new DataView(new ArrayBuffer(1)) });
one({ versionId, binary: { url: "/a.zip" } });
one({ versionId, binary: { url: "/a.zip", headers: { "X-Key": "k", Other: undefined }, credentials: "include" } });
one({ versionId, binary: { url: "/a.zip", headers: [["X-Key", "k"]] } });
one({ versionId, binary: () => "UEsDB" });
one({ versionId, binary: async (id) => ({ url: `/${id.toUpperCase()}.zip` }) });
one({ versionId, binary: () => ({ then: (done) => Promise.resolve(new Uint8Array(1)).then(done) }) });
const providing: BinaryFunction = (id: string) => new Uint8Array(id.length);
one({ versionId, binary: providing });

// @ts-expect-error nothing
one({ versionId, binary: null });
// @ts-expect-error a number
one({ versionId, binary: 5 });
// @ts-expect-error bytes as plain numbers
one({ versionId, binary: [80, 75, 3, 4] });
// @ts-expect-error a promise: a function may return it
one({ versionId, binary: Promise.resolve(new Uint8Array(1)) });
// @ts-expect-error no address
one({ versionId, binary: { headers: {} } });
// @ts-expect-error not an address
one({ versionId, binary: { url: 5 } });
// @ts-expect-error no such value
one({ versionId, binary: { url: "/a.zip", credentials: "always" } });
// @ts-expect-error header values are text
one({ versionId, binary: { url: "/a.zip", headers: { "X-Key": 5 } } });
// @ts-expect-error misspelt
one({ versionId, binary: { url: "/a.zip", header: {} } });
// @ts-expect-error loose files
one({ versionId, binary: { wasm: new Uint8Array(1), js: "" } });
// @ts-expect-error a function that returns a function
one({ versionId, binary: () => () => "UEsDB" });
// @ts-expect-error a function that returns nothing
one({ versionId, binary: () => {} });
// @ts-expect-error the function gets a text
one({ versionId, binary: (id: number) => `${id}` });
