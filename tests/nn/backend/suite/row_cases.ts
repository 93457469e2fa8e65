import fc from "fast-check";
import { assertEquals } from "@std/assert";
import type { GroupedRows, ModulatedNormShape } from "../../../../nn/backend/backend.ts";
import { elementCount } from "../../../../nn/shape.ts";
import { normal, type Twin, TWO_ROUNDINGS } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

/** A bias, positions, what belongs to samples, and neither; odd and even channels. */
const GROUPED: readonly GroupedRows[] = [
  { outer: 1, groups: 1, repeat: 1, channels: 1 },
  { outer: 1, groups: 1, repeat: 3001, channels: 13 },
  { outer: 3001, groups: 1, repeat: 1, channels: 64 },
  { outer: 1, groups: 1, repeat: 70_001, channels: 4 },
  { outer: 7, groups: 75, repeat: 1, channels: 68 },
  { outer: 1, groups: 33, repeat: 75, channels: 20 },
  { outer: 3, groups: 5, repeat: 4, channels: 301 },
  { outer: 1, groups: 257, repeat: 2, channels: 1100 },
];

const NORMS: readonly (readonly [samples: number, cells: number, channels: number])[] = [
  [1, 1, 2],
  [3, 1, 13],
  [2, 75, 20],
  [256, 1, 192],
  [5, 7, 257],
  [2, 3, 4100],
];

/** Axes in another order, rows added and summed, rows normalised and modulated. */
export function rowCases({ test, twin }: Suite): void {
  test("permute: any order of up to four axes and a last one that stays", () => {
    const axes = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }).chain((sizes) =>
      fc.tuple(
        fc.constant(sizes),
        fc.shuffledSubarray(sizes.map((_, axis) => axis), { minLength: sizes.length }),
        fc.constantFrom(1, 3, 4, 17, 64),
      )
    );
    fc.assert(
      fc.property(axes, ([leading, first, length]) => {
        using pair = twin();
        const sizes = [...leading, length], order = [...first, leading.length], count = elementCount(sizes);
        const x = pair.operand(normal(count, 1)), y = pair.output(count), back = pair.output(count);
        pair.call("permute", { sizes, order }, { x, y });
        pair.assertClose(y, {}, `${sizes} by ${order}`);
        pair.assertUntouched(x);
        const inverse = { sizes: order.map((axis) => sizes[axis]), order: sizes.map((_, axis) => order.indexOf(axis)) };
        pair.call("permute", inverse, { x: y, y: back });
        assertEquals(pair.read(back), x.content);
      }),
      { seed: 4, numRuns: 60 },
    );
    using pair = twin();
    const sizes = [33, 75, 3, 4, 16], count = elementCount(sizes);
    const x = pair.operand(normal(count, 2)), y = pair.output(count);
    pair.call("permute", { sizes, order: [2, 0, 3, 1, 4] }, { x, y });
    pair.assertClose(y, {}, "queries, keys and values");
  });

  test("addRows: biases, positions, rows of samples; in place and not", () => {
    for (const shape of GROUPED) {
      using pair = twin();
      const { outer, groups, repeat, channels } = shape, count = outer * groups * repeat * channels;
      const x = pair.operand(normal(count, 3)), rows = pair.operand(normal(groups * channels, 4));
      const y = pair.output(count), tolerance = { ...TWO_ROUNDINGS, absolute: 2e-7 };
      pair.call("addRows", shape, { x, rows, y });
      pair.assertClose(y, tolerance, JSON.stringify(shape));
      pair.assertUntouched(x);
      pair.call("addRows", shape, { x, rows, y: x });
      pair.assertClose(x, tolerance, "in place");
      pair.assertUntouched(rows);
    }
  });

  test("sumRows: biases, positions, rows of samples; added to or not", () => {
    for (const shape of GROUPED) {
      for (const accumulate of [false, true]) {
        using pair = twin();
        const { outer, groups, repeat, channels } = shape, count = groups * channels;
        const x = pair.operand(normal(outer * repeat * count, 5, 1));
        const rows = accumulate ? pair.operand(normal(count, 6)) : pair.output(count);
        pair.call("sumRows", { ...shape, accumulate }, { x, rows });
        // Sums in double precision: what remains is the rounding of the result.
        pair.assertClose(rows, { ...TWO_ROUNDINGS, absolute: 1e-6 }, JSON.stringify(shape));
        pair.assertUntouched(x);
      }
    }
  });

  test("modulatedNorm: statistics written, in place and not, means far from 0", () => {
    for (const [samples, cells, channels] of NORMS) {
      for (const mean of [0, 100]) {
        using pair = twin();
        const { shape, x, modulation } = normOperands(pair, samples, cells, channels, mean);
        const statistics = pair.output(2 * samples * cells), y = pair.output(samples * cells * channels);
        pair.call("modulatedNorm", shape, { x, modulation, statistics, y });
        pair.assertClose(statistics, { absolute: 3e-7, relative: 2e-6 }, "statistics");
        // A number is off by the rounding of the mean that was taken off.
        const tolerance = { absolute: 4e-6 * Math.max(1, mean), relative: 2e-6 };
        pair.assertClose(y, tolerance, JSON.stringify(shape));
        pair.assertUntouched(x);
        pair.call("modulatedNorm", shape, { x, modulation, statistics, y: x });
        pair.assertClose(x, tolerance, "in place");
        pair.assertUntouched(modulation);
      }
    }
  });

  test("modulatedNormBackward: in place and not, the modulation's gradient added to two blocks or left out", () => {
    for (const [samples, cells, channels] of NORMS) {
      using pair = twin();
      const { shape, x, modulation } = normOperands(pair, samples, cells, channels, 0.5);
      const count = samples * cells * channels, dy = pair.operand(normal(count, 9)), dx = pair.output(count);
      const draft = pair.output(2 * samples * cells), y = pair.output(count);
      pair.call("modulatedNorm", shape, { x, modulation, statistics: draft, y });
      const statistics = pair.operand(pair.read(draft, 1)), inputs = { x, modulation, statistics };
      const initial = normal(modulation.content.length, 10), dModulation = pair.operand(initial);
      pair.call("modulatedNormBackward", shape, { ...inputs, dy, dx, dModulation });
      pair.assertClose(dModulation, { absolute: 4e-6, relative: 2e-6 }, `dModulation of ${JSON.stringify(shape)}`);
      const written = pair.read(dModulation), block = (i: number) => Math.floor(i / channels) % shape.blocks;
      const others = [...initial.keys()].filter((i) => block(i) !== shape.scale && block(i) !== shape.shift);
      assertEquals(others.map((i) => written[i]), others.map((i) => initial[i]), "the other blocks");
      // With two channels the gradient is what remains of terms of size 1/deviation that cancel.
      const inverse = pair.read(statistics).subarray(samples * cells);
      const absoluteAt = (i: number) => 4e-6 * Math.max(1, inverse[Math.floor(i / channels)]);
      pair.assertClose(dx, { absoluteAt, relative: 2e-6 }, `dx of ${JSON.stringify(shape)}`);
      pair.assertUntouched(dy);
      pair.call("modulatedNormBackward", shape, { ...inputs, dy, dx: dy, dModulation: null });
      pair.assertClose(dy, { absoluteAt, relative: 2e-6 }, "dx in place");
      for (const input of Object.values(inputs)) pair.assertUntouched(input);
    }
  });
}

/** Rows of different mean and spread, and a modulation of which a third is used. */
function normOperands(pair: Twin, samples: number, cells: number, channels: number, mean: number) {
  const shape: ModulatedNormShape = { samples, cells, channels, blocks: 6, scale: 4, shift: 1, epsilon: 1e-6 };
  const count = samples * cells * channels, spread = normal(samples * cells, 7, 1, 0.2);
  const x = normal(count, 8, mean).map((value, i) => value * spread[Math.floor(i / channels)]);
  return { shape, x: pair.operand(x), modulation: pair.operand(normal(samples * 6 * channels, 11, 0, 0.5)) };
}
