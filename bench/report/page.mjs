// The report: results as one HTML file, with charts where a picture says more than a figure.
import { cells, COLUMNS } from "../lib/report.mjs";
import { summary } from "../lib/stats.mjs";
import { bars, escape, lines } from "./charts.mjs";
import { STYLE } from "./style.mjs";

/** The same colour for the same contender in every chart; told apart also without colours, as each line has its name. */
const COLOURS = { ours: "var(--ours)", limit: "var(--limit)", twin: "var(--limit)", peer: "var(--peer)" };
const PHASES = ["#17527a", "#2f7fb0", "#62a8cf", "#9bcbe4", "#5b6b3a", "#8aa15a", "#b9cc8b", "#c9803a", "#e3b07c"];
const NAMES = { ours: "this package", limit: "hand-written", peer: "Coherent's runner" };
const CONTENDERS = ["peer", "limit", "ours"];

/**
 * @param {{ about: object, results: object[] }} report as in `results/latest.json`
 * @param {object[]} rows the rows' definitions, which say how they are shown
 * @returns {string} HTML
 */
export function page({ about, results }, rows) {
  const find = (name) => results.find((result) => result.row === name);
  const sections = [
    section("Latency", "One call after the other, small model: the share of calls that took no longer.", latency(find("latency"))),
    section("Throughput", "Thousands of calls at once, against replicas.", throughput(results)),
    section("Payload", "One call with a table, against the size of its request; the hand-written worker is the limit.", payload(find("payload-sizes"))),
    section("Starts", "From nothing to the first answer, by phase.", starts(results)),
    section("Memory", "Page and workers after forced collection, over calls.", memory(find("soak"))),
  ];
  const table = results.map((result) => {
    const row = rows.find(({ name }) => name === result.row);
    return row ? cells(row, result) : [result.title];
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>spark-execute: benchmark</title>
<style>${STYLE}</style>
<main>
<h1>Benchmark</h1>
<p class="about">${escape(describe(about))}</p>
${sections.join("\n")}
<section><h2>All rows</h2><p>Medians over the rounds; ratios within a round, with quartiles. <i>Noise</i> is the hand-written worker against its twin.</p>
<div class="wide"><table><thead><tr>${COLUMNS.map((name) => `<th>${escape(name)}</th>`).join("")}</tr></thead>
<tbody>${table.map(tableRow).join("\n")}</tbody></table></div></section>
</main>
</html>
`;
}

function describe({ machine, browser, peer, revision, date, rounds, load }) {
  const [before, after] = [load.before[0], load.after[0]].map((value) => value.toFixed(1));
  return (
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, load ${before} to ${after}; Chromium ${browser}; ` +
    `Coherent's runner ${peer}; revision ${revision}; ${rounds} interleaved rounds; ${date.slice(0, 10)}`
  );
}

/** A section, or nothing where its row was not measured. */
const section = (title, text, chart) =>
  chart ? `<section><h2>${title}</h2><p>${escape(text)}</p>${chart}</section>` : "";

const tableRow = (row) => `<tr>${row.map((cell) => `<td>${escape(cell).replace(/\*(.+?)\*/g, "<i>$1</i>")}</td>`).join("")}</tr>`;

function latency(result) {
  if (!result?.samples) return undefined;
  const drawn = CONTENDERS.filter((who) => result.samples[who]).map((who) => {
    const sorted = result.samples[who].toSorted((a, b) => a - b);
    const shares = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
    const points = shares.map((share) => [sorted[Math.floor(share * (sorted.length - 1))], share * 100]);
    return { name: NAMES[who], colour: COLOURS[who], points };
  });
  return lines({ title: "Latency distribution", x: { label: "ms a call", log: true }, y: { label: "% of calls", zero: true }, lines: drawn });
}

function throughput(results) {
  const found = results.filter(({ row }) => /^throughput-\d+$/.test(row));
  if (found.length < 2) return undefined;
  const points = (who) =>
    found
      .map((result) => [Number(result.row.split("-")[1]), median(result, who)])
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => a - b);
  const drawn = CONTENDERS.map((who) => ({ name: NAMES[who], colour: COLOURS[who], points: points(who) }));
  return lines({
    title: "Throughput against replicas",
    x: { label: "replicas", zero: true, whole: true },
    y: { label: "calls a second", zero: true },
    lines: drawn.filter((line) => line.points.length),
  });
}

function payload(result) {
  if (!result?.sizes) return undefined;
  const drawn = CONTENDERS.map((who) => ({
    name: NAMES[who],
    colour: COLOURS[who],
    dashed: who === "limit",
    points: result.sizes.filter((size) => size[who] !== undefined).map((size) => [size.bytes, size[who]]),
  }));
  return lines({
    title: "Time against payload",
    x: { label: "bytes of the request", log: true },
    y: { label: "ms a call", log: true },
    lines: drawn.filter((line) => line.points.length),
  });
}

/** The bars of a row: one, or several with names of their own. */
function barsOf({ row, label = row, phases, bars = [] }) {
  const own = phases ? [{ label, phases }] : [];
  return [...own, ...bars.map((bar) => ({ ...bar, label: `${row}, ${bar.label}` }))];
}

function starts(results) {
  const rows = results.flatMap(barsOf);
  if (rows.length === 0) return undefined;
  const names = [...new Set(rows.flatMap((result) => result.phases.map(([name]) => name)))];
  const colour = (name) => PHASES[names.indexOf(name) % PHASES.length];
  const key = names.map((name) => `<li><i style="background:${colour(name)}"></i>${escape(name)}</li>`).join("");
  const chart = bars({
    title: "Starts by phase",
    unit: "ms",
    rows: rows.map((result) => ({
      name: result.label,
      parts: result.phases.map(([name, value]) => ({ name, value, colour: colour(name) })),
    })),
  });
  return `${chart}<ul class="key">${key}</ul>`;
}

function memory(result) {
  if (!result?.over) return undefined;
  const series = Object.keys(result.over[0] ?? {}).filter((key) => key !== "calls");
  const colours = ["var(--ours)", "var(--limit)", "var(--peer)", "var(--muted)"];
  return lines({
    title: "Memory over calls",
    x: { label: "calls", zero: true },
    y: { label: "bytes", zero: true },
    lines: series.map((key, i) => ({
      name: key,
      colour: colours[i % colours.length],
      points: result.over.map((point) => [point.calls, point[key]]),
    })),
  });
}

function median(result, who) {
  const values = result.rounds.map((round) => round[who]).filter((value) => value !== undefined);
  return values.length ? summary(values).median : undefined;
}
