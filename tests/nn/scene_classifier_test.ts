/** The classifier of scenes: a logit for each scene by itself, and its gradients. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fillNormal } from "../../base/random.ts";
import { SceneClassifier } from "../../nn/models/scene_classifier.ts";
import { bceLogits } from "../../nn/ops/bce_logits.ts";
import { mean } from "../../nn/ops/mean.ts";
import { Tape } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

const GRID = [16, 8, 8], CLASSES = 2, VOLUME = 16 * 8 * 8 * CLASSES;

function normal(count: number): Float32Array {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed: 5, stream: 79, iteration: 0 });
  return numbers;
}

/** Loss of telling two volumes apart; if asked also its gradient, in the layout of the parameters. */
function lossOf(network: SceneClassifier, differentiate = false): { loss: number; gradient: Float32Array | null } {
  const { parameters } = network, { backend } = parameters;
  using volumes = Tensor.from(backend, normal(2 * VOLUME), [2, ...GRID, CLASSES], "volumes");
  using tape = new Tape(backend, { trains: parameters });
  const parts = [{ start: 0, count: 1, target: 1 }, { start: 1, count: 1, target: 0 }] as const;
  const loss = bceLogits(tape, network.forward(tape, volumes), parts, tape.allocate([1], "loss"));
  if (!differentiate) return { loss: loss.toFloat32()[0], gradient: null };
  using gradients = parameters.zeroGradients();
  tape.backward([{ loss, weight: 1 }]);
  return { loss: loss.toFloat32()[0], gradient: gradients.value.toFloat32() };
}

Deno.test("SceneClassifier: gradients of every layer agree with finite differences; nothing is left", () => {
  using backend = new ReferenceBackend();
  const before = heldBytes(backend);
  {
    using network = new SceneClassifier(backend, CLASSES);
    network.initialize(3, 1);
    const { values, parameters } = network.parameters, weights = values.toFloat32(), step = 1e-2;
    const { gradient } = lossOf(network, true);
    const lossAt = (index: number, by: number) => {
      backend.upload(weights.map((weight, i) => i === index ? weight + by : weight), values);
      return lossOf(network).loss;
    };
    for (const { layout: { offset }, shape } of parameters) {
      const size = shape.reduce((product, each) => product * each, 1);
      const largest = Array.from({ length: size }, (_, i) => offset + i)
        .sort((a, b) => Math.abs(gradient![b]) - Math.abs(gradient![a])).slice(0, 2);
      for (const index of largest) {
        const slope = (lossAt(index, step) - lossAt(index, -step)) / (2 * step);
        assertAlmostEquals(gradient![index], slope, 0.02 * Math.abs(slope) + 1e-4);
      }
    }
  }
  assertNothingHeld(backend, before);
});

Deno.test("SceneClassifier: a scene's logit does not depend on the scenes beside it", () => {
  using backend = new ReferenceBackend();
  using network = new SceneClassifier(backend, CLASSES);
  network.initialize(3, 1);
  using both = Tensor.from(backend, normal(2 * VOLUME), [2, ...GRID, CLASSES], "volumes");
  using second = both.slice(1, 1);
  using tape = new Tape(backend);
  const together = network.forward(tape, both), alone = network.forward(tape, second);
  assertEquals([together.shape, alone.shape], [[2, 1], [1, 1]]);
  assertAlmostEquals(alone.toFloat32()[0], together.toFloat32()[1], 1e-5);
});

Deno.test("mean: over all but the first axis", () => {
  using backend = new ReferenceBackend();
  using x = Tensor.from(backend, Float32Array.of(1, 2, 3, 6, 0, 0, 0, -8), [2, 2, 2], "x");
  using tape = new Tape(backend);
  const y = mean(tape, x);
  assertEquals([y.shape, [...y.toFloat32()]], [[2, 1], [3, -2]]);
});
