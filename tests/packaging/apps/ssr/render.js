// A component that is rendered on the server and run in the browser: it makes its client where it is defined.
import Spark from "spark-execute";

const spark = new Spark({ nodegenModels: [{ versionId: "cylinder", binary: "/cylinder.zip" }] });

export function render() {
  return `<pre id="result" data-state="${spark.stats()[0].state}"></pre>`;
}

export async function volume(radius, height) {
  const response = await spark.execute({ request_data: { inputs: { radius, height } } }, "cylinder");
  return response.response_data.outputs.volume;
}
