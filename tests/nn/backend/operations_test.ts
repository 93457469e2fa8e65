/** What follows from the table of operations, on a table that is known: types, checks, what is read and written. */
import { assertEquals, assertThrows } from "@std/assert";
import type { ConvGeometry, Span } from "../../../nn/backend/backend.ts";
import {
  type Call,
  type Kernels,
  OPERATION_NAMES,
  type Operations,
  operationsBy,
  operationsWith,
} from "../../../nn/backend/calls.ts";
import { CountingBackend } from "../../../nn/backend/counting_backend.ts";
import { OPERATIONS } from "../../../nn/backend/operations.ts";
import { ReferenceBackend } from "../../helpers/reference_backend.ts";

const buffer = { byteLength: 4096, tag: "test" };
const at = (byteOffset: number): Span => ({ buffer, byteOffset });
const NORM = { x: at(0), statistics: at(64), gain: at(128), bias: at(132), dy: at(256), dx: at(256) };
const GEOMETRY: ConvGeometry = {
  ...{ batch: 1, input: [4, 4, 4], channels: 2, output: [2, 2, 2], filters: 3 },
  ...{ kernel: [3, 3, 3], stride: 2, padding: [1, 1, 1] },
};

/** The calls that `body` makes. */
function callsOf(body: (engine: Operations) => void): Call[] {
  const calls: Call[] = [];
  body(operationsBy((call) => calls.push(call)));
  return calls;
}

Deno.test("operations: leaving out an operation, an operand or a size is a type error, an operand one at run time too", () => {
  const engine = operationsBy(() => {}), [x, y] = [at(0), at(64)];
  const norm = { rows: 1, channels: 1, epsilon: 0, slope: 1 }, product = { batch: 1, m: 1, n: 1, k: 1 };
  const missing = (operand: string, call: () => void) => assertThrows(call, RangeError, `without ${operand}`);
  // @ts-expect-error: without bias
  missing("bias", () => engine.batchNorm(norm, { x, statistics: y, gain: y, y }));
  // @ts-expect-error: only optional operands may be null
  missing("x", () => engine.activation({ count: 1, slope: 0 }, { x: null, y }));
  // @ts-expect-error: null says that an optional operand is not given
  engine.layerNormBackward({ samples: 1, features: 1, epsilon: 0, slope: 1 }, NORM);
  // @ts-expect-error: without accumulate
  engine.gemm({ ...product, transposeA: false, transposeB: false }, { a: x, b: x, c: y });
  const { adam: _, ...incomplete } = {} as Kernels<{ f32: number; u8: number }>;
  // @ts-expect-error: without adam
  operationsWith(incomplete, () => 0);
});

Deno.test("operations: a call tells the size, type and use of each operand that is given", () => {
  const described = (call: Call) =>
    call.operands.map(({ name, dtype, count, byteLength, access }) => [name, dtype, count, byteLength, access]);
  const [hot, sum, scaled, backward] = callsOf((engine) => {
    engine.oneHot({ rows: 3, classes: 5 }, { labels: at(0), x: at(4) });
    engine.axpby({ count: 7, a: 2, b: 1 }, { x: at(0), y: at(64) });
    engine.axpby({ count: 7, a: 2, b: 0 }, { x: at(0), y: at(64) });
    const shape = { rows: 3, channels: 2, epsilon: 0, slope: 1 };
    engine.batchNormGradientMeans(shape, { ...NORM, means: at(0), dGain: null, dBias: null });
  });
  assertEquals(described(hot), [["labels", "u8", 3, 3, "read"], ["x", "f32", 15, 60, "written"]]);
  assertEquals(described(sum), [["x", "f32", 7, 28, "read"], ["y", "f32", 7, 28, "updated"]]);
  assertEquals(described(scaled)[1], ["y", "f32", 7, 28, "written"]);
  assertEquals([sum.work, scaled.work], [21, 7]);
  assertEquals(backward.operands.map(({ name }) => name), ["x", "statistics", "gain", "bias", "dy", "means"]);
});

Deno.test("operations: what may be bfloat16 follows the span, in rows of whole vectors; one type a call, but for convolutions", () => {
  const half = (byteOffset: number): Span => ({ ...at(byteOffset), dtype: "bf16" });
  const [hot, conv] = callsOf((engine) => {
    engine.oneHot({ rows: 3, classes: 12 }, { labels: at(0), x: half(64) });
    engine.convForward({ geometry: GEOMETRY }, { input: half(0), filter: at(1024), output: at(2048) });
  });
  const bytes = ({ operands }: Call) => operands.map(({ name, dtype, byteLength }) => [name, dtype, byteLength]);
  assertEquals(bytes(hot), [["labels", "u8", 3], ["x", "bf16", 3 * 16 * 2]]);
  assertEquals(bytes(conv).map(([, dtype, length]) => [dtype, length]), [
    ["bf16", 64 * 8 * 2],
    ["f32", 3 * 27 * 2 * 4],
    ["f32", 8 * 3 * 4],
  ]);
  const engine = operationsBy(() => {}),
    refused = (message: string, run: () => void) => assertThrows(run, RangeError, message);
  refused("activation of f32 and bf16", () => engine.activation({ count: 8, slope: 0 }, { x: at(0), y: half(64) }));
  refused("sumOfSquares of x in bf16", () => engine.sumOfSquares({ count: 8, factor: 1 }, { x: half(0), sum: at(64) }));
  refused("batchStatistics of 12 channels in bf16", () => {
    engine.batchStatistics({ rows: 1, channels: 12 }, { x: half(0), statistics: at(64) });
  });
  using float32 = new ReferenceBackend();
  const buffer = float32.allocate(64, "test"), x: Span = { buffer, byteOffset: 0, dtype: "bf16" };
  refused("activation of x in bf16: this engine has float32", () => {
    float32.activation({ count: 8, slope: 0 }, { x, y: x });
  });
  float32.release(buffer);
});

Deno.test("operations: operands that do not belong together are refused by name, before anything runs", () => {
  using engine = new CountingBackend();
  const refused = (message: string, run: () => void) => assertThrows(run, RangeError, message);
  const norm = { samples: 1, features: 1, epsilon: 0, slope: 1 }, rows = { rows: 1, classes: 2 };
  refused("layerNormBackward with the gradient of only one", () => {
    engine.layerNormBackward(norm, { ...NORM, dGain: at(0), dBias: null });
  });
  const unlabelled = { probabilities: at(0), labels: null, classWeights: null, dLogits: at(8) };
  refused("softmaxBackward without any gradient", () => {
    engine.softmaxBackward({ ...rows, reconstruction: null }, { ...unlabelled, dProbabilities: null });
  });
  const reconstruction = { samples: 1, gamma: 0.5, epsilon: 0, scale: 1 };
  refused("softmaxBackward of a reconstruction", () => {
    engine.softmaxBackward({ ...rows, reconstruction }, { ...unlabelled, dProbabilities: at(8) });
  });
  const operands = { input: at(0), filter: at(0), output: at(0) };
  for (
    const [message, wrong] of [["axis 2, expected 2", { output: [2, 2, 3] }], ["size of 0", { channels: 0 }]] as const
  ) {
    refused(message, () => engine.convForward({ geometry: { ...GEOMETRY, ...wrong } }, operands));
  }
  refused("gemm with sizes 1, 0 and 2", () => {
    const shape = { batch: 1, m: 1, n: 0, k: 2, transposeA: false, transposeB: false, accumulate: false };
    engine.gemm(shape, { a: at(0), b: at(0), c: at(0) });
  });
  for (const order of [[0, 2, 1], [0, 0, 2], [1, 0], [1, 0, 2, 3]]) {
    refused(`permute of 3 axes in the order ${order.join(", ")}`, () => {
      engine.permute({ sizes: [2, 2, 2], order }, { x: at(0), y: at(64) });
    });
  }
  refused("permute of sizes 1, 1, 1, 1, 1, 1", () => {
    engine.permute({ sizes: [1, 1, 1, 1, 1, 1], order: [0, 1, 2, 3, 4, 5] }, { x: at(0), y: at(64) });
  });
  for (const [scale, shift, message] of [[0, 2, "by block 2 of 2"], [1, 1, "by the same block 1"]] as const) {
    refused(message, () => {
      const shape = { samples: 1, cells: 1, channels: 1, blocks: 2, epsilon: 0, scale, shift };
      engine.modulatedNorm(shape, { x: at(0), modulation: at(64), statistics: at(128), y: at(192) });
    });
  }
  assertEquals(engine.counts.total().calls, 0);
});

Deno.test("OPERATIONS: each has an output, and takes the place of inputs of the same size and type only", () => {
  for (const name of OPERATION_NAMES) {
    const operands: Record<
      string,
      { dtype: string; count: unknown; access(shape: never): string; over: readonly string[] }
    > = OPERATIONS[name].operands;
    const shape = { accumulate: false, b: 0 } as never;
    const outputs = Object.values(operands).filter(({ access }) => access(shape) !== "read");
    assertEquals(outputs.length > 0, true, name);
    for (const { over, dtype, count } of outputs) {
      for (const input of over) assertEquals([operands[input].dtype, operands[input].count], [dtype, count], name);
    }
  }
});
