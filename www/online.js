// Where calls are computed: on this page, by the Spark server that `npm run demo -- --online` starts beside it, or both.
import { $ } from "./dom.js";

const WORDS = {
  offline: "Everything is computed in your browser. Nothing leaves this page.",
  fallback: "In your browser first; what fails there goes to the Spark server.",
  online: "Every call goes to the Spark server. This page needs no model for it.",
};

let endpoint;

/** Looks for the server, and shows the choice if there is one. @param {() => void} onChange */
export async function findServer(onChange) {
  if (!new URLSearchParams(location.search).has("online")) return;
  const found = await fetch("/online.json").catch(() => undefined);
  if (!found?.ok) return;
  endpoint = await found.json();
  $("where").hidden = false;
  $("path").value = "fallback";
  $("policy").hidden = false;
  $("policy").querySelector("code").textContent = `connect-src ${endpoint.url}`;
  for (const id of ["path", "broken"]) $(id).addEventListener("change", () => (show(), onChange()));
  show();
}

/** The path that calls take: `offline`, `online` or `fallback`. */
export const chosenPath = () => (endpoint ? $("path").value : "offline");

/** The part of a configuration that says where to compute `model`, an entry of `nodegenModels`. */
export function placesFor(model) {
  const path = chosenPath();
  const binary = path === "fallback" && $("broken").checked ? refuse : model.binary;
  const nodegenModels = path === "online" ? undefined : [{ ...model, binary }];
  return { nodegenModels, sparkEndpoint: path === "offline" ? undefined : endpoint };
}

/** The endpoint as the code for another page shows it: without the key. */
export function shownEndpoint() {
  if (chosenPath() === "offline") return undefined;
  const { url, tenant, authType } = endpoint;
  return { url, tenant, authType, [authType]: "<your key>" };
}

function show() {
  const path = chosenPath();
  $("path-about").textContent = WORDS[path];
  $("broken-field").hidden = path !== "fallback";
  const promise = {
    offline: "computed in your browser. Nothing you choose or type leaves this page.",
    fallback: `computed in your browser, or at ${new URL(endpoint.url).host} where that fails.`,
    online: `computed by the Spark server at ${new URL(endpoint.url).host}.`,
  };
  $("promise").textContent = `Spark models, ${promise[path]}`;
}

function refuse() {
  throw new Error("The package was withheld by the switch on this page");
}
