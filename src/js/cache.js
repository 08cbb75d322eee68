// Models that are kept for later visits of the page, in Cache Storage: one entry for a version id, whose name holds a sum of
// what decides what is unpacked and a sum of its own bytes, a text and the parts that are Blobs one after the other. One put
// writes it whole or not at all. Nothing here fails a call: the event `cache` tells what happened.

import { BadRequestError } from "./errors.js";

/** Another number with every change of what entries look like. */
const NAME = "spark-execute 1";
/** No server has this name. */
const ROOT = "https://spark.invalid/";
/** The numbers of these steps of a start, see observe.js. */
const [VERIFY, COMPILE, READ] = [2, 4, 8];

/** Ends when all is written; it never fails. */
let writing;

const now = () => performance.timeOrigin + performance.now();

async function sumOf(bytes) {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** With a sign before it: "." and ".." would lead elsewhere. */
const folder = (versionId) => `${ROOT}=${encodeURIComponent(versionId.trim().toLowerCase())}/`;

/** What storage does not give in that time, in milliseconds, it does not give: calls wait for it. */
const PATIENCE = 10_000;

function inTime(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("The storage does not answer.")), PATIENCE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function open() {
  if (!globalThis.caches) throw new Error("There is no Cache Storage here: it needs https.");
  return caches.open(NAME);
}

const inside = async (cache, address) => (await cache.keys()).filter(({ url }) => url.startsWith(address));

const placeOf = async (key, versionId) => `${folder(versionId)}${await sumOf(new TextEncoder().encode(key))}/`;

const isBlob = (item) => item?.size >= 0;

async function read(response, url) {
  const began = now();
  // Its parts stay where they are, and are read by workers.
  const body = await response.blob();
  const bytes = await body.arrayBuffer();
  let at = response.headers.get("x-text") >>> 0;
  const message = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 0, at)));
  for (const [index, item] of message.entries()) {
    if (isBlob(item)) message[index] = body.slice(at, (at += item.size), item.type);
  }
  const read = now();
  const phases = [READ, began, read];
  const over = (phase) => (value) => (phases.push(phase, read, now()), value);
  const { size } = message.pop();
  const compiling = WebAssembly.compile(new Uint8Array(bytes, at - size, size)).then(over(COMPILE));
  const [module, sum] = await Promise.all([compiling, sumOf(bytes).then(over(VERIFY))]);
  if (!url.endsWith(`/${sum}`)) throw new Error("Its sum is another one.");
  message[1] = module;
  return { message, phases };
}

/** Tells listeners; `this` is the host. */
const tell = (host, versionId, status, error) =>
  void host.emit("cache", { versionId, status, ...(error && { reason: String(error) }) });

/** What is kept under this key: a worker's message with the image of a model, and how long reading it took. `null`
 * where nothing can be kept either. */
export async function cached(key, versionId) {
  try {
    const [status, found] = await inTime(find(key, versionId));
    tell(this, versionId, status, status === "dropped" && found);
    return status === "hit" ? found : undefined;
  } catch (error) {
    tell(this, versionId, "failed", error);
    return null;
  }
}

async function find(key, versionId) {
  const [cache, place] = await Promise.all([open(), placeOf(key, versionId)]);
  const request = (await inside(cache, place)).pop();
  const response = request && (await cache.match(request));
  if (!response) return ["miss"];
  try {
    return ["hit", await read(response, request.url)];
  } catch (error) {
    await cache.delete(request);
    return ["dropped", error];
  }
}

/** Keeps an image, in the place of what was kept of this version id. */
export function keep(...of) {
  const [, versionId] = of;
  const written = inTime(write(...of)).then(
    () => tell(this, versionId, "stored"),
    (error) => tell(this, versionId, "failed", error),
  );
  writing = Promise.all([writing, written]);
}

async function write(key, versionId, source, message) {
  const cache = await open();
  const text = JSON.stringify(message, (name, item) => (isBlob(item) ? { size: item.size, type: item.type } : item));
  const texts = new Blob([text]);
  const body = new Blob([texts, ...message.filter(isBlob)]);
  const url = (await placeOf(key, versionId)) + (await sumOf(await body.arrayBuffer()));
  const about = { versionId, source, bytes: body.size, storedAt: Date.now() };
  const headers = { "x-text": texts.size, "x-about": encodeURIComponent(JSON.stringify(about)) };
  await cache.put(url, new Response(body, { headers }));
  for (const old of await inside(cache, folder(versionId))) if (old.url !== url) await cache.delete(old);
}

/** `spark.cache`. */
export const cache = Object.freeze({
  async list() {
    const found = [];
    await writing;
    try {
      const cache = await open();
      for (const request of await cache.keys()) {
        // Gone meanwhile, perhaps.
        const about = (await cache.match(request))?.headers.get("x-about");
        if (!about) continue;
        const { storedAt, ...entry } = JSON.parse(decodeURIComponent(about));
        found.push({ ...entry, storedAt: new Date(storedAt) });
      }
    } catch {
      // What cannot be looked into is of no use either.
    }
    return found;
  },

  async clear(versionId) {
    if (versionId !== undefined && typeof versionId !== "string") {
      throw new BadRequestError("versionId must be the text of a model's id, or absent, for all.", { path: "versionId" });
    }
    await writing;
    try {
      if (!globalThis.caches) return true;
      if (versionId === undefined) return await caches.delete(NAME), true;
      const cache = await open();
      for (const request of await inside(cache, folder(versionId))) await cache.delete(request);
      return true;
    } catch {
      return false;
    }
  },
});
