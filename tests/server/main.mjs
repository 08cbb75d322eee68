// Starts the server by itself: `node tests/server/main.mjs [--port N] [--open]`. Prints one line of JSON with what a
// page needs to know, and runs until it is ended.
import { parseArgs } from "node:util";
import { startServer } from "./server.mjs";

const options = { port: { type: "string", default: "0" }, open: { type: "boolean", default: false } };
const { values } = parseArgs({ options });
const server = await startServer({ port: Number(values.port), open: values.open });
const { url, tenant, key: syntheticKey, token: bearerToken } = server;
process.stdout.write(`${JSON.stringify({ url, tenant, syntheticKey, bearerToken })}\n`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close().then(() => process.exit()));
