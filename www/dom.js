// Small helpers for elements, tabs and figures. The page's policy allows no inline style, so none is ever written.

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id. */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * Makes an element. `on…` properties are listeners, `class`, `text` and attributes go where they belong.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | null | undefined | false)} children
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Wires a `role="tablist"`: click, arrow keys, Home and End. Returns a function that selects a tab by its id. */
export function tabs(list, onSelect = () => undefined) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const select = (tab, focus = false) => {
    for (const other of all) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      $(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
    onSelect(tab.id);
  };
  for (const tab of all) tab.addEventListener("click", () => select(tab));
  list.addEventListener("keydown", (event) => {
    const at = all.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    select(all[(next + all.length) % all.length], true);
  });
  return (id) => select($(id));
}

/** Copies and says so on the button for a moment. */
export function copyButton(button, getText) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(getText());
    } catch {
      said = "Not allowed here";
    }
    button.textContent = said;
    announce(said);
    setTimeout(() => (button.textContent = label), 1600);
  });
}

/** Tells screen readers. */
export function announce(message) {
  $("live").textContent = message;
}

export function formatNumber(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-4)) return String(Number(value.toPrecision(7)));
  return value.toLocaleString(undefined, { maximumFractionDigits: size < 1 ? 8 : 6 });
}

export function formatMs(ms) {
  if (ms >= 9950) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 995) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 1 ? 2 : ms < 99.5 ? 1 : 0)} ms`;
}

export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [size, unit] = bytes < 999_500 ? [bytes / 1024, "KB"] : [bytes / 1024 / 1024, "MB"];
  return `${size.toFixed(size < 9.95 ? 1 : 0)} ${unit}`;
}

/** `term-life` → `Term life` */
export function title(name) {
  const words = name.replace(/[-_]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
