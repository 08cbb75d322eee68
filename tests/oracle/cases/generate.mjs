// Cases made from a seed. Every kind is made for every model that it suits.
import { random } from "../lib/random.mjs";

const NUMBERS = [
  0,
  { $number: "-0" },
  1,
  -1,
  0.1,
  0.30000000000000004,
  1 / 3,
  -2 / 3,
  5e-324,
  -5e-324,
  2.2250738585072011e-308,
  2.2250738585072014e-308,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  1e308,
  1e154,
  1e155,
  1e21,
  1e-7,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  4294967296,
  2147483648,
  123456789.12345679,
  1e15,
  999999999999999.9,
  1e-300,
  4.35,
  1.005,
];

const TEXTS = [
  "Zürich",
  "e\u0301 and é",
  "漢字かな交じり文",
  "🏠👩‍👩‍👧‍👦🏳️‍🌈",
  "שלום עולם",
  "\u202eright to left\u202c",
  "a\u0000b",
  "\u0001\u001f\u007f\u0080",
  "\ud800",
  "\udc00x",
  "tail \ud83d",
  "\udc00\ud800 swapped",
  "\ufeffmark",
  "\ufffe\uffff",
  "line\u2028separators\u2029",
  '"quoted" \\ back / slash',
  "tab\tnew\nline\rreturn",
  " leading and trailing ",
  "Ａ ﬁ ﬄ ㎏",
  "x".repeat(1000),
  "𝕊𝕡𝕒𝕣𝕜 𐍈",
  "null",
  "#VALUE!",
  "<script>&amp;</script>",
];

const WRONG = ["12", "abc", true, false, [], [1, 2], {}, { a: 1 }, [[1]], 1, 1.5];

const META = [
  { correlation_id: "c-1", call_id: "k-2" },
  { correlation_id: "" },
  { call_id: "😀 ü \u0000" },
  { correlation_id: null },
  { source_hash: "h", request_timestamp: "2024-02-29T12:00:00Z", version: "1.2.3" },
  { validation_type: "default_values" },
  { allow_range_address: true },
  { allow_range_address: "yes" },
  { response_data_inputs: true },
  { response_data_inputs: false },
  { call_purpose: "test", source_system: "oracle", transaction_date: "2024-01-01", compiler_type: "Neuron" },
  { service_id: "other", unknown_meta: { deep: [1, { x: null }] } },
];

const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "__defineGetter__",
  "0",
  "-1",
  "",
  " ",
  "a.b",
];

/**
 * @param {{ name: string, version_id: string, inputs: { name: string, type: string }[], outputs: string[] }} model
 * @param {import("./families.mjs").FAMILIES[string]} family
 * @param {number} seed
 */
export function generate(model, family, seed) {
  const source = random(seed, model.name);
  const cases = [];
  const { base } = family;
  const add = (kind, inputs, meta = {}) => cases.push({ kind, inputs, meta });
  const tampered = [...family.numbers, ...family.texts];
  const without = (name) => Object.fromEntries(Object.entries(base).filter(([key]) => key !== name));
  const one = (name, value) => ({ ...base, [name]: value });

  for (const [i, value] of NUMBERS.entries()) {
    if (family.numbers.length) add("number", one(family.numbers[i % family.numbers.length], value));
  }
  for (let i = 0; i < 8 && family.numbers.length; i++) {
    const inputs = Object.fromEntries(family.numbers.map((name) => [name, someNumber(source)]));
    add("random", { ...base, ...inputs });
  }
  // A model without texts of its own sees them as the value of an unknown input, and echoes them from request_meta.
  for (const value of TEXTS) {
    if (family.texts.length) add("text", one(source.pick(family.texts), value));
    else add("text", one("unknown_text", value), { correlation_id: value });
  }
  for (let i = 0; i < 4; i++) {
    const value = source.text(1 + source.below(200));
    add("text", family.texts.length ? one(source.pick(family.texts), value) : base, { call_id: value });
  }
  for (const name of tampered) {
    add("missing", without(name));
    add("empty", one(name, ""));
    add("null", one(name, null));
    add("undefined", one(name, { $undefined: true }));
    for (let i = 0; i < 3; i++) add("wrong-type", one(name, source.pick(WRONG)));
    add("name-case", { ...without(name), [name.toUpperCase()]: base[name] ?? 1 });
    add("name-case", { ...base, [name[0].toUpperCase() + name.slice(1)]: base[name] ?? 1 });
  }
  // Without inputs these wait, or call another model.
  if (!["slow", "async", "caller"].includes(model.model)) add("missing", {});
  for (const value of [1, "x", { nested: [1] }]) add("unknown", { ...base, no_such_input: value, ühm: value });
  for (const meta of META) add("meta-echo", base, meta);
  const keys = source.below(KEYS.length);
  for (let i = 0; i < 6; i++) {
    const key = KEYS[(keys + i) % KEYS.length];
    const inputs = { ...base };
    Object.defineProperty(inputs, key, { value: { x: i }, enumerable: true });
    const meta = Object.defineProperty({}, key, { value: i, enumerable: true });
    cases.push({ kind: "keys", inputs, meta });
  }
  if (!family.stateful) selections(model, base, source, add);
  return cases;
}

/** requested_output in every form that both sides take; text, which only one does, is a kind of its own. */
function selections({ outputs }, base, source, add) {
  const [first] = outputs;
  const last = outputs.at(-1);
  const lists = [
    [first],
    [last],
    outputs,
    [],
    [first, first],
    ["no such output"],
    [first, "ünknown 🏠"],
    [first.toUpperCase()],
    [""],
  ];
  for (const requested_output of lists) add("requested-output", base, { requested_output });
  add("requested-output", base, { requested_output: null });
  const texts = [first, outputs.join(","), outputs.map((name) => ` ${name} `).join(" , "), `${last},,`];
  for (const requested_output of texts) add("requested-output-text", base, { requested_output });
  for (const requested_output of ["", " ", " , "]) add("requested-output-no-text", base, { requested_output });
  add("requested-output-regex", base, { requested_output: [source.pick(outputs)], requested_output_regex: ".*" });
}

function someNumber(source) {
  if (source.chance(0.4)) return source.double();
  if (source.chance(0.5)) return (source.bits() - 2 ** 31) / source.pick([1, 10, 100, 1e6]);
  return source.below(100);
}
