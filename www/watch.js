// What goes on inside: numbers, how long loading took, and what happened, as it happens.
import { $, announce, formatMs, h, svg } from "./dom.js";

const LOG = 8;
const WIDTH = 420;
const ROW = 20;
/** Names of the steps of a start, in the order in which they usually begin. */
const STEPS = {
  worker: "Worker",
  fetch: "Fetch",
  verify: "Verify",
  unpack: "Unpack",
  compile: "Compile",
  glue: "Script",
  instantiate: "Instantiate",
  construct: "Construct",
};
const WORDS = {
  load: () => "The package is being read",
  ready: ({ replica, times }) => `Replica ${replica} ready after ${formatMs(times.total)}`,
  fallback: ({ error }) => `A call went online: ${error.code}`,
  evict: () => "Unloaded to make room",
  crash: ({ replica, error }) => `Replica ${replica} lost: ${error.code}`,
  restart: ({ replica }) => `Replica ${replica} starts in the place of a lost one`,
  destroy: () => "All workers ended",
};

/** Follows this instance from now on; `refresh` shows its numbers. */
export function watch(spark, refresh) {
  for (const [type, words] of Object.entries(WORDS)) {
    spark.addEventListener(type, ({ detail }) => {
      const time = new Date().toLocaleTimeString([], { hour12: false });
      const line = h("li", { "data-event": type }, h("time", { text: time }), ` ${words(detail)}`);
      $("events").prepend(line);
      while ($("events").children.length > LOG) $("events").lastChild.remove();
      refresh();
    });
  }
}

/** The button that ends everything: the call on its way is cancelled, then a new instance takes over. */
export function onStop(cancel, renew) {
  $("stop").addEventListener("click", async () => {
    cancel();
    // The page first shows that the call is cancelled.
    await new Promise(requestAnimationFrame);
    renew();
    announce("All workers were stopped. The next run loads the model again.");
  });
}

/** Shows what `stats()` says of the model. */
export function showNumbers({ state, replicas, starting, queued, running, done, failed, restarts, times }) {
  const numbers = { state, queued, running, done, failed, restarts };
  for (const [name, value] of Object.entries(numbers)) $(`now-${name}`).textContent = value.toLocaleString();
  $("now-replicas").textContent = starting ? `${replicas} + ${starting}` : `${replicas}`;
  $("stop").disabled = replicas + starting === 0;
  showTimes(times);
}

/** A bar for each step of the last load. */
function showTimes(times) {
  $("load-times").hidden = !times;
  if (!times) return;
  const steps = Object.entries(STEPS).filter(([name]) => times[name] !== undefined);
  const longest = Math.max(...steps.map(([name]) => times[name]), 0.01);
  const bars = steps.flatMap(([name, label], index) => [
    svg("text", { x: 0, y: index * ROW + 14, text: label }),
    svg("rect", { x: 85, y: index * ROW + 3, height: ROW - 6, width: Math.max(1, (times[name] / longest) * (WIDTH - 160)) }),
    svg("text", { x: 92 + (times[name] / longest) * (WIDTH - 160), y: index * ROW + 14, text: formatMs(times[name]) }),
  ]);
  const label = steps.map(([name, words]) => `${words} ${formatMs(times[name])}`).join(", ");
  const box = { viewBox: `0 0 ${WIDTH} ${steps.length * ROW}`, role: "img", "aria-label": label };
  $("load-bars").replaceChildren(svg("svg", box, ...bars));
  $("load-total").textContent = formatMs(times.total);
}
