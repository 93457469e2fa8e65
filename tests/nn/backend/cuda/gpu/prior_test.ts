/** On a GPU: the prior of the paper's codes, a transformer over 75 cells, learns for a minute. */
import { assert } from "@std/assert";
import type { Backend } from "../../../../../nn/backend/backend.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { PAPER_MODEL } from "../../../../../nn/models/config.ts";
import { codeSize, priorConfig } from "../../../../../nn/prior/config.ts";
import { velocityNetwork } from "../../../../../nn/prior/velocity_network.ts";
import { VelocityTransformer } from "../../../../../nn/prior/velocity_transformer.ts";
import { emptyBatch, fillBatch } from "../../../../../train/prior/prior_batch.ts";
import { PriorTrainer } from "../../../../../train/prior/prior_trainer.ts";
import { assertNothingHeld, heldBytes } from "../../../../helpers/held_bytes.ts";
import { mixture, modesOf } from "../../../../train/prior/mixture.ts";
import { gpuTest, note, sized } from "./gpu.ts";

const MODES = 8, LEARNING_RATE = 1e-3;
/** Iterations whose time says how many fit; the first also compile kernels. */
const TRIED = { unmeasured: 2, measured: 4 } as const;
const { seconds, codeCount, batchSize, make } = sized({
  gpu: { seconds: 50, codeCount: 1024, batchSize: 256, make: velocityNetwork },
  emulated: {
    seconds: 1,
    codeCount: 16,
    batchSize: 2,
    make: (backend: Backend, config: typeof CONFIG) =>
      new VelocityTransformer(backend, config, { width: 16, blocks: 1, heads: 2 }),
  },
});
const CONFIG = priorConfig(PAPER_MODEL, MODES);

gpuTest("prior on a GPU: the transformer over the paper's 75 cells learns codes near a few modes", async () => {
  using backend = await CudaBackend.open({ precision: "fp32" });
  const before = heldBytes(backend);
  const codes = mixture(CONFIG, modesOf(codeSize(CONFIG), MODES), codeCount, 0.3), batch = emptyBatch(codes, batchSize);
  /** Seconds of so many iterations after some that are not measured, and the loss of the last. */
  const learn = (trainer: PriorTrainer, iterations: number, unmeasured = 0) => {
    let start = performance.now();
    for (let i = 0; i < iterations + unmeasured; i++) {
      if (i === unmeasured) start = performance.now();
      fillBatch(batch, codes, 1, i);
      trainer.step(batch, i);
    }
    return { loss: trainer.readLoss(), seconds: (performance.now() - start) / 1000 };
  };
  const train = (iterations: number, unmeasured?: number) => {
    using trainer = new PriorTrainer(backend, CONFIG, { learningRate: LEARNING_RATE, iterations }, 1, make);
    return learn(trainer, iterations, unmeasured);
  };
  const tried = train(TRIED.measured, TRIED.unmeasured);
  const iterations = Math.max(TRIED.measured, Math.floor(seconds / (tried.seconds / TRIED.measured)));
  const trained = train(iterations);
  note("prior: iterations", iterations);
  note("prior: iterations per second", Number((iterations / trained.seconds).toFixed(2)));
  note("prior: loss at first and at last", `${tried.loss.toFixed(3)}, ${trained.loss.toFixed(3)}`);
  note("prior: GiB at the engine's peak", Number((backend.memory.peakBytes / 2 ** 30).toFixed(3)));
  const learned = sized({ gpu: 0.5, emulated: 5 }); // the emulated device has time for a few iterations only
  assert(
    trained.loss < learned * tried.loss,
    `loss ${trained.loss} after ${iterations} iterations, ${tried.loss} before`,
  );
  assertNothingHeld(backend, before);
});
