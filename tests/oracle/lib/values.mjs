// Values that JSON text cannot carry, or only at great length, stand in cases and answers as tags: objects whose single
// key begins with "$". Runs in Node and in pages alike.

const tagged = {
  undefined: () => undefined,
  number: (text) => Number(text),
  bigint: (text) => BigInt(text),
  symbol: (text) => Symbol(text),
  function: () => () => 1,
  date: (time) => new Date(time === "invalid" ? NaN : time),
  map: (entries) => new Map(entries),
  boxed: (value) => Object(expand(value)),
  to_json: (value) => ({ toJSON: () => expand(value) }),
  repeat: ([text, count]) => text.repeat(count),
  rows: ({ count, seed = 1 }) => Array.from({ length: count }, (_, i) => row(i, seed)),
  /** `leaf` inside that many arrays, or objects with one member. */
  nest: ({ depth, key, leaf = 1 }) => {
    let value = leaf;
    for (let level = 0; level < depth; level++) value = key === undefined ? [value] : { [key]: value };
    return value;
  },
};

function row(index, seed) {
  const number = ((index + 1) * 7919 * seed) % 100_003;
  return { item: `item ${index} – ${"äß漢🏠".slice(index % 3)}`, price: number / 100, quantity: (number % 17) - 3 };
}

/** The value that a tagged one stands for. Members are defined, so that `__proto__` is a name like any other. */
export function expand(value, parents = []) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.reduce((all, item) => (all.push(expand(item, [...parents, all])), all), []);
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0][0] === "$") {
    const name = keys[0].slice(1);
    // A reference to the container that many levels up makes a cycle.
    if (name === "parent") return parents.at(-value.$parent);
    if (!Object.hasOwn(tagged, name)) throw new Error(`Unknown tag ${keys[0]}`);
    return tagged[name](value[keys[0]]);
  }
  const made = {};
  for (const key of keys) {
    const member = expand(value[key], [...parents, made]);
    Object.defineProperty(made, key, { value: member, writable: true, enumerable: true, configurable: true });
  }
  return made;
}

/** JSON text that keeps negative zero apart from zero, and shows objects that are no plain ones. */
export function pack(value) {
  return JSON.stringify(value, (_, member) => {
    if (Object.is(member, -0)) return { $number: "-0" };
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    const parent = Object.getPrototypeOf(member);
    return parent === Object.prototype ? member : { ...member, "(prototype)": Object.keys(parent ?? {}) };
  });
}

/** What {@link pack} was given. */
export function unpack(text) {
  const value = JSON.parse(text);
  return text.includes('{"$number":') ? expand(value) : value;
}
