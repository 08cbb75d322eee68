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

/** Of which kind a value is, as a bit; none for what holds others. */
function kind(value) {
  const type = typeof value;
  return value === null ? 1 : type === "number" ? 2 : type === "string" ? 4 : type === "boolean" ? 8 : 0;
}

/**
 * The responses in an answer, like `model` in all but outputs; `undefined` for rows with remarks, and for those with values of a
 * kind that no response `known` before had there: `kinds` has the bits of those. Throws where it is none.
 */
function responsesIn(text, model, known, kinds) {
  const { outputs, warnings, errors, process_time, service_chain } = JSON.parse(text);
  if (service_chain) throw "";
  const [names, ...rows] = outputs;
  for (const [, response] of known) {
    for (const name of names) kinds.set(name, kinds.get(name) | kind(response?.response_data?.outputs?.[name]));
  }
  const bits = names.map((name) => kinds.get(name));
  return rows.map((row, at) => {
    if (warnings?.[at] ?? errors?.[at] ?? row.length !== names.length) return undefined;
    const made = {};
    for (let i = 0; i < names.length; i++) {
      if (!(kind(row[i]) & bits[i])) return undefined;
      made[names[i]] = row[i];
    }
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
  let isTried = false;
  // Nothing is known that responses in columns could be made of.
  let isOff = false;
  // Of which kinds each output was.
  const kinds = new Map();
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
  const recordOf = (row, names, meta) => {
    const cells = JSON.parse(row);
    const inputs = Object.fromEntries(names.map((name, at) => [name, cells[at]]));
    return `{"request_data":${JSON.stringify({ inputs })},"request_meta":${meta}}`;
  };

  /**
   * How to send a chunk of these texts and rows, where `form` is wanted: the form taken, the texts to send, `read(answers,
   * decode)`, and `textOf(at)`, a record's own text. `read` gives the outcomes, `undefined` for records to be computed again,
   * and how many are none of those: -1 where an answer in columns was not as it should be, `false` where nobody could tell.
   */
  const pack = (texts, form) => {
    let rows = texts.filter(isRow);
    const [header, said] = [names, meta];
    const textOf = (at) => (isRow(texts[at]) ? recordOf(texts[at], header, said) : texts[at]);
    let parts;
    let at;
    if (form === 1 && rows.length >= FEW && !isOff) {
      // One of them shows whether responses made of columns are right; no pattern among records hides from chance.
      at = Math.floor(Math.random() * rows.length);
      parts = [...texts.filter((text) => !isRow(text)), recordOf(rows[at], header, said)];
    } else {
      parts = [...(texts = texts.map((text, at) => textOf(at)))];
      rows = [];
      if (form > 1 && parts.length >= form && !isTried) {
        isTried = true;
        names = undefined;
        rows = parts.slice(0, form).map((text) => row(JSON.parse(text)));
      }
      if (rows.length === 0 || rows.includes(undefined)) form = 0;
    }
    if (form) parts.push(`{"inputs":[${JSON.stringify(names)},${rows}],${meta.slice(1)}`);
    const sent = meta;
    names = undefined;
    const read = (answers, decode) => {
      const text = form && answers.pop();
      const outcomes = answers.map(decode);
      if (!form) return [outcomes, outcomes.length];
      const known = form === 1 ? [[at, outcomes.pop()]] : Object.entries(outcomes.slice(0, form));
      // Kept, so that what all responses have in common is compared, too.
      const fresh = cleanFor !== sent && known.find(([, response]) => shown(response));
      if (fresh) [clean, cleanFor] = [fresh[1], sent];
      isOff = cleanFor !== sent;
      let made = [];
      let done = !isOff && -1;
      try {
        const all = isOff ? [] : responsesIn(text, clean, known, kinds);
        const lost = all.filter((response) => !response).length;
        const isRight = known.every(([at, response]) => !all[at] || shown(all[at]) === shown(response));
        if (all.length === rows.length && isRight) {
          made = all;
          done = texts.length - lost;
        }
      } catch {
        // It takes no columns.
      }
      let row = 0;
      let other = 0;
      return [texts.map((text) => (isRow(text) ? made[row++] : outcomes[other++])), done];
    };
    return [form, parts, read, textOf];
  };
  return { row, pack };
}
