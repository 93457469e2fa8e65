/** Whether new scenes are copies of training scenes. */

/** Filled voxels of a scene: where they are, and their classes. */
export interface FilledVoxels {
  /** Flat indices, increasing. */
  readonly indices: Uint32Array;
  /** Class of each. */
  readonly labels: Uint8Array;
}

/** The filled voxels of a scene `[D, H, W]`. */
export function filledVoxels(labels: Uint8Array): FilledVoxels {
  const indices = new Uint32Array(labels.reduce((count, label) => count + Number(label !== 0), 0));
  let at = 0;
  for (let voxel = 0; voxel < labels.length; voxel++) if (labels[voxel] !== 0) indices[at++] = voxel;
  return { indices, labels: Uint8Array.from(indices, (voxel) => labels[voxel]) };
}

/**
 * Share of the voxels filled in either scene whose classes differ: the Jaccard distance (P. Jaccard, "The distribution
 * of the flora in the alpine zone", New Phytologist 11, 1912) of the sets of (voxel, class) pairs, but with a voxel
 * that both fill counted once. 0 for equal scenes, 1 for scenes that agree nowhere.
 *
 * @param other labels `[D, H, W]`.
 * @param otherFilled its number of filled voxels.
 * @param limit the exact distance does not matter from here on: another number of at least this may be returned.
 */
export function sceneDistance(scene: FilledVoxels, other: Uint8Array, otherFilled: number, limit = Infinity): number {
  const { indices, labels } = scene, count = indices.length;
  let both = 0, equal = 0;
  for (let start = 0; start < count; start += STRETCH) {
    // If all voxels left agreed, it would be this near.
    const left = count - start, least = 1 - (equal + left) / Math.max(count, count + otherFilled - both - left);
    if (least >= limit) return least;
    const end = Math.min(count, start + STRETCH);
    for (let i = start; i < end; i++) {
      const label = other[indices[i]];
      if (label !== 0) both++;
      if (label === labels[i]) equal++;
    }
  }
  const either = count + otherFilled - both;
  return either === 0 ? 0 : 1 - equal / either;
}

/** Voxels between two looks at whether a scene can still be near. */
const STRETCH = 1024;

/** The nearest of the scenes shown so far, for each scene of a set. */
export class NearestScenes {
  /** Distance to the nearest, {@link sceneDistance}; infinite before any was shown. */
  readonly distances: Float64Array;
  /** Index of the nearest, in the order shown. */
  readonly indices: Int32Array;
  readonly #scenes: readonly FilledVoxels[];
  #shown = 0;

  constructor(scenes: readonly Uint8Array[]) {
    this.#scenes = scenes.map(filledVoxels);
    this.distances = new Float64Array(scenes.length).fill(Infinity);
    this.indices = new Int32Array(scenes.length).fill(-1);
  }

  /** Shows a scene `[D, H, W]` to compare with. */
  show(labels: Uint8Array): void {
    const filled = labels.reduce((count, label) => count + Number(label !== 0), 0);
    this.#scenes.forEach((scene, i) => {
      const distance = sceneDistance(scene, labels, filled, this.distances[i]);
      if (distance >= this.distances[i]) return;
      this.distances[i] = distance;
      this.indices[i] = this.#shown;
    });
    this.#shown++;
  }
}

/**
 * Probability that a generated scene is nearer to its nearest training scene than an unseen real one is: the
 * Mann–Whitney statistic of C. Meehan, K. Chaudhuri and S. Dasgupta, "A Non-Parametric Test to Detect Data-Copying in
 * Generative Models", AISTATS 2020, as a share; equal distances count half. ½ if both are equally far, 1 if every
 * generated scene is nearer: copies. NaN without scenes.
 *
 * @param generated distances to the nearest training scene.
 * @param unseen the same of real scenes that were not trained on.
 * @param weights how often each counts, per set; once if left out.
 */
export function copyingProbability(
  generated: ArrayLike<number>,
  unseen: ArrayLike<number>,
  [ofGenerated, ofUnseen]: readonly ArrayLike<number>[] = [ones(generated), ones(unseen)],
): number {
  let nearer = 0, total = 0;
  for (let i = 0; i < generated.length; i++) {
    for (let j = 0; j < unseen.length; j++) {
      const weight = ofGenerated[i] * ofUnseen[j];
      nearer += weight * (generated[i] < unseen[j] ? 1 : generated[i] === unseen[j] ? 0.5 : 0);
      total += weight;
    }
  }
  return nearer / total;
}

function ones({ length }: ArrayLike<number>): Float64Array {
  return new Float64Array(length).fill(1);
}
