// Calls that the endpoint answers: addresses, credentials, what is sent, how it ends.
import assert from "node:assert/strict";
import { onlineStage } from "./lib/online.mjs";
import { packageOf } from "./lib/stage.mjs";

const cylinder = packageOf("cylinder");
const { test } = onlineStage();
const EXECUTE = "/example/api/v3/folders/geometry/services/volume-cylinder/execute";

const volume = ({ response }) => response?.response_data.outputs.volume;
const near = (actual, expected) =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * expected, `${actual}, not ${expected}`);

test("only an endpoint: by version id, with what the caller gave and no more", async (page, server) => {
  const got = await page.run((id) => run({ sparkEndpoint: endpoint() }, undefined, id), cylinder.id);
  near(volume(got), Math.PI * 90);
  assert.deepEqual([got.path, got.response.status, got.response.error], ["online", "Success", null]);
  assert.deepEqual(got.events, [["execute", "online", cylinder.id, null]]);
  const [call] = server.calls;
  assert.equal(call.path, `/example/api/v3/version/${cylinder.id}`);
  assert.deepEqual(call.json, {
    request_data: { inputs: { radius: 3, height: 10 } },
    request_meta: { version_id: cylinder.id },
  });
  assert.equal(call.headers["x-synthetic-key"], server.key);
  assert.equal(call.headers["x-tenant-name"], server.tenant);
  assert.equal(call.headers.authorization, undefined);
  assert.equal(call.headers.cookie, undefined);
  assert.equal(call.headers.referer, undefined);
});

test("each kind of service name has its address", async (page, server) => {
  const { service, folder, service_id } = server.versions.find(({ version_id }) => version_id === cylinder.id);
  const paths = {
    [`folders/${folder}/services/${service}`]: "folders",
    [`${folder}/${service}`]: "folders",
    [`/Folders/${folder}/Services/${service}/`]: "folders",
    [`version/${cylinder.id}`]: "version",
    [`service/${service_id}`]: "service",
  };
  const got = await page.run(
    async (uris) => {
      const spark = new Spark({ sparkEndpoint: endpoint() });
      const answers = [];
      for (const service_uri of uris) answers.push(await run(spark, ask({ radius: 1, height: 1 }, { service_uri })));
      answers.push(await run(spark, ask({ radius: 1, height: 1 }, { service_id: uris.at(-1).slice(8) })));
      await spark.destroy();
      return answers;
    },
    Object.keys(paths),
  );
  for (const answer of got) near(volume(answer), Math.PI);
  const kinds = [...Object.values(paths), "service"];
  assert.deepEqual(server.calls.map(({ path }) => path.split("/")[4]), kinds);
  assert.ok(server.calls.every(({ path }) => !path.includes("/public/")));
});

test("a version in brackets travels in the request", async (page, server) => {
  const uri = "folders/geometry/services/volume-cylinder[1.0]";
  await page.run((service_uri) => run({ sparkEndpoint: endpoint() }, ask({}, { service_uri, call_purpose: "x" })), uri);
  const [{ path, json }] = server.calls;
  assert.equal(path, EXECUTE);
  assert.deepEqual(json.request_meta, { version: "1.0", service_uri: uri, call_purpose: "x" });
});

test("the metadata of a model gives folder and service, and version_id pins the version", async (page, server) => {
  const { folder, service } = server.versions.find(({ version_id }) => version_id === cylinder.id);
  const got = await page.run(
    ({ id, folder, service }) => {
      const metaData = { EngineInformation: { ProductName: folder, ServiceName: service, VersionId: id } };
      const models = [{ versionId: id, binary: () => Promise.reject(new Error("no package")), metaData }];
      return run({ sparkEndpoint: endpoint(), nodegenModels: models }, undefined, id);
    },
    { id: cylinder.id, folder, service },
  );
  assert.equal(got.path, "online");
  assert.equal(server.calls[0].path, `/example/api/v3/folders/${folder}/services/${service}/execute`);
  assert.equal(server.calls[0].json.request_meta.version_id, cylinder.id);
});

test("the tenant in the address, a slash at its end, the generic form and the public one", async (page, server) => {
  const got = await page.run(
    async ({ id, url, tenant }) => [
      await run({ sparkEndpoint: endpoint({ url: `${url}/${tenant}/` }) }, undefined, id),
      await run({ sparkEndpoint: endpoint({ form: "generic" }) }, undefined, id),
      await run({ sparkEndpoint: { url, tenant, authType: "public" } }, undefined, id),
    ],
    { id: cylinder.id, url: server.url, tenant: server.tenant },
  );
  for (const answer of got) assert.ok(answer.response, JSON.stringify(answer.error));
  assert.deepEqual(
    server.calls.map(({ path }) => path.replace("/example/api/v3", "").replace(cylinder.id, "ID")),
    ["/version/ID", "/execute", "/public/version/ID"],
  );
  const { headers } = server.calls[2];
  for (const name of ["x-tenant-name", "x-synthetic-key", "authorization"]) assert.equal(headers[name], undefined);
});

test("a credential is text or a function, asked for every request, with or without Bearer", async (page, server) => {
  const got = await page.run(async (id) => {
    let asked = 0;
    const bearer = (bearerToken) => ({ syntheticKey: undefined, authType: "bearerToken", bearerToken });
    const spark = new Spark({ sparkEndpoint: endpoint(bearer(async () => (asked++, `bearer ${secrets.token}`))) });
    const first = await run(spark, undefined, id);
    const second = await run(spark, undefined, id);
    await spark.destroy();
    const text = await run({ sparkEndpoint: endpoint(bearer(` Bearer ${secrets.token} `)) }, undefined, id);
    const key = await run({ sparkEndpoint: endpoint({ syntheticKey: () => secrets.key }) }, undefined, id);
    return { asked, answers: [first, second, text, key] };
  }, cylinder.id);
  assert.equal(got.asked, 2);
  for (const answer of got.answers) near(volume(answer), Math.PI * 90);
  assert.equal(server.calls[0].headers.authorization, `Bearer ${server.token}`);
  assert.equal(server.calls[0].headers["x-synthetic-key"], undefined);
});

test("a 401 asks a function once more; a text it refuses", async (page, server) => {
  const worn = server.issueToken({ tenant: server.tenant, calls: 0 });
  const got = await page.run(
    async ({ id, worn }) => {
      const tokens = [worn, secrets.token, worn, worn];
      const of = (bearerToken) => endpoint({ syntheticKey: undefined, authType: "bearerToken", bearerToken });
      const renewed = await run({ sparkEndpoint: of(() => tokens.shift()) }, undefined, id);
      const twice = await run({ sparkEndpoint: of(() => tokens.shift()) }, undefined, id);
      const text = await run({ sparkEndpoint: of(worn) }, undefined, id);
      return { renewed, twice, text, left: tokens.length };
    },
    { id: cylinder.id, worn },
  );
  near(volume(got.renewed), Math.PI * 90);
  assert.equal(got.left, 0);
  for (const { error } of [got.twice, got.text]) {
    assert.deepEqual([error.class, error.name, error.code, error.status], ["UnauthorizedError", "unauthorized", "UNAUTHORIZED", 401]);
    assert.match(error.message, /sparkEndpoint\.bearerToken/);
  }
  assert.deepEqual(server.calls.map(({ status }) => status), [401, 200, 401, 401, 401]);
});

test("a credential that cannot be had is named, never shown", async (page, server) => {
  const got = await page.run(async (id) => {
    const of = (syntheticKey) => run({ sparkEndpoint: endpoint({ syntheticKey }) }, undefined, id);
    return {
      throws: await of(() => {
        throw new Error("no session");
      }),
      rejects: await of(() => Promise.reject(new Error("no session"))),
      nothing: await of(() => undefined),
      lines: await of(() => `${secrets.key}\n${secrets.key}`),
      silent: await run({ sparkEndpoint: endpoint({ syntheticKey: () => new Promise(() => {}) }), timeout: 30 }, undefined, id),
    };
  }, cylinder.id);
  for (const kind of ["throws", "rejects", "nothing", "lines"]) {
    const { error } = got[kind];
    assert.deepEqual([error.class, error.code, error.path], ["UnauthorizedError", "CREDENTIAL_INVALID", "sparkEndpoint.syntheticKey()"], kind);
  }
  assert.equal(got.throws.cause.message, "no session");
  assert.equal(got.silent.error.code, "TIMEOUT");
  assert.equal(server.calls.length, 0);
});

test("fetch is called with nothing of the page's, and can be replaced", async (page) => {
  const got = await page.run(async (id) => {
    const seen = [];
    const fetch = (url, init) => {
      seen.push({ ...init, url, headers: [...new Headers(init.headers).keys()], signal: init.signal instanceof AbortSignal });
      return globalThis.fetch(url, { ...init, headers: { ...init.headers, "x-request-id": "mine" } });
    };
    const answer = await run({ sparkEndpoint: endpoint({ fetch }) }, undefined, id);
    return { seen, answer };
  }, cylinder.id);
  near(volume(got.answer), Math.PI * 90);
  const { url, body, ...rest } = got.seen[0];
  assert.ok(url && body);
  assert.deepEqual(rest, {
    method: "POST",
    headers: ["content-type", "x-synthetic-key", "x-tenant-name"],
    signal: true,
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  });
});

test("_ctx stays on the page, and the caller's object is left alone", async (page, server) => {
  const changed = await page.run(async (id) => {
    const input = ask({ radius: 1, height: 2, list: [1, null, "ü"] }, { version_id: id, _ctx: { token: "t" }, source_system: "s" });
    const before = JSON.stringify(input);
    await run({ sparkEndpoint: endpoint() }, deepFreeze(input));
    return JSON.stringify(input) !== before;
  }, cylinder.id);
  assert.equal(changed, false);
  assert.deepEqual(server.calls[0].json, {
    request_data: { inputs: { radius: 1, height: 2, list: [1, null, "ü"] } },
    request_meta: { version_id: cylinder.id, source_system: "s" },
  });
});

test("a large request is compressed when that is wished", async (page, server) => {
  const got = await page.run(async (id) => {
    const spark = new Spark({ sparkEndpoint: endpoint({ compressAbove: 1000 }) });
    const small = await run(spark, undefined, id);
    const large = await run(spark, ask({ radius: 3, height: 10, note: "ü".repeat(5000) }), id);
    await spark.destroy();
    return [small, large];
  }, cylinder.id);
  for (const answer of got) near(volume(answer), Math.PI * 90);
  assert.deepEqual(server.calls.map(({ headers }) => headers["content-encoding"]), [undefined, "gzip"]);
  assert.ok(server.calls[1].raw.length < 500);
});

test("an unknown service, and none at all", async (page, server) => {
  const got = await page.run(async () => [
    await run({ sparkEndpoint: endpoint() }, undefined, "00000000-0000-0000-0000-000000000000"),
    await run({ sparkEndpoint: endpoint() }),
  ]);
  assert.deepEqual([got[0].error.class, got[0].error.code, got[0].error.status], ["MissingModelError", "MODEL_NOT_FOUND", 404]);
  assert.deepEqual([got[1].error.class, got[1].error.code], ["ParameterRequiredError", "VERSION_ID_MISSING"]);
  assert.equal(server.calls.length, 1);
});

test("a fetch of one's own that gives no Response is named, and what it throws keeps the credential", async (page, server) => {
  const got = await page.run(async (id) => {
    const gives = {
      nothing: () => undefined,
      text: () => "text",
      bare: async (url, init) => {
        const { status } = await fetch(url, init);
        return { status, text: async () => "{}" };
      },
      read: async (url, init) => {
        const response = await fetch(url, init);
        await response.text();
        return response;
      },
    };
    const answers = {};
    for (const [name, own] of Object.entries(gives)) {
      answers[name] = await run({ sparkEndpoint: endpoint({ fetch: own }) }, undefined, id);
    }
    const throws = (url, init) => {
      throw Object.assign(new Error(`failed ${JSON.stringify(init.headers)}`), { request: init });
    };
    return { answers, throws: await run({ sparkEndpoint: endpoint({ fetch: throws, retries: 0 }) }, undefined, id) };
  }, cylinder.id);
  for (const [name, { error }] of Object.entries(got.answers)) {
    assert.deepEqual([error.code, error.path], ["ONLINE_RESPONSE_INVALID", "sparkEndpoint.fetch"], name);
  }
  assert.equal(server.calls.length, 2, "nothing is asked again");
  assert.equal(got.throws.error.code, "NETWORK");
  assert.match(got.throws.error.details, /failed .*\[credential\]/);
  assert.ok(!JSON.stringify(got.throws).includes(server.key));
});

test("a name that only the configuration knows is not sent where folder and service are", async (page, server) => {
  const { folder, service } = server.versions.find(({ version_id }) => version_id === cylinder.id);
  const got = await page.run(
    async ({ folder, service, id }) => {
      const metaData = { EngineInformation: { ProductName: folder, ServiceName: service } };
      const of = (more) =>
        run({ sparkEndpoint: endpoint(), nodegenModels: [{ versionId: "my-model", binary: "/none.zip", metaData: { ...metaData, ...more } }] }, undefined, "my-model");
      return [await of(), await of({ VersionId: id })];
    },
    { folder, service, id: cylinder.id },
  );
  for (const answer of got) near(volume(answer), Math.PI * 90);
  assert.deepEqual(server.calls.map(({ json }) => json.request_meta), [{}, { version_id: cylinder.id }]);
});
