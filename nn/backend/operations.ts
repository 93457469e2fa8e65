/**
 * Every operation of an engine, described once: its operands with their element types and sizes, what it does to them,
 * and its work. The types of calls, the dry run, the search for NaN, the checks of spans and the plumbing of engines
 * and oracle follow from this table (`calls.ts`).
 *
 * Sizes are part of a call's shape; nothing is inferred. Arrays are dense and row-major, volumes `[n, D, H, W, C]`
 * (NDHWC), filters `[K, kd, kh, kw, C]`. A label beyond the classes (255, `UNKNOWN_LABEL` in data/classes.ts) says that
 * nothing is known of its voxel.
 */
import type { RandomKey } from "../../base/random.ts";
import { elementCount, isSize } from "../shape.ts";
import { rowLength, type Span } from "./buffer.ts";
import { f32, float, operation, optional, read, u8, updated, written } from "./operation.ts";
import type {
  Accumulating,
  Activation,
  AdamStep,
  BatchNormShape,
  BceShape,
  ColumnsShape,
  Convolution,
  Flat,
  GemmShape,
  GroupedRows,
  LayerNormShape,
  ModulatedNormShape,
  Permutation,
  ReconstructionShape,
  RowsShape,
  SoftmaxBackwardShape,
} from "./operation_shapes.ts";
import { permutationComplaint } from "./permutation.ts";

const numbers = f32(({ count }: Flat) => count);
const floats = float(({ count }: Flat) => count);
const one = f32((_: unknown) => 1);
const bytes = u8(({ byteLength }: { readonly byteLength: number }) => byteLength);
const largeSide = float(({ geometry: { batch, input, channels } }: Convolution, dtype) =>
  batch * elementCount(input) * rowLength(channels, dtype)
);
const smallSide = float(({ geometry: { batch, output, filters } }: Convolution, dtype) =>
  batch * elementCount(output) * rowLength(filters, dtype)
);
const taps = f32(({ geometry: { filters, kernel, channels } }: Convolution) =>
  filters * elementCount(kernel) * channels
);
const columns = float(({ rows, channels }: ColumnsShape) => rows * channels);
const perChannel = f32(({ channels }: ColumnsShape) => channels);
const channelMoments = f32(({ channels }: ColumnsShape) => 2 * channels);
const sampleRows = float(({ samples, features }: LayerNormShape) => samples * features);
const sampleMoments = f32(({ samples }: LayerNormShape) => 2 * samples);
const classRows = float(({ rows, classes }: RowsShape, dtype) => rows * rowLength(classes, dtype));
const groupedRows = f32(({ outer, groups, repeat, channels }: GroupedRows) => outer * groups * repeat * channels);
const perGroup = f32(({ groups, channels }: GroupedRows) => groups * channels);
const modulatedRows = f32(({ samples, cells, channels }: ModulatedNormShape) => samples * cells * channels);
const rowMoments = f32(({ samples, cells }: ModulatedNormShape) => 2 * samples * cells);
const modulations = f32(({ samples, blocks, channels }: ModulatedNormShape) => samples * blocks * channels);
const permuted = f32(({ sizes }: Permutation) => elementCount(sizes));
const perClass = f32(({ classes }: Pick<RowsShape, "classes">) => classes);
const rowLabels = u8(({ rows }: RowsShape) => rows);

const accumulated = ({ accumulate }: Accumulating) => accumulate;
const products = (shape: Convolution) =>
  2 * smallSide.count(shape) * elementCount(shape.geometry.kernel) * shape.geometry.channels;
const geometryComplaint = ({ geometry }: Convolution) => {
  const { batch, input, channels, output, filters, kernel, stride, padding } = geometry;
  const wrong = [batch, channels, filters, stride, ...input, ...output, ...kernel].find((size) => !isSize(size));
  if (wrong !== undefined) return `with a size of ${wrong}`;
  const fitting = input.map((size, axis) => Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride) + 1);
  const axis = fitting.findIndex((size, axis) => size !== output[axis]);
  return axis < 0 ? null : `with an output of ${output[axis]} on axis ${axis}, expected ${fitting[axis]}`;
};
const modulationComplaint = ({ blocks, scale, shift }: ModulatedNormShape) => {
  const wrong = [scale, shift].find((block) => !(Number.isInteger(block) && block >= 0 && block < blocks));
  if (wrong !== undefined) return `by block ${wrong} of ${blocks}`;
  return scale === shift ? `that scales and shifts by the same block ${scale}` : null;
};
/** Norms take a volume as it lies, without a look at what is channel and what is padding. */
const wholeRows = ({ channels }: ColumnsShape, { x }: { readonly x: unknown }) => {
  const { dtype = "f32" } = x as Span;
  return rowLength(channels, dtype) === channels ? null : `of ${channels} channels in ${dtype}`;
};
const gainWithBias = (_: unknown, { dGain, dBias }: { readonly dGain: unknown; readonly dBias: unknown }) =>
  !dGain === !dBias ? null : "with the gradient of only one of gain and bias";

/** The table. An operation may run asynchronously, in issue order. */
export const OPERATIONS = {
  /** x = value. */
  fill: operation((_: Flat & { readonly value: number }) => 0, { x: written(floats) }),
  /** y = x, byte by byte. */
  copy: operation((_: { readonly byteLength: number }) => 0, { x: read(bytes), y: written(bytes) }),
  /** y = a·x + b·y; y is read only if b ≠ 0, and may be x. */
  axpby: operation(({ count, b }: Flat & { readonly a: number; readonly b: number }) => (b === 0 ? 1 : 3) * count, {
    x: read(floats),
    y: updated(floats, ({ b }: { readonly b: number }) => b !== 0, "x"),
  }),
  /** y = x with its axes in another order. */
  permute: operation((_: Permutation) => 0, { x: read(permuted), y: written(permuted) }, permutationComplaint),
  /** y = x + the row of its group. */
  addRows: operation((shape: GroupedRows) => groupedRows.count(shape), {
    x: read(groupedRows),
    rows: read(perGroup),
    y: written(groupedRows, "x"),
  }),
  /** rows (+)= the sum of each group's rows of x, in double precision: the adjoint of addRows. */
  sumRows: operation((shape: GroupedRows & Accumulating) => groupedRows.count(shape), {
    x: read(groupedRows),
    rows: updated(perGroup, accumulated),
  }),
  /** sum = factor·Σx², in double precision. */
  sumOfSquares: operation(({ count }: Flat & { readonly factor: number }) => 2 * count, {
    x: read(numbers),
    sum: written(one),
  }),
  /** x ·= maximum/√squares where that is less than 1: `squares` is the square of the norm that must not be above maximum. */
  clip: operation(({ count }: Flat & { readonly maximum: number }) => count, {
    squares: read(one),
    x: updated(numbers),
  }),
  /**
   * Standard normal numbers × `deviation` + `mean`: Philox4x32-10 and Box-Muller, see `base/random.ts`. Work per number:
   * a quarter of ten Philox rounds (about 8 operations each) and half a Box-Muller pair.
   */
  randomNormal: operation(
    ({ count }: Flat & RandomKey & { readonly mean: number; readonly deviation: number }) => 25 * count,
    { x: written(numbers) },
  ),
  /** Labels as rows with a 1 at the label's place; of unknown voxels without one. */
  oneHot: operation((_: RowsShape) => 0, { labels: read(rowLabels), x: written(classRows) }),
  /** x = 0 in the rows of unknown voxels. */
  maskUnknown: operation((_: RowsShape) => 0, { labels: read(rowLabels), x: updated(classRows) }),
  /** Index of the first maximum of each row. */
  argmax: operation((shape: RowsShape) => classRows.count(shape), { x: read(classRows), labels: written(rowLabels) }),

  /** output = conv(input, filter). */
  convForward: operation(
    products,
    {
      input: read(largeSide),
      filter: read(taps),
      output: written(smallSide),
    },
    geometryComplaint,
    true,
  ),
  /** dInput (+)= the gradient of convForward for its input; also the transposed convolution. */
  convInputGradient: operation(
    (shape: Convolution & Accumulating) => products(shape),
    {
      dOutput: read(smallSide),
      filter: read(taps),
      dInput: updated(largeSide, accumulated),
    },
    geometryComplaint,
    true,
  ),
  /** dFilter (+)= the gradient of convForward for its filter. */
  convFilterGradient: operation(
    (shape: Convolution & Accumulating) => products(shape),
    {
      input: read(largeSide),
      dOutput: read(smallSide),
      dFilter: updated(taps, accumulated),
    },
    geometryComplaint,
    true,
  ),
  /** c (+)= op(a)·op(b). */
  gemm: operation(({ batch, m, n, k }: GemmShape & Accumulating) => 2 * batch * m * n * k, {
    a: read(f32(({ batch, m, k }: GemmShape) => batch * m * k)),
    b: read(f32(({ batch, n, k }: GemmShape) => batch * k * n)),
    c: updated(f32(({ batch, m, n }: GemmShape) => batch * m * n), accumulated),
  }, ({ batch, m, n, k }) => [batch, m, n, k].every(isSize) ? null : `with sizes ${m}, ${n} and ${k}, ${batch} times`),

  /** y = act(x). */
  activation: operation(({ count }: Flat & Activation) => count, { x: read(floats), y: written(floats, "x") }),
  /** dx = dy · act′, with act′ told from the sign of the output y. */
  activationBackward: operation(({ count }: Flat & Activation) => count, {
    y: read(floats),
    dy: read(floats),
    dx: written(floats, "dy"),
  }),
  /** y = act(a + b). */
  addActivation: operation(({ count }: Flat & Activation) => 2 * count, {
    a: read(floats),
    b: read(floats),
    y: written(floats, "a", "b"),
  }),

  /** y = x·sigmoid(x). */
  silu: operation(({ count }: Flat) => 4 * count, { x: read(numbers), y: written(numbers, "x") }),
  /** dx = dy·σ·(1 + x·(1 − σ)) with σ = sigmoid(x). */
  siluBackward: operation(({ count }: Flat) => 7 * count, {
    x: read(numbers),
    dy: read(numbers),
    dx: written(numbers, "dy"),
  }),

  /** statistics `[2, channels]` = mean and biased variance of each column of x. */
  batchStatistics: operation((shape: ColumnsShape) => 4 * columns.count(shape), {
    x: read(columns),
    statistics: written(channelMoments),
  }, wholeRows),
  /** y = act((x − mean)/√(variance + ε) · gain + bias). Also inference with running statistics. */
  batchNorm: operation((shape: BatchNormShape) => 5 * columns.count(shape), {
    x: read(columns),
    statistics: read(channelMoments),
    gain: read(perChannel),
    bias: read(perChannel),
    y: written(columns, "x"),
  }, wholeRows),
  /**
   * means = per channel, the mean over the rows of batchNorm's gradient before the activation and of its product with
   * the normalised x, each times a factor of the engine's choice that depends on the statistics alone: what
   * {@link OPERATIONS.batchNormBackward} needs of the whole batch. Means over equal parts of a batch average to the
   * batch's. The activation's side is recomputed from x. What belongs to gain and bias is added, or left out.
   */
  batchNormGradientMeans: operation((shape: BatchNormShape) => 7 * columns.count(shape), {
    x: read(columns),
    statistics: read(channelMoments),
    gain: read(perChannel),
    bias: read(perChannel),
    dy: read(columns),
    means: written(channelMoments),
    dGain: optional(updated(perChannel)),
    dBias: optional(updated(perChannel)),
  }, gainWithBias),
  /** dx = gradient of batchNorm through the batch's own statistics, by the means of batchNormGradientMeans. */
  batchNormBackward: operation((shape: BatchNormShape) => 7 * columns.count(shape), {
    x: read(columns),
    statistics: read(channelMoments),
    gain: read(perChannel),
    bias: read(perChannel),
    dy: read(columns),
    means: read(channelMoments),
    dx: written(columns, "dy"),
  }),
  /** y = act((x − mean_i)/√(variance_i + ε) · gain + bias); statistics `[2, samples]` as of batchStatistics. */
  layerNorm: operation((shape: LayerNormShape) => 9 * sampleRows.count(shape), {
    x: read(sampleRows),
    gain: read(one),
    bias: read(one),
    statistics: written(sampleMoments),
    y: written(sampleRows, "x"),
  }),
  /** As batchNormGradientMeans and batchNormBackward, per sample. */
  layerNormBackward: operation((shape: LayerNormShape) => 14 * sampleRows.count(shape), {
    x: read(sampleRows, 2),
    statistics: read(sampleMoments),
    gain: read(one),
    bias: read(one),
    dy: read(sampleRows, 2),
    dx: written(sampleRows, "dy"),
    dGain: optional(updated(one)),
    dBias: optional(updated(one)),
  }, gainWithBias),

  /**
   * y = n·(1 + scale) + shift with n = (x − mean)/√(variance + ε), each row of x by itself; statistics
   * `[2, samples·cells]` = mean and 1/√(variance + ε) of each row.
   */
  modulatedNorm: operation((shape: ModulatedNormShape) => 9 * modulatedRows.count(shape), {
    x: read(modulatedRows),
    modulation: read(modulations),
    statistics: written(rowMoments),
    y: written(modulatedRows, "x"),
  }, modulationComplaint),
  /** Gradients of modulatedNorm. What belongs to the modulation is added to the two blocks, or left out. */
  modulatedNormBackward: operation((shape: ModulatedNormShape) => 16 * modulatedRows.count(shape), {
    x: read(modulatedRows, 2),
    modulation: read(modulations),
    statistics: read(rowMoments),
    dy: read(modulatedRows, 2),
    dx: written(modulatedRows, "dy"),
    dModulation: optional(updated(modulations)),
  }, modulationComplaint),

  /** Probabilities of each row. */
  softmax: operation((shape: RowsShape) => 5 * classRows.count(shape), {
    logits: read(classRows),
    probabilities: written(classRows, "logits"),
  }),
  /**
   * dLogits of a softmax whose output received the gradient `dProbabilities` plus, if the shape has one, that of the
   * reconstruction loss computed on the fly, which needs labels and weights and is 0 for unknown voxels. There is at
   * least one of the two.
   */
  softmaxBackward: operation(
    (shape: SoftmaxBackwardShape) => (shape.reconstruction ? 8 : 4) * classRows.count(shape),
    {
      probabilities: read(classRows),
      dProbabilities: optional(read(classRows)),
      labels: optional(read(rowLabels)),
      classWeights: optional(read(perClass)),
      dLogits: written(classRows, "dProbabilities"),
    },
    ({ reconstruction }, { dProbabilities, labels, classWeights }) => {
      if (!dProbabilities && !reconstruction) return "without any gradient";
      const fits = [labels, classWeights].every((given) => !given === !reconstruction);
      return fits ? null : "of a reconstruction needs labels and class weights, and only then has them";
    },
  ),
  /** weights: w_c = (1/(m_c+1)) / Σ_k 1/(m_k+1), m_c = share of class c among those of `count` labels that are known. */
  classWeights: operation(({ count }: Flat & Pick<RowsShape, "classes">) => count, {
    labels: read(u8(({ count }: Flat) => count)),
    weights: written(perClass),
  }),
  /** loss of {@link ReconstructionShape} over the known voxels; accumulated in double precision or pairwise. */
  reconstructionLoss: operation((shape: ReconstructionShape) => 4 * classRows.count(shape), {
    labels: read(rowLabels),
    classWeights: read(perClass),
    probabilities: read(classRows),
    loss: written(one),
  }),
  /** loss (+)= mean of softplus(∓logit). */
  bceLogits: operation(({ count }: BceShape) => 4 * count, { logits: read(numbers), loss: updated(one, accumulated) }),
  /** dLogits (+)= scale/count · (sigmoid(logit) − target). */
  bceLogitsBackward: operation(({ count }: BceShape & { readonly scale: number }) => 4 * count, {
    logits: read(numbers),
    dLogits: updated(numbers, accumulated),
  }),

  /** sample = mean + exp(½·logVariance)·noise: a draw from N(mean, exp(logVariance)) if noise is one from N(0, 1). */
  gaussianSample: operation(({ count }: Flat) => 4 * count, {
    mean: read(numbers),
    logVariance: read(numbers),
    noise: read(numbers),
    sample: written(numbers),
  }),
  /** loss = ½·Σ(mean² + exp(logVariance) − 1 − logVariance) / samples: KL(N(mean, variance) ‖ N(0, 1)). */
  gaussianDivergence: operation(({ count }: Flat & { readonly samples: number }) => 5 * count, {
    mean: read(numbers),
    logVariance: read(numbers),
    loss: written(one),
  }),
  /**
   * dLogVariance = ½·exp(½·logVariance)·noise·dSample + ½·factor·(exp(logVariance) − 1): the gradients of both. The
   * mean's is dSample + factor·mean.
   */
  gaussianBackward: operation(({ count }: Flat & { readonly factor: number }) => 9 * count, {
    logVariance: read(numbers),
    noise: read(numbers),
    dSample: read(numbers),
    dLogVariance: written(numbers),
  }),

  /** Updates parameters and both moments. */
  adam: operation(({ count }: Flat & AdamStep) => 12 * count, {
    parameters: updated(numbers),
    gradients: read(numbers),
    m: updated(numbers),
    v: updated(numbers),
  }),
};
