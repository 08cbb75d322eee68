// A model that runs here calls another service of its tenant. The reply is a text in the form its version has, always.
import { find, parseUri } from "./registry.mjs";

const MAX_DEPTH = 16;
const CODES = { 400: "BAD_REQUEST", 404: "NOT_FOUND", 504: "TIMEOUT" };

/**
 * @param {import("./registry.mjs").Version[]} versions
 * @param {() => import("./execute.mjs").Executor} executor
 */
export function xcallOf(versions, executor) {
  /** @param {any} request as the model wrote it @param {{ depth: number, tenant: string }} context */
  return async function answer(request, context) {
    const began = performance.now();
    const { folder_name, service_name, service_uri, xcall_version } = request;
    const name = service_uri || `folders/${folder_name}/services/${service_name}`;
    const { status, body, problem } = await outcome();
    const time = Math.round(performance.now() - began);
    if (Number(xcall_version) === 2 || Number(xcall_version) === 3) {
      const details = problem ? { error_details: problem } : {};
      return JSON.stringify({ ...body, xcall_meta: { http_status_code: status, http_response_time: time, ...details } });
    }
    const code = problem ? (CODES[status] ?? "INTERNAL") : "";
    const metadata = { calltype: "SparkService", name, status, error_code: code, response_time: time };
    return JSON.stringify({ metadata, data: body ?? {} });

    async function outcome() {
      if (context.depth >= MAX_DEPTH) return { status: 500, problem: `More than ${MAX_DEPTH} calls inside each other.` };
      const wanted = service_uri ? parseUri(service_uri) : { folder: folder_name, service: service_name };
      let child;
      try {
        const given = request.request_body;
        child = typeof given === "string" ? JSON.parse(given) : given;
      } catch (error) {
        return { status: 400, problem: `request_body is not JSON: ${error.message}` };
      }
      if (typeof child !== "object" || child === null) return { status: 400, problem: "request_body is no request." };
      const version = find(versions, { ...wanted, tenant: context.tenant });
      if (!version) return { status: 404, problem: `There is no service ${name}.` };
      const answer = await executor().v3(version, child, { depth: context.depth + 1 });
      const body = JSON.parse(answer.body);
      return { status: answer.status, body, problem: body.error?.message };
    }
  };
}
