// Many calls in a row, their times, and a small picture of them.
import { formatMs, svg } from "./dom.js";

const WIDTH = 600;
const HEIGHT = 72;
const POINTS = 150;

/**
 * Runs `total` calls: one after the other on each of `lanes`.
 * @param {{ call: () => Promise<any>, total: number, lanes: number, stopped: () => boolean,
 *   progress: (times: number[]) => void }} job
 */
export async function runMany({ call, total, lanes, stopped, progress }) {
  const times = [];
  let left = total;
  let failed = false;
  const began = performance.now();
  let drawn = began;
  const lane = async () => {
    while (left > 0 && !failed && !stopped()) {
      left--;
      const start = performance.now();
      try {
        await call();
      } catch (error) {
        failed = true;
        throw error;
      }
      const now = performance.now();
      times.push(now - start);
      if (now - drawn > 100) {
        drawn = now;
        progress(times);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { times, seconds: (performance.now() - began) / 1000 };
}

/** Median, 95th percentile and so on of a list of times. */
export function figures(times) {
  const sorted = Float64Array.from(times).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted[sorted.length - 1] ?? 0 };
}

/** Draws the times in the order of the calls; outliers are cut off at the top. */
export function sparkline(container, times, total) {
  const { median, p95, p99 } = figures(times);
  const top = Math.max(p99 * 1.15, 1e-3);
  const size = Math.max(1, Math.ceil(total / POINTS));
  const points = [];
  for (let from = 0; from < times.length; from += size) {
    const group = times.slice(from, from + size);
    const mean = group.reduce((sum, time) => sum + time, 0) / group.length;
    const x = ((from + group.length / 2) / total) * WIDTH;
    points.push([x, HEIGHT - Math.min(1, mean / top) * (HEIGHT - 2) - 1]);
  }
  if (!points.length) return container.replaceChildren();
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const [[first], [last]] = [points[0], points[points.length - 1]];
  const spread = `half take less than ${formatMs(median)}, 95 % less than ${formatMs(p95)}`;
  const label = `Time of each of ${times.length} calls: ${spread}`;
  const middle = HEIGHT - Math.min(1, median / top) * (HEIGHT - 2) - 1;
  container.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      svg("polygon", { class: "area", points: `${first},${HEIGHT} ${line} ${last},${HEIGHT}` }),
      svg("line", { class: "median", x1: 0, x2: WIDTH, y1: middle, y2: middle }),
      svg("polyline", { class: "line", points: line }),
    ),
  );
}
