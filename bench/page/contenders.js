// The contenders behind one shape, so that all are measured by the same code:
// `await make(source, id, replicas)` gives `{ execute(request), destroy() }` that is ready, or gets ready in its first call.
// A source is an address or the bytes of a zip.
"use strict";

// The peer takes bytes only as what the `buffer` package makes; its class is recognised by this static method alone.
class PeerBuffer extends Uint8Array {
  static isBuffer() {
    return true;
  }

  static of(bytes) {
    return new PeerBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

globalThis.contenders = {
  peer: async (source, id) => {
    const url = typeof source === "string" ? source : PeerBuffer.of(source);
    const runner = new CoherentGlobal.WasmRunner({ id, url }, async () => id);
    await runner.initialize();
    return { execute: (request) => runner.execute(request, id), destroy: () => runner.dispose() };
  },

  limit: async (source, id, replicas) => {
    const limit = new Limit(source, replicas);
    await limit.ready;
    return limit;
  },

  ours: async (source, id, replica = 1) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: source, replica }] });
    return {
      execute: (request) => spark.execute(request, id),
      batch: async (requests, each) => {
        for await (const { response } of spark.executeMany(requests, id)) {
          const held = each(response);
          if (held) await held;
        }
      },
      texts: async (requests) => {
        let length = 0;
        for await (const { response } of spark.executeMany(requests, id, { output: "string" })) length += response.length;
        return length;
      },
      destroy: () => spark.destroy(),
      stats: () => spark.stats()[0],
    };
  },
};
// With glue that is not locked down, and with workers in a frame.
const configured = (more) => async (source, id) => {
  const spark = new Spark({ nodegenModels: [{ versionId: id, binary: source }], ...more });
  return { execute: (request) => spark.execute(request, id), destroy: () => spark.destroy() };
};
contenders.open = configured({ lockdown: false });
// Requests that are bytes, or objects, and answers that stay bytes.
contenders.raw = async (source, id) => {
  const spark = new Spark({ nodegenModels: [{ versionId: id, binary: source }] });
  return { execute: (request) => spark.execute(request, id, { output: "bytes" }), destroy: () => spark.destroy() };
};
contenders.framed = configured({ isolation: "sandbox" });
// The same code once more: what differs between these two is noise.
contenders.twin = contenders.limit;

// Models that call each other, by folder and service: `execute(request, id)`.
globalThis.chains = {
  peer: async (models) => {
    const idOf = ({ folder_name, service_name }) =>
      models.find(({ folder, service }) => folder === folder_name && service === service_name).id;
    const configured = models.map(({ id, bytes }) => ({ id, url: PeerBuffer.of(bytes) }));
    const runner = new CoherentGlobal.WasmRunner(configured, async (asked) => idOf(asked));
    await runner.initialize();
    return { execute: (request, id) => runner.execute(request, id), destroy: () => runner.dispose() };
  },

  ours: async (models) => {
    const metaOf = ({ folder, service }) => ({ EngineInformation: { ProductName: folder, ServiceName: service } });
    return new Spark({
      nodegenModels: models.map((model) => ({ versionId: model.id, binary: model.bytes, metaData: metaOf(model) })),
    });
  },
};

// The peer prints every request. Here that would be sent to the program that drives the browser, which no page pays for.
console.log = () => {};
