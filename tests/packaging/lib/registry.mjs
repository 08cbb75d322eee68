// A package registry with one package: ours, as `npm publish` would have put it there.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { at } from "../../../scripts/lib/paths.mjs";
import { serve } from "../../../scripts/lib/serve.mjs";
import { pack } from "./apps.mjs";

/** Starts it. `package` is what to install, with its version. */
export async function registry() {
  const { tarball } = await pack();
  const bytes = await readFile(tarball);
  const manifest = JSON.parse(await readFile(at("package.json"), "utf8"));
  const { name, version } = manifest;
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const server = await serve();
  server.routes["/tarball.tgz"] = { body: bytes };
  server.routes[`/${name}`] = {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist: { tarball: `${server.url}/tarball.tgz`, integrity } } },
    }),
  };
  return { ...server, package: `${name}@${version}` };
}
