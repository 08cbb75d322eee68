// One request to the endpoint and what came of it. Where to, with what and how often is decided elsewhere.

import { waitMs } from "./dates.js";
import { as } from "./payload.js";

/** As much of an answer that is no result is read, in characters. */
const ERROR_TEXT = 65_536;

/**
 * Sends a request; the promise is rejected when nothing came back.
 * @param {typeof fetch | undefined} ownFetch the caller's, in place of the browser's
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {string | ArrayBuffer} body JSON text
 * @param {number} compressAbove bytes; larger bodies are compressed
 * @param {AbortSignal} signal
 * @param {"string" | "bytes" | undefined} output how a result is wanted; only what becomes an object is looked into
 * @returns {Promise<object>} `response` when it is a result; otherwise `unexpected` (see `Unexpected` in the core) or
 *   what the body says
 */
export async function ask(ownFetch, url, headers, body, compressAbove, signal, output) {
  const [sent, encoding] = await compressed(body, compressAbove);
  const init = {
    method: "POST",
    headers: { ...headers, ...encoding },
    body: sent,
    signal,
    // The credential is in a header and must not travel to where a redirect leads; cookies are not wanted.
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  };
  const answer = await (ownFetch ?? fetch)(url, init);
  const { status } = Object(answer);
  const isResponse = status > 0 && typeof answer.text === "function" && typeof answer.headers?.get === "function";
  if (!isResponse || answer.bodyUsed) return { status: 0, unexpected: "fetch" };
  const header = (name) => answer.headers.get(name) ?? undefined;
  const told = {
    status,
    requestId: header("x-request-id"),
    retryAfterMs: waitMs(header("retry-after"), header("x-retry-after")),
  };
  if (status !== 200) return { ...told, ...errorIn(await beginning(answer)) };
  if (output && /\bjson\b/i.test(header("content-type"))) {
    const inBytes = output === "bytes" && typeof answer.arrayBuffer === "function";
    const response = inBytes ? new Uint8Array(await answer.arrayBuffer()) : as(output, String(await answer.text()));
    if (response.length > 0) return { ...told, response };
    return { ...told, unexpected: "empty" };
  }
  const text = String(await answer.text());
  const response = parsed(text);
  if (isObject(response) && isObject(response.response_data)) {
    return { ...told, response: output ? as(output, text) : response, text };
  }
  const unexpected = response !== undefined ? "shape" : text.trim() === "" ? "empty" : isHtml(text) ? "html" : "text";
  return { ...told, unexpected, ...errorIn(text) };
}

/** The body as it is sent, and the headers that say so. */
async function compressed(body, above) {
  // A character is a byte or more.
  if (!((body.byteLength ?? body.length) > above) || typeof CompressionStream === "undefined") return [body];
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  return [await new Response(stream).blob(), { "Content-Encoding": "gzip" }];
}

/** As much of the body as an error may need; a server may send more than that, or break off. */
async function beginning(answer) {
  let text = "";
  try {
    const reader = answer.body?.getReader();
    if (!reader) return String(await answer.text());
    const decoder = new TextDecoder();
    while (text.length < ERROR_TEXT) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
    reader.cancel().catch(() => {});
  } catch {
    // The status says enough.
  }
  return text;
}

/** What a server's body says went wrong, in any of the shapes that Spark's servers and gateways use. */
function errorIn(text) {
  const { error, errorCode, message } = Object(parsed(text));
  const { message: inner, error_type, code } = Object(error);
  const first = (...values) => values.find((value) => typeof value === "string" && value !== "");
  return {
    message: first(inner, message, error),
    code: first(error_type, code, errorCode),
    html: isHtml(text),
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isHtml = (text) => /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text);

/** The request with this version, unless it has one, and this version id, or none. */
export function forEndpoint(text, version, version_id) {
  const request = JSON.parse(text);
  request.request_meta = { version, ...request.request_meta, version_id };
  return JSON.stringify(request);
}
