import { ColumnarSerializer } from "./columnar.js";
import { Spark } from "./spark.js";

export { ColumnarSerializer, Spark };
export default Spark;
