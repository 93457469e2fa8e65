/** Canvases larger than what was learned: their windows, the flow over them, and how they are decoded. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fillNormal } from "../../base/random.ts";
import { forEachRun, windowOf, windowsOf, windowStarts, windowWeights } from "../../nn/canvas.ts";
import type { Backend, Size3 } from "../../nn/backend/backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { type ModelConfig, PAPER_MODEL } from "../../nn/models/config.ts";
import { decodeCanvas, reach } from "../../nn/models/decode_canvas.ts";
import { Networks } from "../../nn/models/networks.ts";
import { CodeScale } from "../../nn/prior/code_scale.ts";
import type { PriorConfig } from "../../nn/prior/config.ts";
import { FlowPrior } from "../../nn/prior/flow_prior.ts";
import { type VelocityNetwork, velocityNetwork } from "../../nn/prior/velocity_network.ts";
import { ParameterBuilder, ParameterSet } from "../../nn/parameters.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { integrated } from "../helpers/integrated.ts";

function normals(count: number, iteration: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed: 6, stream: 95, iteration });
  return numbers;
}

Deno.test("windowStarts, windowsOf: half a window apart, the last at the end, every cell covered", () => {
  assertEquals(windowStarts(10, 5), [0, 2, 4, 5]);
  assertEquals(windowStarts(4, 2), [0, 1, 2]);
  assertEquals([windowStarts(3, 3), windowStarts(4, 1), windowStarts(8, 4)], [[0], [0, 1, 2, 3], [0, 2, 4]]);
  for (const [canvas, window] of [[[7, 3, 9], [5, 3, 5]], [[3, 1, 4], [2, 1, 2]]] as [Size3, Size3][]) {
    const covered = new Uint8Array(canvas[0] * canvas[1] * canvas[2]);
    for (const start of windowsOf(canvas, window)) {
      forEachRun(canvas, window, start, 1, (_, at, length) => covered.fill(1, at, at + length));
    }
    assert(covered.every((each) => each === 1));
  }
});

Deno.test("windowOf: the numbers of a window in their order", () => {
  const values = Float32Array.from({ length: 3 * 2 * 4 * 2 }, (_, i) => i);
  const cut = windowOf(values, [3, 2, 4], [2, 1, 2], [1, 1, 2], 2);
  assertEquals([...cut], [28, 29, 30, 31, 44, 45, 46, 47]);
});

const CONFIG: PriorConfig = { codeShape: [2, 1, 2, 3], cells: 4, labels: 0, classes: 3 };

/** A prior with scales of its own, and weights that were drawn. */
function prior(backend: Backend, make = velocityNetwork): FlowPrior {
  const scale = new CodeScale(normals(12, 1), Float32Array.of(0.5, 1, 2));
  const flow = new FlowPrior(backend, CONFIG, scale, scale, make);
  flow.network.parameters.parameters.forEach(({ value }, i) => {
    backend.upload(normals(value.size, 10 + i).map((weight) => 0.1 * weight), value); // also of layers that begin at zero
  });
  return flow;
}

/** Tells the point itself as its velocity. */
function identity(backend: Backend): VelocityNetwork {
  const parameters = new ParameterSet(backend, "prior", new ParameterBuilder().add("none", [1], "zero"));
  return {
    parameters,
    forward: (tape, { x }) => tape.own(x.reshape(x.shape)),
    [Symbol.dispose]: () => parameters[Symbol.dispose](),
  };
}

Deno.test("FlowPrior.sampleCanvas: a canvas of one window has the code that the noise has without", async () => {
  using backend = await openBackend("cpu", { threads: 1 });
  const before = heldBytes(backend);
  {
    using flow = prior(backend);
    const noise = normals(12, 2), conditions = [{}, { present: [1], absent: [2] }];
    for (const condition of conditions) {
      const alone = flow.sample(noise, condition);
      const canvas = flow.sampleCanvas(noise, [2, 1, 2], [{ start: [0, 0, 0], condition }]);
      canvas.forEach((value, i) => assertAlmostEquals(value, alone[i], 1e-4));
    }
    const flat = { ...CONFIG, codeShape: [12] };
    using without = new FlowPrior(backend, flat, flow.scale, flow.scale);
    assertThrows(() => without.sampleCanvas(noise, [2, 1, 2], []), RangeError, "no place on a canvas");
  }
  assertNothingHeld(backend, before);
});

Deno.test("FlowPrior.sampleCanvas: windows that agree are one flow; others are their weighted mean, each with its own means of codes", async () => {
  using backend = await openBackend("cpu", { threads: 1 });
  const canvas: Size3 = [4, 1, 3], noise = normals(36, 3), deviation = Float32Array.of(0.5, 1, 2);
  const windows = windowsOf(canvas, [2, 1, 2]).map((start) => ({ start }));
  {
    const scale = new CodeScale(new Float32Array(12), deviation);
    using flow = new FlowPrior(backend, CONFIG, scale, scale, identity);
    const alone = integrated((points) => points, noise, 4);
    flow.sampleCanvas(noise, canvas, windows, { steps: 4, temperature: 1 }).forEach((value, i) => {
      assertAlmostEquals(value, alone[i] * deviation[i % 3], 1e-5);
    });
  }
  // v − s of x = y − (1 − t)·s, s being the mean of the means of a number's places in its windows, over the deviation
  const window: Size3 = [4, 1, 2], larger: Size3 = [7, 1, 3], mean = normals(24, 1), points = normals(63, 4);
  const scale = new CodeScale(mean, deviation), windows4 = windowsOf(larger, window).map((start) => ({ start }));
  using flow = new FlowPrior(backend, { ...CONFIG, codeShape: [...window, 3], cells: 8 }, scale, scale, identity);
  const sums = new Float64Array(63), weights = new Float64Array(63);
  const outer = (Math.sin(Math.PI / 8) / Math.sin(Math.PI * 3 / 8)) ** 2;
  for (const { start } of windows4) {
    forEachRun(larger, window, start, 3, (from, at, length) => {
      const weight = from < 6 || from >= 18 ? outer : 1; // of the first and the last cell along x
      for (let i = 0; i < length; i++) {
        sums[at + i] += weight * mean[from + i] / deviation[i % 3];
        weights[at + i] += weight;
      }
    });
  }
  const expected = integrated((y, t) => y.map((value, i) => value - (2 - t) * sums[i] / weights[i]), points, 4);
  flow.sampleCanvas(points, larger, windows4, { steps: 4, temperature: 1 }).forEach((value, i) => {
    assertAlmostEquals(value, expected[i] * deviation[i % 3], 1e-4);
  });
});

Deno.test("windowWeights: equal for one cell and two, less at the border for more", () => {
  assertEquals([...windowWeights([2, 1, 2])], [1, 1, 1, 1]);
  const outer = Math.fround((Math.sin(Math.PI / 8) / Math.sin(Math.PI * 3 / 8)) ** 2);
  windowWeights([4, 1, 1]).forEach((weight, i) => assertAlmostEquals(weight, [outer, 1, 1, outer][i], 1e-7));
  const weights = windowWeights([5, 3, 5]);
  assertEquals([weights.length, Math.max(...weights), weights[37]], [75, 1, 1]);
  assertEquals(weights, weights.toReversed());
});

Deno.test("reach: the cells that a generator's voxels depend on", () => {
  assertEquals([reach(1), reach(3), reach(5), reach(7)], [[0, 0], [0, 1], [1, 2], [2, 3]]);
});

Deno.test("decodeCanvas: tiles of any size give the labels of the canvas decoded as a whole", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  {
    const config: ModelConfig = {
      ...PAPER_MODEL,
      generator: "conv",
      grid: [16, 16, 16],
      channels: [4, 8, 8, 8],
      latentChannels: 4,
      codeUnits: 4,
      refinerChannels: 2,
    };
    using networks = new Networks(backend, config);
    networks.initialize(5);
    const canvas: Size3 = [5, 2, 5], codes = normals(5 * 2 * 5 * 4, 4).map((value) => 2 * value);
    const whole = decodeCanvas(networks, codes, canvas, "running", Infinity);
    assertEquals(whole.length, 80 * 32 * 80);
    assert(new Set(whole).size > 3, "labels differ");
    for (const mostVoxels of [0, 16 ** 3 * 30, 16 ** 3 * 60]) {
      assertEquals(decodeCanvas(networks, codes, canvas, "running", mostVoxels), whole);
    }
    // A number at one end reaches no farther than it is said to.
    const other = codes.slice();
    other[(2 * 2 * 5 + 1 * 5 + 2) * 4] += 5;
    const changed = decodeCanvas(networks, other, canvas, "running");
    const places = [...changed.keys()].filter((voxel) => changed[voxel] !== whole[voxel]);
    const xs = places.map((voxel) => Math.floor(voxel / (32 * 80 * 16))), zs = places.map((voxel) => voxel % 80 >> 4);
    assert(places.length > 0);
    assert(Math.min(...xs) >= 2 - 2 && Math.max(...xs) <= 2 + 1, `cells ${Math.min(...xs)} to ${Math.max(...xs)}`);
    assert(Math.min(...zs) >= 2 - 2 && Math.max(...zs) <= 2 + 1, `cells ${Math.min(...zs)} to ${Math.max(...zs)}`);
  }
  assertNothingHeld(backend, before);
});
