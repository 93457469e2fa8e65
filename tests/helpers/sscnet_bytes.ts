/** A writer of SSCNet `.bin` files. */

/** Origin, pose and runs of equal values. */
export interface SscnetContent {
  readonly origin?: readonly number[];
  readonly pose?: readonly number[];
  readonly runs: readonly (readonly [value: number, count: number])[];
}

/** The bytes of a file; the runs may be wrong on purpose. */
export function sscnetBytes({ origin = [0, 0, 0], pose, runs }: SscnetContent): Uint8Array {
  const view = new DataView(new ArrayBuffer(76 + 8 * runs.length));
  const identity = Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0));
  [...origin, ...pose ?? identity].forEach((value, i) => view.setFloat32(4 * i, value, true));
  runs.forEach(([value, count], i) => {
    view.setUint32(76 + 8 * i, value, true);
    view.setUint32(80 + 8 * i, count, true);
  });
  return new Uint8Array(view.buffer);
}

/** The runs of a volume. */
export function runsOf(voxels: Uint8Array): [value: number, count: number][] {
  const runs: [number, number][] = [];
  for (let start = 0, end = 0; start < voxels.length; start = end) {
    while (end < voxels.length && voxels[end] === voxels[start]) end++;
    runs.push([voxels[start], end - start]);
  }
  return runs;
}
