const Spark = require("spark-execute");

const spark = new Spark({ nodegenModels: [{ versionId: "cylinder", binary: "cylinder.zip" }] });
spark
  .execute({ request_data: { inputs: { radius: 2, height: 5 } } }, "cylinder")
  .then((response) => (document.querySelector("#result").textContent = JSON.stringify(response)))
  .finally(() => spark.destroy());
