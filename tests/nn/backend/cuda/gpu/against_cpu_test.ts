/** On a GPU: 200 iterations in fp32 beside the CPU engine, from the same weights on the same rooms. */
import { assert } from "@std/assert";
import { CpuBackend } from "../../../../../nn/backend/cpu/cpu_backend.ts";
import { availableMachineCode } from "../../../../../nn/backend/cpu/native/available.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import type { PhaseName } from "../../../../../train/schedule.ts";
import type { Trainer } from "../../../../../train/trainer.ts";
import { gpuTest, note, sized } from "./gpu.ts";
import { iterateOnRooms, presetOptions, startTraining, weightsOf } from "./training.ts";

const ITERATIONS: Readonly<Record<PhaseName, number>> = sized({
  gpu: { base: 200, refine: 20 },
  emulated: { base: 3, refine: 2 },
});
/** The paper's learning rate; batches of 4 spare time. */
const VALUES = sized({
  gpu: { preset: "small", batch: 4, refineBatch: 4, learningRate: 1e-4 },
  emulated: { preset: "tiny" },
});

/** |difference| ≤ absolute + relative · |value of the CPU engine|. */
interface Bound {
  readonly absolute: number;
  readonly relative: number;
}

/**
 * How far two float32 engines drift apart that differ in nothing but the order of their sums. Adam's first steps are
 * ±learning rate whatever the gradient's size, so where a gradient is nearly 0 its rounding error moves a weight by a
 * whole step; the adversarial losses feel it from the first iteration on, and after some 30 refine iterations they are
 * chaotic. The CPU engine's own two codes (AVX-512 and WebAssembly) were trained so beside each other with three seeds.
 * Largest differences: 0.56 % of the reconstruction losses (0.026 % in the first five iterations), 0.021 of the losses
 * of codes near 0.7 and 1.4, 0.1 of generator losses near 16. The bounds are about four times that.
 */
const RECONSTRUCTION: Bound = { absolute: 0, relative: 0.02 }, ADVERSARIAL: Bound = { absolute: 0.06, relative: 0.02 };
/** The reconstruction losses of the first iterations of the base stage, where rounding has had no time to grow. */
const EARLY: Bound = { absolute: 0, relative: 1e-3 }, EARLY_ITERATIONS = 5;

const LOSSES: Readonly<Record<PhaseName, Readonly<Record<string, Bound>>>> = {
  base: {
    recons_loss: RECONSTRUCTION,
    recons_loss_gen: RECONSTRUCTION,
    code_encode_loss: ADVERSARIAL,
    gen_loss: ADVERSARIAL,
    discrim_loss: ADVERSARIAL,
    code_discrim_loss: ADVERSARIAL,
  },
  refine: { recons_loss_refine: RECONSTRUCTION, gen_loss_refine: ADVERSARIAL, discrim_loss_refine: ADVERSARIAL },
};

const { base, refine } = ITERATIONS;
gpuTest(`training on a GPU: ${base} base and ${refine} refine iterations in fp32 go as on the CPU engine`, async () => {
  const options = presetOptions(VALUES), [code] = [...availableMachineCode().sets, "WebAssembly" as const];
  using cpu = await CpuBackend.open({ code });
  using gpu = await CudaBackend.open({ precision: "fp32" });
  using expected = startTraining(cpu, options);
  using actual = startTraining(gpu, options);
  copyWeights(expected, actual);
  for (const phase of ["base", "refine"] as const) {
    const worst = new Map<string, number>();
    for (let iteration = 0; iteration < ITERATIONS[phase]; iteration++) {
      for (const trainer of [expected, actual]) iterateOnRooms(trainer, options, phase, iteration);
      const wanted = expected.readLosses(), found = actual.readLosses();
      for (const [name, usual] of Object.entries(LOSSES[phase])) {
        const early = phase === "base" && usual === RECONSTRUCTION && iteration < EARLY_ITERATIONS;
        const { absolute, relative } = early ? EARLY : usual;
        const difference = Math.abs(found[name] - wanted[name]), limit = absolute + relative * Math.abs(wanted[name]);
        const where = `${phase} iteration ${iteration + 1}: ${name} is ${found[name]}, on the CPU ${wanted[name]}`;
        // A NaN is no small difference.
        assert(difference <= limit, `${where}, limit of the difference ${limit}`);
        worst.set(name, Math.max(worst.get(name) ?? 0, difference / limit));
      }
    }
    for (const [name, share] of worst) note(`against the CPU, ${phase} ${name}: largest share of its bound`, share);
  }
});

/** The random numbers of two engines agree but for their last bit; weights are to agree wholly. */
function copyWeights(from: Trainer, to: Trainer): void {
  const weights = new Map(weightsOf(from));
  for (const { network, values } of to.networks.parameterSets) {
    to.backend.upload(weights.get(network) ?? new Float32Array(values.size), values);
  }
}
