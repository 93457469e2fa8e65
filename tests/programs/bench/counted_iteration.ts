/** What an iteration is made of, counted without computing it. */
import { CountingBackend, type CountingOptions } from "../../../nn/backend/counting_backend.ts";
import {
  convertedOperands,
  convolutionProblem,
  OUTPUT_INDEX,
  tensorBytes,
} from "../../../nn/backend/cuda/conv/problem.ts";
import { activationsOf } from "../../../nn/backend/cuda/planned_engine.ts";
import type { OperationCount } from "../../../nn/backend/operation_counts.ts";
import { Tensor } from "../../../nn/tensor.ts";
import type { TrainOptions } from "../../../run/config.ts";
import { newTrainer } from "../../../train/loop.ts";
import type { PhaseName } from "../../../train/schedule.ts";
import { WatchedBackend } from "./watched_backend.ts";

/** Iterations of a count: the last one is what is told. */
const ITERATIONS = 2;

/** Calls, floating point operations and bytes of one iteration of a phase on CUDA, by name of the operation. */
export function countedIteration(
  options: TrainOptions,
  phase: PhaseName,
  workspaceBytes?: CountingOptions["workspaceBytes"],
): Map<string, OperationCount> {
  using backend = new CountingBackend({ activations: activationsOf(options.precision), workspaceBytes });
  const watched = new WatchedBackend(backend), batch = phase === "base" ? options.batch : options.refineBatch;
  using trainer = newTrainer(watched.backend, options);
  const iterate = () => {
    using labels = Tensor.allocate(watched.backend, [batch, ...options.grid], "labels", "u8");
    using z = trainer.drawLatent(batch, options.seed, 0);
    trainer.iterate(phase, labels, z);
  };
  iterate(); // the first also prepares the optimisers
  const counts = new Map<string, OperationCount>();
  watched.observer = (operation, run) => {
    backend.counts.reset();
    const result = run(), { floatOperations, bytesTouched } = backend.counts.total();
    const sum = counts.get(operation) ?? { calls: 0, floatOperations: 0, bytesTouched: 0 };
    sum.calls++;
    sum.floatOperations += floatOperations;
    sum.bytesTouched += bytesTouched;
    counts.set(operation, sum);
    return result;
  };
  iterate();
  return counts;
}

/** Bytes that convolutions of an iteration in bfloat16 move to convert what is stored in float32, and results back. */
export function conversionBytes(options: TrainOptions, phase: PhaseName): number {
  if (options.precision !== "bf16") return 0;
  let iteration = 0;
  countedIteration(options, phase, (geometry, direction, types) => {
    const problem = convolutionProblem(geometry, direction, "bf16", false), padded = tensorBytes(problem);
    const stored = tensorBytes(convolutionProblem(geometry, direction, "fp32", false));
    for (const index of convertedOperands(types)) {
      // The gradient of a filter is added to what is there.
      const result = index === OUTPUT_INDEX[direction];
      iteration += padded[index] + stored[index] * (result && direction === "filterGradient" ? 2 : 1);
    }
    return 0;
  });
  return iteration / ITERATIONS;
}

/** All operations together. */
export function totalOf(counts: Iterable<OperationCount>): OperationCount {
  const total = { calls: 0, floatOperations: 0, bytesTouched: 0 };
  for (const { calls, floatOperations, bytesTouched } of counts) {
    total.calls += calls;
    total.floatOperations += floatOperations;
    total.bytesTouched += bytesTouched;
  }
  return total;
}
