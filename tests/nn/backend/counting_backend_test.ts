import { assertEquals, assertThrows } from "@std/assert";
import { CountingBackend } from "../../../nn/backend/counting_backend.ts";
import type { ConvGeometry } from "../../../nn/backend/backend.ts";
import { OutOfMemoryError } from "../../../nn/backend/memory.ts";

const geometry: ConvGeometry = {
  batch: 2,
  input: [4, 4, 4],
  channels: 3,
  output: [2, 2, 2],
  filters: 5,
  kernel: [3, 3, 3],
  stride: 2,
  padding: [1, 1, 1],
};

Deno.test("CountingBackend: counts live and peak bytes by tag and refuses more than the limit", () => {
  using backend = new CountingBackend({ limitBytes: 1000, name: "planned" });
  const first = backend.allocate(600, "weights");
  assertThrows(() => backend.allocate(401, "activations"), OutOfMemoryError, "weights 600 B");
  backend.release(first);
  backend.allocate(500, "activations");
  assertEquals(backend.memory.liveBytes, 500);
  assertEquals(backend.memory.peakBytes, 600);
  assertThrows(() => backend.release(first), RangeError, "after its release");
});

Deno.test("CountingBackend: convolutions share the largest workspace", () => {
  const needs = { forward: 100, inputGradient: 300, filterGradient: 200 };
  using backend = new CountingBackend({ workspaceBytes: (_, direction) => needs[direction] });
  const input = { buffer: backend.allocate(2 * 64 * 3 * 4, "x"), byteOffset: 0 };
  const filter = { buffer: backend.allocate(5 * 27 * 3 * 4, "w"), byteOffset: 0 };
  const output = { buffer: backend.allocate(2 * 8 * 5 * 4, "y"), byteOffset: 0 };
  const before = backend.memory.liveBytes;
  backend.convForward({ geometry }, { input, filter, output });
  assertEquals(backend.memory.liveBytes - before, 100);
  backend.convInputGradient({ geometry, accumulate: false }, { dOutput: output, filter, dInput: input });
  backend.convFilterGradient({ geometry, accumulate: true }, { input, dOutput: output, dFilter: filter });
  assertEquals(backend.memory.liveBytes - before, 300);
  const flops = 2 * 2 * 8 * 5 * 27 * 3, bytes = (2 * 64 * 3 + 5 * 27 * 3 + 2 * 8 * 5) * 4;
  const counts = Object.fromEntries(backend.counts.byOperation());
  assertEquals(counts.convForward, { calls: 1, floatOperations: flops, bytesTouched: bytes });
  assertEquals(counts.convFilterGradient.bytesTouched, bytes + 5 * 27 * 3 * 4);
  assertEquals(backend.counts.total().calls, 3);
});

Deno.test("CountingBackend: refuses spans that do not fit and released buffers", () => {
  using backend = new CountingBackend();
  const buffer = backend.allocate(40, "x");
  assertThrows(() => backend.fill({ count: 10, value: 0 }, { x: { buffer, byteOffset: 4 } }), RangeError, "do not fit");
  backend.fill({ count: 9, value: 0 }, { x: { buffer, byteOffset: 4 } });
  backend.release(buffer);
  assertThrows(
    () => backend.fill({ count: 1, value: 0 }, { x: { buffer, byteOffset: 0 } }),
    RangeError,
    "after its release",
  );
});

Deno.test("CountingBackend: a download leaves its target as it was", () => {
  using backend = new CountingBackend();
  const target = new Float32Array([0, 0, 7]);
  backend.download({ buffer: backend.allocate(12, "x"), byteOffset: 0 }, target);
  assertEquals([...target], [0, 0, 7]);
});
