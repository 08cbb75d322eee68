// Measurements of much at once: one large request, and a batch that is held while its memory is looked at.
"use strict";
Object.assign(measure, {
  /** One contender that has answered a small call, and a large request to come; gives the request's size. */
  async prepareLarge({ who, url, id, inputs, rows }) {
    const source = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const made = await contenders[who](source, id, 1);
    await made.execute(bodyOf(who, request(inputs, id)));
    const body = bodyOf(who, request({ ...inputs, rows: rowsOf(rows) }, id));
    this.large = { made, body, rows };
    return (who === "raw" ? body : JSON.stringify(body)).length;
  },

  /** The large request, once; the time it took. */
  async callLarge() {
    const { made, body, rows } = this.large;
    const began = performance.now();
    const answer = await made.execute(body);
    const time = performance.now() - began;
    const isWhole = answer instanceof Uint8Array ? answer.length > body.length : answer.response_data.outputs.rows.length === rows;
    if (!isWhole) throw new Error("Rows are missing in the answer.");
    return time;
  },

  /** Starts a batch of ours and comes back when nine of ten records are consumed; it waits there. */
  holdBatch(key, count) {
    return new Promise((there, failed) => {
      const hold = () => new Promise((release) => there((this.held.release = release) && undefined));
      this.held = { done: this.batch(key, "ours", count, { at: count * 0.9, hold }) };
      this.held.done.catch(failed);
    });
  },

  /** Lets it go on, to its end. */
  releaseBatch() {
    this.held.release();
    return this.held.done;
  },
});
