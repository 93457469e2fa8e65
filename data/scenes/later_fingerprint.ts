/** Fingerprints where SHA-256 comes as a promise, as in browsers; see `fingerprint`. */
import { UserError } from "../../base/errors.ts";
import type { Grid } from "../grid.ts";

/** Bytes of a fingerprint. */
export const FINGERPRINT_BYTES = 16;

/** The `fingerprint` of a scene. @throws {UserError} in a page that came over an open line: browsers refuse it there */
export async function laterFingerprint(labels: Uint8Array, grid: Grid): Promise<string> {
  if (!crypto.subtle) {
    throw new UserError("browsers compute SHA-256 only in pages of https or of this machine; use https");
  }
  return shortened(new Uint8Array(await crypto.subtle.digest("SHA-256", fingerprintedBytes(labels, grid))));
}

/** What the SHA-256 is taken of. */
export function fingerprintedBytes(labels: Uint8Array, grid: Grid): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + labels.length), size = new DataView(bytes.buffer);
  grid.forEach((length, axis) => size.setUint32(4 * axis, length, true));
  bytes.set(labels, 12);
  return bytes;
}

/** The fingerprint in a SHA-256, in hexadecimal. */
export function shortened(digest: Uint8Array): string {
  return Array.from(digest.subarray(0, FINGERPRINT_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
