// Who may call the test server, and from which page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CYLINDER, ORIGIN, V3, bearer, keyed, post, preflight } from "./lib/client.mjs";
import { ALLOWED_HEADERS } from "./lib/cors.mjs";
import { startServer } from "./server.mjs";

let server;
before(async () => (server = await startServer()));
after(() => server.close());

const refusal = async (headers, path = CYLINDER) => {
  const { status, json, headers: got } = await post(server, path, V3, headers);
  return [status, json?.error.error_type ?? got.get("www-authenticate")];
};

test("a synthetic key needs the name of its tenant", async () => {
  assert.equal((await post(server, CYLINDER, V3, keyed(server))).status, 200);
  const unauthorized = [401, "error.UNAUTHORIZED"];
  assert.deepEqual(await refusal({ "x-synthetic-key": server.key }), unauthorized);
  assert.deepEqual(await refusal({ ...keyed(server), "x-synthetic-key": "wrong" }), unauthorized);
  assert.deepEqual(await refusal(keyed(server, "other")), [400, "error.application_error"]);
  assert.deepEqual(await refusal(keyed(server, "dated"), CYLINDER.replace("example", "dated")), [
    400,
    "error.application_error",
  ]);
});

test("bearer tokens are taken to the letter", async () => {
  assert.deepEqual(await refusal({}), [401, "error.UNAUTHORIZED"]);
  assert.deepEqual(await refusal(bearer(`Bearer ${server.token}`)), [401, "error.UNAUTHORIZED"]);
  assert.deepEqual(await refusal({ authorization: server.token }), [401, "error.UNAUTHORIZED"]);
  assert.deepEqual(await refusal(bearer(server.issueToken({ tenant: "dated" }))), [400, "error.application_error"]);
});

test("a token wears out, and the answer is then empty", async () => {
  const token = server.issueToken({ calls: 2 });
  for (const status of [200, 200, 401]) assert.equal((await post(server, CYLINDER, V3, bearer(token))).status, status);
  assert.deepEqual(await refusal(bearer(token)), [401, 'Bearer error="invalid_token"']);
  const other = server.issueToken();
  server.revoke(other);
  assert.equal((await post(server, CYLINDER, V3, bearer(other))).text, "");
});

test("not every service is public, and a runner of one's own asks nobody", async () => {
  const services = (all) => all.map((one) => ({ ...one, notPublic: one.folder === "geometry" }));
  const other = await startServer({ open: true, services });
  assert.equal((await post(other, CYLINDER, V3, {})).status, 200);
  assert.equal((await post(other, CYLINDER.replace("v3", "v3/public"), V3, {})).status, 401);
  await other.close();
});

test("a preflight allows what was asked, where it may", async () => {
  const headers = ALLOWED_HEADERS.join(",");
  assert.deepEqual(await preflight(server, CYLINDER, { headers }), {
    status: 204,
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": ALLOWED_HEADERS.join(", "),
    "access-control-max-age": "0",
  });
  const refused = async (path, options) => {
    const { status, "x-refused": why, ...more } = await preflight(server, path, options);
    assert.deepEqual([status, more], [403, {}]);
    return why;
  };
  assert.equal(await refused(CYLINDER, { headers: "content-type,x-secret" }), "header x-secret");
  assert.equal(await refused(CYLINDER, { method: "PUT" }), "method PUT");
  assert.equal(await refused("/example/api/v3/nothing"), "unknown address");
  assert.equal(await refused(CYLINDER, { origin: null }), "no Origin");
  assert.equal(await refused(CYLINDER, { method: null }), "no Access-Control-Request-Method");
  const strict = await startServer({ cors: { origins: ["http://else.example"], headers: ["content-type"] } });
  assert.deepEqual(await preflight(strict, CYLINDER), { status: 403, "x-refused": `origin ${ORIGIN}` });
  assert.equal((await post(strict, CYLINDER)).headers.get("access-control-allow-origin"), null);
  await strict.close();
});

test("answers echo the page's origin, show three headers and never allow credentials", async () => {
  for (const path of [CYLINDER, "/nothing"]) {
    const { headers } = await post(server, path, V3, { ...bearer(server.token), "x-request-id": "mine" });
    assert.equal(headers.get("access-control-allow-origin"), ORIGIN);
    assert.equal(headers.get("access-control-expose-headers"), "retry-after, x-request-id, x-retry-after");
    assert.equal(headers.get("access-control-allow-credentials"), null);
    assert.equal(headers.get("x-request-id"), "mine");
  }
});

test("health is for everybody", async () => {
  assert.deepEqual(await (await fetch(`${server.url}/health`)).json(), { status: "UP" });
  assert.deepEqual(await (await fetch(`${server.url}/healthcheck`)).json(), { msg: "ok" });
  assert.equal((await fetch(server.url + CYLINDER)).status, 405);
});
