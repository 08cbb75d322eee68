import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { ISOLATED, serve } from "./serve.mjs";

let folder;
let server;

before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "serve-"));
  mkdirSync(path.join(folder, "www", "sub"), { recursive: true });
  mkdirSync(path.join(folder, "dist"));
  writeFileSync(path.join(folder, "www", "index.html"), "<h1>start</h1>");
  writeFileSync(path.join(folder, "www", "sub", "index.html"), "<h1>sub</h1>");
  writeFileSync(path.join(folder, "dist", "browser.js"), "1;");
  writeFileSync(path.join(folder, "dist", "model.wasm"), new Uint8Array([0, 97, 115, 109]));
  writeFileSync(path.join(folder, "secret.txt"), "secret");
  server = await serve({
    mounts: { "/": path.join(folder, "www"), "/dist/": path.join(folder, "dist") },
    routes: { "/fixed": { body: "<p>fixed" }, "/gone.zip": { status: 410 }, "/echo": (request) => ({ body: request.url }) },
    headers: (pathname) => (pathname.startsWith("/dist/") ? ISOLATED : undefined),
  });
});

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = async (address) => {
  const response = await fetch(server.url + address);
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text(), response };
};

test("files have the MIME types that browsers insist on", async () => {
  assert.match((await get("/")).type, /^text\/html/);
  assert.match((await get("/dist/browser.js")).type, /^text\/javascript/);
  assert.equal((await get("/dist/model.wasm")).type, "application/wasm");
});

test("the longest prefix wins, a folder is its index page", async () => {
  assert.equal((await get("/dist/browser.js")).text, "1;");
  const sub = await get("/sub");
  assert.equal(sub.text, "<h1>sub</h1>");
  assert.ok(sub.response.url.endsWith("/sub/"));
});

test("headers are set by path", async () => {
  assert.equal((await get("/dist/browser.js")).response.headers.get("cross-origin-embedder-policy"), "require-corp");
  assert.equal((await get("/")).response.headers.get("cross-origin-embedder-policy"), null);
});

test("routes answer before files, and may be changed", async () => {
  assert.equal((await get("/fixed")).text, "<p>fixed");
  assert.equal((await get("/gone.zip")).status, 410);
  assert.equal((await get("/echo?x=1")).text, "/echo?x=1");
  server.routes["/later"] = { body: "later" };
  assert.equal((await get("/later")).text, "later");
  assert.ok(server.requests.includes("/later"));
});

test("nothing outside of the folders is served", async () => {
  assert.equal((await get("/nothing")).status, 404);
  // fetch would resolve the dots by itself.
  for (const raw of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/dist/..%2f..%2fsecret.txt"]) {
    const status = await new Promise((resolve, reject) => {
      http.get({ port: server.port, host: "127.0.0.1", path: raw }, (r) => r.resume() && resolve(r.statusCode)).on("error", reject);
    });
    assert.ok([403, 404].includes(status), `${raw}: ${status}`);
  }
});
