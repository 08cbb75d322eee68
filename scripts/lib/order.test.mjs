import assert from "node:assert/strict";
import { test } from "node:test";
import { sortable } from "./order.mjs";
import { leb, namesOf, read, write } from "./sections.mjs";

/** A module that has nothing but names. */
function named(names) {
  const entries = names.flatMap((name, index) => [leb(index), leb(name.length), Buffer.from(name)]);
  const functions = write(1, Buffer.concat([leb(names.length), ...entries]));
  return Buffer.concat([Buffer.from("\0asm\x01\0\0\0", "latin1"), write(0, Buffer.concat([leb(4), Buffer.from("name"), functions]))]);
}

test("what is of one type stands together, however its names begin and end", () => {
  const hash = (digit) => `::h${digit.repeat(16)}`;
  const names = [
    `b::one${hash("9")}`,
    `<&mut a::Two as c::Trait>::go${hash("3")}`,
    `a::Two::new${hash("0")}`,
    `b::one${hash("1")}`,
    `<a[0123456789abcdef]::Two>::end`,
  ];
  const module = sortable(named(names));
  new WebAssembly.Module(module);
  const made = namesOf([...read(module)]);
  const order = [...made].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([index]) => index);
  assert.deepEqual(order, [1, 2, 4, 0, 3]);
});
