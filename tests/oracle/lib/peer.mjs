// Asks the peer, `@coherentglobal/wasm-runner` on Node, one case after the other.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { at } from "../../../scripts/lib/paths.mjs";
import { unpack } from "./values.mjs";

/** Beyond every case's own deadline: the whole process is stuck. */
const STUCK_MS = 60_000;

/**
 * @param {import("../cases/index.mjs").Model[]} models
 * @param {import("../cases/index.mjs").Case[]} cases
 * @param {(done: number) => void} [progress]
 * @returns {Promise<Map<string, import("./compare.mjs").Outcome>>} by the case's id
 */
export async function askPeer(models, cases, progress = () => {}) {
  const tmpDir = mkdtempSync(path.join(os.tmpdir(), "oracle-peer-"));
  const byName = new Map(models.map((model) => [model.name, model]));
  const outcomes = new Map();
  let child;
  try {
    for (const test of cases) {
      child ??= start();
      const { name, id, peerZip } = byName.get(test.model);
      const model = { id, name, zip: at("tests", "models", peerZip), tmpDir };
      const message = {
        request: test.request,
        argument: test.argument,
        fresh: test.fresh,
        deadline: test.deadline,
        model,
      };
      const text = await ask(child, message, outcomes.size);
      if (text === undefined) child = void child.kill("SIGKILL");
      outcomes.set(test.id, text === undefined ? { hang: true } : unpack(text));
      progress(outcomes.size);
    }
  } finally {
    child?.kill("SIGKILL");
    rmSync(tmpDir, { recursive: true, force: true });
  }
  return outcomes;
}

function start() {
  const env = { ...process.env, LOG_ENABLED: "false", NODE_ENV: "production" };
  return fork(new URL("peer-child.mjs", import.meta.url), [], { stdio: ["ignore", "ignore", "ignore", "ipc"], env });
}

/** The packed outcome; undefined when the process neither answers nor ends. */
function ask(child, test, number) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(resolve, undefined), STUCK_MS);
    const heard = (message) => {
      if (message.number !== number) return;
      if (message.failure) end(reject, new Error(`The peer cannot run ${test.model.name}: ${message.failure}`));
      else end(resolve, message.text);
    };
    const gone = () => end(resolve, undefined);
    const end = (how, value) => {
      clearTimeout(timer);
      child.off("message", heard).off("exit", gone);
      how(value);
    };
    child.on("message", heard).once("exit", gone);
    child.send({ number, test });
  });
}
