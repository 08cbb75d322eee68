// The table, for people.
import { ratio, summary } from "./stats.mjs";

const COLUMNS = ["Measured", "Peer", "Hand-written", "Ours", "Ours : peer", "Ours : hand-written", "Noise", "Target"];

/** Digits that carry meaning on a noisy machine. */
export function figure(value, unit) {
  if (value === undefined) return "–";
  const text = Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
  return unit ? `${text} ${unit}` : text;
}

/** `1/107` says more than 0.00935. */
export function times(value) {
  return value < 0.1 ? `1/${figure(1 / value)}` : figure(value);
}

const quartiles = (spread) => (spread ? `${times(spread.median)} [${times(spread.q1)}…${times(spread.q3)}]` : "–");

/** Judges a row's targets. A target names two contenders, or one figure. */
export function judge(row, result) {
  return (row.targets ?? []).map((target) => {
    const spread = target.to ? ratio(result.rounds, target.is, target.to) : summary(result.rounds.map((r) => r[target.is]));
    const value = spread.median;
    const holds = (limit, low) => (low ? value >= limit : value <= limit);
    const low = target.atLeast !== undefined;
    const limit = low ? target.atLeast : target.atMost;
    const show = target.to ? times : (number) => figure(number, row.unit);
    const ok = holds(limit, low);
    const goal = target.goal === undefined ? undefined : holds(target.goal, low);
    const what = target.to ? `${name(row, target.is)} : ${name(row, target.to)}` : name(row, target.is);
    const verdict = ok ? (goal === false ? `ok, goal ${show(target.goal)} missed` : "ok") : "missed";
    const text = `${what} ${low ? "≥" : "≤"} ${show(limit)}: ${verdict}`;
    return { ...target, what, value, q1: spread.q1, q3: spread.q3, ok, goalMet: goal, text };
  });
}

const NAMES = { peer: "peer", limit: "hand-written", ours: "ours", twin: "twin" };
const name = (row, key) => row.labels?.[key] ?? NAMES[key] ?? key;

/** @returns {string[]} the cells of one row */
export function cells(row, result) {
  const median = (who) => {
    const values = result.rounds.map((round) => round[who]).filter((value) => value !== undefined);
    return values.length ? figure(summary(values).median, row.unit) : "–";
  };
  const compare = (of, to) => quartiles(ratio(result.rounds, of, to));
  const [a, b, c] = row.columns ?? ["peer", "limit", "ours"];
  const targets = result.targets.map((target) => target.text).join("; ") || "–";
  const ratios = row.columns ? ["–", "–", "–"] : [compare("ours", "peer"), compare("ours", "limit"), compare("twin", "limit")];
  return [row.title, a ? median(a) : "–", b ? median(b) : "–", c ? median(c) : "–", ...ratios, targets];
}

/** The table of the README. */
export function markdown(rows) {
  const line = (values) => `| ${values.join(" | ")} |`;
  return [line(COLUMNS), line(COLUMNS.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The same, aligned for a terminal. */
export function plain(rows) {
  const table = [COLUMNS, ...rows.map((row) => row.map((cell) => cell.replaceAll("*", "")))];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}
