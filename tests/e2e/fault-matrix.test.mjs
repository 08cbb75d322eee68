// Every way in which an endpoint fails, with a model that is loaded, not configured or broken, for calls that are
// cancelled, run out of time or are left alone: each ends as the README says, none hangs, no credential is told.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { at } from "../../scripts/lib/paths.mjs";
import { onlineStage } from "./lib/online.mjs";
import { gate, packageOf } from "./lib/stage.mjs";

const cylinder = packageOf("cylinder");
const { test } = onlineStage();

const STATUSES = {
  400: "REQUEST_REFUSED",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "MODEL_NOT_FOUND",
  409: "REQUEST_REFUSED",
  415: "REQUEST_REFUSED",
  422: "REQUEST_REFUSED",
  429: "RATE_LIMITED",
  500: "SERVER_ERROR",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "UNAVAILABLE",
};
const NO_RESULT = "ONLINE_RESPONSE_INVALID";
const RETRIED = ["RATE_LIMITED", "UNAVAILABLE", "NETWORK"];
const ONLINE = { outputs: { volume: 1 } };
const RESULT = JSON.stringify({ status: "Success", response_data: ONLINE, response_meta: {}, error: null });

/** `fault(secret)` is what the server does that was sent this credential; `code` what follows, absent for an answer. */
const FAULTS = [];
const add = (name, code, fault, more) => {
  // As servers do, it repeats what it was sent.
  const repeated = (secret) =>
    fault.body === undefined ? { message: `${secret} is bad` } : { body: fault.body.replace("SECRET", secret) };
  FAULTS.push({ name, code, fault: (secret) => ({ ...fault, ...repeated(secret) }), ...more });
};

const BODIES = {
  HTML: { body: "<!doctype html><title>SECRET</title>", contentType: "text/html" },
  "an empty body": { empty: true },
  "another shape": { body: '[{"error":"SECRET"}]' },
  "cut JSON": { body: '{"error":"SECRET' },
};
for (const [index, [text, code]] of Object.entries(STATUSES).entries()) {
  const status = Number(text);
  add(text, code, { status, envelope: 1 + (index % 3) });
  add(`${text} without CORS headers`, "NETWORK", { status, cors: false });
  for (const [what, body] of Object.entries(BODIES)) add(`${text} with ${what}`, code, { status, ...body });
}
for (const [what, body] of Object.entries(BODIES)) add(`200 with ${what}`, NO_RESULT, { status: 200, ...body });
add("200 with an error", NO_RESULT, { body: '{"status":"Error","response_data":null,"error":{"message":"SECRET"}}' });
add("200 without CORS headers", "NETWORK", { body: RESULT, cors: false });
add("another 2xx", NO_RESULT, { status: 202, body: "{}" });
add("cut before the headers", "NETWORK", { cut: "headers" });
add("cut in the body", "NETWORK", { body: RESULT, cut: "body" });
add("500 cut in the body", "SERVER_ERROR", { status: 500, cut: "body" });
add("a redirect to itself", "NETWORK", { redirect: true });
add("a redirect elsewhere", "NETWORK", { redirect: "http://127.0.0.1:9/" });
add("a refused preflight", "NETWORK", { preflight: true, status: 403 });
add("a preflight cut", "NETWORK", { preflight: true, cut: "headers" });
add("slow", undefined, { body: RESULT, delay: 50 });
add("huge", undefined, { body: RESULT, huge: 4_000_000 });
add("a huge error", "SERVER_ERROR", { status: 500, huge: 4_000_000 });
for (const [name, fault] of Object.entries({
  "headers stall": { stall: "headers" },
  "the body stalls": { body: RESULT, stall: "body" },
  "503 whose body stalls": { status: 503, stall: "body" },
  "the preflight stalls": { preflight: true, stall: "headers" },
})) {
  add(name, "TIMEOUT", fault, { stalls: true });
}

/** What the README says: the codes of each class. */
const DOCUMENTED = new Set();
const ROW = /^\| `(\w+)`[^|]*\| ([^|]+) \|[^|]+\|$/gm;
for (const [, name, codes] of readFileSync(at("README.md"), "utf8").matchAll(ROW)) {
  for (const [, code] of codes.matchAll(/`(\w+)`/g)) DOCUMENTED.add(`${name} ${code}`);
}

/** A browser opens no more connections to one server: more calls than these would wait for those that stall. */
const AT_ONCE = 6;
const BROKEN = ["ZIP_INVALID", "BINARY_FETCH", "BINARY_INVALID"];
let made = 0;

/** One cell for each of these faults: a version of its own, so that the server knows which call it is. */
function cellsOf(faults, server, change = {}) {
  return faults.map(({ fault, ...about }) => {
    const index = made++;
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
    const credential = index % 4;
    server.next({
      ...fault(credential < 2 ? server.key : server.token),
      ...change,
      times: Infinity,
      match: ({ path }) => path.endsWith(id),
    });
    const { preflight = false } = fault("");
    const mine = (request) => request.path.endsWith(id) && request.preflight === preflight;
    const asked = () => server.requests.filter(mine);
    return { ...about, id, credential, broken: index % BROKEN.length, asked };
  });
}

/** Runs cells at once, with `more` in their endpoints; `cancel` ends all of them when it is settled. */
async function run(page, cells, how, { cancel, ...config } = {}) {
  const plain = cells.map(({ id, credential, broken }) => ({ id, credential, broken }));
  await page.run((given) => matrix.start(given), { cells: plain, how, ...config });
  if (cancel) await cancel();
  return page.run((cancelled) => matrix.outcomes(cancelled), Boolean(cancel));
}

function verify(cell, outcome, how, code, what) {
  const place = `${cell.name}, ${how}, ${what}: ${JSON.stringify(outcome)}`;
  if (code === undefined) {
    assert.deepEqual([outcome.path, outcome.volume], ["online", 1], place);
  } else {
    assert.equal(outcome.code, code, place);
    assert.ok(DOCUMENTED.has(`${outcome.class} ${code}`), `not in the README: ${place}`);
  }
  const here = how === "broken" && !["CANCELLED", "TIMEOUT"].includes(code) ? BROKEN[cell.broken] : undefined;
  if (here) assert.equal(outcome.fallback, here, place);
  if (here && code !== undefined) assert.equal(outcome.cause, here, place);
}

for (const how of ["missing", "broken"]) {
  const quick = FAULTS.filter(({ stalls }) => !stalls);
  const stalling = FAULTS.filter(({ stalls }) => stalls);

  test(`${how}, left alone: as the fault has it`, async (page, server) => {
    await page.run(inPage, about(server));
    const again = { retries: 1, retryDelay: 1 };
    const cells = cellsOf(quick, server);
    const outcomes = await run(page, cells, how, { endpoint: again });
    for (const [index, cell] of cells.entries()) {
      verify(cell, outcomes[index], how, cell.code, "left alone");
      const renewed = cell.code === "UNAUTHORIZED" && cell.credential % 2 === 1;
      assert.equal(cell.asked().length, renewed || RETRIED.includes(cell.code) ? 2 : 1, `requests: ${cell.name}`);
    }
    const stalled = cellsOf(stalling, server);
    const late = await run(page, stalled, how, { endpoint: again, timeout: 500 });
    for (const [index, cell] of stalled.entries()) verify(cell, late[index], how, "TIMEOUT", "left alone");
    const told = await page.run(() => globalThis.told.join());
    assert.ok(told.includes("[credential] is bad"), "what is told is looked at");
  });

  test(`${how}, with a timeout: TIMEOUT where the server stalls, else as the fault has it`, async (page, server) => {
    await page.run(inPage, about(server));
    // The first delay is longer than the time there is: what went wrong is told at once.
    const patient = { retries: 100, retryDelay: 60_000 };
    const cells = cellsOf(quick.filter(({ name }) => name !== "slow"), server);
    const outcomes = await run(page, cells, how, { endpoint: patient, callTimeout: 14_000 });
    for (const [index, cell] of cells.entries()) verify(cell, outcomes[index], how, cell.code, "timeout");
    const never = gate();
    const slow = cellsOf(quick.filter(({ name }) => name === "slow"), server, { hold: never.promise });
    const stalled = [...cellsOf(stalling, server), ...slow];
    const late = await run(page, stalled, how, { endpoint: patient, callTimeout: 500 });
    never.resolve();
    for (const [index, cell] of stalled.entries()) verify(cell, late[index], how, "TIMEOUT", "timeout");
  });

  test(`${how}, cancelled: CANCELLED, while the request is out or waits to be sent again`, async (page, server) => {
    await page.run(inPage, about(server));
    const waiting = FAULTS.filter(({ code }) => RETRIED.includes(code));
    const config = { endpoint: { retries: 1, retryDelay: 60_000 } };
    const cells = cellsOf(waiting, server);
    const failed = () => server.until(() => cells.every(({ asked }) => asked().some(({ outcome }) => outcome)));
    const outcomes = await run(page, cells, how, { ...config, cancel: failed });
    for (const [index, cell] of cells.entries()) verify(cell, outcomes[index], how, "CANCELLED", "waiting");

    const held = FAULTS.filter((fault) => !waiting.includes(fault));
    for (let from = 0; from < held.length; from += AT_ONCE) {
      const { promise: hold, resolve } = gate();
      const some = cellsOf(held.slice(from, from + AT_ONCE), server, { hold });
      const out = () => server.until(() => some.every(({ asked }) => asked().length));
      const ended = await run(page, some, how, { ...config, cancel: out });
      for (const [index, cell] of some.entries()) verify(cell, ended[index], how, "CANCELLED", "held");
      // Chromium leaves preflights alone.
      const over = ({ preflight, outcome }) => preflight || outcome === "aborted";
      await server.until(() => some.every(({ asked }) => asked().every(over)));
      resolve();
    }
  });
}

test("loaded: the endpoint is never asked, whatever it would do", async (page, server) => {
  await page.run(inPage, about(server));
  for (const { name, fault } of FAULTS) {
    server.next({ ...fault(server.key), times: Infinity });
    const [alone, timed, cancelled] = await page.run(() => matrix.loaded());
    for (const answer of [alone, timed]) {
      const { path, volume } = answer;
      assert.deepEqual([path, Math.round(volume)], ["offline", 283], `${name}: ${JSON.stringify(answer)}`);
    }
    assert.deepEqual([cancelled.class, cancelled.code], ["ExecuteCancelled", "CANCELLED"], name);
    assert.equal(server.requests.length, 0, name);
    server.reset();
  }
  await page.run(() => matrix.end());
});

const about = ({ url, tenant, key, token }) => ({ url, tenant, key, token, cylinder });

/** Runs in the page: `matrix` makes calls and keeps in `told` all that their errors, answers and events say. */
function inPage({ url, tenant, key, token, cylinder }) {
  const CREDENTIALS = [
    { authType: "syntheticKey", syntheticKey: key },
    { authType: "syntheticKey", syntheticKey: () => key },
    { authType: "bearerToken", bearerToken: `Bearer ${token}` },
    { authType: "bearerToken", bearerToken: async () => token },
  ];
  const input = () => ask({ radius: 3, height: 10 });
  let running;
  let sparkLoaded;

  /** All that can be read from a value: hidden members, stacks, causes, and what its classes compute. */
  function everything(value, seen = new Set()) {
    if (typeof value !== "object" || value === null) return String(value).slice(0, 100_000);
    if (seen.has(value)) return "";
    seen.add(value);
    const texts = [String(value)];
    for (let from = value; from && from !== Object.prototype; from = Object.getPrototypeOf(from)) {
      for (const name of Reflect.ownKeys(from)) texts.push(String(name), everything(value[name], seen));
    }
    return texts.join("\n");
  }

  async function outcome(promise) {
    try {
      const response = await promise;
      told.push(everything(response));
      return { path: response.executionPath, volume: response.response_data.outputs.volume };
    } catch (error) {
      told.push(everything(error), JSON.stringify(error));
      const { class: name, code } = describe(error);
      return { class: name, code, cause: error.cause?.code };
    }
  }

  globalThis.matrix = {
    /** Calls each cell: with `how` "broken" its version is configured, with a package that cannot be used. */
    async start({ cells, how, endpoint, timeout, callTimeout }) {
      const whole = await bytesAt(cylinder.url);
      const half = whole.slice(0, whole.length / 2);
      const packages = [() => half, "/nowhere.zip", () => Promise.reject(new Error("gone"))];
      const fallbacks = {};
      const control = new AbortController();
      const sparks = CREDENTIALS.map((credential, which) => {
        const models = cells.filter((cell) => cell.credential === which && how === "broken");
        const spark = new Spark({
          sparkEndpoint: { url, tenant, ...credential, ...endpoint },
          nodegenModels: models.map(({ id, broken }) => ({ versionId: id, binary: packages[broken] })),
          timeout,
        });
        spark.addEventListener("execute", ({ detail }) => told.push(everything(detail)));
        spark.addEventListener("fallback", ({ detail }) => {
          told.push(everything(detail));
          fallbacks[detail.versionId] = detail.error.code;
        });
        return spark;
      });
      const options = { signal: control.signal, timeout: callTimeout };
      const calls = cells.map(({ id, credential }) => outcome(sparks[credential].execute(input(), id, options)));
      running = { calls, cells, sparks, control, fallbacks };
    },

    async outcomes(cancelled) {
      const { calls, cells, sparks, control, fallbacks } = running;
      if (cancelled) control.abort();
      const outcomes = await Promise.all(calls);
      await Promise.all(sparks.map((spark) => spark.destroy()));
      return outcomes.map((found, index) => ({ ...found, fallback: fallbacks[cells[index].id] }));
    },

    loaded() {
      const endpoint = { url, tenant, ...CREDENTIALS[0] };
      const models = [{ versionId: cylinder.id, binary: cylinder.url }];
      sparkLoaded ??= new Spark({ sparkEndpoint: endpoint, nodegenModels: models });
      const call = (options) => outcome(sparkLoaded.execute(input(), cylinder.id, options));
      const { response, cancellationToken } = sparkLoaded.executeWithCancellationToken(input(), cylinder.id);
      cancellationToken.cancel();
      return Promise.all([call(), call({ timeout: 20_000 }), outcome(response)]);
    },

    end: () => sparkLoaded.destroy(),
  };
}
