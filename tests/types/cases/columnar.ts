// Columnar tables.
import { Spark } from "spark-execute";
import { is } from "./is.js";

const serializer = new Spark.ColumnarSerializer({ strict: true });
const plain: Spark.ColumnarSerializer = new Spark.ColumnarSerializer();
const table = plain.serialize<[string[], ...number[][]]>([{ a: 1 }]);
is<(typeof table)[0], string[]>(true);
is<ReturnType<typeof serializer.deserialize>, unknown>(true);
const rows = serializer.deserialize<{ a: number }[]>(table);
const text: string = serializer.deserializeString(serializer.serializeString("[]"));
const states: boolean[] = [Spark.ColumnarSerializer.isDeserializable(text), Spark.ColumnarSerializer.isEmpty(rows)];

// @ts-expect-error text is converted by serializeString
serializer.serializeString([{ a: 1 }]);
// @ts-expect-error there is no such option
new Spark.ColumnarSerializer({ lenient: true });
// @ts-expect-error of the class, not of an instance
serializer.isEmpty([]);

export { states };
