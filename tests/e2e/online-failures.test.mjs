// How online calls fail: each answer of a server becomes a typed error within a bounded time, or is tried again.
import assert from "node:assert/strict";
import { onlineStage } from "./lib/online.mjs";
import { packageOf } from "./lib/stage.mjs";

const { id } = packageOf("cylinder");
const { test } = onlineStage();
const once = (page, endpoint = {}, config = {}) =>
  page.run(
    ({ id, more, config }) => run({ sparkEndpoint: endpoint({ retries: 0, ...more }), ...config }, undefined, id),
    { id, more: endpoint, config },
  );

const STATUSES = {
  400: ["BadRequestError", "REQUEST_REFUSED"],
  401: ["UnauthorizedError", "UNAUTHORIZED"],
  403: ["ForbiddenError", "FORBIDDEN"],
  404: ["MissingModelError", "MODEL_NOT_FOUND"],
  409: ["BadRequestError", "REQUEST_REFUSED"],
  415: ["BadRequestError", "REQUEST_REFUSED"],
  422: ["BadRequestError", "REQUEST_REFUSED"],
  429: ["RateLimitError", "RATE_LIMITED"],
  500: ["EndpointError", "SERVER_ERROR"],
  502: ["ServiceUnavailableError", "UNAVAILABLE"],
  503: ["ServiceUnavailableError", "UNAVAILABLE"],
  504: ["ServiceUnavailableError", "UNAVAILABLE"],
};

test("every status is an error of its own, in all three envelopes", async (page, server) => {
  for (const [status, [name, code]] of Object.entries(STATUSES)) {
    for (const envelope of [1, 2, 3]) {
      server.next({ status: Number(status), envelope, message: "the server's words" });
      const { error, response } = await once(page);
      assert.equal(response, undefined, `${status} is no result`);
      assert.deepEqual([error.class, error.code, error.status], [name, code, Number(status)], `${status}`);
      assert.match(error.requestId, /^[0-9a-f-]{36}$/);
      if (envelope !== 2) assert.match(error.message, /the server's words/);
    }
  }
});

test("bodies that say nothing: empty, a web page, another shape", async (page, server) => {
  for (const status of [401, 503]) {
    for (const body of [{ empty: true }, { html: true }, { body: "[1]" }, { body: "{" }]) {
      server.next({ status, ...body });
      const { error } = await once(page);
      assert.equal(error.code, STATUSES[status][1]);
      if (body.html) assert.match(error.message, /web page/);
    }
  }
  for (const [fault, what] of [
    [{ html: true }, /web page/],
    [{ empty: true, status: 200 }, /nothing/],
    [{ body: "{" }, /not JSON/],
    [{ body: "[1]" }, /not the response of a service/],
    [{ body: '{"response_data":null,"error":null}' }, /not the response of a service/],
    [{ body: '{"status":"Error","response_data":null,"error":{"message":"inner"}}' }, /an error in place.*server says: inner/],
  ]) {
    server.next(fault);
    const { error, response } = await once(page);
    assert.equal(response, undefined);
    assert.deepEqual([error.class, error.code, error.status], ["EndpointError", "ONLINE_RESPONSE_INVALID", 200], `${what}`);
    assert.match(error.message, what);
  }
});

test("errors of the model inside a 200 are a result", async (page, server) => {
  const errors = [{ error_category: "c", error_type: "t", message: "m" }];
  server.next({ body: JSON.stringify({ status: "Success", response_data: { outputs: {}, errors }, response_meta: {}, error: null }) });
  const got = await once(page);
  assert.deepEqual([got.path, got.response.response_data.errors], ["online", errors]);
});

test("what the browser hides is a network failure that says so", async (page, server) => {
  for (const fault of [{ status: 401, cors: false }, { cut: "headers" }, { cut: "body" }, { redirect: true }, { preflight: true, status: 500 }]) {
    server.reset();
    server.next(fault);
    const { error, cause } = await once(page);
    assert.deepEqual([error?.class, error?.code, error?.status], ["NetworkError", "NETWORK", 0], JSON.stringify(fault));
    assert.match(error.message, /CORS/);
    assert.equal(cause.name, "TypeError");
  }
  const { error } = await once(page, { url: "http://127.0.0.1:9" });
  assert.equal(error.code, "NETWORK");
});

test("what may pass is sent again, other failures are not", async (page, server) => {
  for (const fault of [{ status: 429 }, { status: 502 }, { status: 503 }, { status: 504 }, { cut: "headers" }, { status: 503, cors: false }]) {
    server.reset();
    server.next({ ...fault, times: 2 });
    const got = await once(page, { retries: 2 });
    assert.equal(got.path, "online", JSON.stringify(fault));
    assert.equal(server.calls.length, 3);
  }
  for (const status of [400, 401, 403, 404, 409, 422, 500]) {
    server.reset();
    server.next({ status });
    assert.ok((await once(page, { retries: 2 })).error, `${status}`);
    assert.equal(server.calls.length, 1, `${status}`);
  }
  server.reset();
  server.next({ status: 503, times: 9 });
  assert.equal((await once(page, { retries: 3 })).error.code, "UNAVAILABLE");
  assert.equal(server.calls.length, 4);
});

test("the server's wish to wait is honoured, and told when there is no time for it", async (page, server) => {
  for (const header of [{ retryAfter: "0" }, { xRetryAfter: 0.01 }, { retryAfter: new Date(0).toUTCString() }]) {
    server.reset();
    server.next({ status: 429, ...header });
    assert.equal((await once(page, { retries: 1 })).path, "online");
  }
  server.reset();
  server.next({ status: 429, retryAfter: "3600" });
  const { error } = await once(page, { retries: 5 });
  assert.deepEqual([error.code, error.retryAfter], ["RATE_LIMITED", 3_600_000]);
  assert.equal(server.calls.length, 1, "an hour does not fit into a minute");
});

test("cancelling, the deadline and destroy end the request at once", async (page, server) => {
  const ways = {
    cancel: async (id) => {
      const spark = new Spark({ sparkEndpoint: endpoint() });
      const { response, cancellationToken } = spark.executeWithCancellationToken(ask({}), id);
      globalThis.stop = () => cancellationToken.cancel();
      return [spark, response];
    },
    signal: async (id) => {
      const spark = new Spark({ sparkEndpoint: endpoint() });
      const control = new AbortController();
      globalThis.stop = () => control.abort();
      return [spark, spark.execute(ask({}), id, { signal: control.signal })];
    },
    timeout: async (id) => {
      const spark = new Spark({ sparkEndpoint: endpoint(), timeout: 300 });
      globalThis.stop = () => {};
      return [spark, spark.execute(ask({}), id)];
    },
    destroy: async (id) => {
      const spark = new Spark({ sparkEndpoint: endpoint() });
      globalThis.stop = () => spark.destroy();
      return [spark, spark.execute(ask({}), id)];
    },
  };
  const codes = { cancel: "CANCELLED", signal: "CANCELLED", timeout: "TIMEOUT", destroy: "DESTROYED" };
  for (const [way, code] of Object.entries(codes)) {
    for (const stall of ["headers", "body"]) {
      server.reset();
      server.next({ stall });
      await page.run(`(${ways[way]})(${JSON.stringify(id)}).then(([spark, call]) => { globalThis.over = refused(call); })`);
      const call = () => server.calls[0];
      await server.until(() => (stall === "headers" ? call()?.json : call()?.status));
      const error = await page.run(() => (stop(), over));
      assert.equal(error.code, code, `${way}, ${stall}`);
      await server.until(() => call().outcome === "aborted");
    }
  }
});

test("a very large answer arrives, a very large error is not read to its end", async (page, server) => {
  server.next({ huge: 20_000_000 });
  const got = await page.run(async (id) => {
    const { path } = await run({ sparkEndpoint: endpoint() }, undefined, id);
    return { path };
  }, id);
  assert.equal(got.path, "online");
  server.next({ status: 500, body: `{"error":{"message":"${"x".repeat(5_000_000)}"}}` });
  const { error } = await once(page);
  assert.equal(error.code, "SERVER_ERROR");
  assert.ok(error.message.length < 1000);
});

test("without a connection the first attempt is made and no other", async (page, server) => {
  server.next({ status: 503, times: 9 });
  const got = await page.run(async (id) => {
    Object.defineProperty(navigator, "onLine", { get: () => false });
    return run({ sparkEndpoint: endpoint({ retries: 5 }) }, undefined, id);
  }, id);
  assert.equal(got.error.code, "UNAVAILABLE");
  assert.equal(server.calls.length, 1);
});
