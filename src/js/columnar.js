// Tables as arrays of rows under one header row, [["a", "b"], [1, 2], [3, 4]], and back to arrays of objects. Coherent's
// runners exchange tables in this form, so what it makes of odd data is kept; README.md lists it.

const { isArray } = Array;

/** A header row and further rows, of which null is a blank one. */
const isTable = (rows) => rows.every((row, i) => isArray(row) || (i > 0 && row === null));

/** One record as the encoding of a cell: a table one level deeper. */
const isRecord = (data) => isArray(data) && data.length === 1 && isArray(data[0]) && isTable(data[0]);

const isBlank = (row) => row === null || (isArray(row) && row.length === 0);

function parse(data) {
  try {
    return typeof data === "string" ? JSON.parse(data) : data;
  } catch {
    return undefined;
  }
}

/** Converts between arrays of objects and columnar tables. */
export class ColumnarSerializer {
  #strict;

  constructor({ strict = false } = {}) {
    this.#strict = strict;
  }

  static isDeserializable(data) {
    const rows = parse(data);
    return isArray(rows) && isTable(rows);
  }

  static isEmpty(data) {
    const rows = parse(data);
    return isArray(rows) && rows.every(isBlank) && (isTable(rows) || !rows.some(isArray));
  }

  serialize(data) {
    const done = ColumnarSerializer.isDeserializable(data);
    const made = done ? data : encode(data);
    if (this.#strict) {
      let back;
      try {
        back = this.deserialize(made);
      } catch {
        lost();
      }
      if (!done && !same(data, back)) lost();
    }
    return made;
  }

  deserialize(data) {
    if (!ColumnarSerializer.isDeserializable(data)) return data;
    if (this.#strict && !isArray(data)) lost();
    return decode(data, this.#strict);
  }

  serializeString(text) {
    return JSON.stringify(this.serialize(JSON.parse(text)));
  }

  deserializeString(text) {
    return JSON.stringify(this.deserialize(JSON.parse(text)));
  }
}

function lost() {
  throw new TypeError(
    "The columnar form would change this data. Give tables whose rows are plain objects or null, with text as headers.",
  );
}

function encode(data) {
  const columns = new Map();
  const cells = (record) => {
    const row = [];
    for (const key of Object.keys(record)) {
      const value = record[key];
      if (!columns.has(key)) columns.set(key, columns.size);
      row[columns.get(key)] = typeof value === "object" && value !== null ? encode(value) : value;
    }
    return [...row];
  };
  if (!isArray(data)) {
    const row = cells(data);
    return [[...columns.keys()], row];
  }
  const rows = [];
  let uniform = true;
  data.forEach((item, i) => {
    let row = item;
    if (typeof item !== "object") uniform = false;
    else if (item !== null) row = isArray(item) ? [...encode(item)] : cells(item);
    if (!uniform && columns.size) {
      row = [[[...columns.keys()], row]];
      columns.clear();
    }
    rows[i] = row;
  });
  // Records without any key have a header row too, an empty one; of nulls alone no table is made.
  if (columns.size || (rows.every(isBlank) && rows.some(isArray))) rows.unshift([...columns.keys()]);
  return rows;
}

function decode(data, strict) {
  const single = isRecord(data);
  const table = single ? data[0] : data;
  const headers = table[0];
  if (strict && (single || table.length)) {
    const text = isTable(table) && headers?.every((header) => typeof header === "string");
    if (!text || new Set(headers).size < headers.length || (single && table.length !== 2)) lost();
  }
  if (headers === null) throw new Error("Error: Header row cannot be null");
  const records = [];
  for (let i = 1; i < table.length; i++) records.push(decodeRow(headers, table[i], i - 1, strict));
  return single ? records[0] : records;
}

function decodeRow(headers, row, i, strict) {
  if (row === null) return null;
  const record = [];
  for (let j = 0; j < row.length; j++) {
    const kind = typeof headers[j];
    if (kind === "undefined") throw new Error(`Error: Empty column detected at row ${i} and column ${j}`);
    if (kind !== "string" && kind !== "number") {
      throw new Error(`Error: Column header must be a string or number. Found ${kind} instead.`);
    }
    record.push([headers[j], decodeCell(row[j], strict)]);
  }
  // So that a header named __proto__ is only a name.
  return Object.fromEntries(record);
}

function decodeCell(value, strict) {
  if (!isArray(value)) return value;
  return isTable(value) ? decode(value, strict) : value.map((item) => (isArray(item) ? decode(item, strict) : item));
}

/** Whether `back` says what `data` said: a missing cell is null, an object a table of one row. */
function same(data, back) {
  if (typeof data !== "object" || data === null) return Object.is(data ?? null, back ?? null);
  if (typeof back !== "object" || back === null) return false;
  if (isArray(data)) return isArray(back) && data.length === back.length && data.every((item, i) => same(item, back[i]));
  if (isArray(back)) return back.length === 1 && same(data, back[0]);
  const keys = Object.keys({ ...data, ...back });
  return `${data}` === "[object Object]" && keys.every((key) => same(data[key], back[key]));
}
