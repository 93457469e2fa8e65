/** A prior learns a distribution of codes, and goes on bit for bit. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fillNormal } from "../../../base/random.ts";
import type { Backend } from "../../../nn/backend/backend.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import type { PriorConfig } from "../../../nn/prior/config.ts";
import { FlowPrior } from "../../../nn/prior/flow_prior.ts";
import { velocityNetwork } from "../../../nn/prior/velocity_network.ts";
import { VelocityTransformer } from "../../../nn/prior/velocity_transformer.ts";
import { elementCount, type Shape } from "../../../nn/shape.ts";
import { restoreParameters } from "../../../run/network_state.ts";
import { emptyBatch, fillBatch, type PriorCodes } from "../../../train/prior/prior_batch.ts";
import { PriorTrainer, scheduledRate } from "../../../train/prior/prior_trainer.ts";
import { assertNothingHeld, heldBytes } from "../../helpers/held_bytes.ts";
import { mixture, modesOf, nearest } from "./mixture.ts";

/** A prior after so many iterations; the caller disposes it. */
function trained(backend: Backend, codes: PriorCodes, { batchSize, iterations, rate, make }: Case): FlowPrior {
  using trainer = new PriorTrainer(backend, codes.config, { learningRate: rate, iterations }, 1, make);
  const batch = emptyBatch(codes, batchSize);
  for (let i = 0; i < iterations; i++) {
    fillBatch(batch, codes, 1, i);
    trainer.step(batch, i);
  }
  const prior = new FlowPrior(backend, codes.config, codes.scale, codes.knownScale, make);
  restoreParameters(prior.network.parameters, trainer.capture(), "test");
  return prior;
}

interface Case {
  readonly name: string;
  readonly codeShape: Shape;
  readonly batchSize: number;
  readonly iterations: number;
  readonly rate: number;
  readonly make: typeof velocityNetwork;
}

const CASES: readonly Case[] = [
  {
    name: "residual network",
    codeShape: [1, 1, 2, 4],
    batchSize: 64,
    iterations: 400,
    rate: 3e-3,
    make: velocityNetwork,
  },
  {
    name: "transformer over 75 cells",
    codeShape: [5, 3, 5, 2],
    batchSize: 16,
    iterations: 700,
    rate: 1e-2,
    make: (backend, config) => new VelocityTransformer(backend, config, { width: 32, blocks: 2, heads: 2 }),
  },
];
const SAMPLES = 96;

for (const each of CASES) {
  const { name, codeShape } = each;
  Deno.test(`PriorTrainer: samples of a ${name} fall near the modes of a mixture, on all of them, and on the one asked for`, async () => {
    using backend = await openBackend("cpu", { threads: 2 });
    const before = heldBytes(backend);
    const size = elementCount(codeShape), modes = modesOf(size, 3), spread = 0.3;
    const config = { codeShape, cells: elementCount(codeShape.slice(0, -1)), labels: 3, classes: 4 };
    const codes = mixture(config, modes, 300, spread);
    {
      using prior = trained(backend, codes, each);
      const noise = new Float32Array(SAMPLES * size);
      fillNormal(noise, { seed: 2, stream: 94, iteration: 0 });
      const free = nearest(prior.sample(noise), modes);
      const far = free.filter(({ distance }) => distance > 1.5).length; // modes are 4.2 apart
      assert(far <= 0.15 * SAMPLES, `${far} samples are far from every mode`);
      for (const mode of modes.keys()) {
        const count = (samples: Float32Array) => nearest(samples, modes).filter((each) => each.mode === mode).length;
        const share = free.filter((each) => each.mode === mode).length / SAMPLES;
        assert(share > 0.15 && share < 0.55, `${share} of the samples are of mode ${mode}`);
        assert(count(prior.sample(noise, { label: mode })) >= 0.97 * SAMPLES, `label ${mode}`);
        const asked = prior.sample(noise, { present: [1 + mode] }, { guidance: 1.5 });
        assert(count(asked) >= 0.85 * SAMPLES, `class ${1 + mode}`);
        assert(count(prior.sample(noise, { absent: [1 + mode] })) <= 0.1 * SAMPLES, `not class ${1 + mode}`);
      }
      const one = prior.sample(noise.slice(size, 2 * size), { label: 1 }), all = prior.sample(noise, { label: 1 });
      one.forEach((value, i) => assertAlmostEquals(value, all[size + i], 1e-4));
    }
    assertNothingHeld(backend, before);
  });
}

Deno.test("PriorTrainer: captured in the middle and restored, it ends with the same bits", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const config: PriorConfig = { codeShape: [1, 1, 2, 4], cells: 2, labels: 2, classes: 3 };
  const codes = mixture(config, modesOf(8, 2), 40, 0.2), training = { learningRate: 1e-3, iterations: 8 };
  const batch = emptyBatch(codes, 8);
  const run = (trainer: PriorTrainer, from: number, to: number) => {
    for (let i = from; i < to; i++) {
      fillBatch(batch, codes, 3, i);
      trainer.step(batch, i);
    }
    return trainer.capture();
  };
  using whole = new PriorTrainer(backend, config, training, 3);
  using first = new PriorTrainer(backend, config, training, 3);
  using second = new PriorTrainer(backend, config, training, 77);
  const expected = run(whole, 0, 8);
  second.restore(run(first, 0, 5), "test");
  const found = run(second, 5, 8);
  assertEquals([...found.keys()], [...expected.keys()]);
  for (const [name, { data }] of expected) assertEquals(found.get(name)!.data, data, name);
});

Deno.test("scheduledRate: rises over a hundred iterations, falls along a cosine to a hundredth", () => {
  assertAlmostEquals(scheduledRate(0, 1000), 0.01, 1e-9);
  assertAlmostEquals(scheduledRate(99, 1000), (1 + Math.cos(0.099 * Math.PI)) / 2, 1e-9);
  assertAlmostEquals(scheduledRate(500, 1000), 0.5, 1e-9);
  assertAlmostEquals(scheduledRate(999, 1000), 0.01, 1e-9);
});

Deno.test("fillBatch: the parts of a batch together are the batch", () => {
  const config: PriorConfig = { codeShape: [1, 1, 2, 4], cells: 2, labels: 2, classes: 3 };
  const codes = mixture(config, modesOf(8, 2), 40, 0.2);
  const whole = emptyBatch(codes, 6), parts = [0, 1, 2].map(() => emptyBatch(codes, 2));
  fillBatch(whole, codes, 1, 3);
  parts.forEach((part, index) => fillBatch(part, codes, 1, 3, { index, of: 3 }));
  assertEquals(parts.flatMap(({ target }) => [...target]), [...whole.target]);
  for (const name of Object.keys(whole.state) as (keyof typeof whole.state)[]) {
    assertEquals(parts.flatMap(({ state }) => [...state[name]]), [...whole.state[name]], name);
  }
});
