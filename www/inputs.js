// The inputs card: the form and the JSON of the whole request, two views of one thing.
import { $, tabs } from "./dom.js";
import { buildForm } from "./form.js";

let form;
let versionId = "";
let view = "tab-form";
/** Whatever the request holds besides the form's inputs. */
let rest = {};
let changed = () => undefined;

const select = tabs($("input-tabs"), (id) => {
  if (id === view) return;
  if (id === "tab-request") writeText(compose());
  else adopt();
  view = id;
});

$("request").addEventListener("input", () => (note(""), changed()));

/** @param {() => void} onChange */
export function onInputsChange(onChange) {
  changed = onChange;
}

/** Shows the inputs of a version of a model; without validations there is JSON alone. */
export function openInputs(id, inputs) {
  versionId = id;
  rest = {};
  const known = inputs && Object.keys(inputs).length > 0;
  form = known ? buildForm($("fields"), inputs, () => changed()) : undefined;
  if (!known) $("fields").replaceChildren();
  $("no-form").hidden = Boolean(known);
  $("no-form").textContent = inputs
    ? "The package declares no inputs: just run it, or write the request as JSON."
    : "The package does not describe its inputs: write the request as JSON.";
  view = inputs ? "tab-form" : "tab-request";
  select(view);
  writeText(compose());
}

/** The request as it stands, or undefined when there is none; then it is said where the fault is. */
export function takeRequest() {
  if (view === "tab-request") return parseText();
  const control = form?.unusable();
  if (!control) return compose();
  control.focus();
  return undefined;
}

/** The same without complaint, for display. */
export function peekRequest() {
  try {
    return view === "tab-request" ? JSON.parse($("request").value) : compose();
  } catch {
    return undefined;
  }
}

export function resetInputs() {
  rest = {};
  form?.reset();
  writeText(compose());
  changed();
}

function compose() {
  let inputs = {};
  try {
    inputs = form?.values() ?? {};
  } catch {
    // A field holds JSON that is not finished; it is marked, and running is refused.
  }
  const data = { ...rest.request_data, inputs: { ...rest.request_data?.inputs, ...inputs } };
  return { ...rest, request_data: data, request_meta: rest.request_meta ?? { version_id: versionId } };
}

/** Takes over what the JSON says; text that is no request changes nothing and is lost only by an edit of the form. */
function adopt() {
  const request = peekRequest();
  const inputs = request?.request_data?.inputs;
  if (!form || typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) return;
  form.fill(inputs);
  const others = Object.fromEntries(Object.entries(inputs).filter(([name]) => !form.names.has(name)));
  rest = { ...request, request_data: { ...request.request_data, inputs: others } };
  changed();
}

function parseText() {
  try {
    const request = JSON.parse($("request").value);
    note("");
    return request;
  } catch (error) {
    note(`This is not JSON: ${error.message}`);
    $("request").focus();
    return undefined;
  }
}

function writeText(request) {
  $("request").value = JSON.stringify(request, null, 2);
  note("");
}

function note(message) {
  $("request-note").textContent = message;
  $("request-note").hidden = !message;
  $("request").toggleAttribute("aria-invalid", Boolean(message));
}
