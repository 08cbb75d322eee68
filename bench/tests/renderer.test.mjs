import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStatus } from "../lib/renderer.mjs";
import { longestOf } from "../lib/tasks.mjs";

test("sizes of a process are read in bytes", () => {
  const text = "Name:\tchromium\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nThreads:\t12\n";
  assert.deepEqual(parseStatus(text), { VmHWM: 204800 * 1024, VmRSS: 102400 * 1024 });
});

test("the longest task is that of the page at work, as long as it worked", () => {
  const main = (pid) => ({ name: "thread_name", ph: "M", pid, tid: 1, args: { name: "CrRendererMain" } });
  const task = (pid, tid, dur, tdur) => ({ name: "ThreadControllerImpl::RunTask", ph: "X", pid, tid, dur, tdur });
  const events = [
    main(1),
    main(2),
    // Another page that does little, a worker, something that is no task.
    task(2, 1, 9_000, 9_000),
    task(1, 7, 50_000, 50_000),
    { ...task(1, 1, 80_000, 80_000), name: "Other" },
    // Interrupted; a clock that jumped; the longest.
    task(1, 1, 30_000, 2_000),
    task(1, 1, 1_000, 40_000),
    task(1, 1, 7_000, 6_000),
    task(1, 1, 5_000, undefined),
  ];
  assert.equal(longestOf(events), 6);
  assert.throws(() => longestOf([main(1)]), /no task/);
});
