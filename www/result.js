// The result card: what state the last run is in, its outputs, its JSON.
import { $, announce, formatMs } from "./dom.js";
import { showResponse, summary } from "./outputs.js";
import { showProblem, wordsFor } from "./problems.js";

const SHOWN_JSON = 200_000;
/** Shorter runs show no clock: it would only flicker. */
const QUIET_MS = 200;

let clock = 0;
let select = (_id) => undefined;
let json = "";

/** The whole JSON of the last result, for copying. */
export const lastJson = () => json;

/** Gives this card the function that selects its tab. */
export function selectResult(selectTab) {
  select = selectTab;
}

export function showIdle(message) {
  set("idle", "");
  showPath();
  $("outputs").replaceChildren(
    Object.assign(document.createElement("p"), { className: "empty", textContent: message }),
  );
  showJson(undefined);
}

export function showRunning(words) {
  const began = performance.now();
  $("result").setAttribute("aria-busy", "true");
  clearInterval(clock);
  clock = setInterval(() => {
    const elapsed = performance.now() - began;
    if (elapsed > QUIET_MS) set("running", `${words} ${(elapsed / 1000).toFixed(1)} s`);
  }, 100);
}

/** `because`: why it was not computed on the page, if that was tried. */
export function showDone(response, ms, loaded, because) {
  const computed = loaded || response.executionPath === "online" ? "Computed" : "Loaded and computed";
  const words = `${computed} in ${formatMs(ms)}: ${summary(response)}`;
  set("done", words);
  showPath(response.executionPath, because);
  showResponse($("outputs"), response);
  showJson(response);
  announce(`${words}. ${$("path-taken").textContent}`);
}

/** Which path the answer took. */
function showPath(path, because) {
  $("path-taken").hidden = !path;
  $("path-taken").dataset.path = path ?? "";
  $("path-taken").textContent = { offline: "On this page", online: "Online" }[path] ?? "";
  $("because").hidden = !because;
  $("because").textContent = because ? `Not on this page: ${wordsFor(because).heading.toLowerCase()} (${because.code}).` : "";
}

export function showFailed(error, ms) {
  showPath();
  set("failed", ms === undefined ? "Failed" : `Failed after ${formatMs(ms)}`);
  showProblem($("outputs"), error);
  select("tab-outputs");
  const { name, code, status, message, path, details, requestId, retryAfter } = error ?? {};
  showJson({ error: { name, code, status, message, path, details, requestId, retryAfter } });
  announce(wordsFor(error).heading);
}

/** A cancelled run takes nothing away: the result before it stays. */
export function showCancelled(ms) {
  set("cancelled", `Cancelled after ${formatMs(ms)}`);
  announce("Cancelled");
}

/** Brings the result into view where it stands below the screen, as it does on a phone. */
export function reveal() {
  const card = $("result");
  if (card.getBoundingClientRect().top < window.innerHeight - 120) return;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  card.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

/** Says that the inputs no longer belong to the outputs. */
export function markStale() {
  const card = $("result");
  if (card.dataset.state === "done" && !card.dataset.stale) card.dataset.stale = "yes";
}

function set(state, words) {
  if (state !== "running") {
    clearInterval(clock);
    $("result").setAttribute("aria-busy", "false");
    delete $("result").dataset.stale;
  }
  $("result").dataset.state = state;
  $("state").textContent = words;
}

function showJson(value) {
  json = value === undefined ? "" : JSON.stringify(value, null, 2);
  const cut = json.length > SHOWN_JSON;
  $("json").textContent = cut ? `${json.slice(0, SHOWN_JSON)}…` : json || "Nothing yet.";
  $("json-note").hidden = !cut;
  $("json-note").textContent = cut
    ? `The beginning of ${json.length.toLocaleString()} characters; Copy takes them all.`
    : "";
  $("copy-json").disabled = !json;
}
