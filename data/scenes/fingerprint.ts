/** Names scenes by their content, whatever file they lie in. */
import { createHash } from "node:crypto";
import type { Grid } from "../grid.ts";

/** Bytes of a fingerprint. */
export const FINGERPRINT_BYTES = 16;

/**
 * The first 128 bits, in hexadecimal, of the SHA-256 of a scene's grid (three little endian uint32) and its labels.
 * Two scenes have the same fingerprint if and, short of a collision, only if they are the same.
 */
export function fingerprint(labels: Uint8Array, grid: Grid): string {
  const size = new DataView(new ArrayBuffer(12));
  grid.forEach((length, axis) => size.setUint32(4 * axis, length, true));
  const hash = createHash("sha256").update(new Uint8Array(size.buffer)).update(labels);
  return hash.digest("hex").slice(0, 2 * FINGERPRINT_BYTES);
}
