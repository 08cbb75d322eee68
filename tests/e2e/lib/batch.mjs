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

/** In the page: all items of a batch. */
const helpers = () => {
  globalThis.all = async (items) => {
    const found = [];
    for await (const item of items) found.push(item);
    return found;
  };
  globalThis.tags = (count) => Array.from({ length: count }, (_, tag) => ask({ tag: String(tag) }));
  globalThis.shown = ({ index, response, error }) => [index, error?.code ?? response.response_data.outputs.tag];
};

export const run = async (page, work, argument) => {
  await page.run(helpers);
  return page.run(work, argument);
};
