/** `--recompute`: the same bits with less memory; "auto" follows the plan. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { CountingBackend } from "../../nn/backend/counting_backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { Tensor } from "../../nn/tensor.ts";
import { newTrainer } from "../../train/loop.ts";
import { memoryPlan, recomputes } from "../../train/memory_plan.ts";
import { resolveOptions } from "../../run/options.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";

const tiny = (values: Record<string, unknown>) =>
  resolveOptions([{ source: "test", values: { preset: "tiny", device: "cpu", ...values } }]);

Deno.test("--recompute: the refiner learns the same bits, whether activations are kept or computed again", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const held = heldBytes(backend);
  const [kept, again] = (["off", "on"] as const).map((recompute) => {
    const options = tiny({ recompute, refinerChannels: 6 });
    using trainer = newTrainer(backend, options);
    trainer.networks.initialize(3);
    const scenes = new Uint8Array(options.refineBatch * 16 ** 3).map((_, voxel) => voxel * 7 % 12);
    for (let iteration = 0; iteration < 3; iteration++) {
      using labels = Tensor.from(backend, scenes, [options.refineBatch, ...options.grid], "labels");
      using z = trainer.drawLatent(options.refineBatch, 3, iteration);
      trainer.iterate("refine", labels, z);
    }
    return { weights: trainer.networks.refiner.parameters.values.toFloat32(), losses: trainer.readLosses() };
  });
  assertEquals(again, kept);
  assertNothingHeld(backend, held);
});

Deno.test("--recompute: takes less memory for the convolutions that it computes twice", () => {
  const [kept, again] = (["off", "on"] as const).map((recompute) => {
    return memoryPlan(resolveOptions([{ source: "test", values: { preset: "full", device: "cpu", recompute } }]))[1];
  });
  // Of five activations of 32 channels and 8 scenes, one is alive at a time beside those at the blocks' ends.
  const activationBytes = 8 * 80 * 48 * 80 * 32 * 4;
  assertGreater(kept.peakBytes - again.peakBytes, 2.5 * activationBytes);
  const extra = 2 * 4 * 16 * 80 * 48 * 80 * 27 * 32 * 32; // a convolution a block for both halves of the batch
  assertLess(Math.abs(again.floatOperations - kept.floatOperations - extra) / extra, 0.01);
});

Deno.test("recomputes: auto does as soon as the refine stage does not fit otherwise", () => {
  const options = tiny({ refineBatch: 16 });
  const [, { peakBytes }] = memoryPlan(options);
  assertEquals(options.recompute, "auto");
  assertEquals([peakBytes, peakBytes - 1].map((limit) => recomputes(options, {}, limit)), [false, true]);
  assertEquals(recomputes(tiny({ refineBatch: 16, recompute: "off" }), {}, peakBytes - 1), false);
  using backend = new CountingBackend({ limitBytes: peakBytes - 1 });
  using trainer = newTrainer(backend, options);
  assertEquals(trainer.options.recomputes, true);
});
