import Spark from "spark-execute";

const spark = new Spark({ nodegenModels: [{ versionId: "cylinder", binary: "cylinder.zip" }] });
const response = await spark.execute({ request_data: { inputs: { radius: 2, height: 5 } } }, "cylinder");
await spark.destroy();
document.querySelector("#result").textContent = JSON.stringify(response);
