// Errors as a person wants them: what happened, what to do, the code to search for; the rest on demand.
import { formatMs, h } from "./dom.js";

const OTHER_FILE = "Choose the .zip that the model's compiler made, or take a sample.";
const AGAIN = "Change the inputs and run again.";

const ONLINE = new Set([
  "CREDENTIAL_INVALID",
  "UNAUTHORIZED",
  "FORBIDDEN",
  "REQUEST_REFUSED",
  "RATE_LIMITED",
  "UNAVAILABLE",
  "SERVER_ERROR",
  "NETWORK",
  "ONLINE_RESPONSE_INVALID",
]);

/** code → what happened, and what to do on this page where the message does not say it. */
const WORDS = {
  CREDENTIAL_INVALID: ["There is no key for the server", "Start the demo again: it gives the page its key."],
  UNAUTHORIZED: ["The server does not accept the key", "Reload the page: it fetches the key anew."],
  FORBIDDEN: ["This key may not run the model"],
  REQUEST_REFUSED: ["The server refused the request", AGAIN],
  RATE_LIMITED: ["The server got too many requests"],
  UNAVAILABLE: ["The server is not available", "Run it again in a moment."],
  SERVER_ERROR: ["The server failed on this request", AGAIN],
  NETWORK: ["The server did not answer", "Check that it still runs, then run again."],
  ONLINE_RESPONSE_INVALID: ["The server's answer cannot be read"],
  CIRCUIT_OPEN: ["The model failed too often"],
  CONFIG_INVALID: ["The configuration is not right"],
  REQUEST_INVALID: ["The request cannot be computed as it is", "Correct it in the JSON tab, or reset the inputs."],
  VERSION_ID_MISSING: ["The request does not say which model to run"],
  MODEL_NOT_FOUND: ["There is no model with this version id", "Check request_meta.version_id in the JSON tab."],
  TIMEOUT: ["The model took too long"],
  DESTROYED: ["The model was unloaded meanwhile", "Run it again."],
  UNSUPPORTED_ENVIRONMENT: ["This browser cannot run models", "Open the page in a current browser."],
  WASM_BLOCKED: ["The page's security policy blocks WebAssembly"],
  WORKER_BLOCKED: ["The page's security policy blocks workers"],
  WORKER_START: ["The worker did not start"],
  WORKER_CRASHED: ["The worker stopped unexpectedly", AGAIN],
  BINARY_INVALID: ["This file cannot be read", OTHER_FILE],
  BINARY_FETCH: ["The package could not be fetched"],
  BASE64_INVALID: ["The package is not valid base64"],
  ZIP_INVALID: ["This is not a readable model package", OTHER_FILE],
  PACKAGE_INCOMPLETE: ["The package is not complete", OTHER_FILE],
  PACKAGE_AMBIGUOUS: ["The package is ambiguous", OTHER_FILE],
  CHECKSUM_MISMATCH: ["The package is damaged", "Download it again: its content differs from what its compiler wrote."],
  PACKAGE_TOO_LARGE: ["The package is too large"],
  WASM_INVALID: ["The model's engine cannot be compiled", "Download the package again."],
  GLUE_FAILED: ["The model did not start"],
  MODEL_CONSTRUCT: ["The model could not prepare its workbook", "Download the package again."],
  ENGINE_EXCEPTION: ["The model could not compute this request", AGAIN],
  ENGINE_TRAP: ["The model crashed on this request", AGAIN],
  OUT_OF_MEMORY: ["The model ran out of memory", "Use fewer replicas or smaller inputs."],
  RESPONSE_INVALID: ["The model's answer cannot be read", AGAIN],
};

/** The words for an error. */
export function wordsFor(error) {
  const [heading, action = ""] = WORDS[error?.code] ?? [error?.heading ?? "Something went wrong"];
  return { heading, action };
}

const isOurs = (error) => globalThis.Spark?.isError(error) === true;
/** Whether the server failed, or could not be reached. */
const isOnline = (error) => isOurs(error) && ONLINE.has(error.code);
const codeChip = ({ code }) => h("code", { class: "chip", text: code });

/** Shows `error` in `container`. */
export function showProblem(container, error) {
  const { heading, action } = wordsFor(error);
  // Both paths failed: the page's own trouble came first.
  const first = isOnline(error) && isOurs(error.cause) ? error.cause : undefined;
  const wait = error?.retryAfter ? `Run it again in ${formatMs(error.retryAfter)}.` : "";
  const facts = [
    ["Code", error?.code],
    ["Name", error?.name],
    ["Where", error?.path],
    ["HTTP status", isOnline(error) ? error.status : undefined],
    ["Request id at the server", error?.requestId],
    ["Reported by the engine, the server or the browser", error?.details],
    ["Cause", error?.cause === undefined || first ? undefined : String(error.cause?.message ?? error.cause)],
  ].filter(([, value]) => value !== undefined && value !== "");
  const rows = facts.map(([name, value]) =>
    h("div", {}, h("dt", { text: name }), h("dd", {}, h("code", { text: String(value) }))),
  );
  container.replaceChildren(
    h(
      "div",
      { class: "problem", role: "alert" },
      h("h4", { text: heading }),
      h("p", { class: "message", text: String(error?.message ?? error) }),
      action || wait ? h("p", { class: "action", text: wait || action }) : null,
      first ? h("p", { class: "first" }, h("strong", { text: "Before that, on this page: " }), first.message) : null,
      error?.code ? h("p", { class: "code-line" }, ...[error, first].filter(Boolean).map(codeChip)) : null,
      facts.length ? h("details", {}, h("summary", { text: "Details" }), h("dl", {}, ...rows)) : null,
    ),
  );
}
