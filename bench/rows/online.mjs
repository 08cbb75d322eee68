// What a call through an endpoint costs the page, besides the request itself.
import { interleave } from "../lib/rounds.mjs";
import { on } from "../lib/bench.mjs";
import { serve } from "../../scripts/lib/serve.mjs";

const ALL = ["limit", "ours", "twin"];

const RESPONSE = JSON.stringify({
  status: "Success",
  response_data: { outputs: { volume: 282.7433388230814, area: 245.04 }, warnings: null, errors: null },
  response_meta: { call_id: "1", compiler_version: "1", process_time: 1, service_category: "", version: "1.0" },
  error: null,
});

export const online = {
  name: "online",
  title: "Call answered by a server at once",
  unit: "ms",
  targets: [],
  async run(bench) {
    const model = bench.model("cylinder");
    const cors = {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Headers": "content-type, x-synthetic-key, x-tenant-name",
      "Access-Control-Max-Age": "7200",
    };
    const answer = async (request) => {
      for await (const _ of request);
      const body = request.method === "POST" ? RESPONSE : "";
      return { headers: { ...cors, "Content-Type": "application/json" }, body };
    };
    const server = await serve({ routes: { [`/bench/api/v3/version/${model.id}`]: answer } });
    try {
      const page = await bench.page();
      await on(page, "prepareOnline", { url: server.url, id: model.id, inputs: model.inputs });
      const calls = bench.quick ? 20 : 50;
      const run = (who) => on(page, "askServer", who, calls);
      const rounds = await interleave({ who: ALL, rounds: bench.rounds, warmUp: 2, turns: 3, run, note: bench.note });
      await page.context().close();
      return { rounds: rounds.map((round) => ({ ...round, more: round.ours - round.limit })) };
    } finally {
      await server.close();
    }
  },
  show: (result, { median }) => ({ ours: `${median("ours")} (${median("more")} more)` }),
};
