// Code that was written for the SDK that this package replaces, unchanged.
const Spark = require("@coherentglobal/spark-execute-sdk");

async function main() {
  const response = await fetch("cylinder.zip");
  const spark = new Spark({
    nodegenModels: [
      {
        versionId: "B91693E8-5D3A-44AB-9142-75EB0D18E36C",
        type: "base64",
        binary: await response.arrayBuffer(),
        preventCleanup: false,
        replica: 1,
        metaData: { EngineInformation: { ProductName: "geometry", ServiceName: "volume-cylinder" } },
      },
    ],
    offlineMaxService: 20,
    timeout: 60000,
  });
  const input = {
    request_data: { inputs: { radius: 2, height: 5 } },
    request_meta: {
      version_id: "b91693e8-5d3a-44ab-9142-75eb0d18e36c",
      transaction_date: "2022-09-19T04:17:17.142Z",
      call_purpose: "Spark - API Tester",
    },
  };
  try {
    document.querySelector("#result").textContent = JSON.stringify(await spark.execute(input));
  } catch (err) {
    if (err instanceof Spark.WasmRunnerErrors.MissingModelError) console.error("Model not found:", err.message);
    else throw err;
  } finally {
    await spark.destroy();
  }
}

main();
