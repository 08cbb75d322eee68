/**
 * Unpacks what the build packed (payload/ says how), with the small module that was built for this.
 * @param {WebAssembly.Module} unpacker @param {Uint8Array} packed
 * @returns {Uint8Array | undefined} `undefined` when it is damaged
 */
export function unpack(unpacker, packed) {
  const { memory, unpack } = new WebAssembly.Instance(unpacker, {}).exports;
  const header = new DataView(packed.buffer, packed.byteOffset);
  const [streams, size] = [header.getUint32(0, true), header.getUint32(4, true)];
  const at = memory.buffer.byteLength;
  memory.grow(Math.ceil((packed.length + streams + size) / 65536));
  new Uint8Array(memory.buffer).set(packed, at);
  if (!unpack(at, packed.length)) return undefined;
  return new Uint8Array(memory.buffer, at + packed.length + streams, size);
}
