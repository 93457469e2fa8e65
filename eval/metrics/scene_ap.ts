/**
 * Average precision of one scene, exact, by a radix sort of the scores' bits.
 *
 * A float32 ≥ 0 orders as its bits do, and below 2 it has 30 of them: two passes of 15 bits sort a scene. The bit
 * under them tells whether the score belongs to the true class.
 */
import { CLASS_COUNT, UNKNOWN_LABEL } from "../../data/classes.ts";

const DIGIT_BITS = 15;
const DIGITS = 1 << DIGIT_BITS;
/** Bits of the float32 number 2, above every probability. */
const BITS_OF_TWO = 0x40000000;

/** Buffers reused from scene to scene; they grow to the largest scene seen (8 bytes per score). */
export class AveragePrecisionScratch {
  #keys = new Uint32Array(0);
  #sorted = new Uint32Array(0);
  readonly #starts = new Uint32Array(DIGITS);

  /** Room for `count` keys (score bits · 2 + 1 if positive). */
  keys(count: number): Uint32Array {
    if (this.#keys.length < count) {
      this.#keys = new Uint32Array(count);
      this.#sorted = new Uint32Array(count);
    }
    return this.#keys;
  }

  /** Sorts the first `count` keys by score, ascending. */
  sort(count: number): void {
    this.#pass(this.#keys, this.#sorted, count, 1);
    this.#pass(this.#sorted, this.#keys, count, 1 + DIGIT_BITS);
  }

  #pass(from: Uint32Array, to: Uint32Array, count: number, shift: number): void {
    const starts = this.#starts.fill(0);
    for (let i = 0; i < count; i++) starts[(from[i] >>> shift) & (DIGITS - 1)]++;
    for (let digit = 0, start = 0; digit < DIGITS; digit++) {
      const size = starts[digit];
      starts[digit] = start;
      start += size;
    }
    for (let i = 0; i < count; i++) {
      const key = from[i];
      to[starts[(key >>> shift) & (DIGITS - 1)]++] = key;
    }
  }
}

/**
 * Average precision of each class and of all but empty (0) together in one scene, as
 * `sklearn.metrics.average_precision_score` has it: Σ (R_k − R_{k−1})·P_k over the distinct scores, descending.
 *
 * @param labels true classes, one per voxel; unknown voxels are left out.
 * @param scores `[voxels, classes]` predicted probabilities, in [0, 2).
 * @param classCount number of classes, with empty.
 * @returns a number per class and one for all but empty flattened; NaN where the class does not occur.
 * @throws {RangeError} if the sizes do not match, or a score is negative, 2 or more, or not a number.
 */
export function sceneAveragePrecision(
  labels: Uint8Array,
  scores: Float32Array,
  scratch: AveragePrecisionScratch = new AveragePrecisionScratch(),
  classCount: number = CLASS_COUNT,
): Float64Array {
  if (scores.length !== labels.length * classCount) {
    throw new RangeError(
      `${scores.length} scores for ${labels.length} voxels; expected ${labels.length * classCount}`,
    );
  }
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const lowest = lowestPositives(labels, bits, classCount);
  const result = new Float64Array(classCount + 1);
  for (let category = 0; category < classCount; category++) {
    result[category] = ofClasses(labels, bits, classCount, category, category, lowest[category], scratch);
  }
  const lowestOfAll = lowest.subarray(1).reduce((a, b) => Math.min(a, b));
  result[classCount] = ofClasses(labels, bits, classCount, 1, classCount - 1, lowestOfAll, scratch);
  return result;
}

/** Per class, the bits of the lowest score of a positive; 2³² − 1 without one. Checks every score on its way. */
function lowestPositives(labels: Uint8Array, bits: Uint32Array, classCount: number): Uint32Array {
  const lowest = new Uint32Array(classCount).fill(0xffffffff);
  for (let i = 0; i < bits.length; i++) {
    if (bits[i] >= BITS_OF_TWO) {
      const score = new Float32Array(Uint32Array.of(bits[i]).buffer)[0];
      throw new RangeError(`score ${score} of voxel ${Math.floor(i / classCount)} is not a probability`);
    }
  }
  for (let voxel = 0; voxel < labels.length; voxel++) {
    const category = labels[voxel];
    if (category === UNKNOWN_LABEL) continue;
    if (category >= classCount) throw new RangeError(`label ${category} of voxel ${voxel} is not a class`);
    lowest[category] = Math.min(lowest[category], bits[voxel * classCount + category]);
  }
  return lowest;
}

/** Average precision of classes `first`..`last` pooled. Scores below every positive change nothing and stay out. */
function ofClasses(
  labels: Uint8Array,
  bits: Uint32Array,
  classCount: number,
  first: number,
  last: number,
  lowest: number,
  scratch: AveragePrecisionScratch,
): number {
  const keys = scratch.keys(labels.length * (last - first + 1));
  let count = 0, positives = 0;
  for (let voxel = 0; voxel < labels.length; voxel++) {
    if (labels[voxel] === UNKNOWN_LABEL) continue;
    for (let category = first; category <= last; category++) {
      const score = bits[voxel * classCount + category];
      if (score < lowest) continue;
      const positive = labels[voxel] === category ? 1 : 0;
      positives += positive;
      keys[count++] = score << 1 | positive;
    }
  }
  if (positives === 0) return NaN;
  scratch.sort(count);
  let found = 0, average = 0;
  for (let i = count - 1; i >= 0;) {
    const score = keys[i] >>> 1;
    const before = found;
    for (; i >= 0 && keys[i] >>> 1 === score; i--) found += keys[i] & 1;
    average += (found - before) / positives * (found / (count - 1 - i));
  }
  return average;
}
