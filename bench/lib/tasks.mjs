// How long the page's own thread was busy at a stretch, from the browser's trace.

/** Traces the tasks of all threads while `work` lasts; gives what came of it and the longest task of the page, in milliseconds. */
export async function longestTask(browser, page, work) {
  await browser.startTracing(page, { categories: ["toplevel"] });
  let result, trace;
  try {
    result = await work();
  } finally {
    trace = await browser.stopTracing();
  }
  return { result, longest: longestOf(JSON.parse(trace.toString()).traceEvents) };
}

/**
 * The longest task of the page that worked most. A task that was interrupted, since others had the processor, lasts longer
 * than it worked; and some machines' clocks of a thread's work jump: the lesser of both figures counts.
 */
export function longestOf(events) {
  const isMain = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(thread),
  );
  const pages = new Map();
  for (const event of events) {
    if (event.ph !== "X" || !/RunTask$/.test(event.name) || !isMain.has(thread(event))) continue;
    const time = Math.min(event.dur, event.tdur ?? event.dur) / 1000;
    const found = pages.get(thread(event)) ?? { busy: 0, longest: 0 };
    pages.set(thread(event), { busy: found.busy + time, longest: Math.max(found.longest, time) });
  }
  const most = [...pages.values()].reduce((most, found) => (found.busy > most.busy ? found : most), { busy: -1 });
  if (most.busy < 0) throw new Error("The trace has no task of any page.");
  return most.longest;
}

const thread = ({ pid, tid }) => `${pid} ${tid}`;
