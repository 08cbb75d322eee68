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
      const answer = await made[contender].execute(request(inputs, id));
      const { response_data: data } = answer instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(answer)) : answer;
      answers[contender] = JSON.stringify(data.outputs);
    }
    for (const contender of who) {
      if (answers[contender] !== answers[who[0]] || answers[contender].length < 3) {
        const said = (name) => `${name}: ${answers[name].slice(0, 200)}`;
        throw new Error(`The contenders differ. ${said(contender)}; ${said(who[0])}`);
      }
    }
    this.models[key] = { made, inputs, id, url };
    // Those beyond the processors start when calls wait.
    while (replicas > 1 && made.ours && made.ours.stats().replicas < replicas) {
      await Promise.all(Array.from({ length: 500 * replicas }, () => made.ours.execute(request(inputs, id))));
    }
  },

  async discard(key) {
    for (const contender of Object.values(this.models[key].made)) await contender.destroy();
    delete this.models[key];
  },

  /** Calls one after the other; time per call. */
  async sequential(key, who, calls) {
    const { made, inputs, id } = this.models[key];
    const body = bodyOf(who, request(inputs, id));
    const began = performance.now();
    for (let i = 0; i < calls; i++) await made[who].execute(body);
    return (performance.now() - began) / calls;
  },

  /** The time of each of so many calls, one after the other. */
  async samples(key, who, calls) {
    const { made, inputs, id } = this.models[key];
    const body = request(inputs, id);
    const times = [];
    for (let i = 0; i < calls; i++) {
      const began = performance.now();
      await made[who].execute(body);
      times.push(performance.now() - began);
    }
    return times;
  },

  /** Replaces a contender by a new one. */
  async renew(key, who) {
    const model = this.models[key];
    await model.made[who].destroy();
    const bytes = new Uint8Array(await (await fetch(model.url)).arrayBuffer());
    model.made[who] = await contenders[who](bytes, model.id, 1);
    await model.made[who].execute(request(model.inputs, model.id));
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

  /**
   * So many different records, objects in and out; records per second. The peer has no batches: all calls at once. Ours is
   * consumed one by one, and waits at the record `at` until what `hold` gives is over.
   */
  async batch(key, who, count, { at, hold } = {}) {
    const { made, inputs, id } = this.models[key];
    function* records() {
      for (let height = 0; height < count; height++) yield request({ ...inputs, height }, id);
    }
    let sum = 0;
    let seen = 0;
    const each = ({ response_data: data }) => {
      sum += data.outputs.volume / Math.PI;
      return ++seen === at ? hold() : undefined;
    };
    const began = performance.now();
    if (who === "peer") (await Promise.all(Array.from(records(), (record) => made.peer.execute(record)))).forEach(each);
    else await made[who].batch(records(), each);
    const rate = (count / (performance.now() - began)) * 1000;
    const wanted = (inputs.radius ** 2 * count * (count - 1)) / 2;
    if (Math.abs(sum / wanted - 1) > 1e-6) throw new Error(`${who}: ${sum} is not ${wanted}`);
    return rate;
  },

  /** The same with texts for answers, against loops in the workers. */
  async batchTexts(key, who, count) {
    const { made, inputs, id } = this.models[key];
    const record = request(inputs, id);
    function* records() {
      for (let at = 0; at < count; at++) yield record;
    }
    const began = performance.now();
    if (who === "ours") await made.ours.texts(records());
    else await made[who].loop(record, count);
    return (count / (performance.now() - began)) * 1000;
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

  /**
   * A visit of the page: from nothing to the first answer, then the steps of it. With `cache` the model is kept for the next
   * visit, which then must find it.
   */
  async visit({ url, id, inputs, cache, hit = false, timings = false }) {
    const body = request(inputs, id);
    await settled();
    const began = performance.now();
    const spark = new Spark({ nodegenModels: [{ versionId: id, binary: url }], cache, timings });
    await spark.execute(body, id);
    const time = performance.now() - began;
    const [{ times }] = spark.stats();
    if ((times.cache !== undefined) !== hit) throw new Error(`The model was ${hit ? "not " : ""}in the cache.`);
    // Ends when the model is kept.
    if (cache) await spark.cache.list();
    await spark.destroy();
    const steps = performance
      .getEntriesByType("measure")
      .map(({ name, startTime, duration }) => [name.replace("spark-execute ", ""), startTime - began, duration]);
    return { time, steps };
  },

  /** Forgets what is kept. */
  async forget() {
    for (const name of await caches.keys()) await caches.delete(name);
  },

  /** An instance that lives long, with many models in one package. */
  async soakStart({ url, models, loaded }) {
    const binary = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const nodegenModels = Array.from({ length: models }, (_, at) => ({ versionId: `model-${at}`, binary }));
    const spark = new Spark({ nodegenModels, offlineMaxService: loaded });
    this.soaked = { spark, models, calls: 0 };
  },

  /** So many calls, a visit to a model at a time; every answer is looked at. */
  async soak(calls, visit) {
    const { spark, models } = this.soaked;
    for (const end = this.soaked.calls + calls; this.soaked.calls < end; ) {
      // No order in which any model is used for long.
      const id = `model-${(((this.soaked.calls / visit) * 17) | 0) % models}`;
      const ask = async (_, height) => {
        const { response_data: data } = await spark.execute({ request_data: { inputs: { radius: 1, height } } }, id);
        if (Math.abs(data.outputs.volume - Math.PI * height) > 1e-6) throw new Error(JSON.stringify(data));
      };
      await Promise.all(Array.from({ length: visit }, ask));
      this.soaked.calls += visit;
    }
  },

  soakMemory() {
    return this.soaked.spark.stats().reduce((sum, { memory }) => sum + memory, 0);
  },

  async soakEnd() {
    const { spark, calls } = this.soaked;
    const loaded = spark.stats().filter(({ state }) => state === "loaded").length;
    await spark.destroy();
    return { calls, loaded };
  },

  /** Time until the first replica is ready, and what each further one takes from there. */
  async replicas({ url, id, inputs, replicas }) {
    const source = new Uint8Array(await (await fetch(url)).arrayBuffer());
    await settled();
    const began = performance.now();
    const spark = await contenders.ours(source, id, replicas);
    const answer = Promise.all(Array.from({ length: replicas }, () => spark.execute(request(inputs, id))));
    await until(() => spark.stats().replicas >= 1);
    const first = performance.now() - began;
    await until(() => spark.stats().replicas === replicas);
    const all = performance.now() - began;
    await answer;
    await spark.destroy();
    return { first, further: (all - first) / (replicas - 1) };
  },

  /** Gives the table model that many rows from now on; the size of the request. */
  setRows(key, count) {
    const model = this.models[key];
    model.inputs = { ...model.inputs, rows: rowsOf(count) };
    return JSON.stringify(request(model.inputs, model.id)).length;
  },

  /** The longest gap between two beats of the page's heart while a package is loaded and called once. */
  async block({ who, url, id, inputs, inMemory }) {
    const yardstick = who === "limit" || who === "twin";
    const source = inMemory && !yardstick ? new Uint8Array(await (await fetch(url)).arrayBuffer()) : url;
    const body = request(inputs, id);
    // The time of the constructor is a row of its own.
    if (who === "ours") new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    const load = {
      idle: () => new Promise((resolve) => setTimeout(resolve, 500)),
      // Two workers that are busy, and a page that has nothing to do: that a page stutters then is not its own doing.
      limit: () => Promise.all([one("limit", url), one("limit", url)]),
      twin: () => Promise.all([one("limit", url), one("limit", url)]),
      ours: () => one("ours", source),
      peer: () => one("peer", source),
    };
    async function one(name, from) {
      const contender = await contenders[name](from, id, 1);
      await contender.execute(body);
      return contender;
    }
    await settled();
    const heart = new Heart();
    await load[who]();
    await task();
    return heart.stop();
  },

  /** Time of the constructor, the first on this page. */
  async construct({ who, id, url }) {
    await settled();
    const began = performance.now();
    if (who === "ours") new Spark({ nodegenModels: [{ versionId: id, binary: url }] });
    else new CoherentGlobal.WasmRunner({ id, url });
    return performance.now() - began;
  },

  /** From the text in the script to a compiled module. */
  async embedding({ kind }) {
    await settled();
    const began = performance.now();
    const bytes = Uint8Array.fromBase64(embedded.texts[kind]);
    new WebAssembly.Module(embedded.unpack[kind](bytes));
    return performance.now() - began;
  },
};

const request = (inputs, id) => ({
  request_data: { inputs },
  request_meta: { version_id: id, call_purpose: "benchmark" },
});

/** As the contender takes a request. */
const bodyOf = (who, body) => (who === "raw" ? new TextEncoder().encode(JSON.stringify(body)) : body);

/** Rows for the table model, of about 50 bytes each. */
const rowsOf = (count) =>
  Array.from({ length: count }, (_, i) => ({ item: `item ${i}`, price: (i % 997) / 4, quantity: i % 13 }));

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

/** Looks every few milliseconds, and leaves the processor alone meanwhile. */
async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Beats as often as timers may, about every 4 ms. */
class Heart {
  #longest = 0;
  #last = performance.now();
  #stopped = false;

  constructor() {
    const beat = () => {
      this.#take();
      if (!this.#stopped) setTimeout(beat, 1);
    };
    beat();
  }

  #take() {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  }

  /** The longest gap in milliseconds. */
  stop() {
    this.#take();
    this.#stopped = true;
    return this.#longest;
  }
}

/** Lets what the page still has to do (parsing, painting) pass, so that it is not measured with what follows. */
async function settled() {
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
}
