/**
 * The oracle of all tests: every operation of the table as literal loops in TypeScript, sums in double precision,
 * results stored as float32. Slow, obviously right, and strict about its operands; never an engine of the program.
 */
import { fillNormal } from "../../base/random.ts";
import type { Backend, DeviceBuffer, Span } from "../../nn/backend/backend.ts";
import { type Kernels, operationsBy, operationsWith, WithOperations } from "../../nn/backend/calls.ts";
import { MemoryLedger } from "../../nn/backend/memory.ts";
import { activate, sigmoid, siluSlope, slopeAt } from "./reference/activations.ts";
import * as conv from "./reference/literal_conv.ts";
import { gemm } from "./reference/literal_gemm.ts";
import * as gaussian from "./reference/gaussian.ts";
import * as losses from "./reference/losses.ts";
import { modulatedNorm, modulatedNormBackward } from "./reference/modulated_norm.ts";
import * as norms from "./reference/norms.ts";
import * as rows from "./reference/rows.ts";
import { arrayAt, bytes, ReferenceBuffer, requireApart } from "./reference/reference_buffer.ts";

const KERNELS: Kernels<{ f32: Float32Array; u8: Uint8Array }> = {
  fill({ value }, { x }) {
    x.fill(value);
  },
  copy(_, { x, y }) {
    y.set(x);
  },
  axpby({ count, a, b }, { x, y }) {
    for (let i = 0; i < count; i++) y[i] = a * x[i] + (b === 0 ? 0 : b * y[i]);
  },
  permute(shape, { x, y }) {
    rows.permute(shape, x, y);
  },
  addRows(shape, { x, rows: added, y }) {
    rows.eachRow(shape, (row, group) => {
      const { channels } = shape;
      for (let c = 0; c < channels; c++) y[row * channels + c] = x[row * channels + c] + added[group * channels + c];
    });
  },
  sumRows(shape, { x, rows: sums }) {
    const { channels, accumulate } = shape, exact = Float64Array.from(sums, (value) => accumulate ? value : 0);
    rows.eachRow(shape, (row, group) => {
      for (let c = 0; c < channels; c++) exact[group * channels + c] += x[row * channels + c];
    });
    sums.set(exact);
  },
  sumOfSquares({ factor }, { x, sum }) {
    sum[0] = factor * x.reduce((total, value) => total + value * value, 0);
  },
  clip({ count, maximum }, { squares, x }) {
    const norm = Math.sqrt(squares[0]);
    for (let i = 0; i < count; i++) x[i] *= norm > maximum ? maximum / norm : 1;
  },
  randomNormal({ mean, deviation, ...key }, { x }) {
    fillNormal(x, key, mean, deviation);
  },
  oneHot({ rows, classes }, { labels, x }) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < classes; c++) x[r * classes + c] = labels[r] === c ? 1 : 0;
    }
  },
  maskUnknown({ rows, classes }, { labels, x }) {
    for (let r = 0; r < rows; r++) if (labels[r] >= classes) x.fill(0, r * classes, (r + 1) * classes);
  },
  argmax({ rows, classes }, { x, labels }) {
    for (let r = 0; r < rows; r++) {
      const row = x.subarray(r * classes, (r + 1) * classes);
      labels[r] = row.reduce((best, value, c) => value > row[best] ? c : best, 0);
    }
  },

  convForward({ geometry }, { input, filter, output }) {
    conv.convForward(geometry, input, filter, output);
  },
  convInputGradient({ geometry, accumulate }, { dOutput, filter, dInput }) {
    conv.convInputGradient(geometry, dOutput, filter, dInput, accumulate);
  },
  convFilterGradient({ geometry, accumulate }, { input, dOutput, dFilter }) {
    conv.convFilterGradient(geometry, input, dOutput, dFilter, accumulate);
  },
  gemm(shape, { a, b, c }) {
    const { batch, m, n, k, accumulate } = shape;
    for (let i = 0; i < batch; i++) {
      gemm(shape, a.subarray(i * m * k), b.subarray(i * k * n), c.subarray(i * m * n), accumulate);
    }
  },

  activation({ count, slope }, { x, y }) {
    for (let i = 0; i < count; i++) y[i] = activate(slope, x[i]);
  },
  activationBackward({ count, slope }, { y, dy, dx }) {
    for (let i = 0; i < count; i++) dx[i] = dy[i] * slopeAt(slope, y[i]);
  },
  addActivation({ count, slope }, { a, b, y }) {
    for (let i = 0; i < count; i++) y[i] = activate(slope, a[i] + b[i]);
  },

  silu({ count }, { x, y }) {
    for (let i = 0; i < count; i++) y[i] = x[i] * sigmoid(x[i]);
  },
  siluBackward({ count }, { x, dy, dx }) {
    for (let i = 0; i < count; i++) dx[i] = dy[i] * siluSlope(x[i]);
  },

  batchStatistics({ rows, channels }, { x, statistics }) {
    for (let c = 0; c < channels; c++) {
      [statistics[c], statistics[channels + c]] = norms.statisticsOf(x, norms.column(rows, channels, c));
    }
  },
  batchNorm(shape, { x, y, ...operands }) {
    const { rows, channels } = shape;
    for (let c = 0; c < channels; c++) {
      norms.normalise(x, norms.column(rows, channels, c), norms.affine(shape, operands, c, c), y);
    }
  },
  batchNormGradientMeans(shape, { x, dy, means, dGain, dBias, ...operands }) {
    const { rows, channels } = shape;
    for (let c = 0; c < channels; c++) {
      const group = norms.column(rows, channels, c);
      const [gain, bias] = norms.parameterGradients(x, group, norms.affine(shape, operands, c, c), dy);
      [means[c], means[channels + c]] = [bias / rows, gain / rows];
      if (dGain) dGain[c] += gain;
      if (dBias) dBias[c] += bias;
    }
  },
  batchNormBackward(shape, { x, dy, means, dx, ...operands }) {
    const { rows, channels } = shape;
    for (let c = 0; c < channels; c++) {
      const group = norms.column(rows, channels, c), affine = norms.affine(shape, operands, c, c);
      norms.normaliseBackward(x, group, affine, [means[channels + c], means[c]], dy, dx);
    }
  },
  layerNorm(shape, { x, y, ...operands }) {
    const { samples, features } = shape, { statistics } = operands;
    for (let i = 0; i < samples; i++) {
      const group = norms.row(features, i);
      [statistics[i], statistics[samples + i]] = norms.statisticsOf(x, group);
      norms.normalise(x, group, norms.affine(shape, operands, i, 0), y);
    }
  },
  layerNormBackward(shape, { x, dy, dx, dGain, dBias, ...operands }) {
    const { samples, features } = shape;
    let gainSum = 0, biasSum = 0;
    for (let i = 0; i < samples; i++) {
      const group = norms.row(features, i), affine = norms.affine(shape, operands, i, 0);
      const [gain, bias] = norms.parameterGradients(x, group, affine, dy);
      norms.normaliseBackward(x, group, affine, [gain / features, bias / features], dy, dx);
      gainSum += gain;
      biasSum += bias;
    }
    if (dGain) dGain[0] += gainSum;
    if (dBias) dBias[0] += biasSum;
  },

  modulatedNorm(shape, operands) {
    modulatedNorm(shape, operands);
  },
  modulatedNormBackward(shape, operands) {
    modulatedNormBackward(shape, operands);
  },

  softmax(shape, { logits, probabilities }) {
    losses.softmax(shape, logits, probabilities);
  },
  softmaxBackward(shape, { probabilities: p, dProbabilities, labels, classWeights, dLogits }) {
    const { classes, reconstruction } = shape;
    const gradientAt = (r: number, c: number) => {
      const incoming = dProbabilities ? dProbabilities[r * classes + c] : 0;
      if (!reconstruction || labels![r] >= classes) return incoming;
      const slope = losses.reconstructionSlope(reconstruction, classWeights![c], labels![r], c, p[r * classes + c]);
      return incoming + reconstruction.scale * slope;
    };
    losses.softmaxBackward(shape, p, gradientAt, dLogits);
  },
  classWeights({ classes }, { labels, weights }) {
    losses.classWeights(labels, classes, weights);
  },
  reconstructionLoss(shape, { labels, classWeights, probabilities, loss }) {
    loss[0] = losses.reconstructionLoss(shape, labels, classWeights, probabilities);
  },
  bceLogits({ target, accumulate }, { logits, loss }) {
    loss[0] = (accumulate ? loss[0] : 0) + losses.bceLogits(logits, target);
  },
  bceLogitsBackward({ count, target, scale, accumulate }, { logits, dLogits }) {
    for (let i = 0; i < count; i++) {
      dLogits[i] = (accumulate ? dLogits[i] : 0) + scale / count * losses.bceSlope(logits[i], target);
    }
  },

  gaussianSample({ count }, { mean, logVariance, noise, sample }) {
    for (let i = 0; i < count; i++) sample[i] = mean[i] + gaussian.deviation(logVariance[i]) * noise[i];
  },
  gaussianDivergence({ samples }, { mean, logVariance, loss }) {
    loss[0] = gaussian.divergence(mean, logVariance) / samples;
  },
  gaussianBackward({ count, factor }, { logVariance, noise, dSample, dLogVariance }) {
    for (let i = 0; i < count; i++) {
      dLogVariance[i] = gaussian.sampleSlope(logVariance[i], noise[i]) * dSample[i] +
        factor * gaussian.divergenceSlope(logVariance[i]);
    }
  },

  adam({ count, learningRate, beta1, beta2, epsilon, step }, { parameters, gradients, m, v }) {
    const rate = learningRate * Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
    for (let i = 0; i < count; i++) {
      m[i] = beta1 * m[i] + (1 - beta1) * gradients[i];
      v[i] = beta2 * v[i] + (1 - beta2) * gradients[i] ** 2;
      parameters[i] -= rate * m[i] / (Math.sqrt(v[i]) + epsilon);
    }
  },
};

/** See the file's comment. Throws `RangeError` on spans that do not fit or overlap, `Error` on use after release. */
export class ReferenceBackend extends WithOperations implements Backend {
  readonly name = "reference (literal loops)";
  readonly memory: MemoryLedger;
  readonly #buffers = new Set<DeviceBuffer>();

  /** `limitBytes`: more than this is refused. */
  constructor(limitBytes = Infinity) {
    const operations = operationsWith(KERNELS, arrayAt);
    super(operationsBy((call) => {
      for (const operand of call.operands) if (operand.access !== "read") requireApart(operand, call.operands);
      call.on(operations);
    }));
    this.memory = new MemoryLedger("the reference engine", limitBytes);
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    this.memory.take(byteLength, tag);
    const buffer = new ReferenceBuffer(byteLength, tag);
    this.#buffers.add(buffer);
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    if (!(buffer instanceof ReferenceBuffer)) throw new RangeError(`buffer "${buffer.tag}" belongs to another engine`);
    buffer.free();
    this.memory.give(buffer.byteLength, buffer.tag);
    this.#buffers.delete(buffer);
  }

  upload(source: ArrayBufferView, target: Span): void {
    bytes(target, source.byteLength).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  }

  download(source: Span, target: ArrayBufferView): void {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes(source, target.byteLength));
  }

  synchronize(): void {}

  [Symbol.dispose](): void {
    for (const buffer of this.#buffers) this.release(buffer);
  }
}
