// Every package of the manifest: its defaults, its sub-services, its calls to other models, its silence.
import assert from "node:assert/strict";
import { engine, glue, MEMORY_WASM, sums, zip } from "./lib/engines.mjs";
import { packageOf, packages, stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const near = (actual, expected) =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * Math.abs(expected), `${actual}, not ${expected}`);

/** The outputs of one call to a package. */
const outputs = (page, name, inputs = {}, meta = {}) =>
  page.run(
    async ({ name, inputs, meta }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: name.id, binary: name.url }] });
      const outputs = await outputsOf(spark.execute(ask(inputs, meta), name.id));
      await spark.destroy();
      return outputs;
    },
    { name: packageOf(name), inputs, meta },
  );

const DEFAULTS = {
  cylinder: ({ volume, area }) => (near(volume, Math.PI * 90), near(area, Math.PI * 78)),
  slow: ({ tag, requested_ms }) => assert.deepEqual([tag, requested_ms], ["", 10]),
  counter: ({ calls, total }) => assert.deepEqual([calls, total], [1, 1]),
  crash: ({ value, mode }) => assert.deepEqual([value, mode], [1, "none"]),
  async: ({ dispatched, own_volume }) => (assert.equal(dispatched, 1), assert.ok(own_volume > 0)),
  caller: ({ dispatched, replies }) => assert.deepEqual([dispatched, replies.length], [1, 1]),
  table: ({ row_count, rows }) => assert.deepEqual([row_count, rows.length], [2, 2]),
  hog: ({ tag, kept_mb, calls }) => assert.deepEqual([tag, kept_mb, calls], ["", 0, 1]),
  large: ({ digest, premium }) => assert.ok(Number.isFinite(digest) && premium > 0),
};

test("every package answers its defaults", async (page) => {
  const found = await page.run(
    async (models) => {
      const spark = new Spark({ nodegenModels: models, offlineMaxService: 3 });
      const found = {};
      for (const { versionId } of models)
        found[versionId] = await outputsOf(spark.execute(ask({}), versionId)).catch(describe);
      await spark.destroy();
      return found;
    },
    packages.map(({ name }) => ({ versionId: packageOf(name).id, binary: packageOf(name).url })),
  );
  assert.ok(packages.length >= 26);
  for (const { name, model, version_id, outputs: names } of packages) {
    assert.deepEqual(Object.keys(found[version_id]).sort(), [...names].sort(), `${name}: ${found[version_id].message}`);
    DEFAULTS[model](found[version_id]);
  }
});

test("an export with two versions: the id picks, and one that is not in it is refused", async (page) => {
  const two = packageOf("cylinder-export-two");
  const got = await page.run(async ({ url, versions }) => {
    const ids = [...versions.map(({ version_id }) => version_id), "11111111-1111-4111-8111-111111111111"];
    const spark = new Spark({ nodegenModels: ids.map((versionId) => ({ versionId, binary: url })) });
    const found = await outcomes(ids.map((id) => outputsOf(spark.execute(ask({ radius: 1, height: 1 }), id))));
    await spark.destroy();
    return found;
  }, two);
  assert.deepEqual(
    got.slice(0, 2).map(({ volume }) => volume),
    [Math.PI, 3.14],
  );
  const { failed } = got[2];
  assert.equal(failed.class, "PackageError");
  assert.match(failed.message, new RegExp(two.versions[0].version_id), "the message lists what is there");
});

test("service_category: metadata lays the package's static outputs over the computed ones", async (page) => {
  const plain = await outputs(page, "cylinder");
  const rich = await outputs(page, "cylinder", {}, { service_category: " Metadata , other" });
  assert.deepEqual([rich.volume, rich.area], [plain.volume, plain.area]);
  assert.ok(Object.keys(rich).length > Object.keys(plain).length, "more outputs than the engine has");
  const both = await outputs(page, "cylinder", {}, { service_category: "formspec,metadata" });
  assert.deepEqual(both, rich, "metadata goes before formspec");
  const older = await outputs(page, "cylinder-older", {}, { service_category: "metadata,formspec" });
  assert.deepEqual(older, plain, "nothing to lay over");
});

test("service_category: the rules of overlay and replacement", async (page) => {
  const js = glue(() => ({ response_data: { outputs: { computed: 1, both: 1 } } }));
  const files = [
    { name: "fake.js", data: js },
    { name: "fake.wasm", data: MEMORY_WASM },
  ];
  const fixed = {
    Outputs: { both: 2, fixed: { a: [1] } },
    ImageOutputs: [
      { ImageName: "image", Base64Content: "AAAA" },
      { ImageName: "blank", Base64Content: null },
      { ImageName: "", Base64Content: "BBBB" },
      { Base64Content: "CCCC" },
      { ImageName: "__proto__", Base64Content: "DDDD" },
    ],
  };
  const form = { form: ["spec"] };
  const rich = [
    ...files,
    { name: "fake_static.json", data: JSON.stringify(fixed) },
    { name: "fake_Jsonformspec.json", data: JSON.stringify(form) },
  ];
  const broken = [...files, { name: "fake_static.json", data: "{" }];
  const models = [
    { versionId: "rich", binary: made("rich.zip", zip([...rich, sums(rich)])) },
    { versionId: "broken", binary: made("broken-static.zip", zip(broken)) },
    {
      versionId: "bare",
      binary: made(
        "bare.zip",
        engine(() => "{}"),
      ),
    },
  ];
  const got = await page.run(async (nodegenModels) => {
    const spark = new Spark({ nodegenModels });
    const run = (id, service_category) => outputsOf(spark.execute(ask({}, { service_category }), id));
    const found = {
      metadata: Object.entries(await run("rich", "metadata")),
      formspec: await run("rich", "formspec"),
      neither: await run("rich", "Metadata2"),
      broken: await refused(run("broken", "metadata")),
      still: await run("broken", ""),
    };
    found.replicas = spark.stats().map(({ replicas }) => replicas);
    await spark.destroy();
    return found;
  }, models);
  assert.deepEqual(got.metadata, [
    ["computed", 1],
    ["both", 2],
    ["fixed", { a: [1] }],
    ["image", "AAAA"],
    ["blank", ""],
    ["__proto__", "DDDD"],
  ]);
  assert.deepEqual(got.formspec, form);
  assert.deepEqual(got.neither, { computed: 1, both: 1 });
  assert.deepEqual(got.still, { computed: 1, both: 1 });
  assert.deepEqual([got.broken.class, got.broken.code], ["ModelExecuteError", "RESPONSE_INVALID"]);
  assert.deepEqual(got.replicas, [1, 1, 0]);
});

for (const name of ["async", "async-o3", "async-modern"]) {
  test(`${name}: a call to another model gets an error reply, and the model stays usable`, async (page) => {
    const one = await outputs(page, name, { target_folder: "some folder", target_service: "child" });
    const first = JSON.parse(one.reply);
    assert.deepEqual(Object.keys(first), ["metadata", "data"]);
    const { message, response_time, ...metadata } = first.metadata;
    assert.deepEqual(metadata, {
      calltype: "SparkService",
      name: "folders/some folder/services/child",
      status: 500,
      error_code: "MODEL_NOT_FOUND",
    });
    assert.match(message, /some folder\/child/);
    assert.ok(response_time >= 0);
    assert.deepEqual(first.data, {});
    const uri = await outputs(page, name, { service_uri: "a/b" });
    assert.equal(JSON.parse(uri.reply).metadata.name, "a/b");
    for (const xcall_version of [2, 3]) {
      const { reply, own_volume } = await outputs(page, name, { xcall_version, times: 3 });
      const { xcall_meta, metadata, ...response } = JSON.parse(reply);
      assert.equal(metadata, undefined);
      assert.equal(xcall_meta.http_status_code, 500);
      assert.match(xcall_meta.error_details, /^MODEL_NOT_FOUND: /);
      assert.ok(xcall_meta.http_response_time >= 0);
      assert.deepEqual([response.status, response.response_data], ["Error", null]);
      assert.equal(response.error.error_type, "error.MISSING_MODEL_ERROR");
      assert.ok(own_volume > 0);
    }
  });

  test(`${name}: concurrent calls are each answered rightly`, async (page) => {
    const got = await page.run(async ({ id, url }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
      const heights = Array.from({ length: 40 }, (_, index) => index + 1);
      const inputs = (height) => ({
        radius: 1,
        height,
        target_service: `s${height}`,
        times: (height % 3) + 1,
        grow_mb: height === 7 ? 8 : 0,
      });
      const found = await Promise.all(heights.map((height) => outputsOf(spark.execute(ask(inputs(height)), id))));
      const alone = [];
      for (const height of heights) alone.push(await outputsOf(spark.execute(ask(inputs(height)), id)));
      await spark.destroy();
      return { found, alone };
    }, packageOf(name));
    const timeless = (all) => JSON.stringify(all).replace(/(\\?"response_time\\?"):\d+/g, "$1");
    assert.equal(timeless(got.found), timeless(got.alone), "as one after the other");
    got.found.forEach(({ own_volume, reply, dispatched }, index) => {
      near(own_volume, Math.PI * (index + 1));
      assert.match(JSON.parse(reply).metadata.name, new RegExp(`/s${index + 1}$`));
      assert.equal(dispatched, ((index + 1) % 3) + 1);
    });
  });
}

test("table: megabytes in and out", async (page) => {
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    const run = (inputs, meta) => outputsOf(spark.execute(ask(inputs, meta), id));
    const { generated } = await run({ generate: 30_000 }, { requested_output: "generated" });
    const rows = generated.map((row, index) => ({ ...row, price: 1.5, quantity: index % 7, note: "ü日😀" }));
    const echoed = await run({ rows });
    const same = echoed.rows.every((row, index) => row.total === 1.5 * (index % 7) && row.note === "ü日😀");
    await spark.destroy();
    return { size: JSON.stringify(echoed).length, count: echoed.row_count, same };
  }, packageOf("table"));
  assert.ok(got.size > 3e6, `${got.size} characters`);
  assert.deepEqual([got.count, got.same], [30_000, true]);
});

test("a thousand lines printed by an engine stay silent", async (page) => {
  const found = await outputs(page, "crash", { mode: "print", value: 5 });
  assert.equal(found.value, 5);
});
