// How to go wrong: what a test asks of the server with `next`.
import { empty, failure, html } from "./answers.mjs";

/**
 * @typedef {object} Fault
 * @property {number} [times] for how many requests, 1 unless told; `Infinity` until `reset()`
 * @property {(record: import("../server.mjs").Request) => boolean} [match] for which requests; for all unless told
 * @property {boolean} [preflight] whether preflights are meant, in place of calls
 * @property {number} [status] answers this, without computing
 * @property {1 | 2 | 3} [envelope] in which form, that of v3 unless told
 * @property {string} [message] the message in it
 * @property {boolean} [html] as a web page
 * @property {boolean} [empty] without a body; 401 then has `www-authenticate`
 * @property {string | Buffer} [body] this body; with `contentType`, `application/json` unless told
 * @property {string} [contentType]
 * @property {boolean | string} [redirect] 307 to this address, or to the same one
 * @property {string | number} [retryAfter] header `Retry-After`, seconds or a date
 * @property {string | number} [xRetryAfter] header `x-retry-after`, seconds
 * @property {Record<string, string>} [headers] more headers
 * @property {number} [huge] the answer is valid and has this many bytes more
 * @property {boolean} [cors] `false`: without CORS headers
 * @property {boolean} [exposeHeaders] `false`: no header is shown to the page
 * @property {number} [delay] milliseconds before the answer
 * @property {Promise<unknown>} [hold] answers when this is settled; `stall` for never
 * @property {"headers" | "body"} [cut] breaks the connection before the answer, or in the middle of it
 * @property {"headers" | "body"} [stall] never answers, or never ends the answer
 */

export class Faults {
  #queue = [];

  /** @param {Fault} fault */
  add(fault) {
    this.#queue.push({ ...fault, left: fault.times ?? 1 });
  }

  clear() {
    this.#queue.length = 0;
  }

  /** The first fault that fits the request; it is used up by this. @returns {Fault | undefined} */
  take(record) {
    const index = this.#queue.findIndex(({ match, preflight = false }) => {
      return preflight === record.preflight && (!match || match(record));
    });
    if (index < 0) return undefined;
    const fault = this.#queue[index];
    fault.left -= 1;
    if (fault.left <= 0) this.#queue.splice(index, 1);
    return fault;
  }
}

/** What to answer in place of a computed answer; undefined when the fault wants one. */
export function instead(fault, url) {
  if (!fault) return undefined;
  const { status, redirect } = fault;
  if (redirect) return { status: 307, headers: { location: redirect === true ? url : redirect }, body: "" };
  if (fault.body !== undefined) {
    const headers = { "content-type": fault.contentType ?? "application/json" };
    return { status: status ?? 200, headers, body: fault.body };
  }
  if (fault.html) return html(status ?? 200);
  if (fault.empty) return empty(status ?? 200);
  return status === undefined ? undefined : failure(status, fault);
}

/** The answer with what the fault adds to it. */
export function altered(answer, fault = {}) {
  const headers = { ...answer.headers, ...fault.headers };
  if (fault.retryAfter !== undefined) headers["retry-after"] = String(fault.retryAfter);
  if (fault.xRetryAfter !== undefined) headers["x-retry-after"] = String(fault.xRetryAfter);
  let { body } = answer;
  // Blanks before the end of an object leave it as it is.
  if (fault.huge) body = `${`${body}`.slice(0, -1)}${" ".repeat(fault.huge)}}`;
  return { ...answer, headers, body };
}
