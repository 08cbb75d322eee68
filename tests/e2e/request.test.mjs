// What an engine gets to see of a request: prepared on a copy, refused where it cannot be computed as written.
import assert from "node:assert/strict";
import { ECHO } from "./lib/engines.mjs";
import { stage } from "./lib/stage.mjs";

const { test, made } = stage({ reuses: true });
const echo = made("echo.zip", ECHO);

/** Runs `work` in the page with `send(request)`, which gives the request that the engine got. */
const withEcho = (page, work, argument) =>
  page.run(
    async ({ echo, source, argument }) => {
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: echo }] });
      const send = async (request) => JSON.parse((await outputsOf(spark.execute(request, "m"))).text);
      const refuse = (request) => refused(spark.execute(request, "m"));
      try {
        return await (0, eval)(`(${source})`)({ spark, send, refuse }, argument);
      } finally {
        await spark.destroy();
      }
    },
    { echo, source: String(work), argument },
  );

test("the caller's object is neither changed nor kept", async (page) => {
  const got = await withEcho(page, async ({ spark, send }) => {
    const input = {
      request_data: { inputs: { a: [1, { b: "ü😀" }], c: null } },
      request_meta: {
        version_id: "other",
        requested_output: " x , y,, ",
        service_category: " a , b ",
        _ctx: { authorization: "secret" },
      },
      more: { kept: true },
    };
    const before = JSON.stringify(input);
    const got = await send(deepFreeze(input));
    const running = { request_data: { inputs: { a: 1 } } };
    const response = spark.execute(running, "m");
    running.request_data.inputs.a = 2;
    const { text } = await outputsOf(response);
    return { got, unchanged: JSON.stringify(input) === before, then: JSON.parse(text).request_data.inputs.a };
  });
  assert.equal(got.unchanged, true);
  assert.deepEqual(got.got, {
    request_data: { inputs: { a: [1, { b: "ü😀" }], c: null } },
    request_meta: { version_id: "m", requested_output: ["x", "y"], service_category: "a,b" },
    more: { kept: true },
  });
  assert.equal(got.then, 1, "the request is what it was when the call was made");
});

test("_ctx never reaches the engine", async (page) => {
  const got = await withEcho(page, async ({ spark }) => {
    const secret = "marker-of-a-secret";
    const metas = [
      { _ctx: { authorization: secret, tenant: secret } },
      { version_id: "m", _ctx: secret },
      { version_uuid: "M", _ctx: { deep: [{ secret }] }, requested_output: ["a"] },
      Object.assign(Object.create({ _ctx: { secret } }), { version_id: "m" }),
    ];
    const texts = [];
    for (const meta of metas) texts.push((await outputsOf(spark.execute(ask({ a: 1 }, meta), "m"))).text);
    return texts;
  });
  assert.equal(got.length, 4);
  for (const text of got) assert.doesNotMatch(text, /_ctx|marker/);
});

test("requested_output as text becomes an array; without names it goes", async (page) => {
  const got = await withEcho(page, async ({ send }) => {
    const values = ["Volume", "a,b", " a , Área total ,,", "", " , ", ["a", "b"], [], null, undefined];
    const found = [];
    for (const requested_output of values) {
      const { request_meta } = await send(ask({}, { requested_output }));
      found.push("requested_output" in request_meta ? request_meta.requested_output : "gone");
    }
    return found;
  });
  assert.deepEqual(got, [["Volume"], ["a", "b"], ["a", "Área total"], "gone", "gone", ["a", "b"], [], null, "gone"]);
});

test("the entries of service_category are trimmed", async (page) => {
  const got = await withEcho(page, async ({ send }) => {
    const found = [];
    for (const service_category of ["a", " a ", "a , b", "#Default#", "", null, undefined]) {
      const { request_meta } = await send(ask({}, { service_category }));
      found.push("service_category" in request_meta ? request_meta.service_category : "gone");
    }
    return found;
  });
  assert.deepEqual(got, ["a", "a", "a,b", "#Default#", "", "gone", "gone"]);
});

test("what an engine would misread is refused by its path", async (page) => {
  const got = await withEcho(page, async ({ refuse }) => {
    const requests = [
      ask([]),
      ask([{ a: 1 }]),
      ask("text"),
      ask(5),
      { request_data: [] },
      { request_data: { inputs: {} }, request_meta: [] },
      { request_data: { inputs: {} }, request_meta: "m" },
      ask({}, { requested_output: 5 }),
      ask({}, { requested_output: ["a", 5] }),
      ask({}, { service_category: 5 }),
      ask({}, { service_category: ["metadata"] }),
    ];
    const found = [];
    for (const request of requests) found.push(await refuse(request));
    return found;
  });
  for (const error of got) assert.deepEqual([error.class, error.code], ["BadRequestError", "REQUEST_INVALID"]);
  assert.deepEqual(
    got.map((error) => error.path),
    [
      "request_data.inputs",
      "request_data.inputs",
      "request_data.inputs",
      "request_data.inputs",
      "request_data",
      "request_meta",
      "request_meta",
      "request_meta.requested_output",
      "request_meta.requested_output[1]",
      "request_meta.service_category",
      "request_meta.service_category",
    ],
  );
  assert.match(got[0].message, /not a batch/);
});

test("what JSON cannot carry is refused by its path, before anything runs", async (page) => {
  const got = await withEcho(page, async ({ spark, refuse }) => {
    const cycle = { deep: {} };
    cycle.deep.again = cycle;
    const list = [1];
    list.push(list);
    const inputs = [
      { x: NaN },
      { x: Infinity },
      { table: [{ a: 1 }, { a: -Infinity }] },
      { x: 1n },
      { x: Symbol("s") },
      { x() {} },
      { list: [() => {}] },
      { cycle },
      { list },
      { "two words": { "1a": NaN } },
      { x: new Number(NaN) },
      { date: { toJSON: () => NaN } },
      { date: { toJSON: () => ({ inner: [Infinity] }) } },
      {
        get x() {
          throw new Error("no x");
        },
      },
    ];
    const found = [];
    for (const input of inputs) found.push(await refuse(ask(input)));
    found.push(await refuse({ request_data: { inputs: {}, other: [NaN] } }));
    found.push(await refuse({ request_data: { inputs: {} }, request_meta: { call_purpose: 1n } }));
    return { found, state: spark.stats()[0].state };
  });
  assert.equal(got.state, "idle", "nothing was loaded for them");
  for (const error of got.found) {
    assert.deepEqual([error.class, error.code, error.isError], ["BadRequestError", "REQUEST_INVALID", true]);
  }
  const at = (rest) => `request_data.inputs.${rest}`;
  assert.deepEqual(
    got.found.map((error) => error.path),
    [
      at("x"),
      at("x"),
      at("table[1].a"),
      at("x"),
      at("x"),
      at("x"),
      at("list[0]"),
      at("cycle.deep.again"),
      at("list[1]"),
      'request_data.inputs["two words"]["1a"]',
      at("x"),
      at("date"),
      at("date.inner[0]"),
      got.found[13].path,
      "request_data.other[0]",
      "request_meta.call_purpose",
    ],
  );
  assert.match(got.found[0].message, /NaN/);
  assert.match(got.found[3].message, /BigInt/);
  assert.match(got.found[13].message, /no x/);
});

test("what throws in a request is the cause, at its path", async (page) => {
  const got = await withEcho(page, async ({ refuse }) => {
    const failing = {
      toJSON() {
        throw new TypeError("no date");
      },
    };
    return [
      await refuse(ask({ before: { deep: [1] }, rows: [{ a: 1 }, { when: failing }] })),
      await refuse({ request_data: { inputs: {} }, request_meta: { call_purpose: failing } }),
    ];
  });
  assert.deepEqual(
    got.map(({ path }) => path),
    ["request_data.inputs.rows[1].when", "request_meta.call_purpose"],
  );
  for (const { cause, message } of got) {
    assert.deepEqual(cause, { name: "TypeError", message: "no date" });
    assert.match(message, /no date/);
  }
});

test("an option that nothing reads is told once; arguments in the wrong order are told", async (page) => {
  page.expectConsole(/options\.timeuot is not a known option.*did you mean timeout\?/);
  const got = await withEcho(page, async ({ spark, refuse }) => {
    for (let call = 0; call < 2; call++) await spark.execute(ask({}), "m", { timeuot: 5, signal: undefined });
    return [await refuse("m"), await refused(spark.execute("m", ask({}))), await refused(spark.execute("m"))];
  });
  for (const error of got) {
    assert.deepEqual([error.class, error.code, error.path], ["BadRequestError", "REQUEST_INVALID", "input"]);
    assert.match(error.message, /execute\(request, versionId\)/);
  }
});

test("an inherited version id names no model, as JSON does not see it", async (page) => {
  const got = await withEcho(page, async ({ spark }) => {
    const meta = Object.create({ version_id: "m", version_uuid: "m" });
    Object.prototype.version_id = "m";
    try {
      return [
        await refused(spark.execute({ request_data: { inputs: {} }, request_meta: meta })),
        await refused(spark.execute(ask({}))),
      ];
    } finally {
      delete Object.prototype.version_id;
    }
  });
  for (const { code } of got) assert.equal(code, "VERSION_ID_MISSING");
});

test("undefined is dropped and toJSON honoured, as JSON does", async (page) => {
  const got = await withEcho(page, async ({ send }) => {
    class Money {
      #cents = 150;
      toJSON(key) {
        return { key, euro: this.#cents / 100 };
      }
    }
    const shared = { twice: true };
    const inputs = {
      gone: undefined,
      list: [undefined, 1],
      date: new Date(0),
      money: new Money(),
      boxed: [new Number(1), new String("s"), new Boolean(false)],
      nothing: null,
      minus: -0,
      large: 1e308,
      shared: [shared, shared, { shared }],
      empty: {},
      "": "no name",
      bare: Object.assign(Object.create(null), { a: 1 }),
      inherited: Object.create({ hidden: NaN }),
      [Symbol("ignored")]: NaN,
    };
    const { request_data } = await send(ask(inputs));
    return { got: request_data.inputs, expected: JSON.parse(JSON.stringify(inputs)) };
  });
  assert.deepEqual(got.got, got.expected);
  assert.equal("gone" in got.got, false);
  assert.equal(got.got.date, "1970-01-01T00:00:00.000Z");
  assert.deepEqual(got.got.money, { key: "money", euro: 1.5 });
});

test("text of every kind arrives unchanged, however long", async (page) => {
  const got = await withEcho(page, async ({ send }) => {
    const texts = [
      "",
      "ü",
      "日本語",
      "😀",
      "\u0000\u0001\u007f",
      "\u2028\u2029",
      '"\\/\b\f\n\r\t',
      "__proto__",
      "﻿BOM",
    ];
    // Around the sizes where a buffer is kept, and where text needs more bytes than it has units.
    for (const size of [5460, 5461, 5462, 16384, 100_000, 3_000_000]) texts.push("a".repeat(size), "日".repeat(size));
    const wrong = [];
    for (const text of texts) {
      const { request_data } = await send(ask({ text, [text.slice(0, 20)]: 1 }));
      if (request_data.inputs.text !== text) wrong.push([text.slice(0, 20), text.length]);
    }
    const lone = (await send(ask({ text: "a\ud800b" }))).request_data.inputs.text;
    return { wrong, lone };
  });
  assert.deepEqual(got.wrong, []);
  assert.equal(got.lone, "a\ud800b", "JSON escapes a lone surrogate");
});

test("absent inputs are the engine's to judge", async (page) => {
  const got = await withEcho(page, async ({ send }) => [
    await send({}),
    await send({ request_data: null, request_meta: null }),
    await send({ request_data: {} }),
  ]);
  assert.deepEqual(got, [
    { request_meta: { version_id: "m" } },
    { request_data: null, request_meta: { version_id: "m" } },
    { request_data: {}, request_meta: { version_id: "m" } },
  ]);
});
