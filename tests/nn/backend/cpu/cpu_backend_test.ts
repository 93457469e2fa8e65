import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CpuBackend } from "../../../../nn/backend/cpu/cpu_backend.ts";
import { OutOfMemoryError } from "../../../../nn/backend/memory.ts";
import { backendSuite } from "../suite.ts";

// Each element of a product is summed by one fused multiply-add after the other, whose error grows with √n once more.
backendSuite("CpuBackend", () => CpuBackend.open({ threads: 3 }), { sumTolerance: 1e-5 });

Deno.test("CpuBackend: refuses more memory than its limit and goes on", async () => {
  using backend = await CpuBackend.open({ threads: 1, memoryLimitBytes: 8 * 2 ** 20 });
  assertThrows(() => backend.allocate(16 * 2 ** 20, "volumes"), OutOfMemoryError, "volumes");
  const buffer = backend.allocate(2 ** 20, "volumes");
  backend.fill({ count: 2 ** 18, value: 1.5 }, { x: { buffer, byteOffset: 0 } });
  const last = new Float32Array(1);
  backend.download({ buffer, byteOffset: 2 ** 20 - 4 }, last);
  assertEquals(last[0], 1.5);
});

Deno.test("CpuBackend: refuses a number of threads that makes no sense", async () => {
  await assertRejects(() => CpuBackend.open({ threads: 0 }), RangeError, "0 threads");
  await assertRejects(() => CpuBackend.open({ threads: 1.5 }), RangeError, "1.5 threads");
});

Deno.test("CpuBackend: a disposed engine refuses work", async () => {
  const backend = await CpuBackend.open({ threads: 2 });
  const buffer = backend.allocate(64, "x");
  backend[Symbol.dispose]();
  assertThrows(() => backend.fill({ count: 16, value: 0 }, { x: { buffer, byteOffset: 0 } }), TypeError, "closed");
});
