/** Training on scenes that are known in part. */
import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { UNKNOWN_LABEL } from "../../data/classes.ts";
import { makeRoom } from "../../data/rooms/mod.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { elementCount } from "../../nn/shape.ts";
import { Tensor } from "../../nn/tensor.ts";
import { resolveOptions } from "../../run/options.ts";
import { newTrainer } from "../../train/loop.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

const TINY = { preset: "tiny", device: "cpu", batch: 2, refineBatch: 2 };

/** Two tiny rooms of whose voxels those along the lower half of x, and some others, have the label `unknown`. */
function halfKnown(grid: readonly [number, number, number], unknown: number): Uint8Array<ArrayBuffer> {
  const voxels = elementCount(grid), scenes = new Uint8Array(2 * voxels);
  [0, 1].forEach((i) => scenes.set(makeRoom(grid, 5, i), i * voxels));
  return scenes.map((label, i) => i % voxels < voxels / 2 || i % 7 === 0 ? unknown : label);
}

/** Losses and weights after iterations of both stages. */
function train(backend: Backend, unknown: number, values: Readonly<Record<string, unknown>> = {}, iterations = 2) {
  const options = resolveOptions([{ source: "a test", values: { ...TINY, ...values } }]);
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(2);
  const scenes = halfKnown(options.grid, unknown), losses: Record<string, number>[] = [];
  for (const phase of ["base", "refine"] as const) {
    for (let iteration = 0; iteration < iterations; iteration++) {
      using labels = Tensor.from(backend, scenes, [2, ...options.grid], "labels");
      using z = trainer.drawLatent(2, 1, iteration);
      trainer.iterate(phase, labels, z);
      losses.push({ ...trainer.readLosses() });
    }
  }
  return { losses, weights: trainer.networks.parameterSets.map(({ values }) => values.toFloat32()) };
}

Deno.test("training on half-known scenes: unknown is not empty, and of what it is nothing can be told", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const held = heldBytes(backend), unknown = train(backend, UNKNOWN_LABEL);
  assertEquals(train(backend, 77), unknown); // any byte that is no class
  assertNotEquals(train(backend, 0).losses[0].recons_loss, unknown.losses[0].recons_loss);
  for (const losses of unknown.losses) assert(Object.values(losses).every(Number.isFinite), JSON.stringify(losses));
  assertNothingHeld(backend, held);
});

Deno.test("training on half-known scenes: the losses are those of the literal loops", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  using reference = new ReferenceBackend();
  const [found, expected] = [backend, reference].map((each) => train(each, UNKNOWN_LABEL, {}, 1).losses);
  expected.forEach((losses, i) => {
    for (const [name, value] of Object.entries(losses)) {
      assertLess(Math.abs(found[i][name] - value), 1e-5 * Math.abs(value) + 1e-9, `${name} of iteration ${i}`);
    }
  });
});

Deno.test("training on half-known scenes: the reconstruction of what is known is learned", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const { losses } = train(backend, UNKNOWN_LABEL, { learningRate: 5e-3 }, 30);
  assertLess(losses[29].recons_loss, 0.6 * losses[0].recons_loss);
});
