// What happens with an endpoint in an environment without workers, as JSON. The endpoint and an id are arguments.
import Spark from "spark-execute";

const [endpoint, id] = process.argv.slice(2).map((text) => JSON.parse(text));
const input = { request_data: { inputs: { radius: 2, height: 5 } }, request_meta: { version_id: id } };
const binary = () => Promise.reject(new Error("A server needs no package."));
const configurations = {
  both: { nodegenModels: [{ versionId: id, binary }], sparkEndpoint: endpoint },
  endpoint: { sparkEndpoint: endpoint },
  stranger: { sparkEndpoint: { ...endpoint, syntheticKey: "another" } },
};
const report = {};
for (const [name, configuration] of Object.entries(configurations)) {
  const spark = new Spark(configuration);
  const events = [];
  spark.addEventListener("execute", ({ detail: { path, error } }) => events.push([path, error?.code ?? null]));
  try {
    const { response_data, executionPath } = await spark.execute(input);
    report[name] = { volume: response_data.outputs.volume, executionPath };
  } catch (error) {
    report[name] = { code: error.code, className: error.constructor.name, guarded: Spark.isError(error, error.code) };
  }
  await spark.destroy();
  Object.assign(report[name], { events });
}
const spark = new Spark(configurations.endpoint);
const { response, cancellationToken } = spark.executeWithCancellationToken(input);
cancellationToken.cancel();
report.cancelled = await response.catch(({ code }) => code);
await spark.destroy();
const nobody = new Spark({ sparkEndpoint: { ...endpoint, url: "http://127.0.0.1:9", retries: 0 } });
report.unreachable = await nobody.execute(input).catch(({ code, message }) => [code, message]);
await nobody.destroy();
process.stdout.write(JSON.stringify(report));
