// A project that knows no platform at all.
import Spark, { type BinaryValue, type PlatformObject, type UrlSource } from "spark-execute";
import { is } from "./is.js";

is<PlatformObject<"Blob">, never>(true);
is<BinaryValue, string | ArrayBufferLike | ArrayBufferView | UrlSource>(true);
new Spark({ nodegenModels: [{ versionId: "a", binary: new Uint8Array(1) }] });
// @ts-expect-error not a package
new Spark({ nodegenModels: [{ versionId: "a", binary: new Date() }] });
