/** Reduces a fine label volume to a coarse one by letting cubic blocks of voxels vote. */
import { CLASS_COUNT, UNKNOWN_LABEL } from "../classes.ts";
import type { Grid } from "../grid.ts";

/** The ways to choose the label of a block; see {@link downsample}. */
export const DOWNSAMPLE_RULES = ["sscnet", "max", "majority"] as const;

/** How a block of voxels becomes one voxel; see {@link downsample}. */
export type DownsampleRule = "sscnet" | "max" | "majority";

/** Share of empty and unknown voxels above which the SSCNet rule ignores the others. */
const SSCNET_FREE_SHARE = 0.95;

/** Index of the counter of unknown voxels, behind those of the classes. */
const UNKNOWN_COUNTER = CLASS_COUNT;

/**
 * Reduces every block of `factor`³ voxels to one. Ties go to the lowest label, unknown being the highest.
 *
 * - `sscnet`: if more than 95 % of the block are empty or unknown, the more frequent of these two; else the most
 *   frequent of the labels 1..11 (the data layer of SSCNet, Song et al. 2017).
 * - `max`: the highest label 0..11; unknown only if nothing in the block is known (descendants of the reference).
 * - `majority`: the most frequent of all labels, empty and unknown included.
 *
 * @param labels `grid` in C order, values 0..11 or {@link UNKNOWN_LABEL}.
 * @param grid multiples of `factor`.
 * @returns `grid / factor` in C order, values 0..11 or {@link UNKNOWN_LABEL}.
 * @throws {RangeError} if `factor` does not divide the grid or the labels do not fill it.
 */
export function downsample(labels: Uint8Array, grid: Grid, factor: number, rule: DownsampleRule): Uint8Array {
  if (grid.some((size) => size % factor !== 0)) throw new RangeError(`${factor} does not divide the grid [${grid}]`);
  const [width, height, depth] = grid;
  if (labels.length !== width * height * depth) {
    throw new RangeError(`grid [${grid}] wants ${width * height * depth} labels, got ${labels.length}`);
  }
  const out = new Uint8Array(labels.length / factor ** 3);
  const counts = new Uint32Array(CLASS_COUNT + 1);
  const vote = VOTES[rule];
  let next = 0;
  for (let x = 0; x < width; x += factor) {
    for (let y = 0; y < height; y += factor) {
      for (let z = 0; z < depth; z += factor) {
        counts.fill(0);
        for (let dx = 0; dx < factor; dx++) {
          for (let dy = 0; dy < factor; dy++) {
            const start = ((x + dx) * height + y + dy) * depth + z;
            for (let i = start; i < start + factor; i++) counts[Math.min(labels[i], UNKNOWN_COUNTER)]++;
          }
        }
        const winner = vote(counts, factor ** 3);
        out[next++] = winner === UNKNOWN_COUNTER ? UNKNOWN_LABEL : winner;
      }
    }
  }
  return out;
}

/** Chooses a counter, given how many of the `total` voxels fell into each. */
type Vote = (counts: Uint32Array, total: number) => number;

const VOTES: Record<DownsampleRule, Vote> = {
  sscnet: (counts, total) =>
    counts[0] + counts[UNKNOWN_COUNTER] > SSCNET_FREE_SHARE * total
      ? (counts[UNKNOWN_COUNTER] > counts[0] ? UNKNOWN_COUNTER : 0)
      : mostFrequent(counts, 1, CLASS_COUNT),
  max: (counts) => {
    for (let label = CLASS_COUNT - 1; label >= 0; label--) if (counts[label] > 0) return label;
    return UNKNOWN_COUNTER;
  },
  majority: (counts) => mostFrequent(counts, 0, CLASS_COUNT + 1),
};

function mostFrequent(counts: Uint32Array, from: number, end: number): number {
  let best = from;
  for (let label = from + 1; label < end; label++) if (counts[label] > counts[best]) best = label;
  return best;
}
