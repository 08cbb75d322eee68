// A request becomes JSON text here, once, and a response becomes an object again. What a request may hold is JSON: a
// value that JSON would silently change (NaN becomes null, a function vanishes) would make the model compute with a
// default, so it is refused by its path instead.

/** Thrown for a value that cannot be sent; `path` says where it is. */
export class Unfit {
  constructor(path, what, cause) {
    this.path = path;
    this.what = what;
    this.cause = cause;
  }
}

/**
 * The request as JSON text.
 * @param {object} request
 * @throws {Unfit}
 */
export function encode(request) {
  return encodeUsual(request, true) ?? encodeCarefully(request);
}

/** Whether a text would be longer than the browser's can be, in the words of each of them. */
const isTooLong = (error) => /string length|allocation size|out of memory/i.test(error?.message);
const TOO_LONG = new Unfit("", "too long");

/** The same for a request that needs no closer look; `undefined` for any other. */
export function encodeUsual(request, tells) {
  try {
    if (isPlain(request.request_data)) return JSON.stringify(request);
  } catch (error) {
    if (tells && isTooLong(error)) throw TOO_LONG;
    // Too deep for the quick look, a cycle, a BigInt, or a getter that throws: the careful way tells which.
  }
}

export const isDictionary = (value) => {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/**
 * The version id of a request that has nothing to normalise, as most have: plain objects, its id in `request_meta` and no
 * other in the argument, none of the members that are changed for the engine. `undefined` for any other request.
 */
export function usualId(request, argument) {
  try {
    if (!isDictionary(request)) return undefined;
    const { request_data: data, request_meta: meta } = request;
    if (!isDictionary(data) || !isDictionary(data.inputs) || !isDictionary(meta)) return undefined;
    if (meta.requested_output !== undefined || meta.service_category !== undefined || "_ctx" in meta) return undefined;
    const id = Object.hasOwn(meta, "version_id") ? meta.version_id : undefined;
    return argument === undefined || argument === id ? id : undefined;
  } catch {
    // A getter throws: whoever looks closer says so.
  }
}

/**
 * The text of a batch's record for the model with this id, if there is nothing else in it to normalise. `isGiven`: the
 * record need not name the model.
 */
export function encodeRecord(record, id, isGiven) {
  if (usualId(record, id) !== undefined) return encodeUsual(record);
  if (!isGiven || !isDictionary(record)) return undefined;
  try {
    const { request_data, request_meta = {} } = record;
    const meta = isDictionary(request_meta) && { ...request_meta, version_id: id };
    if (usualId({ request_data, request_meta: meta }) !== undefined) return encodeUsual({ ...record, request_meta: meta });
  } catch {
    // As above.
  }
}

/** The text of a record's inputs, if there is nothing else in it but this version id, which may be left out where `isGiven`. */
export function encodeInputs(record, id, isGiven) {
  const has = (value, name) => isDictionary(value) && Object.keys(value).every((key) => key === name);
  try {
    const { request_data, request_meta = {}, ...more } = record;
    const isAlone = has(more) && has(request_data, "inputs") && has(request_meta, "version_id");
    const means = request_meta.version_id ?? (isGiven ? id : undefined);
    if (!isAlone || means !== id || !isDictionary(request_data.inputs)) return undefined;
    return isPlain(request_data.inputs) ? JSON.stringify(request_data.inputs) : undefined;
  } catch {
    // As above.
  }
}

/** Whether JSON carries the value unchanged, as far as a quick look can tell: `false` means «look closer». */
function isPlain(value) {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return value - value === 0;
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i])) return false;
    return true;
  }
  if (typeof value.toJSON === "function" || typeof value.then === "function" || !isData(value)) return false;
  for (const key in value) if (!isPlain(value[key])) return false;
  return true;
}

/** Whether JSON sees all that is in the object: not of a Map or Set, which it takes for empty, nor of a boxed NaN. */
const isData = (value) => !(value instanceof Map || value instanceof Set || value instanceof Number);

/** `JSON.stringify` that watches every value on its way, after `toJSON`, and knows its path. */
function encodeCarefully(request) {
  const holders = [];
  const keys = [];
  try {
    return JSON.stringify(request, function (key, value) {
      while (holders.length > 0 && holders.at(-1) !== this) {
        holders.pop();
        keys.pop();
      }
      const at = () => path([...keys.slice(1), key]);
      const inData = (keys.length > 1 ? keys[1] : key) === "request_data";
      const what = unfit(value, inData);
      if (what) throw new Unfit(at(), what);
      if (typeof value === "object" && value !== null) {
        if (holders.includes(value)) throw new Unfit(at(), "a reference to one of its own parents");
        holders.push(value);
        keys.push(key);
      }
      return value;
    });
  } catch (error) {
    if (error instanceof Unfit) throw error;
    if (isTooLong(error)) throw TOO_LONG;
    // What threw was not seen any more: it is a member of the last object in which one throws.
    const culprit = (holder) => Object.keys(holder).find((key) => throws(holder, key));
    const at = holders.findLastIndex((holder) => culprit(holder) !== undefined);
    const where = path(at < 0 ? keys.slice(1, 12) : [...keys.slice(1, at + 1), culprit(holders[at])]);
    if (at < 0 && error instanceof RangeError) {
      throw new Unfit(where, "a structure that is nested too deeply, or too large");
    }
    throw new Unfit(where, `a value whose getter or toJSON threw (${String(error?.message ?? error)})`, error);
  }
}

function throws(holder, key) {
  try {
    holder[key]?.toJSON?.(key);
  } catch {
    return true;
  }
}

function unfit(value, inData) {
  switch (typeof value) {
    case "bigint":
      return "a BigInt";
    case "number":
      return inData && !Number.isFinite(value) ? String(value) : undefined;
    case "object":
      if (!inData || value === null) return undefined;
      if (value instanceof Number && !Number.isFinite(value.valueOf())) return String(value);
      if (typeof value.then === "function") return "a promise (await it first)";
      return value instanceof Map || value instanceof Set ? `a ${value.constructor.name}` : undefined;
    case "function":
    case "symbol":
      return inData ? `a ${typeof value}` : undefined;
  }
}

function path(keys) {
  let text = "";
  for (const key of keys) {
    if (/^\d+$/.test(key)) text += `[${key}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key)) text += text ? `.${key}` : key;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}

const PATHS = { offline: { value: "offline" }, online: { value: "online" } };

/** Notes which path an answer took, out of the way of whoever walks or compares it. */
export function withPath(response, path) {
  return Object.defineProperty(response, "executionPath", PATHS[path]);
}

/** An answer as the caller wants it: text, or its bytes, which it may be already. */
export const as = (output, text) =>
  output !== "bytes" ? String(text) : typeof text === "string" ? new TextEncoder().encode(text) : text;

/**
 * Gives a caller the response with this text, with what the package and the Spark API add to an engine's own. Without
 * `resolve` an engine waits, and gets text. With an `output`, "string" or "bytes", the text is handed on as it is, unless the
 * package adds to it. Throws when the text is no JSON object; returns what is wrong with the
 * package's part.
 */
export function settle(resolve, text, staticText, formspecText, output) {
  const isWhole = (staticText ?? formspecText) === undefined;
  if (output && isWhole) return resolve(as(output, text));
  let response = JSON.parse(text);
  if (typeof response !== "object" || response === null || Array.isArray(response)) throw "";
  try {
    if (!isWhole) response = overlay(response, staticText, formspecText);
  } catch (error) {
    return error;
  }
  const { status, error } = response;
  response.status ??= "Success";
  response.error ??= null;
  if (!resolve) {
    if (!isWhole || status === null) return JSON.stringify(response);
    // What the engine said stays as it wrote it.
    const more = `${status === undefined ? ',"status":"Success"' : ""}${error === undefined ? ',"error":null' : ""}`;
    const members = text.trim().slice(1, -1).trim();
    return `{${members}${members ? more : more.slice(1)}}`;
  }
  resolve(output ? as(output, JSON.stringify(response)) : withPath(response, "offline"));
}

/** The longest text of a package or an engine's question, and the longest that goes into our own memory; in UTF-16 units. */
const LONGEST = 2 ** 27;
const LONGEST_REPORT = 2 ** 16;

const isBytes = (value) => value instanceof Uint8Array && value.buffer instanceof ArrayBuffer;
const isAmount = (value) => typeof value === "number" && value >= 0 && value <= 2 ** 34;

/**
 * The listener for a worker's messages. Answers, `[id, text, micros, heap]`, are taken apart here, since from Rust every
 * look at them crosses the boundary, and so is what engines ask of others, `[0, request, number, service]`; anything else
 * comes with the id 0, which no call has, and the number 0. Glue may have sent it: what no worker of ours sends, and what is
 * too large to be looked at, comes as null.
 */
export const listener =
  (heard) =>
  ({ data }) => {
    if (Array.isArray(data) && data.length < 17) {
      const first = data[0];
      if (typeof first !== "number") {
        // A package's own texts are only handed on.
        const handedOn = first === "Unpacked" ? 7 : 0;
        const isShort = (item, at) => !(item?.length > (at < handedOn ? LONGEST : LONGEST_REPORT));
        if (data.every(isShort)) return heard(0, data, 0, 0);
      } else if (data.length === 4 && first >>> 0 === first) {
        const [, text, micros, heap] = data;
        // An answer is only handed on, however long it is; what an engine asks is looked into.
        const isText = typeof text === "string" && (first > 0 || text.length <= LONGEST);
        if ((isText || isBytes(text)) && isAmount(micros) && isAmount(heap)) return heard(first, text, micros, heap);
      }
    }
    heard(0, null, 0, 0);
  };

/**
 * Answers the sub-services that come from the package and not from the engine: `metadata` lays the static outputs and
 * images over the computed ones, `formspec` replaces them; with both, `metadata` counts.
 */
function overlay(response, staticText, formspecText) {
  const data = (response.response_data ??= {});
  if (staticText !== undefined) {
    const { Outputs, ImageOutputs } = JSON.parse(staticText);
    const images = (Array.isArray(ImageOutputs) ? ImageOutputs : [])
      .filter((image) => image?.ImageName)
      .map((image) => [image.ImageName, image.Base64Content || ""]);
    // Spread and fromEntries define own members, so that a name such as __proto__ is only a name.
    data.outputs = { ...data.outputs, ...Outputs, ...Object.fromEntries(images) };
  } else if (formspecText !== undefined) {
    data.outputs = JSON.parse(formspecText);
  }
  return response;
}
