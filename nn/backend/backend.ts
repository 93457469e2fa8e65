/**
 * What an engine has to do: coarse operations on opaque buffers.
 *
 * Every operand is a {@link Span}: a buffer and where in it the operand starts. Sizes are arguments; nothing is
 * inferred. Tensors are dense and row-major, volumes are `[n, D, H, W, C]` (NDHWC), filters `[K, kd, kh, kw, C]`,
 * numbers float32, labels uint8. Operations may run asynchronously in issue order; {@link Backend.download} waits.
 *
 * Outputs are overwritten unless `accumulate` says otherwise. Unless a method says that it may run in place, outputs
 * must not overlap inputs.
 */
import type { RandomKey } from "../../base/random.ts";
import type { MemoryLedger } from "./memory.ts";

export type { RandomKey };

/** Memory of an engine, from {@link Backend.allocate} to {@link Backend.release}. Only its engine looks inside. */
export interface DeviceBuffer {
  /** Size asked for, without the padding that the engine may add. */
  readonly byteLength: number;
  /** What the memory is for; shown by the ledger and in out-of-memory errors. */
  readonly tag: string;
}

/** A place in a buffer; the operation knows how much follows. */
export interface Span {
  /** Memory of the engine that the operation is called on; another engine's is refused. */
  readonly buffer: DeviceBuffer;
  /** Bytes from the start of the buffer: a multiple of 4, of 1 for labels. */
  readonly byteOffset: number;
}

/** Spatial sizes in the order depth, height, width. */
export type Size3 = readonly [depth: number, height: number, width: number];

/**
 * A 3-D convolution seen in its forward direction, from the large side ("input", `channels` C) to the small side
 * ("output", `filters` K): output = floor((input + 2·padding − kernel) / stride) + 1 on each axis. A transposed
 * convolution is the input gradient of such a convolution. Cross-correlation, as in every framework.
 */
export interface ConvGeometry {
  /** Samples n, the first axis of both sides. */
  readonly batch: number;
  /** Voxels of the large side. */
  readonly input: Size3;
  /** Channels C of the large side. */
  readonly channels: number;
  /** Voxels of the small side. */
  readonly output: Size3;
  /** Channels K of the small side. */
  readonly filters: number;
  /** Taps on each axis. */
  readonly kernel: Size3;
  /** Step of the kernel in voxels of the large side, the same on every axis. */
  readonly stride: number;
  /** Zeros on each axis beside the large side, before and behind it alike. */
  readonly padding: Size3;
}

/** C[m,n] (+)= op(A) · op(B): A is `[m,k]` (`[k,m]` if transposed), B is `[k,n]` (`[n,k]` if transposed). */
export interface GemmShape {
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** Length of the sums: columns of op(A), rows of op(B). */
  readonly k: number;
  /** A lies in memory as `[k, m]`. */
  readonly transposeA: boolean;
  /** B lies in memory as `[n, k]`. */
  readonly transposeB: boolean;
}

/** y = x for x ≥ 0 (x > 0 when slope is 0), slope·x below. Slope 1 is the identity, 0 is ReLU, 0.2 the leaky ReLU. */
export interface Activation {
  /** Factor below 0, from 0 to 1. */
  readonly slope: number;
}

/** Statistics per column over the rows of `[rows, channels]`, followed by an activation. */
export interface BatchNormShape extends Activation {
  /** Samples × voxels: what mean and variance are taken over. */
  readonly rows: number;
  /** Columns, each with a gain and a bias of its own. */
  readonly channels: number;
  /** Added to the variance before its root. */
  readonly epsilon: number;
}

/** Statistics per row of `[samples, features]` with one gain and one bias for all, followed by an activation. */
export interface LayerNormShape extends Activation {
  /** Rows, each normalised by itself. */
  readonly samples: number;
  /** Voxels × channels: what mean and variance are taken over. */
  readonly features: number;
  /** Added to the variance before its root. */
  readonly epsilon: number;
}

/** Gain and bias of a norm, or their gradients: one of each per channel in batch norm, one in all in layer norm. */
export interface NormParameters {
  /** Factor of the normalised number. */
  readonly gain: Span;
  /** Added to it. */
  readonly bias: Span;
}

/** What a norm works on, forward and backward. */
export interface NormOperands extends NormParameters {
  /** Input of the forward pass. */
  readonly x: Span;
  /** `[2, channels]` or `[2, samples]`: mean and biased variance of each. {@link Backend.layerNorm} writes them. */
  readonly statistics: Span;
}

/** Where the gradient of a norm comes from and goes to. */
export interface NormGradients {
  /** Gradient of the output. */
  readonly dy: Span;
  /** Gradient of the input; may be `dy`. */
  readonly dx: Span;
  /** What the gradients of gain and bias are added to; null where they are not wanted. */
  readonly dParameters: NormParameters | null;
}

/** `[rows, classes]`: a softmax over each row. */
export interface RowsShape {
  /** Samples × voxels. */
  readonly rows: number;
  /** Length of a row. */
  readonly classes: number;
}

/** The class-weighted, γ-balanced reconstruction loss of the paper (model.md "Losses"); rows = samples × voxels. */
export interface ReconstructionShape extends RowsShape {
  /** Batch size n that the loss is averaged over. */
  readonly samples: number;
  /** Weight γ of the true class against 1 − γ for the others. */
  readonly gamma: number;
  /** Added inside both logarithms. */
  readonly epsilon: number;
}

/** Operands of the reconstruction term in {@link Backend.softmaxBackward}. */
export interface ReconstructionGradient extends ReconstructionShape {
  /** uint8 `[rows]`, the true classes. */
  readonly labels: Span;
  /** `[classes]` from {@link Backend.classWeights}. */
  readonly classWeights: Span;
  /** Factor of the loss in the total cost (λ), before the division by `samples`. */
  readonly scale: number;
}

/** One Adam step in TensorFlow's form: var −= lr·√(1−β2^t)/(1−β1^t) · m / (√v + ε). */
export interface AdamStep {
  /** Step size lr. */
  readonly learningRate: number;
  /** Decay of m, the running mean of the gradient. */
  readonly beta1: number;
  /** Decay of v, the running mean of the squared gradient. */
  readonly beta2: number;
  /** ε, added to √v ("ε hat": outside the bias correction). */
  readonly epsilon: number;
  /** t, from 1. */
  readonly step: number;
}

/** An engine. Methods throw `RangeError` on sizes that do not fit; nothing is left allocated by a failed call. */
export interface Backend extends Disposable {
  /** E.g. "cpu-wasm (4 threads)"; shown to people. */
  readonly name: string;
  /** Live and peak bytes by tag, including workspaces and threads' private memory. */
  readonly memory: MemoryLedger;

  /** `byteLength` bytes, 64-byte aligned, with undefined content. @throws {OutOfMemoryError} */
  allocate(byteLength: number, tag: string): DeviceBuffer;
  /** Gives memory back (usually to a pool). A buffer is released once. */
  release(buffer: DeviceBuffer): void;
  /** Copies from JavaScript; returns when `source` may be reused. */
  upload(source: ArrayBufferView, target: Span): void;
  /** Copies to JavaScript after everything issued before has finished. */
  download(source: Span, target: ArrayBufferView): void;
  /** Waits until everything issued has finished. */
  synchronize(): void;

  /** x[n] = value. */
  fill(count: number, value: number, x: Span): void;
  /** y = x for `byteLength` bytes. */
  copy(byteLength: number, x: Span, y: Span): void;
  /** y = a·x + b·y; y is read only if b ≠ 0. */
  axpby(count: number, a: number, x: Span, b: number, y: Span): void;
  /** Standard normal numbers × `deviation` + `mean`: Philox4x32-10 and Box-Muller, see `base/random.ts`. */
  randomNormal(count: number, key: RandomKey, mean: number, deviation: number, x: Span): void;
  /** uint8 `[count]` → float32 `[count, classes]`. */
  oneHot(count: number, classes: number, labels: Span, x: Span): void;
  /** Index of the first maximum of each row: float32 `[rows, classes]` → uint8 `[rows]`. */
  argmax(shape: RowsShape, x: Span, labels: Span): void;

  /** output = conv(input, filter). */
  convForward(geometry: ConvGeometry, input: Span, filter: Span, output: Span): void;
  /** dInput (+)= the gradient of convForward for its input; also the transposed convolution. */
  convInputGradient(geometry: ConvGeometry, dOutput: Span, filter: Span, dInput: Span, accumulate: boolean): void;
  /** dFilter (+)= the gradient of convForward for its filter. */
  convFilterGradient(geometry: ConvGeometry, input: Span, dOutput: Span, dFilter: Span, accumulate: boolean): void;
  /** c (+)= op(a)·op(b). */
  gemm(shape: GemmShape, a: Span, b: Span, c: Span, accumulate: boolean): void;

  /** y = act(x); may run in place. */
  activation(count: number, activation: Activation, x: Span, y: Span): void;
  /** dx = dy · act′, with act′ told from the sign of the output y; may run in place on dy. */
  activationBackward(count: number, activation: Activation, y: Span, dy: Span, dx: Span): void;
  /** y = act(a + b); may run in place on a or b. */
  addActivation(count: number, activation: Activation, a: Span, b: Span, y: Span): void;

  /** statistics `[2, channels]` = mean and biased variance of each column of x. */
  batchStatistics(shape: BatchNormShape, x: Span, statistics: Span): void;
  /** y = act((x − mean)/√(variance + ε) · gain + bias); may run in place. Also inference with running statistics. */
  batchNorm(shape: BatchNormShape, operands: NormOperands, y: Span): void;
  /** Gradients of {@link batchNorm} through the batch's own statistics; the activation's side is recomputed from x. */
  batchNormBackward(shape: BatchNormShape, operands: NormOperands, gradients: NormGradients): void;
  /** y = act((x − mean_i)/√(variance_i + ε) · gain + bias); the statistics are written; may run in place. */
  layerNorm(shape: LayerNormShape, operands: NormOperands, y: Span): void;
  /** As {@link batchNormBackward}, per sample. */
  layerNormBackward(shape: LayerNormShape, operands: NormOperands, gradients: NormGradients): void;

  /** Probabilities of each row; may run in place. */
  softmax(shape: RowsShape, logits: Span, probabilities: Span): void;
  /**
   * dLogits of a softmax whose output p received the gradient `dProbabilities` (null: none) plus, if given, that of
   * the reconstruction loss computed on the fly. May run in place on dProbabilities. At least one of the two is given.
   */
  softmaxBackward(
    shape: RowsShape,
    probabilities: Span,
    dProbabilities: Span | null,
    reconstruction: ReconstructionGradient | null,
    dLogits: Span,
  ): void;
  /** weights `[classes]`: w_c = (1/(m_c+1)) / Σ_k 1/(m_k+1), m_c = share of class c among `count` labels. */
  classWeights(count: number, classes: number, labels: Span, weights: Span): void;
  /** loss `[1]` of {@link ReconstructionShape}; accumulated in double precision or pairwise. */
  reconstructionLoss(
    shape: ReconstructionShape,
    labels: Span,
    classWeights: Span,
    probabilities: Span,
    loss: Span,
  ): void;
  /** loss `[1]` (+)= mean of softplus(∓logit): binary cross-entropy of `count` logits with the label `target`. */
  bceLogits(count: number, target: 0 | 1, logits: Span, loss: Span, accumulate: boolean): void;
  /** dLogits (+)= scale/count · (sigmoid(logit) − target). */
  bceLogitsBackward(
    count: number,
    target: 0 | 1,
    scale: number,
    logits: Span,
    dLogits: Span,
    accumulate: boolean,
  ): void;

  /** sample = mean + exp(½·logVariance)·noise: a draw from N(mean, exp(logVariance)) if noise is one from N(0, 1). */
  gaussianSample(count: number, mean: Span, logVariance: Span, noise: Span, sample: Span): void;
  /** loss `[1]` = ½·Σ(mean² + exp(logVariance) − 1 − logVariance) / samples: KL(N(mean, variance) ‖ N(0, 1)). */
  gaussianDivergence(count: number, samples: number, mean: Span, logVariance: Span, loss: Span): void;
  /**
   * dLogVariance = ½·exp(½·logVariance)·noise·dSample + ½·factor·(exp(logVariance) − 1): the gradients of both. The
   * mean's is dSample + factor·mean.
   */
  gaussianBackward(
    count: number,
    factor: number,
    logVariance: Span,
    noise: Span,
    dSample: Span,
    dLogVariance: Span,
  ): void;

  /** Updates parameters and both moments in place. */
  adam(count: number, step: AdamStep, parameters: Span, gradients: Span, m: Span, v: Span): void;
}
