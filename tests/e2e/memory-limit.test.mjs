// `memoryLimit`: what an engine may have is lowered before it is compiled, however it comes by its memory.
import assert from "node:assert/strict";
import { engine, entries, glue, MEMORY_WASM, packageWith, zip } from "./lib/engines.mjs";
import { packageOf, stage } from "./lib/stage.mjs";

const { test, made } = stage();
const MB = 1024 * 1024;
const hog = packageOf("hog");

/** Runs `work({ spark, grow })` in the page, `grow(mb)` giving the outputs or what the call was refused with. */
const withHog = (page, work, url = hog.url, config = { memoryLimit: 64 * 1024 * 1024 }) =>
  page.run(
    async ({ url, source, config }) => {
      const { replica, memoryLimit, ...rest } = config;
      const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, memoryLimit, replica }], ...rest });
      const grow = async (grow_mb, more) => (await outcomes([outputsOf(spark.execute(ask({ grow_mb, ...more }), "m"))]))[0];
      try {
        return await (0, eval)(`(${source})`)({ spark, grow });
      } finally {
        await spark.destroy();
      }
    },
    { url, source: String(work), config },
  );

const overLimit = (error, allowed, least) => {
  assert.deepEqual([error?.failed?.class, error?.failed?.code], ["MemoryLimitError", "MEMORY_LIMIT"], JSON.stringify(error));
  assert.equal(error.failed.allowed, allowed);
  assert.ok(error.failed.requested > (least ?? 0), `${error.failed.requested} bytes were requested`);
  assert.match(error.failed.message, /memoryLimit/);
};

for (const name of ["hog", "hog-o3", "hog-imported", "hog-modern-imported"]) {
  test(`${name}: what goes beyond the limit is refused, and the model goes on`, async (page) => {
    const got = await withHog(
      page,
      async ({ spark, grow }) => {
        const within = await grow(30);
        const { memory } = spark.stats()[0];
        const beyond = await grow(100);
        const again = await grow(1);
        return { within, memory, beyond, again };
      },
      packageOf(name).url,
    );
    assert.equal(got.within.kept_mb, 30);
    assert.ok(got.memory > 30 * MB && got.memory <= 64 * MB, String(got.memory));
    overLimit(got.beyond, 64 * MB, 64 * MB);
    assert.deepEqual([got.again.kept_mb, got.again.calls], [1, 1], "a new instance");
    await page.workers(0);
  });
}

test("an engine fills its limit almost to the end", async (page) => {
  const got = await withHog(page, async ({ grow }) => {
    let kept = 0;
    for (;;) {
      const outputs = await grow(1);
      if (outputs.failed) return { kept, outputs };
      kept = outputs.kept_mb;
    }
  });
  // The engine itself, its stack and its data take some of it.
  assert.ok(got.kept >= 44 && got.kept < 64, String(got.kept));
  overLimit(got.outputs, 64 * MB, 64 * MB);
});

test("without a limit the same call is computed", async (page) => {
  const got = await withHog(page, ({ grow }) => grow(100), hog.url, {});
  assert.equal(got.kept_mb, 100);
});

test("every replica is held to the limit, and a model's own limit counts before that of all", async (page) => {
  const got = await page.run(async ({ hog, imported }) => {
    const found = {};
    for (const [name, binary] of Object.entries({ hog, imported })) {
      const spark = new Spark({
        nodegenModels: [
          { versionId: "all", binary },
          { versionId: "own", binary, memoryLimit: 256 * 1024 * 1024 },
        ],
        memoryLimit: 32 * 1024 * 1024,
        replica: 2,
      });
      await spark.execute(ask({}), "all");
      await until(() => spark.stats()[0].replicas === 2);
      // Each crash costs a replica: both are asked, and their successors too.
      const failures = [];
      for (let call = 0; call < 2; call++) failures.push(spark.execute(ask({ grow_mb: 50 }), "all"));
      found[name] = {
        all: await outcomes(failures),
        own: await outputsOf(spark.execute(ask({ grow_mb: 50 }), "own")),
      };
      await spark.destroy();
    }
    return found;
  }, { hog: hog.url, imported: packageOf("hog-imported").url });
  for (const { all, own } of Object.values(got)) {
    for (const error of all) overLimit(error, 32 * MB, 32 * MB);
    assert.equal(own.kept_mb, 50);
  }
});

test("a limit below what the model begins with is refused with both numbers", async (page) => {
  for (const name of ["hog", "hog-imported"]) {
    const got = await withHog(page, ({ grow }) => grow(0), packageOf(name).url, { memoryLimit: 8 * MB + 5 });
    overLimit(got, 8 * MB);
    assert.equal(got.failed.requested, 16 * MB);
  }
});

test("a limit above what the model allows itself changes nothing", async (page) => {
  const got = await page.run(async (url) => {
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: url, memoryLimit: 1024 ** 3 }] });
    const error = await refused(spark.execute(ask({ mode: "out_of_memory" }), "m"));
    await spark.destroy();
    return error;
  }, packageOf("crash").url);
  assert.equal(got.code, "OUT_OF_MEMORY");
});

test("an engine that suspends is held to its limit", async (page) => {
  const got = await page.run(async (url) => {
    const texts = [() => "x".repeat(80 * 1024 * 1024), () => "small"];
    const models = [{ versionId: "m", binary: url, memoryLimit: 64 * 1024 * 1024 }];
    const spark = new Spark({ nodegenModels: models, externalApi: () => texts.shift()() });
    const inputs = { call_type: 1, request_body: "{}" };
    const [error] = await outcomes([spark.execute(ask(inputs), "m")]);
    const { replies } = await outputsOf(spark.execute(ask(inputs), "m"));
    await spark.destroy();
    return { error, replies };
  }, packageOf("caller").url);
  overLimit(got.error, 64 * MB, 64 * MB);
  assert.deepEqual(got.replies, ["small"]);
});

test("memory without a maximum, and glue that makes or grows its own, are limited too", async (page) => {
  const fine = (text, { memory }) => {
    const { pages } = JSON.parse(text).request_data.inputs;
    if (pages) memory.grow(pages);
    return { response_data: { outputs: { size: memory.buffer.byteLength } } };
  };
  const unbounded = made("unbounded.zip", engine(fine));
  // Two memories, of which one could be overlooked.
  const section = (id, bytes) => [id, bytes.length, ...bytes];
  const two = Buffer.from([...MEMORY_WASM.subarray(0, 8), ...section(5, [2, 0, 1, 0, 1])]);
  const several = made("several.zip", zip(entries(glue(fine), two)));
  const got = await page.run(
    async ({ unbounded, several }) => {
      const nodegenModels = Object.entries({ unbounded, several }).map(([versionId, binary]) => ({ versionId, binary }));
      const spark = new Spark({ nodegenModels, memoryLimit: 10 * 65536 + 1 });
      const run = async (id, pages) => (await outcomes([outputsOf(spark.execute(ask({ pages }), id))]))[0];
      const found = {
        within: await run("unbounded", 9),
        beyond: await run("unbounded", 1),
        several: await run("several", 0),
      };
      await spark.destroy();
      return found;
    },
    { unbounded, several },
  );
  assert.equal(got.within.size, 10 * 65536);
  overLimit(got.beyond, 10 * 65536);
  assert.equal(got.beyond.failed.requested, 11 * 65536);
  assert.equal(got.several.failed.code, "WASM_INVALID");
  assert.match(got.several.failed.message, /memoryLimit/);
});

test("glue that brings a larger memory than the module was lowered to does not get it", async (page) => {
  // Built before the limit could be seen: it does not link with the module any more.
  const early = `const early = WebAssembly.Memory.prototype.constructor;
    var Module = (options) => new Promise(() => {
      const memory = new early({ initial: 256, maximum: 65536 });
      options.instantiateWasm({ a: { a: memory } }, () => {});
    });`;
  const name = [1, 0x61];
  const wasm = Buffer.from([
    ...MEMORY_WASM.subarray(0, 8),
    ...[2, 12, 1, ...name, ...name, 2, 1, 0x80, 2, 0x80, 0x80, 4],
  ]);
  const binary = made("early.zip", zip(entries(early, wasm)));
  const got = await withHog(page, ({ grow }) => grow(0), binary, { memoryLimit: 32 * MB });
  assert.equal(got.failed.code, "WASM_INVALID");
});

test("where 4 GiB cannot be reserved, models are compiled for what can be", async (page) => {
  await page.run(() => {
    const { Memory } = WebAssembly;
    WebAssembly.Memory = function (descriptor) {
      if (descriptor.maximum > 4096) throw new RangeError("WebAssembly.Memory(): could not allocate memory");
      return new Memory(descriptor);
    };
    WebAssembly.Memory.prototype = Memory.prototype;
  });
  const got = await withHog(
    page,
    async ({ grow }) => ({ within: await grow(100), beyond: await grow(300) }),
    packageOf("hog-imported").url,
    {},
  );
  assert.equal(got.within.kept_mb, 100);
  overLimit(got.beyond, 256 * MB, 256 * MB);
});

test("a package unpacked apart from its replica is limited as well", async (page) => {
  // Random bytes, so that the archive is as large as they are.
  const padding = { name: "padding.bin", data: crypto.getRandomValues(Buffer.alloc(65536)), store: true };
  const large = Array.from({ length: 270 }, (_, index) => ({ ...padding, name: `padding-${index}.bin` }));
  const calc = (text, { memory }) => {
    const { pages } = JSON.parse(text).request_data.inputs;
    if (pages) memory.grow(pages);
    return { response_data: { outputs: {} } };
  };
  const binary = made("large-and-limited.zip", packageWith(glue(calc), ...large));
  const got = await page.run(async (binary) => {
    const bytes = await bytesAt(binary);
    const spark = new Spark({ nodegenModels: [{ versionId: "m", binary: bytes, memoryLimit: 655360 }], replica: 2 });
    await spark.execute(ask({}), "m");
    const found = await outcomes([spark.execute(ask({ pages: 20 }), "m"), spark.execute(ask({ pages: 20 }), "m")]);
    await spark.destroy();
    return { found, size: bytes.length };
  }, binary);
  assert.ok(got.size > 16 * MB);
  for (const error of got.found) overLimit(error, 655_360);
});
