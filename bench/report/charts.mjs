// Charts as SVG text: no script, no font, no address, so that a page with them is one file and runs under any policy.
// Text in them does not grow with the picture's width: each is drawn twice, for wide pages and for narrow ones.
import { scale } from "./scale.mjs";

const WIDE = { width: 560, height: 290, left: 56, right: 150, top: 26, bottom: 44 };
const NARROW = { width: 330, height: 250, left: 44, right: 20, top: 26, bottom: 44 };

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

/** Which colour means what. */
export function key(entries) {
  const items = entries.map(({ name, colour }) => `<li><i style="background:${colour}"></i>${escape(name)}</li>`);
  return `<ul class="key">${items.join("")}</ul>`;
}

/**
 * Lines over a common horizontal axis.
 * @param {object} chart
 * @param {string} chart.title said to those who do not see it
 * @param {{ label: string, log?: boolean, zero?: boolean, whole?: boolean }} chart.x `whole`: only integers are ticks
 * @param {{ label: string, log?: boolean, zero?: boolean }} chart.y
 * @param {{ name: string, colour: string, points: [number, number][], dashed?: boolean }[]} chart.lines
 */
export function lines(chart) {
  return twice(drawLines(chart, WIDE, true), drawLines(chart, NARROW, false) + key(chart.lines));
}

const twice = (wide, narrow) => `<div class="if-wide">${wide}</div><div class="if-narrow">${narrow}</div>`;

function drawLines({ title, x, y, lines: all }, { width, height, ...margin }, isNamed) {
  const points = all.flatMap((line) => line.points);
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const across = scale(points.map(([value]) => value), { ...x, from: margin.left, to: right, room: 42 });
  const up = scale(points.map(([, value]) => value), { ...y, from: bottom, to: margin.top, room: 20 });
  const parts = [];
  for (const tick of up.ticks) {
    const at = round(up.at(tick));
    parts.push(`<path class="grid" d="M${margin.left} ${at}H${right}"/>`);
    parts.push(`<text class="tick" x="${margin.left - 8}" y="${at + 4}" text-anchor="end">${short(tick)}</text>`);
  }
  for (const tick of across.ticks) {
    if (x.whole && !Number.isInteger(tick)) continue;
    const at = round(across.at(tick));
    parts.push(`<path class="grid" d="M${at} ${bottom}v5"/>`);
    parts.push(`<text class="tick" x="${at}" y="${bottom + 18}" text-anchor="middle">${short(tick)}</text>`);
  }
  parts.push(`<path class="axis" d="M${margin.left} ${bottom}H${right}"/>`);
  parts.push(`<text class="label" x="${right}" y="${height - 6}" text-anchor="end">${escape(x.label)}</text>`);
  parts.push(`<text class="label" x="${margin.left}" y="${margin.top - 12}">${escape(y.label)}</text>`);
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
    if (!isNamed) return;
    parts.push(`<text class="name" x="${right + 8}" y="${round(ends[i] + 4)}" fill="${line.colour}">${escape(line.name)}</text>`);
  });
  return svg(title, width, height, parts);
}

/**
 * One horizontal bar for each row, made of parts in order, under its name.
 * @param {{ title: string, unit: string, rows: { name: string, parts: { name: string, value: number, colour: string }[] }[] }} chart
 */
export const bars = (chart) => twice(drawBars(chart, WIDE), drawBars(chart, NARROW));

function drawBars({ title, unit, rows }, { width }) {
  const ROW = 48;
  const left = 2;
  const height = rows.length * ROW + 26;
  const totals = rows.map((row) => row.parts.reduce((sum, part) => sum + part.value, 0));
  const across = scale(totals, { from: left, to: width - 16, zero: true, room: 42 });
  const parts = across.ticks.map((tick) => {
    const at = round(across.at(tick));
    const anchor = tick === 0 ? "start" : "middle";
    const label = `<text class="tick" x="${at}" y="${height - 4}" text-anchor="${anchor}">${short(tick)}</text>`;
    return `<path class="grid" d="M${at} 4V${height - 20}"/>${label}`;
  });
  rows.forEach((row, i) => {
    const y = i * ROW;
    const total = `<tspan class="name">${Math.round(totals[i]).toLocaleString("en")} ${unit}</tspan>`;
    parts.push(`<text class="over" x="${left}" y="${y + 16}">${escape(row.name)}: ${total}</text>`);
    let from = 0;
    for (const part of row.parts) {
      const [start, end] = [across.at(from), across.at(from + part.value)];
      from += part.value;
      const said = `${part.name}: ${short(part.value)} ${unit}`;
      const place = `x="${round(start)}" y="${y + 22}" width="${round(Math.max(end - start - 1, 0.5))}" height="20"`;
      parts.push(`<rect ${place} fill="${part.colour}"><title>${escape(said)}</title></rect>`);
    }
  });
  return svg(title, width, height, parts);
}

const svg = (title, width, height, parts) =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">${parts.join("")}</svg>`;

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
