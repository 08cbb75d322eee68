// Keeps the page: what it consists of is there after the first visit. The network comes first, so that a new version of the
// page is seen at once; without one, what was kept last answers. The model is not the service worker's business.
const NAME = "spark-execute offline example";
const FILES = ["./", "offline.css", "offline.js", "../base.css", "../favicon.svg", "/dist/browser.js"];
const kept = new Set(FILES.map((file) => new URL(file, location).href));

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = request.url.split(/[?#]/)[0];
  if (request.method === "GET" && kept.has(url)) event.respondWith(answer(request, url));
});

async function answer(request, url) {
  const cache = await caches.open(NAME);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(url, response.clone());
    return response;
  } catch (error) {
    const last = await cache.match(url);
    if (last) return last;
    throw error;
  }
}
