/** The reference's backward operations against its forward ones: finite differences where curved, adjoints where linear. */
import { assertAlmostEquals } from "@std/assert";
import fc from "fast-check";
import type { ConvGeometry } from "../../../nn/backend/backend.ts";
import { convolutionSizes } from "../../helpers/convolution_sizes.ts";
import * as conv from "../../helpers/reference/literal_conv.ts";
import * as gaussian from "../../helpers/reference/gaussian.ts";
import * as losses from "../../helpers/reference/losses.ts";
import * as norms from "../../helpers/reference/norms.ts";
import { normal } from "./suite/twin.ts";

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/**
 * Asserts that `gradient` is that of `f` at `x`, element by element, by central differences. Float32 storage inside
 * `f` leaves about 1e-7/h of noise, the curvature h².
 */
function assertGradient(f: (x: Float32Array) => number, x: Float32Array, gradient: Float32Array, h = 4e-3): void {
  for (let i = 0; i < x.length; i++) {
    const above = Float32Array.from(x), below = Float32Array.from(x);
    above[i] += h;
    below[i] -= h;
    const slope = (f(above) - f(below)) / (above[i] - below[i]);
    assertAlmostEquals(gradient[i], slope, 1e-3 * Math.max(1, Math.abs(slope)), `element ${i}`);
  }
}

for (const slope of [0, 0.2, 1]) {
  for (
    const [kind, groups, groupOf] of [
      ["batch", 3, (group: number) => norms.column(7, 3, group)],
      ["layer", 3, (group: number) => norms.row(7, group)],
    ] as const
  ) {
    Deno.test(`normaliseBackward: agrees with finite differences (${kind}, slope ${slope})`, () => {
      const dy = normal(21, 2), gain = normal(3, 3, 1, 0.3), bias = normal(3, 4);
      const affineOf = (x: Float32Array, group: number, gains = gain, biases = bias) => {
        const [mean, variance] = norms.statisticsOf(x, groupOf(group));
        const inverseDeviation = 1 / Math.sqrt(variance + 1e-5);
        return { mean, inverseDeviation, gain: gains[group], bias: biases[group], slope };
      };
      const objective = (x: Float32Array, gains = gain, biases = bias) => {
        const y = new Float32Array(x.length);
        for (let g = 0; g < groups; g++) norms.normalise(x, groupOf(g), affineOf(x, g, gains, biases), y);
        return dot(y, dy);
      };
      // A kink within a step of the difference would show; these values keep clear of it.
      const x = normal(21, 1);
      const z = new Float32Array(21);
      for (let g = 0; g < groups; g++) norms.normalise(x, groupOf(g), { ...affineOf(x, g), slope: 1 }, z);
      z.forEach((value, i) => {
        if (Math.abs(value) < 0.03) x[i] += 0.1;
      });

      const dx = new Float32Array(21), dGain = new Float32Array(groups), dBias = new Float32Array(groups);
      for (let g = 0; g < groups; g++) {
        const group = groupOf(g), affine = affineOf(x, g);
        [dGain[g], dBias[g]] = norms.parameterGradients(x, group, affine, dy);
        norms.normaliseBackward(x, group, affine, [dGain[g] / group.count, dBias[g] / group.count], dy, dx);
      }
      assertGradient((moved) => objective(moved), x, dx);
      assertGradient((gains) => objective(x, gains), gain, dGain);
      assertGradient((biases) => objective(x, gain, biases), bias, dBias);
    });
  }
}

Deno.test("softmaxBackward: agrees with finite differences", () => {
  const shape = { rows: 4, classes: 5 }, x = normal(20, 5), dp = normal(20, 6);
  const p = new Float32Array(20), dx = new Float32Array(20);
  losses.softmax(shape, x, p);
  losses.softmaxBackward(shape, p, (row, c) => dp[row * 5 + c], dx);
  assertGradient(
    (logits) => {
      const moved = new Float32Array(20);
      losses.softmax(shape, logits, moved);
      return dot(moved, dp);
    },
    x,
    dx,
  );
});

Deno.test("reconstructionSlope: agrees with finite differences of the loss, through the softmax too", () => {
  const shape = { rows: 4, classes: 5, samples: 2, gamma: 0.97, epsilon: 1e-6 };
  const labels = Uint8Array.of(0, 3, 4, 1), weights = normal(5, 7, 1, 0.2), x = normal(20, 8), p = new Float32Array(20);
  losses.softmax(shape, x, p);
  const slopeAt = (row: number, c: number) =>
    losses.reconstructionSlope(shape, weights[c], labels[row], c, p[row * 5 + c]);
  const dp = Float32Array.from(p, (_, i) => slopeAt(Math.floor(i / 5), i % 5)), dx = new Float32Array(20);
  assertGradient((moved) => losses.reconstructionLoss(shape, labels, weights, moved), p, dp, 1e-4);
  losses.softmaxBackward(shape, p, slopeAt, dx);
  assertGradient(
    (logits) => {
      const moved = new Float32Array(20);
      losses.softmax(shape, logits, moved);
      return losses.reconstructionLoss(shape, labels, weights, moved);
    },
    x,
    dx,
  );
});

Deno.test("bceSlope: agrees with finite differences", () => {
  for (const target of [0, 1] as const) {
    const x = normal(9, 9, 0, 3);
    const slopes = x.map((logit) => losses.bceSlope(logit, target) / x.length);
    assertGradient((logits) => losses.bceLogits(logits, target), x, slopes);
  }
});

Deno.test("convolution: ⟨y, conv(x, w)⟩ = ⟨inputGradient(y, w), x⟩ = ⟨filterGradient(x, y), w⟩", () => {
  const size = fc.integer({ min: 1, max: 6 }),
    odd = fc.constantFrom(1, 3, 5),
    channels = fc.integer({ min: 1, max: 4 });
  const cases = fc.tuple(
    fc.tuple(size, size, size),
    fc.tuple(odd, odd, odd),
    channels,
    channels,
    fc.constantFrom(1, 2),
  );
  fc.assert(
    fc.property(cases, ([input, kernel, channels, filters, stride]) => {
      const output = input.map((n, axis) => Math.floor((n + 2 * (kernel[axis] >> 1) - kernel[axis]) / stride) + 1);
      const geometry: ConvGeometry = {
        batch: 2,
        input,
        channels,
        output: [output[0], output[1], output[2]],
        filters,
        kernel,
        stride,
        padding: [kernel[0] >> 1, kernel[1] >> 1, kernel[2] >> 1],
      };
      const sizes = convolutionSizes(geometry);
      const x = normal(sizes.input, 1), w = normal(sizes.filter, 2), y = normal(sizes.output, 3);
      const forward = new Float32Array(sizes.output), dx = new Float32Array(sizes.input);
      const dw = new Float32Array(sizes.filter);
      conv.convForward(geometry, x, w, forward);
      conv.convInputGradient(geometry, y, w, dx, false);
      conv.convFilterGradient(geometry, x, y, dw, false);
      const expected = dot(y, forward), tolerance = 1e-6 * (1 + Math.sqrt(dot(y, y) * dot(forward, forward)));
      assertAlmostEquals(dot(dx, x), expected, tolerance);
      assertAlmostEquals(dot(dw, w), expected, tolerance);
    }),
    { seed: 3, numRuns: 60 },
  );
});

Deno.test("gaussianBackward: agrees with finite differences of the sample and of the divergence", () => {
  const count = 12, factor = 0.7, mean = normal(count, 10), logVariance = normal(count, 11, -0.5);
  const noise = normal(count, 12), dSample = normal(count, 13);
  const slope = logVariance.map((v, i) =>
    gaussian.sampleSlope(v, noise[i]) * dSample[i] + factor * gaussian.divergenceSlope(v)
  );
  assertGradient(
    (moved) => {
      const sample = mean.map((m, i) => m + gaussian.deviation(moved[i]) * noise[i]);
      return dot(sample, dSample) + factor * gaussian.divergence(mean, moved);
    },
    logVariance,
    slope,
  );
  assertGradient((moved) => gaussian.divergence(moved, logVariance), mean, mean);
});
