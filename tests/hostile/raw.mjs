// Writes archives field by field, so that every field can be wrong.
import { constants, deflateRawSync } from "node:zlib";
import { crc32 } from "../models/lib/zip.mjs";

const MB = 1024 * 1024;

/**
 * An entry as it should be; `wrong` replaces any of its fields.
 * `facts`: what its own header says instead of what the directory says. `at`: where the directory says it begins.
 */
export function entry(name, data, wrong = {}) {
  const bytes = Buffer.from(data);
  const stored = wrong.method === 0;
  const body = stored ? bytes : deflateRawSync(bytes, { level: 9 });
  const usual = { name: Buffer.from(name), body, method: stored ? 0 : 8, flags: 0, crc: crc32(bytes), size: bytes.length };
  const made = { ...usual, compressed: body.length, attributes: 0, shift: 0, extra: Buffer.alloc(0), ...wrong };
  return { ...made, name: Buffer.from(made.name) };
}

/** The same, not deflated. */
export const stored = (name, data, wrong) => entry(name, data, { ...wrong, method: 0 });

/** An entry of `size` zeros, a thousand times smaller, made without ever having them in memory. */
export function zeros(name, size, wrong = {}) {
  const block = deflateRawSync(Buffer.alloc(MB), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const body = Buffer.concat([...Array(Math.ceil(size / MB)).fill(block), Buffer.from([3, 0])]);
  return entry(name, "", { body, compressed: body.length, size, crc: 0, ...wrong });
}

/** The extra field with 64-bit sizes and place. */
function wide({ size, compressed }, at) {
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  [size, compressed, at].forEach((value, index) => extra.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 4 + 8 * index));
  return extra;
}

const narrow = (value) => Number(BigInt.asUintN(32, BigInt(value)));

/**
 * An archive of these entries. `end` replaces fields of the end record: `count`, `size` and `offset` of the directory,
 * `disk`, `comment` (its stated length). `zip64`: whether there are 64-bit end records, and what replaces their fields.
 */
export function archive(entries, { end = {}, zip64, prefix = "", suffix = "" } = {}) {
  const parts = [Buffer.from(prefix)];
  const directory = [];
  let offset = parts[0].length;
  const places = new Map();
  for (const one of entries) {
    const { name, body, method, flags, crc, compressed, size, extra, attributes, shift } = one;
    // Two entries that share their bytes.
    const known = one.shares && places.get(one.shares);
    const at = known ?? offset;
    if (known === undefined) {
      const own = { name, method, flags, crc, compressed, size, ...one.facts };
      const header = Buffer.alloc(30);
      header.write("PK\x03\x04\x14", "latin1");
      header.writeUInt16LE(own.flags, 6);
      header.writeUInt16LE(own.method, 8);
      header.writeUInt32LE(own.crc, 14);
      header.writeUInt32LE(narrow(own.compressed), 18);
      header.writeUInt32LE(narrow(own.size), 22);
      header.writeUInt16LE(own.name.length, 26);
      parts.push(header, Buffer.from(own.name), body);
      if (one.shares) places.set(one.shares, offset);
      offset += 30 + own.name.length + body.length;
    }
    const place = BigInt(at) + BigInt(shift);
    const more = one.wide ? Buffer.concat([extra, wide(one, place)]) : extra;
    const shown = (value) => (one.wide ? 0xffffffff : narrow(value));
    const central = Buffer.alloc(46);
    central.write("PK\x01\x02\x14\x03\x14", "latin1");
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(shown(compressed), 20);
    central.writeUInt32LE(shown(size), 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(more.length, 30);
    central.writeUInt32LE(attributes, 38);
    central.writeUInt32LE(shown(place), 42);
    directory.push(central, name, more);
  }
  const listing = Buffer.concat(directory);
  const facts = { count: entries.length, size: listing.length, offset, disk: 0, comment: 0, ...end };
  const tail = [];
  if (zip64) {
    const of = { count: entries.length, size: listing.length, offset, at: offset + listing.length, ...zip64 };
    const record = Buffer.alloc(56);
    record.write(of.mark ?? "PK\x06\x06", "latin1");
    record.writeBigUInt64LE(44n, 4);
    [of.count, of.count, of.size, of.offset].forEach((value, n) => record.writeBigUInt64LE(BigInt(value), 24 + 8 * n));
    const locator = Buffer.alloc(20);
    locator.write("PK\x06\x07", "latin1");
    locator.writeBigUInt64LE(BigInt(of.at), 8);
    locator.writeUInt32LE(1, 16);
    tail.push(record, locator);
    Object.assign(facts, { count: 0xffff, size: 0xffffffff, offset: 0xffffffff });
  }
  const last = Buffer.alloc(22);
  last.write("PK\x05\x06", "latin1");
  last.writeUInt16LE(facts.disk, 4);
  last.writeUInt16LE(facts.count, 8);
  last.writeUInt16LE(facts.count, 10);
  last.writeUInt32LE(facts.size, 12);
  last.writeUInt32LE(facts.offset, 16);
  last.writeUInt16LE(facts.comment, 20);
  return Buffer.concat([...parts, listing, ...tail, last, Buffer.from(suffix)]);
}
