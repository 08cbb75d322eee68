// Code as the documentation of the SDK that this package replaces shows it, offline parts.
import Spark from "spark-execute";

declare const base64EncodedModel: string;
declare const models: Map<string, ArrayBuffer>;
declare function fetchModel(id: string): Promise<ArrayBuffer>;

// Written apart from the call, so that `type` widens to string.
const config = {
  nodegenModels: [
    {
      versionId: "uuid",
      type: "base64",
      binary: base64EncodedModel,
      preventCleanup: false,
      replica: 1,
      metaData: { EngineInformation: { ProductName: "folder-name", ServiceName: "service-name", VersionId: "uuid" } },
    },
  ],
  offlineMaxService: 20,
  timeout: 60000,
};
const spark = new Spark(config);

new Spark({
  nodegenModels: [
    { versionId: "a", binary: (versionId) => base64EncodedModel + versionId },
    {
      versionId: "b",
      metaData: {},
      binary: async (versionId) => {
        const known = models.get(versionId) ?? (await fetchModel(versionId));
        models.set(versionId, known);
        return known;
      },
    },
  ],
});

const input = {
  request_data: { inputs: { Input: 1 } },
  request_meta: {
    version_id: "<model id>",
    transaction_date: "2022-09-19T04:17:17.142Z",
    call_purpose: "Spark - API Tester",
    requested_output: "",
  },
};

export async function basic() {
  const response = await spark.execute(input);
  await spark.execute(input, "model-uuid-here");
  await spark.destroy();
  return response.response_data.outputs["Output"];
}

export function cancelling() {
  const execution = spark.executeWithCancellationToken(input);
  execution.cancellationToken.cancel();
  execution.response.then(
    (result) => console(result),
    (err) => {
      if (err instanceof Spark.WasmRunnerErrors.ExecuteCancelled) console("User cancelled the execution");
    },
  );
}

export async function handling() {
  try {
    await spark.execute(input);
  } catch (err) {
    if (err instanceof Spark.WasmRunnerErrors.MissingModelError) {
      console("Model not found:", err.message);
    } else if (err instanceof Spark.WasmRunnerErrors.ExecuteCancelled) {
      console("Execution was cancelled");
    } else if (err instanceof Spark.WasmRunnerErrors.UnauthorizedError) {
      console("Authentication failed");
    } else if (err instanceof Spark.WasmRunnerErrors.BadRequestError) {
      console("Bad request:", err.message);
    }
  }
}

declare function console(...values: unknown[]): void;
