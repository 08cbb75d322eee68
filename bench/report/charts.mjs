// Charts as SVG text: no script, no font, no address, so that a page with them is one file and runs under any policy.
import { scale } from "./scale.mjs";

const WIDTH = 680;
const HEIGHT = 300;
const MARGIN = { left: 64, right: 150, top: 26, bottom: 44 };

const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const round = (number) => Number(number.toFixed(1));

/** 1500000 as 1.5M: there is no room for zeros. */
export function short(value) {
  const sizes = [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ];
  for (const [size, letter] of sizes) if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  return String(Number(value.toPrecision(3)));
}

/**
 * Lines over a common horizontal axis.
 * @param {object} chart
 * @param {string} chart.title said to those who do not see it
 * @param {{ label: string, log?: boolean, zero?: boolean, whole?: boolean }} chart.x `whole`: only integers are ticks
 * @param {{ label: string, log?: boolean, zero?: boolean }} chart.y
 * @param {{ name: string, colour: string, points: [number, number][], dashed?: boolean }[]} chart.lines
 */
export function lines({ title, x, y, lines: all }) {
  const points = all.flatMap((line) => line.points);
  const right = WIDTH - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const across = scale(points.map(([value]) => value), { ...x, from: MARGIN.left, to: right });
  const up = scale(points.map(([, value]) => value), { ...y, from: bottom, to: MARGIN.top });
  const parts = [];
  for (const tick of up.ticks) {
    const at = round(up.at(tick));
    parts.push(`<path class="grid" d="M${MARGIN.left} ${at}H${right}"/>`);
    parts.push(`<text class="tick" x="${MARGIN.left - 8}" y="${at + 4}" text-anchor="end">${short(tick)}</text>`);
  }
  for (const tick of across.ticks) {
    if (x.whole && !Number.isInteger(tick)) continue;
    const at = round(across.at(tick));
    parts.push(`<path class="grid" d="M${at} ${bottom}v5"/>`);
    parts.push(`<text class="tick" x="${at}" y="${bottom + 18}" text-anchor="middle">${short(tick)}</text>`);
  }
  parts.push(`<path class="axis" d="M${MARGIN.left} ${bottom}H${right}"/>`);
  parts.push(`<text class="label" x="${right}" y="${HEIGHT - 6}" text-anchor="end">${escape(x.label)}</text>`);
  parts.push(`<text class="label" x="${MARGIN.left}" y="${MARGIN.top - 12}">${escape(y.label)}</text>`);
  const ends = spread(all.map((line) => up.at(line.points.at(-1)?.[1] ?? 0)), 15);
  all.forEach((line, i) => {
    if (line.points.length === 0) return;
    const path = line.points.map(([px, py]) => `${round(across.at(px))} ${round(up.at(py))}`).join("L");
    const dash = line.dashed ? ' stroke-dasharray="5 4"' : "";
    parts.push(`<path class="line" stroke="${line.colour}"${dash} d="M${path}"/>`);
    if (line.points.length <= 12) {
      for (const [px, py] of line.points) {
        parts.push(`<circle cx="${round(across.at(px))}" cy="${round(up.at(py))}" r="3" fill="${line.colour}"/>`);
      }
    }
    parts.push(`<text class="name" x="${right + 8}" y="${round(ends[i] + 4)}" fill="${line.colour}">${escape(line.name)}</text>`);
  });
  return svg(title, HEIGHT, parts);
}

/**
 * One horizontal bar for each row, made of parts in order.
 * @param {{ title: string, unit: string, rows: { name: string, parts: { name: string, value: number, colour: string }[] }[] }} chart
 */
export function bars({ title, unit, rows }) {
  const ROW = 34;
  const top = 8;
  const left = 150;
  const height = top + rows.length * ROW + 30;
  const totals = rows.map((row) => row.parts.reduce((sum, part) => sum + part.value, 0));
  const across = scale(totals, { from: left, to: WIDTH - 70, zero: true });
  const parts = across.ticks.map((tick) => {
    const at = round(across.at(tick));
    const label = `<text class="tick" x="${at}" y="${height - 8}" text-anchor="middle">${short(tick)}</text>`;
    return `<path class="grid" d="M${at} ${top}V${height - 24}"/>${label}`;
  });
  rows.forEach((row, i) => {
    const y = top + i * ROW;
    parts.push(`<text class="label" x="${left - 10}" y="${y + 20}" text-anchor="end">${escape(row.name)}</text>`);
    let from = 0;
    for (const part of row.parts) {
      const [start, end] = [across.at(from), across.at(from + part.value)];
      from += part.value;
      const said = `${part.name}: ${short(part.value)} ${unit}`;
      const shape = `x="${round(start)}" y="${y + 4}" width="${round(Math.max(end - start - 1, 0.5))}" height="24" fill="${part.colour}"`;
      parts.push(`<rect ${shape}><title>${escape(said)}</title></rect>`);
    }
    parts.push(`<text class="tick" x="${round(across.at(from) + 6)}" y="${y + 20}">${short(totals[i])} ${unit}</text>`);
  });
  return svg(title, height, parts);
}

const svg = (title, height, parts) =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">${parts.join("")}</svg>`;

/** Moves positions apart, so that names at the ends of lines do not cover each other. */
function spread(positions, apart) {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const moved = [...positions];
  for (let i = 1; i < order.length; i++) {
    moved[order[i]] = Math.max(moved[order[i]], moved[order[i - 1]] + apart);
  }
  return moved;
}

export { escape };
