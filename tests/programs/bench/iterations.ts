/** How fast whole training iterations of a preset are, and how much memory they take. */
import type { Backend } from "../../../nn/backend/backend.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { makeRoom } from "../../../data/rooms/mod.ts";
import { newTrainer } from "../../../train/loop.ts";
import { resolveOptions } from "../../../run/options.ts";
import type { PhaseName } from "../../../train/schedule.ts";

/** One measured phase of a preset. */
export interface IterationRow {
  readonly preset: string;
  readonly phase: PhaseName;
  readonly batch: number;
  /** Median. */
  readonly secondsPerIteration: number;
  readonly leastSeconds: number;
  /** Most that the engine held, workspace included. */
  readonly peakBytes: number;
}

/** Option values of what is measured by default; the batch sizes are those of published figures for processors. */
export const WORKLOADS: readonly { readonly name: string; readonly values: Readonly<Record<string, unknown>> }[] = [
  { name: "tiny", values: { preset: "tiny" } },
  { name: "32×16×32, 128-64-32-16", values: { ...narrow(), batch: 4, refineBatch: 4 } },
  { name: "48×32×48, 128-64-32-16", values: { ...narrow(), grid: [48, 32, 48], batch: 4, refineBatch: 4 } },
  { name: "small (default)", values: { preset: "small" } },
  { name: "full", values: { preset: "full", batch: 2, refineBatch: 2 } },
];

function narrow() {
  return { preset: "small", channels: [16, 32, 64, 128], codeUnits: 128, refinerChannels: 16 };
}

/** Measures the base and the refine phase on rooms: one iteration to warm up, then `count`. */
export function benchIterations(
  backend: Backend,
  name: string,
  values: Record<string, unknown>,
  count: number,
): IterationRow[] {
  const options = resolveOptions([{ source: "bench", values }]);
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(options.seed);
  return (["base", "refine"] as const).map((phase): IterationRow => {
    const batch = phase === "base" ? options.batch : options.refineBatch;
    const voxels = options.grid.reduce((product, size) => product * size, 1);
    const scenes = new Uint8Array(batch * voxels);
    for (let i = 0; i < batch; i++) scenes.set(makeRoom(options.grid, options.seed, i), i * voxels);
    const seconds: number[] = [];
    for (let i = 0; i <= count; i++) {
      if (i === 1) backend.memory.resetPeak();
      const started = performance.now();
      using labels = Tensor.from(backend, scenes, [batch, ...options.grid], "labels");
      using z = trainer.drawLatent(batch, options.seed, i);
      trainer.iterate(phase, labels, z);
      trainer.readLosses();
      if (i > 0) seconds.push((performance.now() - started) / 1000);
    }
    const secondsPerIteration = seconds.sort((a, b) => a - b)[seconds.length >> 1];
    const { peakBytes } = backend.memory;
    return { preset: name, phase, batch, secondsPerIteration, leastSeconds: seconds[0], peakBytes };
  });
}

/** A training of the base stage on one batch of rooms, an iteration at a time. */
export function iterating(
  backend: Backend,
  values: Record<string, unknown>,
): Disposable & { readonly iterate: () => void } {
  const options = resolveOptions([{ source: "bench", values }]), { batch, grid, seed } = options;
  const trainer = newTrainer(backend, options);
  trainer.networks.initialize(seed);
  const scenes = Uint8Array.from(Array.from({ length: batch }, (_, i) => [...makeRoom(grid, seed, i)]).flat());
  let iteration = 0;
  return {
    iterate() {
      using labels = Tensor.from(backend, scenes, [batch, ...grid], "labels");
      using z = trainer.drawLatent(batch, seed, iteration++);
      trainer.iterate("base", labels, z);
      trainer.readLosses();
    },
    [Symbol.dispose]: () => trainer[Symbol.dispose](),
  };
}

/** Trains one iteration of the base stage on rooms. */
export function firstIteration(backend: Backend, values: Record<string, unknown>): void {
  using training = iterating(backend, values);
  training.iterate();
}
