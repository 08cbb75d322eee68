// Services that only their packages name: found once these were read, which happens when nothing known will do.
import assert from "node:assert/strict";
import { glue, packageWith } from "./lib/engines.mjs";
import { onlineStage } from "./lib/online.mjs";
import { packageOf } from "./lib/stage.mjs";

const { test, made } = onlineStage();
const caller = packageOf("caller");
const slow = packageOf("slow-export");
const two = packageOf("cylinder-export-two");

/** A package that answers with its name and has this `ModelMetaData.json`. */
const described = (name, metadata) => {
  const js = glue(() => ({ response_data: { outputs: { model: "NAME" } }, response_meta: {} })).replace("NAME", name);
  const data = typeof metadata === "string" ? metadata : JSON.stringify(metadata);
  return made(`${name}.zip`, packageWith(js, { name: "ModelMetaData.json", data }));
};
const named = (ServiceName, more = {}, outer = {}) => ({
  EngineInformation: { ProductName: "folder", ServiceName, ...more },
  ...outer,
});
const one = described("one", named("first", { Revision: "1.0.0", ServiceGuid: "the-guid", VersionId: packageOf("cylinder").id }));
const newer = described("newer", named("first", { Revision: "2.0.0" }, { EffectiveStartDate: "2020-01-01" }));
const other = described("other", named("second"));
const loose = described("loose", { folder_name: "folder", service_name: "third" });

/** In the page: `make(binaries, more)` is a Spark whose models have only these packages; `which(…)` says who answered. */
const prepare = (page) =>
  page.run(() => {
    globalThis.make = (binaries, more = {}) =>
      new Spark({ nodegenModels: Object.entries(binaries).map(([versionId, binary]) => ({ versionId, ...(binary.binary ? binary : { binary }) })), ...more });
    globalThis.which = async (spark, meta, options) => {
      try {
        const { response_data, executionPath } = await spark.execute(ask({ radius: 1, height: 1 }, meta), options);
        return executionPath === "online" ? executionPath : (response_data.outputs.model ?? response_data.outputs);
      } catch (error) {
        return error.code;
      }
    };
    globalThis.states = (spark) => spark.stats().map(({ state }) => state).join();
  });
const ntest = (name, work) => test(name, async (page, server) => (await prepare(page), work(page, server)));

ntest("services are found by what their packages say, in every way to ask for one", async (page, server) => {
  const got = await page.run(
    async ({ one, newer, other, loose }) => {
      const spark = make({ one, newer, other, loose });
      const asked = [
        { service_uri: "folder/first" }, { service_uri: "FOLDERS/Folder/services/FIRST" }, { service_uri: "folder/first[1]" },
        { service_uri: "folder/first", version: "1.0" }, { service_uri: "folder/first", transaction_date: "2019-06-01" },
        { service_id: "THE-GUID" }, { service_uri: "service/the-guid" }, { service_uri: "folder/second" },
        { service_uri: "folder/third" },
      ];
      const before = states(spark);
      const answers = await Promise.all(asked.map((meta) => which(spark, meta)));
      const stats = spark.stats().map(({ state, running, queued }) => [state, running + queued]);
      await spark.destroy();
      return { before, answers, stats };
    },
    { one, newer, other, loose },
  );
  assert.equal(got.before, "idle,idle,idle,idle");
  assert.deepEqual(got.answers, ["newer", "newer", "one", "one", "one", "one", "one", "other", "loose"]);
  assert.deepEqual(got.stats, Array(4).fill(["loaded", 0]));
  assert.equal(server.requests.length, 0);
});

ntest("nothing is loaded for a name that is known, nor for a version id", async (page) => {
  const got = await page.run(
    async ({ one, other }) => {
      const spark = make({
        one: { binary: one, metaData: { EngineInformation: { ProductName: "mine", ServiceName: "first", ServiceGuid: "mine" } } },
        other,
      });
      const answers = [
        await which(spark, { service_uri: "mine/first" }), await which(spark, { service_id: "mine" }),
        await which(spark, { version_id: "nobody" }), await which(spark, { service_uri: "version/nobody" }),
        await which(spark, { service_uri: "proxy/nobody" }), await which(spark, {}),
      ];
      const before = states(spark);
      // The package completes what the configuration says, and does not overrule it.
      const after = [await which(spark, { service_uri: "folder/first" }), await which(spark, { service_uri: "mine/first[1.0.0]" })];
      const last = states(spark);
      await spark.destroy();
      return { answers, before, after, last };
    },
    { one, other },
  );
  assert.deepEqual(got.answers, ["one", "one", "MODEL_NOT_FOUND", "MODEL_NOT_FOUND", "MODEL_NOT_FOUND", "VERSION_ID_MISSING"]);
  assert.equal(got.before, "loaded,idle");
  assert.deepEqual(got.after, ["MODEL_NOT_FOUND", "one"]);
  assert.equal(got.last, "loaded,loaded", "one whose names are not known was asked");
});

ntest("names stay known when models are evicted", async (page) => {
  const counts = () => [one, newer, other].map((path) => page.requests(path));
  const before = counts();
  const got = await page.run(
    async ({ one, newer, other }) => {
      const spark = make({ one, newer, other }, { offlineMaxService: 1 });
      const answers = [await which(spark, { service_uri: "folder/second" })];
      const loaded = states(spark);
      answers.push(await which(spark, { service_uri: "folder/nobody" }), await which(spark, { service_uri: "folder/first[1]" }));
      await spark.destroy();
      return { answers, loaded };
    },
    { one, newer, other },
  );
  assert.deepEqual(got.answers, ["other", "MODEL_NOT_FOUND", "one"]);
  assert.equal(got.loaded, "idle,idle,loaded", "one at a time");
  assert.deepEqual(counts().map((count, at) => count - before[at]), [2, 1, 1], "one of them for the call");
});

ntest("a model that cannot be loaded stays nameless, and the others are found", async (page) => {
  const got = await page.run(
    async ({ one }) => {
      let tries = 0;
      const spark = make({ broken: () => Promise.reject(new Error(`${tries++}`)), one });
      const answers = [];
      for (let i = 0; i < 5; i++) answers.push(await which(spark, { service_uri: i === 1 ? "folder/first" : "folder/nobody" }));
      await spark.destroy();
      return { answers, tries };
    },
    { one },
  );
  const none = "MODEL_NOT_FOUND";
  assert.deepEqual(got.answers, [none, "one", none, none, none]);
  assert.equal(got.tries, 3, "then its circuit is open");
});

ntest("a call that waits for names ends as any other", async (page, server) => {
  const got = await page.run(
    async ({ other }) => {
      const never = gate();
      const spark = make({ never: () => never.promise, other });
      const meta = { service_uri: "folder/second" };
      const late = await refused(spark.execute(ask({}, meta), { timeout: 200 }));
      const { response, cancellationToken } = spark.executeWithCancellationToken(ask({}, meta));
      await until(() => spark.stats()[1].state === "loaded");
      cancellationToken.cancel();
      const cancelled = await refused(response);
      const destroyed = refused(spark.execute(ask({}, meta)));
      await spark.destroy();
      const fallback = make({ never: () => never.promise }, { sparkEndpoint: endpoint() });
      const online = await run(fallback, ask({ radius: 1, height: 1 }, { service_uri: "geometry/volume-cylinder" }), undefined, { timeout: 6_000 });
      await fallback.destroy();
      return { late, codes: [late.code, cancelled.code, (await destroyed).code], path: online.path, events: online.events };
    },
    { other },
  );
  assert.deepEqual(got.codes, ["TIMEOUT", "CANCELLED", "DESTROYED"]);
  assert.match(got.late.message, /still being read/);
  assert.equal(got.path, "online", "after half of its time");
  assert.deepEqual(got.events.map(([type, , , code]) => [type, code]), [["fallback", "TIMEOUT"], ["execute", null]]);
  assert.equal(server.calls.length, 1);
});

ntest("what no package is goes online where there is an endpoint", async (page, server) => {
  const got = await page.run(
    async ({ one }) => {
      const spark = make({ one }, { sparkEndpoint: endpoint() });
      const answer = await run(spark, ask({ radius: 1, height: 1 }, { service_uri: "geometry/volume-cylinder" }));
      const here = await which(spark, { service_uri: "folder/first" });
      await spark.destroy();
      return [answer.path, answer.events.length, here];
    },
    { one },
  );
  assert.deepEqual(got, ["online", 1, "one"]);
  assert.equal(server.calls.length, 1);
});

ntest("a model's call to another finds it by what its package says", async (page, server) => {
  const config = { caller, slow, two: { ...two, ids: two.versions.map(({ version_id }) => version_id) } };
  const got = await page.run(async ({ caller, slow, two }) => {
    const spark = make({ [caller.id]: caller.url, [slow.id]: slow.url, [two.ids[0]]: two.url, [two.ids[1]]: two.url });
    const call = async (named, inputs, meta = {}) => {
      const request_body = JSON.stringify({ request_data: { inputs }, request_meta: meta });
      const asked = ask({ folder_name: null, service_name: null, ...named, request_body });
      return JSON.parse((await spark.execute(asked, caller.id)).response_data.outputs.replies[0]);
    };
    const cylinder = { folder_name: "geometry", service_name: "volume-cylinder" };
    const answers = [
      await call({ service_uri: "nobody/there" }, {}),
      await call({ folder_name: "timing", service_name: "slow-down" }, { ms: 1 }),
      await call(cylinder, { radius: 1, height: 1 }),
      await call(cylinder, { radius: 1, height: 1 }, { transaction_date: "2024-06-01" }),
      await call({ service_uri: "geometry/volume-cylinder[1.0.0]" }, { radius: 1, height: 1 }),
    ];
    await spark.destroy();
    return answers;
  }, config);
  assert.deepEqual(got.map(({ metadata }) => metadata.error_code), ["MODEL_NOT_FOUND", "", "", "", ""]);
  assert.deepEqual(got.slice(2).map(({ data }) => data.response_data.outputs.volume.toFixed(4)), ["3.1400", "3.1416", "3.1416"]);
  assert.equal(page.requests(slow.url), 1);
  assert.equal(server.requests.length, 0);
});

ntest("the endpoint is asked for the service that a package named, once it is known", async (page, server) => {
  const { id, folder, service } = packageOf("cylinder");
  const says = JSON.stringify(named(service, { ProductName: folder, VersionId: id }));
  const broken = packageWith(glue(() => "{nonsense"), { name: "ModelMetaData.json", data: says });
  const config = { broken: made("broken.zip", broken), id, other: packageOf("cylinder-o3").id };
  const paths = await page.run(async ({ broken, id, other }) => {
    const spark = make({ mine: broken, [other]: broken, missing: "/nowhere.zip" }, { sparkEndpoint: endpoint() });
    const paths = [];
    for (const model of ["mine", other, "missing"]) paths.push((await run(spark, ask({ radius: 1, height: 1 }), model)).path ?? null);
    await spark.destroy();
    return paths;
  }, config);
  assert.deepEqual(paths, ["online", "online", null]);
  const sent = server.calls.map(({ path, json }) => [path.replace(/.*v3\//, ""), json.request_meta.version_id]);
  const address = `folders/${folder}/services/${service}/execute`;
  assert.deepEqual(sent, [[address, id], [address, config.other], ["version/missing", "missing"]]);
});

/** File → what the warning says of it. */
const HOSTILE = {
  "no JSON": ["{nonsense", /not a JSON object/],
  "empty": ["", /not a JSON object/],
  "null": ["null", /not a JSON object/],
  "an array": ["[1]", /names no service/],
  "another type": [{ EngineInformation: "folder/first" }, /names no service/],
  "numbers": [{ EngineInformation: { ProductName: 5, ServiceName: { toString: "first" } } }, /something else than a short text/],
  "a long name": [named("x".repeat(1001)), /something else than a short text/],
  "prototypes": ['{"__proto__":{"EngineInformation":{"ServiceName":"first"}}}', /names no service/],
  "inner prototypes": ['{"EngineInformation":{"__proto__":{"ServiceName":"first"},"constructor":{}}}', /names no service/],
  "no UTF-8": [Buffer.from([0x7b, 0xff, 0x7d]).toString("latin1"), /not a JSON object/],
  "megabytes": [" ".repeat(5 * 1024 * 1024), /more than 4194304 bytes/],
};

for (const [name, [metadata, why]] of Object.entries(HOSTILE)) {
  const url = described(`hostile ${name}`, metadata);
  ntest(`${name} in ModelMetaData.json means no names, and the model works`, async (page) => {
    page.expectConsole(new RegExp(`ModelMetaData\\.json cannot be used: .*${why.source}`));
    const got = await page.run(
      async ({ url }) => {
        const spark = make({ odd: url });
        const answers = [await which(spark, { service_uri: "folder/first" }), await which(spark, { version_id: "odd" })];
        answers.push(await which(spark, { service_uri: "folder/first" }), Object.keys(Object.prototype).length);
        await spark.destroy();
        return answers;
      },
      { url },
    );
    assert.deepEqual(got, ["MODEL_NOT_FOUND", `hostile ${name}`, "MODEL_NOT_FOUND", 0]);
    assert.equal(page.requests(encodeURI(url)) + page.requests(url), 1, "it is not read again for its names");
  });
}
