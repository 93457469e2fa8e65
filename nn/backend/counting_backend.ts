/** The dry run: an engine that does no arithmetic but counts memory, calls and work, to plan a phase without a device. */
import type {
  Activation,
  AdamStep,
  Backend,
  BatchNormShape,
  ConvGeometry,
  DeviceBuffer,
  GemmShape,
  LayerNormShape,
  NormGradients,
  NormOperands,
  RandomKey,
  ReconstructionGradient,
  ReconstructionShape,
  RowsShape,
  Span,
} from "./backend.ts";
import { elementCount } from "../shape.ts";
import { CountingBuffers, type Touched } from "./counting_buffers.ts";
import { floats, normOperands, normParameters, result } from "./counting_operands.ts";
import type { MemoryLedger } from "./memory.ts";
import { OperationCounts } from "./operation_counts.ts";

/** Which of the three operations on a {@link ConvGeometry}. */
export type ConvDirection = "forward" | "inputGradient" | "filterGradient";

/** Options of {@link CountingBackend}. */
export interface CountingOptions {
  /** More bytes than this are refused with an `OutOfMemoryError`; default: no limit. */
  readonly limitBytes?: number;
  /** Workspace that the planned engine needs for a convolution; default: none. All convolutions share the largest. */
  readonly workspaceBytes?: (geometry: ConvGeometry, direction: ConvDirection) => number;
  /** Name of the planned engine, for messages; default "dry run". */
  readonly name?: string;
}

/** See the file's comment. Spans and lifetimes are checked (`RangeError`); downloads leave their target as it was. */
export class CountingBackend implements Backend {
  readonly name: string;
  /** Calls and work of every method. */
  readonly counts: OperationCounts = new OperationCounts();
  readonly #buffers: CountingBuffers;
  readonly #workspaceBytes: (geometry: ConvGeometry, direction: ConvDirection) => number;

  /** Nothing is allocated yet. */
  constructor({ limitBytes = Infinity, workspaceBytes = () => 0, name = "dry run" }: CountingOptions = {}) {
    this.name = name;
    this.#buffers = new CountingBuffers(name, limitBytes);
    this.#workspaceBytes = workspaceBytes;
  }

  get memory(): MemoryLedger {
    return this.#buffers.ledger;
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    return this.#buffers.allocate(byteLength, tag);
  }

  release(buffer: DeviceBuffer): void {
    this.#buffers.release(buffer);
  }

  upload(source: ArrayBufferView, target: Span): void {
    this.#note("upload", 0, [target, source.byteLength]);
  }

  download(source: Span, target: ArrayBufferView): void {
    this.#note("download", 0, [source, target.byteLength]);
  }

  synchronize(): void {}

  /** Gives the workspace back. */
  [Symbol.dispose](): void {
    this.#buffers.releaseWorkspace();
  }

  #note(operation: string, floatOperations: number, ...touched: Touched[]): void {
    this.counts.add(operation, floatOperations, this.#buffers.touch(touched));
  }

  fill(count: number, _value: number, x: Span): void {
    this.#note("fill", 0, floats(x, count));
  }

  copy(byteLength: number, x: Span, y: Span): void {
    this.#note("copy", 0, [x, byteLength], [y, byteLength]);
  }

  axpby(count: number, _a: number, x: Span, b: number, y: Span): void {
    this.#note("axpby", (b === 0 ? 1 : 3) * count, floats(x, count), ...result(y, count, b !== 0));
  }

  randomNormal(count: number, _key: RandomKey, _mean: number, _deviation: number, x: Span): void {
    // Per number: a quarter of ten Philox rounds (about 8 operations each) and half a Box-Muller pair.
    this.#note("randomNormal", 25 * count, floats(x, count));
  }

  oneHot(count: number, classes: number, labels: Span, x: Span): void {
    this.#note("oneHot", 0, [labels, count], floats(x, count * classes));
  }

  argmax({ rows, classes }: RowsShape, x: Span, labels: Span): void {
    this.#note("argmax", rows * classes, floats(x, rows * classes), [labels, rows]);
  }

  convForward(geometry: ConvGeometry, input: Span, filter: Span, output: Span): void {
    this.#convolution("convForward", geometry, "forward", input, filter, output);
  }

  convInputGradient(geometry: ConvGeometry, dOutput: Span, filter: Span, dInput: Span, accumulate: boolean): void {
    this.#convolution("convInputGradient", geometry, "inputGradient", dInput, filter, dOutput, accumulate && dInput);
  }

  convFilterGradient(geometry: ConvGeometry, input: Span, dOutput: Span, dFilter: Span, accumulate: boolean): void {
    this.#convolution("convFilterGradient", geometry, "filterGradient", input, dFilter, dOutput, accumulate && dFilter);
  }

  #convolution(
    operation: string,
    geometry: ConvGeometry,
    direction: ConvDirection,
    input: Span,
    filter: Span,
    output: Span,
    readAgain: Span | false = false,
  ): void {
    const { batch, channels, filters, kernel } = geometry;
    const inputs = floats(input, batch * elementCount(geometry.input) * channels);
    const weights = floats(filter, filters * elementCount(kernel) * channels);
    const outputs = floats(output, batch * elementCount(geometry.output) * filters);
    const again = [inputs, weights].filter(([span]) => span === readAgain);
    this.#buffers.needWorkspace(this.#workspaceBytes(geometry, direction));
    const products = batch * elementCount(geometry.output) * filters * elementCount(kernel) * channels;
    this.#note(operation, 2 * products, inputs, weights, outputs, ...again);
  }

  gemm({ m, n, k }: GemmShape, a: Span, b: Span, c: Span, accumulate: boolean): void {
    this.#note("gemm", 2 * m * n * k, floats(a, m * k), floats(b, k * n), ...result(c, m * n, accumulate));
  }

  activation(count: number, _activation: Activation, x: Span, y: Span): void {
    this.#note("activation", count, floats(x, count), floats(y, count));
  }

  activationBackward(count: number, _activation: Activation, y: Span, dy: Span, dx: Span): void {
    this.#note("activationBackward", count, floats(y, count), floats(dy, count), floats(dx, count));
  }

  addActivation(count: number, _activation: Activation, a: Span, b: Span, y: Span): void {
    this.#note("addActivation", 2 * count, floats(a, count), floats(b, count), floats(y, count));
  }

  batchStatistics({ rows, channels }: BatchNormShape, x: Span, statistics: Span): void {
    this.#note("batchStatistics", 4 * rows * channels, floats(x, rows * channels), floats(statistics, 2 * channels));
  }

  batchNorm(shape: BatchNormShape, operands: NormOperands, y: Span): void {
    const { rows, channels } = shape, count = rows * channels;
    this.#note("batchNorm", 5 * count, ...normOperands(operands, count, channels, channels), floats(y, count));
  }

  batchNormBackward(shape: BatchNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { rows, channels } = shape;
    this.#normBackward("batchNormBackward", operands, gradients, rows * channels, channels, channels);
  }

  layerNorm(shape: LayerNormShape, operands: NormOperands, y: Span): void {
    const { samples, features } = shape, count = samples * features;
    this.#note("layerNorm", 9 * count, ...normOperands(operands, count, samples, 1), floats(y, count));
  }

  layerNormBackward(shape: LayerNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { samples, features } = shape;
    this.#normBackward("layerNormBackward", operands, gradients, samples * features, samples, 1);
  }

  /** Both passes of a normalisation's gradient: x and dy are read twice, what is added to is read and written. */
  #normBackward(
    operation: string,
    operands: NormOperands,
    { dy, dx, dParameters }: NormGradients,
    count: number,
    groups: number,
    parameters: number,
  ): void {
    const read = [...normOperands(operands, count, groups, parameters), floats(dy, count)];
    const again = [floats(operands.x, count), floats(dy, count)];
    const added = dParameters ? normParameters(dParameters, parameters) : [];
    this.#note(operation, 14 * count, ...read, ...again, ...added, ...added, floats(dx, count));
  }

  softmax({ rows, classes }: RowsShape, logits: Span, probabilities: Span): void {
    const count = rows * classes;
    this.#note("softmax", 5 * count, floats(logits, count), floats(probabilities, count));
  }

  softmaxBackward(
    { rows, classes }: RowsShape,
    probabilities: Span,
    dProbabilities: Span | null,
    reconstruction: ReconstructionGradient | null,
    dLogits: Span,
  ): void {
    if (!dProbabilities && !reconstruction) throw new RangeError("softmaxBackward without any gradient");
    const count = rows * classes;
    const touched: Touched[] = [floats(probabilities, count), floats(dLogits, count)];
    if (dProbabilities) touched.push(floats(dProbabilities, count));
    if (reconstruction) touched.push([reconstruction.labels, rows], floats(reconstruction.classWeights, classes));
    this.#note("softmaxBackward", (reconstruction ? 8 : 4) * count, ...touched);
  }

  classWeights(count: number, classes: number, labels: Span, weights: Span): void {
    this.#note("classWeights", count, [labels, count], floats(weights, classes));
  }

  reconstructionLoss(
    { rows, classes }: ReconstructionShape,
    labels: Span,
    classWeights: Span,
    probabilities: Span,
    loss: Span,
  ): void {
    const count = rows * classes;
    this.#note(
      "reconstructionLoss",
      4 * count,
      [labels, rows],
      floats(classWeights, classes),
      floats(probabilities, count),
      floats(loss, 1),
    );
  }

  bceLogits(count: number, _target: 0 | 1, logits: Span, loss: Span, accumulate: boolean): void {
    this.#note("bceLogits", 4 * count, floats(logits, count), ...result(loss, 1, accumulate));
  }

  bceLogitsBackward(
    count: number,
    _target: 0 | 1,
    _scale: number,
    logits: Span,
    dLogits: Span,
    accumulate: boolean,
  ): void {
    this.#note("bceLogitsBackward", 4 * count, floats(logits, count), ...result(dLogits, count, accumulate));
  }

  gaussianSample(count: number, mean: Span, logVariance: Span, noise: Span, sample: Span): void {
    this.#note("gaussianSample", 4 * count, ...[mean, logVariance, noise, sample].map((span) => floats(span, count)));
  }

  gaussianDivergence(count: number, _samples: number, mean: Span, logVariance: Span, loss: Span): void {
    this.#note("gaussianDivergence", 5 * count, floats(mean, count), floats(logVariance, count), floats(loss, 1));
  }

  gaussianBackward(count: number, _factor: number, ...operands: [Span, Span, Span, Span]): void {
    this.#note("gaussianBackward", 9 * count, ...operands.map((span) => floats(span, count)));
  }

  adam(count: number, _step: AdamStep, parameters: Span, gradients: Span, m: Span, v: Span): void {
    const updated = [parameters, m, v].flatMap((span) => result(span, count, true));
    this.#note("adam", 12 * count, floats(gradients, count), ...updated);
  }
}
