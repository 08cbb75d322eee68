// What the tests of the flow of a batch stand on.
import { setImmediate as turn } from "node:timers/promises";
import { SparkError } from "../../../src/js/errors.js";

/** A host whose model doubles numbers; `fault` may fail a record or, by throwing, its whole chunk. */
export function host({ size = 4, room = 4, fault = () => undefined } = {}) {
  const seen = { chunks: [], singles: [], cancelled: 0, most: 0, underWay: 0, remaining: [] };
  const later = async (work) => {
    seen.most = Math.max(seen.most, ++seen.underWay);
    await turn();
    seen.underWay--;
    return work();
  };
  const answer = (record) => fault(record, seen) ?? String(record * 2);
  return {
    seen,
    plan: (remaining) => (seen.remaining.push(remaining), [size, room]),
    encode(record) {
      if (record === "odd") return undefined;
      return JSON.stringify(record);
    },
    send(texts) {
      seen.chunks.push(texts.map(Number));
      const one = (text) => {
        const said = answer(Number(text));
        return said instanceof Error ? undefined : Number(said);
      };
      return { answers: later(() => texts.map(one)), cancel: () => seen.cancelled++ };
    },
    single(record) {
      seen.singles.push(record);
      const work = () => {
        if (record === "odd") return "odd";
        if (record === undefined) throw new SparkError("no record", { code: "REQUEST_INVALID" });
        const text = answer(record);
        if (text instanceof Error) throw text;
        return Number(text);
      };
      return { answer: later(work), cancel: () => seen.cancelled++ };
    },
  };
}

export const numbers = (count) => Array.from({ length: count }, (_, i) => i);

export async function all(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
}

export const doubled = (count) => numbers(count).map((index) => ({ index, response: index * 2 }));
