// Offline first: the service worker answers for the page, and the cache of `Spark` for the model.
const VERSION = "b91693e8-5d3a-44ab-9142-75eb0d18e36c";
const find = (id) => document.getElementById(id);
const say = (id, text) => (find(id).textContent = text);

const spark = new Spark({
  nodegenModels: [{ versionId: VERSION, binary: "/tests/models/cylinder/cylinder.zip" }],
  cache: true,
});

const CAME = {
  hit: "from this browser, without any request",
  stored: "from the server; kept from now on",
  miss: "from the server",
  dropped: "from the server: what was kept was damaged",
  failed: "from the server: this browser keeps nothing here",
};
spark.addEventListener("cache", async ({ detail: { status, reason } }) => {
  say("model", CAME[status] + (reason ? ` (${reason})` : ""));
  if (status !== "miss") await showKept();
});

async function showKept() {
  const [entry] = await spark.cache.list();
  say("kept", entry ? `${Math.round(entry.bytes / 1024)} KB since ${entry.storedAt.toLocaleString()}` : "nothing");
}

async function compute() {
  const { radius, height } = Object.fromEntries(new FormData(find("inputs")));
  const request = { request_data: { inputs: { radius: Number(radius), height: Number(height) } } };
  const { response_data } = await spark.execute(request, VERSION);
  for (const name of ["volume", "area"]) {
    const value = response_data.outputs[name].toLocaleString("en", { maximumFractionDigits: 3 });
    find(name).querySelector("b").textContent = value;
  }
}

function shown(work) {
  find("problem").hidden = true;
  return work().catch((error) => {
    say("problem", `${error.code ?? error.name}: ${error.message}`);
    find("problem").hidden = false;
  });
}

async function keepPage() {
  if (!navigator.serviceWorker) return say("page", "cannot be kept: service workers need HTTPS, or localhost");
  const kept = navigator.serviceWorker.controller;
  await navigator.serviceWorker.register("sw.js");
  await navigator.serviceWorker.ready;
  // Only asks; without it browsers may clear what is kept when they need room.
  navigator.storage?.persist?.();
  say("page", kept ? "comes by its service worker" : "is kept for the next visit");
}

find("inputs").addEventListener("input", () => find("inputs").checkValidity() && shown(compute));
find("forget").addEventListener("click", () => shown(async () => (await spark.cache.clear(VERSION), await showKept())));
await Promise.all([shown(compute), shown(keepPage)]);
