// Random numbers that depend on a seed alone, so that a run can be repeated.

/** A source of random values. Sources made from different names are independent of each other. */
export function random(seed, name = "") {
  // FNV-1a spreads seed and name over the state; the generator is mulberry32.
  let state = 2166136261;
  for (const char of `${seed}/${name}`) state = Math.imul(state ^ char.codePointAt(0), 16777619);
  const bits = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit) => Math.floor((bits() / 2 ** 32) * limit);
  const pick = (items) => items[below(items.length)];
  const view = new DataView(new ArrayBuffer(8));
  return {
    below,
    pick,
    bits,
    chance: (share) => bits() / 2 ** 32 < share,
    /** Any finite double, by its bits: most are very large or very small. */
    double() {
      do {
        view.setUint32(0, bits());
        view.setUint32(4, bits());
      } while (!Number.isFinite(view.getFloat64(0)));
      return view.getFloat64(0);
    },
    /** Text of UTF-16 units from every corner, halves of pairs included. */
    text(length) {
      let text = "";
      const corners = [
        [0x20, 0x5f],
        [0, 0x20],
        [0x80, 0x780],
        [0x4e00, 0x100],
        [0xd800, 0x800],
        [0xffe0, 0x20],
      ];
      while (text.length < length) {
        const [from, size] = pick(corners);
        text += below(4) ? String.fromCharCode(from + below(size)) : String.fromCodePoint(0x1f300 + below(0x300));
      }
      return text;
    },
  };
}
