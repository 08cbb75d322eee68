// One response shape whichever path answered: the same requests on the page and online. What still differs is a table in
// the README, which is read here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test as nodeTest } from "node:test";
import { at } from "../../scripts/lib/paths.mjs";
import { FAMILIES } from "../oracle/cases/families.mjs";
import { generate } from "../oracle/cases/generate.mjs";
import { onlineStage } from "./lib/online.mjs";
import { packages } from "./lib/stage.mjs";

const SEED = 20_240_229;
const PER_PACKAGE = 16;
const IN_ALL = 300;
/** Outputs that say what the instance did before. */
const OF_THE_INSTANCE = { counter: ["instance", "calls", "total"] };

const { test, made } = onlineStage();
const values = made("values.mjs", {
  headers: { "Content-Type": "text/javascript" },
  body: readFileSync(at("tests", "oracle", "lib", "values.mjs")),
});

/** What a cell of the table means: whether `value` (undefined: absent) is so, given what the request says. */
const MEANINGS = {
  absent: (value) => value === undefined,
  "as in the request": (value, asked) => same(value, asked),
  "as in the request, else `null`": (value, asked) => same(value, asked ?? null),
  "as in the request, else a new one": (value, asked) => same(value, asked) || (!asked?.trim() && value.length === 36),
  "the service's": (value) => value !== undefined,
  "the model's time": (value) => value >= 0,
  "the service's time": (value) => value >= 0,
};

/** As JSON in UTF-8, which has no half surrogate pairs. */
const same = (one, other) => {
  const [a, b] = [one, other].map((value) => JSON.stringify(typeof value === "string" ? value.toWellFormed() : value));
  return a === b;
};

const table = readTable();
const seen = new Set();
let compared = 0;

for (const model of packages) {
  test(`${model.name}: the same response on both paths`, async (page) => {
    const requests = requestsFor(model);
    const work = { id: model.version_id, url: `/tests/models/${model.zip}`, values, text: JSON.stringify(requests) };
    const pairs = JSON.parse(await page.run(bothWays, work));
    assert.equal(pairs.length, requests.length);
    for (const { request, offline, online } of pairs) {
      const what = JSON.stringify(request).slice(0, 500);
      assert.deepEqual([offline.path, online.path], ["offline", "online"], what);
      const { response_meta: ours, ...here } = normal(offline.response, model, request);
      const { response_meta: theirs, ...there } = normal(online.response, model, request);
      assert.deepEqual(here, there, what);
      assert.deepEqual([here.status, here.error], ["Success", null]);
      compareMeta(ours, theirs, request.request_meta, what);
      compared++;
    }
  });
}

nodeTest("the README's table knows only words with a meaning here", () => {
  for (const [field, cells] of Object.entries(table)) {
    for (const cell of cells) assert.ok(Object.hasOwn(MEANINGS, cell), `${field}: ${cell}`);
  }
});

nodeTest("hundreds of requests were compared, and what the README's table lists differs indeed", () => {
  assert.ok(compared >= IN_ALL, `${compared} requests were compared, not ${IN_ALL}`);
  assert.deepEqual([...seen].sort(), Object.keys(table).sort());
});

function compareMeta(ours, theirs, asked = {}, what) {
  for (const field of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    if (Object.hasOwn(table, field)) {
      const [offline, online] = table[field];
      assert.ok(MEANINGS[offline](ours[field], asked[field]), `${field} offline is not ${offline}: ${what}`);
      assert.ok(MEANINGS[online](theirs[field], asked[field]), `${field} online is not ${online}: ${what}`);
      if (JSON.stringify(ours[field]) !== JSON.stringify(theirs[field])) seen.add(field);
    } else {
      assert.deepEqual(ours[field], theirs[field], `${field} is not in the README's table: ${what}`);
    }
  }
}

/** The table as `{ field: [offline, online] }`. */
function readTable() {
  const readme = readFileSync(at("README.md"), "utf8");
  const [, text] = /\| In `response_meta` \| Offline \| Online \|\n\|[-|]+\n((?:\|.*\n)+)/.exec(readme);
  return Object.fromEntries(
    text.trim().split("\n").flatMap((line) => {
      const [, fields, offline, online] = line.split("|").map((cell) => cell.trim());
      return [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => [field, [offline, online]]);
    }),
  );
}

/** Requests of every kind, spread over what the generator makes; and those that the package answers. */
function requestsFor(model) {
  const family = FAMILIES[model.model];
  const all = generate(model, family, SEED);
  // Each package begins elsewhere, so that together they see all.
  const first = packages.indexOf(model) / packages.length;
  const some = Array.from({ length: PER_PACKAGE }, (_, i) => all[Math.floor(((i + first) * all.length) / PER_PACKAGE)]);
  const more = [
    { validation_type: "dynamic", allow_range_address: true, response_data_inputs: true, array_outputs: "*" },
    { source_hash: "h", service_id: "s", version: "1.0", request_timestamp: "2024-01-01", call_id: "c" },
    { service_category: "metadata" },
    { service_category: "formspec" },
  ];
  return [...some, ...more.map((meta) => ({ inputs: family.base, meta }))].map(({ inputs, meta }) => ({
    request_data: { inputs },
    request_meta: { version_id: model.version_id, ...meta },
  }));
}

/** Runs in the page. Texts go in and come out, since other ways lose members named __proto__. */
async function bothWays({ id, url, values, text }) {
  const { expand } = await import(values);
  const local = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
  const remote = new Spark({ sparkEndpoint: endpoint() });
  const pairs = [];
  for (const request of JSON.parse(text)) {
    const [offline, online] = await Promise.all([local, remote].map((spark) => run(spark, expand(request))));
    pairs.push({ request, offline, online });
  }
  await Promise.all([local.destroy(), remote.destroy()]);
  return JSON.stringify(pairs);
}

/** A response without what is known to differ between instances, and between the test server's runner and browsers. */
function normal(response, { model }, { request_meta }) {
  const { outputs } = response.response_data;
  for (const name of OF_THE_INSTANCE[model] ?? []) if (name in outputs) outputs[name] = typeof outputs[name];
  if (request_meta.service_category === "metadata") {
    for (const name of Object.keys(outputs)) outputs[name] ??= "";
  }
  return response;
}
