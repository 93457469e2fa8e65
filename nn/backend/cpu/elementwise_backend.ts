/** The part of the CPU engine that passes over memory: transfers, element-wise operations, norms and losses. */
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
} from "../backend.ts";
import type { MemoryLedger } from "../memory.ts";
import type { Engine } from "./engine.ts";
import * as activations from "./kernels/activation.ts";
import { adam } from "./kernels/adam.ts";
import { argmax } from "./kernels/argmax.ts";
import { axpby } from "./kernels/axpby.ts";
import { batchNorm } from "./kernels/batch_norm.ts";
import { batchNormBackward } from "./kernels/batch_norm_backward.ts";
import { batchStatistics } from "./kernels/batch_statistics.ts";
import { bceLogits, bceLogitsBackward } from "./kernels/bce_logits.ts";
import { classWeights } from "./kernels/class_weights.ts";
import { copy } from "./kernels/copy.ts";
import { fill } from "./kernels/fill.ts";
import * as gaussian from "./kernels/gaussian.ts";
import { layerNorm } from "./kernels/layer_norm.ts";
import { layerNormBackward } from "./kernels/layer_norm_backward.ts";
import { oneHot } from "./kernels/one_hot.ts";
import { randomNormal } from "./kernels/random_normal.ts";
import type { Block } from "./linear_memory.ts";
import type { RowOperations } from "./row_operations.ts";
import { addressOf } from "./spans.ts";

/** Addresses of four operands. */
type Four = [number, number, number, number];

/** Everything of {@link Backend} but the products of matrices and volumes. Every operation ends before it returns. */
export abstract class ElementwiseBackend implements Backend {
  /** Takes over `engine`. */
  constructor(protected readonly engine: Engine, readonly rows: RowOperations) {}

  abstract convForward(geometry: ConvGeometry, input: Span, filter: Span, output: Span): void;
  abstract convInputGradient(
    geometry: ConvGeometry,
    dOutput: Span,
    filter: Span,
    dInput: Span,
    accumulate: boolean,
  ): void;
  abstract convFilterGradient(
    geometry: ConvGeometry,
    input: Span,
    dOutput: Span,
    dFilter: Span,
    accumulate: boolean,
  ): void;
  abstract gemm(shape: GemmShape, a: Span, b: Span, c: Span, accumulate: boolean): void;

  abstract get name(): string;

  get memory(): MemoryLedger {
    return this.engine.heap.ledger;
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    return this.engine.heap.allocate(byteLength, tag);
  }

  release(buffer: DeviceBuffer): void {
    this.engine.heap.release(buffer as Block);
  }

  upload(source: ArrayBufferView, target: Span): void {
    this.#view(target, source.byteLength).set(
      new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
    );
  }

  download(source: Span, target: ArrayBufferView): void {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(this.#view(source, target.byteLength));
  }

  synchronize(): void {}

  /** Stops the threads; the memory goes when nothing refers to it any more. */
  [Symbol.dispose](): void {
    this.engine[Symbol.dispose]();
  }

  /** Address of `count` float32. @throws {RangeError} if they do not fit */
  protected floats(span: Span, count: number): number {
    return addressOf(this.engine.heap, span, count * 4, 4);
  }

  #bytes(span: Span, count: number): number {
    return addressOf(this.engine.heap, span, count, 1);
  }

  #view(span: Span, byteLength: number): Uint8Array {
    return new Uint8Array(this.engine.heap.memory.buffer, this.#bytes(span, byteLength), byteLength);
  }

  fill(count: number, value: number, x: Span): void {
    fill(this.engine, count, value, this.floats(x, count));
  }

  copy(byteLength: number, x: Span, y: Span): void {
    copy(this.engine, byteLength, this.#bytes(x, byteLength), this.#bytes(y, byteLength));
  }

  axpby(count: number, a: number, x: Span, b: number, y: Span): void {
    axpby(this.engine, count, a, this.floats(x, count), b, this.floats(y, count));
  }

  randomNormal(count: number, key: RandomKey, mean: number, deviation: number, x: Span): void {
    randomNormal(this.engine, count, key, mean, deviation, this.floats(x, count));
  }

  oneHot(count: number, classes: number, labels: Span, x: Span): void {
    oneHot(this.engine, count, classes, this.#bytes(labels, count), this.floats(x, count * classes));
  }

  argmax(shape: RowsShape, x: Span, labels: Span): void {
    argmax(this.engine, shape, this.floats(x, shape.rows * shape.classes), this.#bytes(labels, shape.rows));
  }

  activation(count: number, activation: Activation, x: Span, y: Span): void {
    activations.activation(this.engine, count, activation, this.floats(x, count), this.floats(y, count));
  }

  activationBackward(count: number, activation: Activation, y: Span, dy: Span, dx: Span): void {
    const [output, gradient, result] = [y, dy, dx].map((span) => this.floats(span, count));
    activations.activationBackward(this.engine, count, activation, output, gradient, result);
  }

  addActivation(count: number, activation: Activation, a: Span, b: Span, y: Span): void {
    const [left, right, result] = [a, b, y].map((span) => this.floats(span, count));
    activations.addActivation(this.engine, count, activation, left, right, result);
  }

  batchStatistics(shape: BatchNormShape, x: Span, statistics: Span): void {
    const { rows, channels } = shape;
    batchStatistics(this.engine, shape, this.floats(x, rows * channels), this.floats(statistics, 2 * channels));
  }

  batchNorm(shape: BatchNormShape, operands: NormOperands, y: Span): void {
    const { rows, channels } = shape;
    const addresses = this.#normOperands(operands, rows * channels, channels, channels);
    batchNorm(this.engine, shape, ...addresses, this.floats(y, rows * channels));
  }

  batchNormBackward(shape: BatchNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { rows, channels } = shape, count = rows * channels;
    const addresses = this.#normOperands(operands, count, channels, channels);
    batchNormBackward(this.engine, shape, ...addresses, ...this.#normGradients(gradients, count, channels));
  }

  layerNorm(shape: LayerNormShape, operands: NormOperands, y: Span): void {
    const { samples, features } = shape;
    const [x, statistics, gain, bias] = this.#normOperands(operands, samples * features, samples, 1);
    layerNorm(this.engine, shape, x, gain, bias, this.floats(y, samples * features), statistics);
  }

  layerNormBackward(shape: LayerNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { samples, features } = shape, count = samples * features;
    const addresses = this.#normOperands(operands, count, samples, 1);
    layerNormBackward(this.engine, shape, ...addresses, ...this.#normGradients(gradients, count, 1));
  }

  /** Addresses of x, statistics, gain and bias. */
  #normOperands({ x, statistics, gain, bias }: NormOperands, count: number, groups: number, parameters: number): Four {
    const [gains, biases] = [gain, bias].map((span) => this.floats(span, parameters));
    return [this.floats(x, count), this.floats(statistics, 2 * groups), gains, biases];
  }

  /** Addresses of dy and dx, and of what the gradients of gain and bias are added to: zeros where it is not wanted. */
  #normGradients({ dy, dx, dParameters }: NormGradients, count: number, parameters: number): Four {
    const { gain, bias } = dParameters ?? {};
    const [dGain, dBias] = [gain, bias].map((span) => span ? this.floats(span, parameters) : 0);
    return [this.floats(dy, count), this.floats(dx, count), dGain, dBias];
  }

  softmax(shape: RowsShape, logits: Span, probabilities: Span): void {
    const [from, to] = [logits, probabilities].map((span) => this.floats(span, shape.rows * shape.classes));
    this.rows.softmax(this.engine, shape, from, to);
  }

  softmaxBackward(
    shape: RowsShape,
    probabilities: Span,
    dProbabilities: Span | null,
    reconstruction: ReconstructionGradient | null,
    dLogits: Span,
  ): void {
    const count = shape.rows * shape.classes;
    const loss = reconstruction && {
      ...reconstruction,
      labels: this.#bytes(reconstruction.labels, shape.rows),
      classWeights: this.floats(reconstruction.classWeights, shape.classes),
    };
    const incoming = dProbabilities && this.floats(dProbabilities, count);
    const [p, dx] = [probabilities, dLogits].map((span) => this.floats(span, count));
    this.rows.softmaxBackward(this.engine, shape, p, incoming, loss, dx);
  }

  classWeights(count: number, classes: number, labels: Span, weights: Span): void {
    classWeights(this.engine, count, classes, this.#bytes(labels, count), this.floats(weights, classes));
  }

  reconstructionLoss(
    shape: ReconstructionShape,
    labels: Span,
    classWeights: Span,
    probabilities: Span,
    loss: Span,
  ): void {
    const { rows, classes } = shape;
    const [label, weights] = [this.#bytes(labels, rows), this.floats(classWeights, classes)];
    const p = this.floats(probabilities, rows * classes);
    this.rows.reconstructionLoss(this.engine, shape, label, weights, p, this.floats(loss, 1));
  }

  bceLogits(count: number, target: 0 | 1, logits: Span, loss: Span, accumulate: boolean): void {
    bceLogits(this.engine, count, target, this.floats(logits, count), this.floats(loss, 1), accumulate);
  }

  bceLogitsBackward(
    count: number,
    target: 0 | 1,
    scale: number,
    logits: Span,
    dLogits: Span,
    accumulate: boolean,
  ): void {
    const [from, to] = [logits, dLogits].map((span) => this.floats(span, count));
    bceLogitsBackward(this.engine, count, target, scale, from, to, accumulate);
  }

  gaussianSample(count: number, ...operands: [mean: Span, logVariance: Span, noise: Span, sample: Span]): void {
    const [mean, logVariance, noise, sample] = operands.map((span) => this.floats(span, count));
    gaussian.gaussianSample(this.engine, count, mean, logVariance, noise, sample);
  }

  gaussianDivergence(count: number, samples: number, mean: Span, logVariance: Span, loss: Span): void {
    const [from, spread] = [mean, logVariance].map((span) => this.floats(span, count));
    gaussian.gaussianDivergence(this.engine, count, samples, from, spread, this.floats(loss, 1));
  }

  gaussianBackward(count: number, factor: number, ...operands: [Span, Span, Span, Span]): void {
    const [logVariance, noise, dSample, dLogVariance] = operands.map((span) => this.floats(span, count));
    gaussian.gaussianBackward(this.engine, count, factor, logVariance, noise, dSample, dLogVariance);
  }

  adam(count: number, step: AdamStep, parameters: Span, gradients: Span, m: Span, v: Span): void {
    const [p, g, first, second] = [parameters, gradients, m, v].map((span) => this.floats(span, count));
    adam(this.engine, count, step, p, g, first, second);
  }
}
