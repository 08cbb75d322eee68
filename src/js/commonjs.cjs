const { Spark } = require("./spark.js");

// `require()` gives the class itself, which has the named exports as properties; these two serve `const { Spark } = require(…)` and bundlers' default imports.
module.exports = Spark;
Object.defineProperties(Spark, { Spark: { value: Spark }, default: { value: Spark } });
