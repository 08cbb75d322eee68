// Glue that posts messages as if they were ours: it can touch calls in flight on its own replica, and nothing else.
import assert from "node:assert/strict";
import { FORGED, escapePackage } from "./lib/escape.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const url = made("escape.zip", escapePackage());
const { url: honest } = packageOf("cylinder");
const names = Object.keys(FORGED);

/** How a call may end whose worker is ended meanwhile: rightly, or with the crash of that worker. */
const isFair = ({ failed, echo }, expected) =>
  failed ? failed.class === "BrowserError" && failed.code === "WORKER_CRASHED" : echo === expected;

for (const when of ["during", "after"]) {
  test(`${when} a call: every forged message ends its worker, and touches no other`, async (page) => {
    const found = await page.run(
      async ({ url, honest, names, when }) => {
        let created = 0;
        globalThis.Worker = class extends Worker {
          constructor(...args) {
            super(...args);
            created++;
          }
        };
        const found = [];
        for (const name of names) {
          const spark = new Spark({
            nodegenModels: [
              { versionId: "m", binary: url, replica: 2 },
              { versionId: "other", binary: honest },
            ],
            externalApi: () => new Promise(() => {}),
          });
          // Ids are consecutive: 1 and 2 load both models, 3 is the forger's, 4 a call of the other model.
          await outcomes([spark.execute(ask({}), "m"), spark.execute(ask({}), "other")]);
          await until(() => spark.stats()[0].replicas === 2);
          created = 0;
          const [forger, other, beside] = await outcomes([
            outputsOf(spark.execute(ask({ forge: name, when, id: 3, echo: 3 }), "m")),
            outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "other")),
            outputsOf(spark.execute(ask({ echo: 5 }), "m")),
          ]);
          // A replacement comes with the calls after the end of the forger.
          const later = [];
          while (created === 0 && later.length < 2_000) {
            later.push(...(await outcomes([outputsOf(spark.execute(ask({ echo: later.length }), "m"))])));
          }
          found.push({ name, forger, other, beside, later, created, stats: spark.stats()[1] });
          await spark.destroy();
        }
        return found;
      },
      { url, honest, names, when },
    );
    for (const { name, forger, other, beside, later, created, stats } of found) {
      const shown = `${name}: ${JSON.stringify({ forger, other, beside })}`;
      assert.equal(other.volume, Math.PI, shown);
      assert.deepEqual([stats.state, stats.replicas], ["loaded", 1], shown);
      assert.ok(isFair(forger, 3) && isFair(beside, 5), shown);
      later.forEach((end, at) => assert.ok(isFair(end, at), `${name}: ${JSON.stringify(end)}`));
      assert.ok(later.filter(({ failed }) => failed).length < 2, `${name} ends one worker`);
      assert.ok(created > 0, `${name} ends the worker`);
    }
  });
}

test("while the glue is evaluated: the model does not start, and the other one does", async (page) => {
  for (const early of names) {
    const url = made(`early-${names.indexOf(early)}.zip`, escapePackage({ early }));
    const [forger, other, ended] = await page.run(
      async ({ url, honest }) => {
        const spark = new Spark({
          nodegenModels: [
            { versionId: "m", binary: url, replica: 2 },
            { versionId: "other", binary: honest },
          ],
        });
        const ended = new Promise((resolve) => spark.addEventListener("crash", ({ detail }) => resolve(detail.versionId)));
        const ends = await outcomes([
          outputsOf(spark.execute(ask({ echo: 1 }), "m")),
          outputsOf(spark.execute(ask({ radius: 1, height: 1 }), "other")),
        ]);
        ends.push(await ended);
        await spark.destroy();
        return ends;
      },
      { url, honest },
    );
    assert.deepEqual([other.volume, ended], [Math.PI, "m"], early);
    // Browsers tell of a rejection once it stayed unhandled, and who forges being ready soon is: by then the model may have
    // answered, before its worker ended.
    if (/^(a rejection|being ready)/.test(early) && forger.echo === 1) continue;
    assert.equal(forger.failed?.code, "WORKER_CRASHED", `${early}: ${JSON.stringify(forger)}`);
  }
});
