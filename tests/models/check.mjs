// Fails, naming the zip, when a package no longer matches its sources. Needs Node alone.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES } from "./catalog.mjs";
import { ROOT, sha256, sourcesHash } from "./lib/sources.mjs";

const { models } = JSON.parse(readFileSync(join(ROOT, "manifest.json"), "utf8"));
const problems = [];
for (const item of PACKAGES) {
  const entry = models.find((model) => model.name === item.name);
  if (!entry) {
    problems.push(`${item.name}: in catalog.mjs but never built`);
  } else if (!existsSync(join(ROOT, entry.zip))) {
    problems.push(`${entry.zip}: missing`);
  } else if (sha256(readFileSync(join(ROOT, entry.zip))) !== entry.sha256) {
    problems.push(`${entry.zip}: not the file that the build wrote`);
  } else if (sourcesHash(item) !== entry.sources_sha256) {
    problems.push(`${entry.zip}: stale, its sources or flags changed since it was built`);
  }
}
for (const entry of models) {
  if (!PACKAGES.some((item) => item.name === entry.name)) problems.push(`${entry.zip}: no longer in catalog.mjs`);
}
if (problems.length) {
  console.error(problems.join("\n"));
  console.error("Run `node tests/models/build.mjs` (needs emcc) and commit the zips with manifest.json.");
  process.exit(1);
}
console.log(`${models.length} model packages match their sources.`);
