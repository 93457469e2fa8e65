import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { SceneLoader } from "../../../data/scenes/loader.ts";
import { SceneReader } from "../../../data/scenes/scene_reader.ts";
import type { SceneSource } from "../../../data/scenes/scene_source.ts";
import { epochOrder } from "../../../data/scenes/shuffle.ts";

const VOXELS = 16 ** 3;

/** Scenes in memory, each filled with its index; counts reads, and fails on chosen scenes. */
class FakeSource implements SceneSource {
  readonly description = "scenes of a test";
  readonly grid = [16, 16, 16] as const;
  readonly sceneIds: readonly string[];
  reads = 0;

  constructor(count: number, readonly failing: ReadonlySet<number> = new Set()) {
    this.sceneIds = Array.from({ length: count }, (_, i) => `scene-${i}`);
  }

  async read(index: number): Promise<Uint8Array> {
    this.reads++;
    await Promise.resolve();
    if (this.failing.has(index)) throw new UserError(`scene ${index} is broken`);
    return new Uint8Array(VOXELS).fill(index);
  }

  provenance(): Promise<never> {
    throw new Error("a loader has no use for the provenance");
  }

  [Symbol.dispose](): void {}
}

/** A reader without threads; what it holds is memory alone, so that nobody needs to dispose it. */
function inMemory(source: SceneSource, cacheBytes?: number): SceneReader {
  return new SceneReader({ source, cacheBytes });
}

/** Indices of the scenes in a batch; every voxel of a scene must be the same. */
function scenesOf(labels: Uint8Array): number[] {
  return Array.from({ length: labels.length / VOXELS }, (_, i) => {
    const scene = labels.subarray(i * VOXELS, (i + 1) * VOXELS);
    assert(scene.every((label) => label === scene[0]));
    return scene[0];
  });
}

Deno.test("epochOrder: a permutation that depends on seed and epoch alone", () => {
  fc.assert(fc.property(fc.nat(50), fc.nat(), fc.nat(), (count, seed, epoch) => {
    const order = epochOrder(count, seed, epoch);
    assertEquals([...order].sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i));
    assertEquals(epochOrder(count, seed, epoch), order);
  }));
  assertNotEquals(epochOrder(50, 1, 0), epochOrder(50, 1, 1));
  assertNotEquals(epochOrder(50, 1, 0), epochOrder(50, 2, 0));
});

Deno.test("SceneLoader: every scene occurs once in every epoch, across batches", async () => {
  const source = new FakeSource(7);
  await using loader = new SceneLoader({ reader: inMemory(source), batch: 3, seed: 1 });
  const seen: number[] = [];
  for (let iteration = 0; iteration < 14; iteration++) seen.push(...scenesOf(await loader.batch(iteration)));
  for (let epoch = 0; epoch < 6; epoch++) {
    assertEquals(seen.slice(7 * epoch, 7 * (epoch + 1)).sort(), [0, 1, 2, 3, 4, 5, 6]);
  }
});

Deno.test("SceneLoader: starting at any iteration gives what an uninterrupted run gets", async () => {
  const options = { batch: 4, seed: 9, indices: [1, 2, 3, 5, 8, 13] };
  await using whole = new SceneLoader({ reader: inMemory(new FakeSource(20)), ...options });
  const expected: Uint8Array[] = [];
  for (let iteration = 0; iteration < 10; iteration++) expected.push(await whole.batch(iteration));
  for (let start = 0; start < 10; start++) {
    await using resumed = new SceneLoader({ reader: inMemory(new FakeSource(20)), ...options });
    for (let iteration = start; iteration < 10; iteration++) {
      assertEquals(await resumed.batch(iteration), expected[iteration]);
    }
  }
});

Deno.test("SceneLoader: jumping about, more scenes than there are, and no cache change nothing", async () => {
  const options = { batch: 5, seed: 3 };
  await using cached = new SceneLoader({ reader: inMemory(new FakeSource(3)), ...options });
  await using uncached = new SceneLoader({ reader: inMemory(new FakeSource(3), 0), ...options });
  for (const iteration of [4, 0, 9, 8, 1, 1_000_000]) {
    const labels = await uncached.batch(iteration);
    assertEquals(await cached.batch(iteration), labels);
    assertEquals(scenesOf(labels), uncached.sceneIndices(iteration));
  }
});

Deno.test("SceneLoader: a batch may be changed without changing later ones", async () => {
  await using loader = new SceneLoader({ reader: inMemory(new FakeSource(2)), batch: 2, seed: 0 });
  (await loader.batch(0)).fill(99);
  assertEquals(scenesOf(await loader.batch(0)).sort(), [0, 1]);
});

Deno.test("SceneLoader: reads the next batch ahead and every cached scene once", async () => {
  const source = new FakeSource(6);
  await using loader = new SceneLoader({ reader: inMemory(source), batch: 2, seed: 0 });
  await loader.batch(0);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(source.reads, 4);
  for (let iteration = 1; iteration < 20; iteration++) await loader.batch(iteration);
  assertEquals(source.reads, 6);
});

Deno.test("SceneLoader: keeps no more scenes than the limit allows", async () => {
  const source = new FakeSource(4);
  {
    await using loader = new SceneLoader({ reader: inMemory(source, 3 * VOXELS + 1), batch: 4, seed: 0 });
    for (let iteration = 0; iteration < 5; iteration++) await loader.batch(iteration);
  }
  assertEquals(source.reads, 4 + 5); // the fourth scene is read again for each of the 5 later batches, one ahead
});

Deno.test("SceneLoader: a broken scene fails the batch that holds it and no other", async () => {
  const source = new FakeSource(8, new Set([5]));
  await using loader = new SceneLoader({ reader: inMemory(source), batch: 2, seed: 0 });
  for (let iteration = 0; iteration < 8; iteration++) {
    if (loader.sceneIndices(iteration).includes(5)) {
      await assertRejects(() => loader.batch(iteration), UserError, "scene 5 is broken");
    } else assertEquals(scenesOf(await loader.batch(iteration)), loader.sceneIndices(iteration));
  }
});

Deno.test("SceneLoader: refuses no scenes and a batch of nothing", () => {
  assertThrows(
    () => new SceneLoader({ reader: inMemory(new FakeSource(0)), batch: 1, seed: 0 }),
    RangeError,
    "at least one",
  );
  for (const batch of [0, -1, 1.5, NaN]) {
    assertThrows(() => new SceneLoader({ reader: inMemory(new FakeSource(1)), batch, seed: 0 }), RangeError, "batch");
  }
});

Deno.test("SceneLoader: the parts of a batch together are the batch, augmented alike", async () => {
  const striped: SceneSource = Object.assign(new FakeSource(7), {
    read: (index: number) => Promise.resolve(Uint8Array.from({ length: VOXELS }, (_, i) => (i + index) % 12)),
  });
  const options = { reader: inMemory(striped), seed: 5, augment: ["flip-x", "rotate"] as const };
  const whole = new SceneLoader({ ...options, batch: 6 });
  const parts = [0, 1, 2].map((index) => new SceneLoader({ ...options, batch: 2, part: { index, of: 3 } }));
  for (const iteration of [0, 1, 4]) {
    const batches = await Promise.all(parts.map((part) => part.batch(iteration)));
    assertEquals(batches.flatMap((batch) => [...batch]), [...await whole.batch(iteration)]);
    assertEquals(parts.flatMap((part) => part.sceneIndices(iteration)), whole.sceneIndices(iteration));
  }
});
