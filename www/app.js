// The page: choose a model, fill in its inputs, run it, see what comes back.
import { setUpBatch } from "./batch.js";
import { $, announce, copyButton, formatBytes, formatMs, h, tabs } from "./dom.js";
import { onDrop } from "./drop.js";
import { onInputsChange, openInputs, peekRequest, resetInputs, takeRequest } from "./inputs.js";
import { figures, runMany, sparkline } from "./many.js";
import { chosenPath, findServer, placesFor, shownEndpoint } from "./online.js";
import { inspect } from "./package.js";
import {
  lastJson,
  markStale,
  reveal,
  selectResult,
  showCancelled,
  showDone,
  showFailed,
  showIdle,
  showRunning,
} from "./result.js";
import { fetchSample, listSamples, markSample } from "./samples.js";
import { snippet } from "./snippet.js";
import { onStop, showNumbers, watch as watchInside } from "./watch.js";

const MANY = 1000;
const { Spark } = /** @type {any} */ (globalThis);

/** What is chosen: `blob` is the package, `address` where a page would fetch it from, `version` one of `versions`. */
let model;
let spark;
/** The run in progress, with a way to end it. */
let busy;
let called = false;
/** Why the last call could not be computed here and went online. */
let fellBack;
/** A change came while a run was on its way, for "Run on change". */
let again = false;
let codeKind = "script";
/** Counts choices: an answer that belongs to an older one is dropped. */
let turn = 0;

const replicas = () => Number(document.querySelector("[name=replicas]:checked").value);

async function choose({ blob, address, fileName, title, about, versionId, sample }) {
  const mine = ++turn;
  unload();
  model = undefined;
  enable(false);
  markSample(sample);
  history.replaceState(null, "", sample ? `#${sample}` : location.pathname + location.search);
  showHeading(title, about ?? "", []);
  $("version-field").hidden = true;
  try {
    blob ??= await fetchSample(address);
  } catch (error) {
    if (mine === turn) showFailed(error);
    return;
  }
  const fallback = versionId ?? (fileName.replace(/\.zip$/i, "").trim() || "model");
  const found = await inspect(blob, fallback).catch(() => undefined);
  if (mine !== turn) return;
  const versions = found?.versions ?? [{ id: fallback, label: "", inputs: undefined, compiler: undefined }];
  model = { blob, address, title, about, fileName, files: found?.files, versions };
  $("version").replaceChildren(
    ...versions.map(({ label, id }, at) => h("option", { value: String(at), text: label || id })),
  );
  $("version-field").hidden = versions.length < 2;
  openVersion(versions.find(({ id }) => id === versionId) ?? versions[0]);
  // The page cannot look inside, so the package shall say what is wrong.
  if (!found && spark) await run({ request_data: { inputs: {} }, request_meta: { version_id: fallback } });
}

function openVersion(version) {
  model.version = version;
  $("version").value = String(model.versions.indexOf(version));
  const facts = [
    formatBytes(model.blob.size),
    model.files && `${model.files} files`,
    version.compiler && `Compiler ${version.compiler}`,
  ];
  showHeading(model.title, model.about ?? "", [model.fileName, ...facts, version.id !== model.title && version.id]);
  openInputs(version.id, version.inputs);
  showIdle("Press Run to compute.");
  load();
}

function showHeading(title, about, facts) {
  $("model-title").textContent = title;
  $("model-about").textContent = about;
  $("model-about").hidden = !about;
  const items = facts.filter(Boolean);
  $("facts").replaceChildren(...items.map((fact) => h("li", { text: fact })));
  $("facts").hidden = !items.length;
}

/** Makes the `Spark` for the chosen model; nothing is loaded before the first call. */
function load() {
  unload();
  const { blob, version } = model;
  try {
    spark = new Spark(placesFor({ versionId: version.id, type: "base64", binary: blob, replica: replicas() }));
    spark.addEventListener("fallback", ({ detail }) => (fellBack = detail.error));
    watchInside(spark, showStats);
  } catch (error) {
    enable(false);
    showFailed(error);
    return;
  }
  enable(true);
  showStats();
  showCode();
}

function unload() {
  busy?.cancel();
  busy = undefined;
  spark?.destroy();
  spark = undefined;
  called = again = false;
  for (const id of ["last", "first", "alive", "memory"]) $(id).textContent = "–";
  $("rate").textContent = "Calls one after the other on each replica, with the inputs above.";
  for (const id of ["spark", "progress", "batch-run"]) $(id).hidden = true;
}

/** Runs once; whether there is something new to see. */
async function run(given) {
  if (busy || !spark) return false;
  const request = given ?? takeRequest();
  if (request === undefined) return false;
  const mine = spark;
  const began = performance.now();
  fellBack = undefined;
  try {
    const { response, cancellationToken } = mine.executeWithCancellationToken(request, idFor(request));
    start({ cancel: () => cancellationToken.cancel() });
    swap("run", "cancel");
    showRunning(chosenPath() === "online" ? "Asking the server…" : called ? "Running…" : "Loading and running…");
    const answer = await response;
    if (mine !== spark) return false;
    const ms = performance.now() - began;
    showDone(answer, ms, called, answer.executionPath === "online" ? fellBack : undefined);
    showTimes(ms);
  } catch (error) {
    if (mine !== spark) return false;
    const ms = performance.now() - began;
    if (Spark.isError(error, "CANCELLED")) showCancelled(ms);
    else showFailed(error, ms);
  } finally {
    if (mine === spark) stop();
  }
  return true;
}

async function runThousand() {
  if (busy) return busy.cancel();
  if (!spark) return;
  const request = takeRequest();
  if (request === undefined) return;
  const mine = spark;
  const controller = new AbortController();
  start({ cancel: () => controller.abort() });
  Object.assign($("many"), { disabled: false, textContent: "Cancel" });
  $("progress").hidden = false;
  const progress = (times) => {
    $("progress").value = times.length;
    $("rate").textContent = `${times.length.toLocaleString()} of ${MANY.toLocaleString()} calls`;
    $("spark").hidden = false;
    sparkline($("spark"), times, MANY);
    showStats();
  };
  progress([]);
  const options = { signal: controller.signal };
  const id = idFor(request);
  const job = {
    call: () => mine.execute(request, id, options),
    total: MANY,
    lanes: replicas(),
    stopped: () => controller.signal.aborted,
  };
  try {
    // The first call loads the package: it is not one of the thousand.
    if (!called) {
      const began = performance.now();
      const answer = await job.call();
      showDone(answer, performance.now() - began, called);
      showTimes(performance.now() - began);
    }
    const { times, seconds } = await runMany({ ...job, progress });
    if (mine !== spark) return;
    progress(times);
    controller.signal.throwIfAborted();
    const { median, p95, max } = figures(times);
    const words = `${Math.round(times.length / seconds).toLocaleString()} calls/s`;
    const spread = `half under ${formatMs(median)}, 95 % under ${formatMs(p95)}, longest ${formatMs(max)}`;
    $("rate").replaceChildren(h("strong", { id: "calls-per-second", text: words }), ` · ${spread}`);
    $("last").textContent = formatMs(times[times.length - 1]);
    announce(`${words}, ${spread}`);
  } catch (error) {
    if (mine !== spark) return;
    if (controller.signal.aborted) $("rate").textContent = `Cancelled after ${$("progress").value} calls.`;
    else showFailed(error);
  } finally {
    if (mine === spark) stop();
    $("progress").hidden = true;
  }
}

/** The request decides where it names a version; otherwise the chosen one is meant. */
const idFor = (request) => (request?.request_meta?.version_id ? undefined : model.version.id);

let watch = 0;

function start({ cancel }) {
  busy = { cancel };
  enable(false);
  clearInterval(watch);
  watch = setInterval(showStats, 250);
}

function stop() {
  busy = undefined;
  enable(true);
  showStats();
  if (again) {
    again = false;
    run();
  }
}

function enable(ready) {
  for (const id of ["run", "reset", "many", "csv", "csv-template"]) $(id).disabled = !ready;
  $("replicas").disabled = !ready;
  $("version").disabled = !ready;
  $("many").textContent = `Run ${MANY.toLocaleString()} times`;
  swap("cancel", "run");
}

/** One button takes the place of another, and the keyboard's focus with it. */
function swap(from, to) {
  const focused = document.activeElement === $(from);
  $(from).hidden = true;
  $(to).hidden = false;
  if (focused) $(to).focus({ preventScroll: true });
}

function showTimes(ms) {
  $("last").textContent = formatMs(ms);
  if (!called) $("first").textContent = formatMs(ms);
  called = true;
}

function showStats() {
  const stats = spark?.stats()[0];
  if (!stats) return;
  showNumbers(stats);
  const { replicas: alive, starting, memory } = stats;
  $("alive").textContent = `${alive} of ${replicas()}${starting ? `, ${starting} starting` : ""}`;
  $("memory").textContent = memory ? formatBytes(memory) : "–";
  if (!busy && !starting) clearInterval(watch);
}

function showCode() {
  const request = peekRequest();
  if (!model || request === undefined) return;
  const { address, version } = model;
  const use = { address, versionId: version.id, replicas: replicas(), request, endpoint: shownEndpoint() };
  $("code").textContent = snippet({ ...use, online: chosenPath() === "online" }, codeKind);
}

onInputsChange(() => {
  markStale();
  showCode();
  if (!$("auto").checked || peekRequest() === undefined || document.querySelector("#fields [aria-invalid]")) return;
  if (busy) again = true;
  else run();
});

function takeFile(file) {
  if (!file) return;
  const name = file.name.replace(/\.zip$/i, "");
  choose({ blob: file, address: `/models/${encodeURIComponent(file.name)}`, fileName: file.name, title: name });
}

function chooseSample(sample) {
  const { title, about, versionId, address, name } = sample;
  return choose({ address, fileName: address.split("/").pop(), title, about, versionId, sample: name });
}

// Buttons and keys.
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  run().then((ended) => ended && reveal());
});
$("form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") busy?.cancel();
});
$("cancel").addEventListener("click", () => busy?.cancel());
$("reset").addEventListener("click", resetInputs);
onStop(() => busy?.cancel(), load);
$("many").addEventListener("click", runThousand);
$("replicas").addEventListener(
  "change",
  () => model && (load(), announce(`${replicas()} replicas from the next call on`)),
);
$("version").addEventListener("change", (event) => openVersion(model.versions[Number(event.target.value)]));
$("file").addEventListener("change", (event) => {
  takeFile(event.target.files[0]);
  // The same file may be chosen again after it was changed on disk.
  event.target.value = "";
});
selectResult(tabs($("result-tabs")));
tabs($("code-tabs"), (id) => {
  codeKind = id === "tab-module" ? "module" : "script";
  $("panel-code").hidden = false;
  $("panel-code").setAttribute("aria-labelledby", id);
  showCode();
});
copyButton($("copy-json"), lastJson);
copyButton($("copy-code"), () => $("code").textContent);

const takeCsv = setUpBatch({
  current() {
    const request = busy || !spark ? undefined : takeRequest();
    return request && { spark, id: model.version.id, inputs: request.request_data?.inputs ?? {} };
  },
  isCurrent: (mine) => mine === spark,
  begin: start,
  end: stop,
});
onDrop((file) => takeCsv(file) || takeFile(file));
addEventListener("pagehide", (event) => !event.persisted && spark?.destroy());

if (typeof Spark === "function") {
  await findServer(() => model?.version && load());
  const samples = await listSamples(chooseSample);
  const asked = () => samples.find(({ name }) => name === location.hash.slice(1));
  addEventListener("hashchange", () => asked() && chooseSample(asked()));
  // A file may have been dropped meanwhile.
  if (turn === 0 && samples.length) await chooseSample(asked() ?? samples[0]);
} else {
  const error = new Error(
    "/dist/browser.js did not define Spark. Build the package with `npm run build`, then reload.",
  );
  showFailed(Object.assign(error, { heading: "The package is not here" }));
}
