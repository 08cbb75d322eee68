// The demo page itself: what it shows, on which screens, to whom, and without a network.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { outDir } from "../../scripts/lib/paths.mjs";
import { SAMPLES, server, page, open, sample, run, input, output } from "./lib/demo.mjs";

test("run on change", async () => {
  await sample("cylinder");
  await page.check("#auto");
  await page.fill(input("radius"), "1");
  await page.waitForSelector("[data-output=volume]:has-text('31.415927')");
  await page.fill(input("radius"), "10");
  await page.waitForSelector("[data-output=volume]:has-text('3,141.592654')");
});

test("the code shown runs as it is", async () => {
  await sample("cylinder");
  await page.fill(input("radius"), "4");
  const code = await page.textContent("#code");
  server.routes["/snippet.html"] = { body: `<!doctype html><link rel="icon" href="/favicon.svg">${code}` };
  const logged = page.waitForEvent("console", { predicate: (message) => message.type() === "log" });
  await page.goto(`${server.url}/snippet.html`);
  assert.deepEqual(await (await logged).args()[0].jsonValue(), { volume: 160 * Math.PI, area: 112 * Math.PI });
});

test("works without a network once it is loaded", async () => {
  await sample("cylinder");
  await page.context().setOffline(true);
  assert.equal((await run()).json.response_data.outputs.volume, 90 * Math.PI);
});

test("keyboard and screen reader", async () => {
  await sample("cylinder");
  await page.focus(input("radius"));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#result[data-state=done]");
  assert.match(await page.textContent("#live"), /^Loaded and computed in .+: 2 outputs/);
  await page.focus("#run");
  await page.keyboard.press("Space");
  await page.waitForSelector("#state:text-matches('^Computed in')");
  assert.ok(await page.isVisible("#run:focus"));
  await page.focus("#tab-outputs");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getAttribute("#tab-json", "aria-selected"), "true");
  assert.ok(await page.isVisible("#panel-json"));
  for (const name of SAMPLES) {
    await sample(name);
    const nameless = await page.$$eval("main :is(input, select, textarea)", (list) =>
      list
        .filter(
          (field) =>
            !field.labels?.length && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby"),
        )
        .map((field) => field.outerHTML),
    );
    assert.deepEqual(nameless, [], name);
  }
});

test("fits small screens; screenshots in light and dark", async () => {
  for (const name of SAMPLES) {
    await page.setViewportSize({ width: 360, height: 740 });
    await sample(name);
    await run();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(over <= 0, `${name} is ${over} px too wide`);
  }
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      const tab = await open({ viewport: { width, height }, colorScheme });
      await sample("large", tab);
      assert.equal((await run(tab)).state, "done");
      await tab.screenshot({ path: path.join(outDir, `demo-${width}-${colorScheme}.png`), fullPage: true });
      await tab.context().close();
    }
  }
});
