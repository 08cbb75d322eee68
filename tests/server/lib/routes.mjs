// Which address means what. Fixed words in any letter case, names percent-encoded.

/**
 * @typedef {{ api: "v3" | "v4" | "health", method: string, tenant?: string, isPublic?: boolean,
 *   target?: { version_id?: string, service_id?: string, folder?: string, service?: string, proxy?: string } }} Route
 */

const NAME = "([^/]+)";
const V3 = [
  [`folders/${NAME}/services/${NAME}/execute`, (folder, service) => ({ folder, service })],
  [`service/${NAME}`, (service_id) => ({ service_id })],
  [`version/${NAME}`, (version_id) => ({ version_id })],
  [`proxy/${NAME}`, (proxy) => ({ proxy })],
].map(([pattern, target]) => [new RegExp(`^/${NAME}/api/v3/(public/)?${pattern}$`, "i"), target]);
const GENERIC = new RegExp(`^/${NAME}/api/v3/(public/)?execute$`, "i");
const V4 = new RegExp(`^/${NAME}/api/v4/(public/)?execute$`, "i");

/**
 * @param {string} pathname as it came
 * @param {"documented" | "generic"} which `generic`: as old servers, which know nothing but `/api/v3/[public/]execute`
 * @returns {Route | undefined}
 */
export function route(pathname, which) {
  if (/^\/(health|healthcheck)$/i.test(pathname)) return { api: "health", method: "GET" };
  try {
    const generic = GENERIC.exec(pathname);
    if (generic) {
      // The public form was never documented; for that there is `public/version/{id}`.
      if (generic[2] && which !== "generic") return undefined;
      return made("v3", generic, {});
    }
    if (which === "generic") return undefined;
    const batch = V4.exec(pathname);
    if (batch) return made("v4", batch, {});
    for (const [pattern, target] of V3) {
      const found = pattern.exec(pathname);
      if (found) return made("v3", found, target(...found.slice(3).map(decodeURIComponent)));
    }
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return undefined;
}

const made = (api, [, tenant, isPublic], target) => {
  return { api, method: "POST", tenant: decodeURIComponent(tenant), isPublic: Boolean(isPublic), target };
};
