// Packages with a big `.data`, made when they are needed.
import { createCipheriv, createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { at } from "../../scripts/lib/paths.mjs";
import { zip } from "../../tests/models/lib/zip.mjs";
import { unzip } from "../../tests/models/unzip.mjs";

/** Makes one of a model, larger by so many megabytes, and serves it. */
export async function bigPackage(bench, name = "cylinder", megabytes = 60) {
  const model = bench.model(name);
  const url = `/bench/${name}-${megabytes}.zip`;
  if (!bench.server.routes[url]) {
    const files = unzip(await readFile(at("tests", "models", name, `${name}.zip`)));
    const entries = [...files].map(([name, data]) => ({ name, data }));
    const data = entries.find((entry) => entry.name.endsWith(".data"));
    const sums = entries.find((entry) => entry.name === "checksums.md5");
    const old = md5(data.data);
    // What no deflate makes smaller, like the compressed files of real packages; the same each time.
    const noise = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(megabytes * 1024 * 1024));
    data.data = Buffer.concat([data.data, noise]);
    sums.data = sums.data.toString().replace(old, md5(data.data));
    bench.server.routes[url] = { body: zip(entries) };
  }
  return { ...model, url };
}

const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
