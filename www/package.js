// What a package says about itself: its versions, and for each the inputs as DefaultValidations.json declares them.
import { openZip } from "./zip.js";

/**
 * @typedef {object} Version
 * @property {string} id the version id to configure
 * @property {string} label for a person
 * @property {Record<string, any> | undefined} inputs name → validation, in the model's order
 * @property {string | undefined} compiler
 *
 * @param {Blob} blob
 * @param {string} fallbackId a single model does not carry its version id
 * @returns {Promise<{ versions: Version[], files: number }>}
 */
export async function inspect(blob, fallbackId) {
  const entries = (await openZip(blob)).filter(({ name }) => !isLitter(name));
  const nested = entries.filter(({ name }) => /\.zip$/i.test(name));
  if (!nested.length) {
    return { versions: [{ id: fallbackId, label: "", ...(await describe(entries)) }], files: entries.length };
  }
  const versions = [];
  for (const entry of nested) {
    const folder = entry.name.split("/").slice(0, -1);
    const id = baseName(entry.name).replace(/\.zip$/i, "");
    const inner = (await openZip(await entry.read())).filter(({ name }) => !isLitter(name));
    const siblings = entries.filter(({ name }) => name.startsWith([...folder, ""].join("/")));
    const about = await describe(inner);
    const label = folder.slice(-2).join(" ") || id;
    versions.push({ id, label, ...about, inputs: about.inputs ?? (await describe(siblings)).inputs });
  }
  return { versions, files: entries.length };
}

async function describe(entries) {
  const validations = await readJson(entries, /DefaultValidations\.json$/i);
  const log = await readJson(entries, /_CompilerLog\.json$/i);
  const inputs = validations?.outputs;
  return { inputs: isRecord(inputs) ? inputs : undefined, compiler: text(log?.CompilerVersion) };
}

/** A side file that cannot be read costs the form, not the model. */
async function readJson(entries, pattern) {
  const entry = entries.find(({ name }) => pattern.test(name));
  if (!entry) return undefined;
  try {
    return JSON.parse((await (await entry.read()).text()).replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
}

const baseName = (name) => name.slice(name.lastIndexOf("/") + 1);
const isLitter = (name) => name.startsWith("__MACOSX/") || baseName(name).startsWith("._");
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value) => (typeof value === "string" && value ? value : undefined);
