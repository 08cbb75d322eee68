/** Handed over at a time: however far a hostile one expands, it is seen before the next. */
const PIECE = 64 * 1024;

/**
 * Inflates with the platform, which is faster than our own code on a fresh page.
 * @param {Uint8Array} deflated @param {number} size of the result
 * @returns {Promise<Uint8Array | undefined>} `undefined` when that is not possible, or not what comes out
 */
export async function inflate(deflated, size) {
  try {
    const { readable, writable } = new DecompressionStream("deflate-raw");
    feed(writable.getWriter(), deflated).catch(() => {});
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

async function feed(writer, bytes) {
  for (let at = 0; at < bytes.length; at += PIECE) await writer.write(bytes.subarray(at, at + PIECE));
  await writer.close();
}
