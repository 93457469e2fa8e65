/** The networks of a prior: gradients against differences, the transformer against literal loops. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fillNormal } from "../../../base/random.ts";
import { squaredError } from "../../../nn/ops/squared_error.ts";
import { type PriorConfig, priorConfig } from "../../../nn/prior/config.ts";
import { type FlowArrays, flowArrays, uploadState } from "../../../nn/prior/flow_state.ts";
import { ResidualNetwork } from "../../../nn/prior/residual_network.ts";
import { VelocityTransformer } from "../../../nn/prior/velocity_transformer.ts";
import { type VelocityNetwork, velocityNetwork } from "../../../nn/prior/velocity_network.ts";
import { CountingBackend } from "../../../nn/backend/counting_backend.ts";
import { PAPER_MODEL } from "../../../nn/models/config.ts";
import { Tape } from "../../../nn/tape.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { ReferenceBackend } from "../../helpers/reference_backend.ts";
import { literalTransformer } from "./literal_transformer.ts";

const N = 2;
const CONFIG: PriorConfig = { codeShape: [2, 1, 3, 4], cells: 6, labels: 2, classes: 3 };
const TRANSFORMER = { width: 8, blocks: 2, heads: 2 };

const NETWORKS: Record<string, (backend: ReferenceBackend) => VelocityNetwork> = {
  residual: (backend) => new ResidualNetwork(backend, CONFIG, { width: 6, blocks: 2, embedding: 5 }),
  transformer: (backend) => new VelocityTransformer(backend, CONFIG, TRANSFORMER),
};

function normals(count: number, iteration: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed: 5, stream: 90, iteration });
  return numbers;
}

function randomState(): FlowArrays {
  const arrays = flowArrays(CONFIG, N);
  Object.values(arrays).forEach((array, i) => array.set(normals(array.length, i)));
  return arrays;
}

/** Velocities, their error, and its gradients if asked, of a network with the given weights. */
function evaluate(make: (typeof NETWORKS)[string], weights: (size: number) => Float32Array, differentiates = false) {
  using backend = new ReferenceBackend();
  using network = make(backend);
  const { parameters } = network;
  // Gaps between parameters must stay 0: they would count as gradients otherwise.
  const values = weights(parameters.values.size);
  for (const { layout: { shape, offset }, value } of parameters.parameters) {
    const size = shape.reduce((product, each) => product * each, 1);
    backend.upload(values.slice(offset, offset + size), value);
  }
  using owned = new DisposableStack();
  const state = uploadState(backend, randomState(), N, owned);
  const target = owned.use(Tensor.from(backend, normals(N * 24, 9), [N, 24], "target"));
  const loss = owned.use(Tensor.allocate(backend, [1], "loss"));
  using tape = new Tape(backend, { trains: differentiates ? parameters : null });
  const velocities = network.forward(tape, state);
  assertEquals(velocities.shape, [N, 24]);
  squaredError(tape, velocities, target, loss);
  const result = { loss: loss.toFloat32()[0], velocities: velocities.toFloat32() };
  if (!differentiates) return { ...result, gradients: new Float32Array(0), used: [] };
  using gradients = parameters.zeroGradients();
  tape.backward([{ loss, weight: 2 }]);
  const used = parameters.parameters.flatMap(({ name, layout: { shape, offset } }) => {
    const size = shape.reduce((product, each) => product * each, 1);
    return [0, size >> 1, size - 1].map((i) => ({ name: `${name}[${i}]`, at: offset + i }));
  });
  return { ...result, gradients: gradients.value.toFloat32(), used };
}

for (const [name, make] of Object.entries(NETWORKS)) {
  Deno.test(`${name} network: gradients agree with finite differences`, () => {
    const step = 1e-2, weights = (size: number) => normals(size, 20).map((value) => 0.4 * value);
    const { gradients, used } = evaluate(make, weights, true);
    const lossWith = (at: number, by: number) =>
      evaluate(make, (size) => {
        const moved = weights(size);
        moved[at] += by;
        return moved;
      }).loss;
    for (const { name, at } of used) {
      const slope = 2 * (lossWith(at, step) - lossWith(at, -step)) / (2 * step);
      assertAlmostEquals(gradients[at], slope, 4e-3 + 0.01 * Math.abs(slope), name);
    }
    assert(gradients.filter((each) => each !== 0).length > 0.5 * gradients.length / 2);
  });

  Deno.test(`${name} network: begins with velocity 0, and gives its memory back`, () => {
    using backend = new ReferenceBackend();
    {
      using network = make(backend);
      network.parameters.initialize(3, 6);
      using owned = new DisposableStack();
      using tape = new Tape(backend);
      const velocities = network.forward(tape, uploadState(backend, randomState(), N, owned));
      assertEquals([...new Set(velocities.toFloat32())], [0]);
    }
    assertEquals(backend.memory.liveBytes, 0);
  });
}

Deno.test("VelocityTransformer: its velocities are those of literal loops", () => {
  const weights = (size: number) => normals(size, 21).map((value) => 0.5 * value);
  const { velocities } = evaluate(NETWORKS.transformer, weights);
  using backend = new ReferenceBackend();
  using network = new VelocityTransformer(backend, CONFIG, TRANSFORMER);
  const values = weights(network.parameters.values.size);
  const named = new Map(network.parameters.parameters.map(({ layout: { name, shape, offset } }) => {
    const size = shape.reduce((product, each) => product * each, 1);
    return [name, { shape, values: values.slice(offset, offset + size) }];
  }));
  const expected = literalTransformer(CONFIG, TRANSFORMER, named, randomState(), N);
  velocities.forEach((value, i) => assertAlmostEquals(value, expected[i], 2e-5 * (1 + Math.abs(expected[i]))));
});

Deno.test("velocityNetwork: residual layers for few cells and for codes without any, a transformer for the paper's", () => {
  using backend = new CountingBackend();
  const parametersOf = (config: PriorConfig) => {
    using network = velocityNetwork(backend, config);
    return [network instanceof VelocityTransformer, network.parameters.count];
  };
  const small = priorConfig({ ...PAPER_MODEL, grid: [32, 16, 32] }, 7), paper = priorConfig(PAPER_MODEL, 7);
  const [isTransformer, count] = parametersOf(small);
  assertEquals(isTransformer, false);
  assert(count as number > 5e5 && count as number < 7e5, `${count} parameters`);
  assertEquals(parametersOf(paper)[0], true);
  assertEquals(parametersOf(priorConfig({ ...PAPER_MODEL, system: "vae-200" }, 0))[0], false);
});
