/** Networks written down as ONNX graphs: ONNX Runtime gets out of them what the CPU engine does. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { fillNormal } from "../../../../base/random.ts";
import { encodeOnnx } from "../../../../data/formats/onnx.ts";
import type { Backend } from "../../../../nn/backend/backend.ts";
import { OnnxRecorder } from "../../../../nn/backend/onnx/recorder.ts";
import { openBackend } from "../../../../nn/backend/open.ts";
import type { PriorConfig } from "../../../../nn/prior/config.ts";
import { allocateState, flowArrays, type FlowState, uploadState } from "../../../../nn/prior/flow_state.ts";
import { ResidualNetwork } from "../../../../nn/prior/residual_network.ts";
import type { VelocityNetwork } from "../../../../nn/prior/velocity_network.ts";
import { VelocityTransformer } from "../../../../nn/prior/velocity_transformer.ts";
import { Tape } from "../../../../nn/tape.ts";
import { Tensor } from "../../../../nn/tensor.ts";
import { assertNothingHeld, heldBytes } from "../../../helpers/held_bytes.ts";
import { ONNX_RUNTIME_NEED, onnxRuntime } from "../../../helpers/onnx_runtime.ts";

const runtime = onnxRuntime();
const CONFIG: PriorConfig = { codeShape: [3, 2, 1, 4], cells: 6, labels: 2, classes: 3 };
const NETWORKS: Readonly<Record<string, (backend: Backend) => VelocityNetwork>> = {
  "residual layers": (backend) => new ResidualNetwork(backend, CONFIG, { width: 8, blocks: 2, embedding: 6 }),
  "a transformer": (backend) => new VelocityTransformer(backend, CONFIG, { width: 8, blocks: 2, heads: 2 }),
};

for (const [what, make] of Object.entries(NETWORKS)) {
  Deno.test({
    name: `OnnxRecorder: ${what}, more samples than it was written down with (${ONNX_RUNTIME_NEED})`,
    ignore: runtime === null,
    sanitizeResources: false,
    async fn() {
      using backend = await openBackend("cpu", { threads: 1 });
      const before = heldBytes(backend), n = 5, arrays = flowArrays(CONFIG, n);
      Object.values(arrays).forEach((array, stream) => fillNormal(array, { seed: 1, stream, iteration: 0 }));
      let expected: Float32Array, model: Uint8Array;
      {
        using network = make(backend);
        const weights = randomWeights(network);
        using owned = new DisposableStack();
        using tape = new Tape(backend);
        expected = network.forward(tape, uploadState(backend, arrays, n, owned)).toFloat32();
        model = writtenDown(make, weights);
      }
      assertNothingHeld(backend, before);
      const session = await runtime!.InferenceSession.create(model);
      const inputs = Object.entries(arrays).map(([part, array]) =>
        [part, new runtime!.Tensor("float32", array, [n, array.length / n])] as const
      );
      const { velocity } = await session.run(Object.fromEntries(inputs));
      assertEquals(velocity.dims, [n, 24]);
      const largest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - velocity.data[i])), 0);
      assert(largest < 1e-5, `velocities differ by ${largest}`);
    },
  });
}

/** Fills a network with numbers, so that no branch of it is without effect. */
function randomWeights({ parameters: { values, backend } }: VelocityNetwork): Float32Array {
  const weights = new Float32Array(values.size);
  fillNormal(weights, { seed: 0, stream: 9, iteration: 0 });
  backend.upload(weights.map((value, i) => weights[i] = 0.3 * value), values);
  return weights;
}

function writtenDown(make: (backend: Backend) => VelocityNetwork, weights: Float32Array): Uint8Array {
  using recorder = new OnnxRecorder();
  using owned = new DisposableStack();
  using tape = new Tape(recorder);
  const network = owned.use(make(recorder)), samples = 2;
  for (const { layout: { offset }, value } of network.parameters.parameters) {
    recorder.upload(weights.subarray(offset, offset + value.size), value);
  }
  const state: FlowState = allocateState(recorder, CONFIG, samples, owned);
  for (const [name, tensor] of Object.entries(state) as [string, Tensor][]) {
    const port = { name, dtype: "f32", dimensions: ["n", tensor.shape[1]] } as const;
    recorder.write(tensor, recorder.graph.input(port, tensor.shape));
  }
  const velocity = network.forward(tape, state);
  const port = { name: "velocity", dtype: "f32", dimensions: ["n", velocity.shape[1]] } as const;
  recorder.graph.output(port, recorder.valueIn(velocity), velocity.shape);
  return encodeOnnx(recorder.graph.model({ name: "prior", version: "test", metadata: {} }));
}

Deno.test("OnnxRecorder: what training does, memory never written to and results are refused", () => {
  using recorder = new OnnxRecorder();
  using x = recorder.input("x", [2, 3], ["n", 3]);
  using y = Tensor.allocate(recorder, [2, 3], "y");
  const siluBackward = () => recorder.siluBackward({ count: 6 }, { x, dy: x, dx: y });
  assertThrows(siluBackward, RangeError, "siluBackward is not written as ONNX");
  assertThrows(() => recorder.silu({ count: 6 }, { x: y, y: x }), RangeError, '"y" has no 24 bytes from 0');
  assertThrows(() => x.toFloat32(), RangeError, "no results before it is run");
});
