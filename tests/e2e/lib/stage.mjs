// What every end-to-end test stands on: one server and one browser for a file of tests, a fresh page for each test, and
// the conditions that hold for all of them: a silent console, no unhandled rejection, no object URL left behind.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test as nodeTest } from "node:test";
import { launch } from "../../../scripts/lib/chromium.mjs";
import { at } from "../../../scripts/lib/paths.mjs";
import { PRODUCT, serve } from "../../../scripts/lib/serve.mjs";

/** What Chromium says of every request that fails. */
export const REQUEST_FAILED = /^Failed to load resource|blocked by CORS policy/;

/** Long enough for any machine; only a test that hangs gets there. */
export const DEADLINE_MS = 60_000;

const { models } = JSON.parse(readFileSync(at("tests", "models", "manifest.json"), "utf8"));

/** Every package of the manifest. */
export const packages = models;

/** One package of the manifest: `id`, `url` for the page, and what the manifest says. */
export function packageOf(name) {
  const found = models.find((entry) => entry.name === name);
  if (!found) throw new Error(`the manifest has no package ${name}`);
  return { ...found, id: found.version_id, url: `/tests/models/${found.zip}` };
}

/** The bytes of a package of the manifest. */
export const bytesOf = (name) => readFileSync(at("tests", "models", packageOf(name).zip));

/** A promise, and what settles it. */
export function gate() {
  const gate = {};
  gate.promise = new Promise((resolve, reject) => Object.assign(gate, { resolve, reject }));
  return gate;
}

export const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>test</title>
<link rel="icon" href="data:,">
<script src="/tests/e2e/lib/page.js"></script>
<script src="/dist/browser.js"></script>`;

/**
 * A server and a browser for the tests of one file.
 * @param {{ launch?: typeof launch, reuses?: boolean }} [options] `reuses`: its tests leave nothing behind in the browser
 *   (storage, permissions, what Playwright can change), so that one that passed hands its window to the next: opening a new one
 *   takes more than most tests
 */
export function stage(options = {}) {
  let server;
  let browser;
  let left;
  const made = {};
  before(async () => {
    const mounts = { ...PRODUCT, "/tests/e2e/lib/": at("tests", "e2e", "lib") };
    server = await serve({ mounts, routes: { "/page": { body: PAGE } } });
    Object.assign(server.routes, made);
    browser = await (options.launch ?? launch)();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  return {
    /** A test in a page of its own; `options` may give it more time. */
    test(name, ...rest) {
      const work = rest.pop();
      nodeTest(name, { timeout: DEADLINE_MS, ...rest[0] }, async () => {
        const page = await Page.open(left ?? (await browser.newPage()), server);
        left = undefined;
        try {
          await work(page);
          await page.verify();
          if (options.reuses) left = await page.leave();
        } finally {
          if (!left) await page.close();
        }
      });
    },

    /** Serves these bytes, or this answer of `serve`; gives the path for the page. */
    made(name, answer) {
      const path = `/made/${name}`;
      const route = Buffer.isBuffer(answer) ? { headers: { "Content-Type": "application/zip" }, body: answer } : answer;
      if (server) server.routes[path] = route;
      else made[path] = route;
      return path;
    },
  };
}

/** A page with the built package in it. */
class Page {
  #expected = [];
  #ignored = [];
  #said = [];
  #errors = [];

  static async open(native, server) {
    const page = new Page();
    page.server = server;
    page.native = native;
    page.native.on("console", (message) => page.#said.push(message.text()));
    page.native.on("pageerror", (error) => page.#errors.push(String(error?.message ?? error)));
    await page.go("/page");
    return page;
  }

  go(path) {
    return this.native.goto(this.server.url + path);
  }

  /** Runs a function in the page, where lib/page.js has put its helpers; what goes in and comes out is plain data. */
  run(work, argument) {
    return this.native.evaluate(work, argument);
  }

  /** Exactly this is to appear on the console, once for each time it is expected. */
  expectConsole(pattern) {
    this.#expected.push(pattern);
  }

  /** The browser itself says so, whatever the page does: not the page's words. */
  ignoreConsole(pattern) {
    this.#ignored.push(pattern);
  }

  /** How often the server was asked for a path. */
  requests(path) {
    return this.server.requests.filter((asked) => asked === path).length;
  }

  /** Waits until the page has this many workers. */
  async workers(count) {
    const until = Date.now() + DEADLINE_MS / 4;
    while (this.native.workers().length !== count) {
      assert.ok(Date.now() < until, `the page has ${this.native.workers().length} workers, not ${count}`);
      const worker = this.native.workers()[0];
      const closed = worker ? worker.waitForEvent("close", { timeout: 250 }).catch(() => undefined) : undefined;
      await Promise.race([closed, this.native.waitForEvent("worker", { timeout: 250 }).catch(() => undefined)]);
    }
  }

  async verify() {
    // One turn of the page: what was rejected without a handler is known after it.
    const open = await this.run(() => new Promise((turn) => setTimeout(() => turn(globalThis.openObjectUrls?.()), 0)));
    const unexpected = this.#said.filter((text) => !this.#ignored.some((pattern) => pattern.test(text)));
    for (const pattern of this.#expected) {
      const found = unexpected.findIndex((text) => pattern.test(text));
      assert.ok(found >= 0, `the console lacks ${pattern}; it has ${JSON.stringify(this.#said)}`);
      unexpected.splice(found, 1);
    }
    assert.deepEqual(unexpected, [], "the console stays silent");
    assert.deepEqual(this.#errors, [], "nothing is thrown or rejected without a handler");
    assert.equal(open ?? 0, 0, "every object URL is revoked");
  }

  /** Ends the page; gives its window, if nothing of the page is left in it. */
  async leave() {
    this.native.removeAllListeners("console");
    this.native.removeAllListeners("pageerror");
    await this.native.goto("about:blank");
    return this.native.workers().length === 0 ? this.native : undefined;
  }

  close() {
    return this.native.close();
  }
}
