// Writes the formulas of the large model and its table of rates: the same ones every time.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SHEETS = 20;
const CELLS_PER_SHEET = 480;
const INPUT_CELLS = 8;
const RATES = 8192;

function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns {string[]} the C++ files to compile along */
export function generate(folder) {
  const written = [];
  const random = randomFrom(20240101);
  const pick = (count) => Math.floor(random() * count);
  const constant = () => (random() * 4 - 2 + random() * 2 ** -32).toPrecision(17);

  function formula(cell) {
    // Mostly near neighbours, as in a sheet; the one before always, so that nothing is left unused.
    const before = () => `c[${Math.max(0, cell - 1 - pick(40))}]`;
    const first = `c[${cell - 1}]`;
    const rate = () => `rates[${pick(RATES)}]`;
    const term = () => `${constant()} * ${random() < 0.2 ? rate() : before()}`;
    const sum = `${constant()} * ${first} + ${term()} - ${term()} + ${constant()}`;
    switch (pick(5)) {
      case 0: return `squash(${sum})`;
      case 1: return `${before()} > ${constant()} ? squash(${sum}) : squash(${term()} + ${first})`;
      case 2: return `squash(fmax(${sum}, ${term()}) + ${first})`;
      case 3: return `squash((${sum}) * (${term()} - ${constant()}) + ${first})`;
      default: return `squash(${first} / (fabs(${before()}) + ${(1 + random()).toPrecision(17)}) + ${term()} + ${term()})`;
    }
  }

  for (let sheet = 0; sheet < SHEETS; sheet++) {
    const lines = ['#include "sheets.hpp"', "#include <cmath>", `void sheet${sheet}(double* c, const double* rates) {`];
    for (let i = 0; i < CELLS_PER_SHEET; i++) {
      const cell = INPUT_CELLS + sheet * CELLS_PER_SHEET + i;
      lines.push(`  c[${cell}] = ${formula(cell)};`);
    }
    lines.push("}", "");
    written.push(join(folder, `sheet${sheet}.cpp`));
    writeFileSync(written.at(-1), lines.join("\n"));
  }
  const header = [
    "#pragma once",
    `const int INPUT_CELLS = ${INPUT_CELLS}, CELLS = ${INPUT_CELLS + SHEETS * CELLS_PER_SHEET}, RATES = ${RATES};`,
    "// Keeps every cell between -1 and 1.",
    "inline double squash(double x) { return x / (1 + (x < 0 ? -x : x)); }",
    ...Array.from({ length: SHEETS }, (_, sheet) => `void sheet${sheet}(double* c, const double* rates);`),
    `inline void all_sheets(double* c, const double* rates) {`,
    ...Array.from({ length: SHEETS }, (_, sheet) => `  sheet${sheet}(c, rates);`),
    "}",
    "",
  ];
  writeFileSync(join(folder, "sheets.hpp"), header.join("\n"));

  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "assets", "rates.bin"), Buffer.from(Float64Array.from({ length: RATES }, random).buffer));
  return written;
}
