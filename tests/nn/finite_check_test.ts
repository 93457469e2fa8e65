/** Numbers that are none, found where they begin. */
import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkingFinite } from "../../nn/backend/finite_check.ts";
import { NotFiniteError } from "../../nn/backend/not_finite_error.ts";
import { bceLogits } from "../../nn/ops/bce_logits.ts";
import { dense } from "../../nn/ops/dense.ts";
import { gradientNorm } from "../../nn/optim/gradient_norm.ts";
import { ParameterBuilder, ParameterSet } from "../../nn/parameters.ts";
import { Tape } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";
import { newTrainer } from "../../train/loop.ts";
import { resolveOptions } from "../../run/options.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

const options = resolveOptions([{ source: "test", values: { preset: "tiny", learningRate: 1e-3 } }]);

/** Trains on rooms of one class until an error, or for a few iterations; spoils one weight before if asked. */
function train(spoil: { network: "encoder" | "discriminator"; parameter: string; value: number } | null): void {
  using engine = new ReferenceBackend();
  const backend = checkingFinite(engine);
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(0);
  if (spoil) {
    const parameter = trainer.networks.parametersOf(spoil.network).get(spoil.parameter);
    engine.upload(new Float32Array([spoil.value]), parameter.value);
  }
  using labels = Tensor.allocate(backend, [options.batch, ...options.grid], "labels", "u8");
  engine.upload(new Uint8Array(labels.size), labels);
  using z = trainer.drawLatent(options.batch, 0, 0);
  trainer.iterate("base", labels, z);
}

Deno.test("checkingFinite: a healthy iteration passes", () => train(null));

Deno.test("checkingFinite: names the operation and the layer where a number stops being one", () => {
  const found = (network: "encoder" | "discriminator", parameter: string, value: number) =>
    assertThrows(() => train({ network, parameter, value }), NotFiniteError).message;
  const message = found("encoder", "conv2.filter", NaN);
  assertStringIncludes(message, "convForward gave NaN");
  assertStringIncludes(message, "encoder.conv2.filter");
  assertStringIncludes(found("discriminator", "conv1.filter", Infinity), "discriminator.conv1.filter");
});

Deno.test("checkingFinite: in a gradient, names whose it was", () => {
  using engine = new ReferenceBackend();
  const backend = checkingFinite(engine);
  const builder = new ParameterBuilder().add("w0", [1, 1], "weight").add("w1", [1, 1], "weight")
    .add("w2", [1, 1], "weight");
  using set = new ParameterSet(backend, "net", builder);
  // The way forward comes to 1e-30, 1, 1e30; the way back to 1e30 and then beyond what float32 holds.
  [1, 1e30, 1e30].forEach((weight, i) => backend.upload(new Float32Array([weight]), set.get(`w${i}`).value));
  using gradients = set.zeroGradients();
  using tape = new Tape(backend, { trains: set });
  using x = Tensor.from(backend, new Float32Array([1e-30]), [1, 1], "x");
  using loss = Tensor.allocate(backend, [1], "loss");
  const logits = ["w0", "w1", "w2"].reduce((h, name) => dense(tape, h, set.get(name)), x);
  bceLogits(tape, logits, [{ start: 0, count: 1, target: 0 }], loss);
  const { message } = assertThrows(() => tape.backward([{ loss, weight: 1 }]), NotFiniteError);
  assertStringIncludes(message, "gradient of dense net.w1: gemm gave Infinity");
  assertEquals(gradients.value.size, 48);
});

Deno.test("checkingFinite: refuses what comes from JavaScript too", () => {
  using engine = new ReferenceBackend();
  const backend = checkingFinite(engine);
  const upload = () => Tensor.from(backend, new Float32Array([1, NaN]), [2], "codes")[Symbol.dispose]();
  assertStringIncludes(assertThrows(upload, NotFiniteError).message, 'upload gave NaN in "codes": element 1 of 2');
});

Deno.test("gradientNorm: the root of the sum of squares", () => {
  using backend = new ReferenceBackend();
  const values = Float32Array.from({ length: 2 ** 20 + 5 }, (_, i) => (i % 3) - 1);
  using gradients = Tensor.from(backend, values, [values.length], "gradients");
  assertAlmostEquals(gradientNorm(backend, gradients), Math.sqrt(values.reduce((sum, x) => sum + x * x, 0)), 1e-9);
  assertEquals(backend.memory.liveBytes, gradients.byteLength);
});
