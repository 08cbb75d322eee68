const Spark = require("spark-execute");
const { Spark: Named, default: Default } = require("spark-execute");

import("./use.mjs").then(async ({ use }) => {
  const report = { same: Spark === Named && Spark === Default, exports: Object.keys(Spark).sort(), ...(await use(Spark)) };
  process.stdout.write(JSON.stringify(report));
});
