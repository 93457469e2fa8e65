/** The classifier two-sample test on scenes whose difference is known. */
import { assert, assertEquals } from "@std/assert";
import { UniformSequence } from "../../../../base/random.ts";
import type { Grid } from "../../../../data/grid.ts";
import { classifierAccuracy, classifierScenes } from "../../../../eval/metrics/generation/two_sample_classifier.ts";
import { openBackend } from "../../../../nn/backend/open.ts";
import { assertNothingHeld, heldBytes } from "../../../helpers/held_bytes.ts";

const GRID: Grid = [16, 16, 16], CLASSES = 3;

/** Scenes with a cube of class `label`, `side` voxels wide, at a random place. */
function cubes(count: number, seed: number, side: number, label: number): Uint8Array[] {
  const random = new UniformSequence({ seed, stream: 1, iteration: 0 });
  return Array.from({ length: count }, () => {
    const scene = new Uint8Array(16 ** 3), [x, y, z] = [0, 0, 0].map(() => random.below(17 - side));
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) scene.fill(label, at(x + i, y + j, z), at(x + i, y + j, z + side));
    }
    return scene;
  });
}

const at = (x: number, y: number, z: number) => (x * 16 + y) * 16 + z;

Deno.test("classifierAccuracy: tells what differs, not what is alike; bit for bit on any number of threads", async () => {
  const sets = { ones: cubes(80, 1, 4, 1), others: cubes(90, 2, 4, 1), twos: cubes(80, 3, 4, 2) };
  const results = [];
  for (const threads of [1, 2]) {
    using backend = await openBackend("cpu", { threads });
    const before = heldBytes(backend);
    const tell = (a: Uint8Array[], b: Uint8Array[], seed = 0) =>
      classifierAccuracy(a, b, { grid: GRID, classes: CLASSES, backend, seed });
    results.push([tell(sets.ones, sets.others), tell(sets.others, sets.ones, 1), tell(sets.ones, sets.twos)]);
    assertEquals(tell(sets.ones, sets.ones).value, 0.5, "the same scenes at the same places");
    assertNothingHeld(backend, before);
  }
  const [alike, otherSeed, different] = results[0];
  for (const { low, high } of [alike, otherSeed]) assert(low < 0.5 && 0.5 < high, `${low} to ${high}`);
  assertEquals(different.value, 1);
  assert(different.low > 0.9 && different.low < 1);
  assertEquals(results[1], results[0]);
});

Deno.test("classifierAccuracy: finds a small thing wherever it is", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const options = { grid: GRID, classes: CLASSES, backend, seed: 0 }, count = 300;
  const plain = cubes(count, 4, 4, 1), specks = cubes(count, 6, 2, 2);
  const specked = cubes(count, 5, 4, 1).map((scene, i) => scene.map((label, voxel) => specks[i][voxel] || label));
  const { low } = classifierAccuracy(plain, specked, options);
  assert(low > 0.9, `of 4096 voxels 8 are of another class: ${low}`);
});

Deno.test("classifierAccuracy: trains on as many scenes as it says; NaN for one scene, small sets are no error", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  for (const count of [2, 5, 40]) {
    let seen = 0;
    const onScenes = (scenes: number) => seen += scenes;
    const { value } = classifierAccuracy(cubes(count, 1, 4, 1), cubes(count + 1, 2, 4, 2), {
      grid: GRID,
      classes: CLASSES,
      backend,
      seed: 0,
      onScenes,
    });
    assert(value >= 0 && value <= 1);
    assertEquals(seen, classifierScenes(count, GRID));
    assert(seen > 0);
  }
  const options = { grid: GRID, classes: CLASSES, backend, seed: 0 };
  assertEquals(classifierAccuracy(cubes(1, 1, 4, 1), cubes(9, 2, 4, 2), options).value, NaN);
  assertEquals(classifierAccuracy([], [], options).value, NaN);
  assertEquals([classifierScenes(0, GRID), classifierScenes(1, GRID)], [0, 0]);
});

Deno.test("classifierScenes: a budget of voxels, so that large scenes take few steps, but not too few", () => {
  assertEquals(classifierScenes(400, [32, 16, 32]), 600 * 16);
  assertEquals(classifierScenes(400, [80, 48, 80]), 100 * 16);
  assertEquals(classifierScenes(40, [32, 16, 32]), 40 * 2 * 16, "40 times through two batches");
});
