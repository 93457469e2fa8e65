/** Memory that runs out at any moment of an iteration. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { CountingBackend } from "../../nn/backend/counting_backend.ts";
import { MemoryLedger, OutOfMemoryError } from "../../nn/backend/memory.ts";
import { plannedEngine } from "../../nn/backend/open.ts";
import { Tensor } from "../../nn/tensor.ts";
import type { TrainOptions } from "../../run/config.ts";
import { checkMemory, dryRunReport } from "../../train/dry_run.ts";
import { memoryPlan } from "../../train/memory_plan.ts";
import { newTrainer } from "../../train/loop.ts";
import { resolveOptions } from "../../run/options.ts";

const options = resolveOptions([{ source: "test", values: { preset: "tiny" } }]);
const recomputing = { ...options, recompute: "on" } as const;

/** Every size at its bound. */
const largest = {
  grid: [512, 512, 512],
  channels: [1024, 1024, 1024, 1024],
  latentChannels: 1024,
  codeUnits: 65536,
  refinerChannels: 1024,
  batch: 4096,
  refineBatch: 4096,
};
const huge = resolveOptions([{ source: "test", values: { preset: "full", ...largest } }]);

/** An engine whose request number `at`, from 1, is refused. */
class FailingBackend extends CountingBackend {
  #requests = 0;

  constructor(readonly at: number) {
    super();
  }

  override allocate(byteLength: number, tag: string) {
    if (++this.#requests === this.at) throw this.memory.exhausted(byteLength, tag, "on purpose");
    return super.allocate(byteLength, tag);
  }
}

/** An iteration of each stage; whether all requests for memory were met. */
function runs(backend: FailingBackend, options: TrainOptions): boolean {
  try {
    using trainer = newTrainer(backend, options);
    for (const phase of ["base", "refine"] as const) {
      using labels = Tensor.allocate(backend, [options.batch, ...options.grid], "labels", "u8");
      using z = trainer.drawLatent(options.batch, 0, 0);
      trainer.iterate(phase, labels, z);
    }
    return true;
  } catch (error) {
    assert(error instanceof OutOfMemoryError, `request ${backend.at}: ${error}`);
    return false;
  }
}

Deno.test("Trainer: wherever memory runs out, that is the error, and everything is given back", () => {
  for (const way of [options, recomputing]) {
    let at = 1;
    for (let met = false; !met; at++) {
      using backend = new FailingBackend(at);
      met = runs(backend, way);
      assertEquals(backend.memory.liveBytes, 0, `request ${at}`);
    }
    assert(at > 300, `only ${at} requests`);
  }
});

Deno.test("OutOfMemoryError: is an error for the person at the keyboard and names what needs less", () => {
  using backend = new CountingBackend({ limitBytes: 1e5 });
  const error = assertThrows(() => newTrainer(backend, options), UserError);
  assert(/wanted for ".+", .+ held .*use a smaller --batch or --preset, or raise --memory-limit/.test(error.message));
});

Deno.test("checkMemory: refuses a stage that cannot fit, by its name, and sizes beyond all measure too", () => {
  const [base, refine, prior] = memoryPlan(options).map(({ peakBytes }) => peakBytes);
  checkMemory(options, Math.max(base, refine, prior));
  assertThrows(() => checkMemory(options, base - 1), UserError, "the base stage with batch 2 takes");
  assertThrows(() => checkMemory(options, prior - 1), UserError, "the prior stage with batch 4 takes");
  const wide = resolveOptions([{ source: "test", values: { preset: "tiny", refineBatch: 64, priorIterations: 0 } }]);
  assertThrows(() => checkMemory(wide, 2 * base), UserError, "the refine stage with batch 64 takes");
  assertThrows(() => checkMemory(huge, 2 ** 40), UserError, "PiB");
});

Deno.test("checkMemory: names a batch that fits, with its workspaces, and --memory-limit only where that may help", () => {
  const limitBytes = 2 ** 26;
  const message = (batch: number, memoryLimit: string) => {
    const values = { preset: "tiny", refineIterations: 0, device: "cpu", batch, memoryLimit };
    const asked = resolveOptions([{ source: "test", values }]);
    return [assertThrows(() => checkMemory(asked, limitBytes), UserError).message, asked] as const;
  };
  const [limited, asked] = message(64, "64MiB");
  assertMatch(limited, /the engine may take 64 MiB; use --batch \d+, or raise --memory-limit/);
  const batch = Number(/use --batch (\d+)/.exec(limited)![1]), { device, precision, cpuEngine } = asked;
  const engine = plannedEngine(device, precision, limitBytes, cpuEngine);
  const peak = (batch: number) => memoryPlan({ ...asked, batch }, engine, limitBytes)[0].peakBytes;
  assert(peak(batch) <= limitBytes && batch > 2, `${batch}`);
  const [addressed] = message(64, "12GiB");
  assertMatch(addressed, /the cpu engine has no more than 64 MiB; use --batch \d+ \(--dry-run shows the plan\)$/);
  // A rank has a part of the batch, the flag is for the whole.
  const shared = assertThrows(() => checkMemory(asked, limitBytes, 4), UserError).message;
  assertMatch(shared, /with batch 64 on each of 4 ranks takes/);
  assertEquals(Number(/use --batch (\d+)/.exec(shared)![1]), 4 * batch);
});

Deno.test("MemoryLedger: what an engine cannot address is no reason to raise --memory-limit", () => {
  const ledger = new MemoryLedger("test", 2 ** 33, 2 ** 32);
  const { message } = assertThrows(() => ledger.take(2 ** 32 + 1, "much"), OutOfMemoryError);
  assertMatch(message, /this engine addresses 4 GiB; use a smaller --batch or --preset$/);
});

Deno.test("dryRunReport: sizes beyond all measure are told at once, without the workspaces of their convolutions", () => {
  const workspaceBytes = () => {
    throw new Error("asked for");
  };
  const report = dryRunReport({ ...huge, device: "cpu" }, { workspaceBytes });
  assert(/base stage, batch 4096: .+ PiB at its peak \(DOES NOT FIT in 4 GiB\)/.test(report), report.slice(-500));
});
