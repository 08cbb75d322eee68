// A batch without models on the page, and one whose records fail there: each record goes online.
import assert from "node:assert/strict";
import { onlineStage } from "./lib/online.mjs";
import { packageOf } from "./lib/stage.mjs";

const { test } = onlineStage();
const { id } = packageOf("cylinder");

test("a batch runs online where the page has no model, with the same results", async (page, server) => {
  const got = await page.run(async (id) => {
    const spark = new Spark({ sparkEndpoint: endpoint() });
    const records = Array.from({ length: 30 }, (_, height) => ask({ radius: 1, height }));
    const found = [];
    for await (const { index, response } of spark.executeMany(records, id)) {
      found.push([index, response.executionPath, response.response_data.outputs.volume / Math.PI]);
    }
    const texts = [];
    for await (const { response } of spark.executeMany(records.slice(0, 2), id, { output: "string" })) texts.push(JSON.parse(response).status);
    await spark.destroy();
    return { found, texts };
  }, id);
  assert.deepEqual(got.found.map(([index, path, height]) => [index, path, Math.round(height * 1e6) / 1e6]), Array.from({ length: 30 }, (_, index) => [index, "online", index]));
  assert.deepEqual(got.texts, ["Success", "Success"]);
  assert.equal(server.calls.length, 32);
});

test("a record that fails on the page goes online, alone", async (page, server) => {
  const got = await page.run(async ({ id, url }) => {
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }], sparkEndpoint: endpoint() });
    const records = Array.from({ length: 300 }, (_, value) => ask({ mode: value === 250 ? "throw" : "none", value }));
    const paths = [];
    for await (const { response, error } of spark.executeMany(records, id)) paths.push(response?.executionPath ?? error.code);
    await spark.destroy();
    return paths;
  }, packageOf("crash"));
  const odd = [...got.entries()].filter(([, path]) => path !== "offline");
  assert.equal(got.length, 300);
  assert.deepEqual(odd.map(([index]) => index), [250]);
  assert.equal(server.calls.length, 1);
});
