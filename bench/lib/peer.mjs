// The peer's browser runner, bundled as its own build does it.
import esbuild from "esbuild";
import { createRequire } from "node:module";
import path from "node:path";

/** @returns {Promise<{ text: string, version: string }>} a classic script that defines `CoherentGlobal` */
export async function bundlePeer() {
  const require = createRequire(import.meta.url);
  const folder = path.dirname(require.resolve("@coherentglobal/wasm-runner/package.json"));
  const result = await esbuild.build({
    entryPoints: [path.join(folder, "dist", "browser.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "CoherentGlobal",
    platform: "browser",
    target: "es2020",
    logLevel: "error",
  });
  return { text: result.outputFiles[0].text, version: require("@coherentglobal/wasm-runner/package.json").version };
}
