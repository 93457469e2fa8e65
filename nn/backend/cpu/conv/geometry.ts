/** Sizes that follow from a convolution's geometry. */
import type { ConvGeometry, Size3 } from "../../backend.ts";

/** Bytes of a number. */
export const FLOAT_BYTES = 4;

/** Product of the three sizes. */
export const volume = ([depth, height, width]: Size3): number => depth * height * width;

/** @throws {RangeError} if the output size does not follow from the rest, or a size is not positive. */
export function checkGeometry(geometry: ConvGeometry): void {
  const { batch, input, channels, output, filters, kernel, stride, padding } = geometry;
  for (const size of [batch, channels, filters, stride, ...input, ...kernel]) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`convolution with a size of ${size}`);
  }
  output.forEach((size, axis) => {
    const expected = Math.floor((input[axis] + 2 * padding[axis] - kernel[axis]) / stride) + 1;
    if (size !== expected || size < 1) {
      throw new RangeError(`convolution output size ${size} on axis ${axis}, expected ${expected}`);
    }
  });
}

/** Elements of the operands. */
export function convSizes(geometry: ConvGeometry): { input: number; filter: number; output: number } {
  const { batch, input, channels, output, filters, kernel } = geometry;
  return {
    input: batch * volume(input) * channels,
    filter: filters * volume(kernel) * channels,
    output: batch * volume(output) * filters,
  };
}

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
