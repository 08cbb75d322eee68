// From values to positions in a drawing, with ticks that people can read.

/**
 * @param {number[]} values all that must fit
 * @param {{ from: number, to: number, log?: boolean, zero?: boolean, room?: number }} options positions of the ends, and how
 *   far apart ticks must be
 */
export function scale(values, { from, to, log = false, zero = false, room = 0 }) {
  const finite = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  let low = zero && !log ? 0 : Math.min(...finite);
  let high = Math.max(...finite);
  if (finite.length === 0) [low, high] = log ? [1, 10] : [0, 1];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [zero ? 0 : low - 1, high + (zero ? high || 1 : 1)];
  const most = room ? Math.max(2, Math.floor(Math.abs(to - from) / room)) : Infinity;
  const ticks = log ? logTicks(low, high, Math.min(most, 9)) : linearTicks(low, high, Math.min(most, 5));
  if (!log) [low, high] = [Math.min(low, ticks[0]), Math.max(high, ticks.at(-1))];
  const share = log
    ? (value) => Math.log(value / low) / Math.log(high / low)
    : (value) => (value - low) / (high - low);
  return { at: (value) => from + share(value) * (to - from), ticks };
}

function linearTicks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function logTicks(low, high, most) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  // Too many to be read: powers of ten only, if there are any.
  const powers = ticks.filter((tick) => Number.isInteger(Math.log10(tick)));
  return ticks.length > most && powers.length > 1 ? powers : ticks;
}
