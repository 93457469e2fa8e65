/**
 * An engine whose batch is spread over the ranks of a group, each with as many of its samples: what an operation learns
 * from a whole batch, it learns from that of all ranks.
 *
 * Three operations look across samples: batch norm's statistics, the means that its gradient takes off, and the weights
 * of the classes. All others treat samples apart, and losses are means over samples, so that gradients averaged over the
 * ranks ({@link average}) are those of the whole batch.
 */
import type { Backend, Span } from "../backend/backend.ts";
import type { Operations } from "../backend/calls.ts";
import type { Group } from "./group.ts";

/** The operations that look across samples. */
type AcrossSamples = Pick<Operations, "batchStatistics" | "batchNormGradientMeans" | "classWeights">;

/**
 * The same engine in a group. The result shares the engine's memory and must not outlive it; the operations that look
 * across samples are collectives. A process by itself gets its engine as it is.
 */
export function acrossRanks(engine: Backend, group: Group): Backend {
  if (group.size === 1) return engine;
  const operations: AcrossSamples = {
    batchStatistics(shape, operands) {
      engine.batchStatistics(shape, operands);
      const own = numbersIn(engine, operands.statistics, 2 * shape.channels);
      engine.upload(mergedMoments(group.gather(own)), operands.statistics);
    },
    batchNormGradientMeans(shape, operands) {
      engine.batchNormGradientMeans(shape, operands);
      average(engine, group, operands.means, 2 * shape.channels);
    },
    classWeights({ count, classes }, { labels, weights }) {
      const own = new Uint8Array(count), counts = new Float64Array(classes);
      engine.download(labels, own);
      for (const label of own) if (label < classes) counts[label]++;
      group.allReduce(counts);
      const known = Math.max(1, counts.reduce((sum, total) => sum + total, 0));
      const inverses = counts.map((total) => 1 / (total / known + 1));
      const sum = inverses.reduce((sum, inverse) => sum + inverse, 0);
      engine.upload(Float32Array.from(inverses, (inverse) => inverse / sum), weights);
    },
  };
  return new Proxy(engine, {
    get(engine, name) {
      if (Object.hasOwn(operations, name)) return operations[name as keyof AcrossSamples];
      const member: unknown = Reflect.get(engine, name, engine);
      return typeof member === "function" ? member.bind(engine) : member;
    },
  });
}

/** Collective: x = mean of x over the ranks, `count` float32 in the engine's memory. */
export function average(engine: Backend, group: Group, x: Span, count: number): void {
  if (group.size === 1) return;
  const numbers = engine.view?.(x, count) ?? numbersIn(engine, x, count);
  group.allReduce(numbers);
  if (!engine.view) engine.upload(numbers, x);
  engine.axpby({ count, a: 1 / group.size, b: 0 }, { x, y: x });
}

/**
 * Mean and variance `[2, channels]` of equal parts together (T. Chan et al., "Updating Formulae and a Pairwise Algorithm
 * for Computing Sample Variances", 1979), in double precision, part by part.
 */
function mergedMoments(parts: readonly Float32Array[]): Float32Array {
  const channels = parts[0].length / 2, merged = new Float32Array(2 * channels);
  for (let c = 0; c < channels; c++) {
    const mean = parts.reduce((sum, part) => sum + part[c], 0) / parts.length;
    const squares = parts.reduce((sum, part) => sum + part[channels + c] + (part[c] - mean) ** 2, 0);
    merged[c] = mean;
    merged[channels + c] = squares / parts.length;
  }
  return merged;
}

function numbersIn(engine: Backend, x: Span, count: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(count);
  engine.download(x, numbers);
  return numbers;
}
