// Patterns: for names (`*` stands for anything), for paths (`*` for one step, `**` for any number) and for values.

/** Whether a name fits one of the patterns; no patterns at all fit everything. */
export function matchesName(name, patterns) {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => new RegExp(`^${pattern.split("*").map(literal).join(".*")}$`).test(name));
}

const literal = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** Whether a path, as an array of steps, fits a pattern such as `response_data.outputs.**`. */
export function matchesPath(path, pattern) {
  return fits(path, pattern.split("."));
}

function fits(path, pattern) {
  if (pattern.length === 0) return path.length === 0;
  const [wanted, ...others] = pattern;
  if (wanted === "**") return fits(path, others) || (path.length > 0 && fits(path.slice(1), pattern));
  return path.length > 0 && (wanted === "*" || wanted === path[0]) && fits(path.slice(1), others);
}

/** What a difference shows where one side has nothing. */
export const ABSENT = Symbol("absent");

/**
 * Whether a value is as a pattern says: a literal, or `{ $absent }`, `{ $any }`, `{ $like }` (these members at least),
 * `{ $text }` (a regular expression), `{ $least }` (a number, this or more), `{ $of }` (any of these).
 */
export function matchesValue(value, pattern) {
  if (typeof pattern !== "object" || pattern === null) return Object.is(value, pattern);
  if ("$any" in pattern) return true;
  if ("$absent" in pattern) return value === ABSENT;
  if ("$text" in pattern) return typeof value === "string" && new RegExp(pattern.$text, "su").test(value);
  if ("$least" in pattern) return typeof value === "number" && value >= pattern.$least;
  if ("$of" in pattern) return pattern.$of.some((one) => matchesValue(value, one));
  if (typeof value !== "object" || value === null) return false;
  const wanted = "$like" in pattern ? pattern.$like : pattern;
  const members = Object.keys(wanted).every((key) =>
    matchesValue(Object.hasOwn(value, key) ? value[key] : ABSENT, wanted[key]),
  );
  return members && ("$like" in pattern || Object.keys(value).length === Object.keys(pattern).length);
}
