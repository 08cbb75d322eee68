// The static members of what `require` gives, taken apart; bundlers, which take the ES module, know no such exports.
import { ColumnarSerializer, isError, WasmRunnerErrors } from "spark-execute";
import Spark = require("spark-execute");
import { is } from "./is.js";

is<typeof ColumnarSerializer, typeof Spark.ColumnarSerializer>(true);
is<typeof isError, typeof Spark.isError>(true);
is<typeof WasmRunnerErrors, typeof Spark.WasmRunnerErrors>(true);
