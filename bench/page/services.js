// Measurements of models that call models, and of calls that a server answers.
"use strict";
Object.assign(measure, {
  chains: {},

  /** Makes models that call each other; the parent's first answer must have the child's. */
  async prepareChain({ who, parent, child }) {
    const bytesOf = async ({ url }) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const models = [];
    for (const model of [parent, child]) models.push({ ...model, bytes: await bytesOf(model) });
    const made = await chains[who](models);
    this.chains[who] = { made, parent, child };
    const { outputs } = (await made.execute(asking(this.chains[who], 1), parent.id)).response_data;
    if (!(outputs.results[0].volume > 0)) throw new Error(`${who}: ${JSON.stringify(outputs)}`);
    await made.execute(request(child.inputs, child.id), child.id);
  },

  async discardChain(who) {
    await this.chains[who].made.destroy();
    delete this.chains[who];
  },

  /** The parent, one call after the other, each of which calls the child so many times; time per call. */
  async parent(who, times, calls) {
    const chain = this.chains[who];
    const body = asking(chain, times);
    const began = performance.now();
    for (let i = 0; i < calls; i++) await chain.made.execute(body, chain.parent.id);
    return (performance.now() - began) / calls;
  },

  /** The child, one call after the other; time per call. */
  async child(who, calls) {
    const { made, child } = this.chains[who];
    const body = request(child.inputs, child.id);
    const began = performance.now();
    for (let i = 0; i < calls; i++) await made.execute(body, child.id);
    return (performance.now() - began) / calls;
  },

  /** The same with workers that compute nothing and pass a text on; time per call. */
  async relay(times, calls) {
    this.bare ??= new Relay();
    const began = performance.now();
    for (let i = 0; i < calls; i++) await this.bare.execute(times);
    return (performance.now() - began) / calls;
  },

  /** So many parents at once, each of which asks for another volume: what came of them. */
  async atOnce(who, count, deadline) {
    const chain = this.chains[who];
    const outcomes = { right: 0, wrong: 0, never: 0 };
    const late = new Promise((resolve) => setTimeout(resolve, deadline, "never"));
    const one = async (radius) => {
      const body = asking(chain, 1, { radius, height: 1 }, `${radius}`);
      const { results, tag } = (await chain.made.execute(body, chain.parent.id)).response_data.outputs;
      const right = tag === `${radius}` && Math.abs(results[0].volume / (Math.PI * radius * radius) - 1) < 1e-12;
      return right ? "right" : "wrong";
    };
    const calls = Array.from({ length: count }, (_, index) => one(index + 1).catch(() => "wrong"));
    for (const call of calls) outcomes[await Promise.race([call, late])]++;
    return outcomes;
  },

  /** Calls that the server at `url` answers; `headers` and `body` are those of our own request. */
  prepareOnline({ url, id, inputs }) {
    const sent = {};
    const own = { tenant: "bench", authType: "syntheticKey", syntheticKey: "key", retries: 0 };
    const spark = new Spark({ sparkEndpoint: { url, ...own } });
    const seen = (address, init) => (Object.assign(sent, { address, init }), fetch(address, init));
    const watched = new Spark({ sparkEndpoint: { url, ...own, fetch: seen } });
    this.online = {
      ours: () => spark.execute(request(inputs, id), id),
      limit: async () => {
        const { signal, ...init } = sent.init;
        return JSON.parse(await (await fetch(sent.address, init)).text());
      },
    };
    this.online.twin = this.online.limit;
    return watched.execute(request(inputs, id), id);
  },

  /** One call after the other; time per call. */
  async askServer(who, calls) {
    const call = this.online[who];
    const began = performance.now();
    for (let i = 0; i < calls; i++) await call();
    return (performance.now() - began) / calls;
  },
});

/** Two workers that pass a text of a response's length on through the page: no model can be quicker. */
class Relay {
  #parent;
  #child;
  #resolve;

  constructor() {
    const start = (work) => new Worker(URL.createObjectURL(new Blob([`onmessage = ${work}`])));
    this.#parent = start(({ data }) => postMessage({ text: data.text, asks: data.times > 0 }));
    this.#child = start(({ data }) => postMessage(data));
    this.#parent.onmessage = ({ data }) => {
      if (data.asks) this.#child.postMessage(data.text);
      else this.#resolve(data.text);
    };
    this.#child.onmessage = ({ data }) => this.#parent.postMessage({ text: data, times: 0 });
  }

  execute(times) {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#parent.postMessage({ text: "x".repeat(900), times });
    });
  }
}

/** A request to the parent that makes it call the child so many times with these inputs. */
function asking({ parent, child }, times, inputs = child.inputs, tag = null) {
  const request_body = JSON.stringify({ request_data: { inputs }, request_meta: {} });
  const named = { folder_name: child.folder, service_name: child.service };
  return request({ ...parent.inputs, ...named, times, request_body, tag }, parent.id);
}
