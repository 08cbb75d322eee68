// Tables as text: rows of a CSV file as they are read, and rows back into one.

/**
 * The rows of a CSV file, each a list of texts, read as they are asked for. Commas or semicolons, as the first line has
 * them; quotes as RFC 4180 has them.
 * @param {ReadableStream<Uint8Array>} stream
 * @param {(bytes: number) => void} [onRead] hears how much was read
 */
export async function* rowsOf(stream, onRead = () => undefined) {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let separator;
  let row = [];
  let cell = "";
  let quoted = false;
  /** The last character was a quote in a quoted cell: it ends it, or is the first half of one that belongs to it. */
  let pending = false;
  let read = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      onRead((read += value?.length ?? 0));
      separator ??= text.split("\n")[0].includes(";") ? ";" : ",";
      for (const char of text) {
        if (pending && char !== '"') quoted = false;
        if (quoted) {
          if (char !== '"' || pending) cell += char;
          pending = char === '"' && !pending;
        } else if (char === '"' && cell === "") {
          quoted = true;
        } else if (char === separator) {
          row.push(cell);
          cell = "";
        } else if (char === "\n") {
          row.push(cell.replace(/\r$/, ""));
          if (row.length > 1 || row[0] !== "") yield row;
          row = [];
          cell = "";
        } else {
          cell += char;
        }
        if (!quoted) pending = false;
      }
      if (done) break;
    }
    if (row.length > 0 || cell !== "") yield [...row, cell];
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** A cell as a model takes it: a number where it reads like one, else text. */
export function valueOf(cell) {
  const text = cell.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return cell;
}

/** A line of a CSV file. A spreadsheet shall not take text for a formula. */
export function lineOf(values) {
  const cells = values.map((value) => {
    if (value === undefined || value === null) return "";
    const isText = typeof value === "string";
    const text = isText ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
    const safe = isText && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",;\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return `${cells.join(",")}\r\n`;
}
