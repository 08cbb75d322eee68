// A default import that becomes a `require`: with esModuleInterop it is the class, without it the class's `default`.
import Spark, { Spark as Named } from "spark-execute";

const spark: Spark = new Spark({ nodegenModels: [{ versionId: "a", binary: "/a.zip" }] });
const named: Named = spark;
// @ts-expect-error a configuration is needed
new Spark();

export { named };
