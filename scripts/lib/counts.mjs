// Reads how many tests ran from what test runners print.

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @param {string} output of cargo test, wasm-bindgen's runner, node's runner, or with a line `N passed, N failed`
 * @returns {Counts}
 */
export function countTests(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  // Colours would hide the beginnings of lines.
  const text = output.replace(/\x1b\[[0-9;]*m/g, "").replace(/\r\n?/g, "\n");
  for (const [, passed, failed, ignored] of text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    add(counts, passed, failed, ignored);
  }
  for (const [, passed, failed, skipped = "0"] of text.matchAll(/^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)) {
    add(counts, passed, failed, skipped);
  }
  const node = { pass: "passed", fail: "failed", cancelled: "failed", skipped: "skipped", todo: "skipped" };
  for (const [, word, number] of text.matchAll(/^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$/gm)) {
    counts[node[word]] += Number(number);
  }
  return counts;
}

/** The closing line of a whole run; skipped tests are named only when there are any. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;
}

function add(counts, passed, failed, skipped) {
  counts.passed += Number(passed);
  counts.failed += Number(failed);
  counts.skipped += Number(skipped);
}
