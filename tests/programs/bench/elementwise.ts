/** How fast an engine passes over memory: the operations between the convolutions, at the sizes of the full preset. */
import type { Backend, Span } from "../../../nn/backend/backend.ts";
import { medianMilliseconds, wallClock } from "./clock.ts";

/** One measured operation. */
export interface ElementwiseRow {
  readonly name: string;
  /** Bytes that have to be read and written, each operand once. */
  readonly bytes: number;
  /** 10⁹ bytes per second. */
  readonly gigabytesPerSecond: number;
  /** Median of the repetitions. */
  readonly milliseconds: number;
}

/** Voxels of two scenes of 80 × 48 × 80, classes, and sizes of the layers that are normalised. */
const ROWS = 2 * 80 * 48 * 80, CLASSES = 12;
const NORM_ROWS = 2 * 40 * 24 * 40, CHANNELS = 64;
const REFINER_CHANNELS = 32;
const PARAMETERS = 10_000_000;

const REPETITIONS = 9;

interface Case {
  readonly name: string;
  readonly bytes: number;
  readonly run: () => void;
}

/** Measures every operation of `backend`; needs about 320 MB of it and some seconds. */
export function benchElementwise(backend: Backend): ElementwiseRow[] {
  const buffer = (byteLength: number): Span => ({ buffer: backend.allocate(byteLength, "bench"), byteOffset: 0 });
  const random = (count: number, mean = 0): Span => {
    const span = buffer(count * 4);
    backend.randomNormal({ count, seed: 1, stream: 0, iteration: 0, mean, deviation: 1 }, { x: span });
    return span;
  };
  const clock = wallClock(backend), big = ROWS * REFINER_CHANNELS;
  const operands = [random(big), random(big), random(big), random(PARAMETERS), random(PARAMETERS)];
  backend.fill({ count: PARAMETERS, value: 1e-4 }, { x: operands[4] });
  const labels = buffer(ROWS), weights = buffer(CLASSES * 4), loss = buffer(4);
  const vectors = [1, 0, 0, 0].map((mean) => random(CHANNELS, mean)), statistics = random(2 * CHANNELS, 2);
  backend.upload(Uint8Array.from({ length: ROWS }, (_, i) => i % 13 === 0 ? i % CLASSES : 0), labels);
  const cases = elementwiseCases(backend, { operands, labels, weights, loss, vectors, statistics });
  const rows = cases.map(({ name, bytes, run }) => {
    const milliseconds = medianMilliseconds(clock, REPETITIONS, run);
    return { name, bytes, gigabytesPerSecond: bytes / milliseconds / 1e6, milliseconds };
  });
  for (const span of [...operands, labels, weights, loss, ...vectors, statistics]) backend.release(span.buffer);
  return rows;
}

interface Operands {
  /** float32: three of two scenes with the refiner's channels, two of 10 million, the second positive. */
  readonly operands: readonly Span[];
  readonly labels: Span;
  readonly weights: Span;
  readonly loss: Span;
  /** Gain, bias and their gradients. */
  readonly vectors: readonly Span[];
  readonly statistics: Span;
}

function elementwiseCases(
  backend: Backend,
  { operands, labels, weights, loss, vectors, statistics }: Operands,
): Case[] {
  const [x, y, z, moment, square] = operands, [gain, bias, dGain, dBias] = vectors;
  const norm = { x, statistics, gain, bias };
  const gradients = { ...norm, dy: y, means: moment, dx: z, dGain, dBias };
  const voxels = { rows: ROWS, classes: CLASSES }, scene = ROWS * CLASSES * 4;
  const reconstruction = { ...voxels, samples: 2, gamma: 0.97, epsilon: 1e-6 };
  const labelled = { labels, classWeights: weights }, unlabelled = { labels: null, classWeights: null };
  const fused = { ...voxels, reconstruction: { ...reconstruction, scale: 1 } };
  const plain = { ...voxels, reconstruction: null };
  const columns = { rows: NORM_ROWS, channels: CHANNELS, epsilon: 1e-5, slope: 0.2 };
  const samples = { samples: 2, features: NORM_ROWS / 2 * CHANNELS, epsilon: 1e-5, slope: 0.2 };
  const layer = NORM_ROWS * CHANNELS * 4, refiner = ROWS * REFINER_CHANNELS;
  const adam = { count: PARAMETERS, learningRate: 1e-4, beta1: 0.5, beta2: 0.9, epsilon: 1e-8, step: 3 };
  const random = { count: PARAMETERS, seed: 1, stream: 2, iteration: 3, mean: 0, deviation: 0.02 };
  const name = `${ROWS} × ${CLASSES}`, layerName = `${NORM_ROWS} × ${CHANNELS}`, refinerName = `${ROWS} × 32`;
  return [
    { name: "randomNormal 10 M", bytes: 4e7, run: () => backend.randomNormal(random, { x: moment }) },
    {
      name: `fill ${refinerName}`,
      bytes: refiner * 4,
      run: () => backend.fill({ count: refiner, value: 0 }, { x: z }),
    },
    { name: `copy ${refinerName}`, bytes: refiner * 8, run: () => backend.copy({ byteLength: refiner * 4 }, { x, y }) },
    {
      name: `addActivation ${refinerName}`,
      bytes: refiner * 12,
      run: () => backend.addActivation({ count: refiner, slope: 0 }, { a: x, b: y, y: z }),
    },
    {
      name: `activationBackward ${refinerName}`,
      bytes: refiner * 12,
      run: () => backend.activationBackward({ count: refiner, slope: 0 }, { y: x, dy: y, dx: z }),
    },
    { name: `batchStatistics ${layerName}`, bytes: layer, run: () => backend.batchStatistics(columns, norm) },
    {
      name: `batchNorm ${layerName}`,
      bytes: 2 * layer,
      run: () => backend.batchNorm(columns, { ...norm, y }),
    },
    {
      name: `batchNormBackward ${layerName}`,
      bytes: 3 * layer,
      run: () => {
        backend.batchNormGradientMeans(columns, gradients);
        backend.batchNormBackward(columns, gradients);
      },
    },
    {
      name: `layerNorm ${layerName}`,
      bytes: 2 * layer,
      run: () => backend.layerNorm(samples, { ...norm, y }),
    },
    {
      name: `layerNormBackward ${layerName}`,
      bytes: 3 * layer,
      run: () => backend.layerNormBackward(samples, gradients),
    },
    {
      name: `classWeights ${ROWS}`,
      bytes: ROWS,
      run: () => backend.classWeights({ count: ROWS, classes: CLASSES }, { labels, weights }),
    },
    { name: `oneHot ${name}`, bytes: ROWS + scene, run: () => backend.oneHot(voxels, { labels, x: y }) },
    { name: `softmax ${name}`, bytes: 2 * scene, run: () => backend.softmax(voxels, { logits: x, probabilities: y }) },
    {
      name: `reconstructionLoss ${name}`,
      bytes: ROWS + scene,
      run: () => backend.reconstructionLoss(reconstruction, { ...labelled, probabilities: y, loss }),
    },
    {
      name: `softmaxBackward, fused loss, ${name}`,
      bytes: ROWS + 2 * scene,
      run: () => backend.softmaxBackward(fused, { ...labelled, probabilities: y, dProbabilities: null, dLogits: z }),
    },
    {
      name: `softmaxBackward ${name}`,
      bytes: 3 * scene,
      run: () => backend.softmaxBackward(plain, { ...unlabelled, probabilities: y, dProbabilities: x, dLogits: z }),
    },
    { name: `argmax ${name}`, bytes: scene + ROWS, run: () => backend.argmax(voxels, { x: y, labels }) },
    {
      name: "adam 10 M",
      bytes: 28e7,
      run: () => backend.adam(adam, { parameters: x, gradients: y, m: moment, v: square }),
    },
  ];
}

/** The rows as text, one per operation; with `mostGigabytes` per second the share of it. */
export function elementwiseTable(rows: readonly ElementwiseRow[], mostGigabytes?: number): string {
  return rows.map(({ name, gigabytesPerSecond: speed, milliseconds }) => {
    const share = mostGigabytes === undefined ? "" : ` ${(100 * speed / mostGigabytes).toFixed(0).padStart(3)} %`;
    return `${name.padEnd(44)} ${speed.toFixed(1).padStart(6)} GB/s${share} ${milliseconds.toFixed(3).padStart(10)} ms`;
  }).join("\n");
}
