// The package itself: its size, and the time until `new Spark` has decoded and compiled it.
import { brotliCompressSync, constants, deflateRawSync, gzipSync } from "node:zlib";
import esbuild from "esbuild";
import { root } from "../../scripts/lib/paths.mjs";
import { unpackScript } from "../../scripts/lib/payload.mjs";
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";

const KB = 1024;

function sizes(text) {
  const bytes = Buffer.from(text);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  return { raw: bytes.length / KB, gzip: gzipSync(bytes, { level: 9 }).length / KB, brotli: brotli.length / KB };
}

function size(kind, targets) {
  return {
    name: `size-${kind}`,
    title: `Size of the script, ${{ raw: "raw", gzip: "gzip -9", brotli: "brotli" }[kind]}`,
    unit: "KB",
    targets,
    async run(bench) {
      const [ours, peer] = [sizes(bench.product)[kind], sizes(bench.peer.text)[kind]];
      return { rounds: [{ ours, peer }] };
    },
  };
}

export const sizeRaw = size("raw", []);
export const sizeGzip = size("gzip", [{ is: "ours", goal: 120, atMost: 140 }]);
export const sizeBrotli = size("brotli", []);

export const construct = {
  name: "construct",
  title: "First `new Spark` on a page",
  unit: "ms",
  targets: [],
  async run(bench) {
    const run = async (who) => {
      const page = await bench.page();
      const time = await on(page, "construct", { who, ...bench.model("cylinder") });
      await page.context().close();
      return time;
    };
    return { rounds: await interleave({ who: ["peer", "ours"], rounds: bench.rounds, run, note: bench.note }) };
  },
};

export const embedding = {
  name: "embedding",
  title: "Embedded wasm to compiled module",
  unit: "ms",
  labels: { packed: "sorted, LZMA", deflated: "deflated", plain: "plain base64" },
  targets: [],
  async run(bench) {
    const script = bench.product;
    const { packed, unpacker, wasm } = unpackScript(script);
    const texts = {
      packed,
      deflated: deflateRawSync(wasm, { level: 9 }).toString("base64"),
      plain: Buffer.from(wasm).toString("base64"),
    };
    const bundle = await esbuild.build({
      stdin: {
        contents: `
          import { unpack } from "./src/js/unpack.js";
          import { inflateSync } from "fflate";
          globalThis.embedded = {
            texts: ${JSON.stringify(texts)},
            unpack: {
              packed: (bytes) => unpack(new WebAssembly.Module(Uint8Array.fromBase64("${unpacker.toString("base64")}")), bytes),
              deflated: (bytes) => inflateSync(bytes, { out: new Uint8Array(${wasm.length}) }),
              plain: (bytes) => bytes,
            },
          };`,
        resolveDir: root,
      },
      bundle: true,
      minify: true,
      write: false,
      format: "iife",
    });
    bench.server.routes["/bench/embedding.js"] = { body: bundle.outputFiles[0].text };
    const run = async (kind) => {
      const page = await bench.page();
      await page.addScriptTag({ url: "/bench/embedding.js" });
      const time = await on(page, "embedding", { kind });
      await page.context().close();
      return time;
    };
    const who = Object.keys(texts);
    const rounds = await interleave({ who, rounds: bench.rounds, run, note: bench.note });
    const gzip = Object.fromEntries(who.map((kind) => [kind, sizes(script.replace(packed, texts[kind])).gzip]));
    return { rounds, gzip, wasm: wasm.length };
  },
  show(result, { median, spread, figure }) {
    const cell = (kind) => `${this.labels[kind]} ${median(kind)}, ${figure(result.gzip[kind], "KB")} gzip`;
    return {
      peer: cell("deflated"),
      limit: cell("plain"),
      ours: cell("packed"),
      toPeer: spread("packed", "deflated"),
      toLimit: spread("packed", "plain"),
    };
  },
};
