// Malformed and hostile packages, each with the code that it is refused with.
//
// `node tests/hostile/packages.mjs FOLDER` writes them there.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { MEMORY_WASM as WASM, glue } from "../e2e/lib/engines.mjs";
import { archive, entry, stored, zeros } from "./raw.mjs";

const MB = 1024 * 1024;
const GB = 1000 * 1000 * 1000;
/** The version id that is configured. */
export const ID = "11111111-2222-4333-8444-555555555555";
const OTHER = "99999999-8888-4777-8666-555555555555";

/** The largest stated size of these packages that is no lie is far below what a process may take. */
export const MEMORY_MB = 256;

export const JS = glue(() => ({ response_data: { outputs: { fine: true } } }));
const model = (...more) => [entry("m.js", JS), entry("m.wasm", WASM), ...more];
const withEngine = (wrong) => [entry("m.js", JS), entry("m.wasm", WASM, wrong)];
const whole = archive(model());
const md5 = (...files) => files.map(([name, data]) => `${createHash("md5").update(data).digest("hex")}  ${name}\n`).join("");
const changed = (bytes, at, ...to) => Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + to.length)]);
const noise = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919 + (n >> 3)) & 255));
const BODY = 30 + "m.js".length;

const NO_ARCHIVE = {
  "nothing at all": Buffer.alloc(0),
  "one byte": Buffer.from("P"),
  "a signature alone": Buffer.from("PK\x03\x04"),
  "a text": Buffer.from("hello, this is no archive at all, only text\n"),
  "a page": Buffer.from("<!doctype html><title>Sign in</title>"),
  "JSON": Buffer.from('{"error":"no such model"}'),
  "XML": Buffer.from("<Error><Code>AccessDenied</Code></Error>"),
  "gzip": gzipSync(whole),
  "7z": Buffer.from("7z\xbc\xaf\x27\x1c\0\x04", "latin1"),
  "rar": Buffer.from("Rar!\x1a\x07\x01\0", "latin1"),
  "tar": Buffer.concat([Buffer.alloc(257, "x"), Buffer.from("ustar\0"), Buffer.alloc(300)]),
  "a bare engine": WASM,
  "an LFS pointer": Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
  "zeros": Buffer.alloc(100_000),
  "noise": noise,
  "base64 that was not decoded": Buffer.from(whole.toString("base64")),
  "an archive decoded as text": Buffer.from(whole.toString("utf8")),
};

const DAMAGED = {
  "the end cut off": whole.subarray(0, -1),
  "half of it": whole.subarray(0, whole.length / 2),
  "the beginning lost": whole.subarray(40),
  "a hole in the middle": Buffer.concat([whole.subarray(0, 50), whole.subarray(90)]),
  "a flipped byte": changed(whole, BODY + 20, whole[BODY + 20] ^ 0xff),
  "half zeros": Buffer.concat([whole.subarray(0, 60), Buffer.alloc(whole.length)]),
  "more entries stated than there are": archive(model(), { end: { count: 9 } }),
  "65534 entries stated": archive(model(), { end: { count: 0xfffe } }),
  "a directory larger than the file": archive(model(), { end: { size: 0x7fffffff } }),
  "a directory of no size": archive(model(), { end: { size: 0 } }),
  "a directory elsewhere": archive(model(), { end: { offset: 0x7fffffff } }),
  "a directory in the middle of another thing": archive(model(), { end: { offset: 7, size: 9 } }),
  "the second of two disks": archive(model(), { end: { disk: 1 } }),
  "a comment beyond the end": archive(model(), { end: { comment: 9 } }),
  "64-bit records that point nowhere": archive(model(), { zip64: { at: 2n ** 63n - 1n, mark: "none" } }),
  "64-bit records of 2^63 entries": archive(model(), { zip64: { count: 2n ** 63n } }),
  "64-bit records of 2^64 - 1 bytes": archive(model(), { zip64: { size: 2n ** 64n - 1n } }),
  "64-bit records at 2^64 - 1": archive(model(), { zip64: { offset: 2n ** 64n - 1n } }),
  "end records without end": archive([stored("x", Buffer.from("PK\x05\x06\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\xff".repeat(100_000), "latin1"))], {
    end: { count: 7, size: 46 },
  }),
  "an encrypted engine": archive(withEngine({ flags: 1 })),
  "an engine encrypted by WinZip": archive(
    withEngine({ flags: 1, method: 99, extra: Buffer.from("\x01\x99\x07\0\x02\0AE\x03\x08\0", "latin1") }),
  ),
  "Deflate64": archive(withEngine({ method: 9 })),
  "bzip2": archive(withEngine({ method: 12 })),
  "LZMA": archive(withEngine({ method: 14 })),
  "Zstandard": archive(withEngine({ method: 93 })),
  "xz": archive(withEngine({ method: 95 })),
  "an unknown method": archive(withEngine({ method: 7777 })),
  "a wrong CRC": archive(withEngine({ crc: 1 })),
  "a wrong CRC of a stored engine": archive([entry("m.js", JS), stored("m.wasm", WASM, { crc: 1 })]),
  "a wrong CRC of the glue": archive([entry("m.js", JS, { crc: 1 }), entry("m.wasm", WASM)]),
  "a byte less stated": archive(withEngine({ size: WASM.length - 1 })),
  "a byte more stated": archive(withEngine({ size: WASM.length + 1 })),
  "no size stated": archive(withEngine({ size: 0 })),
  "4 GB stated": archive(withEngine({ size: 0xfffffff0 })),
  "2^64 - 1 bytes stated": archive(withEngine({ wide: true, size: 2n ** 64n - 1n })),
  "2^64 - 1 compressed bytes stated": archive(withEngine({ wide: true, compressed: 2n ** 64n - 1n })),
  "an engine at 2^63": archive(withEngine({ wide: true, shift: 2n ** 63n })),
  "an engine one byte beside itself": archive(withEngine({ shift: 1 })),
  "an engine beyond the end": archive(withEngine({ shift: 1 << 30 })),
  "a stored engine of two sizes": archive([entry("m.js", JS), stored("m.wasm", WASM, { size: 9, compressed: 8 })]),
  "a stored engine that reaches beyond the end": archive([
    entry("m.js", JS),
    stored("m.wasm", WASM, { size: 4000, compressed: 4000 }),
  ]),
  "compressed bytes beyond the end": archive(withEngine({ compressed: 1 << 30 })),
  "compressed bytes cut": archive(withEngine({ compressed: 9 })),
  "no compressed bytes": archive(withEngine({ compressed: 0, size: 0 })),
  "compressed bytes that are none": archive(withEngine({ body: Buffer.alloc(40, 0xff), compressed: 40 })),
  "a deflate stream without end": archive(withEngine({ body: Buffer.alloc(4), compressed: 4 })),
};

const dotted = (name) => archive(model(entry(name, "x")));
const NAMES = {
  "a name that leads out": dotted("../evil.txt"),
  "a name that leads out at last": dotted("a/b/../../../evil.txt"),
  "a name that leads out by backslashes": dotted("..\\..\\evil.txt"),
  "a name that is only two dots": dotted(".."),
  "two dots and a blank": dotted("a/.. /evil.txt"),
  "an engine that leads out": archive([entry("../m.js", JS), entry("../m.wasm", WASM)]),
  "an absolute name": dotted("/etc/cron.d/evil"),
  "an absolute name with a backslash": dotted("\\evil.txt"),
  "a network share": dotted("\\\\host\\share\\evil.txt"),
  "a drive": dotted("C:\\Windows\\evil.txt"),
  "a drive's current folder": dotted("c:evil.txt"),
  "a NUL in a name": dotted("m.txt\0.wasm"),
  "a NUL in the engine's name": archive([entry("m.js", JS), entry("m\0.wasm", WASM)]),
  "a file __proto__": dotted("__proto__"),
  "a folder __proto__": dotted("__proto__/polluted"),
  "glue called __proto__.js": archive([entry("__proto__.js", JS), entry("m.wasm", WASM)]),
};

const TWICE = {
  "two engines of one name": archive(model(entry("m.wasm", WASM))),
  "two glues of one name": archive(model(entry("m.js", "// other"))),
  "two of one name, the sums right for one": archive(
    model(entry("m.js", "// other"), entry("checksums.md5", md5(["m.js", JS], ["m.wasm", WASM]))),
  ),
  "two other files of one name": archive(model(entry("readme.txt", "1"), entry("readme.txt", "2"))),
  "two folders of one name": archive(model(stored("x/", ""), stored("x/", ""))),
  "a name twice, once flagged as UTF-8": archive(model(entry("é.txt", "1", { flags: 0x800 }), entry("é.txt", "2"))),
  "a version twice": archive([stored(`${ID}.zip`, whole), stored(`${ID}.zip`, archive(model()))]),
  "an engine and another": archive(model(entry("other.wasm", WASM))),
  "a glue and another": archive(model(entry("other.js", JS))),
  "an engine in two cases": archive(model(entry("M.WASM", WASM))),
  "a version in two folders": archive([
    ...["a", "b"].flatMap((top) => [entry(`${top}/${ID}/m.js`, JS), entry(`${top}/${ID}/m.wasm`, WASM)]),
  ]),
};

/** The same bytes again and again under other names. */
const overlapping = (count, size) =>
  archive([...model(), ...Array.from({ length: count }, (_, n) => zeros(`${n}.bin`, size, { shares: "zeros" }))]);

const lying = (name, wrong) => archive([...model().filter((one) => `${one.name}` !== name), zeros(name, GB, wrong)]);
const BOMBS = {
  "a gigabyte of engine": lying("m.wasm"),
  "a gigabyte of glue": lying("m.js"),
  "a gigabyte of data": lying("m.data"),
  "a gigabyte of sums": lying("checksums.md5"),
  "a gigabyte of static outputs": lying("m_static.json"),
  "a gigabyte that nobody reads": lying("readme.txt"),
  "a gigabyte in 64-bit fields": lying("m.wasm", { wide: true }),
  "ten thousand entries over one megabyte": overlapping(9_000, MB),
  "a hundred times 10 MB": archive([...model(), ...Array.from({ length: 100 }, (_, n) => zeros(`${n}.bin`, 10 * MB))]),
  "one entry too many": archive(Array.from({ length: 10_001 }, (_, n) => stored(`${n}`, ""))),
  "a directory of 17 MB": archive(Array.from({ length: 300 }, (_, n) => stored(`${n}${"x".repeat(60_000)}`, ""))),
  "sums of 2 MB": archive(model(entry("checksums.md5", Buffer.alloc(2 * MB, "\n")))),
  "a gigabyte of archive in an archive": archive([zeros(`${ID}.zip`, GB)]),
  "an archive in an archive, with a gigabyte": archive([entry(`${ID}.zip`, lying("m.wasm"))]),
  "a stored archive with a gigabyte": archive([stored(`${ID}.zip`, lying("m.data"))]),
};

/** What states little and gives much: stopped where the stated size ends. */
const LIARS = {
  "a gigabyte of engine that states 100 KB": lying("m.wasm", { size: 100_000 }),
  "a gigabyte of glue that states 100 KB": lying("m.js", { size: 100_000 }),
  "a gigabyte of data that states 3 MB": lying("m.data", { size: 3 * MB }),
  "a gigabyte of data that states 5 MB": lying("m.data", { size: 5 * MB }),
  "a gigabyte of data that states nothing": lying("m.data", { size: 0 }),
  "a gigabyte of sums that states 1 KB": lying("checksums.md5", { size: 1000 }),
  "a gigabyte of static outputs that states 1 KB": lying("m_static.json", { size: 1000 }),
  "a gigabyte, stated in its own header alone": lying("m.wasm", { size: 100_000, facts: { size: GB } }),
  "a gigabyte, stated in the directory alone": lying("m.wasm", { facts: { size: 100_000 } }),
  "a gigabyte of archive that states 1 MB": archive([zeros(`${ID}.zip`, GB, { size: MB })]),
};

const INCOMPLETE = {
  "no files": archive([]),
  "no engine": archive([entry("m.js", JS)]),
  "no glue": archive([entry("m.wasm", WASM)]),
  "other files": archive([entry("readme.txt", "hi")]),
  "an engine that is a link": archive([entry("m.js", JS), entry("m.wasm", "/etc/passwd", { attributes: (0o120777 << 16) >>> 0 })]),
  "an engine that is a folder": archive([entry("m.js", JS), stored("m.wasm/", "")]),
  "only what Finder adds": archive([entry("__MACOSX/._m.js", JS), entry("__MACOSX/._m.wasm", WASM)]),
  "data that is listed and not there": archive(model(entry("checksums.md5", md5(["m.js", JS], ["m.wasm", WASM], ["m.data", "x"])))),
  "another version": archive([stored(`t/${OTHER}.zip`, whole), entry("t/ModelMetaData.json", "{}")]),
  "several versions, none of them wanted": archive([entry("a.zip", whole), entry("b.zip", whole)]),
  "an archive of an archive of an archive": [1, 2, 3].reduce((inner) => archive([stored(`${ID}.zip`, inner)]), archive([])),
};

const sums = (glueText, engine) => archive(model(entry("checksums.md5", md5(["m.js", glueText], ["m.wasm", engine]))));
const INNER = {
  "an archive in an archive, cut": archive([stored(`${ID}.zip`, whole.subarray(0, 200))]),
  "an archive in an archive that is a text": archive([stored(`${ID}.zip`, "not here")]),
  "an archive in an archive, encrypted": archive([entry(`${ID}.zip`, whole, { flags: 1 })]),
  "an archive in an archive that leads out": archive([stored(`${ID}.zip`, dotted("../evil.txt"))]),
};

/** What reading the package does not find: the browser does. */
const ENGINES = {
  "an empty engine": [archive([entry("m.js", JS), entry("m.wasm", "")]), "WASM_INVALID"],
  "a text for an engine": [archive([entry("m.js", JS), entry("m.wasm", "not wasm")]), "WASM_INVALID"],
  "an engine cut short": [archive([entry("m.js", JS), entry("m.wasm", WASM.subarray(0, 12))]), "WASM_INVALID"],
  "an engine with a wrong section": [archive([entry("m.js", JS), entry("m.wasm", changed(WASM, 8, 99))]), "WASM_INVALID"],
  "an engine that is the glue": [
    archive([entry("m.js", JS, { shares: "one" }), { ...entry("m.wasm", JS), shares: "one" }]),
    "WASM_INVALID",
  ],
  "glue that is no script": [archive([entry("m.js", "this is no script"), entry("m.wasm", WASM)]), "GLUE_FAILED"],
  "glue that is empty": [archive([entry("m.js", ""), entry("m.wasm", WASM)]), "GLUE_FAILED"],
  "glue that throws": [archive([entry("m.js", "throw new Error('no')"), entry("m.wasm", WASM)]), "GLUE_FAILED"],
};

const group = (code, packages) =>
  Object.entries(packages).map(([name, bytes]) => ({ name, bytes, code, native: code }));

/** All of them: `code` in the browser, `native` for the package reader alone (`null`: nothing is wrong with the archive). */
export const PACKAGES = [
  ...group("ZIP_INVALID", { ...NO_ARCHIVE, ...DAMAGED, ...NAMES, ...LIARS, ...INNER }),
  ...group("PACKAGE_AMBIGUOUS", TWICE),
  ...group("PACKAGE_TOO_LARGE", BOMBS),
  ...group("PACKAGE_INCOMPLETE", INCOMPLETE),
  ...group("CHECKSUM_MISMATCH", { "a wrong sum of the glue": sums("x", WASM), "a wrong sum of the engine": sums(JS, "x") }),
  ...Object.entries(ENGINES).map(([name, [bytes, code]]) => ({ name, bytes, code, native: null })),
];

/** Names that look dangerous and are only names here: these models work. */
export const ODD_NAMES = [
  ["constructor/m.js", "constructor/m.wasm"],
  ["prototype.js", "prototype.wasm"],
  ["toString/hasOwnProperty.js", "toString/hasOwnProperty.wasm"],
  ["my__proto__.js", "my__proto__.wasm"],
  ["..m.js", "..m.wasm"],
  ["%2e%2e/m.js", "%2e%2e/m.wasm"],
  ["x\\m.js", "x\\m.wasm"],
  ["\u202egpj.js", "\u202egpj.wasm"],
  ["<img src=x onerror=alert(1)>.js", "'; throw 1; '.wasm"],
].map(([js, wasm]) => ({ name: js, bytes: archive([entry(js, JS), entry(wasm, WASM)]) }));

/** Writes them into a folder; gives the files, in the same order. */
export function writeAll(folder, packages = PACKAGES) {
  mkdirSync(folder, { recursive: true });
  return packages.map(({ name, bytes }, index) => {
    const file = path.join(folder, `${String(index).padStart(3, "0")}-${name.replace(/\W+/g, "-").slice(0, 60)}.zip`);
    writeFileSync(file, bytes);
    return file;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeAll(process.argv[2] ?? "hostile-packages");
