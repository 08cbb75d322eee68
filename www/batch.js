// Many records from a CSV file: each row is a set of inputs. Progress, a plot of the throughput, and the results to keep.
import { $, announce, h, svg } from "./dom.js";
import { lineOf, rowsOf, valueOf } from "./csv.js";

const WIDTH = 600;
const HEIGHT = 96;
/** Rows shown on the page; all are in the files. */
const SHOWN = 5;

const count = (number) => Math.round(number).toLocaleString();

/**
 * @param {{ current: () => { spark: any, id: string, inputs: object } | undefined,
 *   isCurrent: (spark: any) => boolean, begin: (busy: { cancel: () => void }) => void, end: () => void }} page
 * @returns {(file: File) => boolean} whether it was a CSV file
 */
export function setUpBatch({ current, isCurrent, begin, end }) {
  /** What came out, in the order of the rows: outputs, or an error. */
  let results = [];
  let names = [];
  let cancel = () => undefined;

  $("batch-cancel").addEventListener("click", () => cancel());
  $("csv").addEventListener("change", ({ target }) => {
    if (target.files[0]) run(target.files[0]);
    target.value = "";
  });
  $("csv-template").addEventListener("click", () => {
    const { inputs } = current() ?? { inputs: {} };
    const plain = Object.entries(inputs).filter(([, value]) => typeof value !== "object");
    save("inputs.csv", "text/csv", [lineOf(plain.map(([name]) => name)), lineOf(plain.map(([, value]) => value))]);
  });
  $("batch-csv").addEventListener("click", () => {
    const cells = ({ outputs, error }) => [...names.map((name) => outputs?.[name]), error?.message];
    const rows = results.map((result, at) => [at + 1, ...cells(result)]);
    save("results.csv", "text/csv", [["record", ...names, "error"], ...rows].map(lineOf));
  });
  $("batch-json").addEventListener("click", () => {
    const lines = results.map((result, at) => JSON.stringify({ record: at + 1, ...result }));
    save("results.json", "application/json", [`[\n${lines.join(",\n")}\n]\n`]);
  });

  async function run(file) {
    const now = current();
    if (!now) return;
    const { spark, id, inputs } = now;
    const controller = new AbortController();
    cancel = () => controller.abort();
    begin({ cancel });
    results = [];
    const found = new Set();
    const speeds = [];
    let before = { done: 0, at: performance.now() };
    let latest = { done: 0, failed: 0, rate: 0 };
    let read = 0;

    async function* records() {
      const rows = rowsOf(file.stream(), (bytes) => (read = bytes));
      const { value: header = [] } = await rows.next();
      for await (const row of rows) {
        // What a row leaves out is as in the form.
        const own = header.map((name, at) => [name.trim(), row[at]]).filter(([name, cell]) => name && cell?.trim());
        const all = { ...inputs, ...Object.fromEntries(own.map(([name, cell]) => [name, valueOf(cell)])) };
        yield { request_data: { inputs: all } };
      }
    }

    const onProgress = (progress) => {
      latest = progress;
      const at = performance.now();
      if (at > before.at) speeds.push(((progress.done - before.done) / (at - before.at)) * 1000);
      before = { done: progress.done, at };
      $("batch-progress").value = file.size ? read / file.size : 1;
      const failed = progress.failed ? `, ${count(progress.failed)} failed` : "";
      $("batch-state").textContent = `${count(progress.done)} records${failed} · ${count(progress.rate)} a second`;
      draw($("batch-plot"), speeds);
    };

    $("batch").dataset.state = "running";
    $("batch-name").textContent = file.name;
    $("batch-state").textContent = "Starting…";
    $("batch-plot").replaceChildren();
    show({ running: true });
    let ended = "done";
    try {
      const options = { signal: controller.signal, onProgress };
      for await (const { response, error } of spark.executeMany(records(), id, options)) {
        if (error) results.push({ error: { code: error.code, message: error.message } });
        else {
          const { outputs } = response.response_data;
          for (const name of Object.keys(outputs ?? {})) found.add(name);
          results.push({ outputs });
        }
      }
    } catch (error) {
      // Another model was chosen.
      if (!isCurrent(spark)) return;
      ended = controller.signal.aborted ? "cancelled" : "failed";
      const after = `after ${count(results.length)} records`;
      $("batch-state").textContent = ended === "failed" ? `Stopped ${after}: ${error.message}` : `Cancelled ${after}.`;
    }
    if (ended === "done") {
      const failed = latest.failed ? `, ${count(latest.failed)} failed` : "";
      const words = `${count(results.length)} records${failed}`;
      $("batch-state").textContent = results.length ? `${words} · ${count(latest.rate)} a second, at most ${count(Math.max(0, ...speeds))}` : "No rows in this file.";
      announce(`Batch done: ${words}`);
    }
    names = [...found];
    preview();
    show({ running: false });
    $("batch").dataset.state = ended;
    end();
  }

  function show({ running }) {
    $("batch-run").hidden = false;
    $("batch-progress").hidden = !running;
    $("batch-cancel").hidden = !running;
    for (const button of ["batch-csv", "batch-json"]) $(button).hidden = running || results.length === 0;
    $("batch-table").hidden = running || results.length === 0;
    if (running) $("batch-cancel").focus({ preventScroll: true });
  }

  function preview() {
    const shown = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value ?? ""));
    const row = (tag, values) => h("tr", {}, ...values.map((value) => h(tag, { text: shown(value) })));
    const cells = ({ outputs, error }, at) => [at + 1, ...(error ? [error.message] : names.map((name) => outputs?.[name]))];
    const first = results.slice(0, SHOWN).map((result, at) => row("td", cells(result, at)));
    $("batch-rows").replaceChildren(row("th", ["Record", ...names]), ...first);
  }

  return (file) => {
    if (!/\.csv$/i.test(file?.name ?? "")) return false;
    run(file);
    return true;
  };
}

/** Draws records a second over time. */
function draw(container, speeds) {
  if (speeds.length < 2) return container.replaceChildren();
  const top = Math.max(...speeds) * 1.1;
  const points = speeds.map((speed, at) => {
    const x = (at / (speeds.length - 1)) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - (speed / top) * (HEIGHT - 2) - 1).toFixed(1)}`;
  });
  const line = points.join(" ");
  const label = `Records a second over time: now ${count(speeds.at(-1))}, at most ${count(Math.max(...speeds))}`;
  container.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      svg("polygon", { class: "area", points: `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}` }),
      svg("polyline", { class: "line", points: line }),
    ),
  );
}

function save(name, type, parts) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
