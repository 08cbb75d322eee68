// The report: results as one HTML file, with charts where a picture says more than a figure.
import { cells, COLUMNS } from "../lib/report.mjs";
import { summary } from "../lib/stats.mjs";
import { bars, escape, key, lines } from "./charts.mjs";
import { STYLE } from "./style.mjs";

/** The same colour for the same contender in every chart; told apart also without colours, as each line has its name. */
const COLOURS = { ours: "var(--ours)", limit: "var(--limit)", twin: "var(--limit)", peer: "var(--peer)", raw: "var(--raw)" };
const MEMORY = "Memory of the page's whole process: heaps of page and workers, engines, what is on its way between them.";
/** The steps of a start, of which some last and some are short: neighbours differ in lightness as well. */
const PHASES = {
  worker: "#17527a",
  fetch: "#62a8cf",
  cache: "#2f7fb0",
  verify: "#9bcbe4",
  unpack: "#5b6b3a",
  compile: "#8aa15a",
  glue: "#b9cc8b",
  instantiate: "#8c5a1e",
  construct: "#c9803a",
  "first call": "#e3b07c",
  other: "#8f9aa5",
};
const NAMES = { ours: "this package", limit: "hand-written", peer: "Coherent's runner", raw: "this package, bytes" };
const CONTENDERS = ["peer", "limit", "ours"];

/**
 * @param {{ about: object, results: object[] }} report as in `results/latest.json`
 * @param {object[]} rows the rows' definitions, which say how they are shown
 * @returns {string} HTML
 */
export function page({ about, results }, rows) {
  const find = (name) => results.find((result) => result.row === name);
  const limit = "One call with a table, against the size of its request; the hand-written worker is the limit.";
  const sections = [
    section("Latency", "One call after the other, small model: which share took no longer than that.", latency(find("latency"))),
    section("Throughput", "Thousands of calls at once, against replicas.", throughput(results)),
    section("Payload", limit, payload(["payload-sizes", "payload-100mb"].map(find))),
    ...starts(results),
    section("Memory over time, a batch", `${MEMORY} A million records, one by one.`, memory(find("batch-memory"))),
    section("Memory over time, many models", `${MEMORY} 40 models, 8 of them loaded.`, memory(find("soak"))),
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
<section class="whole"><h2>All rows</h2><p>Medians over the rounds; ratios within a round, with quartiles. <i>Noise</i> is the hand-written worker against its twin.</p>
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

const tableRow = (row) => `<tr>${row.map((cell) => `<td>${marked(escape(cell))}</td>`).join("")}</tr>`;

/** Names of models, what was missed, and quartiles, which stay in one line. */
const marked = (cell) =>
  cell
    .replace(/\*(.+?)\*/g, "<i>$1</i>")
    .replace(/\bmissed$|\bmissed(?=;)/g, "<b>missed</b>")
    .replace(/\[\S+…\S+\]/g, "<i>$&</i>");

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

function payload(results) {
  const sizes = results.flatMap((result) => result?.sizes ?? []).sort((a, b) => a.bytes - b.bytes);
  if (sizes.length === 0) return undefined;
  const drawn = [...CONTENDERS, "raw"].map((who) => ({
    name: NAMES[who],
    colour: COLOURS[who],
    dashed: who === "limit",
    points: sizes.filter((size) => size[who] !== undefined).map((size) => [size.bytes, size[who]]),
  }));
  return lines({
    title: "Time against payload",
    x: { label: "bytes of the request", log: true },
    y: { label: "ms a call", log: true },
    lines: drawn.filter((line) => line.points.length),
  });
}

/** A section for each row whose starts are known by their steps. */
function starts(results) {
  return results.flatMap(({ title, bars: drawn }) => {
    if (!drawn) return [];
    const names = Object.keys(PHASES).filter((name) => drawn.some(({ phases }) => phases.some(([phase, value]) => phase === name && value > 0)));
    const rows = drawn.map(({ label, phases }) => ({
      name: label,
      parts: phases.map(([name, value]) => ({ name, value, colour: PHASES[name] ?? PHASES.other })),
    }));
    const chart = bars({ title: "A start by phases", unit: "ms", rows });
    const text = "from nothing to the first answer, by phase; where several last, the one that began first counts.";
    return section("Starts", `${title.replaceAll("*", "")}: ${text}`, chart + key(names.map((name) => ({ name, colour: PHASES[name] }))));
  });
}

/** `over` of a result: of each contender bytes against seconds. */
function memory(result) {
  if (!result?.over) return undefined;
  return lines({
    title: "Memory over time",
    x: { label: "seconds", zero: true },
    y: { label: "MB", zero: true },
    lines: Object.entries(result.over).map(([who, points]) => ({
      name: NAMES[who],
      colour: COLOURS[who],
      dashed: who === "limit",
      points: points.map(([seconds, bytes]) => [seconds, bytes / 2 ** 20]),
    })),
  });
}

function median(result, who) {
  const values = result.rounds.map((round) => round[who]).filter((value) => value !== undefined);
  return values.length ? summary(values).median : undefined;
}
