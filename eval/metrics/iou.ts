import { CLASS_COUNT, UNKNOWN_LABEL } from "../../data/classes.ts";

/** IoU of a set of scenes: an entry per class (12 as published), and a last one that pools all classes but empty. */
export interface IouTable {
  /** The published "IoU": mean of |A∩B| / (|A|+|B|); 0.5 is perfect. NaN where a class never occurs. */
  readonly iouReference: Float64Array;
  /** Mean of |A∩B| / |A∪B|. NaN where a class never occurs. */
  readonly iou: Float64Array;
  /** Scenes in which the class occurs in either volume: what the means are over. */
  readonly sceneCount: Int32Array;
  /** All scenes. */
  readonly scenes: number;
  /** The published number of each scene, an entry each; NaN where the class is in neither volume. */
  readonly byScene: readonly Float64Array[];
}

/**
 * Intersection over union per scene and class, averaged over the scenes where the class occurs in either volume
 * (docs/model.md, "Metrics"); voxels whose true label is unknown are left out. The last entry treats all classes but empty (0) as one flattened one-hot
 * volume: its intersection counts voxels whose two labels agree and are not empty.
 */
export class IouMeter {
  readonly #referenceSum: Float64Array;
  readonly #iouSum: Float64Array;
  readonly #sceneCount: Int32Array;
  readonly #byScene: Float64Array[] = [];

  /** `classCount`: number of classes, with empty. */
  constructor(readonly classCount: number = CLASS_COUNT) {
    this.#referenceSum = new Float64Array(classCount + 1);
    this.#iouSum = new Float64Array(classCount + 1);
    this.#sceneCount = new Int32Array(classCount + 1);
  }

  /**
   * Adds a scene: true and predicted labels of equal length.
   * @throws {RangeError} if the lengths differ or a label is no class; nothing is added then.
   */
  add(real: Uint8Array, predicted: Uint8Array): void {
    if (real.length !== predicted.length) {
      throw new RangeError(`${real.length} true labels but ${predicted.length} predicted ones`);
    }
    const { classCount } = this;
    const confusion = new Uint32Array(256 * 256);
    for (let voxel = 0; voxel < real.length; voxel++) confusion[real[voxel] << 8 | predicted[voxel]]++;
    const inReal = new Float64Array(classCount + 1);
    const inPredicted = new Float64Array(classCount + 1);
    const inBoth = new Float64Array(classCount + 1);
    let counted = 0;
    for (let b = 0; b < classCount; b++) counted += confusion[UNKNOWN_LABEL << 8 | b];
    for (let a = 0; a < classCount; a++) {
      for (let b = 0; b < classCount; b++) {
        const count = confusion[a << 8 | b];
        counted += count;
        inReal[a] += count;
        inPredicted[b] += count;
        if (a === b) inBoth[a] += count;
      }
    }
    if (counted < real.length) {
      const isOdd = (label: number) => label >= classCount;
      const odd = confusion.findIndex((count, cell) =>
        count > 0 && (isOdd(cell & 255) || (isOdd(cell >>> 8) && cell >>> 8 !== UNKNOWN_LABEL))
      );
      throw new RangeError(`label ${isOdd(odd & 255) ? odd & 255 : odd >>> 8} is not a class`);
    }
    for (const counts of [inReal, inPredicted, inBoth]) {
      counts[classCount] = counts.subarray(1, classCount).reduce((sum, count) => sum + count, 0);
    }
    const ofScene = new Float64Array(classCount + 1).fill(NaN);
    this.#byScene.push(ofScene);
    for (let entry = 0; entry <= classCount; entry++) {
      const sizes = inReal[entry] + inPredicted[entry];
      if (sizes === 0) continue;
      this.#sceneCount[entry]++;
      ofScene[entry] = inBoth[entry] / sizes;
      this.#referenceSum[entry] += ofScene[entry];
      this.#iouSum[entry] += inBoth[entry] / (sizes - inBoth[entry]);
    }
  }

  /** The table of all scenes added so far. */
  finish(): IouTable {
    return {
      iouReference: this.#referenceSum.map((sum, entry) => sum / this.#sceneCount[entry]),
      iou: this.#iouSum.map((sum, entry) => sum / this.#sceneCount[entry]),
      sceneCount: this.#sceneCount.slice(),
      scenes: this.#byScene.length,
      byScene: [...this.#byScene],
    };
  }
}
