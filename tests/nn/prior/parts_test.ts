/** What a prior is made of, apart from its networks. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fillNormal } from "../../../base/random.ts";
import { CodeScale } from "../../../nn/prior/code_scale.ts";
import { isFree, knownBlocks, writeCondition } from "../../../nn/prior/condition.ts";
import {
  BLOCK_CHANNELS,
  blockFeatures,
  type PriorConfig,
  priorConfig,
  sceneFeatures,
} from "../../../nn/prior/config.ts";
import { GaussianPrior } from "../../../nn/prior/gaussian_prior.ts";
import { POSITION_FEATURES, positionFeatures } from "../../../nn/prior/positions.ts";
import { TIME_FEATURES, timeFeatures } from "../../../nn/prior/time_features.ts";
import { PAPER_MODEL } from "../../../nn/models/config.ts";
import { integrated } from "../../helpers/integrated.ts";

function normals(count: number, iteration: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed: 6, stream: 95, iteration });
  return numbers;
}

Deno.test("integrate: straight ways in one step, curved ones with the square of the step as their error", () => {
  const noise = Float32Array.of(2, -1, 0.5), code = [1, 3, -2];
  const straight = integrated((points) => points.map((_, i) => noise[i] - code[i]), noise, 1);
  straight.forEach((value, i) => assertAlmostEquals(value, code[i], 1e-6));
  assertEquals([...noise], [2, -1, 0.5], "the noise stays");
  // dx/dt = 2x from x(1) = e² ends at x(0) = 1
  const errorOf = (steps: number) =>
    Math.abs(integrated((x) => x.map((v) => 2 * v), Float32Array.of(Math.E ** 2), steps)[0] - 1);
  assert(errorOf(10) < 0.02 && errorOf(20) < 0.3 * errorOf(10), `${errorOf(10)}, ${errorOf(20)}`);
});

Deno.test("integrate: what a normal distribution's own velocity does with noise is that distribution", () => {
  // x ~ N(3, ½²): E[ε − x | x_t] in closed form
  const mean = 3, variance = 0.25;
  const velocity = (points: Float32Array, t: number) =>
    points.map((x) => {
      const total = (1 - t) ** 2 * variance + t ** 2;
      const centred = x - (1 - t) * mean;
      return t / total * centred - (mean + (1 - t) * variance / total * centred);
    });
  const codes = integrated(velocity, normals(20_000, 0), 20);
  const found = codes.reduce((sum, x) => sum + x, 0) / codes.length;
  const spread = Math.sqrt(codes.reduce((sum, x) => sum + (x - found) ** 2, 0) / codes.length);
  assertAlmostEquals(found, mean, 0.02);
  assertAlmostEquals(spread, 0.5, 0.02);
});

Deno.test("CodeScale: mean 0 of each number, deviation 1 of each channel, and the way back", () => {
  const codes = normals(60, 1).map((value, i) => value * (i % 3 + 1) + i % 6);
  const scale = CodeScale.of(codes, 6, 3), normalised = scale.normalised(codes);
  for (let number = 0; number < 6; number++) {
    const sum = normalised.filter((_, i) => i % 6 === number).reduce((a, b) => a + b, 0);
    assertAlmostEquals(sum, 0, 1e-5);
  }
  for (let channel = 0; channel < 3; channel++) {
    const squares = normalised.filter((_, i) => i % 3 === channel).reduce((a, b) => a + b * b, 0);
    assertAlmostEquals(squares / 20, 1, 1e-5);
  }
  scale.restored(normalised).forEach((value, i) => assertAlmostEquals(value, codes[i], 1e-5));
  const still = CodeScale.of(Float32Array.of(1, 7, 2, 7), 2, 2);
  assertEquals([...still.normalised(Float32Array.of(1, 7)).subarray(1)], [0], "a channel that never varies");
  assertThrows(() => new CodeScale(new Float32Array(2), new Float32Array(2)), RangeError);
});

Deno.test("GaussianPrior: samples have mean and covariance of the codes, also where numbers hardly vary", () => {
  const d = 4, noise = normals(4000, 2);
  const codes = Float32Array.from(noise, (_, at) => {
    const i = at % d, row = at - i, [a, b, c] = noise.subarray(row, row + 3);
    return [a + 1, a + 0.5 * b, -2 * c, 5][i];
  });
  const prior = GaussianPrior.of(codes, d), samples = prior.sample(normals(40_000, 3));
  const moments = (points: Float32Array) => {
    const n = points.length / d,
      mean = Array.from({ length: d }, (_, i) => points.filter((_, at) => at % d === i).reduce((a, b) => a + b, 0) / n);
    const covariance = mean.map((_, i) =>
      mean.map((_, j) => {
        let sum = 0;
        for (let row = 0; row < n; row++) sum += (points[row * d + i] - mean[i]) * (points[row * d + j] - mean[j]);
        return sum / n;
      })
    );
    return [mean, ...covariance].flat();
  };
  const expected = moments(codes);
  moments(samples).forEach((value, i) => assertAlmostEquals(value, expected[i], 0.15, `moment ${i}`));
});

Deno.test("knownBlocks: voxels known of each block of 4³ and those filled, by the cell that the block is in", () => {
  const grid = [32, 16, 16] as const, known = new Uint8Array(32 * 16 * 16), labels = new Uint8Array(known.length);
  const at = (x: number, y: number, z: number) => (x * 16 + y) * 16 + z;
  for (let x = 18; x < 32; x++) {
    for (let y = 0; y < 16; y++) known.fill(1, at(x, y, 0), at(x, y, 16));
  }
  known[at(0, 5, 9)] = 1;
  labels[at(0, 5, 9)] = labels[at(0, 5, 10)] = labels[at(31, 15, 15)] = 7;
  const blocks = knownBlocks(labels, known, grid);
  assertEquals(blocks.length, 2 * BLOCK_CHANNELS);
  const [knownOf, filledOf] = [0, 64].map((half) =>
    [0, 128].map((cell) => blocks.slice(cell + half, cell + half + 64))
  );
  const sum = (counts: Uint8Array) => counts.reduce((all, count) => all + count, 0);
  assertEquals([knownOf[0][0 * 16 + 1 * 4 + 2], sum(knownOf[0])], [1, 1]);
  assertEquals([...knownOf[1].subarray(0, 16)], Array(16).fill(32), "half of each block at x 16 to 19");
  assertEquals([...knownOf[1].subarray(16)], Array(48).fill(64));
  assertEquals([filledOf[0][6], sum(filledOf[0]), filledOf[1][63], sum(filledOf[1])], [1, 1, 1, 1]);
});

Deno.test("writeCondition: ones for what is asked, zeros for what is not", () => {
  const config: PriorConfig = { codeShape: [1, 1, 1, 2], cells: 1, labels: 2, classes: 3 };
  const arrays = {
    scene: new Float32Array(sceneFeatures(config)).fill(9),
    knownCode: new Float32Array(2).fill(9),
    knownBlocks: new Float32Array(blockFeatures(config)).fill(9),
  };
  const known = { code: Float32Array.of(3, 4), blocks: new Uint8Array(128).fill(16) };
  writeCondition(config, { label: 1, present: [2], absent: [0, 1], known }, arrays);
  assertEquals([...arrays.scene], [0, 1, 0, 0, 1, 1, 1, 0]);
  assertEquals([[...arrays.knownCode], new Set(arrays.knownBlocks)], [[3, 4], new Set([0.25])]);
  writeCondition(config, {}, arrays);
  assertEquals(Object.values(arrays).map((array) => array.some((value) => value !== 0)), [false, false, false]);
  assertEquals([isFree({}), isFree({ present: [] }), isFree({ label: 0 }), isFree({ known })], [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("timeFeatures, positionFeatures: sines and cosines; cells as far from the middle are alike in any grid", () => {
  const [first, last] = [0, 1].map((i) => timeFeatures([0.25, 1]).subarray(i * TIME_FEATURES, (i + 1) * TIME_FEATURES));
  assertAlmostEquals(first[0], Math.sin(Math.PI * 0.125), 1e-6);
  assertAlmostEquals(last[TIME_FEATURES / 2 - 1], Math.sin(50 * Math.PI), 1e-5);
  assertAlmostEquals(last[TIME_FEATURES - 1], 1, 1e-6);
  const small = positionFeatures([1, 1, 3]), large = positionFeatures([1, 1, 5]);
  assertEquals(small, large.subarray(POSITION_FEATURES, 4 * POSITION_FEATURES));
  const rows = new Set(
    Array.from({ length: 5 }, (_, i) => large.subarray(i * POSITION_FEATURES, (i + 1) * POSITION_FEATURES).join()),
  );
  assertEquals(rows.size, 5);
  assertEquals(priorConfig(PAPER_MODEL, 7), { codeShape: [5, 3, 5, 16], cells: 75, labels: 7, classes: 12 });
});
