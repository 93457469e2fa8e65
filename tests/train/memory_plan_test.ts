/** The plan of a dry run against the ledger of a real engine: nothing leaks, nothing is counted twice. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../../nn/backend/backend.ts";
import { openBackend, plannedEngine } from "../../nn/backend/open.ts";
import { Tensor } from "../../nn/tensor.ts";
import type { TrainOptions } from "../../run/config.ts";
import { memoryPlan } from "../../train/memory_plan.ts";
import { newTrainer } from "../../train/loop.ts";
import { resolveOptions } from "../../run/options.ts";
import { priorConfig } from "../../nn/prior/config.ts";
import { emptyBatch } from "../../train/prior/prior_batch.ts";
import { PriorTrainer } from "../../train/prior/prior_trainer.ts";
import type { PhaseName, StageName } from "../../train/schedule.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";

/** Share by which plan and engine may differ: the engine rounds blocks up to 64 bytes. */
const TOLERANCE = 0.02;

/** Memory that is the engine's own and not asked for by the model. */
const isOwn = (tag: string) => /workspace|scratch|machine code/.test(tag);

/** Peaks of each stage's third iteration without the engine's own memory, which is the same all the time by then. */
function measuredPeaks(backend: Backend, options: TrainOptions): { phase: StageName; peakBytes: number }[] {
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(options.seed);
  const ofNetworks = (phase: PhaseName, batch: number) => () => {
    const scenes = new Uint8Array(batch * options.grid[0] * options.grid[1] * options.grid[2]);
    scenes.forEach((_, voxel) => scenes[voxel] = voxel % 12);
    using labels = Tensor.from(backend, scenes, [batch, ...options.grid], "labels");
    using z = trainer.drawLatent(batch, options.seed, 0);
    trainer.iterate(phase, labels, z);
  };
  using prior = new DisposableStack();
  const ofPrior = () => {
    const config = priorConfig(trainer.config, 7), batch = emptyBatch({ config }, options.priorBatch);
    const learner = prior.use(new PriorTrainer(backend, config, { learningRate: 1e-3, iterations: 3 }, 0));
    return () => learner.step(batch, 0);
  };
  const stages: [StageName, () => () => void][] = [
    ["base", () => ofNetworks("base", options.batch)],
    ["refine", () => ofNetworks("refine", options.refineBatch)],
    ...options.priorIterations > 0 ? [["prior", ofPrior] as [StageName, () => () => void]] : [],
  ];
  return stages.map(([phase, begin]) => {
    const run = begin();
    run();
    run();
    backend.memory.resetPeak();
    const uses = backend.memory.byTag().filter(([tag]) => isOwn(tag));
    const own = uses.reduce((sum, [, { liveBytes }]) => sum + liveBytes, 0);
    run();
    const after = backend.memory.byTag().filter(([tag]) => isOwn(tag));
    assertEquals(
      after.map(([tag, { peakBytes }]) => [tag, peakBytes]).sort(),
      uses.map(([tag, { liveBytes }]) => [tag, liveBytes]).sort(),
    );
    return { phase, peakBytes: backend.memory.peakBytes - own };
  });
}

function assertPlanHolds(backend: Backend, values: Record<string, unknown>): void {
  const options = resolveOptions([{ source: "test", values: { preset: "tiny", ...values } }]);
  const before = heldBytes(backend);
  const measured = measuredPeaks(backend, options);
  for (const [index, { phase, peakBytes }] of memoryPlan(options).entries()) {
    const share = measured[index].peakBytes / peakBytes;
    assert(Math.abs(share - 1) <= TOLERANCE, `${phase}: planned ${peakBytes} bytes, the engine held ${share} of them`);
  }
  assertNothingHeld(backend, before);
}

Deno.test("memoryPlan: its peaks are those of the CPU engine, for the tiny preset and one with other sizes", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  assertPlanHolds(backend, {});
  assertPlanHolds(backend, {
    grid: [32, 16, 32],
    channels: [8, 12, 20, 24],
    latentChannels: 6,
    codeUnits: 40,
    refinerChannels: 8,
    batch: 4,
    refineBatch: 3,
  });
});

Deno.test("memoryPlan: its peaks are those of the CPU engine, for flat and convolutional variational codes", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  for (const model of ["vae-200", "fc-vae"]) assertPlanHolds(backend, { model });
});

Deno.test("memoryPlan: its peaks are those of the CPU engine, for any sizes", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const axis = fc.constantFrom(16, 32),
    channels = fc.integer({ min: 2, max: 16 }),
    batch = fc.integer({ min: 2, max: 4 });
  const sizes = fc.record({
    grid: fc.tuple(axis, fc.constant(16), axis),
    channels: fc.tuple(channels, channels, channels, channels),
    generator: fc.constantFrom("dense", "conv"),
    latentChannels: channels,
    codeUnits: fc.integer({ min: 4, max: 64 }),
    refinerChannels: channels,
    batch,
    refineBatch: batch,
  });
  fc.assert(fc.property(sizes, (values) => assertPlanHolds(backend, values)), { numRuns: 12 });
});

for (const cpuEngine of ["auto", "wasm"] as const) {
  Deno.test(`plannedEngine: a plan with it is the CPU engine's whole peak but for tables and threads' memory (${cpuEngine})`, async () => {
    using backend = await openBackend("cpu", { threads: 1, cpuEngine });
    const refine = { refineBatch: 2, refineIterations: 1 };
    const values = {
      preset: "small",
      device: "cpu",
      grid: [16, 16, 32],
      batch: 2,
      ...refine,
      priorIterations: 0,
      cpuEngine,
    };
    const options = resolveOptions([{ source: "test", values }]);
    measuredPeaks(backend, options);
    const held = (name: string) => backend.memory.byTag().find(([tag]) => tag === name)?.[1].peakBytes ?? 0;
    const plan = memoryPlan(options, plannedEngine("cpu", "fp32", Infinity, cpuEngine))[1];
    assertEquals(plan.byTag.find(([tag]) => tag === "workspace"), ["workspace", held("workspace")]);
    const rest = ["workspace (plans)", "thread scratch", "machine code"].reduce((sum, tag) => sum + held(tag), 0);
    assert(Math.abs(backend.memory.peakBytes - rest - plan.peakBytes) <= TOLERANCE * plan.peakBytes);
  });
}
