// The table, for people.
import { ratio, summary } from "./stats.mjs";

export const COLUMNS = ["Measured", "Peer", "Hand-written", "Ours", "Ours : peer", "Ours : hand-written", "Noise", "Target"];

/** Digits that carry meaning on a noisy machine. */
export function figure(value, unit) {
  if (value === undefined) return "–";
  const text = Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
  return unit ? `${text} ${unit}` : text;
}

/** `1/107` says more than 0.00935. */
export function times(value) {
  return value > 0 && value < 0.1 ? `1/${figure(1 / value)}` : figure(value);
}

const quartiles = (spread) => (spread ? `${times(spread.median)} [${times(spread.q1)}…${times(spread.q3)}]` : "–");

/**
 * Judges a row's targets. A target names two contenders and bounds their ratio, or one and bounds its figure; `or` is
 * another way to reach it.
 */
export function judge(row, result) {
  return (row.targets ?? []).map((target) => {
    const { value, low, bound, holds, show, what } = measureTarget(row, result, target);
    const other = target.or && measureTarget(row, result, { is: target.is, ...target.or });
    const ok = holds(bound) || Boolean(other?.holds(other.bound));
    const goalMet = target.goal === undefined ? undefined : holds(target.goal);
    const verdict = !ok ? "missed" : goalMet === false ? `ok, goal ${show(target.goal)} missed` : "ok";
    const or = other ? ` or ${other.what} ≤ ${other.show(other.bound)}` : "";
    return { ...target, value, ok, goalMet, text: `${what} ${low ? "≥" : "≤"} ${show(bound)}${or}: ${verdict}` };
  });
}

function measureTarget(row, result, target) {
  const alone = () => summary(result.rounds.map((round) => round[target.is]));
  const spread = target.to ? ratio(result.rounds, target.is, target.to) : alone();
  const low = target.atLeast !== undefined;
  const what = target.to ? `${name(row, target.is)} : ${name(row, target.to)}` : name(row, target.is);
  return {
    value: spread.median,
    low,
    bound: low ? target.atLeast : target.atMost,
    holds: (limit) => (low ? spread.median >= limit : spread.median <= limit),
    show: target.to ? times : (number) => figure(number, row.unit),
    what,
  };
}

const NAMES = { peer: "peer", limit: "hand-written", ours: "ours", twin: "twin" };
const name = (row, key) => row.labels?.[key] ?? NAMES[key] ?? key;

/** @returns {string[]} the cells of one row; `show` of a row replaces some of them */
export function cells(row, result) {
  const median = (who) => {
    const values = result.rounds.map((round) => round[who]).filter((value) => value !== undefined);
    return values.length ? figure(summary(values).median, row.unit) : "–";
  };
  const spread = (of, to) => quartiles(ratio(result.rounds, of, to));
  const own = row.show?.(result, { median, spread, figure }) ?? {};
  return [
    row.title,
    own.peer ?? median("peer"),
    own.limit ?? median("limit"),
    own.ours ?? median("ours"),
    own.toPeer ?? spread("ours", "peer"),
    own.toLimit ?? spread("ours", "limit"),
    own.noise ?? spread("twin", "limit"),
    result.targets.map((target) => target.text).join("; ") || "–",
  ];
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
