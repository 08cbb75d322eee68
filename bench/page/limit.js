// The limit: the least JavaScript that runs a model in workers. No checks, no errors, no configuration: only the work
// that every runner has to do, done in the quickest way known. It is a yardstick, not something to use.
"use strict";
(() => {
  /** Runs in the worker. */
  function main() {
    const encoder = new TextEncoder();
    const decoder = new TextDecoder();
    let engine, book, memory, lengthAt;

    onunhandledrejection = ({ reason }) => reportError(reason);
    onmessage = async ({ data }) => {
      if (data.request !== undefined) return postMessage({ id: data.id, response: calculate(data.request) });
      if (data.requests) return postMessage({ id: data.id, responses: data.requests.map(calculate) });
      if (data.loop) {
        for (let left = data.count; left > 0; left--) calculate(data.loop);
        return postMessage({ id: data.id, responses: [] });
      }
      const parts = data.parts ?? (await unpack(data.source));
      if (data.share) postMessage({ parts });
      await start(parts);
      postMessage({ ready: true });
    };

    function calculate(request) {
      const room = request.length * 3;
      const at = engine._malloc(room) >>> 0;
      const { written } = encoder.encodeInto(request, new Uint8Array(memory.buffer, at, room));
      const answer = engine._node_calc_v3(book, at, written, lengthAt) >>> 0;
      const length = new DataView(memory.buffer).getUint32(lengthAt, true);
      const response = decoder.decode(new Uint8Array(memory.buffer, answer, length));
      engine._free(at);
      engine._free(answer);
      return response;
    }

    async function unpack(source) {
      let bytes = source;
      if (typeof source === "string") bytes = new Uint8Array(await (await fetch(source)).arrayBuffer());
      else if (source instanceof Blob) bytes = new Uint8Array(await source.arrayBuffer());
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const files = {};
      let end = bytes.length - 22;
      while (view.getUint32(end, true) !== 0x06054b50) end--;
      let at = view.getUint32(end + 16, true);
      for (let left = view.getUint16(end + 10, true); left > 0; left--) {
        const nameLength = view.getUint16(at + 28, true);
        const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameLength));
        const local = view.getUint32(at + 42, true);
        const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
        const packed = bytes.subarray(start, start + view.getUint32(at + 20, true));
        const kind = /\.(js|wasm|data)$/.exec(name)?.[1];
        if (kind) files[kind] = view.getUint16(at + 10, true) === 8 ? inflate(packed) : packed.slice().buffer;
        at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
      }
      const module = Promise.resolve(files.wasm).then((wasm) => WebAssembly.compile(wasm));
      const [glue, data] = await Promise.all([files.js, files.data]);
      return { glue: new Blob([glue], { type: "text/javascript" }), data, module: await module };
    }

    function inflate(packed) {
      return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
    }

    async function start({ glue, data, module }) {
      const address = URL.createObjectURL(glue);
      importScripts(address);
      URL.revokeObjectURL(address);
      engine = await self.Module({
        getPreloadedPackage: () => data,
        instantiateWasm(imports, done) {
          WebAssembly.instantiate(module, imports).then((instance) => {
            memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
            done(instance, module);
          });
          return {};
        },
      });
      book = engine._construct();
      lengthAt = engine._malloc(8) >>> 0;
    }
  }

  globalThis.Limit = class Limit {
    #workers = [];
    #waiting = new Map();
    #next = 0;

    /** @param {string | Blob | Uint8Array} source address or bytes of a package  @param {number} [replicas] */
    constructor(source, replicas = 1) {
      const text = new Blob([`(${main})();`], { type: "text/javascript" });
      this.ready = new Promise((resolve, reject) => {
        let ready = 0;
        for (let i = 0; i < replicas; i++) {
          const address = URL.createObjectURL(text);
          const worker = { native: new Worker(address), inFlight: 0, address };
          this.#workers.push(worker);
          worker.native.onerror = (event) => reject(new Error(event.message));
          worker.native.onmessage = ({ data }) => {
            if (data.id !== undefined) {
              worker.inFlight--;
              const resolveCall = this.#waiting.get(data.id);
              this.#waiting.delete(data.id);
              resolveCall(data.responses ?? JSON.parse(data.response));
            } else if (data.parts) {
              for (const other of this.#workers.slice(1)) other.native.postMessage({ parts: data.parts });
            } else {
              URL.revokeObjectURL(address);
              if (++ready === replicas) resolve();
            }
          };
        }
        // A worker made of a blob has no address to resolve others against.
        const absolute = typeof source === "string" ? new URL(source, document.baseURI).href : source;
        this.#workers[0].native.postMessage({ source: absolute, share: replicas > 1 });
      });
    }

    execute(request) {
      let worker = this.#workers[0];
      for (const other of this.#workers) if (other.inFlight < worker.inFlight) worker = other;
      worker.inFlight++;
      const id = this.#next++;
      return new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        worker.native.postMessage({ id, request: JSON.stringify(request) });
      });
    }

    #send(worker, message) {
      const id = this.#next++;
      return new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        worker.native.postMessage({ id, ...message });
      });
    }

    /** Many requests in chunks of texts, two at a time for each worker; `each` gets the responses. */
    async batch(requests, each, size = 250) {
      const source = requests[Symbol.iterator]();
      const lane = async (worker) => {
        for (;;) {
          const texts = [];
          for (let step; texts.length < size && !(step = source.next()).done; ) texts.push(JSON.stringify(step.value));
          if (texts.length === 0) return;
          for (const response of await this.#send(worker, { requests: texts })) each(JSON.parse(response));
        }
      };
      await Promise.all(this.#workers.flatMap((worker) => [lane(worker), lane(worker)]));
    }

    /** The same request again and again, in the workers: no messages, no objects. */
    async loop(request, count) {
      const loop = JSON.stringify(request);
      const each = Math.ceil(count / this.#workers.length);
      await Promise.all(this.#workers.map((worker) => this.#send(worker, { loop, count: each })));
    }

    destroy() {
      for (const { native } of this.#workers) native.terminate();
    }
  };
})();
