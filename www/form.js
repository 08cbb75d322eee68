// The inputs as a form, made from the validations that a package carries.
import { formatNumber, h, title } from "./dom.js";
import { grid, isGrid } from "./grid.js";

let serial = 0;

/**
 * @param {HTMLElement} container
 * @param {Record<string, any>} inputs name → validation
 * @param {() => void} onChange after any edit
 */
export function buildForm(container, inputs, onChange) {
  const fields = Object.entries(inputs).map(([name, validation]) => makeField(name, validation ?? {}, onChange));
  container.replaceChildren(...fields.map(({ element }) => element));
  return {
    names: new Set(fields.map(({ name }) => name)),
    /** What the fields say; a blank one is left out, so that the model takes its own default. */
    values() {
      const values = {};
      for (const { name, read } of fields) {
        const value = read();
        if (value !== undefined) Object.defineProperty(values, name, { value, ...OWN });
      }
      return values;
    },
    /** Shows these values; a field without one shows as blank. */
    fill(values) {
      for (const { name, write, check } of fields) {
        write(Object.hasOwn(values, name) ? values[name] : undefined);
        check();
      }
    },
    reset() {
      for (const { write, initial, check } of fields) {
        write(initial);
        check();
      }
    },
    /** The first field whose content cannot be sent at all. */
    unusable: () => fields.find(({ check }) => check() === "unusable")?.control,
  };
}

// An input may be named __proto__.
const OWN = { enumerable: true, writable: true, configurable: true };

function makeField(name, validation, onChange) {
  const id = `field-${++serial}`;
  const rule = ruleOf(validation);
  const kind = kindOf(validation);
  const label = String(validation.input_message_title || "") || title(name);
  const parts = KINDS[kind]({ id, validation, rule, changed: () => (check(), onChange()) });
  const note = h("p", { class: "note", id: `${id}-note`, hidden: true });
  const hint = [validation.input_message, rule.text].filter(Boolean).join(" · ");
  const about = [hint && `${id}-hint`, `${id}-note`].filter(Boolean).join(" ");
  parts.control.setAttribute("aria-describedby", about);
  parts.control.dataset.input = name;

  /** Says what is wrong with the content, if anything. */
  function check() {
    const broken = parts.unusable?.();
    const value = broken ? undefined : parts.read();
    const outside = value !== undefined && !rule.allows(value);
    const message = broken || (outside && (validation.error_message || `The model expects ${rule.text}.`));
    note.textContent = message || "";
    note.hidden = !message;
    parts.control.toggleAttribute("aria-invalid", Boolean(message));
    if (message) parts.control.setAttribute("aria-invalid", "true");
    return broken ? "unusable" : outside ? "outside" : "";
  }

  const caption = h(
    parts.group ? "span" : "label",
    { class: "caption", id: `${id}-label`, for: parts.group ? null : id, title: name },
    label,
  );
  if (![name, title(name)].includes(label)) caption.append(h("code", { class: "name", text: name }));
  const element = h("div", { class: `field field-${kind}` }, caption);
  if (hint) element.append(h("p", { class: "hint", id: `${id}-hint`, text: hint }));
  element.append(parts.element ?? parts.control, note);
  const initial = validation.default_value ?? undefined;
  parts.write(initial);
  return { name, element, check, initial, control: parts.control, read: parts.read, write: parts.write };
}

function kindOf({ validation_allow: allow, options, default_value: value }) {
  const list = optionsOf(options);
  if (list?.every((item) => typeof item === "boolean") || typeof value === "boolean") return "switch";
  if (list) return "select";
  if (isGrid(value)) return "grid";
  if (typeof value === "object" && value !== null) return "json";
  if (/^(decimal|whole)/i.test(allow ?? "") || typeof value === "number") return "number";
  if (/^date$/i.test(allow ?? "") && /^\d{4}-\d\d-\d\d$/.test(value ?? "")) return "date";
  return "text";
}

function optionsOf(options) {
  const list = typeof options === "string" ? options.split(",").map((item) => item.trim()) : options;
  return Array.isArray(list) && list.length ? list : undefined;
}

const KINDS = {
  number({ id, validation, rule, changed }) {
    const control = h("input", {
      type: "number",
      id,
      step: "any",
      inputmode: "decimal",
      autocomplete: "off",
      oninput: changed,
    });
    if (rule.min !== undefined) control.min = rule.min;
    if (rule.max !== undefined) control.max = rule.max;
    placeholder(control, validation);
    return {
      control,
      read: () => (control.value === "" ? undefined : Number(control.value)),
      write: (value) => (control.value = typeof value === "boolean" ? "" : (value ?? "")),
      unusable: () => control.validity.badInput && "This is not a number.",
    };
  },
  text({ id, validation, changed }) {
    const control = h("input", { type: "text", id, autocomplete: "off", spellcheck: "false", oninput: changed });
    placeholder(control, validation);
    return plain(control, validation);
  },
  date({ id, validation, changed }) {
    return plain(h("input", { type: "date", id, oninput: changed }), validation);
  },
  select({ id, validation, changed }) {
    const list = optionsOf(validation.options);
    const options = list.map((item, at) => h("option", { value: String(at), text: String(item) }));
    const control = h("select", { id, onchange: changed }, h("option", { value: "", text: "(left out)" }), ...options);
    return {
      control,
      read: () => (control.value === "" ? undefined : list[Number(control.value)]),
      write(value) {
        const at = list.findIndex((item) => item === value || String(item) === String(value));
        control.value = at < 0 ? "" : String(at);
      },
    };
  },
  switch({ id, changed }) {
    const control = h("input", { type: "checkbox", role: "switch", id, class: "switch", onchange: changed });
    return {
      control,
      read: () => control.checked,
      write: (value) => (control.checked = value === true || value === "true"),
    };
  },
  json({ id, changed }) {
    const control = h("textarea", { id, rows: "5", spellcheck: "false", class: "code", oninput: changed });
    const parse = () => JSON.parse(control.value);
    return {
      control,
      read: () => (control.value.trim() === "" ? undefined : parse()),
      write: (value) => (control.value = value === undefined ? "" : JSON.stringify(value, null, 2)),
      unusable() {
        try {
          if (control.value.trim() !== "") parse();
          return undefined;
        } catch (error) {
          return `This is not JSON: ${error.message}`;
        }
      },
    };
  },
  grid: ({ id, validation, changed }) =>
    grid({ id, labelledBy: `${id}-label`, sample: validation.default_value, changed }),
};

function plain(control, { default_value: initial }) {
  return {
    control,
    // An empty text is a value only where it is the default.
    read: () => (control.value === "" && initial !== "" ? undefined : control.value),
    write: (value) => (control.value = typeof value === "object" ? JSON.stringify(value) : (value ?? "")),
  };
}

function placeholder(control, { default_value: value }) {
  if (value !== undefined && value !== null && value !== "") control.placeholder = `${value} when left out`;
}

/** The validation as words and as a test. Formulas instead of limits are not for us to evaluate. */
function ruleOf({ validation_allow: allow, validation_type: type, min, max }) {
  const kind = String(type ?? "")
    .toLowerCase()
    .replace(/[^a-z]/g, "");
  const length = /^textlength$/i.test(allow ?? "");
  const size = (value) => (length ? String(value).length : value);
  const whole = /^whole/i.test(allow ?? "");
  const [low, high] = [limit(min), limit(max)];
  const one = low ?? high;
  const show = (value) => formatNumber(value);
  let text = "";
  let test = () => true;
  if (kind === "between" && (low ?? high) !== undefined) {
    text =
      low === undefined
        ? `at most ${show(high)}`
        : high === undefined
          ? `at least ${show(low)}`
          : `${show(low)} to ${show(high)}`;
    test = (value) => !(value < low) && !(value > high);
  } else if (kind === "notbetween" && low !== undefined && high !== undefined) {
    text = `anything but ${show(low)} to ${show(high)}`;
    test = (value) => value < low || value > high;
  } else if (one !== undefined && SINGLE[kind]) {
    text = SINGLE[kind].text + show(one);
    test = (value) => SINGLE[kind].test(value, one);
  }
  if (length && text) text += " characters";
  if (whole) text = text ? `a whole number, ${text}` : "a whole number";
  const between = kind === "between" && !length;
  return {
    text,
    min: between ? low : undefined,
    max: between ? high : undefined,
    allows(value) {
      if (whole && !Number.isInteger(value)) return false;
      return typeof value === "number" || length ? test(size(value)) : true;
    },
  };
}

const SINGLE = {
  equal: { text: "exactly ", test: (value, one) => value === one },
  notequal: { text: "anything but ", test: (value, one) => value !== one },
  greaterthan: { text: "more than ", test: (value, one) => value > one },
  lessthan: { text: "less than ", test: (value, one) => value < one },
  greaterthanorequal: { text: "at least ", test: (value, one) => value >= one },
  lessthanorequal: { text: "at most ", test: (value, one) => value <= one },
};

function limit(value) {
  if (value === null || value === undefined || value === "") return undefined;
  return Number.isFinite(Number(value)) ? Number(value) : undefined;
}
