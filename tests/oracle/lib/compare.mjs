// Finds every difference between what the peer answered and what we did, and asks the divergences which are allowed.
import { ABSENT, matchesName, matchesPath, matchesValue } from "./match.mjs";

/**
 * An outcome is `{ response }`, `{ error: { name, type, code, message } }` or `{ hang: true }`.
 * @typedef {{ name: string, type?: string, code?: string, message?: string }} Failure
 * @typedef {{ response?: unknown, error?: Failure, hang?: true }} Outcome
 * @typedef {{ path: string[], peer: unknown, ours: unknown }} Difference
 */

/**
 * All differences. Two errors are alike when their `name` and `type` are: the rest is each side's own.
 * @param {Outcome} peer @param {Outcome} ours @returns {Difference[]}
 */
export function differences(peer, ours) {
  if (kindOf(peer) !== kindOf(ours)) return [{ path: ["outcome"], peer, ours }];
  const found = [];
  if (kindOf(peer) === "error") {
    for (const key of ["name", "type"])
      differ(peer.error[key] ?? ABSENT, ours.error[key] ?? ABSENT, ["error", key], found);
  }
  if (kindOf(peer) === "response") differ(peer.response, ours.response, [], found);
  return found;
}

const kindOf = (outcome) => (outcome.hang ? "hang" : outcome.error ? "error" : "response");

function differ(peer, ours, path, found) {
  if (Object.is(peer, ours)) return;
  const nested = typeof peer === "object" && typeof ours === "object" && peer !== null && ours !== null;
  if (!nested || Array.isArray(peer) !== Array.isArray(ours))
    return void found.push({ path: path.length ? path : ["(response)"], peer, ours });
  for (const key of new Set([...Object.keys(peer), ...Object.keys(ours)])) {
    const inPeer = Object.hasOwn(peer, key);
    const inOurs = Object.hasOwn(ours, key);
    const step = [...path, key];
    if (inPeer && inOurs) differ(peer[key], ours[key], step, found);
    else found.push({ path: step, peer: inPeer ? peer[key] : ABSENT, ours: inOurs ? ours[key] : ABSENT });
  }
}

/**
 * Allowed differences, and how often each entry was needed.
 * @typedef {{ id: string, models?: string[], kinds?: string[], path: string, peer: unknown, ours: unknown,
 *   fact: string }} Entry
 */
export class Divergences {
  #entries;

  /** @param {Entry[]} entries */
  constructor(entries) {
    const ids = new Set();
    for (const entry of entries) {
      const missing = ["id", "path", "peer", "ours", "fact"].filter((key) => !(key in entry));
      if (missing.length) throw new Error(`Divergence ${entry.id ?? "?"} lacks ${missing.join(", ")}`);
      if (ids.has(entry.id)) throw new Error(`Divergence ${entry.id} is there twice`);
      ids.add(entry.id);
    }
    this.#entries = entries.map((entry) => ({ entry, used: 0 }));
  }

  /** Whether a difference of a case is allowed. */
  allow(test, difference) {
    const all = this.#entries.filter(({ entry }) => fits(entry, test, difference));
    for (const one of all) one.used++;
    return all.length > 0;
  }

  /** Every entry with the number of differences that it allowed. */
  usage() {
    return this.#entries.map(({ entry, used }) => ({ id: entry.id, used }));
  }

  unused() {
    return this.#entries.filter(({ used }) => used === 0).map(({ entry }) => entry.id);
  }
}

function fits(entry, test, { path, peer, ours }) {
  return (
    matchesName(test.model, entry.models) &&
    matchesName(test.kind, entry.kinds) &&
    matchesPath(path, entry.path) &&
    matchesValue(peer, entry.peer) &&
    matchesValue(ours, entry.ours)
  );
}

/** One difference on one line. */
export function describe({ path, peer, ours }) {
  return `${path.join(".")}: peer ${show(peer)}, ours ${show(ours)}`;
}

function show(value) {
  if (value === ABSENT) return "(nothing)";
  if (value === undefined) return "undefined";
  const text = Object.is(value, -0) ? "-0" : JSON.stringify(value);
  return text.length > 240 ? `${text.slice(0, 160)} … ${text.slice(-60)} (${text.length} characters)` : text;
}
