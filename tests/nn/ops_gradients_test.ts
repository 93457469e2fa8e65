/** The gradients that the tape makes of layers, against finite differences of a squared error of what they give. */
import { assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { fillNormal } from "../../base/random.ts";
import { checkingFinite } from "../../nn/backend/finite_check.ts";
import { addRows } from "../../nn/ops/add_rows.ts";
import { attention } from "../../nn/ops/attention.ts";
import { dense } from "../../nn/ops/dense.ts";
import { modulatedNorm } from "../../nn/ops/modulated_norm.ts";
import { softmax } from "../../nn/ops/reconstruction.ts";
import { silu } from "../../nn/ops/silu.ts";
import { squaredError } from "../../nn/ops/squared_error.ts";
import { clipGradients, gradientNorm } from "../../nn/optim/gradient_norm.ts";
import { type Parameter, ParameterBuilder, ParameterSet } from "../../nn/parameters.ts";
import type { Shape } from "../../nn/shape.ts";
import { Tape } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

const ROWS = 12, INPUTS = 3;

function normal(count: number, seed: number): Float32Array {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed, stream: 81, iteration: 0 });
  return numbers;
}

/** From x `[12, 3]` and parameters to what is compared with numbers drawn once. */
type Network = (tape: Tape, x: Tensor, parameter: (name: string) => Parameter) => Tensor;

/** The cost of a network whose parameters have the given values, and its gradient if asked. */
function costOf(shapes: Record<string, Shape>, network: Network, values: Float32Array, differentiates: boolean) {
  using engine = new ReferenceBackend();
  const backend = checkingFinite(engine), builder = new ParameterBuilder();
  for (const [name, shape] of Object.entries(shapes)) builder.add(name, shape, "weight");
  const result = { cost: 0, slope: new Float32Array() };
  {
    using set = new ParameterSet(backend, "net", builder);
    backend.upload(values, set.values);
    using x = Tensor.from(backend, normal(ROWS * INPUTS, 1), [ROWS, INPUTS], "x");
    using loss = Tensor.allocate(backend, [1], "loss");
    using tape = new Tape(backend, { trains: set });
    const y = network(tape, x, (name) => set.get(name));
    const target = tape.own(Tensor.from(backend, normal(y.size, 2), y.shape, "target"));
    squaredError(tape, y, target, loss);
    result.cost = loss.toFloat32()[0];
    if (differentiates) {
      using gradients = set.zeroGradients();
      tape.backward([{ loss, weight: 1 }]);
      result.slope = gradients.value.toFloat32();
    }
  }
  assertEquals(engine.memory.liveBytes, 0, "bytes left");
  return result;
}

/** Asserts that every gradient is the slope of the cost. */
function assertGradients(shapes: Record<string, Shape>, network: Network): void {
  const builder = new ParameterBuilder();
  for (const [name, shape] of Object.entries(shapes)) builder.add(name, shape, "weight");
  const values = normal(builder.size, 3), step = 3e-3;
  const { slope } = costOf(shapes, network, values, true);
  for (const { name, offset, shape } of builder.layouts) {
    const size = shape.reduce((product, length) => product * length, 1);
    assertGreater(slope.subarray(offset, offset + size).filter((g) => Math.abs(g) > 1e-2).length, size / 4, name);
    for (let i = offset; i < offset + size; i++) {
      const [above, below] = [step, -step].map((by) => {
        const moved = Float32Array.from(values);
        moved[i] += by;
        return costOf(shapes, network, moved, false).cost;
      });
      const expected = (above - below) / (2 * step);
      assertAlmostEquals(slope[i], expected, 2e-3 * Math.max(1, Math.abs(expected)), `${name}, ${i - offset}`);
    }
  }
}

Deno.test("squaredError: the mean over all numbers, and its gradient", () => {
  assertGradients({ weight: [INPUTS, 2] }, (tape, x, get) => dense(tape, x, get("weight")));
  using backend = new ReferenceBackend();
  using tape = new Tape(backend);
  using loss = Tensor.allocate(backend, [1], "loss");
  const [x, target] = [[1, 2, 3, 4], [1, 0, 3, 8]].map((numbers) =>
    tape.own(Tensor.from(backend, Float32Array.from(numbers), [2, 2], "x"))
  );
  squaredError(tape, x, target, loss);
  assertEquals([...loss.toFloat32()], [5]);
});

Deno.test("silu: gradients agree with finite differences, of a tensor that is read twice too", () => {
  assertGradients({ weight: [INPUTS, 4], reader: [4, 2] }, (tape, x, get) => {
    const h = dense(tape, x, get("weight"));
    return dense(tape, addRows(tape, silu(tape, h), h, 1), get("reader"));
  });
});

Deno.test("softmax: volumes beside sparse ones are zero where these are unknown, and nothing is learned there", () => {
  const known = Uint8Array.from([0, 255, 2, 255, 1, 0]), isUnknown = (row: number) => known[row % 6] === 255;
  assertGradients({ weight: [INPUTS, 3], reader: [3, 4] }, (tape, x, get) => {
    const labels = tape.own(Tensor.from(tape.backend, known, [6], "labels"));
    const volumes = softmax(tape, dense(tape, x, get("weight")), null, labels);
    volumes.toFloat32().forEach((p, i) => assertEquals(p === 0, isUnknown(Math.floor(i / 3))));
    return dense(tape, volumes, get("reader"));
  });
});

Deno.test("addRows: gradients of x and of rows that are a parameter or a tensor, for every repetition", () => {
  for (const [groups, repeat] of [[1, ROWS], [1, 1], [4, 1], [4, 3], [2, 3]]) {
    assertGradients({ weight: [INPUTS, 4], bias: [groups, 4], reader: [4, 4] }, (tape, x, get) => {
      const biased = addRows(tape, dense(tape, x, get("weight")), get("bias"), repeat);
      const rows = tape.own(Tensor.from(tape.backend, normal(groups * INPUTS, 4), [groups, INPUTS], "rows"));
      return dense(tape, addRows(tape, biased, dense(tape, rows, get("weight")), repeat), get("reader"));
    });
  }
});

Deno.test("addRows: which row goes where, and what does not fit", () => {
  using backend = new ReferenceBackend();
  using tape = new Tape(backend);
  const tensor = (numbers: number[], shape: Shape) =>
    tape.own(Tensor.from(backend, Float32Array.from(numbers), shape, "x"));
  const x = tensor([0, 1, 2, 3, 4, 5, 6, 7], [8, 1]), rows = tensor([10, 20], [2, 1]);
  assertEquals([...addRows(tape, x, rows, 1).toFloat32()], [10, 21, 12, 23, 14, 25, 16, 27]);
  assertEquals([...addRows(tape, x, rows, 2).toFloat32()], [10, 11, 22, 23, 14, 15, 26, 27]);
  assertEquals([...addRows(tape, x, rows, 4).toFloat32()], [10, 11, 12, 13, 24, 25, 26, 27]);
  assertThrows(() => addRows(tape, x, rows, 3), RangeError, "[2, 1], each 3 times, do not fit [8, 1]");
  assertThrows(() => addRows(tape, x, tensor([1, 2], [1, 2]), 1), RangeError, "do not fit");
});

Deno.test("modulatedNorm: gradients agree with finite differences; two norms share a modulation", () => {
  for (const samples of [1, 3, ROWS]) {
    const blocks = 5, channels = 4;
    const shapes = { weight: [INPUTS, channels], modulation: [INPUTS, blocks * channels] };
    assertGradients(shapes, (tape, x, get) => {
      const given = tape.own(Tensor.from(tape.backend, normal(samples * INPUTS, 5), [samples, INPUTS], "given"));
      const modulation = dense(tape, given, get("modulation"));
      const h = modulatedNorm(tape, dense(tape, x, get("weight")), modulation, { scale: 3, shift: 0 });
      return modulatedNorm(tape, silu(tape, h), modulation, { scale: 1, shift: 2 });
    });
  }
});

Deno.test("attention: gradients agree with finite differences, for one head and more", () => {
  for (const [samples, heads, channels] of [[1, 1, 2], [3, 2, 4], [2, 3, 6]]) {
    assertGradients({ weight: [INPUTS, 3 * channels], reader: [channels, 3] }, (tape, x, get) => {
      const qkv = dense(tape, x, get("weight"));
      return dense(tape, attention(tape, qkv, { samples, cells: ROWS / samples, heads }), get("reader"));
    });
  }
});

Deno.test("attention: cells attend to their own sample by head; equal keys average the values", () => {
  using backend = new ReferenceBackend();
  using tape = new Tape(backend);
  // Two samples of two cells; queries and keys of the first head are 0, those of the second pick the first cell.
  const [q, k] = [[0, 100], [[0, 1], [0, -1]]] as const;
  const rows = [[1, 2], [3, 4], [5, 6], [7, 8]].map((values, row) => [...q, ...k[row % 2], ...values]);
  const qkv = tape.own(Tensor.from(backend, Float32Array.from(rows.flat()), [4, 6], "qkv"));
  const y = attention(tape, qkv, { samples: 2, cells: 2, heads: 2 });
  assertEquals([...y.toFloat32()], [2, 2, 2, 2, 6, 6, 6, 6]);
  assertThrows(() => attention(tape, qkv, { samples: 2, cells: 2, heads: 3 }), RangeError, "3 heads");
  assertThrows(() => attention(tape, qkv, { samples: 3, cells: 2, heads: 2 }), RangeError, "expected [6, 6]");
});

Deno.test("clipGradients: to the norm if they are above it, else not at all", () => {
  using backend = new ReferenceBackend();
  using gradients = Tensor.from(backend, Float32Array.of(3, 0, -4), [3], "gradients");
  clipGradients(backend, gradients, 10);
  assertEquals([...gradients.toFloat32()], [3, 0, -4]);
  clipGradients(backend, gradients, 2.5);
  assertEquals([...gradients.toFloat32()], [1.5, 0, -2]);
  assertEquals(gradientNorm(backend, gradients), 2.5);
  assertEquals(backend.memory.liveBytes, gradients.byteLength);
});
