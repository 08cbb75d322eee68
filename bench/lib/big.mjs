// A package of 60 MB: the cylinder with a big `.data`, made when it is needed.
import { createCipheriv, createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { at } from "../../scripts/lib/paths.mjs";
import { zip } from "../../tests/models/lib/zip.mjs";
import { unzip } from "../../tests/models/unzip.mjs";

const SIZE = 60 * 1024 * 1024;
const URL_OF_IT = "/bench/big.zip";

/** Makes it and serves it. */
export async function bigPackage(bench) {
  const model = bench.model("cylinder");
  if (!bench.server.routes[URL_OF_IT]) {
    const files = unzip(await readFile(at("tests", "models", "cylinder", "cylinder.zip")));
    const entries = [...files].map(([name, data]) => ({ name, data }));
    const data = entries.find((entry) => entry.name.endsWith(".data"));
    const sums = entries.find((entry) => entry.name === "checksums.md5");
    const old = md5(data.data);
    // What no deflate makes smaller, like the compressed files of real packages; the same each time.
    const noise = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(SIZE));
    data.data = Buffer.concat([data.data, noise]);
    sums.data = sums.data.toString().replace(old, md5(data.data));
    bench.server.routes[URL_OF_IT] = { body: zip(entries) };
  }
  return { ...model, url: URL_OF_IT };
}

const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
