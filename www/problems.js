// Errors as a person wants them: what happened, what to do, the code to search for; the rest on demand.
import { h } from "./dom.js";

const OTHER_FILE = "Choose the .zip that the model's compiler made, or take a sample.";
const AGAIN = "Change the inputs and run again.";

/** code → what happened, and what to do on this page where the message does not say it. */
const WORDS = {
  CONFIG_INVALID: ["The configuration is not right"],
  REQUEST_INVALID: ["The request cannot be computed as it is", "Correct it in the JSON tab, or reset the inputs."],
  VERSION_ID_MISSING: ["The request does not say which model to run"],
  MODEL_NOT_FOUND: ["No model has this version id", "Check request_meta.version_id in the JSON tab."],
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

/** Shows `error` in `container`. */
export function showProblem(container, error) {
  const { heading, action } = wordsFor(error);
  const facts = [
    ["Code", error?.code],
    ["Name", error?.name],
    ["Where", error?.path],
    ["Reported by the engine or the browser", error?.details],
    ["Cause", error?.cause === undefined ? undefined : String(error.cause?.message ?? error.cause)],
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
      action ? h("p", { class: "action", text: action }) : null,
      error?.code ? h("p", { class: "code-line" }, h("code", { class: "chip", text: error.code })) : null,
      facts.length ? h("details", {}, h("summary", { text: "Details" }), h("dl", {}, ...rows)) : null,
    ),
  );
}
