const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of a size such as "12GiB", "1.5 GB" or "4096" (bytes), rounded down; null if it is none or below 1. */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return null;
  const bytes = Math.floor(Number(match[1]) * (BYTES_PER_UNIT[match[2].toLowerCase() || "b"] ?? NaN));
  return bytes >= 1 ? bytes : null;
}
