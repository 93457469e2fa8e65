/** Codes that are draws from normal distributions, and the gradients of what is made of them. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fillNormal } from "../../base/random.ts";
import { latentShape, latentSize, PAPER_MODEL } from "../../nn/models/config.ts";
import { Networks } from "../../nn/models/networks.ts";
import { SYSTEM_NAMES } from "../../nn/models/systems.ts";
import { dense } from "../../nn/ops/dense.ts";
import { sampleGaussian } from "../../nn/ops/gaussian.ts";
import { ParameterBuilder, ParameterSet } from "../../nn/parameters.ts";
import { type CostTerm, Tape } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";
import { CountingBackend } from "../../nn/backend/counting_backend.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

const N = 3, INPUTS = 2, NUMBERS = 4;

function normal(count: number, seed: number): Float32Array {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed, stream: 78, iteration: 0 });
  return numbers;
}

/** Σ weights·sample + factor·KL of a small variational encoder with the given weights, and its gradients if asked. */
function costOf(
  values: Float32Array,
  factor: number,
  gradients: boolean,
): { cost: number; slope: Float32Array | null } {
  using backend = new ReferenceBackend();
  const builder = new ParameterBuilder()
    .add("mean", [INPUTS, NUMBERS], "weight").add("logVariance", [INPUTS, NUMBERS], "weight")
    .add("reader", [NUMBERS, 1], "weight");
  using set = new ParameterSet(backend, "net", builder);
  backend.upload(values, set.values);
  using x = Tensor.from(backend, normal(N * INPUTS, 1), [N, INPUTS], "x");
  using noise = Tensor.from(backend, normal(N * NUMBERS, 2), [N, NUMBERS], "noise");
  using kl = Tensor.allocate(backend, [1], "loss");
  using sum = Tensor.allocate(backend, [1], "loss");
  using tape = new Tape(backend, { trains: set });
  const mean = dense(tape, x, set.get("mean")), logVariance = dense(tape, x, set.get("logVariance"));
  const sample = sampleGaussian(tape, { mean, logVariance }, noise, kl);
  const read = dense(tape, sample, set.get("reader"));
  const total = read.toFloat32().reduce((all, value) => all + value, 0);
  backend.upload(Float32Array.of(total), sum);
  tape.record({
    op: "sum",
    inputs: [read],
    outputs: [sum],
    saved: [],
    vjp: () => tape.addGradient(read, (d) => backend.fill({ count: d.size, value: tape.weightOf(sum) }, { x: d })),
  });
  const cost: CostTerm[] = [{ loss: sum, weight: 1 }, { loss: kl, weight: factor }];
  const value = total + factor * kl.toFloat32()[0];
  if (!gradients) return { cost: value, slope: null };
  using gradient = set.zeroGradients();
  tape.backward(cost);
  return { cost: value, slope: gradient.value.toFloat32() };
}

for (const factor of [0, 0.5]) {
  Deno.test(`sampleGaussian: gradients of sample and divergence agree with finite differences (factor ${factor})`, () => {
    const size = 3 * 16, values = normal(size, 3).map((value) => 0.5 * value), step = 1e-2;
    const { slope } = costOf(values, factor, true);
    const used = [...Array(8).keys(), ...[...Array(8).keys()].map((i) => 16 + i), 32, 33, 34, 35];
    for (const i of used) {
      const [above, below] = [1, -1].map((sign) => {
        const moved = Float32Array.from(values);
        moved[i] += sign * step;
        return costOf(moved, factor, false).cost;
      });
      assertAlmostEquals(slope![i], (above - below) / (2 * step), 3e-3, `parameter ${i}`);
    }
  });
}

Deno.test("sampleGaussian: the divergence is 0 for N(0, 1), known elsewhere; summed over a code, mean over codes", () => {
  using backend = new ReferenceBackend();
  using loss = Tensor.allocate(backend, [1], "loss");
  const divergence = (means: number[], logVariances: number[], n: number) => {
    using tape = new Tape(backend);
    const shape = [n, means.length / n];
    const [mean, logVariance] = [means, logVariances].map((each) =>
      tape.own(Tensor.from(backend, Float32Array.from(each), shape, "moments"))
    );
    const noise = tape.own(Tensor.from(backend, new Float32Array(means.length), shape, "noise"));
    const sample = sampleGaussian(tape, { mean, logVariance }, noise, loss);
    assertEquals([...sample.toFloat32()], means);
    return loss.toFloat32()[0];
  };
  assertEquals(divergence([0, 0, 0, 0], [0, 0, 0, 0], 2), 0);
  assertEquals(divergence([1, 0, 2, 1], [0, 0, 0, 0], 2), 1.5);
  assertAlmostEquals(divergence([0], [Math.log(4)], 1), 0.5 * (4 - 1 - Math.log(4)), 1e-6);
});

Deno.test("Networks: every system has the networks and sizes of the paper's charts", () => {
  using backend = new CountingBackend();
  const described = SYSTEM_NAMES.map((system) => {
    const config = { ...PAPER_MODEL, system };
    using networks = new Networks(backend, config);
    const heads = networks.encoder.parameters.parameters.filter(({ layout }) => /^(code|log)/.test(layout.name));
    return [
      system,
      latentShape(config),
      latentSize(config),
      networks.parameterSets.map(({ network }) => network),
      heads.map(({ name, shape }) => `${name} ${shape}`),
      networks.generator.parameters.get("dense1.weight").shape,
    ];
  });
  const two = ["encoder", "generator"], cells = [5, 3, 5, 16];
  const five = [...two, "discriminator", "codeDiscriminator", "refiner"];
  const conv = "encoder.code.filter 16,1,1,1,512", sigma = "encoder.logVariance.filter 16,1,1,1,512";
  const flat = (d: number) => [`encoder.code.weight 38400,${d}`, `encoder.logVariance.weight 38400,${d}`];
  assertEquals(described, [
    ["fc-alphagan", cells, 1200, five, [conv], [1200, 38400]],
    ["fc-vae", cells, 1200, two, [conv, sigma], [1200, 38400]],
    ["vae-200", [200], 200, two, flat(200), [200, 38400]],
    ["vae-1200", [1200], 1200, two, flat(1200), [1200, 38400]],
  ]);
  using vae = new Networks(backend, { ...PAPER_MODEL, system: "vae-200" });
  assertThrows(() => vae.refiner, RangeError, "vae-200 has neither discriminators nor a refiner");
});
