import fc from "fast-check";
import type { ConvGeometry, Size3 } from "../../../../nn/backend/backend.ts";
import { convolutionSizes } from "../../../helpers/convolution_sizes.ts";
import { normal } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

function geometry(
  batch: number,
  input: Size3,
  [channels, filters]: readonly [number, number],
  kernel: Size3,
  stride: number,
  padding: Size3 = [kernel[0] >> 1, kernel[1] >> 1, kernel[2] >> 1],
): ConvGeometry {
  const size = (axis: number) => Math.floor((input[axis] + 2 * padding[axis] - kernel[axis]) / stride) + 1;
  return { batch, input, channels, output: [size(0), size(1), size(2)], filters, kernel, stride, padding };
}

const GEOMETRIES: readonly ConvGeometry[] = [
  geometry(1, [5, 4, 6], [3, 5], [3, 3, 3], 1),
  geometry(2, [8, 6, 10], [12, 13], [5, 3, 5], 2),
  geometry(1, [7, 5, 9], [5, 8], [5, 3, 5], 2),
  geometry(3, [3, 3, 3], [13, 1], [1, 1, 1], 1),
  geometry(2, [4, 3, 4], [8, 12], [5, 3, 5], 2),
  geometry(1, [9, 8, 7], [1, 3], [3, 3, 3], 2, [0, 0, 0]),
  geometry(2, [6, 6, 6], [12, 12], [3, 3, 3], 1),
  geometry(1, [2, 2, 2], [32, 64], [5, 3, 5], 2),
  geometry(2, [10, 6, 10], [12, 64], [5, 3, 5], 2),
  geometry(1, [6, 4, 37], [32, 32], [3, 3, 3], 1),
  geometry(2, [5, 3, 5], [96, 16], [1, 1, 1], 1),
  geometry(1, [1, 1, 1], [5, 3], [5, 3, 5], 2),
];

/** Small geometries of every kind that the networks use and a few that they do not. */
const someGeometry: fc.Arbitrary<ConvGeometry> = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.tuple(...[9, 7, 11].map((max) => fc.integer({ min: 1, max }))),
  fc.tuple(fc.constantFrom(1, 3, 5, 8, 12, 13), fc.constantFrom(1, 3, 5, 8, 12, 13, 32)),
  fc.constantFrom<Size3>([5, 3, 5], [3, 3, 3], [1, 1, 1]),
  fc.integer({ min: 1, max: 2 }),
).map(([batch, [d, h, w], channels, kernel, stride]) => geometry(batch, [d, h, w], channels, kernel, stride));

/** The three directions of the convolution. */
export function convCases({ test, twin, sumTolerance }: Suite): void {
  /** Runs one direction with and without accumulation and compares. */
  function check(shape: ConvGeometry, direction: "forward" | "inputGradient" | "filterGradient"): void {
    const sizes = convolutionSizes(shape);
    const taps = shape.kernel[0] * shape.kernel[1] * shape.kernel[2];
    for (const accumulate of direction === "forward" ? [false] : [false, true]) {
      using pair = twin();
      const start = (count: number, seed: number) =>
        accumulate ? pair.operand(normal(count, seed)) : pair.output(count);
      const input = direction === "inputGradient" ? start(sizes.input, 1) : pair.operand(normal(sizes.input, 1));
      const filter = direction === "filterGradient" ? start(sizes.filter, 2) : pair.operand(normal(sizes.filter, 2));
      const output = direction === "forward" ? start(sizes.output, 3) : pair.operand(normal(sizes.output, 3));
      const call = { geometry: shape, accumulate };
      if (direction === "forward") pair.call("convForward", call, { input, filter, output });
      else if (direction === "inputGradient") {
        pair.call("convInputGradient", call, { dOutput: output, filter, dInput: input });
      } else pair.call("convFilterGradient", call, { input, dOutput: output, dFilter: filter });
      const terms = {
        forward: taps * shape.channels,
        inputGradient: taps * shape.filters,
        filterGradient: sizes.output / shape.filters,
      }[direction];
      const result = { forward: output, inputGradient: input, filterGradient: filter }[direction];
      pair.assertClose(result, { absolute: sumTolerance * Math.sqrt(terms) }, `${direction} ${JSON.stringify(shape)}`);
      for (const operand of [input, filter, output]) if (operand !== result) pair.assertUntouched(operand);
    }
  }

  for (const direction of ["forward", "inputGradient", "filterGradient"] as const) {
    const method = `conv${direction[0].toUpperCase()}${direction.slice(1)}`;
    test(`${method}: odd shapes, strides and channels`, () => {
      for (const shape of GEOMETRIES) check(shape, direction);
    });
    test(`${method}: random geometries`, () => {
      fc.assert(fc.property(someGeometry, (shape) => check(shape, direction)), { seed: 2, numRuns: 25 });
    });
  }
}
