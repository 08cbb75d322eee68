// Steps of a start, which overlap, as parts of one bar that is as long as the start.
import { summary } from "./stats.mjs";

/** What is no step by itself. */
const WHOLE = new Set(["start", "call"]);

/**
 * Each moment belongs to the step that began first of those that last; what no step covers is "other".
 * @param {[name: string, from: number, duration: number][]} steps
 * @param {number} total
 * @returns {Map<string, number>} times by step, in the order in which they began
 */
export function parts(steps, total) {
  const found = new Map();
  const add = (name, time) => time > 0 && found.set(name, (found.get(name) ?? 0) + time);
  let at = 0;
  for (const [name, from, duration] of steps.filter(([name]) => !WHOLE.has(name)).sort((a, b) => a[1] - b[1])) {
    add("other", Math.min(from, total) - at);
    at = Math.max(at, Math.min(from, total));
    const end = Math.min(from + duration, total);
    add(name, end - at);
    at = Math.max(at, end);
  }
  add("other", total - at);
  return found;
}

/** The medians of several starts, for the report; `other` last. */
export function medians(starts) {
  const all = starts.map(({ steps, time }) => parts(steps, time));
  const names = [...new Set(all.flatMap((found) => [...found.keys()]))].sort((a, b) => (a === "other") - (b === "other"));
  return names.map((name) => [name, summary(all.map((found) => found.get(name) ?? 0)).median]);
}
