// Takes a WebAssembly module apart, for what the build does with it (panics.mjs, order.mjs), and puts it together again.

const CUSTOM = 0;

/** The sections of a module. */
export function* read(module) {
  const input = new Input(module, 8);
  while (!input.isAtEnd) {
    const id = input.byte();
    yield { id, body: input.bytes() };
  }
}

/** One section. */
export function write(id, body) {
  return Buffer.concat([Buffer.from([id]), leb(body.length), body]);
}

/** Names of functions by their index, without the hashes of crates. */
export function namesOf(sections) {
  const names = new Map();
  for (const { id, body } of sections) {
    const input = new Input(body);
    if (!isNames(id, input)) continue;
    while (!input.isAtEnd) {
      const kind = input.byte();
      const part = new Input(input.bytes());
      for (let n = kind === 1 ? part.number() : 0; n > 0; n--) names.set(part.number(), part.text().replace(/\[[0-9a-f]{16}\]/g, ""));
    }
  }
  return names;
}

/** Whether a section is the one with names, which `input` has read on to then. */
export function isNames(id, input) {
  return id === CUSTOM && input.text() === "name";
}

/** Reads the parts of a section. */
export class Input {
  #bytes;
  #at;

  constructor(bytes, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd() {
    return this.#at >= this.#bytes.length;
  }

  byte() {
    return this.#bytes[this.#at++];
  }

  number() {
    let [value, shift, byte] = [0, 1, 0];
    do {
      byte = this.byte();
      value += (byte & 127) * shift;
      shift *= 128;
    } while (byte & 128);
    return value;
  }

  bytes() {
    const length = this.number();
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  text() {
    return this.bytes().toString("utf8");
  }
}

/** A number as it is written in a module. */
export function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value);
  return Buffer.from(bytes);
}
