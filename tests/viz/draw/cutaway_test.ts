import { assert, assertEquals } from "@std/assert";
import type { Grid } from "../../../data/grid.ts";
import { cutAway } from "../../../viz/draw/cutaway.ts";
import { closedRoom, labelOf, volumeWith } from "./scenes.ts";

const GRID: Grid = [32, 16, 32];
const MIDDLE = 7;

function at(labels: Uint8Array, x: number, z: number, y = MIDDLE): number {
  return labels[(x * GRID[1] + y) * GRID[2] + z];
}

Deno.test("cutAway: from each corner the two near walls go, the two far walls and everything else stay", () => {
  const room = closedRoom(GRID);
  for (const [towardsX, towardsZ] of [[1, 1], [1, -1], [-1, 1], [-1, -1]]) {
    const shown = cutAway(room, GRID, [16 + 60 * towardsX, 40, 16 + 60 * towardsZ]);
    const nearX = towardsX > 0 ? 31 : 0, nearZ = towardsZ > 0 ? 31 : 0;
    assertEquals(at(shown, nearX, 16), 0);
    assertEquals(at(shown, 16, nearZ), 0);
    assertEquals(at(shown, nearX, nearZ), 0);
    assert(at(shown, 31 - nearX, 16) !== 0);
    assert(at(shown, 16, 31 - nearZ) !== 0);
    assert(at(shown, 31 - nearX, 31 - nearZ) !== 0);
    assert(at(shown, 31 - nearX, nearZ) !== 0, "where a far wall ends at a near one");
    assertEquals(at(shown, 31 - nearX + towardsX, nearZ), 0, "where a near wall ends at a far one");
    for (let voxel = 0; voxel < room.length; voxel++) {
      const structure = ["ceiling", "wall", "window"].some((name) => room[voxel] === labelOf(name as "wall"));
      if (!structure) assertEquals(shown[voxel], room[voxel]);
      assert(shown[voxel] === room[voxel] || shown[voxel] === 0);
    }
    assert(!shown.includes(labelOf("ceiling")));
  }
});

Deno.test("cutAway: from above every wall stays and the ceiling goes", () => {
  const room = closedRoom(GRID);
  const shown = cutAway(room, GRID, [16, 100, 16]);
  assertEquals(shown, room.map((label) => label === labelOf("ceiling") ? 0 : label));
});

Deno.test("cutAway: a partition in the middle of the room stays, an outer wall that is thick goes whole", () => {
  const voxels: [number, number, number, number][] = [];
  for (let x = 0; x < 32; x++) {
    for (let z = 0; z < 32; z++) {
      voxels.push([x, 0, z, labelOf("floor")]);
      for (let y = 1; y < 14; y++) if (z === 16 || z >= 28) voxels.push([x, y, z, labelOf("wall")]);
    }
  }
  const shown = cutAway(volumeWith(GRID, voxels), GRID, [16, 40, 90]);
  assertEquals(at(shown, 16, 16), labelOf("wall"));
  for (let z = 28; z < 32; z++) assertEquals(at(shown, 16, z), 0);
});

Deno.test("cutAway: a door and what is above it go with the wall; what stands before the wall stays", () => {
  const room = closedRoom(GRID);
  const put = (x: number, z: number, low: number, high: number, name: "furn" | "bed") => {
    for (let y = low; y < high; y++) room[(x * GRID[1] + y) * GRID[2] + z] = labelOf(name);
  };
  for (let x = 10; x < 15; x++) put(x, 31, 1, 12, "furn");
  for (let x = 20; x < 25; x++) put(x, 30, 1, 5, "bed");
  for (const y of [6, 8, 10]) room[(22 * GRID[1] + y) * GRID[2] + 30] = labelOf("wall"); // stray voxels over the bed
  const shown = cutAway(room, GRID, [16, 40, 90]);
  assert(!shown.includes(labelOf("furn")));
  assertEquals(at(shown, 12, 31, 13), 0);
  assertEquals(at(shown, 12, 31, 0), labelOf("floor"));
  assertEquals(at(shown, 22, 30, 2), labelOf("bed"));
  const far = cutAway(room, GRID, [16, 40, -60]);
  assertEquals(at(far, 12, 31), labelOf("furn"));
});

Deno.test("cutAway: leaves its argument alone, and walls without a room behind them", () => {
  const wall = Array.from({ length: 32 }, (_, x) => [x, MIDDLE, 20, labelOf("wall")] as const);
  const labels = volumeWith(GRID, wall);
  const before = labels.slice();
  assertEquals(cutAway(labels, GRID, [80, 40, 80]), before);
  assertEquals(labels, before);
});
