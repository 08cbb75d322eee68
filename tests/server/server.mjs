// A Spark server to test against; README.md beside this file describes it.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { failure, json } from "./lib/answers.mjs";
import { Credentials } from "./lib/auth.mjs";
import { readBody } from "./lib/body.mjs";
import { corsOf } from "./lib/cors.mjs";
import { Engine } from "./lib/engine.mjs";
import { Executor, wantedByV3 } from "./lib/execute.mjs";
import { Faults, altered, instead } from "./lib/faults.mjs";
import { TENANT, fromManifest } from "./lib/registry.mjs";
import { route } from "./lib/routes.mjs";
import { xcallOf } from "./lib/xcall.mjs";

/** As the documentation has it. */
const BUDGET_MS = 55_000;
const PATIENCE_MS = 30_000;

/**
 * @typedef {object} Request one request, as it came
 * @property {string} method
 * @property {string} url as in the request line
 * @property {string} path without the query, as it came
 * @property {Record<string, string>} headers names in lower case
 * @property {Buffer} [raw] the body as it travelled
 * @property {string} [text] the body, decompressed
 * @property {any} [json] the body as JSON, where it is
 * @property {boolean} preflight
 * @property {number} [status] what was answered
 * @property {"answered" | "cut" | "aborted"} [outcome] `aborted`: the caller went away
 *
 * @typedef {object} Options
 * @property {number} [port] a free one unless told
 * @property {(versions: import("./lib/registry.mjs").Version[]) => import("./lib/registry.mjs").Version[]} [services]
 *   changes what there is
 * @property {boolean} [open] asks nobody for credentials, as a Hybrid Runner
 * @property {"documented" | "generic"} [routes] see lib/routes.mjs
 * @property {import("./lib/cors.mjs").CorsOptions} [cors]
 * @property {number} [budget] how long a computation may take, in milliseconds; 55 s unless told
 */

/** @param {Options} [options] */
export async function startServer(options = {}) {
  const tmp = mkdtempSync(path.join(tmpdir(), "spark-server-"));
  const versions = (options.services ?? ((all) => all))(fromManifest(tmp));
  const engine = new Engine(tmp, xcallOf(versions, () => executor));
  const executor = new Executor({ versions, engine, budget: options.budget ?? BUDGET_MS });
  const credentials = new Credentials();
  const faults = new Faults();
  const cors = corsOf(options.cors);
  const requests = [];
  const watchers = new Set();
  const changed = () => watchers.forEach((watcher) => watcher());

  const server = http.createServer(async (request, response) => {
    const { method, url, headers } = request;
    const record = { method, url, path: url.split("?")[0], headers: { ...headers } };
    // Chromium sends a request again when a connection that it used before breaks.
    response.shouldKeepAlive = false;
    record.preflight = method === "OPTIONS";
    requests.push(record);
    const ended = (outcome) => {
      record.outcome ??= outcome;
      changed();
    };
    response.on("close", () => ended(response.writableFinished ? "answered" : "aborted"));
    try {
      const { raw, text, problem } = await readBody(request);
      Object.assign(record, { raw, text, json: parsed(text) });
      changed();
      await answer(record, response, problem);
    } catch (error) {
      if (response.headersSent || request.destroyed) return void response.destroy();
      send(record, response, failure(500, { message: String(error) }));
    }
  });

  async function answer(record, response, problem) {
    const found = route(record.path, options.routes ?? "documented");
    const fault = faults.take(record);
    if (fault?.stall === "headers") return;
    if (fault?.cut === "headers") return cut(record, response);
    const made = instead(fault, record.url) ?? (await usual(record, found, problem));
    if (fault?.delay) await new Promise((resolve) => setTimeout(resolve, fault.delay));
    await fault?.hold;
    send(record, response, altered(made, fault), fault);
  }

  async function usual(record, found, problem) {
    if (record.preflight) return cors.preflight(record, found);
    if (!found) return failure(404, { message: "There is nothing at this address." });
    const { api, tenant, isPublic, target } = found;
    const fail = (status, message) => failure(status, { message, envelope: api === "v4" ? 2 : 1 });
    if (record.method !== found.method) return fail(405, `This address takes ${found.method}.`);
    if (api === "health") return json(200, record.path.endsWith("check") ? { msg: "ok" } : { status: "UP" });
    const refused = options.open || isPublic ? undefined : credentials.refuse(record.headers, tenant);
    if (refused) return refused;
    if (problem) return fail(problem);
    if (!/^application\/json\b/i.test(record.headers["content-type"] ?? "")) return fail(415);
    const body = record.json;
    if (typeof body !== "object" || body === null || Array.isArray(body)) return fail(400, "The body is no object.");
    const v3 = () => wantedByV3(tenant, target, body.request_meta ?? {});
    const wanted = api === "v4" ? executor.wantedByV4(tenant, body) : v3();
    const version = executor.find(wanted);
    if (version?.notPublic && isPublic) return fail(401, "This service is not public.");
    if (!version) return fail(404);
    return executor[api](version, body);
  }

  function send(record, response, { status, headers = {}, body = "" }, fault = {}) {
    if (response.destroyed) return;
    const bytes = Buffer.from(body);
    const all = { ...headers, "x-request-id": record.headers["x-request-id"] ?? randomUUID() };
    if (fault.cors !== false && !record.preflight) {
      Object.assign(all, cors.answerHeaders(record.headers, { expose: fault.exposeHeaders !== false }));
    } else if (fault.cors === false) {
      for (const name of Object.keys(all)) if (name.startsWith("access-control-")) delete all[name];
    }
    if (status !== 204) all["content-length"] = bytes.length;
    record.status = status;
    changed();
    response.writeHead(status, all);
    if (!fault.cut && !fault.stall) return void response.end(bytes);
    response.write(bytes.subarray(0, bytes.length / 2), () => {
      if (fault.cut) cut(record, response);
    });
  }

  function cut(record, response) {
    record.outcome = "cut";
    response.destroy();
  }

  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${server.address().port}`;

  return {
    /** Where it listens; without tenant or slash. */
    url,
    tenant: TENANT,
    /** Credentials of the tenant. */
    key: credentials.issueKey(TENANT),
    token: credentials.issueToken(TENANT),
    versions,
    /** Every request, preflights included, in the order in which they began. */
    requests,
    /** The requests without the preflights. */
    get calls() {
      return requests.filter(({ preflight }) => !preflight);
    },

    /** Another token, good for so many calls. @param {{ tenant?: string, calls?: number }} [how] */
    issueToken: ({ tenant = TENANT, calls } = {}) => credentials.issueToken(tenant, calls),
    issueKey: (tenant = TENANT) => credentials.issueKey(tenant),
    revoke: (secret) => credentials.revoke(secret),

    /**
     * Goes wrong at the next request that fits; several calls queue up.
     * @param {import("./lib/faults.mjs").Fault} fault
     */
    next: (fault) => faults.add(fault),

    /** Forgets requests and faults. Running answers go on. */
    reset() {
      faults.clear();
      requests.length = 0;
    },

    /** Resolves when `test` holds of the requests; it is asked whenever one arrives or ends. */
    until(test) {
      return new Promise((resolve, reject) => {
        const done = (settle, value) => {
          clearTimeout(timer);
          watchers.delete(look);
          settle(value);
        };
        const look = () => test(requests) && done(resolve, requests);
        const line = ({ method, path, status, outcome }) => [method, path, status, outcome].join(" ");
        const shown = () => requests.map(line);
        const timer = setTimeout(() => done(reject, new Error(`In vain: ${shown().join("; ")}`)), PATIENCE_MS);
        watchers.add(look);
        look();
      });
    },

    async close() {
      engine.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(tmp, { recursive: true, force: true });
    },
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
