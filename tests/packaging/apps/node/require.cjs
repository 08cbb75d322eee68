const Spark = require("spark-execute");
const { ColumnarSerializer, Spark: Named, default: Default } = require("spark-execute");

import("./use.mjs").then(async ({ use }) => {
  const same = Spark === Named && Spark === Default && Spark.ColumnarSerializer === ColumnarSerializer;
  const report = { same, exports: Object.keys(Spark).sort(), ...(await use(Spark)) };
  process.stdout.write(JSON.stringify(report));
});
