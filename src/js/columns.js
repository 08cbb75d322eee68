// Records of a batch as one v4 request to an engine, their inputs as rows under one header, and responses made of its answer
// as v3 gives them. Only records that differ in nothing but simple inputs travel so; whether they do, is asked from outside.

import { isDictionary, withPath } from "./payload.js";

/** What a request may say of itself: it changes no result, and is said back. */
const META = ["version_id", "correlation_id", "call_purpose", "source_system"];
/** Fewer rows gain nothing. */
const FEW = 8;

const isSimple = (value) =>
  value === null || /^(str|boo)/.test(typeof value) || (typeof value === "number" && value - value === 0);

const hasOnly = (value, names) => isDictionary(value) && Object.keys(value).every((name) => names.includes(name));

/** Whether a record's text is its row. */
const isRow = (text) => text[0] === "[";

/**
 * A response, wherever its record was computed, as text to compare; `undefined` where the engine had something to remark, or
 * where another's could not be made of it.
 */
function shown(response) {
  const { response_data, response_meta, ...rest } = response ?? {};
  const { outputs, ...data } = response_data ?? {};
  const { process_time, ...meta } = response_meta ?? {};
  const hasRemarks = data.warnings ?? data.errors ?? data.service_chain ?? !outputs;
  if (hasRemarks || ![rest, data, meta].every((part) => Object.values(part).every(isSimple))) return undefined;
  return JSON.stringify([outputs, data, meta, rest, typeof process_time]);
}

/** The responses in an answer, like `model` in all but outputs; `undefined` for rows with remarks. Throws where it is none. */
function responsesIn(text, model) {
  const { outputs, warnings, errors, process_time } = JSON.parse(text);
  const [names, ...rows] = outputs;
  return rows.map((row, at) => {
    if (warnings?.[at] ?? errors?.[at] ?? row.length !== names.length) return undefined;
    const made = {};
    for (let i = 0; i < names.length; i++) made[names[i]] = row[i];
    const { response_data, response_meta } = model;
    return withPath(
      {
        ...model,
        response_data: { ...response_data, outputs: made },
        response_meta: { ...response_meta, process_time: process_time[at] },
      },
      "offline",
    );
  });
}

/** The records of a batch for the model with this id, which they need not name if it `isGiven`. */
export function columnsOf(id, isGiven) {
  // What the records of the next chunk have in common: the names of their inputs, and their `request_meta` as text.
  let names;
  let meta;
  let chunks = 0;
  let isTried = false;
  // Nothing is known that responses in columns could be made of.
  let isOff = false;
  // A response without remarks, and to what `request_meta`.
  let clean;
  let cleanFor;

  /** The text of a record's row, if it is like the first ones of the next chunk. */
  const row = (record) => {
    if (isOff || !hasOnly(record, ["request_data", "request_meta"])) return undefined;
    const { request_data: data, request_meta: given = {} } = record;
    if (!hasOnly(data, ["inputs"]) || !hasOnly(given, META) || !isDictionary(data.inputs)) return undefined;
    if (!isGiven && given.version_id !== id) return undefined;
    const { inputs } = data;
    const keys = Object.keys(inputs);
    const cells = keys.map((key) => inputs[key]);
    const said = JSON.stringify(isGiven ? { ...given, version_id: id } : given);
    if (!cells.every(isSimple) || (names && (said !== meta || keys.length !== names.length))) return undefined;
    names ??= keys;
    meta = said;
    return keys.every((key, at) => key === names[at]) ? JSON.stringify(cells) : undefined;
  };

  /** The text of a row's record. */
  const recordOf = (row) => {
    const cells = JSON.parse(row);
    const inputs = Object.fromEntries(names.map((name, at) => [name, cells[at]]));
    return `{"request_data":${JSON.stringify({ inputs })},"request_meta":${meta}}`;
  };

  /**
   * How to send a chunk of these texts and rows, where `form` is wanted: the form taken, the texts to send, and `read(answers,
   * decode)`. That gives the outcomes, `undefined` for records to be computed again, and how many are none of those: -1 where
   * an answer in columns was not as it should be, `false` where nobody could tell.
   */
  const pack = (texts, form) => {
    let rows = texts.filter(isRow);
    let parts;
    let at;
    if (form === 1 && rows.length >= FEW && !isOff) {
      // One of them says what their responses have in common, and shows whether those in columns are right.
      at = chunks++ % rows.length;
      parts = [...texts.filter((text) => !isRow(text)), recordOf(rows[at])];
    } else {
      parts = [...(texts = texts.map((text) => (isRow(text) ? recordOf(text) : text)))];
      rows = [];
      if (form > 1 && parts.length >= form && !isTried) {
        isTried = true;
        names = undefined;
        rows = parts.slice(0, form).map((text) => row(JSON.parse(text)));
      }
      if (rows.length === 0 || rows.includes(undefined)) form = 0;
    }
    if (form) parts.push(`{"inputs":[${JSON.stringify(names)},${rows}],${meta.slice(1)}`);
    names = undefined;
    const said = meta;
    const read = (answers, decode) => {
      const text = form && answers.pop();
      const outcomes = answers.map(decode);
      if (!form) return [outcomes, outcomes.length];
      const known = form === 1 ? [[at, outcomes.pop()]] : Object.entries(outcomes.slice(0, form));
      const fresh = known.find(([, response]) => shown(response));
      if (fresh) [clean, cleanFor] = [fresh[1], said];
      isOff = cleanFor !== said;
      let made = [];
      let done = !isOff && -1;
      try {
        const all = isOff ? [] : responsesIn(text, clean);
        if (all.length === rows.length && known.every(([at, response]) => shown(all[at]) === shown(response))) {
          made = all;
          done = texts.length - all.filter((response) => !response).length;
        }
      } catch {
        // It takes no columns.
      }
      let row = 0;
      let other = 0;
      return [texts.map((text) => (isRow(text) ? made[row++] : outcomes[other++])), done];
    };
    return [form, parts, read];
  };
  return { row, pack };
}
