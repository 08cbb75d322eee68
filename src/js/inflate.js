/** Handed over at a time: however far a hostile one expands, it is seen before the next. */
const PIECE = 64 * 1024;

/**
 * Inflates with the platform, which is faster than our own code on a fresh page, and so is its CRC: it checks one only in
 * gzip, whose head and end (RFC 1952) are put around.
 * @param {Uint8Array} deflated @param {number} size of the result @param {number} crc of the result
 * @returns {Promise<Uint8Array | undefined>} `undefined` when that is not possible, or not what comes out
 */
export async function inflate(deflated, size, crc) {
  try {
    const { readable, writable } = new DecompressionStream("gzip");
    feed(writable.getWriter(), deflated, new Uint32Array([crc, size])).catch(() => {});
    const reader = readable.getReader();
    const result = new Uint8Array(size);
    let at = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return at === size ? result : undefined;
        // Throws when it does not fit.
        result.set(value, at);
        at += value.length;
      }
    } finally {
      // Of a bomb, the rest: nobody inflates or keeps it.
      reader.cancel().catch(() => {});
    }
  } catch {
    return undefined;
  }
}

async function feed(writer, deflated, end) {
  await writer.write(Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 255));
  for (let at = 0; at < deflated.length; at += PIECE) await writer.write(deflated.subarray(at, at + PIECE));
  await writer.write(end);
  await writer.close();
}
