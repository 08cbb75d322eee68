// What the tests of kept models stand on.
import { bytesOf } from "./stage.mjs";

/** Serves a package of the manifest at this path, for tests that count requests. */
export function served(page, path, name) {
  page.server.routes[path] = { headers: { "Content-Type": "application/zip" }, body: bytesOf(name) };
  return path;
}

/** Opens the page anew, as a later visit of the same user does, with what `visit` needs in it. */
export async function visits(page) {
  await page.go("/page");
  await page.run(prepare);
}

/** A visit with one model; gives what it computed in short. */
export async function visit(page, model, more, input) {
  await visits(page);
  const { outputs, failed, status, reason, times } = await page.run(
    ({ model: { own, ...model }, more, input }) => visit({ ...model, ...(own && { binary: (0, eval)(own) }) }, more, input),
    { model, more, input },
  );
  return { volume: outputs?.volume?.toFixed?.(3), outputs, failed, status, reason, times };
}

/** Runs in the page. */
export function prepare() {
  /** Listens to what the cache does; the list grows. */
  globalThis.watch = (spark) => {
    const told = [];
    spark.addEventListener("cache", ({ detail }) => told.push(detail.status));
    spark.addEventListener("cache", ({ detail }) => (told.reason = detail.reason ?? told.reason));
    return told;
  };
  /** Waits for the end of what the cache does with one load, and gives all of it. */
  globalThis.settled = async (told) => {
    await until(() => ["hit", "stored", "failed"].includes(told.at(-1)));
    return told.join();
  };
  /** One model of this configuration: what it computes, and what the cache did. */
  globalThis.visit = async (model, more = {}, input = ask({ radius: 2, height: 5 })) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", ...model }], cache: true, ...more });
    const told = watch(spark);
    const [answer] = await outcomes([spark.execute(input, "m")]);
    const failed = answer.failed?.code;
    const status = failed ? told.join() : await settled(told);
    // Another replica may have answered before the one that loads is ready.
    if (!failed) await until(() => spark.stats()[0].times);
    const [{ times }] = spark.stats();
    await spark.destroy();
    return { outputs: answer.response_data?.outputs, failed, status, reason: told.reason, times };
  };
  /** What is kept, as the browser tells it. */
  globalThis.kept = async () => {
    const found = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) found.push({ cache, request, response: await cache.match(request) });
    }
    return found;
  };
}
