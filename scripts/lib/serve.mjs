// A static web server on the loopback address, for the demo, the tests and the benchmark.
// No npm package may be imported by this file.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { at } from "./paths.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".cjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".ts": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".zip": "application/zip",
  ".data": "application/octet-stream",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** Headers of a page that is cross-origin isolated. */
export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** What the demo, the tests and the benchmark all serve: the pages, the built package and the models to test with. */
export const PRODUCT = { "/": at("www"), "/dist/": at("dist"), "/tests/models/": at("tests", "models") };

/**
 * @typedef {{ status?: number, headers?: Record<string, string>, body?: string | Uint8Array }} Answer
 * @typedef {object} Options
 * @property {Record<string, string>} [mounts] URL prefix (ending in "/") → folder; the longest prefix wins
 * @property {Record<string, Answer | ((request: http.IncomingMessage, response: http.ServerResponse) => Answer | void | Promise<Answer | void>)>} [routes]
 *   URL path → an answer, or a function that returns one or answers by itself
 * @property {(pathname: string) => Record<string, string> | undefined} [headers] more headers for a path: CSP, COOP, COEP
 * @property {number} [port] a free one unless told
 *
 * @param {Options} [options]
 * @returns {Promise<{ url: string, port: number, requests: string[], routes: NonNullable<Options["routes"]>, close(): Promise<void> }>}
 *   `url` has no slash at its end; `requests` lists every path asked for; `routes` may be changed while it runs
 */
export async function serve({ mounts = {}, routes = {}, headers = () => undefined, port = 0 } = {}) {
  const requests = [];
  const table = { ...routes };
  const prefixes = Object.keys(mounts).sort((a, b) => b.length - a.length);

  const server = http.createServer(async (request, response) => {
    try {
      const pathname = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
      requests.push(pathname);
      for (const [name, value] of Object.entries({ "Cache-Control": "no-store", ...headers(pathname) })) {
        response.setHeader(name, value);
      }
      const route = Object.hasOwn(table, pathname) ? table[pathname] : undefined;
      if (route !== undefined) {
        const answer = typeof route === "function" ? await route(request, response) : route;
        if (answer) send(response, pathname, answer);
        return;
      }
      await sendFile(request, response, pathname);
    } catch (error) {
      if (!response.headersSent) response.writeHead(error instanceof URIError ? 400 : 500);
      response.end(`${error}\n`);
    }
  });

  async function sendFile(request, response, pathname) {
    if (request.method !== "GET" && request.method !== "HEAD") return fail(response, 405);
    const prefix = prefixes.find((start) => pathname.startsWith(start));
    if (prefix === undefined) return fail(response, 404);
    const folder = path.resolve(mounts[prefix]);
    let file = path.join(folder, pathname.slice(prefix.length));
    if (file !== folder && !file.startsWith(folder + path.sep)) return fail(response, 403);
    let info = await stat(file).catch(() => undefined);
    if (info?.isDirectory()) {
      // Relative addresses in an index page resolve rightly only below a slash.
      if (!pathname.endsWith("/")) return void response.writeHead(301, { Location: `${encodeURI(pathname)}/` }).end();
      file = path.join(file, "index.html");
      info = await stat(file).catch(() => undefined);
    }
    if (!info?.isFile()) return fail(response, 404);
    response.writeHead(200, { "Content-Type": typeOf(file), "Content-Length": info.size });
    if (request.method === "HEAD") return void response.end();
    createReadStream(file)
      .on("error", () => response.destroy())
      .pipe(response);
  }

  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const bound = server.address().port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    requests,
    routes: table,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The MIME type by a file's name. */
export const typeOf = (file) => TYPES[path.extname(file).toLowerCase()] ?? "application/octet-stream";

function send(response, pathname, { status = 200, headers = {}, body = "" }) {
  const type = path.extname(pathname) ? typeOf(pathname) : TYPES[".html"];
  response.writeHead(status, { "Content-Type": type, ...headers }).end(body);
}

function fail(response, status) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${http.STATUS_CODES[status]}\n`);
}
