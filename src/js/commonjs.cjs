const { Spark } = require("./spark.js");

// `require()` gives the class itself; the properties serve `const { Spark } = require(…)` and bundlers' default imports.
module.exports = Spark;
Object.defineProperties(Spark, { Spark: { value: Spark }, default: { value: Spark } });
