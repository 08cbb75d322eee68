// The endpoint's answer to a chunk, read record by record.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, responsesIn } from "../../src/js/v4.js";

const whole = {
  outputs: [{ a: 1 }, { a: 2 }],
  warnings: [null, [{ message: "w" }]],
  errors: [[{ message: "e" }], null],
  process_time: [3, 4],
  service_chain: [null, null],
  version_id: "v",
  status: "Success",
};
const read = (more, count = 2) => responsesIn(JSON.stringify({ ...whole, ...more }), count);

test("each record has its own outputs, warnings, errors and time", () => {
  const [first, second] = read();
  assert.deepEqual(first.response_data, { outputs: { a: 1 }, warnings: null, errors: [{ message: "e" }], service_chain: null });
  assert.deepEqual(second.response_data, { outputs: { a: 2 }, warnings: [{ message: "w" }], errors: null, service_chain: null });
  assert.deepEqual(second.response_meta, { version_id: "v", process_time: 4, system: "SPARK" });
  assert.deepEqual(JSON.parse(bodyOf(['{"a":1}', "{}"], "v")).inputs, [{ a: 1 }, {}]);
});

test("what no record has may be left out, null or empty", () => {
  for (const none of [undefined, null, []]) {
    const [{ response_data, response_meta }] = read({ warnings: none, errors: none, process_time: none, service_chain: none });
    assert.deepEqual(response_data, { outputs: { a: 1 }, warnings: null, errors: null, service_chain: null });
    assert.equal(response_meta.process_time, undefined);
  }
});

test("an answer that is not one for each record is none", () => {
  for (const name of ["outputs", "warnings", "errors", "process_time", "service_chain"]) {
    for (const wrong of [[{}], [{}, {}, {}], { 0: {}, 1: {}, length: 2 }, "ab", 2]) {
      assert.throws(() => read({ [name]: wrong }), Error, `${name}: ${JSON.stringify(wrong)}`);
    }
  }
  for (const outputs of [undefined, null, [], [{}, null], [{}, [1]], [{}, 1]]) assert.throws(() => read({ outputs }), Error);
  assert.throws(() => read({}, 3), Error);
});
