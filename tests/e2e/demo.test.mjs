// The demo page as its visitors use it: samples, packages, runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { server, page, open, sample, run, input, output, drop, fixture } from "./lib/demo.mjs";

test("a sample: the form of its package, a run, the right answer", async () => {
  await page.goto(`${server.url}/`);
  await page.waitForSelector("#run:enabled");
  await page.click("[data-sample=cylinder]");
  await page.waitForSelector(input("radius"));
  assert.equal(await page.inputValue(input("radius")), "3");
  assert.equal(await page.getAttribute(input("radius"), "max"), "1000");
  await page.fill(input("radius"), "2");
  await page.fill(input("height"), "5");
  const { state, json } = await run();
  assert.equal(state, "done");
  assert.deepEqual(json.response_data.outputs, { volume: 20 * Math.PI, area: 28 * Math.PI });
  assert.equal(await output("volume"), "62.831853");
  assert.match(await page.textContent("#state"), /^Loaded and computed in .+: 2 outputs$/);
  assert.match(await page.textContent("#alive"), /^1 of 1$/);
  assert.match(await page.textContent("#memory"), /^\d+ MB$/);
  assert.equal(await page.title(), "spark-execute · demo");
});

test("switches, lists, hints and limits come from the package", async () => {
  await sample("large");
  assert.equal(await page.getAttribute(input("smoker"), "role"), "switch");
  assert.deepEqual(await page.locator(`${input("plan")} option`).allTextContents(), [
    "(left out)",
    "basic",
    "plus",
    "full",
  ]);
  assert.match(await page.textContent(".field:has([data-input=age]) .hint"), /At the start · 18 to 99/);
  await page.fill(input("age"), "17");
  assert.match(await page.textContent(".field:has([data-input=age]) .note"), /18 to 99/);
  await page.fill(input("age"), "50");
  assert.ok(await page.isHidden(".field:has([data-input=age]) .note"));
  await page.check(input("smoker"));
  await page.selectOption(input("plan"), { label: "plus" });
  await page.fill(input("interest"), "");
  await page.click("#tab-request");
  const request = JSON.parse(await page.inputValue("#request"));
  assert.deepEqual(request.request_data.inputs, { age: 50, term: 20, sum_assured: 100000, smoker: true, plan: "plus" });
  const { json } = await run();
  assert.equal(json.response_data.outputs.projection.length, 20);
  assert.equal(await page.locator("[data-output=projection] tbody tr").count(), 20);
  assert.match(await page.textContent(".remarks.warning"), /interest was not given/);
});

test("rows are edited as rows and shown as rows", async () => {
  await sample("table");
  await page.fill("[aria-label='price, row 1']", "2");
  await page.click("text=Add row");
  await page.fill("[aria-label='price, row 3']", "100");
  await page.fill("[aria-label='quantity, row 3']", "3");
  await page.click("[aria-label='Remove row 2']");
  await page.fill(input("generate"), "700");
  const { json } = await run();
  assert.equal(json.response_data.outputs.total, 308);
  assert.equal(await output("total"), "308");
  assert.equal(await page.locator("[data-output=generated] tbody tr").count(), 50);
  await page.click("[data-output=generated] button");
  assert.equal(await page.locator("[data-output=generated] tbody tr").count(), 500);
});

test("the request as JSON, and back; spreadsheet errors and nulls are visible", async () => {
  await sample("cylinder");
  await page.click("#tab-request");
  const request = JSON.parse(await page.inputValue("#request"));
  request.request_data.inputs = { radius: "wide", height: 7 };
  await page.fill("#request", JSON.stringify(request));
  assert.equal((await run()).state, "done");
  assert.match(await output("volume"), /^#VALUE!/);
  assert.match(await page.textContent(".remarks.warning"), /radius should be a number/);
  request.request_data.inputs = { radius: 1e300, height: 7 };
  await page.fill("#request", JSON.stringify(request));
  await run();
  assert.equal(await output("volume"), "null");
  await page.click("#tab-form");
  assert.equal(await page.inputValue(input("height")), "7");
  await page.click("#tab-request");
  await page.fill("#request", "{ not json");
  await page.click("#run");
  assert.match(await page.textContent("#request-note"), /This is not JSON/);
});

test("a dropped package works", async () => {
  await sample("slow");
  await drop("my cylinder.zip", fixture("cylinder/cylinder-folder.zip"));
  await page.waitForSelector(input("radius"));
  assert.equal(await page.textContent("#model-title"), "my cylinder");
  const { json } = await run();
  assert.equal(json.response_data.outputs.volume, 90 * Math.PI);
  assert.match(await page.textContent("#code"), /binary: "\/models\/my%20cylinder.zip"/);
});

test("a chosen file works; an export asks which version", async () => {
  await sample("slow");
  const file = { name: "export.zip", mimeType: "application/zip", buffer: fixture("cylinder/cylinder-export-two.zip") };
  await page.setInputFiles("#file", file);
  await page.waitForSelector("#version-field:not([hidden])");
  await page.selectOption("#version", { label: "volume-cylinder 2.0.0" });
  const { json } = await run();
  assert.ok(Math.abs(json.response_data.outputs.volume - 90 * 3.14) < 1e-9);
});

test("a broken package: an error for people, and the page goes on", async () => {
  await sample("slow");
  const broken = Buffer.from(fixture("cylinder/cylinder.zip"));
  broken.fill(0, 2000, 4000);
  for (const [name, bytes, code] of [
    ["letter.zip", Buffer.from("Dear customer, this is no zip."), "ZIP_INVALID"],
    ["half.zip", fixture("cylinder/cylinder.zip").subarray(0, 30_000), "ZIP_INVALID"],
  ]) {
    await drop(name, bytes);
    await page.waitForSelector(`.problem .chip:text-is("${code}")`);
    assert.match(await page.textContent(".problem h4"), /not a readable model package/);
    assert.equal(await page.getAttribute(".problem", "role"), "alert");
    assert.equal(await page.getAttribute(".problem details", "open"), null);
    assert.doesNotMatch(await page.textContent(".problem"), /\bat .+:\d+:\d+|blob:/);
  }
  // Its directory is whole, so the form appears; the damage shows when it runs.
  await drop("damaged.zip", broken);
  await page.waitForSelector(input("radius"));
  assert.equal((await run()).state, "failed");
  assert.match(await page.textContent(".problem .message"), /\w+/);
  await page.click("[data-sample=cylinder]");
  await page.waitForSelector(`${input("radius")}`);
  await page.waitForSelector("#run:enabled");
  assert.equal((await run()).json.response_data.outputs.volume, 90 * Math.PI);
});

test("a model that crashes is told as such, and runs again", async () => {
  await sample("crash");
  await page.selectOption(input("mode"), { label: "trap" });
  await page.click("#tab-json");
  assert.equal((await run()).state, "failed");
  assert.ok(await page.isVisible(".problem"), "the error is shown, whatever tab was open");
  assert.equal(await page.textContent(".problem .chip"), "ENGINE_TRAP");
  await page.selectOption(input("mode"), { label: "none" });
  assert.equal((await run()).json.response_data.outputs.value, 1);
});

test("a run can be cancelled, with the button and with Escape", async () => {
  await sample("slow");
  for (const cancel of [() => page.click("#cancel"), () => page.keyboard.press("Escape")]) {
    await page.fill(input("ms"), "50000");
    await page.click("#run");
    await page.waitForSelector("#result[data-state=running][aria-busy=true]");
    assert.ok(await page.isVisible("#cancel:focus"), "the focus moves from Run to Cancel");
    await cancel();
    await page.waitForSelector("#result[data-state=cancelled][aria-busy=false]");
    await page.waitForSelector("#run:focus");
    await page.fill(input("ms"), "1");
    assert.equal((await run()).json.response_data.outputs.requested_ms, 1);
  }
});

test("the stop button ends a runaway model, and the live panel shows it", async () => {
  await sample("slow");
  const now = (name) => page.textContent(`#now-${name}`);
  assert.deepEqual([await now("state"), await now("done")], ["idle", "0"]);
  assert.ok(await page.isDisabled("#stop"), "nothing runs");
  await page.fill(input("ms"), "1");
  assert.equal((await run()).state, "done");
  assert.deepEqual([await now("state"), await now("replicas"), await now("done")], ["loaded", "1", "1"]);
  assert.match(await page.getAttribute("#load-bars svg", "aria-label"), /^Worker .+, Fetch .+, Unpack .+, Compile .+, Construct /);
  assert.deepEqual(
    await page.$$eval("#events li", (list) => list.map(({ dataset }) => dataset.event)),
    ["ready", "load"],
  );
  const worker = page.workers()[0];
  const ended = worker.waitForEvent("close");
  await page.fill(input("ms"), "50000");
  await page.click("#run");
  await page.waitForSelector("#now-running:text('1')");
  await page.click("#stop");
  await ended;
  await page.waitForSelector("#now-state:text('idle')");
  await page.waitForSelector("#run:enabled");
  assert.ok(await page.isDisabled("#stop"));
  await page.waitForSelector("#events [data-event=destroy]");
  await page.fill(input("ms"), "1");
  assert.equal((await run()).json.response_data.outputs.requested_ms, 1);
});

test("another model can be chosen while one runs", async () => {
  await sample("slow");
  await page.fill(input("ms"), "50000");
  await page.click("#run");
  await page.waitForSelector("#result[data-state=running]");
  await page.click("[data-sample=cylinder]");
  await page.waitForSelector(input("radius"));
  await page.waitForSelector("#run:enabled");
  assert.equal(await page.textContent("#state"), "");
  assert.equal((await run()).json.response_data.outputs.volume, 90 * Math.PI);
});

test("1,000 runs on two replicas: rate, picture, replicas", async () => {
  await sample("cylinder");
  await page.check("[name=replicas][value='2']");
  await page.click("#many");
  await page.waitForSelector("#calls-per-second");
  assert.match(await page.textContent("#rate"), /^[\d,]+ calls\/s · half under .+ ms, 95 % under .+, longest .+$/);
  assert.match(await page.getAttribute("#spark svg", "aria-label"), /each of 1000 calls/);
  assert.ok((await page.getAttribute("#spark polyline", "points")).split(" ").length > 100);
  await page.waitForFunction(() => document.getElementById("alive").textContent === "2 of 2");
  assert.match(await page.textContent("#code"), /replica: 2/);
  assert.equal(await output("volume"), "282.743339");
});

test("1,000 slow runs can be cancelled", async () => {
  await sample("slow");
  await page.fill(input("ms"), "100");
  await page.click("#many");
  await page.waitForFunction(() => document.getElementById("progress").value > 1);
  assert.equal(await page.textContent("#many"), "Cancel");
  await page.click("#many");
  await page.waitForSelector("#rate:text('Cancelled after')");
  assert.equal(await page.textContent("#many"), "Run 1,000 times");
  await page.fill(input("ms"), "1");
  assert.equal((await run()).state, "done");
});
