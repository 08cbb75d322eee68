// What an error shows of itself where no browser is needed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeError } from "../../src/js/errors.js";

test("a logged error as JSON says what happened, without the caller's data", () => {
  const cause = new Error("the cause, which may hold anything");
  const input = { request_data: { inputs: { name: "private" } } };
  const error = makeError("NETWORK", "No answer.", undefined, "refused", cause, "an-id", input, 0, "r1", 500);
  const told = JSON.parse(JSON.stringify({ error })).error;
  assert.deepEqual(Object.keys(told).slice(0, 3), ["name", "message", "code"]);
  assert.deepEqual(told, {
    name: "network_error",
    message: "No answer.",
    code: "NETWORK",
    type: "error.NETWORK",
    status: 0,
    severity: "low",
    requestId: "r1",
    retryAfter: 500,
    details: "refused",
  });
});
