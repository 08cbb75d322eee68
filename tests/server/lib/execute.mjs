// Executes v3 and v4 requests and wraps what the engine computed in the server's envelope.
import { randomUUID } from "node:crypto";
import { failure, json } from "./answers.mjs";
import { EngineError } from "./engine.mjs";
import { find, parseUri } from "./registry.mjs";

/** @typedef {import("./registry.mjs").Version} Version */

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value) => (typeof value === "string" && value.trim() ? value : undefined);
const list = (value) => {
  if (typeof value !== "string") return value;
  return value.split(",").map((name) => name.trim()).filter(Boolean);
};

/**
 * Which version a v3 request means. Ids in `request_meta` come before the address, an address before `service_uri`.
 * `version_uuid` is an alias of the runners, which the server does not know.
 */
export function wantedByV3(tenant, target, meta) {
  const named = Object.keys(target).length ? target : {};
  const version_id = text(named.version_id) ?? text(meta.version_id);
  const service_id = text(named.service_id) ?? text(meta.service_id);
  const uri = text(meta.service_uri) ? parseUri(meta.service_uri) : {};
  const wanted = version_id ? { version_id } : service_id && !named.folder ? { service_id } : { ...uri, ...named };
  return { version: text(meta.version) ?? uri.version, date: text(meta.transaction_date), ...wanted, tenant };
}

export class Executor {
  #versions;
  #engine;
  #budget;

  /** @param {{ versions: Version[], engine: import("./engine.mjs").Engine, budget: number }} parts */
  constructor({ versions, engine, budget }) {
    this.#versions = versions;
    this.#engine = engine;
    this.#budget = budget;
  }

  find(wanted) {
    return find(this.#versions, wanted);
  }

  /** What a v4 request means. */
  wantedByV4(tenant, body) {
    const uri = text(body.service) ? parseUri(body.service) : {};
    const named = text(body.version_id) ? { version_id: body.version_id } : uri;
    return { ...named, tenant, date: text(body.version_by_timestamp) };
  }

  /** @returns {Promise<{ response: any } | { answer: import("./answers.mjs").Answer }>} */
  async #compute(version, request, context) {
    try {
      const { version_id: id, zip, tenant } = version;
      const call = { id, zip, request, context: { ...context, tenant } };
      return { response: await this.#engine.run(call, this.#budget) };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { answer: failure(error.status, { message: error.message }) };
    }
  }

  /**
   * @param {import("./registry.mjs").Version} version
   * @param {any} body the request, an object
   * @param {{ depth: number }} [context]
   * @returns {Promise<import("./answers.mjs").Answer>}
   */
  async v3(version, body, context = { depth: 0 }) {
    const meta = isObject(body.request_meta) ? { ...body.request_meta } : {};
    if (meta.service_category != null && typeof meta.service_category !== "string") {
      return failure(400, { message: "request_meta.service_category should be a text." });
    }
    delete meta._ctx;
    if ("requested_output" in meta) meta.requested_output = list(meta.requested_output);
    if (meta.requested_output?.length === 0) delete meta.requested_output;
    const began = performance.now();
    const stamp = new Date().toISOString();
    const request = { ...body, request_data: body.request_data ?? {}, request_meta: meta };
    const { response, answer } = await this.#compute(version, request, context);
    if (answer) return answer;
    const engine = response.response_meta ?? {};
    return json(200, {
      status: response.status ?? "Success",
      response_data: response.response_data,
      response_meta: {
        service_id: version.service_id,
        version_id: version.version_id,
        version: version.version,
        process_time: Math.round(performance.now() - began),
        call_id: text(meta.call_id) ?? randomUUID(),
        compiler_type: engine.compiler_type,
        compiler_version: engine.compiler_version,
        source_hash: null,
        engine_id: version.version_id,
        correlation_id: meta.correlation_id ?? null,
        parameterset_version_id: meta.parameterset_version_id ?? null,
        system: "SPARK",
        request_timestamp: stamp,
      },
      error: null,
    });
  }

  /** Many records at once; the answer has the form of the question, objects or columns. */
  async v4(version, body) {
    const { inputs } = body;
    if (!Array.isArray(inputs)) return failure(400, { message: "inputs should be an array.", envelope: 2 });
    const columnar = Array.isArray(inputs[0]);
    const names = columnar ? inputs[0] : [];
    const records = columnar ? inputs.slice(1).map((row) => fromRow(names, row)) : inputs;
    if (!records.every(isObject)) return failure(400, { message: "inputs holds no records.", envelope: 2 });
    const wanted = list(body.output);
    const meta = {
      ...(wanted?.length ? { requested_output: wanted } : {}),
      ...(text(body.subservice) ? { service_category: body.subservice } : {}),
    };
    const slots = { outputs: [], process_time: [], warnings: [], errors: [] };
    const stamp = new Date().toISOString();
    let compiler_version = null;
    for (const record of records) {
      const request = { request_data: { inputs: { ...body.parameters, ...record } }, request_meta: { ...meta } };
      const began = performance.now();
      const { response, answer } = await this.#compute(version, request, { depth: 0 });
      if (answer) return answer;
      compiler_version = response.response_meta?.compiler_version ?? null;
      const { outputs, warnings, errors } = response.response_data;
      slots.outputs.push(outputs);
      slots.process_time.push(Math.round(performance.now() - began));
      slots.warnings.push(warnings ?? null);
      slots.errors.push(errors ?? null);
    }
    return json(200, {
      ...slots,
      outputs: columnar ? toRows(slots.outputs) : slots.outputs,
      service_chain: null,
      summary_output: null,
      service_id: version.service_id,
      version_id: version.version_id,
      version: version.version,
      call_id: randomUUID(),
      compiler_version,
      correlation_id: body.correlation_id ?? null,
      request_timestamp: stamp,
    });
  }
}

/** A missing row or the missing end of one means defaults, a null cell is a value. */
function fromRow(names, row) {
  return Object.fromEntries((row ?? []).slice(0, names.length).map((cell, i) => [names[i], cell]));
}

function toRows(records) {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return [names, ...records.map((record) => names.map((name) => record[name] ?? null))];
}
