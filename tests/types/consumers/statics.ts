// The static members of what `require` gives, taken apart; bundlers, which take the ES module, know no such exports.
import { isError, WasmRunnerErrors } from "spark-execute";
import Spark = require("spark-execute");
import { is } from "./is.js";

is<typeof isError, typeof Spark.isError>(true);
is<typeof WasmRunnerErrors, typeof Spark.WasmRunnerErrors>(true);
