/** Codes whose numbers keep near the middle of N(0, 1): fewer odd rooms for less variety. */
import { UserError } from "../../../base/errors.ts";
import { fillNormal } from "../../../base/random.ts";
import type { Run } from "../../run.ts";

/** What the replacements' random numbers are for. */
const TRUNCATION_STREAM = 35;
/** Below this most draws would be in vain. */
export const LEAST_TRUNCATION = 0.01;
/** Numbers drawn at a time. */
const BLOCK = 4096;

/**
 * Noise from N(0, 1) truncated to |z| ≤ `limit`: that of `Run.sampleNoise` in which each number beyond the
 * limit is drawn again until it is within (the "truncation trick" of A. Brock, J. Donahue, K. Simonyan, "Large scale
 * GAN training for high fidelity natural image synthesis", ICLR 2019). Room i of a seed and limit is always the same.
 *
 * @param first index of the first room.
 * @returns float32 `[n, codeSize]`.
 * @throws {UserError} if the limit is below {@link LEAST_TRUNCATION}.
 */
export function truncatedCodes(
  run: Pick<Run, "sampleNoise" | "codeSize">,
  n: number,
  seed: number,
  first: number,
  limit: number,
): Float32Array<ArrayBuffer> {
  if (!(limit >= LEAST_TRUNCATION)) {
    throw new UserError(
      `truncation ${limit}: expected the greatest size of a number of a code, from ${LEAST_TRUNCATION} on`,
    );
  }
  const codes = run.sampleNoise(n, seed, first);
  for (let room = 0; room < n; room++) {
    const code = codes.subarray(room * run.codeSize, (room + 1) * run.codeSize);
    let draws: Iterator<number> | null = null;
    for (let i = 0; i < code.length; i++) {
      while (Math.abs(code[i]) > limit) code[i] = (draws ??= normals(seed, first + room)).next().value!;
    }
  }
  return codes;
}

/** Numbers from N(0, 1) without end: blocks of one stream, each doubled in length and cut to what is new. */
function* normals(seed: number, room: number): Generator<number, never> {
  for (let taken = 0, length = BLOCK;; taken = length, length *= 2) {
    const block = new Float32Array(length);
    fillNormal(block, { seed, stream: TRUNCATION_STREAM, iteration: room });
    yield* block.subarray(taken);
  }
}
