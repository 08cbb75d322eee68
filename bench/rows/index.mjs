// All rows, in the order of the table.
import * as calls from "./calls.mjs";
import * as cold from "./cold.mjs";

export const ROWS = [
  cold.coldLargeMemory,
  cold.coldLargeServer,
  cold.coldCylinderMemory,
  cold.coldCylinderServer,
  cold.replicas,
  calls.latency,
  calls.throughput1,
  calls.throughput2,
];
