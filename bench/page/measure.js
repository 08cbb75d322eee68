// What is measured, on the page. Times are in milliseconds.
"use strict";
globalThis.measure = {
  models: {},

  /** Makes a model's contenders once and has each answer a call; they must agree. */
  async prepare({ name, url, id, inputs, replicas = 1, who, key = name }) {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const made = {};
    const answers = {};
    for (const contender of who) {
      made[contender] = await contenders[contender](bytes, id, replicas);
      answers[contender] = JSON.stringify((await made[contender].execute(request(inputs, id))).response_data.outputs);
    }
    for (const contender of who) {
      if (answers[contender] !== answers[who[0]] || answers[contender].length < 3) {
        throw new Error(`${contender} answers ${answers[contender].slice(0, 200)}, ${who[0]} ${answers[who[0]].slice(0, 200)}`);
      }
    }
    this.models[key] = { made, inputs, id };
    if (replicas > 1 && made.ours) await until(() => made.ours.stats().replicas === replicas);
  },

  async discard(key) {
    for (const contender of Object.values(this.models[key].made)) await contender.destroy();
    delete this.models[key];
  },

  /** Calls one after the other; time per call. */
  async sequential(key, who, calls) {
    const { made, inputs, id } = this.models[key];
    const body = request(inputs, id);
    const began = performance.now();
    for (let i = 0; i < calls; i++) await made[who].execute(body);
    return (performance.now() - began) / calls;
  },

  /** All calls at once; calls per second. */
  async pipelined(key, who, calls) {
    const { made, inputs, id } = this.models[key];
    const body = request(inputs, id);
    const began = performance.now();
    const all = new Array(calls);
    for (let i = 0; i < calls; i++) all[i] = made[who].execute(body);
    await Promise.all(all);
    return (calls / (performance.now() - began)) * 1000;
  },

  /** From nothing to the first answer: constructing, loading, one call. */
  async cold({ who, url, id, inputs, inMemory }) {
    const source = inMemory ? new Uint8Array(await (await fetch(url)).arrayBuffer()) : url;
    const body = request(inputs, id);
    await settled();
    const began = performance.now();
    const contender = await contenders[who](source, id, 1);
    await contender.execute(body);
    const time = performance.now() - began;
    await contender.destroy();
    return time;
  },

  /** Time to the first answer of `replicas` replicas, and from there to the last replica being ready. */
  async replicas({ url, id, inputs, replicas }) {
    const source = new Uint8Array(await (await fetch(url)).arrayBuffer());
    await settled();
    const began = performance.now();
    const spark = await contenders.ours(source, id, replicas);
    await spark.execute(request(inputs, id));
    const first = performance.now() - began;
    await until(() => spark.stats().replicas === replicas);
    const all = performance.now() - began;
    await spark.destroy();
    return { first, further: (all - first) / (replicas - 1) };
  },
};

const request = (inputs, id) => ({ request_data: { inputs }, request_meta: { version_id: id, call_purpose: "benchmark" } });

/** Resolves in a later task, without the clamp of timers. */
const task = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

async function until(condition) {
  while (!condition()) await task();
}

/** Lets what the page still has to do (parsing, painting) pass, so that it is not measured with what follows. */
async function settled() {
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
}
