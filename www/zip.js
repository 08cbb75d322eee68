// Reads a zip's directory and single entries straight from a Blob: only the bytes asked for are read. It serves the
// form alone; the package does its own, stricter reading. Zip64 and encryption are not understood.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record is 22 bytes and a comment of at most 65,535. */
const TAIL = 22 + 0xffff;

/**
 * @param {Blob} blob
 * @returns {Promise<{ name: string, size: number, read(): Promise<Blob> }[]>} the files, in the directory's order
 */
export async function openZip(blob) {
  const tail = await viewOf(blob.slice(Math.max(0, blob.size - TAIL)));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new Error("not a zip archive");
  const count = tail.getUint16(end + 10, true);
  const [length, start] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  const directory = await viewOf(blob.slice(start, start + length));
  const decoder = new TextDecoder();
  const entries = [];
  for (let at = 0, left = count; left > 0; left--) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== ENTRY) throw new Error("damaged directory");
    const method = directory.getUint16(at + 10, true);
    const [packed, size, offset] = [20, 24, 42].map((field) => directory.getUint32(at + field, true));
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    const name = decoder.decode(new Uint8Array(directory.buffer, at + 46, nameLength));
    if (!name.endsWith("/")) entries.push({ name, size, read: () => readEntry(blob, offset, packed, method) });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

async function readEntry(blob, offset, packed, method) {
  const local = await viewOf(blob.slice(offset, offset + 30));
  if (local.byteLength < 30 || local.getUint32(0, true) !== LOCAL) throw new Error("damaged entry");
  const start = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const data = blob.slice(start, start + packed);
  if (method === 0) return data;
  if (method !== 8) throw new Error(`compression method ${method}`);
  return new Response(data.stream().pipeThrough(new DecompressionStream("deflate-raw"))).blob();
}

async function viewOf(blob) {
  return new DataView(await blob.arrayBuffer());
}
