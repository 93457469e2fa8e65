/** Training, rooms and edits on WebGPU beside the CPU engine. */
import { assertEquals, assertGreater, assertLess, assertNotEquals } from "@std/assert";
import { UNKNOWN_LABEL } from "../../../../data/classes.ts";
import { makeRoom } from "../../../../data/rooms/mod.ts";
import { Run } from "../../../../eval/run.ts";
import type { Backend } from "../../../../nn/backend/backend.ts";
import { openBackend } from "../../../../nn/backend/open.ts";
import { WebGpuBackend } from "../../../../nn/backend/webgpu/webgpu_backend.ts";
import { elementCount } from "../../../../nn/shape.ts";
import { Tensor } from "../../../../nn/tensor.ts";
import { resolveOptions } from "../../../../run/options.ts";
import { newTrainer } from "../../../../train/loop.ts";
import { webGpuTest } from "./adapter.ts";

/** Of each stage; more of them by hand, a second or more each in software. */
const ITERATIONS = Number(Deno.env.get("FCR_WEBGPU_ITERATIONS") ?? 2);

/** Losses of some iterations of both stages of the tiny preset, and how often memory was asked for after the first. */
function train(backend: Backend): { losses: Record<string, number>[]; allocations: number } {
  const options = resolveOptions([{ source: "a test", values: { preset: "tiny", device: "cpu" } }]);
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(1);
  const losses: Record<string, number>[] = [],
    asked = () => backend instanceof WebGpuBackend ? backend.diagnostics.allocations : 0;
  let allocations = 0;
  for (const phase of ["base", "refine"] as const) {
    const batch = phase === "base" ? options.batch : options.refineBatch, cells = elementCount(options.grid);
    const scenes = new Uint8Array(batch * cells);
    for (let i = 0; i < batch; i++) scenes.set(makeRoom(options.grid, 1, i), i * cells);
    scenes.fill(UNKNOWN_LABEL, 0, cells / 2);
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      const before = asked();
      using labels = Tensor.from(backend, scenes, [batch, ...options.grid], "labels");
      using z = trainer.drawLatent(batch, 1, iteration);
      trainer.iterate(phase, labels, z);
      losses.push({ ...trainer.readLosses() });
      if (iteration > 0) allocations += asked() - before;
    }
  }
  return { losses, allocations };
}

webGpuTest("WebGPU: trains as the CPU engine does, and asks for no more memory after the first iteration", async () => {
  using gpu = WebGpuBackend.open();
  using cpu = await openBackend("cpu", { threads: 1 });
  const found = train(gpu), expected = train(cpu);
  assertEquals(found.allocations, 0);
  const held = gpu.memory.byTag().filter(([tag, { liveBytes }]) => liveBytes > 0 && tag !== "workspace");
  assertEquals(held, []);
  expected.losses.forEach((losses, i) => {
    assertGreater(Object.keys(losses).length, 3);
    for (const [name, value] of Object.entries(losses)) {
      const apart = Math.abs(found.losses[i][name] - value);
      assertLess(
        apart,
        1e-5 * Math.abs(value) + 1e-12,
        `${name} of iteration ${i}: ${found.losses[i][name]}, ${value}`,
      );
    }
  });
});

webGpuTest("WebGPU: makes and changes the rooms that the CPU engine does with the same seed", async () => {
  const [expected, found] = await Promise.all(["cpu", "webgpu"].map(async (device) => {
    using run = await Run.open(undefined, { device, threads: 1 });
    const room = run.generate(1, 7, { steps: 5 }).plain.labels;
    const half = room.map((_, voxel) => voxel < room.length / 2 ? 1 : 0);
    return [
      room,
      run.reconstruct(room, 1).plain.labels,
      run.edit(room, half, { change: "regenerate" }, 1, 3, { steps: 2 }),
    ];
  }));
  expected.forEach((labels, i) => {
    assertGreater(new Set(labels).size, 3);
    assertLess(labels.filter((label, voxel) => label !== found[i][voxel]).length, 0.001 * labels.length);
  });
  assertNotEquals(expected[2], expected[0]);
});
