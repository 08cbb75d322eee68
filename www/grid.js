// A small table editor, for inputs whose default is a list of rows.
import { h } from "./dom.js";

const MAX_ROWS = 200;

/** Whether a value is a list of flat objects short enough to edit by hand. */
export function isGrid(value) {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_ROWS &&
    value.every((row) => isRecord(row) && Object.values(row).every((cell) => typeof cell !== "object" || cell === null))
  );
}

/** A field of the form; see `KINDS` there. What does not fit the columns is kept as it is, and can only be replaced. */
export function grid({ id, labelledBy, sample, changed }) {
  const columns = [...new Set(sample.flatMap(Object.keys))];
  const numeric = new Set(columns.filter((column) => sample.every((row) => typeof (row[column] ?? 0) === "number")));
  /** @type {any[]} */
  let rows = [];
  let foreign;
  let absent = false;

  const body = h("tbody");
  const heads = columns.map((column) =>
    h("th", { scope: "col", class: numeric.has(column) ? "number" : null, text: column }),
  );
  const table = h("table", {}, h("thead", {}, h("tr", {}, ...heads, h("th", { class: "act" }))), body);
  const add = h("button", { type: "button", class: "quiet small", text: "Add row", onclick: addRow });
  const count = h("span", { class: "muted" });
  const control = h(
    "div",
    { class: "scroll", id, role: "group", tabindex: "-1", "aria-labelledby": labelledBy },
    table,
  );
  const element = h("div", { class: "grid" }, control, h("div", { class: "row" }, add, count));

  function draw() {
    body.replaceChildren(...rows.map(drawRow));
    count.textContent =
      foreign === undefined ? `${rows.length} ${rows.length === 1 ? "row" : "rows"}` : "Edited as JSON";
  }

  function drawRow(row, at) {
    const cells = columns.map((column) => {
      const props = numeric.has(column) ? { type: "number", step: "any", class: "number" } : { type: "text" };
      const edit = (event) => write(row, column, event.target.value);
      const label = `${column}, row ${at + 1}`;
      return h("td", {}, h("input", { ...props, "aria-label": label, value: row[column] ?? "", oninput: edit }));
    });
    const remove = h("button", {
      type: "button",
      class: "icon",
      "aria-label": `Remove row ${at + 1}`,
      text: "×",
      onclick: () => removeRow(at),
    });
    return h("tr", {}, ...cells, h("td", { class: "act" }, remove));
  }

  function write(row, column, text) {
    if (numeric.has(column)) row[column] = text === "" ? null : Number(text);
    else row[column] = text;
    changed();
  }

  function addRow() {
    rows.push(Object.fromEntries(columns.map((column) => [column, numeric.has(column) ? 0 : ""])));
    foreign = undefined;
    draw();
    body.lastElementChild.querySelector("input").focus();
    changed();
  }

  function removeRow(at) {
    rows.splice(at, 1);
    draw();
    (body.children[Math.min(at, rows.length - 1)]?.querySelector("button") ?? add).focus();
    changed();
  }

  return {
    control,
    element,
    group: true,
    read: () => (absent && rows.length === 0 ? undefined : (foreign ?? structuredClone(rows))),
    write(value) {
      const fits = value === undefined || (Array.isArray(value) && (value.length === 0 || isGrid(value)));
      foreign = fits ? undefined : value;
      absent = value === undefined;
      rows = fits ? structuredClone(value ?? []) : [];
      draw();
    },
  };
}

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
