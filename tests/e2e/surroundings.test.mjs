// What happens around a page while it computes: the clock is set, the tab is not seen, nothing may be kept.
import assert from "node:assert/strict";
import { engine } from "./lib/engines.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const { url } = packageOf("cylinder");

const zip = made(
  "spin-or-not.zip",
  engine((text) => {
    const { ms, n } = JSON.parse(text).request_data.inputs;
    const end = performance.now() + ms;
    while (performance.now() < end);
    return { response_data: { outputs: { n } } };
  }),
);

test("the machine's clock is set forward and back: no call has more or less time", async (page) => {
  const got = await page.run(async (binary) => {
    const { now } = Date;
    const jump = (days) => (Date.now = () => now() + days * 86_400_000);
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary }], cancelGrace: 0 });
    const run = (inputs, options) => outcomes([outputsOf(spark.execute(ask(inputs), "m", options))]).then(([end]) => end.failed?.code ?? end.n);
    const found = [];
    for (const days of [0, 400, -400]) {
      const one = run({ ms: 20, n: 1 });
      jump(days);
      found.push(await one, await run({ ms: 1e9 }, { timeout: 100 }), await run({ ms: 0, n: 2 }));
    }
    await spark.destroy();
    return found;
  }, zip);
  assert.deepEqual(got, Array(3).fill([1, "TIMEOUT", 2]).flat());
});

test("a tab whose timers do not come: calls, loads and cancelling need none", async (page) => {
  const got = await page.run(
    async ({ zip, url }) => {
      // Those of a tab that nobody has seen for long come once in a minute.
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (work, ms, ...of) => setTimeout(work, ms + 60_000, ...of);
      const text = base64(await bytesAt(url)) + " ".repeat(9 * 1024 * 1024);
      const nodegenModels = [
        { versionId: "m", binary: zip },
        { versionId: "text", binary: text },
      ];
      const spark = new Spark({ nodegenModels, offlineMaxService: 1 });
      const found = [];
      for (const n of [1, 2]) found.push((await spark.execute(ask({ ms: 0, n }), "m")).response_data.outputs.n);
      const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ms: 300 }), "m");
      cancellationToken.cancel();
      found.push(await response.catch(({ code }) => code));
      found.push((await spark.execute(ask({ ms: 0, n: 3 }), "m")).response_data.outputs.n);
      // In slices, for which the other model leaves.
      found.push((await spark.execute(ask({ radius: 1, height: 1 }), "text")).response_data.outputs.volume);
      await spark.destroy();
      globalThis.setTimeout = setTimeout;
      return found;
    },
    { zip, url },
  );
  assert.deepEqual(got, [1, 2, "CANCELLED", 3, Math.PI]);
});

test("a window in which nothing is kept, and storage that throws", async (page) => {
  const got = await page.run(async (binary) => {
    const no = () => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    };
    for (const name of ["indexedDB", "caches", "localStorage", "sessionStorage", "cookieStore"]) {
      Object.defineProperty(globalThis, name, { get: no, configurable: true });
    }
    Object.defineProperty(navigator, "storage", { get: no, configurable: true });
    Object.defineProperty(navigator, "locks", { value: { request: () => Promise.reject(new DOMException("no", "SecurityError")) } });
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary, replica: 2 }] });
    const { volume } = await outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "m"));
    await spark.destroy();
    return volume;
  }, url);
  assert.equal(got, Math.PI);
});
