// A response, readable: scalars large, tables as tables, spreadsheet errors and nulls visible.
import { formatNumber, h, title } from "./dom.js";

const FIRST_ROWS = 50;
const MORE_ROWS = 500;
const LONG_TEXT = 48;

const SHEET_ERRORS = {
  "#VALUE!": "a formula got a value of the wrong type",
  "#REF!": "a formula refers to a cell that is not there",
  "#DIV/0!": "a formula divided by zero",
  "#NAME?": "a formula uses a name that is not known",
  "#N/A": "a formula found no value",
  "#NUM!": "a formula got or gave a number out of range",
  "#NULL!": "a formula meets ranges that do not intersect",
  "#CALC!": "a formula could not be calculated",
  "#SPILL!": "a formula's result does not fit",
};

/** Shows `response` in `container`. */
export function showResponse(container, response) {
  const data = response?.response_data ?? {};
  const outputs = Object.entries(data.outputs ?? {});
  const scalars = outputs.filter(([, value]) => isScalar(value));
  const others = outputs.filter(([, value]) => !isScalar(value));
  container.replaceChildren(
    ...remarks("error", data.errors),
    ...(scalars.length ? [h("dl", { class: "scalars" }, ...scalars.map(scalar))] : []),
    ...others.map(block),
    ...(outputs.length ? [] : [h("p", { class: "empty", text: "The model returned no outputs." })]),
    ...remarks("warning", data.warnings),
  );
}

/** How many outputs a response has, in words. */
export function summary(response) {
  const data = response?.response_data ?? {};
  const parts = [
    [Object.keys(data.outputs ?? {}).length, "output"],
    [listOf(data.warnings).length, "warning"],
    [listOf(data.errors).length, "error"],
  ];
  return parts
    .filter(([count], at) => count || at === 0)
    .map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`)
    .join(", ");
}

function remarks(kind, list) {
  const items = listOf(list);
  if (!items.length) return [];
  const rows = items.map((item) => {
    const where = item?.source_path ?? item?.error_type ?? item?.error_category;
    const text = typeof item === "string" ? item : (item?.message ?? JSON.stringify(item));
    return h("li", {}, where ? h("strong", { text: `${where}: ` }) : null, text);
  });
  const words = { error: ["The model reports an error", "The model reports errors"], warning: ["Warning", "Warnings"] }[
    kind
  ];
  const heading = h("h4", { text: words[items.length === 1 ? 0 : 1] });
  return [
    h("div", { class: `remarks ${kind}`, role: kind === "error" ? "alert" : null }, heading, h("ul", {}, ...rows)),
  ];
}

function scalar([name, value]) {
  const long = typeof value === "string" && value.length > LONG_TEXT;
  return h(
    "div",
    { class: long ? "long" : null },
    h("dt", { title: name, text: title(name) || name }),
    h("dd", { "data-output": name }, show(value)),
  );
}

function block([name, value]) {
  const rows = Array.isArray(value) ? value : undefined;
  const note = rows ? `${rows.length.toLocaleString()} ${rows.length === 1 ? "row" : "rows"}` : "";
  const heading = h(
    "h4",
    { title: name },
    title(name) || name,
    note ? h("span", { class: "muted", text: note }) : null,
  );
  const body = rows ? table(name, rows) : record(value);
  return h("section", { class: "block", "data-output": name }, heading, body);
}

function table(name, rows) {
  if (!rows.length) return h("p", { class: "empty", text: "An empty list." });
  const asLists = rows.every(Array.isArray);
  const asRecords = rows.every(isRecord);
  const columns = asRecords ? [...new Set(rows.slice(0, MORE_ROWS).flatMap(Object.keys))] : undefined;
  const width = asLists ? Math.max(...rows.slice(0, MORE_ROWS).map((row) => row.length)) : 1;
  const cellsOf = asRecords
    ? (row) => columns.map((column) => (Object.hasOwn(row, column) ? row[column] : undefined))
    : asLists
      ? (row) => Array.from({ length: width }, (_, at) => row[at])
      : (row) => [row];
  // A column of numbers is aligned as numbers, its title with it.
  const right = cellsOf(rows[0]).map((_, at) =>
    rows.slice(0, FIRST_ROWS).every((row) => typeof (cellsOf(row)[at] ?? 0) === "number"),
  );
  const align = (at) => (right[at] ? "number" : null);
  const head =
    columns && h("tr", {}, ...columns.map((column, at) => h("th", { scope: "col", class: align(at), text: column })));
  const body = h("tbody");
  const add = (from, to) => {
    const draw = (row) => h("tr", {}, ...cellsOf(row).map((cell, at) => h("td", { class: align(at) }, show(cell))));
    body.append(...rows.slice(from, to).map(draw));
  };
  add(0, FIRST_ROWS);
  const whole = h(
    "table",
    {},
    h("caption", { class: "visually-hidden", text: name }),
    head ? h("thead", {}, head) : null,
    body,
  );
  const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table ${name}` }, whole);
  if (rows.length <= FIRST_ROWS) return scroll;
  const more = h("button", { type: "button", class: "quiet small" });
  const label = () => {
    const [shown, limit] = [body.children.length, Math.min(rows.length, MORE_ROWS)];
    more.textContent = `Show ${(limit - shown).toLocaleString()} more`;
    more.hidden = shown >= limit;
    rest.textContent = `${shown.toLocaleString()} of ${rows.length.toLocaleString()} rows; all of them are in the JSON.`;
  };
  const rest = h("span", { class: "muted" });
  more.addEventListener("click", () => (add(body.children.length, MORE_ROWS), label()));
  label();
  return h("div", {}, scroll, h("div", { class: "row" }, more, rest));
}

function record(value) {
  const rows = Object.entries(value).map(([key, cell]) =>
    h("tr", {}, h("th", { scope: "row", text: key }), h("td", {}, show(cell))),
  );
  if (!rows.length) return h("p", { class: "empty", text: "An empty object." });
  return h("div", { class: "scroll" }, h("table", { class: "record" }, h("tbody", {}, ...rows)));
}

/** One value, marked as what it is. */
function show(value) {
  if (value === undefined) return h("span", { class: "none", text: "–" });
  if (value === null) return h("span", { class: "none", title: "null: the model has no value here", text: "null" });
  if (typeof value === "number") return h("span", { class: "figure", title: String(value), text: formatNumber(value) });
  if (typeof value === "boolean") return h("span", { text: String(value) });
  if (typeof value === "object") return h("code", { class: "json", text: JSON.stringify(value) });
  if (isSheetError(value)) return sheetError(value);
  if (value === "") return h("span", { class: "none", text: "empty text" });
  return h("span", { class: "text", text: value });
}

function sheetError(value) {
  const meaning = SHEET_ERRORS[value.toUpperCase()] ?? "a formula failed";
  return h(
    "span",
    { class: "sheet-error", title: `${value}: ${meaning}` },
    value,
    h("span", { class: "visually-hidden", text: `: ${meaning}` }),
  );
}

const isSheetError = (value) =>
  /^#[A-Z][A-Z0-9/_ ]*[!?]?$/i.test(value) && (/[!?]$/.test(value) || /^#N\/A$/i.test(value));
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value) => typeof value !== "object" || value === null;
const listOf = (value) => (Array.isArray(value) ? value : []);
