// Computations that never end, and what it takes to be rid of them. Times are in milliseconds.
"use strict";
(() => {
  /** A worker holds its lock as long as its thread runs. */
  const free = (lock) => navigator.locks.request(lock, () => performance.now());

  const locks = async () => (await navigator.locks.query()).held.map(({ name }) => name);

  Object.assign(measure, {
    /** A hand-written worker that spins: from `terminate()` until its thread is over. */
    async terminate() {
      const lock = `hand-written ${performance.now()}`;
      const spin = `navigator.locks.request("${lock}", () => { postMessage(0); return new Promise(() => {}); });
        onmessage = () => { for (;;); };`;
      const address = URL.createObjectURL(new Blob([spin]));
      const worker = new Worker(address);
      await new Promise((resolve) => (worker.onmessage = resolve));
      worker.postMessage(0);
      await spins();
      const began = performance.now();
      worker.terminate();
      const over = await free(lock);
      URL.revokeObjectURL(address);
      return over - began;
    },

    /** A model that does not come back: from `cancel()` until the caller is told, the next call answered, the thread over. */
    async cancel({ id, url }) {
      const before = new Set(await locks());
      const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
      const call = (ms) => ({ request_data: { inputs: { ms } } });
      await spark.execute(call(0), id);
      const lock = (await locks()).find((name) => !before.has(name));
      const { response, cancellationToken } = spark.executeWithCancellationToken(call(600_000), id);
      await spins();
      const began = performance.now();
      cancellationToken.cancel();
      const over = free(lock);
      await response.catch(() => {});
      const told = performance.now();
      await spark.execute(call(0), id);
      const next = performance.now();
      const found = { told: told - began, next: next - began, free: (await over) - began };
      await spark.destroy();
      return found;
    },
  });

  /** A worker that was told to spin does so after this. */
  const spins = () => new Promise((resolve) => setTimeout(resolve, 50));
})();
