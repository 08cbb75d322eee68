// A host for one model package on Node, as plain as can be: glue hooks, one call at a time.
import { createRequire } from "node:module";
import { unzip } from "./unzip.mjs";

const require = createRequire(import.meta.url);

function role(files, extension) {
  const found = [...files].filter(([name]) => name.endsWith(extension) && !name.includes("__MACOSX"));
  return found.at(-1)?.[1];
}

const isMemory = (value) => value instanceof WebAssembly.Memory;

/** The flat package itself, or the first one inside an export. */
export function flatFiles(zipBytes, versionId) {
  const files = unzip(zipBytes);
  const nested = [...files].find(([name]) => name.endsWith(".zip") && (!versionId || name.includes(versionId)));
  return nested ? unzip(nested[1]) : files;
}

/**
 * @param {Map<string, Buffer>} files
 * @param {{dispatch?: (service: number, request: string) => Promise<string>, glueHooks?: object}} [options]
 */
export async function open(files, options = {}) {
  const [glue, wasm, data] = [".js", ".wasm", ".data"].map((extension) => role(files, extension));
  const module = await WebAssembly.compile(wasm);
  let memory;
  const tail = [];
  const hooks = {
    locateFile: (path) => `model:${path}`,
    getPreloadedPackage: () => data?.buffer.slice(data.byteOffset, data.byteOffset + data.length),
    instantiateWasm(imports, done) {
      WebAssembly.instantiate(module, imports).then((instance) => {
        const imported = Object.values(imports).flatMap((group) => Object.values(group));
        memory = Object.values(instance.exports).find(isMemory) ?? imported.find(isMemory);
        done(instance, module);
      });
      return {};
    },
    print: (line) => tail.push(line),
    printErr: (line) => tail.push(line),
    ...options.glueHooks,
  };
  // Glue of emcc 3 listens on Node's process and turns any rejection into a crash.
  const loud = ["uncaughtException", "unhandledRejection"].map((event) => [event, process.listeners(event)]);
  const evaluate = new Function("require", "__filename", "__dirname", `${glue}\nreturn Module;`);
  const instance = await evaluate(require, "/model.js", "/")(hooks);
  for (const [event, before] of loud) {
    for (const listener of process.listeners(event)) if (!before.includes(listener)) process.off(event, listener);
  }
  instance.dispatch = async (service, at, length) => {
    const request = Buffer.from(memory.buffer, at >>> 0, length).toString("utf8");
    return options.dispatch(service, request);
  };
  const workbook = instance._construct();
  const isAsync = instance._is_async(workbook) === 1;

  /** @returns {Promise<Buffer>} the reply's bytes */
  async function callRaw(text) {
    const request = Buffer.from(text);
    const input = instance._malloc(request.length);
    new Uint8Array(memory.buffer).set(request, input >>> 0);
    const length = instance._malloc(8);
    let output = 0;
    try {
      const args = [workbook, input, request.length, length];
      output = isAsync
        ? await instance.ccall("node_calc_v3", "number", args.map(() => "number"), args, { async: true })
        : instance._node_calc_v3(...args);
      const size = new DataView(memory.buffer).getInt32(length >>> 0, true);
      return Buffer.from(new Uint8Array(memory.buffer, output >>> 0, size));
    } finally {
      for (const pointer of [input, length, output]) if (pointer) instance._free(pointer);
    }
  }
  const call = async (inputs, meta = {}) => {
    const request = { request_data: { inputs }, request_meta: meta };
    return JSON.parse((await callRaw(JSON.stringify(request))).toString("utf8"));
  };
  const close = () => instance._destroy(workbook);
  return { instance, module, isAsync, tail, call, callRaw, memory: () => memory, close };
}
