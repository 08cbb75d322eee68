// `node scripts/fuzz.mjs`: feeds the package reader what a coverage-guided fuzzer (libFuzzer) thinks of, beginning with the
// test models and the hostile packages. `--runs 10000000` or `--seconds 10` says how long; what it finds stays in tests/.out/fuzz.
// Needs a C++ compiler, and no other Rust than the usual one.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { zip } from "../tests/models/lib/zip.mjs";
import { unzip } from "../tests/models/unzip.mjs";
import { runAsMain } from "./setup.mjs";
import { at, outDir } from "./lib/paths.mjs";
import { capture, run } from "./lib/run.mjs";

/** Larger inputs are slower, and say no more. */
const LARGEST = 8192;
/** As cargo-fuzz has them, without the sanitizers that only a nightly compiler has. */
const COVERAGE = [
  "--cfg=fuzzing",
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/** Why this machine cannot build the fuzzer, if it cannot. */
export const noCompiler = async () => (await capture("c++", ["--version"])) === undefined && "there is no C++ compiler, c++";

/**
 * Builds the fuzzer and runs it.
 * @param {string[]} limits such as `-runs=1000` or `-max_total_time=10`
 * @param {(command: string, args: string[], options?: object) => Promise<unknown>} io what runs programs
 */
export async function fuzz(limits, io = run) {
  // With a target of its own the flags are not those of build scripts.
  const triple = /^host: (.*)$/m.exec(await capture("rustc", ["-vV"]))?.[1];
  const env = { RUSTFLAGS: COVERAGE.join(" "), CARGO_TARGET_DIR: path.join(outDir, "fuzz") };
  const manifest = at("core", "fuzz", "Cargo.toml");
  const build = ["build", "--release", "--locked", "--manifest-path", manifest, "--target", triple];
  await io("cargo", build, { title: "Building the fuzzer", env });
  const [corpus, crashes] = ["corpus", "crashes"].map((name) => path.join(outDir, "fuzz", name));
  for (const folder of [corpus, crashes]) mkdirSync(folder, { recursive: true });
  // Made when they are needed: they are many.
  const { PACKAGES } = await import("../tests/hostile/packages.mjs");
  seed(corpus, PACKAGES);
  const bounds = [`-max_len=${LARGEST}`, "-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=256", "-print_final_stats=1"];
  const program = path.join(outDir, "fuzz", triple, "release", "package");
  await io(program, [...bounds, `-artifact_prefix=${crashes}${path.sep}`, ...limits, corpus], { title: "Fuzzing" });
}

/** What the fuzzer begins with. The byte at the end chooses how it is read. */
function seed(corpus, packages) {
  const models = readdirSync(at("tests", "models"), { recursive: true }).filter((name) => name.endsWith(".zip"));
  const seeds = new Map(packages.map(({ bytes }, index) => [`hostile-${index}`, bytes]));
  for (const name of models) seeds.set(path.basename(name), shrunk(readFileSync(at("tests", "models", name))));
  for (const [name, bytes] of seeds) {
    if (bytes.length < LARGEST) writeFileSync(path.join(corpus, name), Buffer.concat([bytes, Buffer.from([0])]));
  }
}

/** The same package with much less in each file. */
function shrunk(bytes) {
  const files = [...unzip(bytes)].filter(([name]) => !name.endsWith(".md5"));
  const entries = files.map(([name, data]) => ({ name, data: name.endsWith(".zip") ? shrunk(data) : data.subarray(0, 100) }));
  const lines = entries.map(({ name, data }) => `${createHash("md5").update(data).digest("hex")}  ${name}\n`);
  return zip([...entries, { name: "checksums.md5", data: lines.join("") }]);
}

await runAsMain(import.meta.url, async () => {
  const [flag = "--seconds", count = "60"] = process.argv.slice(2);
  const limit = { "--runs": "-runs", "--seconds": "-max_total_time" }[flag];
  if (!limit || !(Number(count) > 0)) throw new Error("Say --runs NUMBER or --seconds NUMBER.");
  await fuzz([`${limit}=${count}`], (command, args, options) => run(command, args, { ...options, stream: true }));
  return 0;
});
