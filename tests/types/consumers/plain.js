// @ts-check
// JavaScript that an editor checks.
const Spark = require("spark-execute");
const { Spark: Named } = require("spark-execute");

const spark = new Spark({ nodegenModels: [{ versionId: "a", binary: "/a.zip" }] });
/** @type {import("spark-execute").Spark} */
const named = new Named({ nodegenModels: [{ versionId: "a", binary: "/a.zip" }] });
spark.execute({ request_data: { inputs: { radius: 2 } } }, "a").then((response) => response.response_data.outputs.volume);
// @ts-expect-error misspelt
spark.excute({});

module.exports = { named };
