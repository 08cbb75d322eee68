// All cases, as data: the generated ones and those written by hand (the JSON files beside this one).
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { at } from "../../../scripts/lib/paths.mjs";
import { matchesName } from "../lib/match.mjs";
import { FAMILIES, TWINS } from "./families.mjs";
import { generate } from "./generate.mjs";

const here = path.dirname(new URL(import.meta.url).pathname);
const manifest = JSON.parse(readFileSync(at("tests", "models", "manifest.json"), "utf8"));

/**
 * @typedef {{ id: string, model: string, kind: string, request: unknown, argument?: unknown, fresh?: boolean,
 *   deadline?: number }} Case `fresh`: may leave the peer's engine damaged. `request` and `argument` hold tags.
 * @typedef {{ name: string, id: string, zip: string, peerZip: string, stateful: boolean }} Model
 */

/** The models that both sides can be asked about. @returns {Model[]} */
export function models() {
  return manifest.models.flatMap((model) => {
    const twin = model.peer ? model.name : TWINS[model.name];
    if (!twin) return [];
    const peerZip = manifest.models.find(({ name }) => name === twin).zip;
    return [
      {
        name: model.name,
        id: model.version_id,
        zip: model.zip,
        peerZip,
        stateful: Boolean(FAMILIES[model.model].stateful),
      },
    ];
  });
}

/** Every case of every model. @param {number} seed @returns {Case[]} */
export function loadCases(seed) {
  const files = readdirSync(here)
    .filter((name) => name.endsWith(".json"))
    .sort();
  const written = files.flatMap((name) => JSON.parse(readFileSync(path.join(here, name), "utf8")));
  return models().flatMap(({ name }) => {
    const model = manifest.models.find((one) => one.name === name);
    const family = FAMILIES[model.model];
    const mine = written.filter((group) => matchesName(name, group.models)).flatMap((group) => group.cases);
    const numbers = {};
    return [...generate(model, family, seed), ...mine].map((one) => {
      numbers[one.kind] = (numbers[one.kind] ?? 0) + 1;
      return finish(one, model, family, `${name}/${one.kind}/${numbers[one.kind]}`);
    });
  });
}

/** Fills in what most cases have in common; `inputs` and `meta` are short for a whole `request`. */
function finish({ kind, inputs, meta, request, argument, fresh, deadline }, model, family, id) {
  const whole =
    request === undefined && argument === undefined
      ? { request_data: { inputs: inputs ?? { $base: {} } }, request_meta: { version_id: { $own: true }, ...meta } }
      : request;
  const fill = (value) => filled(value, model.version_id, family.base);
  return { id, model: model.name, kind, request: fill(whole), argument: fill(argument), fresh, deadline };
}

/** Replaces `$own` (the model's version id, as it is or in capitals) and `$base` (its usual inputs, overlaid). */
function filled(value, id, base) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => filled(item, id, base));
  if (Object.hasOwn(value, "$own")) return value.$own === "upper" ? id.toUpperCase() : id;
  if (Object.hasOwn(value, "$base")) return { ...base, ...filled(value.$base, id, base) };
  const made = {};
  for (const key of Object.keys(value)) {
    Object.defineProperty(made, key, {
      value: filled(value[key], id, base),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return made;
}
