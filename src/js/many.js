// A batch as callers ask for it: judges the options, and gives the flow of records what it needs.

import { batch } from "./batch.js";
import { columnsOf } from "./columns.js";
import { BadRequestError } from "./errors.js";
import { as, encodeInputs, encodeRecord, settle, usualId, withPath } from "./payload.js";
import { publicPart, rawOf } from "./raw.js";
import { bodyOf, responsesIn } from "./v4.js";

/** The longest time that a timer can wait for. */
const LONGEST_MS = 2 ** 31 - 1;
/** Records under way where no model is known that could say how quick it is. */
const UNKNOWN_ROOM = 16;
/** So long a chunk may take, in milliseconds, in which it is tried what nobody knows to end. */
const PROBE_MS = 2000;
/** In place of a model's position: the endpoint. */
const ONLINE = -1;
const NUL = "\0";
/** What the core says of an answer to a chunk: it answers all records, or does if one by itself gets such an answer. */
const [ALL, IF_ONE] = [1, 2];

const isFlag = [(value) => typeof value === "boolean", "true or false"];
const isTime = [(value) => value > 0 && value <= LONGEST_MS && typeof value === "number", "milliseconds above 0, at most 2147483647"];
const OUTPUTS = ["object", "string", "bytes"];
const OPTIONS = {
  ordered: isFlag,
  stopOnError: isFlag,
  timeout: isTime,
  totalTimeout: isTime,
  signal: [(value) => typeof value?.addEventListener === "function", "an AbortSignal"],
  onProgress: [(value) => typeof value === "function", "a function"],
  output: [(value) => OUTPUTS.includes(value), '"object", "string" or "bytes"'],
  privateKeys: isFlag,
};

function check(options, warn) {
  if (typeof options !== "object" || options.aborted !== undefined) {
    const message = "The options must be an object such as { signal: controller.signal, ordered: false }.";
    throw new BadRequestError(message, { path: "options" });
  }
  const checked = {};
  for (const [name, value] of Object.entries(options)) {
    const path = `options.${name}`;
    const [fits, wanted] = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : [];
    if (!fits) warn(`${path} is not a known option and is ignored: executeMany has ${Object.keys(OPTIONS).join(", ")}.`);
    else if ((value ?? undefined) === undefined) continue;
    else if (!fits(value)) throw new BadRequestError(`${path} must be ${wanted}.`, { path });
    else checked[name] = value;
  }
  return checked;
}

/**
 * @param {unknown} inputs
 * @param {string | undefined} versionId
 * @param {object} given options
 * @param {object} spark the core (`client`), the positions of its `models` by their ids, `warn`, and `execute(record,
 *   options)` for one record, which gives `{ response, cancel }`
 */
export function executeMany(inputs, versionId, given, { client, models, warn, execute }) {
  const options = check(given ?? {}, warn);
  const { timeout, output = OUTPUTS[0], privateKeys } = options;
  const isParsed = output === OUTPUTS[0];
  const isGiven = typeof versionId === "string" && versionId.trim() !== "";
  let id;
  let model;
  // How the next chunk is to travel, where records may do so in columns.
  let columns;
  let form = 0;
  let isWarned = false;
  // What travels in chunks goes to one model, or the endpoint; the rest is called like anything else.
  const choose = (text) => {
    id = text?.trim();
    model = models.get(id) ?? models.get(id?.toLowerCase());
    if (isParsed && model !== undefined) columns = columnsOf(id, isGiven);
  };
  if (isGiven) choose(versionId);
  // Whether the endpoint takes chunks, once that was asked for a version.
  let takes;
  // What one record by itself came to, after the endpoint refused its chunk to this caller; and why it refuses all.
  let probe;
  let denied;
  const isOnline = () => model === undefined && id && (takes ??= client.takesChunks?.(id, 0));

  // How large chunks were that went well; how long, in UTF-16 units, a record and its answer, and how long one took there.
  let most = 0;
  let units = 0;
  let micros = NaN;
  let response;
  const keep = (settled) => (response = settled);
  const decode = (text) => {
    if (text === "") return undefined;
    if (!isParsed) return as(output, text);
    try {
      settle(keep, text);
      return response;
    } catch {
      // By itself it may go online, or says what is wrong.
    }
  };
  const online = (response) => (isParsed ? withPath(response, "online") : as(output, JSON.stringify(response)));

  /** Sends a chunk; `read` makes outcomes of its answer's text, `undefined` where they are not as many. */
  const send = (to, text, count, timeout, read) => {
    let call = 0;
    const answers = new Promise((resolve, reject) => {
      const took = (answer, time) => {
        const outcomes = read(answer, time);
        if (!outcomes) return false;
        most = Math.max(most, count);
        units = (text.length + answer.length) / count;
        resolve(outcomes);
        return true;
      };
      call = client.chunk(to, id, text, count, timeout ?? NaN, took, reject);
    });
    return { answers, cancel: () => client.cancel(call) };
  };
  const single = (record) => {
    const { response, cancel } = execute(record, { timeout, output, privateKeys });
    return { answer: response, cancel };
  };
  /** A record as it was when its text was made. */
  const again = (records, textOf) => (at) => (typeof records[at] === "string" ? records[at] : JSON.parse(textOf(at)));
  const toEngine = (texts, records) => {
    const count = texts.length;
    const decodeAll = (answers) => [answers.map(decode), count];
    // Nobody looks into texts.
    const isOpaque = form > 1 && records.some((record) => typeof record === "string");
    const [taken, parts, read, textOf] = columns?.pack(texts, isOpaque ? 0 : form) ?? [0, texts, decodeAll, (at) => texts[at]];
    const limit = taken > 1 ? Math.min(timeout ?? PROBE_MS, PROBE_MS) : timeout;
    const { answers, cancel } = send(model, parts.join(NUL) + NUL, count, limit, (answer, micros) => {
      const answers = answer.split(NUL);
      // Otherwise the core ends whoever said that, and rejects.
      return answers.pop() === "" && answers.length === parts.length ? [answers, micros] : undefined;
    });
    const took = ([answers, micros]) => {
      const [outcomes, done] = read(answers, decode);
      if (done !== false) client.learn(model, taken, count, done, micros);
      if (taken === 1 && done < 0 && !isWarned) {
        isWarned = true;
        warn(
          `The engine of ${id} answered records in columns (v4) otherwise than by themselves, though not at first. Results of ` +
            "this batch that were given out before may be wrong: compute it again, which will not use columns, and tell who " +
            "made the model.",
        );
      }
      return outcomes;
    };
    const failed = (error) => {
      // Whether columns are to blame nobody knows.
      if (taken && error?.code !== "CANCELLED") client.learn(model, taken, count, 0, NaN);
      throw error;
    };
    return { answers: answers.then(took, failed), cancel, again: again(records, textOf) };
  };
  return batch(
    inputs,
    {
      plan(remaining) {
        if (model === undefined && !isOnline()) return [1, UNKNOWN_ROOM];
        const plan = client.plan(model ?? ONLINE, remaining, most, units, micros);
        form = Math.floor(plan / 2 ** 26);
        return [plan % 1024, (plan / 1024) & 0xffff];
      },
      encode(record) {
        try {
          if (privateKeys) record = publicPart(record, true);
          if (!isGiven && id === undefined) choose(usualId(record));
          if (model === undefined) return isOnline() ? encodeInputs(record, id, isGiven) : undefined;
          const row = form === 1 && columns?.row(record);
          if (row) return row;
          if (typeof record !== "string") return encodeRecord(record, id, isGiven);
          return isGiven && !record.includes(NUL) ? rawOf(record) : undefined;
        } catch {
          // By itself it says what is wrong.
        }
      },
      send(texts, records) {
        const count = texts.length;
        if (model !== undefined) return toEngine(texts, records);
        if (denied) return { answers: Promise.resolve(texts.map(() => denied)), cancel() {} };
        const meta = `"request_meta":{"version_id":${JSON.stringify(id)}}`;
        const recordAt = again(records, (at) => `{"request_data":{"inputs":${texts[at]}},${meta}}`);
        const began = performance.now();
        const { answers, cancel } = send(ONLINE, bodyOf(texts, id), count, timeout, (answer) => {
          micros = ((performance.now() - began) * 1000) / count;
          return [answer];
        });
        const failsAll = (error, how) => error instanceof Error && client.failsRecords(error.status ?? 0) === how;
        let alone;
        const refused = async (error) => {
          let outcome;
          if (failsAll(error, IF_ONE)) {
            probe ??= (alone = single(recordAt(0))).answer.catch((error) => error);
            outcome = await probe;
            if (failsAll(outcome, IF_ONE)) denied = error;
          }
          if (denied || failsAll(error, ALL)) return texts.map(() => error);
          // A 200 with something else: no v4 there.
          takes &&= client.takesChunks(id, error.code ? (error.status ?? 0) : 200);
          most = 0;
          if (!alone) throw error;
          return texts.map((text, at) => (at === 0 ? outcome : undefined));
        };
        const cancelAll = () => (alone?.cancel(), cancel());
        const outcomes = answers.then(([text]) => responsesIn(text, count).map(online)).catch(refused);
        return { answers: outcomes, cancel: cancelAll, again: recordAt };
      },
      single,
    },
    options,
  );
}
