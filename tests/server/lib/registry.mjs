// Which services there are: tenants, folders, services, versions and their dates, from the manifest of the models.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { at } from "../../../scripts/lib/paths.mjs";
import { unzip } from "../../models/unzip.mjs";
import { TWINS } from "../../oracle/cases/families.mjs";

/** The tenant that has every package of the manifest. */
export const TENANT = "example";
/** The tenant whose one service has two versions, each with dates of its own. */
export const DATED = "dated";

const ALWAYS = { from: "2020-01-01T00:00:00Z", to: "9999-12-31T00:00:00Z" };
const models = () => JSON.parse(readFileSync(at("tests", "models", "manifest.json"), "utf8")).models;

/**
 * @typedef {object} Version
 * @property {string} tenant
 * @property {string} folder
 * @property {string} service
 * @property {string} service_id
 * @property {string} version such as "1.0.0"
 * @property {string} version_id
 * @property {string} from from when it is in force, ISO 8601
 * @property {string} to until when
 * @property {string} zip path of a package that the vendor's runner can load
 * @property {boolean} byService whether it is found by folder and service, not by its ids alone
 * @property {string} [proxy] name of a custom endpoint
 * @property {boolean} [notPublic] whether it is refused without credentials
 */

/**
 * Every package of the manifest. By folder and service a model's plain package is found; its variants (`-o3`, …), which
 * have the same names, by version id and service id.
 * @param {string} tmpDir where packages from inside exports may be written
 * @returns {Version[]}
 */
export function fromManifest(tmpDir) {
  const all = models();
  const zipOf = (name) => at("tests", "models", all.find((one) => one.name === name).zip);
  return all.flatMap(({ name, model, folder, service, service_id, version, version_id, zip, peer, versions }) => {
    const common = { tenant: TENANT, folder, service, service_id, ...ALWAYS, byService: false };
    if (!versions) {
      const path = zipOf(peer ? name : TWINS[name]);
      return [{ ...common, version, version_id, zip: path, byService: name === model, proxy: name }];
    }
    const entries = unzip(readFileSync(at("tests", "models", zip)));
    return versions.flatMap((one) => {
      const file = path.join(tmpDir, `${one.version_id}.zip`);
      mkdirSync(tmpDir, { recursive: true });
      writeFileSync(file, entries.get(one.path));
      const { from, to } = one;
      const found = { ...common, version: one.version, version_id: one.version_id, zip: file };
      if (versions.length === 1) return [found];
      return [found, { ...found, tenant: DATED, from, to, byService: true }];
    });
  });
}

const same = (a, b) => typeof a === "string" && typeof b === "string" && a.toLowerCase() === b.toLowerCase();

/** Highest revision first; parts count as numbers. */
function byRevision(a, b) {
  const [left, right] = [a, b].map(({ version }) => version.split(".").map(Number));
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return (right[i] ?? 0) - (left[i] ?? 0);
  return 0;
}

/**
 * The version that is asked for, in the server's documented order: version id, service id, folder and service; then
 * the version's number (`1.2` means the latest of those), else the one in force on `date`.
 * @param {Version[]} versions
 * @param {{ tenant: string, version_id?: string, service_id?: string, folder?: string, service?: string,
 *   proxy?: string, version?: string, date?: string | number }} wanted
 * @returns {Version | undefined}
 */
export function find(versions, { tenant, version_id, service_id, folder, service, proxy, version, date }) {
  const mine = versions.filter((one) => same(one.tenant, tenant));
  if (version_id) return mine.find((one) => same(one.version_id, version_id));
  if (proxy) return mine.find((one) => same(one.proxy, proxy));
  const named = mine
    .filter((one) => {
      if (service_id) return same(one.service_id, service_id);
      return one.byService && same(one.folder, folder) && same(one.service, service);
    })
    .sort(byRevision);
  if (version) return named.find((one) => `${one.version}.`.startsWith(`${version}.`));
  const day = date ? Date.parse(date) : Date.now();
  return named.find(({ from, to }) => Date.parse(from) <= day && day <= Date.parse(to));
}

/**
 * What a `service_uri`, or the `service` of a v4 request, says: `folders/f/services/s[ver]`, `f/s[ver]`, `service/id`,
 * `version/id`, `proxy/x`, or a bare service id.
 */
export function parseUri(uri) {
  const [, plain, version] = /^\/?(.*?)(?:\[([^\]]*)\])?$/s.exec(uri);
  const parts = plain.split("/").map(decoded);
  if (parts.length === 4 && same(parts[0], "folders") && same(parts[2], "services")) {
    return { folder: parts[1], service: parts[3], version };
  }
  if (parts.length === 1) return { service_id: parts[0], version };
  if (parts.length !== 2) return {};
  const [first, second] = parts;
  if (same(first, "service")) return { service_id: second, version };
  if (same(first, "version")) return { version_id: second };
  if (same(first, "proxy")) return { proxy: second };
  return { folder: first, service: second, version };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
