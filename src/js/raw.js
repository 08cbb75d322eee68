// Requests that are not objects to be encoded as they are: JSON text and bytes, which nobody here looks into, and objects
// of which a part stays on the page.

import { BadRequestError } from "./errors.js";

/**
 * The request, where it is JSON text or bytes, as it is posted: the text, or an `ArrayBuffer` with a copy of the bytes, as
 * they are now. `undefined` for anything else, and for what cannot be JSON of an object: swapped arguments, for instance.
 */
export function rawOf(input) {
  if (typeof input === "string") return /^\s*\{/.test(input) ? input : undefined;
  const isView = ArrayBuffer.isView(input);
  // Buffers of other windows are no instances of ours.
  if (!isView && !/ (Shared)?ArrayBuffer]$/.test(Object.prototype.toString.call(input))) return undefined;
  // What was transferred has no bytes any more.
  if (input.byteLength === 0) return undefined;
  const bytes = isView ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
  // Blanks, and a byte order mark.
  const begins = bytes.findIndex((byte) => ![9, 10, 13, 32, 0xef, 0xbb, 0xbf].includes(byte));
  return bytes[begins] === 123 ? bytes.slice().buffer : undefined;
}

/** What `toJSON` makes of a value, where it has one: JSON sees nothing else. */
const seen = (value, key) => (typeof value?.toJSON === "function" ? value.toJSON(key) : value);

/**
 * The request without the members of its `request_data` whose names begin with `_`; a copy, where it has any. Throws where
 * it cannot be looked into.
 */
export function publicPart(input, privateKeys) {
  const refuse = (message, path, more) => {
    throw new BadRequestError(message, { path, ...more });
  };
  if (typeof privateKeys !== "boolean") refuse("options.privateKeys must be true or false.", "options.privateKeys");
  if (!privateKeys) return input;
  if (rawOf(input) !== undefined) {
    const message = "Text and bytes are not looked into for private keys: give the request as an object, or leave them out.";
    refuse(message, "options.privateKeys");
  }
  try {
    const request = seen(input, "");
    const data = seen(request?.request_data, "request_data");
    const isPublic = (key) => !key.startsWith("_");
    if (typeof data !== "object" || data === null || Object.keys(data).every(isPublic)) return input;
    const entries = Object.keys(data).filter(isPublic);
    return { ...request, request_data: Object.fromEntries(entries.map((key) => [key, data[key]])) };
  } catch (cause) {
    refuse("The request cannot be copied: a getter or toJSON threw.", "request_data", { cause });
  }
}
