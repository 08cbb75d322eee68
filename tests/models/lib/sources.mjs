// What a package is made of, and one hash over it. Needs no compiler, so that a stale zip is noticed everywhere.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

export const readModel = (model) => JSON.parse(readFileSync(join(ROOT, model, "model.json"), "utf8"));

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".zip"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Hash over the harness, the model's own files, the packaging code and the catalogue entry. */
export function sourcesHash(item) {
  const files = ["src", item.model, "lib"].flatMap((folder) => filesUnder(join(ROOT, folder)));
  const hash = createHash("sha256").update(JSON.stringify(item));
  for (const file of files) {
    // Line endings are the checkout's business.
    const text = readFileSync(file, "latin1").replaceAll("\r\n", "\n");
    hash.update(`\n${relative(ROOT, file).replaceAll("\\", "/")} ${text.length}\n`).update(text, "latin1");
  }
  return hash.digest("hex");
}

/** The same name always gives the same id. */
export function stableId(name) {
  const hex = sha256(`spark-execute test model ${name}`);
  const variant = "89ab"[parseInt(hex[16], 16) & 3];
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, variant + hex.slice(17, 20)];
  return [...parts, hex.slice(20, 32)].join("-");
}
