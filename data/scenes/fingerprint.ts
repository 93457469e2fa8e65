/** Names scenes by their content, whatever file they lie in. */
import { createHash } from "node:crypto";
import type { Grid } from "../grid.ts";
import { fingerprintedBytes, shortened } from "./later_fingerprint.ts";

/**
 * The first 128 bits, in hexadecimal, of the SHA-256 of a scene's grid (three little endian uint32) and its labels.
 * Two scenes have the same fingerprint if and, short of a collision, only if they are the same.
 */
export function fingerprint(labels: Uint8Array, grid: Grid): string {
  return shortened(createHash("sha256").update(fingerprintedBytes(labels, grid)).digest());
}
