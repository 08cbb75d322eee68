// What the tests of batches stand on.
import { engine } from "./engines.mjs";

/** Tells how it was called, and fails in the way that its input says. */
export const echoing = engine((text, { calls }) => {
  const { request_data } = JSON.parse(text);
  const { end, tag } = request_data.inputs;
  if (end === "exception") throw 5246976;
  if (end === "trap") throw new WebAssembly.RuntimeError("unreachable");
  if (end === "garbage") return "{]";
  if (end === "nul") return "{}\0{}";
  return { response_data: { outputs: { tag, calls, keys: String(Object.keys(request_data)) } }, response_meta: {} };
});

/**
 * Takes v4 requests in columns, too. Its input `how` says in which way it does so badly: "other" answers, none in a `probe`,
 * `throws`, `traps`, is `slow`; `end` says how a record fails; a `value` that is null, or missing, gets a warning.
 */
export const columnar = engine((text) => {
  const request = JSON.parse(text);
  const one = ({ tag, value, end }, meta) => {
    if (end === "exception") throw 5246976;
    if (end === "trap") throw new WebAssembly.RuntimeError("unreachable");
    const outputs = { tag, twice: value * 2, blank: value === null };
    const warnings = value == null ? [{ source_path: "value", message: "It is blank." }] : null;
    return { response_data: { outputs, warnings, errors: null, service_chain: null }, response_meta: { ...meta, process_time: 1 } };
  };
  // So that nobody doubts which is quicker.
  if (request.request_data) for (let turn = 0; turn < 10; turn++) JSON.parse(text);
  if (request.request_data) return one(request.request_data.inputs, request.request_meta);
  const [names, ...rows] = request.inputs;
  const answers = rows.map((row) => one(Object.fromEntries(names.map((name, at) => [name, row[at]]))).response_data);
  const how = String(rows[0][names.indexOf("how")]);
  if (how === "throws") throw 5246976;
  if (how === "traps") throw new WebAssembly.RuntimeError("unreachable");
  if (how === "slow") for (const end = Date.now() + 100; Date.now() < end; );
  if (how === "other" || (how === "later" && rows.length !== 32)) for (const answer of answers) answer.outputs.twice++;
  return {
    outputs: [Object.keys(answers[0].outputs), ...answers.map(({ outputs }) => Object.values(outputs))],
    warnings: answers.map(({ warnings }) => warnings),
    errors: answers.map(() => null),
    process_time: answers.map((answer, at) => 1000 + at),
    version_id: request.version_id,
  };
});

/** In the page: all items of a batch. */
const helpers = () => {
  globalThis.all = async (items) => {
    const found = [];
    for await (const item of items) found.push(item);
    return found;
  };
  globalThis.tags = (count) => Array.from({ length: count }, (_, tag) => ask({ tag: String(tag) }));
  /** Of the texts posted to workers, how many are requests in columns; begins to count. */
  globalThis.columnPosts = () => {
    const posts = { columns: 0 };
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (...of) {
      const chunks = Array.isArray(of[0]) ? of[0].filter(Array.isArray) : [];
      for (const [text] of chunks) posts.columns += String(text).split("\0").filter((one) => one.startsWith('{"inputs":[[')).length;
      return postMessage.apply(this, of);
    };
    return posts;
  };
  /** All that a result says but its time, as text. */
  globalThis.wholly = ({ response, error }) => {
    if (error) return error.code;
    const { status = "Success", error: none = null, ...rest } = typeof response === "string" ? JSON.parse(response) : response;
    return JSON.stringify({ status, none, ...rest }, (key, value) => (key === "process_time" ? typeof value : value));
  };
  /** What the records' requests say, computed one by one. */
  globalThis.singly = async (spark, records, id) => (await all(spark.executeMany(records, id, { output: "string" }))).map(wholly);
  globalThis.shown = ({ index, response, error }) => [index, error?.code ?? response.response_data.outputs.tag];
};

export const run = async (page, work, argument) => {
  await page.run(helpers);
  return page.run(work, argument);
};
