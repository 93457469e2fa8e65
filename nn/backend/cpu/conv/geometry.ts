/** Sizes that follow from a convolution's geometry. */
import type { ConvGeometry, Size3 } from "../../backend.ts";

/** Bytes of a number. */
export const FLOAT_BYTES = 4;

/** Product of the three sizes. */
export const volume = ([depth, height, width]: Size3): number => depth * height * width;

/** A name that equal geometries share. */
export function geometryKey(
  { batch, input, channels, output, filters, kernel, stride, padding }: ConvGeometry,
): string {
  return [batch, ...input, channels, ...output, filters, ...kernel, stride, ...padding].join();
}

/** First and one past the last index in `0 … count − 1` for which start + index·step lies in `0 … size − 1`. */
export function indicesInside(start: number, step: number, count: number, size: number): [begin: number, end: number] {
  const begin = Math.max(0, Math.ceil(-start / step));
  const end = Math.min(count, Math.floor((size - 1 - start) / step) + 1);
  return [begin, Math.max(begin, end)];
}
