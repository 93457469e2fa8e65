/** What an iteration is made of, counted without computing it. */
import { CountingBackend } from "../../../nn/backend/counting_backend.ts";
import type { OperationCount } from "../../../nn/backend/operation_counts.ts";
import { Tensor } from "../../../nn/tensor.ts";
import type { TrainOptions } from "../../../run/config.ts";
import { newTrainer } from "../../../train/loop.ts";
import type { PhaseName } from "../../../train/schedule.ts";
import { WatchedBackend } from "./watched_backend.ts";

/** Calls, floating point operations and bytes of one iteration of a phase, by name of the operation. */
export function countedIteration(options: TrainOptions, phase: PhaseName): Map<string, OperationCount> {
  using backend = new CountingBackend();
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
