/** A few results of each convolution against sums in double precision on the processor. */
import { UserError } from "../../base/errors.ts";
import { philox } from "../../base/random.ts";
import type { Backend, ConvGeometry, Size3, Span } from "./backend.ts";
import type { ConvDirection } from "./counting_backend.ts";
import type { Precision } from "./precision.ts";

/**
 * Largest difference that rounding explains, divided by √(length of the sums), of standard normal operands: float32 sums
 * in any order, or operands rounded to 10 and 7 bits of mantissa.
 */
export const ROUNDING_LIMITS: Readonly<Record<Precision, number>> = { fp32: 1e-5, tf32: 6e-3, bf16: 5e-2 };

/** Half the distance of float32 numbers around 1. */
const UNIT_ROUNDOFF = 2 ** -24;

/**
 * Largest difference, divided by √terms, of a sum of `terms` products. One after the other in float32, each addition
 * rounds a partial sum of the size √i, which comes to less than √terms · 2⁻²⁴ (a filter gradient has millions of terms).
 */
function limitOf(precision: Precision, terms: number): number {
  return ROUNDING_LIMITS[precision] + UNIT_ROUNDOFF * Math.sqrt(terms);
}

/** Results that are looked at, besides the first and the last, where borders show. */
const INNER_SAMPLES = 2;

/** Operands of a convolution on the processor: the large side `[n, D, H, W, C]`, filters, the small side. */
interface Operands {
  readonly input: Float32Array;
  readonly filter: Float32Array;
  readonly output: Float32Array;
}

const volume = ([depth, height, width]: Size3) => depth * height * width;

/**
 * Runs one operation of `geometry` on random operands and recomputes a few of its results. Takes and gives back the
 * memory of two sides and two filters at most.
 *
 * @param layer named in the error.
 * @throws {UserError} if a result differs by more than the precision explains, or is NaN.
 */
export function checkConvolution(
  backend: Backend,
  geometry: ConvGeometry,
  direction: ConvDirection,
  precision: Precision,
  layer: string,
): void {
  const sizes = {
    input: geometry.batch * volume(geometry.input) * geometry.channels,
    filter: geometry.filters * volume(geometry.kernel) * geometry.channels,
    output: geometry.batch * volume(geometry.output) * geometry.filters,
  };
  const result = RESULT[direction];
  using memory = new DisposableStack();
  const spans = {} as Record<keyof Operands, Span>, host = {} as Record<keyof Operands, Float32Array>;
  (["input", "filter", "output"] as const).forEach((name, stream) => {
    const buffer = memory.adopt(backend.allocate(4 * sizes[name], "self-test"), (each) => backend.release(each));
    spans[name] = { buffer, byteOffset: 0 };
    host[name] = new Float32Array(sizes[name]);
    if (name === result) return;
    const shape = { count: sizes[name], seed: 1, stream, iteration: 0, mean: 0, deviation: 1 };
    backend.randomNormal(shape, { x: spans[name] });
    backend.download(spans[name], host[name]);
  });
  const { input, filter, output } = spans, shape = { geometry, accumulate: false };
  if (direction === "forward") backend.convForward(shape, spans);
  else if (direction === "inputGradient") backend.convInputGradient(shape, { dOutput: output, filter, dInput: input });
  else backend.convFilterGradient(shape, { input, dOutput: output, dFilter: filter });
  backend.download(spans[result], host[result]);
  for (const index of samplesOf(sizes[result])) {
    const { sum, terms } = SUMS[direction](geometry, host, index), found = host[result][index];
    const error = Math.abs(found - sum) / Math.sqrt(Math.max(1, terms));
    if (error <= limitOf(precision, terms)) continue;
    throw new UserError(
      `${layer}, ${direction} with ${precision}: ${backend.name} gives ${found} for element ${index} where the ` +
        `processor gives ${sum}: a faulty plan, driver or GPU; try --deterministic or another --precision, remove the ` +
        `cached plans (~/.cache/fcr-alpha-gan, or $FCR_CACHE), or update cuDNN`,
    );
  }
}

const RESULT = { forward: "output", inputGradient: "input", filterGradient: "filter" } as const;

function samplesOf(size: number): number[] {
  const words = new Uint32Array(4);
  philox(size, { seed: 2, stream: 0, iteration: 0 }, words);
  return [0, size - 1, ...Array.from({ length: INNER_SAMPLES }, (_, index) => words[index] % size)];
}

/** A result and how many products it is the sum of. */
interface Sum {
  readonly sum: number;
  readonly terms: number;
}

/** What each result should be, by its index. */
const SUMS: Record<ConvDirection, (geometry: ConvGeometry, operands: Operands, index: number) => Sum> = {
  forward: (geometry, { input, filter }, index) => {
    const { channels, filters, stride, padding } = geometry;
    const [n, position, k] = split(index, geometry.output, filters);
    return accumulate(geometry, function* (taps) {
      const [d, h, w0] = position.map((each, axis) => each * stride - padding[axis] + taps[axis]);
      const x = offset(n, d, h, w0, geometry.input, channels), w = (k * volume(geometry.kernel) + taps[3]) * channels;
      if (x !== null) { for (let c = 0; c < channels; c++) yield input[x + c] * filter[w + c]; }
    });
  },
  inputGradient: (geometry, { filter, output }, index) => {
    const { channels, filters, stride, padding } = geometry;
    const [n, position, c] = split(index, geometry.input, channels);
    return accumulate(geometry, function* (taps) {
      const at = position.map((each, axis) => (each + padding[axis] - taps[axis]) / stride);
      const y = at.every(Number.isInteger) ? offset(n, at[0], at[1], at[2], geometry.output, filters) : null;
      if (y === null) return;
      for (let k = 0; k < filters; k++) {
        yield output[y + k] * filter[(k * volume(geometry.kernel) + taps[3]) * channels + c];
      }
    });
  },
  filterGradient: (geometry, { input, output }, index) => {
    const { batch, channels, filters, stride, padding, kernel } = geometry;
    const [k, taps, c] = split(index, kernel, channels), [, height, width] = geometry.output;
    // Where voxel (d, h, w) of the small side meets the large side; millions of them, so row by row.
    const at = (position: number, axis: number) => position * stride - padding[axis] + taps[axis];
    let sum = 0, terms = 0;
    for (let row = 0; row < batch * geometry.output[0] * height; row++) {
      const [n, [, d, h]] = split(row, [1, geometry.output[0], height], 1);
      for (let w = 0; w < width; w++) {
        const x = offset(n, at(d, 0), at(h, 1), at(w, 2), geometry.input, channels);
        if (x === null) continue;
        sum += input[x + c] * output[(row * width + w) * filters + k];
        terms++;
      }
    }
    return { sum, terms };
  },
};

/** Sums what `products` gives for each tap, `[kd, kh, kw, index of the tap]`. */
function accumulate(
  { kernel }: ConvGeometry,
  products: (taps: readonly [number, number, number, number]) => Iterable<number>,
): Sum {
  let sum = 0, terms = 0;
  for (let tap = 0; tap < volume(kernel); tap++) {
    const [, [d, h, w]] = split(tap, kernel, 1);
    for (const product of products([d, h, w, tap])) {
      sum += product;
      terms++;
    }
  }
  return { sum, terms };
}

/** An index into `[n, D, H, W, last]` as its parts. */
function split(index: number, [depth, height, width]: Size3, last: number): [n: number, position: Size3, l: number] {
  const voxel = Math.floor(index / last), row = Math.floor(voxel / width), plane = Math.floor(row / height);
  return [Math.floor(plane / depth), [plane % depth, row % height, voxel % width], index % last];
}

/** The index of the first of `last` numbers at voxel (d, h, w), null outside. */
function offset(
  n: number,
  d: number,
  h: number,
  w: number,
  [depth, height, width]: Size3,
  last: number,
): number | null {
  if (d < 0 || d >= depth || h < 0 || h >= height || w < 0 || w >= width) return null;
  return (((n * depth + d) * height + h) * width + w) * last;
}
