/** How fast a GPU trains: every operation of an iteration, and whole iterations as training runs them. */
import { makeRoom } from "../../../data/rooms/mod.ts";
import type { PlanChoice } from "../../../nn/backend/cuda/conv/planner.ts";
import { CudaBackend } from "../../../nn/backend/cuda/cuda_backend.ts";
import { openDevice } from "../../../nn/backend/cuda/device.ts";
import type { Precision } from "../../../nn/backend/precision.ts";
import { ordinalOf } from "../../../nn/backend/device_name.ts";
import { Tensor } from "../../../nn/tensor.ts";
import type { TrainOptions } from "../../../run/config.ts";
import { newTrainer } from "../../../train/loop.ts";
import type { PhaseName } from "../../../train/schedule.ts";
import type { Trainer } from "../../../train/trainer.ts";
import { countedIteration, totalOf } from "./counted_iteration.ts";
import { CudaStopwatch } from "./cuda_stopwatch.ts";
import { WatchedBackend } from "./watched_backend.ts";

/** All calls of one name in an iteration. */
export interface OperationRow {
  /** See `operationName`. */
  readonly operation: string;
  readonly calls: number;
  /** Of all calls together, by marks in the stream; median of the iterations. */
  readonly milliseconds: number;
  /** By the nominal count: taps on padding included. */
  readonly floatOperations: number;
  /** Bytes of all operands, read-modify-write twice, that an engine without caches would move. */
  readonly bytesTouched: number;
  /** Plans of cuDNN that this operation was the first to use. */
  readonly plans: readonly PlanChoice[];
}

/** One phase in one precision. */
export interface PhaseRow {
  readonly precision: Precision;
  readonly phase: PhaseName;
  readonly batch: number;
  /** The first iteration: plans are chosen, memory is taken. */
  readonly firstSeconds: number;
  /** Device time of an iteration, from mark to mark; median. */
  readonly milliseconds: number;
  /** Time of an iteration on the clock on the wall: mean over all, with the wait at the end. */
  readonly wallMilliseconds: number;
  /** Time that the program takes to put an iteration into the stream; mean. The device idles if it is longer. */
  readonly issueMilliseconds: number;
  /** Of an iteration, by the nominal count. */
  readonly floatOperations: number;
  /** Calls of the engine in an iteration; launches of our own kernels and of graphs that put them into the stream. */
  readonly calls: number;
  readonly launches: number;
  readonly graphLaunches: number;
  /** Times that the device was asked for memory while iterations were measured; 0 is right. */
  readonly allocations: number;
  /** Most that tensors and workspace held, as the engine counts. */
  readonly peakBytes: number;
  /** More than before the engine was opened, and all that is in use on the GPU, as the driver says after the last. */
  readonly driverBytes: number;
  readonly driverTotalBytes: number;
  readonly operations: readonly OperationRow[];
}

/** What {@link benchCuda} may be told. */
export interface CudaBenchOptions {
  /** Iterations that are measured, at least 3; fewer where `seconds` are over. */
  readonly count: number;
  /** About how long a phase's iterations are measured. */
  readonly seconds: number;
  /** Only these phases; both without. */
  readonly phases?: readonly PhaseName[];
  readonly notice: (message: string) => void;
  /** Called with each phase when it is measured. */
  readonly onPhase: (row: PhaseRow) => void | Promise<void>;
}

/** Iterations of which every operation is timed. */
const PROFILED = 3;

/** Measures the phases that `options` describe, on its device and in its precision. @throws {UserError} without a GPU. */
export async function benchCuda(options: TrainOptions, bench: CudaBenchOptions): Promise<void> {
  const device = ordinalOf(options.device) ?? 0, { precision, deterministic, cudaGraphs } = options;
  const graphs = cudaGraphs === "on";
  const { runtime } = openDevice(device).libraries, freeBefore = runtime.memoryInfo().freeBytes;
  using engine = await CudaBackend.open({ device, precision, deterministic, graphs, notice: bench.notice });
  const watched = new WatchedBackend(engine);
  using trainer = newTrainer(watched.backend, options);
  trainer.networks.initialize(options.seed);
  for (const phase of bench.phases ?? ["base", "refine"] as const) {
    const iterate = iterations(trainer, options, phase), plans = new Map<string, PlanChoice[]>();
    const start = performance.now();
    watched.observer = (operation, run) => {
      const before = engine.diagnostics.plans.length, result = run();
      const found = engine.diagnostics.plans.slice(before);
      if (found.length > 0) plans.set(operation, [...plans.get(operation) ?? [], ...found]);
      return result;
    };
    iterate();
    watched.observer = null;
    engine.synchronize();
    const firstSeconds = (performance.now() - start) / 1000;
    iterate();
    iterate(); // the third makes the graph
    engine.memory.resetPeak();
    const whole = measureWhole(engine, iterate, bench);
    const { freeBytes, totalBytes } = runtime.memoryInfo();
    const counts = countedIteration(options, phase), operations: OperationRow[] = [];
    for (const [operation, milliseconds] of profile(engine, watched, iterate)) {
      const counted = counts.get(operation) ?? { calls: 0, floatOperations: 0, bytesTouched: 0 };
      operations.push({ operation, milliseconds, ...counted, plans: plans.get(operation) ?? [] });
    }
    const { floatOperations, calls } = totalOf(counts.values());
    await bench.onPhase({
      ...{ precision, phase, batch: phase === "base" ? options.batch : options.refineBatch },
      ...{ firstSeconds, ...whole, floatOperations, calls },
      ...{ peakBytes: engine.memory.peakBytes, driverBytes: freeBefore - freeBytes },
      driverTotalBytes: totalBytes - freeBytes,
      operations: operations.sort((a, b) => b.milliseconds - a.milliseconds),
    });
  }
}

/** A function that puts the next iteration of a phase into the stream, on one batch of rooms. */
function iterations(trainer: Trainer, options: TrainOptions, phase: PhaseName): () => void {
  const batch = phase === "base" ? options.batch : options.refineBatch;
  const voxels = options.grid.reduce((product, size) => product * size, 1), scenes = new Uint8Array(batch * voxels);
  for (let i = 0; i < batch; i++) scenes.set(makeRoom(options.grid, options.seed, i), i * voxels);
  let iteration = 0;
  return () => {
    using labels = Tensor.from(trainer.backend, scenes, [batch, ...options.grid], "labels");
    using z = trainer.drawLatent(batch, options.seed, iteration++);
    trainer.iterate(phase, labels, z);
  };
}

/** Iterations one after the other, as training runs them between two readings of the losses. */
function measureWhole(engine: CudaBackend, iterate: () => void, { count, seconds }: CudaBenchOptions) {
  using stopwatch = new CudaStopwatch(engine.stream);
  const before = engine.diagnostics, start = performance.now();
  let issued = 0, done = 0;
  while (done < Math.max(3, count) && (done < 3 || performance.now() - start < seconds * 1000)) {
    const from = performance.now();
    stopwatch.time(iterate);
    issued += performance.now() - from;
    done++;
  }
  const milliseconds = median(stopwatch.read());
  const wall = performance.now() - start, after = engine.diagnostics;
  return {
    milliseconds,
    wallMilliseconds: wall / done,
    issueMilliseconds: issued / done,
    launches: (after.launches - before.launches) / done,
    graphLaunches: (after.graphLaunches - before.graphLaunches) / done,
    allocations: after.allocations - before.allocations,
  };
}

/** Milliseconds of all calls of each operation in one iteration, medians. */
function profile(engine: CudaBackend, watched: WatchedBackend<CudaBackend>, iterate: () => void): Map<string, number> {
  using stopwatch = new CudaStopwatch(engine.stream);
  const sums: Map<string, number>[] = [];
  for (let i = 0; i < PROFILED; i++) {
    const names: string[] = [], sum = new Map<string, number>();
    watched.observer = (operation, run) => {
      names.push(operation);
      engine.flush(); // what is timed goes into the stream by itself
      return stopwatch.time(run);
    };
    iterate();
    watched.observer = null;
    stopwatch.read().forEach((milliseconds, index) =>
      sum.set(names[index], (sum.get(names[index]) ?? 0) + milliseconds)
    );
    sums.push(sum);
  }
  return new Map([...sums[0].keys()].map((name) => [name, median(sums.map((sum) => sum.get(name) ?? 0))]));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
