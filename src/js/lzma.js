/**
 * Expands what the build packed: LZMA, which makes our WebAssembly a fifth smaller than deflate does.
 * The format is that of ".lzma" files: properties, size, range-coded bits. Only the build writes it, so nothing is checked.
 * @param {Uint8Array} input
 * @returns {Uint8Array}
 */
export function unpack(input) {
  const literalContext = input[0] % 9;
  const literalPosition = ((input[0] / 9) | 0) % 5;
  const positions = (1 << ((input[0] / 45) | 0)) - 1;
  const size = new DataView(input.buffer, input.byteOffset).getUint32(5, true);
  const output = new Uint8Array(size);
  // Probabilities of a zero bit, in 2048ths. Each kind of decision has its own stretch.
  const LITERAL = 1846;
  const odds = new Uint16Array(LITERAL + (0x300 << (literalContext + literalPosition))).fill(1024);
  let [range, code, at] = [-1 >>> 0, 0, 13];
  for (let i = 0; i < 5; i++) code = ((code << 8) | input[at++]) >>> 0;

  const bit = (index) => {
    const odd = odds[index];
    const bound = (range >>> 11) * odd;
    let result = 0;
    if (code < bound) {
      range = bound;
      odds[index] = odd + ((2048 - odd) >> 5);
    } else {
      range -= bound;
      code -= bound;
      odds[index] = odd - (odd >> 5);
      result = 1;
    }
    if (range < 0x1000000) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | input[at++]) >>> 0;
    }
    return result;
  };
  const tree = (base, bits) => {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | bit(base + node);
    return node - (1 << bits);
  };
  const reverse = (base, bits) => {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const one = bit(base + node);
      node = (node << 1) | one;
      value |= one << i;
    }
    return value;
  };
  const length = (base, position) => {
    if (!bit(base)) return tree(base + 2 + (position << 3), 3);
    if (!bit(base + 1)) return 8 + tree(base + 130 + (position << 3), 3);
    return 16 + tree(base + 258, 8);
  };

  let [state, rep0, rep1, rep2, rep3] = [0, 0, 0, 0, 0];
  let done = 0;
  while (done < size) {
    const position = done & positions;
    if (!bit((state << 4) + position)) {
      const before = done ? output[done - 1] : 0;
      const context = ((done & ((1 << literalPosition) - 1)) << literalContext) + (before >> (8 - literalContext));
      const base = LITERAL + 0x300 * context;
      let symbol = 1;
      if (state >= 7) {
        let match = output[done - rep0 - 1];
        while (symbol < 256) {
          const expected = (match >> 7) & 1;
          match <<= 1;
          const one = bit(base + ((1 + expected) << 8) + symbol);
          symbol = (symbol << 1) | one;
          if (one !== expected) break;
        }
      }
      while (symbol < 256) symbol = (symbol << 1) | bit(base + symbol);
      output[done++] = symbol;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let count;
    if (bit(192 + state)) {
      // An earlier distance again.
      if (!bit(204 + state)) {
        if (!bit(240 + (state << 4) + position)) {
          state = state < 7 ? 9 : 11;
          output[done] = output[done - rep0 - 1];
          done++;
          continue;
        }
      } else {
        let distance = rep1;
        if (bit(216 + state)) {
          distance = rep2;
          if (bit(228 + state)) {
            distance = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = distance;
      }
      count = length(1332, position);
      state = state < 7 ? 8 : 11;
    } else {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      count = length(818, position);
      state = state < 7 ? 7 : 10;
      const slot = tree(432 + (Math.min(count, 3) << 6), 6);
      rep0 = slot;
      if (slot > 3) {
        const bits = (slot >> 1) - 1;
        rep0 = (2 | (slot & 1)) << bits;
        if (slot < 14) {
          rep0 += reverse(688 + rep0 - slot - 1, bits);
        } else {
          for (let i = bits - 5; i >= 0; i--) {
            range >>>= 1;
            const one = code >= range ? 1 : 0;
            if (one) code -= range;
            if (range < 0x1000000) {
              range = (range << 8) >>> 0;
              code = ((code << 8) | input[at++]) >>> 0;
            }
            rep0 += (one << i) << 4;
          }
          rep0 += reverse(802, 4);
        }
      }
    }
    for (const end = Math.min(done + count + 2, size); done < end; done++) output[done] = output[done - rep0 - 1];
  }
  return output;
}
