import { Spark } from "./spark.js";

globalThis.Spark = Spark;
