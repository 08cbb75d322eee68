// A zip writer whose output depends on its input alone: one timestamp, entries in the order given.
import { deflateRawSync } from "node:zlib";

const DOS_TIME = 0;
const DOS_DATE = ((2024 - 1980) << 9) | (1 << 5) | 1;
const UTF8_NAME = 0x0800;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

/** The sum that archives keep of an entry. */
export function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

/**
 * @param {{name: string, data?: Uint8Array|string, store?: boolean}[]} entries a name that ends in "/" is a folder
 * @returns {Buffer}
 */
export function zip(entries) {
  const body = [];
  const directory = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name, "utf8");
    const data = Buffer.from(entry.data ?? "");
    const deflated = entry.store || data.length === 0 ? data : deflateRawSync(data, { level: 9 });
    const stored = deflated.length >= data.length;
    const bytes = stored ? data : deflated;

    const fixed = Buffer.alloc(26);
    fixed.writeUInt16LE(20, 0); // version needed
    fixed.writeUInt16LE(UTF8_NAME, 2);
    fixed.writeUInt16LE(stored ? 0 : 8, 4);
    fixed.writeUInt16LE(DOS_TIME, 6);
    fixed.writeUInt16LE(DOS_DATE, 8);
    fixed.writeUInt32LE(crc32(data), 10);
    fixed.writeUInt32LE(bytes.length, 14);
    fixed.writeUInt32LE(data.length, 18);
    fixed.writeUInt16LE(name.length, 22);

    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4); // version made by
    fixed.copy(central, 6);
    central.writeUInt32LE(entry.name.endsWith("/") ? 0x10 : 0, 38);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);

    const local = Buffer.alloc(4);
    local.writeUInt32LE(0x04034b50, 0);
    body.push(local, fixed, name, bytes);
    offset += local.length + fixed.length + name.length + bytes.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...body, central, end]);
}
