import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { AUGMENTATIONS, checkAugmentations, sceneTransform, transformScene } from "../../../data/scenes/augment.ts";
import type { Grid } from "../../../data/grid.ts";
import { SceneLoader } from "../../../data/scenes/loader.ts";
import { roomSource } from "../../../data/rooms/mod.ts";
import { SceneReader } from "../../../data/scenes/scene_reader.ts";

/** Labels by what they are at: `[x, y, z]` ↦ 36x + 6y + z for axes up to 6. */
function numbered([depth, height, width]: Grid): Uint8Array {
  return Uint8Array.from({ length: depth * height * width }, (_, i) => {
    const z = i % width, y = Math.floor(i / width) % height, x = Math.floor(i / width / height);
    return 36 * x + 6 * y + z;
  });
}

/** A transform one voxel at a time, by the words of its documentation: turn, then mirror. */
function expected(labels: Uint8Array, [depth, height, width]: Grid, t: ReturnType<typeof sceneTransform>): Uint8Array {
  const at = (volume: Uint8Array, x: number, y: number, z: number) => volume[(x * height + y) * width + z];
  const map = (volume: Uint8Array, from: (x: number, y: number, z: number) => number) => {
    const out = new Uint8Array(volume.length);
    for (let x = 0; x < depth; x++) {
      for (let y = 0; y < height; y++) {
        for (let z = 0; z < width; z++) out[(x * height + y) * width + z] = from(x, y, z);
      }
    }
    return out;
  };
  let volume = labels;
  for (let turn = 0; turn < t.quarterTurns; turn++) {
    const before = volume;
    volume = depth === width
      ? map(before, (x, y, z) => at(before, z, y, depth - 1 - x))
      : turn % 2 === 0
      ? map(before, (x, y, z) => at(before, depth - 1 - x, y, width - 1 - z))
      : before;
  }
  const turned = volume;
  return map(
    turned,
    (x, y, z) => at(turned, t.flipX ? depth - 1 - x : x, y, t.flipZ ? width - 1 - z : z),
  );
}

Deno.test("transformScene: every turn and mirror puts every voxel where a voxel by voxel transform puts it", () => {
  for (const grid of [[4, 3, 4], [2, 5, 6], [1, 1, 1]] as const) {
    const labels = numbered(grid), out = new Uint8Array(labels.length);
    for (const flipX of [false, true]) {
      for (const flipZ of [false, true]) {
        for (const quarterTurns of grid[0] === grid[2] ? [0, 1, 2, 3] : [0, 2]) {
          const transform = { flipX, flipZ, quarterTurns };
          transformScene(labels, grid, transform, out);
          assertEquals(out, expected(labels, grid, transform), JSON.stringify(transform));
        }
      }
    }
  }
});

Deno.test("transformScene: four turns are none, and a mirror is its own inverse", () => {
  const grid: Grid = [5, 2, 5], labels = numbered(grid);
  const apply = (volume: Uint8Array, transform: ReturnType<typeof sceneTransform>) => {
    const out = new Uint8Array(volume.length);
    transformScene(volume, grid, transform, out);
    return out;
  };
  let turned = labels;
  for (let i = 0; i < 4; i++) turned = apply(turned, { flipX: false, flipZ: false, quarterTurns: 1 });
  assertEquals(turned, labels);
  const mirror = { flipX: true, flipZ: true, quarterTurns: 0 };
  assertEquals(apply(apply(labels, mirror), mirror), labels);
  assertEquals(apply(labels, mirror), apply(labels, { flipX: false, flipZ: false, quarterTurns: 2 }));
});

Deno.test("sceneTransform: does what was asked for and nothing else, each about equally often", () => {
  const kinds = fc.subarray([...AUGMENTATIONS]);
  fc.assert(fc.property(kinds, fc.nat(), fc.nat(), fc.nat(1000), (kinds, seed, iteration, position) => {
    const { flipX, flipZ, quarterTurns } = sceneTransform(kinds, seed, iteration, position);
    assert(!flipX || kinds.includes("flip-x"));
    assert(!flipZ || kinds.includes("flip-z"));
    assert(quarterTurns === 0 || kinds.includes("rotate"));
  }));
  const seen = new Map<string, number>();
  for (let i = 0; i < 4096; i++) {
    const key = JSON.stringify(sceneTransform(AUGMENTATIONS, 7, Math.floor(i / 16), i % 16));
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  assertEquals(seen.size, 16);
  for (const count of seen.values()) assert(count > 200 && count < 312, `${count} of 256`);
});

Deno.test("checkAugmentations: turns need a square floor", () => {
  checkAugmentations(["rotate"], [32, 16, 32]);
  checkAugmentations(["flip-x", "flip-z"], [32, 16, 48]);
  assertThrows(() => checkAugmentations(["rotate"], [32, 16, 48]), UserError, "the grid is 32x16x48");
});

Deno.test("SceneLoader: augmented batches are the same after a resume and whatever threads read them", async () => {
  using source = roomSource({ seed: 1, grid: [32, 16, 32], count: 5 });
  const batches = async (threads: number, start: number) => {
    await using reader = new SceneReader({ source, threads });
    await using loader = new SceneLoader({ reader, batch: 3, seed: 4, augment: AUGMENTATIONS });
    const found: Uint8Array[] = [];
    for (let iteration = start; iteration < 8; iteration++) found.push(await loader.batch(iteration));
    return found;
  };
  const whole = await batches(0, 0);
  for (const threads of [1, 3]) assertEquals(await batches(threads, 0), whole);
  assertEquals(await batches(2, 5), whole.slice(5));
  // Each scene is the original under the transform of its iteration and position.
  await using reader = new SceneReader({ source });
  await using plain = new SceneLoader({ reader, batch: 3, seed: 4 });
  const voxels = 32 * 16 * 32;
  for (const [iteration, labels] of whole.entries()) {
    const originals = await plain.batch(iteration);
    for (let position = 0; position < 3; position++) {
      const place = [position * voxels, (position + 1) * voxels] as const;
      const transform = sceneTransform(AUGMENTATIONS, 4, iteration, position);
      assertEquals(labels.slice(...place), expected(originals.slice(...place), source.grid, transform));
    }
  }
});
