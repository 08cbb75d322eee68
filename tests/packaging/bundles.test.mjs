// The package in the tools that people build pages with, none of them configured, opened in Chromium.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { at, toolEnv } from "../../scripts/lib/paths.mjs";
import { adopt, killTree, run } from "../../scripts/lib/run.mjs";
import { app } from "./lib/apps.mjs";
import { answers, served, useBrowser } from "./lib/browser.mjs";
import { registry } from "./lib/registry.mjs";
import { tools } from "./lib/tools.mjs";

useBrowser();
const tool = await tools();
const vite = tool("vite", "bin", "vite.js");
const webpack = tool("webpack", "bin", "webpack.js");
const esbuild = at("node_modules", "esbuild", "bin", "esbuild");

/** Runs a build tool and gives what it says. */
const build = async (folder, ...args) => {
  const command = args[0] === esbuild ? args : [process.execPath, ...args];
  const { output } = await run(command[0], command.slice(1), { cwd: folder, timeout: 120_000 });
  return output;
};

/** The SDK that this package replaces. */
const OLD = "@coherentglobal/spark-execute-sdk";

// Tools wait for disks and browsers for timers: two at a time.
describe("bundles", { concurrency: 2 }, () => {
  test("Vite, build", async () => {
    const folder = await app("vite", { model: "public" });
    assert.doesNotMatch(await build(folder, vite, "build"), /warn|\[[A-Z_]+\]/i);
    const requests = await served(path.join(folder, "dist"), answers);
    assert.equal(requests.length, 3, requests.join(" "));
    assert.match(requests[1], /^\/assets\/index-[\w-]+\.js$/);
    assert.deepEqual([requests[0], requests[2]], ["/", "/cylinder.zip"]);
  });

  test("Vite, development server", async () => {
    const folder = await app("vite", { as: "vite-dev", model: "public" });
    const options = {
      cwd: folder,
      env: toolEnv({ env: { NO_COLOR: "1" } }),
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    };
    const child = adopt(spawn(process.execPath, [vite, "--host", "127.0.0.1"], options));
    try {
      const requests = await answers(await address(child));
      // The server's own client, and the modules that it makes of ours.
      const theirs = /^\/(@vite\/|@fs\/.*\/vite\/|node_modules\/\.vite\/deps\/spark-execute\.js|main\.js)/;
      assert.deepEqual(requests.filter((request) => !theirs.test(request)), ["/", "/cylinder.zip"]);
    } finally {
      killTree(child);
    }
  });

  test("webpack, import", async () => {
    const folder = await app("webpack");
    const said = await build(folder, webpack, "--mode", "production");
    // It remarks on the size of any bundle beyond 244 KiB.
    const remarks = [...said.matchAll(/^(?:ERROR|WARNING) in (.*)/gm)].map(([, remark]) => remark);
    assert.deepEqual(remarks.filter((remark) => !/^(asset|entrypoint) size limit|performance/.test(remark)), []);
    assert.deepEqual(await served(folder, answers), ["/", "/dist/main.js", "/cylinder.zip"]);
  });

  test("webpack, development mode", async () => {
    const folder = await app("webpack", { as: "webpack-development" });
    assert.doesNotMatch(await build(folder, webpack, "--mode", "development"), /ERROR|WARNING/);
    assert.deepEqual(await served(folder, answers), ["/", "/dist/main.js", "/cylinder.zip"]);
  });

  test("webpack, require", async () => {
    const folder = await app("webpack-require");
    await build(folder, webpack, "--mode", "production");
    assert.deepEqual(await served(folder, answers), ["/", "/dist/main.js", "/cylinder.zip"]);
  });

  test("esbuild, import", async () => {
    const folder = await app("esbuild");
    const said = await build(folder, esbuild, "src/index.js", "--bundle", "--minify", "--outfile=dist/main.js");
    assert.doesNotMatch(said, /warning|error/i);
    assert.deepEqual(await served(folder, answers), ["/", "/dist/main.js", "/cylinder.zip"]);
  });

  test("esbuild, require", async () => {
    const folder = await app("esbuild-require");
    const said = await build(folder, esbuild, "src/index.js", "--bundle", "--outfile=dist/main.js");
    assert.doesNotMatch(said, /warning|error/i);
    assert.deepEqual(await served(folder, answers), ["/", "/dist/main.js", "/cylinder.zip"]);
  });

  test("a module script, no bundler", async () => {
    const requests = await served(await app("module-script"), answers);
    assert.deepEqual(requests, ["/", "/node_modules/spark-execute/dist/index.js", "/cylinder.zip"]);
  });

  test("an import map, no bundler", async () => {
    const requests = await served(await app("import-map"), answers);
    assert.deepEqual(requests, ["/", "/main.js", "/node_modules/spark-execute/dist/index.js", "/cylinder.zip"]);
  });

  test("a classic script", async () => {
    const requests = await served(await app("script-tag"), answers);
    assert.deepEqual(requests, ["/", "/node_modules/spark-execute/dist/browser.js", "/cylinder.zip"]);
  });

  test("bundlers drop what is imported and not used, and keep the script that defines the global", async () => {
    const folder = await app("esbuild", { as: "unused" });
    const size = async (name, source) => {
      await mkdir(path.join(folder, "src"), { recursive: true });
      await writeFile(path.join(folder, "src", `${name}.js`), source);
      await build(folder, esbuild, `src/${name}.js`, "--bundle", "--minify", `--outfile=dist/${name}.js`);
      return (await stat(path.join(folder, "dist", `${name}.js`))).size;
    };
    assert.ok((await size("unused", 'import Spark from "spark-execute";\n')) < 100);
    assert.ok((await size("global", 'import "spark-execute/browser";\n')) > 100_000);
    assert.match(await readFile(path.join(folder, "dist", "global.js"), "utf8"), /globalThis\.Spark\s*=/);
  });

  // ---- The old name, installed as an alias: code and page stay as they are.

  test("migration by alias to the tarball", async () => {
    await migrates(await app("migration", { install: (tarball) => [`${OLD}@file:${tarball}`, "--offline"] }));
  });

  test("migration by alias to the registry's package", async () => {
    const server = await registry();
    try {
      const install = () => [`${OLD}@npm:${server.package}`, `--registry=${server.url}`, "--prefer-online"];
      await migrates(await app("migration", { as: "migration-npm", install }));
    } finally {
      await server.close();
    }
  });
});

async function migrates(folder) {
  await build(folder, esbuild, "src/index.js", "--bundle", "--outfile=dist/main.js");
  await served(folder, async (url) => {
    assert.deepEqual(await answers(url), ["/", "/dist/main.js", "/cylinder.zip"]);
    const script = `/node_modules/${OLD}/dist/browser.js`;
    assert.deepEqual(await answers(`${url}/script.html`), ["/script.html", script, "/cylinder.zip"]);
  });
}

/** The address that a development server prints. */
function address(child) {
  return new Promise((resolve, reject) => {
    let said = "";
    const listen = (text) => {
      said += text;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
      if (found) resolve(found[0]);
    };
    child.stdout.setEncoding("utf8").on("data", listen);
    child.stderr.setEncoding("utf8").on("data", listen);
    child.once("close", () => reject(new Error(`The server ended:\n${said}`)));
  });
}
