/**
 * An engine whose batch is spread over the ranks of a group, each with as many of its samples: what an operation learns
 * from a whole batch, it learns from that of all ranks.
 *
 * Three operations look across samples: batch norm's statistics, the means that its gradient takes off, and the weights
 * of the classes. All others treat samples apart, and losses are means over samples, so that gradients averaged over the
 * ranks ({@link average}) are those of the whole batch.
 */
import type { Backend, Span } from "../backend/backend.ts";
import { behind, BYTES_PER_ELEMENT } from "../backend/buffer.ts";
import type { Operations } from "../backend/calls.ts";
import { Tensor } from "../tensor.ts";
import { collectivesOf } from "./engine_collectives.ts";
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
      mergeMoments(engine, group, operands.statistics, shape.channels);
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
  collectivesOf(engine, group).allReduce(x, count);
  engine.axpby({ count, a: 1 / group.size, b: 0 }, { x, y: x });
}

/**
 * Collective: mean and variance `[2, channels]` of the parts that ranks have become those of all. The parts are equal, so
 * that the mean is the mean of theirs, and the variance the mean of their variances and the variance of their means
 * together. Both are statistics of the engine, over a row for each rank.
 */
function mergeMoments(engine: Backend, group: Group, statistics: Span, channels: number): void {
  using parts = Tensor.allocate(engine, [group.size, 2, channels], "moments of all ranks");
  using over = Tensor.allocate(engine, [2, 2, channels], "moments over all ranks");
  collectivesOf(engine, group).allGather(statistics, parts, 2 * channels);
  engine.batchStatistics({ rows: group.size, channels: 2 * channels }, { x: parts, statistics: over });
  engine.copy({ byteLength: 2 * channels * BYTES_PER_ELEMENT.f32 }, { x: over, y: statistics });
  const varianceOfMeans = behind(over, 2 * channels);
  engine.axpby({ count: channels, a: 1, b: 1 }, { x: varianceOfMeans, y: behind(statistics, channels) });
}
