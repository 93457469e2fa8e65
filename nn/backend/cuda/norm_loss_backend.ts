/** Norms, softmax and losses on the device. */
import type {
  BatchNormShape,
  LayerNormShape,
  NormGradients,
  NormOperands,
  ReconstructionGradient,
  ReconstructionShape,
  RowsShape,
  Span,
} from "../backend.ts";
import { FLOAT_BYTES, KernelBackend, NONE, tileOf, widthOf } from "./kernel_backend.ts";
import {
  classCountsLaunch,
  columnFinishLaunch,
  columnMapLaunch,
  columnReductionLaunch,
  countPartialBytes,
  lossPartialBytes,
  pairPartialBytes,
  rowReductionLaunch,
  rowTileLaunch,
  SINGLE_BLOCK,
} from "./launches.ts";

/** {@link KernelBackend} with the operations over rows and columns of `[rows, channels]`. */
export abstract class NormLossBackend extends KernelBackend {
  batchStatistics({ rows, channels }: BatchNormShape, x: Span, statistics: Span): void {
    const input = this.floats(x, rows * channels), output = this.floats(statistics, 2 * channels);
    const width = widthOf(channels, input);
    const launch = columnReductionLaunch(rows, channels, width, this.launchDevice), blocks = launch.grid[0];
    const [partials] = this.context.workspace.parts(pairPartialBytes(launch, channels));
    this.launch(`column_moments_${width}`, launch, { rows, channels, x: input, partials });
    const values = { rows, channels, blocks, partials, statistics: output };
    this.launch("column_moments_finish", columnFinishLaunch(channels), values);
  }

  batchNorm(shape: BatchNormShape, operands: NormOperands, y: Span): void {
    const { rows, channels, epsilon, slope } = shape, count = rows * channels;
    const from = this.#normOperands(operands, count, channels, channels);
    const values = { rows, channels, epsilon, slope, ...from, y: this.floats(y, count) };
    if (rows === 0) return;
    const width = widthOf(channels, from.x, values.y);
    this.launch(`batch_norm_${width}`, columnMapLaunch(rows, channels, width, this.launchDevice), values);
  }

  batchNormBackward(shape: BatchNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { rows, channels, epsilon, slope } = shape, count = rows * channels;
    const from = this.#normOperands(operands, count, channels, channels);
    const sums = this.#parameterGradients(gradients, channels);
    const given = { rows, channels, epsilon, slope, ...from, dy: this.floats(gradients.dy, count) };
    const output = this.floats(gradients.dx, count), width = widthOf(channels, from.x, given.dy, output);
    const launch = columnReductionLaunch(rows, channels, width, this.launchDevice), blocks = launch.grid[0];
    const [partials, means] = this.context.workspace.parts(
      pairPartialBytes(launch, channels),
      2 * channels * FLOAT_BYTES,
    );
    this.launch(`column_gradients_${width}`, launch, { ...given, partials });
    const finish = { rows, channels, blocks, partials, means, ...sums };
    this.launch("column_gradients_finish", columnFinishLaunch(channels), finish);
    const map = columnMapLaunch(rows, channels, width, this.launchDevice);
    this.launch(`batch_norm_backward_${width}`, map, { ...given, means, dx: output });
  }

  layerNorm(shape: LayerNormShape, operands: NormOperands, y: Span): void {
    const { samples, features, epsilon, slope } = shape, count = samples * features;
    const from = this.#normOperands(operands, count, samples, 1);
    const output = this.floats(y, count), launch = rowReductionLaunch(samples, features, this.launchDevice);
    const [partials] = this.context.workspace.parts(pairPartialBytes(launch, samples));
    this.launch("row_moments", launch, { features, x: from.x, partials });
    this.launch("layer_norm", launch, { features, epsilon, slope, partials, ...from, y: output });
  }

  layerNormBackward(shape: LayerNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { samples, features, epsilon, slope } = shape, count = samples * features;
    const from = this.#normOperands(operands, count, samples, 1);
    const sums = this.#parameterGradients(gradients, 1);
    const given = { features, epsilon, slope, ...from, dy: this.floats(gradients.dy, count) };
    const output = this.floats(gradients.dx, count), launch = rowReductionLaunch(samples, features, this.launchDevice);
    const [partials] = this.context.workspace.parts(pairPartialBytes(launch, samples));
    this.launch("row_gradients", launch, { ...given, partials });
    this.launch("layer_norm_backward", launch, { ...given, partials, dx: output, ...sums });
  }

  softmax({ rows, classes }: RowsShape, logits: Span, probabilities: Span): void {
    const count = rows * classes;
    const values = { rows, classes, x: this.floats(logits, count), y: this.floats(probabilities, count) };
    if (rows > 0) this.launch(`softmax_${tileOf(classes)}`, rowTileLaunch(rows, classes, 1, this.launchDevice), values);
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
    const values = {
      rows,
      classes,
      p: this.floats(probabilities, count),
      dp: dProbabilities ? this.floats(dProbabilities, count) : NONE,
      labels: reconstruction ? this.bytes(reconstruction.labels, rows) : NONE,
      weights: reconstruction ? this.floats(reconstruction.classWeights, classes) : NONE,
      gamma: reconstruction?.gamma ?? 0,
      oneMinusGamma: reconstruction ? 1 - reconstruction.gamma : 0,
      epsilon: reconstruction?.epsilon ?? 0,
      factor: reconstruction ? reconstruction.scale / reconstruction.samples : 0,
      dx: this.floats(dLogits, count),
    };
    if (rows === 0) return;
    this.launch(`softmax_backward_${tileOf(classes)}`, rowTileLaunch(rows, classes, 2, this.launchDevice), values);
  }

  classWeights(count: number, classes: number, labels: Span, weights: Span): void {
    const given = { count, classes, labels: this.bytes(labels, count) }, output = this.floats(weights, classes);
    const launch = classCountsLaunch(count, classes, this.launchDevice);
    const [partials] = this.context.workspace.parts(countPartialBytes(launch, classes));
    this.launch("class_counts", launch, { ...given, partials });
    this.launch("class_weights", SINGLE_BLOCK, { count, classes, blocks: launch.grid[0], partials, weights: output });
  }

  reconstructionLoss(
    { rows, classes, samples, gamma, epsilon }: ReconstructionShape,
    labels: Span,
    classWeights: Span,
    probabilities: Span,
    loss: Span,
  ): void {
    const given = {
      rows,
      classes,
      labels: this.bytes(labels, rows),
      weights: this.floats(classWeights, classes),
      gamma,
      oneMinusGamma: 1 - gamma,
      epsilon,
      p: this.floats(probabilities, rows * classes),
    };
    const out = this.floats(loss, 1), launch = rowTileLaunch(rows, classes, 1, this.launchDevice);
    const [partials] = this.context.workspace.parts(lossPartialBytes(launch));
    this.launch(`reconstruction_loss_${tileOf(classes)}`, launch, { ...given, partials });
    const finish = { blocks: launch.grid[0], factor: 1 / samples, partials, out, accumulate: 0 };
    this.launch("sum_finish", SINGLE_BLOCK, finish);
  }

  bceLogits(count: number, target: 0 | 1, logits: Span, loss: Span, accumulate: boolean): void {
    const operands = { logits: this.floats(logits, count), loss: this.floats(loss, 1) };
    this.launch("bce_logits", SINGLE_BLOCK, { count, target, ...operands, accumulate: Number(accumulate) });
  }

  bceLogitsBackward(
    count: number,
    target: 0 | 1,
    scale: number,
    logits: Span,
    dLogits: Span,
    accumulate: boolean,
  ): void {
    const operands = { logits: this.floats(logits, count), dx: this.floats(dLogits, count) };
    const values = { count, target, factor: scale / count, ...operands, accumulate: Number(accumulate) };
    this.flat("bce_logits_backward", count, values);
  }

  gaussianSample(count: number, ...operands: [Span, Span, Span, Span]): void {
    const [mean, logVariance, noise, sample] = operands.map((span) => this.floats(span, count));
    this.flat("gaussian_sample", count, { count, mean, logVariance, noise, sample });
  }

  gaussianDivergence(count: number, samples: number, mean: Span, logVariance: Span, loss: Span): void {
    const moments = { mean: this.floats(mean, count), logVariance: this.floats(logVariance, count) };
    const values = { count, factor: 0.5 / samples, ...moments, loss: this.floats(loss, 1) };
    this.launch("gaussian_divergence", SINGLE_BLOCK, values);
  }

  gaussianBackward(count: number, factor: number, ...operands: [Span, Span, Span, Span]): void {
    const [logVariance, noise, dy, dx] = operands.map((span) => this.floats(span, count));
    this.flat("gaussian_backward", count, { count, factor: factor / 2, logVariance, noise, dy, dx });
  }

  #normOperands(
    { x, statistics, gain, bias }: NormOperands,
    count: number,
    groups: number,
    parameters: number,
  ): Record<keyof NormOperands, bigint> {
    return {
      x: this.floats(x, count),
      statistics: this.floats(statistics, 2 * groups),
      gain: this.floats(gain, parameters),
      bias: this.floats(bias, parameters),
    };
  }

  #parameterGradients({ dParameters }: NormGradients, parameters: number): Record<"dGain" | "dBias", bigint> {
    if (!dParameters) return { dGain: NONE, dBias: NONE };
    return { dGain: this.floats(dParameters.gain, parameters), dBias: this.floats(dParameters.bias, parameters) };
  }
}
