// The ways in which the built parts are laid out in a zip. Each takes the model's description, what the compiler made
// of it and the package's ids, and gives the zip's entries.
import { createHash } from "node:crypto";
import { COMPILER_VERSION, validations } from "./compile.mjs";
import { modern as modernGlue } from "./modern.mjs";
import { stableId } from "./sources.mjs";
import { zip } from "./zip.mjs";

const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
const pretty = (value) => `${JSON.stringify(value, null, 2)}\n`;

const sums = (entries) => ({
  name: "checksums.md5",
  data: entries.map((entry) => `${md5(entry.data)}  ${entry.name}\n`).join(""),
});

/** Glue, wasm and data carry the file name, the JSON files the service's own name. */
function parts(spec, built) {
  const code = [
    ...(built.data ? [{ name: `${spec.file}.data`, data: built.data }] : []),
    { name: `${spec.file}.js`, data: built.js },
    { name: `${spec.file}.wasm`, data: built.wasm },
  ];
  const log = { Infos: [], Warnings: [], Errors: [], TokenCnt: 42, CompilerVersion: COMPILER_VERSION };
  const limits = { outputs: validations(spec), warnings: null, errors: null, service_chain: null };
  return {
    code,
    log: { name: `${spec.service}_CompilerLog.json`, data: pretty(log) },
    texts: [
      { name: `${spec.service}DefaultValidations.json`, data: pretty(limits) },
      ...(spec.static ? [{ name: `${spec.service}_static.json`, data: pretty(spec.static) }] : []),
      ...(spec.formspec ? [{ name: `${spec.service}_Jsonformspec.json`, data: pretty(spec.formspec) }] : []),
    ],
  };
}

/** As the compiler writes it. */
export function flat(spec, built) {
  const { code, log, texts } = parts(spec, built);
  return [...code, log, ...texts, sums([...code, log, ...texts])];
}

/** As older compilers did: no log, no static files, and checksums of the code alone. */
export function older(spec, built) {
  const { code, texts } = parts(spec, built);
  return [...code, texts[0], sums(code)];
}

/** Nothing deflated. */
export const stored = (spec, built) => flat(spec, built).map((entry) => ({ ...entry, store: true }));

/** Glue of the newest shape, see modern.mjs. */
export const modern = (spec, built) => flat(spec, { ...built, js: modernGlue(built.js) });

/** As macOS compresses a folder: resource forks that carry the names of the real files, first and last. */
export function folder(spec, built) {
  const fork = Buffer.concat([Buffer.from("\0\x05\x16\x07\0\x02\0\0Mac OS X        ", "latin1"), Buffer.alloc(96)]);
  const store = Buffer.concat([Buffer.from("\0\0\0\x01Bud1", "latin1"), Buffer.alloc(64)]);
  const forked = (name) => ({ name: `__MACOSX/${spec.service}/._${name}`, data: fork });
  const files = flat(spec, built);
  return [
    { name: "__MACOSX/" },
    { name: `__MACOSX/._${spec.service}`, data: fork },
    forked(files[1].name),
    { name: `${spec.service}/` },
    { name: `${spec.service}/.DS_Store`, data: store },
    ...files.map((entry) => ({ ...entry, name: `${spec.service}/${entry.name}` })),
    ...files.map((entry) => forked(entry.name)),
  ];
}

const VERSIONS = [
  { version: "1.0.0", from: "2024-01-01T00:00:00Z", to: "2024-12-31T23:59:59Z" },
  { version: "2.0.0", from: "2025-01-01T00:00:00Z", to: "9999-12-31T00:00:00Z", pi: "3.140000000000000" },
];

/** The second version differs in its data alone: it takes pi for 3.14. */
function withPi(built, pi) {
  if (!built.data) return built;
  const text = built.data.toString();
  const data = pi ? text.replace("3.141592653589793", pi) : text;
  if (data.length !== text.length) throw new Error("The glue knows the length of the data file: it must stay.");
  return { ...built, data: Buffer.from(data) };
}

/**
 * The export of a tenant: `options.versions` of one service, each a zip inside the zip, and what describes them. `to`:
 * until when they are in force.
 */
export function nested(spec, built, { name, service_id, versions, to }) {
  const tenant = "example";
  const made = VERSIONS.slice(0, versions).map((version, index) => {
    const one = { ...version, to: to ?? version.to };
    const version_id = stableId(index === 0 ? name : `${name} ${one.version}`);
    const base = `${tenant}/${spec.folder}/${spec.service}/${one.version}`;
    return { ...one, version_id, base, path: `${base}/${version_id}.zip` };
  });
  const manifest = {
    object: "export",
    id: stableId(`export ${name}`),
    outputs: {
      services: [{ service_uri_source: `${spec.folder}/${spec.service}`, service_id_source: service_id }],
      service_versions: made.map((one) => ({
        service_uri_source: `${spec.folder}/${spec.service}[${one.version}]`,
        folder_source: spec.folder,
        service_source: spec.service,
        version_source: one.version,
        service_id_source: service_id,
        version_id_source: one.version_id,
      })),
    },
  };
  const entries = [{ name: `${tenant}/manifest.json`, data: pretty(manifest) }];
  for (const one of made) {
    const metadata = {
      EffectiveStartDate: one.from,
      EffectiveEndDate: one.to,
      EngineInformation: {
        ProductName: spec.folder,
        ServiceName: spec.service,
        Revision: one.version,
        ServiceVersionGuid: one.version_id,
        ServiceGuid: one.version === "1.0.0" ? null : service_id,
        PublicAPI: false,
        BaseUrl: "https://excel.example.org",
        Tenant: tenant,
        CompilerVersion: `Neuron_v${COMPILER_VERSION}`,
      },
      XInputTable: spec.inputs.map((input) => ({ Name: input.name })),
      XOutputTable: spec.outputs.map((output) => ({ Name: output })),
      VersionId: one.version_id,
      HasSignatureChain: false,
    };
    const limits = { outputs: validations(spec), warnings: null, errors: null, service_chain: null };
    entries.push(
      { name: one.path, data: zip(flat(spec, withPi(built, one.pi))), store: true },
      { name: `${one.base}/ModelMetaData.json`, data: pretty(metadata) },
      { name: `${one.base}/WASMMetaData.json`, data: pretty({ Revision: one.version }) },
      { name: `${one.base}/DefaultValidations.json`, data: pretty(limits) },
    );
  }
  return {
    entries,
    versions: made.map(({ version, version_id, path, from, to }) => ({ version, version_id, path, from, to })),
  };
}
