/**
 * The oracle of all tests: every operation of {@link Backend} as literal loops in TypeScript, sums in double precision,
 * results stored as float32. Slow, obviously right, and strict about its operands; never an engine of the program.
 */
import { fillNormal } from "../../base/random.ts";
import type {
  Activation,
  AdamStep,
  Backend,
  BatchNormShape,
  ConvGeometry,
  GemmShape,
  LayerNormShape,
  NormGradients,
  NormOperands,
  RandomKey,
  ReconstructionGradient,
  ReconstructionShape,
  RowsShape,
  Span,
} from "../../nn/backend/backend.ts";
import { activate, slopeAt } from "./reference/activations.ts";
import * as conv from "./reference/literal_conv.ts";
import { gemm } from "./reference/literal_gemm.ts";
import { ReferenceMemory } from "./reference/reference_memory.ts";
import { reconstructionSlopeAt } from "./reference/reconstruction_operands.ts";
import * as gaussian from "./reference/gaussian.ts";
import * as losses from "./reference/losses.ts";
import { affine, normOperands, parameterGradients } from "./reference/norm_operands.ts";
import * as norms from "./reference/norms.ts";
import { bytes, floats, requireDisjoint, requireSameOrDisjoint } from "./reference/reference_buffer.ts";

/** See the file's comment. Throws `RangeError` on spans that do not fit or overlap, `Error` on use after release. */
export class ReferenceBackend extends ReferenceMemory implements Backend {
  fill(count: number, value: number, x: Span): void {
    floats(x, count).fill(value);
  }

  copy(byteLength: number, x: Span, y: Span): void {
    const from = bytes(x, byteLength), to = bytes(y, byteLength);
    requireDisjoint(to, from);
    to.set(from);
  }

  axpby(count: number, a: number, x: Span, b: number, y: Span): void {
    const from = floats(x, count), to = floats(y, count);
    requireDisjoint(to, from);
    for (let i = 0; i < count; i++) to[i] = a * from[i] + (b === 0 ? 0 : b * to[i]);
  }

  randomNormal(count: number, key: RandomKey, mean: number, deviation: number, x: Span): void {
    fillNormal(floats(x, count), key, mean, deviation);
  }

  oneHot(count: number, classes: number, labels: Span, x: Span): void {
    const label = bytes(labels, count), to = floats(x, count * classes);
    requireDisjoint(to, label);
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < classes; c++) to[i * classes + c] = label[i] === c ? 1 : 0;
    }
  }

  argmax({ rows, classes }: RowsShape, x: Span, labels: Span): void {
    const from = floats(x, rows * classes), label = bytes(labels, rows);
    requireDisjoint(label, from);
    for (let r = 0; r < rows; r++) {
      const row = from.subarray(r * classes, (r + 1) * classes);
      label[r] = row.reduce((best, value, c) => value > row[best] ? c : best, 0);
    }
  }

  convForward(geometry: ConvGeometry, input: Span, filter: Span, output: Span): void {
    const [x, w, y] = this.#convOperands(geometry, input, filter, output);
    requireDisjoint(y, x, w);
    conv.convForward(geometry, x, w, y);
  }

  convInputGradient(geometry: ConvGeometry, dOutput: Span, filter: Span, dInput: Span, accumulate: boolean): void {
    const [dx, w, dy] = this.#convOperands(geometry, dInput, filter, dOutput);
    requireDisjoint(dx, w, dy);
    conv.convInputGradient(geometry, dy, w, dx, accumulate);
  }

  convFilterGradient(geometry: ConvGeometry, input: Span, dOutput: Span, dFilter: Span, accumulate: boolean): void {
    const [x, dw, dy] = this.#convOperands(geometry, input, dFilter, dOutput);
    requireDisjoint(dw, x, dy);
    conv.convFilterGradient(geometry, x, dy, dw, accumulate);
  }

  #convOperands(geometry: ConvGeometry, input: Span, filter: Span, output: Span): Float32Array[] {
    const sizes = conv.convSizes(geometry);
    return [floats(input, sizes.input), floats(filter, sizes.filter), floats(output, sizes.output)];
  }

  gemm(shape: GemmShape, a: Span, b: Span, c: Span, accumulate: boolean): void {
    const { m, n, k } = shape;
    const left = floats(a, m * k), right = floats(b, k * n), product = floats(c, m * n);
    requireDisjoint(product, left, right);
    gemm(shape, left, right, product, accumulate);
  }

  activation(count: number, { slope }: Activation, x: Span, y: Span): void {
    const from = floats(x, count), to = floats(y, count);
    requireSameOrDisjoint(to, from);
    for (let i = 0; i < count; i++) to[i] = activate(slope, from[i]);
  }

  activationBackward(count: number, { slope }: Activation, y: Span, dy: Span, dx: Span): void {
    const output = floats(y, count), from = floats(dy, count), to = floats(dx, count);
    requireDisjoint(to, output);
    requireSameOrDisjoint(to, from);
    for (let i = 0; i < count; i++) to[i] = from[i] * slopeAt(slope, output[i]);
  }

  addActivation(count: number, { slope }: Activation, a: Span, b: Span, y: Span): void {
    const left = floats(a, count), right = floats(b, count), to = floats(y, count);
    requireSameOrDisjoint(to, left);
    requireSameOrDisjoint(to, right);
    for (let i = 0; i < count; i++) to[i] = activate(slope, left[i] + right[i]);
  }

  batchStatistics({ rows, channels }: BatchNormShape, x: Span, statistics: Span): void {
    const from = floats(x, rows * channels), to = floats(statistics, 2 * channels);
    requireDisjoint(to, from);
    for (let c = 0; c < channels; c++) {
      [to[c], to[channels + c]] = norms.statisticsOf(from, norms.column(rows, channels, c));
    }
  }

  batchNorm(shape: BatchNormShape, operands: NormOperands, y: Span): void {
    const { rows, channels } = shape;
    const to = floats(y, rows * channels);
    const from = normOperands(operands, rows * channels, channels, channels);
    requireSameOrDisjoint(to, from.x);
    requireDisjoint(to, from.statistics, from.gain, from.bias);
    for (let c = 0; c < channels; c++) {
      norms.normalise(from.x, norms.column(rows, channels, c), affine(shape, from, c, c), to);
    }
  }

  batchNormBackward(shape: BatchNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { rows, channels } = shape;
    const [gradient, to] = [gradients.dy, gradients.dx].map((span) => floats(span, rows * channels));
    const from = normOperands(operands, rows * channels, channels, channels);
    requireDisjoint(to, from.x, from.statistics, from.gain, from.bias);
    requireSameOrDisjoint(to, gradient);
    const addGradients = parameterGradients(gradients, channels);
    for (let c = 0; c < channels; c++) {
      const group = norms.column(rows, channels, c);
      addGradients(c, norms.normaliseBackward(from.x, group, affine(shape, from, c, c), gradient, to));
    }
  }

  layerNorm(shape: LayerNormShape, operands: NormOperands, y: Span): void {
    const { samples, features } = shape;
    const to = floats(y, samples * features);
    const from = normOperands(operands, samples * features, samples, 1);
    requireSameOrDisjoint(to, from.x);
    requireDisjoint(to, from.statistics, from.gain, from.bias);
    requireDisjoint(from.statistics, from.x);
    for (let i = 0; i < samples; i++) {
      const group = norms.row(features, i);
      [from.statistics[i], from.statistics[samples + i]] = norms.statisticsOf(from.x, group);
      norms.normalise(from.x, group, affine(shape, from, i, 0), to);
    }
  }

  layerNormBackward(shape: LayerNormShape, operands: NormOperands, gradients: NormGradients): void {
    const { samples, features } = shape;
    const [gradient, to] = [gradients.dy, gradients.dx].map((span) => floats(span, samples * features));
    const from = normOperands(operands, samples * features, samples, 1);
    requireDisjoint(to, from.x, from.statistics, from.gain, from.bias);
    requireSameOrDisjoint(to, gradient);
    const addGradients = parameterGradients(gradients, 1);
    let gainSum = 0, biasSum = 0;
    for (let i = 0; i < samples; i++) {
      const group = norms.row(features, i);
      const [g, b] = norms.normaliseBackward(from.x, group, affine(shape, from, i, 0), gradient, to);
      gainSum += g;
      biasSum += b;
    }
    addGradients(0, [gainSum, biasSum]);
  }

  softmax(shape: RowsShape, logits: Span, probabilities: Span): void {
    const count = shape.rows * shape.classes;
    const from = floats(logits, count), to = floats(probabilities, count);
    requireSameOrDisjoint(to, from);
    losses.softmax(shape, from, to);
  }

  softmaxBackward(
    shape: RowsShape,
    probabilities: Span,
    dProbabilities: Span | null,
    reconstruction: ReconstructionGradient | null,
    dLogits: Span,
  ): void {
    const { rows, classes } = shape;
    if (!dProbabilities && !reconstruction) throw new RangeError("softmaxBackward without any gradient");
    const p = floats(probabilities, rows * classes), to = floats(dLogits, rows * classes);
    const incoming = dProbabilities && floats(dProbabilities, rows * classes);
    requireDisjoint(to, p);
    if (incoming) requireSameOrDisjoint(to, incoming);
    const lossSlope = reconstruction ? reconstructionSlopeAt(reconstruction, shape, p, to) : () => 0;
    losses.softmaxBackward(shape, p, (r, c) => (incoming ? incoming[r * classes + c] : 0) + lossSlope(r, c), to);
  }

  classWeights(count: number, classes: number, labels: Span, weights: Span): void {
    const to = floats(weights, classes), label = bytes(labels, count);
    requireDisjoint(to, label);
    losses.classWeights(label, classes, to);
  }

  reconstructionLoss(
    shape: ReconstructionShape,
    labels: Span,
    classWeights: Span,
    probabilities: Span,
    loss: Span,
  ): void {
    const { rows, classes } = shape;
    const label = bytes(labels, rows), weights = floats(classWeights, classes), to = floats(loss, 1);
    const p = floats(probabilities, rows * classes);
    requireDisjoint(to, label, weights, p);
    to[0] = losses.reconstructionLoss(shape, label, weights, p);
  }

  bceLogits(count: number, target: 0 | 1, logits: Span, loss: Span, accumulate: boolean): void {
    const from = floats(logits, count), to = floats(loss, 1);
    requireDisjoint(to, from);
    to[0] = (accumulate ? to[0] : 0) + losses.bceLogits(from, target);
  }

  bceLogitsBackward(
    count: number,
    target: 0 | 1,
    scale: number,
    logits: Span,
    dLogits: Span,
    accumulate: boolean,
  ): void {
    const from = floats(logits, count), to = floats(dLogits, count);
    requireDisjoint(to, from);
    for (let i = 0; i < count; i++) {
      to[i] = (accumulate ? to[i] : 0) + scale / count * losses.bceSlope(from[i], target);
    }
  }

  gaussianSample(count: number, mean: Span, logVariance: Span, noise: Span, sample: Span): void {
    const [from, spread, random, to] = [mean, logVariance, noise, sample].map((span) => floats(span, count));
    requireDisjoint(to, from, spread, random);
    for (let i = 0; i < count; i++) to[i] = from[i] + gaussian.deviation(spread[i]) * random[i];
  }

  gaussianDivergence(count: number, samples: number, mean: Span, logVariance: Span, loss: Span): void {
    const from = floats(mean, count), spread = floats(logVariance, count), to = floats(loss, 1);
    to[0] = gaussian.divergence(from, spread) / samples;
  }

  gaussianBackward(count: number, factor: number, ...operands: [Span, Span, Span, Span]): void {
    const [spread, noise, dSample, to] = operands.map((span) => floats(span, count));
    requireDisjoint(to, spread, noise, dSample);
    for (let i = 0; i < count; i++) {
      to[i] = gaussian.sampleSlope(spread[i], noise[i]) * dSample[i] + factor * gaussian.divergenceSlope(spread[i]);
    }
  }

  adam(count: number, step: AdamStep, parameters: Span, gradients: Span, m: Span, v: Span): void {
    const { learningRate, beta1, beta2, epsilon, step: t } = step;
    const [p, g, first, second] = [parameters, gradients, m, v].map((span) => floats(span, count));
    requireDisjoint(p, g, first, second);
    requireDisjoint(first, g, second);
    requireDisjoint(second, g);
    const rate = learningRate * Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t);
    for (let i = 0; i < count; i++) {
      first[i] = beta1 * first[i] + (1 - beta1) * g[i];
      second[i] = beta2 * second[i] + (1 - beta2) * g[i] ** 2;
      p[i] -= rate * first[i] / (Math.sqrt(second[i]) + epsilon);
    }
  }
}
