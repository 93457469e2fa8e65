/** How far statistics of the norms are off, against the bound that their sums in float32 have. */
import { assert } from "@std/assert";
import type { Span } from "../../../../../nn/backend/backend.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { normal } from "../../suite/twin.ts";

/** As in kernels/norms.cu. */
const RUN = 16, ROUNDING = 2 ** -24;
/** Distances from a number chosen at random have twice the variance as their mean square; chance adds some. */
const MEAN_SQUARE = 2.5;

/** Mean and biased variance in double precision. */
function exact(values: readonly number[]): [mean: number, variance: number] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length];
}

function assertWithin(what: string, [mean, variance]: [number, number], values: readonly number[]): void {
  const [exactMean, exactVariance] = exact(values), sums = (RUN + 3) * ROUNDING;
  const meanError = Math.abs(mean - exactMean), varianceError = Math.abs(variance - exactVariance) / exactVariance;
  const meanLimit = sums * Math.sqrt(MEAN_SQUARE * exactVariance) + ROUNDING * Math.abs(exactMean);
  assert(meanError <= meanLimit, `${what}: the mean ${exactMean} is off by ${meanError}, limit ${meanLimit}`);
  const limit = sums * MEAN_SQUARE + ROUNDING;
  assert(varianceError <= limit, `${what}: the variance is off by ${varianceError} of it, limit ${limit}`);
}

/** Numbers around a mean, one in a hundred of them ten deviations away, the first among these. */
function numbers(count: number, mean: number, deviation: number): Float32Array {
  return normal(count, 3).map((x, i) => mean + deviation * (i % 100 === 0 ? 10 : x));
}

const CASES = [[0, 1], [3, 0.1], [1000, 2], [-30_000, 1], [1e-6, 1e-8]] as const;

Deno.test("batchStatistics and layerNorm: errors within the bound of their sums, wherever the mean is", async () => {
  using engine = await CudaBackend.open({ cacheFolder: null });
  using held = new DisposableStack();
  const tensor = (values: Float32Array): Span => {
    const buffer = held.adopt(engine.allocate(values.byteLength, "test"), (own) => engine.release(own));
    engine.upload(values, { buffer, byteOffset: 0 });
    return { buffer, byteOffset: 0 };
  };
  for (const [mean, deviation] of CASES) {
    for (const [rows, columns] of [[20_011, 4], [5003, 7], [3, 90_001], [2, 1_000_001]]) {
      const values = numbers(rows * columns, mean, deviation), x = tensor(values);
      const perColumn = columns < 10, read = new Float32Array(2 * (perColumn ? columns : rows));
      const statistics = tensor(read);
      if (perColumn) {
        engine.batchStatistics({ rows, channels: columns }, { x, statistics });
      } else {
        const one = tensor(Float32Array.of(1)), y = tensor(values);
        const shape = { samples: rows, features: columns, epsilon: 1e-5, slope: 1 };
        engine.layerNorm(shape, { x, gain: one, bias: one, y, statistics });
      }
      engine.download(statistics, read);
      const count = read.length / 2;
      for (let i = 0; i < count; i++) {
        const own = perColumn
          ? Array.from({ length: rows }, (_, row) => values[row * columns + i])
          : [...values.subarray(i * columns, (i + 1) * columns)];
        assertWithin(`${rows} × ${columns}, mean ${mean}, ${i}`, [read[i], read[count + i]], own);
      }
    }
  }
});
