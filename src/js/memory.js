// How much memory WebAssembly can have here.

let most;

/** The most pages of 64 KiB that one memory can have: browsers reserve them at once, and on a phone not always 4 GiB. */
export function mostPages() {
  if (most) return most;
  for (most = 65536; most > 1024; most /= 2) {
    try {
      new WebAssembly.Memory({ initial: 0, maximum: most });
      break;
    } catch {
      // Half of it, then.
    }
  }
  return most;
}
