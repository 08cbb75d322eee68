// What a project with Node's types passes.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import Spark, { type BinaryValue } from "spark-execute";

const one = (binary: BinaryValue) => new Spark({ nodegenModels: [{ versionId: "a", binary }] });

one(readFileSync("a.zip"));
one(readFileSync("a.zip", "base64"));
one(Buffer.from(""));
one(new Blob([]));
one(new Response());
one(new URL("file:///a.zip"));
new Spark({ nodegenModels: [{ versionId: "a", binary: (id) => readFile(`${id}.zip`) }] });
one("").execute({}, "a", { signal: new AbortController().signal });

// @ts-expect-error a buffer that went through JSON
one(Buffer.from("").toJSON());

new Spark({ sparkEndpoint: { url: "https://a.example", tenant: "t", authType: "public", fetch } });
