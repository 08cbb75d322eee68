// The memory of a page's process, as Linux counts it: heaps of the page and its workers, engines, code, and what is on its
// way between threads.
import { readdir, readFile, writeFile } from "node:fs/promises";

/** Only Linux tells, and forgets a peak when it is told to. */
export const isKnown = process.platform === "linux";
export const MB = 2 ** 20;

/** Blink names the threads of workers so; a process that merely stands by has none. */
const WORKER = /^DedicatedWorker/;

/**
 * The process of the only page that has workers by now.
 * @param {import("playwright-core").Browser} browser
 */
export async function rendererOf(browser) {
  const cdp = await browser.newBrowserCDPSession();
  try {
    // A page that was closed may take a moment to go.
    for (let tries = 0; ; tries++) {
      const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
      const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
      const found = (await Promise.all(renderers.map(async (pid) => ((await hasWorkers(pid)) ? [pid] : [])))).flat();
      if (found.length === 1) return new Renderer(found[0]);
      if (tries === 50) throw new Error(`${found.length} processes of pages have workers: ${found}.`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await cdp.detach();
  }
}

async function hasWorkers(pid) {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const names = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/comm`, "utf8")));
    return names.some((name) => WORKER.test(name));
  } catch {
    // It is gone, or a thread of it.
    return false;
  }
}

class Renderer {
  constructor(pid) {
    this.pid = pid;
  }

  /** What it has now, in bytes. */
  async level() {
    return (await this.#status()).VmRSS;
  }

  /** The most it had since the last `forget`, in bytes. */
  async peak() {
    return (await this.#status()).VmHWM;
  }

  /** From now on another peak counts. */
  async forget() {
    await writeFile(`/proc/${this.pid}/clear_refs`, "5");
  }

  async #status() {
    return parseStatus(await readFile(`/proc/${this.pid}/status`, "utf8"));
  }

  /** Looks every so often; `stop` gives the bytes against the seconds since it began. */
  watch(everyMs = 200) {
    const began = performance.now();
    const seen = [];
    let running = true;
    const watching = (async () => {
      while (running) {
        seen.push([(performance.now() - began) / 1000, await this.level()]);
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    })();
    return {
      async stop() {
        running = false;
        await watching;
        return seen;
      },
    };
  }
}

/** The sizes in a `/proc/<pid>/status`, in bytes. */
export function parseStatus(text) {
  const sizes = text.matchAll(/^(\w+):\s+(\d+) kB$/gm);
  return Object.fromEntries(Array.from(sizes, ([, name, kilobytes]) => [name, Number(kilobytes) * 1024]));
}
