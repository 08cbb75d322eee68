import { Spark } from "./spark.js";

export { Spark };
export default Spark;
