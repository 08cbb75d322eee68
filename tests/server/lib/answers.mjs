// What the server says when it cannot compute, in each of the documented forms.

/** @typedef {{ status: number, headers?: Record<string, string>, body?: string | Buffer }} Answer */

const WORDS = {
  400: ["application_error", "error.application_error", "The request is not valid"],
  401: ["access_error", "error.UNAUTHORIZED", "The token is missing or not valid"],
  403: ["access_error", "error.FORBIDDEN", "This service is not allowed for this user"],
  404: ["not_found", "error.NOT_FOUND", "The service or version was not found"],
  413: ["bad_request", "error.PAYLOAD_TOO_LARGE", "The request is too large"],
  415: ["bad_request", "error.UNSUPPORTED_MEDIA_TYPE", "The request must be JSON"],
  429: ["rate_limit", "error.RATE_LIMIT", "Too many requests"],
  500: ["internal_error", "error.internal_error", "The request could not be completed"],
  502: ["internal_error", "error.bad_gateway", "The gateway got no proper answer"],
  503: ["internal_error", "error.unavailable", "The service is unavailable"],
  504: ["internal_error", "error.timeout", "The calculation took longer than the server allows"],
};

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

/** @returns {Answer} */
export const json = (status, value, headers = {}) => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify(value),
});

/**
 * An error as the server words it.
 * @param {number} status
 * @param {{ message?: string, envelope?: 1 | 2 | 3, details?: unknown }} [options] `envelope`: 1 is that of v3, 2 that of
 *   v4 and gateways, 3 that of the older SDK
 */
export function failure(status, { message, envelope = 1, details = null } = {}) {
  const [error_category, error_type, usual] = WORDS[status] ?? ["unknown", `error.HTTP_${status}`, `Status ${status}`];
  const text = message ?? `${usual}.`;
  const bodies = {
    1: {
      status: "Error",
      response_data: null,
      response_meta: status === 401 ? null : {},
      error: { error_category, error_type, message: text, additional_details: details },
    },
    2: { errorCode: error_type.replace("error.", "").toUpperCase(), status: "Error" },
    3: { error: { status, message: text, code: error_type.replace("error.", "").toUpperCase() } },
  };
  return json(status, bodies[envelope]);
}

/** What a proxy in between answers. */
export const html = (status, text = "Sign in to continue") => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<!doctype html><html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>`,
});

/** A status and nothing else, as the identity provider does. */
export const empty = (status) => ({
  status,
  headers: status === 401 ? { "www-authenticate": 'Bearer error="invalid_token"' } : {},
  body: "",
});
