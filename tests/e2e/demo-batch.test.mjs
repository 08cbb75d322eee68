// The demo's batch: a CSV file in, progress and a plot, results out.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { outDir } from "../../scripts/lib/paths.mjs";
import { drop, open, page, run, sample } from "./lib/demo.mjs";

const ENDED = (state) => `#batch[data-state=${state}]`;

async function saved(button, tab = page) {
  const [download] = await Promise.all([tab.waitForEvent("download"), tab.click(button)]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

const table = (rows) => ["radius,height", ...rows].join("\r\n");

test("a dropped CSV is computed row by row, and its results are kept as CSV and as JSON", async () => {
  await sample("cylinder");
  await drop("book.csv", Buffer.from(table(['1,2', '"2",1', '3', ',', '', '"1,5",1'])));
  await page.waitForSelector(ENDED("done"));
  assert.match(await page.textContent("#batch-state"), /^5 records · [\d,]+ a second, at most [\d,]+$/);
  assert.equal(await page.textContent("#batch-name"), "book.csv");
  const shown = await page.$$eval("#batch-rows tr", (rows) => rows.map(({ cells }) => cells[0].textContent));
  assert.deepEqual(shown, ["Record", "1", "2", "3", "4", "5"]);
  const json = await saved("#batch-json");
  const volumes = JSON.parse(json.text).map(({ outputs }) => outputs.volume && Math.round(outputs.volume / Math.PI));
  // Blank cells are as in the form: 3 by 10. What is no number the model says.
  assert.deepEqual([json.name, volumes.slice(0, 4)], ["results.json", [2, 4, 90, 90]]);
  const csv = await saved("#batch-csv");
  assert.equal(csv.name, "results.csv");
  const lines = csv.text.split("\r\n");
  assert.deepEqual(lines[0].split(",").filter((name) => ["record", "volume", "area", "error"].includes(name)), ["record", "volume", "area", "error"]);
  assert.equal(lines.length, 7);
  await page.click("#run");
  await page.waitForSelector("#result[data-state=done]");
});

test("a record that fails is one line of the results; others go on", async () => {
  await sample("crash");
  await drop("crash.csv", Buffer.from("mode,value\nnone,1\nthrow,2\nnone,3\n"));
  await page.waitForSelector(ENDED("done"));
  assert.match(await page.textContent("#batch-state"), /^3 records, 1 failed/);
  const results = JSON.parse((await saved("#batch-json")).text);
  assert.deepEqual(results.map(({ outputs, error }) => outputs?.value ?? error.code), [1, "ENGINE_EXCEPTION", 3]);
});

test("a batch under way can be cancelled, by its button and by choosing another model", async () => {
  await sample("slow");
  const rows = Buffer.from(`ms\n${"50\n".repeat(5000)}`);
  await drop("long.csv", rows);
  await page.waitForSelector("#batch-state:text-matches('^[1-9]')");
  assert.ok(await page.isDisabled("#run"));
  await page.click("#batch-cancel");
  await page.waitForSelector(ENDED("cancelled"));
  assert.match(await page.textContent("#batch-state"), /^Cancelled after \d+ records\.$/);
  await page.waitForSelector("#run:enabled");
  await drop("long.csv", rows);
  await page.waitForSelector("#batch-state:text-matches('^[1-9]')");
  await page.click('[data-sample="cylinder"]');
  await page.waitForSelector("#batch-run", { state: "hidden" });
  await page.waitForSelector("#run:enabled");
  assert.equal((await run()).state, "done");
});

test("the template has the form's inputs", async () => {
  await sample("cylinder");
  const { name, text } = await saved("#csv-template");
  assert.equal(name, "inputs.csv");
  assert.match(text, /^[\w,]*radius[\w,]*\r\n/);
});

test("thousands of records, plotted; on wide and narrow screens, light and dark", async () => {
  const rows = Array.from({ length: 60_000 }, (_, at) => `${(at % 97) + 1},${(at % 41) + 1}`);
  const file = Buffer.from(table(rows));
  for (const [width, height, colorScheme] of [[1280, 800, "light"], [390, 844, "dark"]]) {
    const tab = await open({ viewport: { width, height }, colorScheme });
    await sample("cylinder", tab);
    await tab.setInputFiles("#csv", { name: "policies.csv", mimeType: "text/csv", buffer: file });
    await tab.waitForSelector(ENDED("done"));
    assert.match(await tab.textContent("#batch-state"), /^60,000 records · /);
    assert.match(await tab.getAttribute("#batch-plot svg", "aria-label"), /^Records a second over time/);
    assert.ok((await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)) <= 0);
    await tab.locator("#batch").screenshot({ path: path.join(outDir, `demo-batch-${width}.png`) });
    await tab.context().close();
  }
});
