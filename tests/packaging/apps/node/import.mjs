import Spark, { ColumnarSerializer, Spark as Named } from "spark-execute";
import * as all from "spark-execute";
import { use } from "./use.mjs";

const report = { same: Spark === Named && Spark.ColumnarSerializer === ColumnarSerializer, exports: Object.keys(all).sort(), ...(await use(Spark)) };
process.stdout.write(JSON.stringify(report));
