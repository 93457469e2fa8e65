/**
 * Activations stored in bfloat16: on operands that bfloat16 can hold, every operation gives what it gives in float32,
 * rounded where the result is stored, with zeros in the padding of rows. (Operations in float32 are what the suite
 * compares with the reference.)
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { ConvGeometry, Dtype, FloatType, Span } from "../../../../../nn/backend/backend.ts";
import { BYTES_PER_ELEMENT, rowLength } from "../../../../../nn/backend/buffer.ts";
import type { OperandsOf, OperationName, ShapeOf } from "../../../../../nn/backend/calls.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { downloadFloats } from "../../../../../nn/backend/download.ts";
import type { Operand } from "../../../../../nn/backend/operation.ts";
import { OPERATIONS } from "../../../../../nn/backend/operations.ts";
import { roundedToBfloat16 } from "../../../../helpers/bfloat16.ts";
import { normal, someLabels } from "../../suite/twin.ts";

/** Numbers of an input, labels, or of an output what it holds before. */
type Content = Float32Array | Uint8Array;

const UNWRITTEN = (count: number) => new Float32Array(count).fill(NaN);
const rounded = (count: number, seed: number, deviation = 1) => roundedToBfloat16(normal(count, seed, 0, deviation));

/** bfloat16 words of rows of `channels`, zeros in the padding. */
function stored(values: Float32Array, channels: number): Uint16Array {
  const row = rowLength(channels, "bf16"), words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length / channels * row);
  words.forEach((word, i) => halves[Math.floor(i / channels) * row + i % channels] = word >>> 16);
  return halves;
}

/** Engines that were opened, and what is held on them. */
class Bench implements Disposable {
  private constructor(readonly engine: CudaBackend) {}

  static async open(): Promise<Bench> {
    return new Bench(await CudaBackend.open({ precision: "bf16", deterministic: true, cacheFolder: null }));
  }

  /** What an operation leaves in each of its outputs of numbers, rows of `channels`, with activations in `type`. */
  results<Name extends OperationName>(
    type: FloatType,
    name: Name,
    shape: ShapeOf<Name>,
    operands: OperandsOf<Name, Record<"f32" | "u8", Content>>,
    channels: Readonly<Record<string, number>>,
    types: Readonly<Record<string, FloatType>> = {},
  ): Map<string, Float32Array> {
    const { engine } = this, described: Record<string, Operand<unknown>> = OPERATIONS[name].operands as never;
    using held = new DisposableStack();
    const spans: Record<string, Span | null> = {}, places = new Map<Content, Span>();
    for (const [operand, content] of Object.entries<Content | null>(operands)) {
      const known = content && places.get(content);
      spans[operand] = known ?? null;
      if (!content || known) continue;
      const dtype: Dtype = described[operand].dtype === "float" ? types[operand] ?? type : "f32";
      const bytes = dtype === "bf16" ? stored(content as Float32Array, channels[operand]) : content;
      const buffer = held.adopt(engine.allocate(bytes.byteLength, "test"), (own) => engine.release(own));
      engine.upload(bytes, { buffer, byteOffset: 0 });
      places.set(content, spans[operand] = { buffer, byteOffset: 0, dtype });
    }
    (engine[name] as (shape: unknown, spans: unknown) => void)(shape, spans);
    const results = new Map<string, Float32Array>();
    for (const [operand, { access }] of Object.entries(described)) {
      const span = spans[operand], content = (operands as Record<string, Content | null>)[operand];
      if (!span || access(shape) === "read") continue;
      if (content instanceof Uint8Array) {
        const labels = new Uint8Array(content.length);
        engine.download(span, labels);
        results.set(operand, Float32Array.from(labels));
        continue;
      }
      const dtype = span.dtype as FloatType, wide = span.buffer.byteLength / BYTES_PER_ELEMENT[dtype];
      const values = downloadFloats(engine, span, dtype, wide), row = rowLength(channels[operand] ?? 1, dtype);
      if (dtype === "f32") {
        results.set(operand, values);
        continue;
      }
      assert(values.every((value, i) => i % row < channels[operand] || value === 0), `${name}: padding of ${operand}`);
      results.set(operand, values.filter((_, i) => i % row < channels[operand]));
    }
    return results;
  }

  /** Asserts that the results in bfloat16 are those in float32, rounded. */
  assertRounded<Name extends OperationName>(
    name: Name,
    shape: ShapeOf<Name>,
    operands: OperandsOf<Name, Record<"f32" | "u8", Content>>,
    channels: Readonly<Record<string, number>>,
  ): void {
    const exact = this.results("f32", name, shape, operands, channels);
    for (const [operand, found] of this.results("bf16", name, shape, operands, channels)) {
      const isStored = (OPERATIONS[name].operands as Record<string, Operand<never>>)[operand].dtype === "float";
      const expected = exact.get(operand)!;
      assertEquals(found, isStored ? roundedToBfloat16(expected) : expected, `${name}, ${operand}`);
      assert(expected.every(Number.isFinite), `${name}, ${operand}`);
    }
  }

  [Symbol.dispose](): void {
    this.engine[Symbol.dispose]();
  }
}

Deno.test("bfloat16 storage: element by element", async () => {
  using bench = await Bench.open();
  for (const count of [8, 1000, 40_008]) {
    const x = rounded(count, 1),
      y = rounded(count, 2),
      into = UNWRITTEN(count),
      flat = { x: 8, y: 8, dx: 8, dy: 8, a: 8, b: 8 };
    bench.assertRounded("fill", { count, value: 0.3 }, { x: into }, flat);
    bench.assertRounded("axpby", { count, a: 0.7, b: 0 }, { x, y: into }, flat);
    bench.assertRounded("axpby", { count, a: 1, b: 1 }, { x, y }, flat);
    for (const slope of [0, 0.2]) {
      bench.assertRounded("activation", { count, slope }, { x, y: into }, flat);
      bench.assertRounded("activation", { count, slope }, { x, y: x }, flat);
      bench.assertRounded("addActivation", { count, slope }, { a: x, b: y, y }, flat);
      bench.assertRounded("activationBackward", { count, slope }, { y: x, dy: y, dx: y }, flat);
    }
  }
});

Deno.test("bfloat16 storage: norms and their gradients", async () => {
  using bench = await Bench.open();
  for (const [rows, channels] of [[1, 8], [77, 64], [1003, 24], [5, 520]]) {
    const count = rows * channels, x = rounded(count, 1, 3), dy = rounded(count, 2);
    const affine = { gain: normal(channels, 3, 1, 0.1), bias: normal(channels, 4) },
      volume = { x: 8, y: 8, dx: 8, dy: 8 };
    const statistics = Float32Array.from({ length: 2 * channels }, (_, i) => i < channels ? 0.3 : 8 + i % 3);
    const shape = { rows, channels, epsilon: 1e-5, slope: 0.2 }, means = normal(2 * channels, 5, 0, 0.1);
    bench.assertRounded("batchStatistics", shape, { x, statistics: UNWRITTEN(2 * channels) }, volume);
    bench.assertRounded("batchNorm", shape, { x, statistics, ...affine, y: UNWRITTEN(count) }, volume);
    const given = { x, statistics, ...affine, dy }, sums = { dGain: normal(channels, 6), dBias: normal(channels, 7) };
    bench.assertRounded("batchNormGradientMeans", shape, { ...given, means: UNWRITTEN(2 * channels), ...sums }, volume);
    bench.assertRounded("batchNormBackward", shape, { ...given, means, dx: dy }, volume);
  }
  for (const [samples, features] of [[1, 8], [3, 4096], [2, 50_008]]) {
    const count = samples * features,
      x = rounded(count, 1, 3),
      dy = rounded(count, 2),
      volume = { x: 8, y: 8, dx: 8, dy: 8 };
    const gain = Float32Array.of(1.1),
      bias = Float32Array.of(-0.2),
      shape = { samples, features, epsilon: 1e-5, slope: 0.2 };
    const statistics = Float32Array.from({ length: 2 * samples }, (_, i) => i < samples ? 0.1 : 9);
    bench.assertRounded("layerNorm", shape, { x, gain, bias, statistics: UNWRITTEN(2 * samples), y: x }, volume);
    const sums = { dGain: Float32Array.of(1), dBias: Float32Array.of(2) };
    bench.assertRounded("layerNormBackward", shape, { x, statistics, gain, bias, dy, dx: dy, ...sums }, volume);
  }
});

const ROWS_CLASSES = [[1, 1], [101, 3], [1001, 8], [5003, 12], [1003, 13], [37, 60]] as const;

Deno.test("bfloat16 storage: rows of classes", async () => {
  using bench = await Bench.open();
  for (const [rows, classes] of ROWS_CLASSES) {
    const row = { x: classes, logits: classes, probabilities: classes }, labels = someLabels(rows, classes, 1);
    labels.forEach((_, i) => labels[i] = i % 7 === 3 ? 255 : i % 7 === 5 ? classes : labels[i]);
    bench.assertRounded("oneHot", { rows, classes }, { labels, x: UNWRITTEN(rows * classes) }, row);
    bench.assertRounded("maskUnknown", { rows, classes }, { labels, x: rounded(rows * classes, 3) }, row);
    const logits = rounded(rows * classes, 2, 3);
    bench.assertRounded("argmax", { rows, classes }, { x: logits, labels: new Uint8Array(rows) }, row);
    bench.assertRounded("softmax", { rows, classes }, { logits, probabilities: UNWRITTEN(rows * classes) }, row);
  }
});

/**
 * Every probability but the largest is off by at most 2⁻⁹ of itself (u), and so is what the largest lacks to 1; hence
 * each logarithm of the loss by 2u at most, and each p·(1 − p) and p·p′ that gradients are made of by a few u.
 */
const UNIT = 2 ** -9;

Deno.test("bfloat16 storage: the reconstruction loss and its gradient of probabilities next to 0 and 1", async () => {
  using bench = await Bench.open();
  const gamma = 0.97, epsilon = 1e-6, samples = 1, scale = 1;
  for (const [rows, classes] of [[5003, 12], [1003, 3], [1003, 13]]) {
    const count = rows * classes,
      row = { logits: classes, probabilities: classes, dProbabilities: classes, dLogits: classes };
    // Every third row is sure: of the label, or, as often, of another class.
    const logits = normal(count, 1, 0, 2).map((x, i) => x + (i % (3 * classes) === 0 ? 9 : 0));
    const probabilities = bench.results("f32", "softmax", { rows, classes }, {
      logits,
      probabilities: UNWRITTEN(count),
    }, row)
      .get("probabilities")!;
    const labels = Uint8Array.from({ length: rows }, (_, i) => i % 6 < 3 ? 0 : 1);
    const classWeights = new Float32Array(classes).fill(1 / classes);
    const both = (["f32", "bf16"] as const).map((type) => {
      const shape = { rows, classes, samples, gamma, epsilon };
      const given = {
        probabilities: type === "bf16" ? roundedToBfloat16(probabilities) : probabilities,
        labels,
        classWeights,
      };
      const loss =
        bench.results(type, "reconstructionLoss", shape, { ...given, loss: UNWRITTEN(1) }, row).get("loss")![0];
      const factors = { rows, classes, reconstruction: { samples, gamma, epsilon, scale } };
      const operands = { ...given, dProbabilities: null, dLogits: UNWRITTEN(count) };
      return { loss, dLogits: bench.results(type, "softmaxBackward", factors, operands, row).get("dLogits")! };
    });
    const [exact, found] = both;
    assert(Math.abs(found.loss - exact.loss) <= 2 * UNIT * rows, `loss ${exact.loss}, ${found.loss} in bfloat16`);
    // A gradient is a difference of terms below the weight of a class.
    found.dLogits.forEach((value, i) =>
      assert(
        Math.abs(value - exact.dLogits[i]) <= 6 * UNIT / classes,
        `${rows} × ${classes}, ${i}: ${value}, ${exact.dLogits[i]}`,
      )
    );
  }
});

const GEOMETRY: ConvGeometry = {
  ...{ batch: 3, input: [6, 4, 8], channels: 12, output: [3, 2, 4], filters: 16 },
  ...{ kernel: [5, 3, 5], stride: 2, padding: [2, 1, 2] },
};

Deno.test("bfloat16 storage: convolutions, both sides in either type", async () => {
  using bench = await Bench.open();
  const input = rounded(3 * 192 * 12, 1), filter = normal(16 * 75 * 12, 2, 0, 0.1), output = rounded(3 * 24 * 16, 3);
  const geometry = GEOMETRY, rows = { input: 12, dInput: 12, output: 16, dOutput: 16 };
  for (const [large, small] of [["bf16", "bf16"], ["bf16", "f32"], ["f32", "bf16"]] as const) {
    const types = { input: large, dInput: large, output: small, dOutput: small };
    const assertSame = <Name extends OperationName>(
      name: Name,
      shape: ShapeOf<Name>,
      operands: OperandsOf<Name, Record<"f32" | "u8", Content>>,
      result: string,
    ) => {
      // The product is rounded to bfloat16 wherever it goes.
      const [exact, found] = [{}, types].map((own) =>
        bench.results("f32", name, shape, operands, rows, own).get(result)
      );
      assertEquals(found, exact, `${name} of ${large} and ${small}`);
    };
    assertSame("convForward", { geometry }, { input, filter, output: UNWRITTEN(output.length) }, "output");
    const gradient = { geometry, accumulate: false };
    assertSame("convInputGradient", gradient, { dOutput: output, filter, dInput: UNWRITTEN(input.length) }, "dInput");
    for (const accumulate of [false, true]) {
      const operands = { input, dOutput: output, dFilter: normal(filter.length, 4) };
      assertSame("convFilterGradient", { geometry, accumulate }, operands, "dFilter");
    }
    // Added before it is rounded, or rounded, added and rounded: two roundings of the sum and one of the product apart.
    const operands = { dOutput: output, filter, dInput: input }, adding = { geometry, accumulate: true };
    const [exact, found] = [{}, types].map((own) =>
      bench.results("f32", "convInputGradient", adding, operands, rows, own).get("dInput")!
    );
    exact.forEach((value, i) => {
      const limit = 2 ** -8 * (Math.abs(value) + Math.abs(value - input[i]));
      assert(Math.abs(found[i] - value) <= limit, `dInput ${i} of ${large} and ${small}: ${found[i]}, ${value}`);
    });
  }
});

Deno.test("bfloat16 storage: what does not fit together is refused by name", async () => {
  using bench = await Bench.open();
  using exact = await CudaBackend.open({ cacheFolder: null });
  for (const engine of [bench.engine, exact]) {
    using held = new DisposableStack();
    const buffer = held.adopt(engine.allocate(1024, "test"), (own) => engine.release(own));
    const at = (byteOffset: number, dtype?: FloatType): Span => ({ buffer, byteOffset, dtype });
    const refused = (message: string, run: () => void) => assertThrows(run, RangeError, message);
    const flat = { count: 8, slope: 0 };
    refused("activation of f32 and bf16", () => engine.activation(flat, { x: at(0), y: at(64, "bf16") }));
    const product = { batch: 1, m: 1, n: 1, k: 1, transposeA: false, transposeB: false, accumulate: false };
    refused("gemm of a in bf16", () => engine.gemm(product, { a: at(0, "bf16"), b: at(0), c: at(64) }));
    const x = at(0, "bf16"), statistics = at(512);
    refused("batchStatistics of 12 channels in bf16", () => {
      engine.batchStatistics({ rows: 1, channels: 12 }, { x, statistics });
    });
    const here = { x: at(8, "bf16"), y: at(512, "bf16") };
    refused(engine === exact ? "activation of x in bf16: this engine has float32" : "not a multiple of 16", () => {
      engine.activation(flat, here);
    });
  }
});
