// The other side, for the server's own tests: requests as a page sends them, with Node's means.

export const ORIGIN = "http://page.example:8080";
export const V3 = { request_data: { inputs: { radius: 1, height: 1 } }, request_meta: {} };
export const CYLINDER = "/example/api/v3/folders/geometry/services/volume-cylinder/execute";

/** The headers of a caller with a synthetic key. */
export const keyed = (server, tenant = server.tenant) => ({ "x-synthetic-key": server.key, "x-tenant-name": tenant });
export const bearer = (token) => ({ authorization: `Bearer ${token}` });

/**
 * @param {{ url: string, token: string }} server
 * @param {string} path
 * @param {unknown} [body] an object is sent as JSON
 * @param {Record<string, string>} [headers] in place of the bearer token
 */
export async function post(server, path, body = V3, headers = bearer(server.token)) {
  const raw = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const all = { origin: ORIGIN, "content-type": "application/json", ...headers };
  const response = await fetch(server.url + path, { method: "POST", headers: all, body: raw, redirect: "manual" });
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json, outputs: json?.response_data?.outputs };
}

/** A preflight. `fetch` would add headers of its own. */
export async function preflight(server, path, { origin = ORIGIN, method = "POST", headers = "content-type" } = {}) {
  const sent = {
    ...(origin ? { origin } : {}),
    ...(method ? { "access-control-request-method": method } : {}),
    ...(headers ? { "access-control-request-headers": headers } : {}),
  };
  const response = await fetch(server.url + path, { method: "OPTIONS", headers: sent });
  const answered = [...response.headers].filter(([name]) => name.startsWith("access-control-") || name === "x-refused");
  return { status: response.status, ...Object.fromEntries(answered) };
}
