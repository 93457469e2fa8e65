import { assert, assertEquals } from "@std/assert";
import { fillNormal } from "../../../../base/random.ts";
import { ELEMENTWISE_KERNELS } from "../../../../nn/backend/cpu/kernels/all.ts";
import { batchNormBackward, batchNormGradientMeans } from "../../../../nn/backend/cpu/kernels/batch_norm_backward.ts";
import { batchStatistics } from "../../../../nn/backend/cpu/kernels/batch_statistics.ts";
import { layerNorm } from "../../../../nn/backend/cpu/kernels/layer_norm.ts";
import { randomNormal } from "../../../../nn/backend/cpu/kernels/random_normal.ts";
import { reconstructionLoss } from "../../../../nn/backend/cpu/kernels/reconstruction_loss.ts";
import { softmax } from "../../../../nn/backend/cpu/kernels/softmax.ts";
import { openSystemEngine } from "../../../../nn/backend/cpu/system_engine.ts";
import { MemoryLedger } from "../../../../nn/backend/memory.ts";

const KEY = { seed: 5, stream: 6, iteration: 7 };

/** Bits of everything that the operations give with so many threads. */
async function results(threads: number): Promise<Uint32Array[]> {
  using engine = await openSystemEngine(ELEMENTWISE_KERNELS, threads, new MemoryLedger("test"));
  const rows = 50_021, channels = 12, count = rows * channels;
  const floats = (length: number) => engine.heap.allocate(length * 4, "test").address;
  const x = floats(count), dy = floats(count), y = floats(count), gain = floats(channels), bias = floats(channels);
  const output = floats(8 * channels), labels = floats(rows);
  randomNormal(engine, { count, ...KEY, mean: 0.5, deviation: 2 }, { x });
  randomNormal(engine, { count, ...KEY, stream: 1, mean: 0, deviation: 1 }, { x: dy });
  randomNormal(engine, { count: channels, ...KEY, mean: 1, deviation: 0.1 }, { x: gain });
  randomNormal(engine, { count: channels, ...KEY, mean: 0, deviation: 0.1 }, { x: bias });
  randomNormal(engine, { count: 8 * channels, ...KEY, mean: 0, deviation: 1 }, { x: output });
  new Uint8Array(engine.heap.memory.buffer, labels, rows).forEach((_, i, array) => array[i] = i % channels);
  const at = (index: number) => output + index * channels * 4;
  const shape = { rows, channels, epsilon: 1e-5, slope: 0.2 };
  const norm = { x, statistics: at(0), gain, bias };
  batchStatistics(engine, shape, norm);
  batchNormGradientMeans(engine, shape, { ...norm, dy, means: at(6), dGain: at(2), dBias: at(3) });
  batchNormBackward(engine, shape, { ...norm, dy, means: at(6), dx: y });
  softmax(engine, { rows, classes: channels }, { logits: x, probabilities: dy });
  const loss = { rows, classes: channels, samples: 2, gamma: 0.97, epsilon: 1e-6 };
  reconstructionLoss(engine, loss, { labels, classWeights: gain, probabilities: dy, loss: at(4) });
  const samples = { samples: 3, features: count / 3, epsilon: 1e-5, slope: 0 };
  layerNorm(engine, samples, { ...norm, statistics: at(5), y: dy });
  return [[x, count], [dy, count], [y, count], [output, 8 * channels]].map(([address, length]) =>
    new Uint32Array(engine.heap.memory.buffer, address, length).slice()
  );
}

Deno.test("kernels: the same bits with one, two and three threads", async () => {
  const one = await results(1);
  for (const threads of [2, 3]) {
    const several = await results(threads);
    one.forEach((bits, array) => {
      const different = bits.findIndex((word, i) => word !== several[array][i]);
      assertEquals(different, -1, `array ${array} differs with ${threads} threads`);
    });
  }
});

Deno.test("randomNormal: nearly every number has the very bits of base/random.ts", async () => {
  using engine = await openSystemEngine(ELEMENTWISE_KERNELS, 2, new MemoryLedger("test"));
  const count = 1_000_003, x = engine.heap.allocate(count * 4, "test").address, expected = new Float32Array(count);
  randomNormal(engine, { count, ...KEY, mean: 0, deviation: 0.02 }, { x });
  fillNormal(expected, KEY, 0, 0.02);
  const actual = new Float32Array(engine.heap.memory.buffer, x, count);
  const different = expected.reduce((sum, value, i) => sum + Number(value !== actual[i]), 0);
  assert(different <= 3, `${different} of ${count} numbers differ`);
});
