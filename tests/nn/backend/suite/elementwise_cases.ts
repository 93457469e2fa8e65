import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { normal, TWO_ROUNDINGS } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

/** Below and above the sizes at which engines start to split work, and no multiple of anything. */
export const COUNTS = [1, 3, 8, 13, 1001, 150_001];
const SLOPES = [0, 0.2, 1];

/** Numbers with zeros of both signs among them, where activations have their kink. */
function withZeros(count: number, seed: number): Float32Array {
  return normal(count, seed).map((x, i) => i % 7 === 3 ? 0 : i % 11 === 5 ? -0 : x);
}

/** Fill, copy, scaled sums, activations and Adam. */
export function elementwiseCases({ test, twin }: Suite): void {
  test("fill: every element and no other", () => {
    for (const count of COUNTS) {
      using pair = twin();
      const x = pair.output(count + 2);
      pair.run((engine, at) => engine.fill({ count, value: -1.25 }, { x: at(x, 1) }));
      pair.assertClose(x, {});
    }
  });

  test("copy: any length and offset in bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), fc.nat(9), fc.nat(9), (length, from, to) => {
        using pair = twin();
        const x = pair.operand(new Uint8Array(normal(103, length).buffer)), y = pair.operand(new Uint8Array(410));
        pair.run((engine, at) => engine.copy({ byteLength: length }, { x: at(x, from), y: at(y, to) }));
        assertEquals(pair.read(y, 0), pair.read(y, 1));
        pair.assertUntouched(x);
      }),
      { seed: 1, numRuns: 30 },
    );
    using pair = twin();
    const x = pair.operand(normal(300_001, 1)), y = pair.output(300_001);
    pair.call("copy", { byteLength: 1_200_004 }, { x, y });
    pair.assertClose(y, {});
  });

  test("axpby: y is read only if b is not 0", () => {
    for (const count of COUNTS) {
      for (const [a, b] of [[1, 1], [0.5, -2], [-3, 0], [0, 0.25]]) {
        using pair = twin();
        const x = pair.operand(normal(count, 1)), y = b === 0 ? pair.output(count) : pair.operand(normal(count, 2));
        pair.call("axpby", { count, a, b }, { x, y });
        pair.assertClose(y, { ...TWO_ROUNDINGS, absolute: 1e-6 });
        pair.assertUntouched(x);
        pair.call("axpby", { count, a, b }, { x, y: x });
        pair.assertClose(x, { ...TWO_ROUNDINGS, absolute: 1e-6 }, "in place");
      }
    }
  });

  test("activation: every slope, in place and not, zeros of both signs", () => {
    for (const count of COUNTS) {
      for (const slope of SLOPES) {
        using pair = twin();
        const x = pair.operand(withZeros(count, 3)), y = pair.output(count);
        pair.call("activation", { count, slope }, { x, y });
        pair.assertClose(y, TWO_ROUNDINGS);
        pair.assertUntouched(x);
        pair.call("activation", { count, slope }, { x, y: x });
        pair.assertClose(x, TWO_ROUNDINGS, "in place");
      }
    }
  });

  test("activationBackward: every slope, in place and not, the kink at 0", () => {
    for (const count of COUNTS) {
      for (const slope of SLOPES) {
        using pair = twin();
        const y = pair.operand(withZeros(count, 4)), dy = pair.operand(normal(count, 5)), dx = pair.output(count);
        pair.call("activationBackward", { count, slope }, { y, dy, dx });
        pair.assertClose(dx, TWO_ROUNDINGS);
        pair.assertUntouched(dy);
        pair.call("activationBackward", { count, slope }, { y, dy, dx: dy });
        pair.assertClose(dy, TWO_ROUNDINGS, "in place");
        pair.assertUntouched(y);
      }
    }
  });

  test("addActivation: every slope, in place on either operand and not", () => {
    for (const count of COUNTS) {
      for (const slope of SLOPES) {
        for (const target of [0, 1, 2]) {
          using pair = twin();
          const operands = [pair.operand(normal(count, 6)), pair.operand(normal(count, 7)), pair.output(count)];
          const [a, b] = operands, y = operands[target];
          pair.call("addActivation", { count, slope }, { a, b, y });
          // The sum is rounded once more than the reference's.
          pair.assertClose(y, { relative: 4e-7 });
        }
      }
    }
  });

  test("silu: in place and not, far from 0 too", () => {
    for (const count of COUNTS) {
      using pair = twin();
      const x = pair.operand(normal(count, 12, 0, 3).map((value, i) => i % 17 === 5 ? 40 * value : value));
      const y = pair.output(count);
      pair.call("silu", { count }, { x, y });
      pair.assertClose(y, { relative: 1e-6, absolute: 1e-30 });
      pair.assertUntouched(x);
      pair.call("silu", { count }, { x, y: x });
      pair.assertClose(x, { relative: 1e-6, absolute: 1e-30 }, "in place");
    }
  });

  test("siluBackward: in place and not, far from 0 too", () => {
    for (const count of COUNTS) {
      using pair = twin();
      const x = pair.operand(normal(count, 13, 0, 3).map((value, i) => i % 17 === 5 ? 40 * value : value));
      const dy = pair.operand(normal(count, 14)), dx = pair.output(count);
      pair.call("siluBackward", { count }, { x, dy, dx });
      // The slope is 0 near −1.28.
      pair.assertClose(dx, { relative: 2e-6, absolute: 1e-6 });
      pair.assertUntouched(dy);
      pair.call("siluBackward", { count }, { x, dy, dx: dy });
      pair.assertClose(dy, { relative: 2e-6, absolute: 1e-6 }, "in place");
      pair.assertUntouched(x);
    }
  });

  test("sumOfSquares: numbers of very different size", () => {
    for (const count of COUNTS) {
      for (const factor of [1, 1 / count]) {
        using pair = twin();
        const x = pair.operand(normal(count, 15).map((value, i) => value * 10 ** (i % 8 - 4))), sum = pair.output(1);
        pair.call("sumOfSquares", { count, factor }, { x, sum });
        pair.assertClose(sum, { relative: 1.2e-7 });
        pair.assertUntouched(x);
      }
    }
  });

  test("clip: above, at and below the maximum; zeros", () => {
    for (const count of COUNTS) {
      for (const square of [4, 1, 0.01, 0]) {
        using pair = twin();
        const x = pair.operand(normal(count, 16)), squares = pair.operand(Float32Array.of(square));
        pair.call("clip", { count, maximum: 1 }, { squares, x });
        if (square > 1) pair.assertClose(x, { relative: 3e-7 });
        else pair.assertUntouched(x);
        pair.assertUntouched(squares);
      }
    }
  });

  test("adam: moments and parameters, with gradients so small that epsilon counts", () => {
    for (const count of COUNTS) {
      for (const step of [1, 2, 1000]) {
        using pair = twin();
        const learningRate = 1e-2, scale = 10 ** -(step % 10);
        const gradients = normal(count, 8).map((g, i) => g * (i % 5 === 0 ? 1e-8 : i % 7 === 0 ? 0 : scale));
        const g = pair.operand(gradients), parameters = pair.operand(normal(count, 9));
        const m = pair.operand(normal(count, 10, 0, step === 1 ? 0 : scale));
        const v = pair.operand(normal(count, 11).map((x) => step === 1 ? 0 : x * x * scale * scale));
        const options = { learningRate, beta1: 0.5, beta2: 0.9, epsilon: 1e-8, step };
        pair.call("adam", { count, ...options }, { parameters, gradients: g, m, v });
        // b·m and (1 − b)·g may cancel: the error is relative to the larger of them.
        pair.assertClose(m, { relative: 3e-7, absolute: 3e-7 * scale }, "m");
        pair.assertClose(v, { relative: 6e-7 }, "v");
        const [moment, square] = [pair.read(m, 1), pair.read(v, 1)];
        const absoluteAt = (i: number) =>
          2e-6 * learningRate * (Math.abs(moment[i]) + scale) / (Math.sqrt(square[i]) + 1e-8);
        pair.assertClose(parameters, { relative: 1.2e-7, absoluteAt }, "parameters");
        pair.assertUntouched(g);
      }
    }
  });
}
