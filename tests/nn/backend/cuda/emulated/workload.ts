/** A little of everything that an engine does, for tests of what happens when something fails. */
import type { Backend, ConvGeometry, Span } from "../../../../../nn/backend/backend.ts";

const GEOMETRY: ConvGeometry = {
  batch: 2,
  input: [5, 4, 5],
  channels: 12,
  output: [3, 2, 3],
  filters: 16,
  kernel: [5, 3, 5],
  stride: 2,
  padding: [2, 1, 2],
};
const ROWS = 2 * 5 * 4 * 5, CHANNELS = 12;

/** Runs it and releases what it allocated, also when it fails. Returns a few of the numbers. */
export function workload(engine: Backend): Float32Array {
  using held = new DisposableStack();
  const tensor = (bytes: number): Span => {
    const buffer = held.adopt(engine.allocate(bytes, "workload"), (own) => engine.release(own));
    return { buffer, byteOffset: 0 };
  };
  const labels = tensor(ROWS), x = tensor(ROWS * CHANNELS * 4), p = tensor(ROWS * CHANNELS * 4);
  const y = tensor(2 * 18 * 16 * 4), filter = tensor(16 * 75 * CHANNELS * 4), gradient = tensor(16 * 75 * CHANNELS * 4);
  const statistics = tensor(2 * CHANNELS * 4), gain = tensor(CHANNELS * 4), loss = tensor(4);
  engine.upload(Uint8Array.from({ length: ROWS }, (_, i) => i * 7 % CHANNELS), labels);
  const rows = { rows: ROWS, classes: CHANNELS };
  engine.oneHot(rows, { labels, x });
  const random = { count: 16 * 75 * CHANNELS, seed: 1, stream: 2, iteration: 3, mean: 0, deviation: 0.02 };
  engine.randomNormal(random, { x: filter });
  engine.fill({ count: CHANNELS, value: 1 }, { x: gain });
  const geometry = GEOMETRY;
  engine.convForward({ geometry }, { input: x, filter, output: y });
  engine.convInputGradient({ geometry, accumulate: false }, { dOutput: y, filter, dInput: p });
  for (const accumulate of [false, true]) {
    engine.convFilterGradient({ geometry, accumulate }, { input: x, dOutput: y, dFilter: gradient });
  }
  const shape = { rows: ROWS, channels: CHANNELS, epsilon: 1e-5, slope: 0.2 };
  engine.batchStatistics(shape, { x: p, statistics });
  engine.batchNorm(shape, { x: p, statistics, gain, bias: gain, y: p });
  engine.softmax(rows, { logits: p, probabilities: p });
  engine.classWeights({ count: ROWS, classes: CHANNELS }, { labels, weights: gain });
  const reconstruction = { ...rows, samples: 2, gamma: 0.97, epsilon: 1e-6 };
  engine.reconstructionLoss(reconstruction, { labels, classWeights: gain, probabilities: p, loss });
  const product = { batch: 1, m: 16, n: 75, k: 12, transposeA: false, transposeB: false, accumulate: true };
  engine.gemm(product, { a: filter, b: x, c: gradient });
  engine.gemm({ ...product, batch: 2 }, { a: filter, b: x, c: gradient });
  const numbers = new Float32Array(101);
  engine.download(loss, numbers.subarray(0, 1));
  engine.download(gradient, numbers.subarray(1));
  return numbers;
}
