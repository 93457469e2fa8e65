/** On a GPU: border voxels and error bounds of each precision, against sums in double precision. */
import { assert } from "@std/assert";
import type { ConvGeometry } from "../../../../../nn/backend/backend.ts";
import type { ConvDirection } from "../../../../../nn/backend/counting_backend.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { type Precision, PRECISIONS } from "../../../../../nn/backend/precision.ts";
import { borderPositions, type ExactSum, exactSum, indexOf, type Place } from "./exact_sums.ts";
import { gpuTest, layerName, LAYERS, note, sized } from "./gpu.ts";
import { convolveAll } from "./operands.ts";

/**
 * Largest relative error of one operand: none in fp32; tensor cores cut float32 to TF32's 10 bits of mantissa; rounding
 * to the 7 of bfloat16.
 */
const OPERAND_ERROR: Readonly<Record<Precision, number>> = { fp32: 0, tf32: 2 ** -10, bf16: 2 ** -8 };
/**
 * Bounds in units of the operands' error u and of √Σ products². The products' errors are at most 2u, about u/2 in the
 * mean square, or all of one sign (u, times a sum that is rarely above 4.5); bfloat16 also rounds the sum itself, by u/2
 * of it.
 */
const MOST = 6, MEAN_SQUARE = 1.5;
/** Of float32 sums of n products in any order, in the same units: roundings add up like steps of a random walk. */
const sumError = (terms: number) => 2 ** -24 * (8 + 2 * Math.sqrt(terms));
const DIRECTIONS = ["forward", "inputGradient", "filterGradient"] as const satisfies readonly ConvDirection[];
/** Elements besides those at borders. */
const INSIDE = sized({ gpu: 40, emulated: 20 });

for (const geometry of LAYERS) {
  gpuTest(`exact sums on a GPU: ${layerName(geometry)}, borders and inside, every precision`, async () => {
    // The operands are the same in every precision, and so are the exact sums.
    const exact = new Map<ConvDirection, (readonly [Place, ExactSum])[]>();
    for (const precision of PRECISIONS) {
      using backend = await CudaBackend.open({ precision });
      const { operands, results } = convolveAll(backend, geometry);
      for (const direction of DIRECTIONS) {
        const sums = exact.get(direction) ??
          places(geometry, direction).map((place) => [place, exactSum(geometry, direction, place, operands)] as const);
        exact.set(direction, sums);
        check(geometry, direction, precision, sums, results[direction]);
      }
    }
  });
}

/** Compares a result with exact sums and notes the errors. */
function check(
  geometry: ConvGeometry,
  direction: ConvDirection,
  precision: Precision,
  sums: readonly (readonly [Place, ExactSum])[],
  result: Float32Array,
): void {
  const operandError = OPERAND_ERROR[precision];
  let worst = 0, squares = 0, mostTerms = 0;
  for (const [place, { value, scale, terms }] of sums) {
    const error = Math.abs(result[indexOf(geometry, direction, place)] - value) / (scale || 1);
    const limit = MOST * operandError + sumError(terms);
    // A NaN is no small error.
    assert(error <= limit, `${precision} ${direction} at ${JSON.stringify(place)}: error ${error}, limit ${limit}`);
    worst = Math.max(worst, error);
    mostTerms = Math.max(mostTerms, terms);
    squares += error ** 2;
  }
  const meanSquare = Math.sqrt(squares / sums.length), limit = MEAN_SQUARE * operandError + sumError(mostTerms);
  assert(meanSquare <= limit, `${precision} ${direction}: root mean square of errors ${meanSquare}, limit ${limit}`);
  note(`error ${precision} ${direction} ${layerName(geometry)}, largest`, worst);
  note(`error ${precision} ${direction} ${layerName(geometry)}, root mean square`, meanSquare);
}

/** Every border of the first and the last sample (or every tap), and some elements anywhere. */
function places({ batch, input, output, kernel, channels, filters }: ConvGeometry, direction: ConvDirection): Place[] {
  const { grid, firsts, count } = {
    forward: { grid: output, firsts: batch, count: filters },
    inputGradient: { grid: input, firsts: batch, count: channels },
    filterGradient: { grid: kernel, firsts: filters, count: channels },
  }[direction];
  const found = borderPositions(grid).flatMap((at, i): Place[] => [
    { first: 0, at, channel: i % count },
    { first: firsts - 1, at, channel: count - 1 - i % count },
  ]);
  // A walk that comes everywhere and is the same each time.
  const wander = (i: number, length: number) => Math.floor((i * 0.6180339887 % 1) * length);
  for (let i = 1; i <= INSIDE; i++) {
    const [d, h, w] = grid;
    const at = [wander(i, d), wander(i * 3, h), wander(i * 7, w)] as const;
    found.push({ first: wander(i * 11, firsts), at, channel: wander(i * 13, count) });
  }
  return found;
}
