// All rows, in the order of the table.
import * as calls from "./calls.mjs";
import { batch, batchBlock, batchColumns, batchMemory, batchTexts } from "./batch.mjs";
import * as cold from "./cold.mjs";
import { blockMemory, blockServer } from "./block.mjs";
import { heap } from "./heap.mjs";
import { online } from "./online.mjs";
import { construct, embedding, sizeBrotli, sizeGzip, sizeRaw } from "./package.mjs";
import { memory10, memory100, payload, payload100, payloadSizes } from "./payload.mjs";
import { runaway } from "./runaway.mjs";
import { soak } from "./soak.mjs";
import { warmServer, warmSlow } from "./warm.mjs";
import { xcall, xcallTen } from "./xcall.mjs";

export const ROWS = [
  cold.coldLargeMemory,
  cold.coldLargeServer,
  cold.coldCylinderMemory,
  cold.coldCylinderServer,
  cold.lockdown,
  cold.replicas,
  warmServer,
  warmSlow,
  calls.latency,
  calls.throughput1,
  calls.throughput2,
  calls.throughput4,
  calls.scaling,
  batch,
  batchTexts,
  batchColumns,
  batchBlock,
  batchMemory,
  payload,
  payloadSizes,
  payload100,
  memory10,
  memory100,
  xcall,
  xcallTen,
  runaway,
  online,
  blockServer,
  blockMemory,
  heap,
  soak,
  sizeRaw,
  sizeGzip,
  sizeBrotli,
  construct,
  embedding,
];
