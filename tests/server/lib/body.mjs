// Reads a request's body and undoes its compression.
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";

const LIMIT = 64 * 1024 * 1024;
const DECODERS = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) };

/**
 * @param {import("node:http").IncomingMessage} request
 * @returns {Promise<{ raw: Buffer, text?: string, problem?: 413 | 400 | 415 }>} `raw` as it travelled
 */
export async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT) return { raw: Buffer.concat(chunks), problem: 413 };
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  const encoding = request.headers["content-encoding"]?.toLowerCase();
  if (!encoding || encoding === "identity") return { raw, text: raw.toString("utf8") };
  if (!Object.hasOwn(DECODERS, encoding)) return { raw, problem: 415 };
  try {
    return { raw, text: (await DECODERS[encoding](raw, { maxOutputLength: LIMIT })).toString("utf8") };
  } catch {
    return { raw, problem: 400 };
  }
}
