// What the tests of text and bytes share.
import { ECHO } from "./engines.mjs";
import { onlineStage } from "./online.mjs";

/** A stage for them, with an engine that answers what it got. */
export function rawStage() {
  const { test: onlineTest, made } = onlineStage();
  const test = (name, work) =>
    onlineTest(name, async (page, server) => {
      await page.run(prepare);
      await work(page, server);
    });
  return { test, made, echo: made("echo.zip", ECHO) };
}

/** Runs in the page. */
function prepare() {
  const encoder = new TextEncoder();
  globalThis.inputsOf = (request) => {
    const text = JSON.stringify(request);
    return { object: request, string: text, bytes: encoder.encode(text) };
  };
  globalThis.kindOf = (value) => (value instanceof Uint8Array ? "bytes" : typeof value);
  globalThis.objectOf = (value) => {
    if (typeof value === "object" && !(value instanceof Uint8Array)) return value;
    return JSON.parse(typeof value === "string" ? value : new TextDecoder("utf-8", { fatal: true }).decode(value));
  };
  /** All nine ways, with what JSON did on the page in each; one call before warms the model. */
  globalThis.nine = async (spark, request, id) => {
    const { parse, stringify } = JSON;
    await spark.execute(request, id);
    const found = [];
    for (const [given, input] of Object.entries(inputsOf(request))) {
      for (const output of ["object", "string", "bytes"]) {
        const count = { stringify: 0, parse: 0 };
        JSON.parse = (...of) => (count.parse++, parse(...of));
        JSON.stringify = (...of) => (count.stringify++, stringify(...of));
        let answer;
        try {
          answer = await spark.execute(input, id, { output });
        } finally {
          Object.assign(JSON, { parse, stringify });
        }
        found.push({ given, output, kind: kindOf(answer), path: answer.executionPath, ...count, answer: objectOf(answer) });
      }
    }
    return found;
  };
}
