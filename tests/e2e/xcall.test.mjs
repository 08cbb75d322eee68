// Models that call models: who answers, in which form, and that every engine always gets an answer.
import assert from "node:assert/strict";
import { onlineStage } from "./lib/online.mjs";
import { packageOf } from "./lib/stage.mjs";

const { test } = onlineStage();
const caller = packageOf("caller");
const cylinder = packageOf("cylinder");
const slow = packageOf("slow");

const SERVICES = {
  [caller.id]: ["xcalls", "caller", caller.url],
  [cylinder.id]: ["geometry", "volume-cylinder", cylinder.url],
  [slow.id]: ["time", "slow", slow.url],
};

/** In the page: `make(more, ids)` is a Spark with these models, named by metaData; `call(spark, inputs)` runs *caller*. */
const prepare = (page) =>
  page.run(
    ({ services, caller }) => {
      globalThis.make = (more = {}, ids = Object.keys(services), replica = 1) =>
        new Spark({
          nodegenModels: ids.map((versionId) => {
            const [ProductName, ServiceName, binary] = services[versionId];
            return { versionId, binary, replica, metaData: { EngineInformation: { ProductName, ServiceName } } };
          }),
          ...more,
        });
      globalThis.call = async (spark, inputs, meta = {}, options = undefined) =>
        (await spark.execute(ask(inputs, meta), caller, options)).response_data.outputs;
      globalThis.body = (inputs, meta = {}) => JSON.stringify({ request_data: { inputs }, request_meta: meta });
    },
    { services: SERVICES, caller: caller.id },
  );

const xtest = (name, work) => test(name, async (page, server) => (await prepare(page), work(page, server)));
const CHILD = { folder_name: "geometry", service_name: "volume-cylinder" };

xtest("each version of the call gets its form, with the child's whole response", async (page, server) => {
  const got = await page.run(async (child) => {
    const spark = make();
    const request_body = body({ radius: 1, height: 2 });
    const answers = [];
    for (const xcall_version of [null, 1, 2, 3, "2", " 3 ", "x"]) {
      answers.push(await call(spark, { ...child, request_body, xcall_version }));
    }
    answers.push(await call(spark, { ...child, request_body: JSON.parse(request_body) }));
    answers.push(await call(spark, { folder_name: null, service_name: null, service_uri: "GEOMETRY/volume-cylinder", request_body }));
    await spark.destroy();
    return answers.map(({ replies, dispatched }) => ({ dispatched, reply: JSON.parse(replies[0]) }));
  }, CHILD);
  const forms = got.map(({ reply }) => ("xcall_meta" in reply ? 2 : 1));
  assert.deepEqual(forms, [1, 1, 2, 2, 2, 2, 1, 1, 1]);
  for (const { reply, dispatched } of got) {
    assert.equal(dispatched, 1);
    const response = reply.data ?? reply;
    assert.deepEqual([response.status, response.error], ["Success", null], "as a call of the caller's own gets it");
    assert.ok(Math.abs(response.response_data.outputs.volume - 2 * Math.PI) < 1e-9);
  }
  const { metadata } = got[0].reply;
  assert.deepEqual(
    { ...metadata, response_time: typeof metadata.response_time },
    { calltype: "SparkService", name: "folders/geometry/services/volume-cylinder", status: 200, error_code: "", response_time: "number" },
  );
  assert.equal(got.at(-1).reply.metadata.name, "GEOMETRY/volume-cylinder");
  assert.equal(got[2].reply.xcall_meta.http_status_code, 200);
  assert.equal(server.requests.length, 0, "all of it on the page");
});

xtest("several calls in one computation, and none", async (page) => {
  const got = await page.run(async (child) => {
    const spark = make();
    const none = await call(spark, { ...child, times: 0 });
    const many = await call(spark, { ...child, times: 5, request_body: body({ radius: 1, height: 1 }) });
    await spark.destroy();
    return [none.dispatched, many.dispatched, many.replies.length];
  }, CHILD);
  assert.deepEqual(got, [0, 5, 5]);
});

xtest("whatever is wrong, the model gets an answer that says so, and works on", async (page) => {
  const got = await page.run(async (child) => {
    const spark = make();
    const wrong = {
      unknown: { ...child, service_name: "nobody" },
      unparsable: { ...child, request_body: "{" },
      text: { ...child, request_body: '"text"' },
      absent: { ...child, request_body: 5 },
      nameless: { folder_name: "", service_name: "" },
      version: { folder_name: null, service_name: null, service_uri: "geometry/volume-cylinder[9.9]" },
      external: { ...child, call_type: 1 },
      inputs: { ...child, request_body: '{"request_data":{"inputs":[1]}}' },
      category: { ...child, request_body: '{"request_data":{"inputs":{}},"request_meta":{"version_id":5}}' },
    };
    const answers = {};
    for (const [name, inputs] of Object.entries(wrong)) {
      const one = await call(spark, { request_body: body({}), ...inputs });
      const two = await call(spark, { request_body: body({}), ...inputs, xcall_version: 2 });
      answers[name] = [one, two].map(({ replies }) => replies && JSON.parse(replies[0]));
    }
    answers.after = await call(spark, { ...child, request_body: body({ radius: 1, height: 1 }) });
    await spark.destroy();
    return answers;
  }, CHILD);
  const { after, ...wrong } = got;
  assert.ok(Math.abs(after.results[0].volume - Math.PI) < 1e-9);
  const codes = {
    unknown: ["MODEL_NOT_FOUND", 500], unparsable: ["REQUEST_INVALID", 400], text: ["REQUEST_INVALID", 400],
    absent: ["REQUEST_INVALID", 400], nameless: ["VERSION_ID_MISSING", 400], version: ["MODEL_NOT_FOUND", 500],
    external: ["MODEL_NOT_FOUND", 500], inputs: ["REQUEST_INVALID", 400], category: ["REQUEST_INVALID", 400],
  };
  for (const [name, [one, two]] of Object.entries(wrong)) {
    assert.deepEqual([one.metadata.error_code, one.metadata.status, one.data], [...codes[name], {}], name);
    assert.equal(two.xcall_meta.http_status_code, codes[name][1], name);
    assert.match(two.xcall_meta.error_details, new RegExp(codes[name][0]), name);
    assert.equal(two.response_data, null);
  }
});

xtest("a thousand calls at once get their own answers", async (page) => {
  const wrong = await page.run(async (child) => {
    const spark = make({}, undefined, 2);
    const radii = Array.from({ length: 1000 }, (_, index) => index + 1);
    const answers = await Promise.all(
      radii.map(async (radius) => {
        const inputs = { ...child, tag: `t${radius}`, xcall_version: 1 + (radius % 3), request_body: body({ radius, height: 1 }) };
        const { results, tag } = await call(spark, inputs);
        return tag === `t${radius}` && Math.abs(results[0].volume / (Math.PI * radius * radius) - 1) < 1e-12;
      }),
    );
    await spark.destroy();
    return answers.filter((right) => !right).length;
  }, CHILD);
  assert.equal(wrong, 0);
});

xtest("a model may call itself, deeper than it has replicas", async (page) => {
  const got = await page.run(async () => {
    const spark = make({}, undefined, 1);
    const own = { folder_name: "xcalls", service_name: "caller" };
    const deep = await Promise.all([1, 2, 3].map((tag) => call(spark, { ...own, levels: 6, tag: `${tag}` })));
    const [{ replicas }] = spark.stats();
    const endless = await call(spark, { ...own, levels: -2 });
    await spark.destroy();
    const failures = [];
    for (let at = endless; at; at = at.results[0]) failures.push(at.failures[0]);
    return { deep: deep.map(({ dispatched, tag }) => [dispatched, tag]), replicas, failures };
  });
  assert.deepEqual(got.deep, [[1, "1"], [1, "2"], [1, "3"]]);
  assert.equal(got.replicas, 1, "extra replicas end with the work");
  assert.deepEqual(got.failures, [...Array(16).fill(""), "XCALL_CYCLE"]);
});

xtest("what is not on the page is asked online, with the same credentials", async (page, server) => {
  const ids = [caller.id];
  const got = await page.run(
    async ({ child, ids }) => {
      const inputs = { ...child, request_body: body({ radius: 1, height: 3 }, { _ctx: { secret: "s" }, call_purpose: "c" }) };
      const allowed = make({ sparkEndpoint: endpoint() }, ids);
      const online = await call(allowed, inputs, { _ctx: { token: "t" } });
      const spread = await call(allowed, { ...inputs, xcall_version: 3 });
      await allowed.destroy();
      const forbidden = make({ sparkEndpoint: endpoint(), xcall: { online: false } }, ids);
      const refused = await call(forbidden, inputs);
      await forbidden.destroy();
      const asked = [];
      const choosy = make({ sparkEndpoint: endpoint(), xcall: { online: (request, chain) => (asked.push([request, chain]), false) } }, ids);
      const asks = await call(choosy, inputs);
      await choosy.destroy();
      return { online, spread, refused, asks, asked };
    },
    { child: CHILD, ids },
  );
  assert.ok(Math.abs(got.online.results[0].volume - 3 * Math.PI) < 1e-9);
  assert.ok(Math.abs(got.spread.results[0].volume - 3 * Math.PI) < 1e-9);
  assert.equal(JSON.parse(got.refused.replies[0]).metadata.error_code, "MODEL_NOT_FOUND");
  assert.equal(JSON.parse(got.asks.replies[0]).metadata.error_code, "MODEL_NOT_FOUND");
  const [[request, chain]] = got.asked;
  assert.equal(request.service_name, "volume-cylinder");
  assert.deepEqual(chain, ["xcalls/caller", "geometry/volume-cylinder"]);
  assert.equal(server.calls.length, 2);
  for (const { path, headers, json, text } of server.calls) {
    assert.equal(path, "/example/api/v3/folders/geometry/services/volume-cylinder/execute");
    assert.equal(headers["x-synthetic-key"], server.key);
    assert.deepEqual(json, { request_data: { inputs: { radius: 1, height: 3 } }, request_meta: { call_purpose: "c" } });
    assert.ok(!text.includes("_ctx"));
  }
});

xtest("an online failure reaches the model with its status", async (page, server) => {
  server.next({ status: 403, times: 1 });
  const got = await page.run(
    async ({ child, ids }) => {
      const spark = make({ sparkEndpoint: endpoint() }, ids);
      const answer = await call(spark, { ...child, request_body: body({}) });
      await spark.destroy();
      return JSON.parse(answer.replies[0]).metadata;
    },
    { child: CHILD, ids: [caller.id] },
  );
  assert.deepEqual([got.status, got.error_code], [403, "FORBIDDEN"]);
});

xtest("external services are the caller's own", async (page) => {
  const got = await page.run(async (child) => {
    const asked = [];
    const replies = ["text", { a: 1 }, undefined, Promise.resolve([1]), Promise.reject(new Error("down"))];
    replies.push(() => 1, Symbol("s"), { toJSON() {} }, new Response("{}"));
    replies[4].catch(() => {});
    const spark = make({ externalApi: (request, ctx) => (asked.push({ ...request, ctx }), replies.shift()) });
    const answers = [];
    for (let i = 0; i < 9; i++) answers.push((await call(spark, { ...child, call_type: 1, request_body: `{"i":${i}}` }, i === 1 ? { _ctx: { user: "u" } } : {})).replies[0]);
    await spark.destroy();
    return { answers, asked };
  }, CHILD);
  assert.deepEqual(got.answers.slice(0, 4), ["text", '{"a":1}', "null", "[1]"]);
  for (const answer of got.answers.slice(4)) assert.match(answer, /externalApi/);
  assert.match(got.answers[4], /down/);
  assert.match(got.answers[8], /json\(\)/);
  assert.equal(got.asked[1].request_body, '{"i":1}');
  assert.deepEqual(got.asked.map(({ ctx }) => ctx ?? null), [null, { user: "u" }, ...Array(7).fill(null)], "the call's own, no other");
});

xtest("a child has the parent's time, and ends with it", async (page) => {
  const got = await page.run(async () => {
    const spark = make();
    const child = { folder_name: "time", service_name: "slow", request_body: body({ ms: 1 }) };
    await call(spark, child);
    const late = { ...child, request_body: body({ ms: 60_000 }) };
    const timeout = await refused(call(spark, late, {}, { timeout: 300 }));
    const control = new AbortController();
    const cancelled = refused(call(spark, late, {}, { signal: control.signal }));
    await until(() => spark.stats()[2].running === 1);
    control.abort();
    const { code } = await cancelled;
    await until(() => spark.stats().every(({ running, queued }) => running + queued === 0));
    const after = await call(spark, child);
    await spark.destroy();
    return [timeout.code, code, after.dispatched, timeout.message];
  });
  const message = got.pop();
  assert.deepEqual(got, ["TIMEOUT", "CANCELLED", 1]);
  assert.match(message, /a service that its model called had not answered/);
});

xtest("a reply that does not fit into the engine's memory ends that call alone", async (page) => {
  const small = packageOf("caller-small");
  const got = await page.run(
    async ({ url, child }) => {
      const texts = [() => "x".repeat(80 * 1024 * 1024), () => "small"];
      const spark = new Spark({ nodegenModels: [{ versionId: "small", binary: url }], externalApi: () => texts.shift()() });
      const inputs = { ...child, call_type: 1, request_body: "{}" };
      const failed = await refused(spark.execute(ask(inputs), "small"));
      const { replies } = await outputsOf(spark.execute(ask(inputs), "small"));
      await spark.destroy();
      return { class: failed.class, code: failed.code, replies };
    },
    { url: small.url, child: CHILD },
  );
  assert.equal(got.class, "ModelExecuteError");
  assert.equal(got.code, "OUT_OF_MEMORY");
  assert.deepEqual(got.replies, ["small"]);
});

xtest("cancelling a parent ends its child's request", async (page, server) => {
  server.next({ stall: "headers" });
  await page.run(
    ({ child, ids }) => {
      const spark = make({ sparkEndpoint: endpoint() }, ids);
      const { response, cancellationToken } = spark.executeWithCancellationToken(ask({ ...child, request_body: body({}) }), ids[0]);
      globalThis.stop = async () => {
        cancellationToken.cancel();
        const { code } = await refused(response);
        await spark.destroy();
        return code;
      };
    },
    { child: CHILD, ids: [caller.id] },
  );
  await server.until(() => server.calls[0]?.json);
  assert.equal(await page.run(() => stop()), "CANCELLED");
  await server.until(() => server.calls[0].outcome === "aborted");
});

xtest("xcall.online that gives no boolean counts as no, and says so", async (page) => {
  page.expectConsole(/xcall\.online must return true or false.*typo/);
  page.expectConsole(/xcall\.online must return true or false.*the number 1/);
  const replies = await page.run(
    async ({ child, ids }) => {
      const ways = [
        () => {
          throw new Error("typo");
        },
        () => 1,
      ];
      const replies = [];
      for (const online of ways) {
        const spark = make({ sparkEndpoint: endpoint(), xcall: { online } }, ids);
        replies.push((await call(spark, { ...child, request_body: body({}) })).replies[0]);
        await spark.destroy();
      }
      return replies;
    },
    { child: CHILD, ids: [caller.id] },
  );
  for (const reply of replies) assert.match(reply, /MODEL_NOT_FOUND.*xcall\.online/);
});
