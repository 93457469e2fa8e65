import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { activate } from "../../nn/ops/activation.ts";
import { bceLogits } from "../../nn/ops/bce_logits.ts";
import { conv3d } from "../../nn/ops/conv3d.ts";
import { dense } from "../../nn/ops/dense.ts";
import { ParameterBuilder, ParameterSet } from "../../nn/parameters.ts";
import { Tape } from "../../nn/tape.ts";
import { Tensor, UseAfterFreeError } from "../../nn/tensor.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

/** Runs `body` on a fresh oracle backend and asserts that no bytes are left. */
function withBackend(body: (backend: ReferenceBackend) => void): void {
  using backend = new ReferenceBackend();
  body(backend);
  assertEquals(backend.memory.liveBytes, 0, "bytes left");
}

function denseSet(backend: ReferenceBackend, name: string, inputs: number, outputs: number): ParameterSet {
  return new ParameterSet(backend, name, new ParameterBuilder().add("weight", [inputs, outputs], "weight"));
}

Deno.test("Tape.scope: keeps the result and what records saved, frees the rest", () =>
  withBackend((backend) => {
    using set = denseSet(backend, "net", 4, 4);
    set.initialize(1, 1);
    const parameters = backend.memory.liveBytes;
    using x = Tensor.from(backend, new Float32Array(8), [2, 4], "x");
    using inference = new Tape(backend);
    const y = inference.scope(() => {
      const h = dense(inference, x, set.get("weight"));
      return dense(inference, h, set.get("weight"));
    });
    assertEquals(backend.memory.liveBytes - parameters, x.byteLength + y.byteLength);
  }));

Deno.test("Tape.backward: gradients only for the trained network, through a frozen one", () =>
  withBackend((backend) => {
    using first = denseSet(backend, "first", 3, 2);
    using second = denseSet(backend, "second", 2, 1);
    backend.upload(new Float32Array([1, 2, 3, 4, 5, 6]), first.get("weight").value);
    backend.upload(new Float32Array([10, -1]), second.get("weight").value);
    using x = Tensor.from(backend, new Float32Array([1, 2, 3]), [1, 3], "x");
    using loss = Tensor.allocate(backend, [1], "loss");
    using tape = new Tape(backend, { trains: first });
    const y = dense(tape, dense(tape, x, first.get("weight")), second.get("weight"));
    tape.record({
      op: "identity",
      inputs: [y],
      outputs: [loss],
      saved: [],
      vjp: () => tape.addGradient(y, (dy) => backend.fill({ count: 1, value: tape.weightOf(loss) }, { x: dy })),
    });
    using gradients = first.zeroGradients();
    tape.backward([{ loss, weight: 0.5 }]);
    using gradient = first.get("weight").viewIn(gradients.value);
    assertEquals([...gradient.toFloat32()], [5, -0.5, 10, -1, 15, -1.5]);
  }));

Deno.test("activate: the overwritten input cannot be used again", () =>
  withBackend((backend) => {
    using tape = new Tape(backend);
    const x = tape.own(Tensor.from(backend, new Float32Array([-1, 0, 2]), [3], "x"));
    const y = activate(tape, x, 0.2);
    assertEquals([...y.toFloat32()], [Math.fround(-0.2), 0, 2]);
    assertThrows(() => x.buffer, UseAfterFreeError, "in-place");
  }));

Deno.test("Tensor: rows of bfloat16 are padded in memory, and read back without", () => {
  using backend = new ReferenceBackend();
  {
    using tensor = Tensor.allocate(backend, [2, 3, 12], "test", "bf16");
    assertEquals([tensor.size, tensor.stored, tensor.byteLength], [72, 96, 192]);
    backend.upload(Uint16Array.from({ length: 96 }, (_, i) => i % 16 < 12 ? 0x3f80 + i : 0), tensor);
    const values = tensor.toFloat32();
    // 1.0 is 0x3f80; a step of the last bit there is 2⁻⁷.
    assertEquals([values.length, values[0], values[11], values[12], values[71]], [
      ...[72, 1, 1 + 11 / 128, 1 + 16 / 128, 1 + 91 / 128],
    ]);
    using second = tensor.slice(1, 1);
    assertEquals([second.byteOffset, second.toFloat32()[0]], [96, 1 + 48 / 128]);
    assertThrows(() => tensor.reshape([2, 36]), RangeError, "cannot become");
    assertThrows(() => tensor.toUint8(), TypeError, "holds bf16");
  }
  assertEquals(backend.memory.liveBytes, 0);
});

Deno.test("Tensor: use after release and double release are named", () =>
  withBackend((backend) => {
    const x = Tensor.from(backend, new Float32Array(2), [2], "codes");
    x[Symbol.dispose]();
    assertThrows(() => x.toFloat32(), UseAfterFreeError, '"codes"');
    assertThrows(() => x[Symbol.dispose](), UseAfterFreeError, "twice");
  }));

Deno.test("Tape.backward: an error names the operation, the layer and the shape, and leaks nothing", () =>
  withBackend((backend) => {
    const builder = new ParameterBuilder().add("conv1.filter", [2, 3, 3, 3, 1], "weight");
    using set = new ParameterSet(backend, "net", builder);
    set.initialize(0, 1);
    using x = Tensor.from(backend, new Float32Array(8), [1, 2, 2, 2, 1], "x");
    using loss = Tensor.allocate(backend, [1], "loss");
    using tape = new Tape(backend, { trains: set });
    const y = conv3d(tape, x, set.get("conv1.filter"), 1);
    tape.record({
      op: "sum",
      inputs: [y],
      outputs: [loss],
      saved: [],
      vjp: () => tape.addGradient(y, (dy) => backend.fill({ count: dy.size, value: 1 }, { x: dy })),
    });
    const error = assertThrows(() => tape.backward([{ loss, weight: 1 }]), Error);
    assertStringIncludes(error.message, "conv3d net.conv1.filter");
    assertStringIncludes(error.message, "[1, 2, 2, 2, 1]");
    assertStringIncludes(error.message, "no gradients are allocated");
  }));

Deno.test("ParameterSet: the same seed gives the same weights, other streams others", () =>
  withBackend((backend) => {
    using a = denseSet(backend, "a", 5, 7);
    using b = denseSet(backend, "b", 5, 7);
    a.initialize(3, 1);
    b.initialize(3, 1);
    assertEquals(a.values.toFloat32(), b.values.toFloat32());
    b.initialize(3, 2);
    const differing = b.values.toFloat32().filter((value, i) => value !== a.values.toFloat32()[i]);
    assertEquals(differing.length, 35);
  }));

Deno.test("ParameterSet.zeroGradients: one at a time, gone when released", () =>
  withBackend((backend) => {
    using set = denseSet(backend, "net", 2, 2);
    {
      using _gradients = set.zeroGradients();
      assertThrows(() => set.zeroGradients(), RangeError, "already");
    }
    assertThrows(() => set.gradientOf(set.get("weight")), RangeError, "no gradients");
  }));

Deno.test("Tape.backward: gradients that are told to be final change no more; a parameter used twice is not, too early", () =>
  withBackend((backend) => {
    const builder = new ParameterBuilder();
    for (const name of ["first", "twice", "last"]) builder.add(name, [4, 4], "weight");
    using set = new ParameterSet(backend, "net", builder);
    set.initialize(1, 1);
    using x = Tensor.from(backend, Float32Array.from({ length: 8 }, (_, i) => i - 3), [2, 4], "x");
    using loss = Tensor.allocate(backend, [1], "loss");
    using gradients = set.zeroGradients();
    using tape = new Tape(backend, { trains: set });
    let h = x;
    for (const name of ["first", "twice", "twice", "last"]) h = dense(tape, h, set.get(name));
    bceLogits(tape, h, [{ start: 0, count: 2, target: 1 }], loss);
    const told: { start: number; rest: Float32Array }[] = [];
    tape.backward([{ loss, weight: 1 }], (_, start) => {
      told.push({ start, rest: gradients.value.toFloat32().subarray(start) });
    });
    const starts = told.map(({ start }) => start), end = gradients.value.toFloat32();
    assertEquals([...new Set(starts)], [48, 32, 16, 0]);
    for (const { start, rest } of told) assertEquals(rest, end.subarray(start));
  }));
