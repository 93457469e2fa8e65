import { assertEquals, assertGreater, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../../../base/errors.ts";
import type { ConvGeometry } from "../../../../nn/backend/backend.ts";
import { OutOfMemoryError } from "../../../../nn/backend/memory.ts";
import { openBackend } from "../../../../nn/backend/open.ts";
import { requestAdapter } from "../../../../nn/backend/webgpu/adapter.ts";
import { Executor } from "../../../../nn/backend/webgpu/executor.ts";
import { WebGpuBackend } from "../../../../nn/backend/webgpu/webgpu_backend.ts";
import { WorkerLink } from "../../../../nn/backend/webgpu/worker_link.ts";
import { normal, Twin } from "../suite/twin.ts";
import { webGpuTest } from "./adapter.ts";

webGpuTest("WebGpuBackend: what no binding can hold is done piece by piece", () => {
  using engine = WebGpuBackend.open({ bindingLimitBytes: 32 * 1024 });
  const close = { absolute: 3e-4, relative: 2e-6 };
  {
    using pair = new Twin(engine);
    const count = 50_001, x = pair.operand(normal(count, 1)), y = pair.operand(normal(count, 2)), sum = pair.output(1);
    const before = engine.diagnostics.launches;
    pair.call("axpby", { count, a: 2, b: 1 }, { x, y });
    pair.assertClose(y, close, "axpby");
    assertGreater(engine.diagnostics.launches - before, 5);
    pair.call("sumOfSquares", { count, factor: 0.5 }, { x, sum });
    pair.assertClose(sum, { relative: 1.2e-7 }, "sumOfSquares");
  }
  {
    using pair = new Twin(engine);
    const shape = { rows: 5003, channels: 12 }, x = pair.operand(normal(5003 * 12, 3)), statistics = pair.output(24);
    pair.call("batchStatistics", shape, { x, statistics });
    pair.assertClose(statistics, close, "batchStatistics");
    const labels = pair.operand(new Uint8Array(5003));
    pair.call("argmax", { rows: 5003, classes: 12 }, { x, labels });
    pair.assertClose(labels, {}, "argmax");
  }
  const geometry: ConvGeometry = {
    ...{ batch: 3, input: [8, 6, 8], channels: 12, output: [4, 3, 4], filters: 8 },
    ...{ kernel: [3, 3, 3], stride: 2, padding: [1, 1, 1] },
  };
  for (const direction of ["convForward", "convInputGradient", "convFilterGradient"] as const) {
    using pair = new Twin(engine);
    const input = pair.operand(normal(3 * 8 * 6 * 8 * 12, 4)), filter = pair.operand(normal(8 * 27 * 12, 5));
    const output = pair.operand(normal(3 * 4 * 3 * 4 * 8, 6));
    if (direction === "convForward") pair.call(direction, { geometry }, { input, filter, output });
    else if (direction === "convInputGradient") {
      pair.call(direction, { geometry, accumulate: true }, { dOutput: output, filter, dInput: input });
    } else pair.call(direction, { geometry, accumulate: true }, { input, dOutput: output, dFilter: filter });
    for (const operand of [input, filter, output]) pair.assertClose(operand, close, direction);
  }
  // The operand that is too large, and the axis that it is cut along: rows of C, terms, columns, terms.
  for (
    const [m, n, k, transposeA, transposeB] of [
      [300, 40, 9, true, false],
      [7, 40, 300, false, false],
      [7, 300, 40, false, true],
      [40, 7, 300, true, false],
    ] as const
  ) {
    using pair = new Twin(engine);
    const a = pair.operand(normal(m * k, 7)), b = pair.operand(normal(n * k, 8)), c = pair.operand(normal(m * n, 9));
    const shape = { batch: 1, m, n, k, transposeA, transposeB, accumulate: true };
    pair.call("gemm", shape, { a, b, c });
    pair.assertClose(c, close, JSON.stringify(shape));
  }
});

webGpuTest("WebGpuBackend: sums of more terms than a software device lets a loop have", () => {
  using engine = WebGpuBackend.open();
  using pair = new Twin(engine);
  const cells = 16 ** 3, size = [16, 16, 16] as const, shape = { batch: 2, channels: 12, filters: 4, stride: 1 };
  const geometry = { ...shape, input: size, output: size, kernel: [3, 3, 3], padding: [1, 1, 1] } as const;
  const input = pair.operand(normal(2 * cells * 12, 1)), dOutput = pair.operand(normal(2 * cells * 4, 2));
  const dFilter = pair.operand(normal(4 * 27 * 12, 3));
  pair.call("convFilterGradient", { geometry, accumulate: true }, { input, dOutput, dFilter });
  pair.assertClose(dFilter, { absolute: 1e-5 * Math.sqrt(2 * cells) });
  const m = 3, n = 5, k = 40_000, product = { batch: 1, m, n, k, transposeA: false, transposeB: true };
  const a = pair.operand(normal(m * k, 4)), b = pair.operand(normal(n * k, 5)), c = pair.operand(normal(m * n, 6));
  pair.call("gemm", { ...product, accumulate: true }, { a, b, c });
  pair.assertClose(c, { absolute: 1e-5 * Math.sqrt(k) });
});

webGpuTest("WebGpuBackend: an operand of one item that no binding can hold is refused by name", () => {
  using engine = WebGpuBackend.open({ bindingLimitBytes: 1024 });
  const buffer = engine.allocate(64 * 1024, "a long row");
  const operands = { logits: { buffer, byteOffset: 0 }, probabilities: { buffer, byteOffset: 0 } };
  assertThrows(
    () => engine.softmax({ rows: 1, classes: 8192 }, operands),
    RangeError,
    'softmax: 32768 bytes of "a long row"',
  );
  engine.release(buffer);
});

webGpuTest(
  "WebGpuBackend: refuses more memory than its limit, gives free buffers back for other sizes, goes on",
  () => {
    using engine = WebGpuBackend.open({ memoryLimitBytes: 2 ** 20 });
    assertThrows(() => engine.allocate(2 ** 21, "volumes"), OutOfMemoryError, "volumes");
    for (const share of [2, 3, 4, 5]) engine.release(engine.allocate(Math.ceil(2 ** 20 / share), "volumes"));
    const buffer = engine.allocate(2 ** 20, "volumes"), last = new Float32Array(1);
    engine.fill({ count: 2 ** 18, value: 1.5 }, { x: { buffer, byteOffset: 0 } });
    engine.download({ buffer, byteOffset: 2 ** 20 - 4 }, last);
    assertEquals(last[0], 1.5);
    engine.release(buffer);
    assertEquals(engine.memory.liveBytes, 0);
  },
);

webGpuTest("WebGpuBackend: the device's time stamps grow with the work, where it has any", () => {
  using engine = WebGpuBackend.open();
  const count = 2 ** 16, buffer = engine.allocate(4 * count, "x"), x = { buffer, byteOffset: 0 };
  const work = (repetitions: number) => {
    for (let repetition = 0; repetition < repetitions; repetition++) engine.fill({ count, value: repetition }, { x });
  };
  const [nothing, many, ...single] = [0, 50, 1, 1, 1, 1, 1].map((times) => engine.deviceSeconds(() => work(times)));
  engine.release(buffer);
  assertEquals(engine.memory.liveBytes, 0);
  if (!engine.adapter.timeStamps) return assertEquals([nothing, many], [null, null]);
  const least = Math.min(...single.map(Number));
  assertEquals(nothing, 0);
  assertGreater(least, 0);
  assertGreater(many!, least);
});

webGpuTest("WebGpuBackend: memory is asked for once, however often work repeats", () => {
  using engine = WebGpuBackend.open();
  const once = () => {
    const [x, y] = [40_000, 70_000].map((byteLength) => ({ buffer: engine.allocate(byteLength, "x"), byteOffset: 0 }));
    engine.fill({ count: 10_000, value: 2 }, { x });
    engine.sumOfSquares({ count: 10_000, factor: 1 }, { x, sum: y });
    for (const { buffer } of [x, y]) engine.release(buffer);
  };
  once();
  const { allocations, kernels } = engine.diagnostics;
  for (let repetition = 0; repetition < 300; repetition++) once();
  engine.synchronize();
  assertEquals([engine.diagnostics.allocations, engine.diagnostics.kernels], [allocations, kernels]);
});

webGpuTest("WorkerLink: what WebGPU refuses is told with the operation that it was for", () => {
  using link = new WorkerLink();
  link.send({ do: "compile", pipeline: 0, code: "fn main( {", bindings: 1, label: "batchNorm" });
  assertThrows(() => link.finish(), UserError, "device webgpu: batchNorm: ");
  assertThrows(() => link.read(1, 0, new Uint8Array(4)), UserError, "batchNorm");
});

webGpuTest("Executor: a device that is lost says so, and nobody waits for it", async () => {
  const executor = await Executor.open((await requestAdapter())!);
  executor.perform({ do: "create", buffer: 1, byteLength: 256, label: "x" });
  executor[Symbol.dispose]();
  await executor.settle();
  await executor.read(1, 0, 4);
  assertEquals(
    executor.failure?.includes("lost") || executor.failure?.includes("download"),
    true,
    String(executor.failure),
  );
});

webGpuTest("WebGpuBackend: a disposed engine refuses work, another precision is refused", async () => {
  const engine = WebGpuBackend.open(), buffer = engine.allocate(64, "x"), x = { buffer, byteOffset: 0 };
  engine[Symbol.dispose]();
  assertThrows(() => engine.synchronize(), TypeError, "closed");
  assertThrows(() => engine.download(x, new Uint8Array(4)), TypeError, "closed");
  await assertRejects(() => openBackend("webgpu", { precision: "tf32" }), UserError, "webgpu engine has fp32 only");
});

Deno.test("Executor: a device that refuses what was handed over is a failure that is told, not an answer that never comes", async () => {
  const queue = {
    submit: () => {},
    onSubmittedWorkDone: () => Promise.reject(new Error("no memory left")),
  };
  const device = { queue, lost: new Promise(() => {}), createBuffer: () => ({}), addEventListener() {}, destroy() {} };
  const facts = { info: {}, limits: {}, features: new Set() };
  const adapter = { ...facts, requestDevice: () => Promise.resolve(device) } as unknown as GPUAdapter;
  using executor = await Executor.open(adapter);
  await executor.settle();
  assertEquals(executor.failure, "submission: no memory left");
});
