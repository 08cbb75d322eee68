// Cross-origin requests, as strictly as the rules allow: what was not announced is refused, credentials always are.

/** Headers that the documentation lets a caller send. */
export const ALLOWED_HEADERS = [
  "authorization",
  "content-encoding",
  "content-type",
  "x-request-id",
  "x-spark-ua",
  "x-synthetic-key",
  "x-tenant-name",
];
const EXPOSED = "retry-after, x-request-id, x-retry-after";

/** @typedef {{ origins?: string[], headers?: string[], maxAge?: number }} CorsOptions */

/** @param {CorsOptions} options `origins`: all unless told; `maxAge`: for how long browsers remember, 0 unless told */
export function corsOf({ origins, headers = ALLOWED_HEADERS, maxAge = 0 } = {}) {
  const welcome = (origin) => origin !== undefined && (!origins || origins.includes(origin));

  /** What every answer to a page carries. Never `Access-Control-Allow-Credentials`. */
  function answerHeaders({ origin }, { expose = true } = {}) {
    if (!welcome(origin)) return { vary: "Origin" };
    const exposed = expose ? { "access-control-expose-headers": EXPOSED } : {};
    return { vary: "Origin", "access-control-allow-origin": origin, ...exposed };
  }

  /** @param {import("./routes.mjs").Route | undefined} route @returns {import("./answers.mjs").Answer} */
  function preflight(request, route) {
    const { origin, "access-control-request-method": method, "access-control-request-headers": asked } = request.headers;
    const names = asked ? asked.split(",").map((name) => name.trim().toLowerCase()) : [];
    const reason = !origin
      ? "no Origin"
      : !method
        ? "no Access-Control-Request-Method"
        : !welcome(origin)
          ? `origin ${origin}`
          : !route
            ? "unknown address"
            : method !== route.method
              ? `method ${method}`
              : names.filter((name) => !headers.includes(name)).map((name) => `header ${name}`)[0];
    if (reason) return { status: 403, headers: { vary: "Origin", "x-refused": reason }, body: "" };
    return {
      status: 204,
      headers: {
        vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        "access-control-allow-origin": origin,
        "access-control-allow-methods": route.method,
        ...(names.length ? { "access-control-allow-headers": names.join(", ") } : {}),
        "access-control-max-age": String(maxAge),
      },
    };
  }

  return { answerHeaders, preflight };
}
