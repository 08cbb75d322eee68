// A model's call to another service: what its engine asks, and the text that it gets for an answer. The formats are those
// of Coherent's own runners: `xcall_version` 2 and 3 want the whole response with `xcall_meta` beside it, 1 (or none) wants
// it as `data` beside `metadata`.

import { usualId } from "./payload.js";

/**
 * Reads what an engine asks.
 * @param {string} text
 * @returns {{ spread: boolean, name: string, uri?: string, folder?: string, service?: string, input?: object,
 *   hasId?: boolean, version?: string, date?: string, request: unknown, wrong?: string }} `wrong` says why there is no
 *   `input`; `hasId`: a version id may decide
 */
export function readXcall(text) {
  let request;
  try {
    request = JSON.parse(text);
  } catch {
    // `wrong` says so.
  }
  const { service_uri, folder_name, service_name, request_body, xcall_version } = Object(request);
  const named = (value) => (typeof value === "string" && value.trim() !== "" ? value : undefined);
  const [uri, folder, service] = [service_uri, folder_name, service_name].map(named);
  const asked = {
    spread: [2, 3].includes(Number(xcall_version)),
    name: uri ?? `folders/${folder ?? ""}/services/${service ?? ""}`,
    uri,
    folder,
    service,
    request: request ?? text,
  };
  try {
    const input = typeof request_body === "string" ? JSON.parse(request_body) : request_body;
    if (typeof input === "object" && input !== null && !Array.isArray(input)) {
      const { version, transaction_date, version_id, version_uuid } = Object(input.request_meta);
      const hasId = version_id !== undefined || version_uuid !== undefined;
      return { ...asked, input, hasId, version: named(version), date: named(transaction_date) };
    }
  } catch {
    // As below.
  }
  return { ...asked, wrong: request === undefined ? "not JSON" : "without a request_body that is a JSON object" };
}

/** The request to the other service as text, when there is nothing in it to normalise; most are such. */
export function childText({ input }, id) {
  const { request_data, request_meta } = input;
  const meta = Object(request_meta);
  const isUsual = usualId({ request_data, request_meta: { ...meta, version_id: "" } }) !== undefined;
  return isUsual ? JSON.stringify({ ...input, request_meta: { ...meta, version_id: id } }) : undefined;
}

/** The answer to an engine: the other service's response, given as text. */
export const xcallReply = (asked, status, ms, response) => reply(asked, { status, code: "", ms }, response);

/** The answer to an engine when there is no response. */
export function xcallFailure(asked, { status, code, message, v3 }, ms) {
  const none = { status: "Error", response_data: null, response_meta: {}, error: v3 };
  return reply(asked, { status, code, ms, message }, asked.spread ? JSON.stringify(none) : "{}");
}

function reply({ spread, name }, { status, code, ms, message }, response) {
  const json = JSON.stringify;
  if (!spread) {
    const metadata = { calltype: "SparkService", name, status, error_code: code, response_time: ms, message };
    return `{"metadata":${json(metadata)},"data":${response}}`;
  }
  const meta = { http_status_code: status, http_response_time: ms, error_details: message && `${code}: ${message}` };
  const members = response.trim().slice(1, -1);
  return `{${members}${members.trim() && ","}"xcall_meta":${json(meta)}}`;
}

/** What the caller's own function for other services answered, as the engine wants it; throws when it is not JSON. */
export function externalReply(value) {
  if (typeof value === "string") return value;
  const text = value instanceof Response ? undefined : JSON.stringify(value ?? null);
  if (text === undefined) throw new TypeError("it gave something that is not JSON (of a Response, give its json())");
  return text;
}
