/** Elements per task of kernels that pass over memory once: 64 KiB per operand, a few microseconds. */
export const ELEMENT_GRAIN = 16384;

/** Rows of `length` floats per task, about {@link ELEMENT_GRAIN} elements. */
export function rowGrain(length: number): number {
  return Math.max(1, Math.floor(ELEMENT_GRAIN / length));
}
