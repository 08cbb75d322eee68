// The list of sample packages, from the manifest of the models to test with.
import { $, formatBytes, h, title } from "./dom.js";

const HOME = "/tests/models/";

/** Words for people; a model without an entry is described by its manifest. In the order of the list. */
const WORDS = {
  large: ["Term life insurance", "Premium, reserve and a projection by year"],
  table: ["Price list", "Tables in, tables out; can make up thousands of rows"],
  cylinder: ["Cylinder", "Volume and surface, from two numbers"],
  counter: ["Call counter", "Tells which replica answered"],
  slow: ["Slow calculation", "Takes as long as you say; made for Cancel"],
  async: ["Asks another model", "Waits for an answer while computing"],
  caller: ["Calls other services", "Word for word as told; shows every reply"],
  crash: ["Fails on demand", "Crashes, hangs up, answers nonsense"],
};

/**
 * Reads the manifest and shows the list.
 * @param {(sample: any) => void} onChoose
 * @returns {Promise<any[]>} the samples, first the one to start with
 */
export async function listSamples(onChoose) {
  const samples = await readManifest();
  const order = Object.keys(WORDS);
  const rank = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  samples.sort((a, b) => rank(a) - rank(b));
  const item = (sample) => {
    const lines = [h("strong", { text: sample.title }), h("span", { text: sample.about })];
    const size = h("small", { text: formatBytes(sample.bytes) });
    const props = { type: "button", "data-sample": sample.name, onclick: () => onChoose(sample) };
    return h("li", {}, h("button", props, h("span", { class: "lines" }, ...lines), size));
  };
  const isMain = ({ name }) => order.includes(name);
  $("samples").replaceChildren(...samples.filter(isMain).map(item));
  const more = samples.filter((sample) => !isMain(sample));
  $("more-samples").replaceChildren(...more.map(item));
  $("more").hidden = more.length === 0;
  $("no-samples").hidden = samples.length > 0;
  $("samples-title").hidden = samples.length === 0;
  return samples;
}

/** Marks the chosen one. */
export function markSample(name) {
  for (const button of document.querySelectorAll("[data-sample]")) {
    const chosen = button.dataset.sample === name;
    button.setAttribute("aria-pressed", String(chosen));
    if (chosen) button.closest("details")?.setAttribute("open", "");
  }
}

async function readManifest() {
  try {
    const response = await fetch(`${HOME}manifest.json`);
    if (!response.ok) return [];
    return (await response.json()).models.map(describe);
  } catch {
    return [];
  }
}

function describe({ name, model, service, description, zip, zip_bytes: bytes, version_id: versionId, version }) {
  const [known, about] = WORDS[name] ?? [];
  const variant = name.slice(model.length).replaceAll("-", " ").trim();
  const heading = known ?? `${WORDS[model]?.[0] ?? title(service)}, ${variant}`;
  return { name, title: heading, about: about ?? description, service, version, versionId, bytes, address: HOME + zip };
}

/** The package of a sample. */
export async function fetchSample(address) {
  const response = await fetch(address).catch(() => undefined);
  if (response?.ok) return response.blob();
  const error = new Error(
    `Nothing came for ${address}. Check that the server still runs, then choose the sample again.`,
  );
  throw Object.assign(error, { heading: "The sample could not be fetched" });
}
