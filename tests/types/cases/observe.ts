// Watching an instance: events, numbers, the logger.
import Spark, { type CacheEntry, type CrashDetail, type LogLevel, type ModelStats, type ReadyDetail, type StartTimes } from "spark-execute";
import { is } from "./is.js";

const nodegenModels = [{ versionId: "a", binary: "/a.zip" }];

new Spark({ nodegenModels, logger: console, logLevel: "debug", timings: true });
new Spark({ nodegenModels, logger: { warn: (text) => text.length }, logLevel: "silent" });
new Spark({ nodegenModels, logger: null, logLevel: null, timings: undefined });
const spark = new Spark({
  nodegenModels,
  logger: (level, text) => {
    is<typeof level, LogLevel>(true);
    is<typeof text, string>(true);
  },
});
// @ts-expect-error no such level
new Spark({ nodegenModels, logLevel: "verbose" });
// @ts-expect-error no logger
new Spark({ nodegenModels, logger: "console" });
// @ts-expect-error not a number of milliseconds
new Spark({ nodegenModels, timings: 1 });

spark.addEventListener("load", ({ detail }) => is<typeof detail.versionId, string>(true));
spark.addEventListener("evict", ({ detail }) => is<typeof detail.versionId, string>(true));
spark.addEventListener("restart", ({ detail }) => is<typeof detail.replica, number>(true));
spark.addEventListener("destroy", ({ detail }) => is<typeof detail, null>(true));
spark.addEventListener("ready", ({ detail }) => {
  is<typeof detail, ReadyDetail>(true);
  is<typeof detail.times, StartTimes>(true);
  is<typeof detail.times.compile, number | undefined>(true);
});
spark.addEventListener("crash", ({ detail }) => {
  is<typeof detail, CrashDetail>(true);
  is<typeof detail.error.message, string>(true);
});
spark.addEventListener("cache", ({ detail: { versionId, status, reason } }) => {
  is<typeof status, "hit" | "miss" | "stored" | "dropped" | "failed">(true);
  is<typeof reason, string | undefined>(true);
  versionId.toUpperCase();
});

// What is kept.
is<ReturnType<typeof spark.cache.list>, Promise<CacheEntry[]>>(true);
is<ReturnType<typeof spark.cache.clear>, Promise<boolean>>(true);
is<CacheEntry["storedAt"], Date>(true);
spark.cache.clear("a");
// @ts-expect-error the id is text
spark.cache.clear(5);
// @ts-expect-error it is no Cache
spark.cache.match("/a.zip");
// @ts-expect-error it has no replica
spark.addEventListener("load", ({ detail }) => detail.replica);
// @ts-expect-error no such event
spark.addEventListener("loaded", () => {});

const [stats] = spark.stats() as [ModelStats];
is<typeof stats.done, number>(true);
is<typeof stats.failed, number>(true);
is<typeof stats.restarts, number>(true);
is<typeof stats.times, StartTimes | undefined>(true);
// @ts-expect-error may not have been loaded
stats.times.total;
