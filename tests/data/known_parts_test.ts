import { assert, assertEquals } from "@std/assert";
import { UniformSequence } from "../../base/random.ts";
import type { Grid } from "../../data/grid.ts";
import { makeRoom } from "../../data/rooms/mod.ts";
import {
  around,
  knownScene,
  knownVoxels,
  pieces,
  randomlyKnown,
  setBox,
  visibleFrom,
} from "../../data/scenes/known_parts.ts";

const GRID: Grid = [4, 3, 5];
const at = (x: number, y: number, z: number) => (x * GRID[1] + y) * GRID[2] + z;
const dice = (iteration: number) => new UniformSequence({ seed: 1, stream: 91, iteration });

Deno.test("setBox: exactly the voxels of the box, as far as it is in the grid", () => {
  const boxes = [
    { start: [1, 0, 2], end: [3, 2, 4] },
    { start: [-2, -1, -3], end: [2, 9, 1] },
    { start: [0, 0, 4], end: [9, 9, 9] },
    { start: [0, 0, 7], end: [4, 3, 9] },
    { start: [2, 2, 3], end: [1, 3, 4] },
    { start: [0, 0, 3], end: [4, 3, 1] },
  ] as const;
  for (const { start, end } of boxes) {
    const mask = knownVoxels(new Uint8Array(4 * 3 * 5));
    setBox(mask, GRID, { start, end }, 0);
    for (let x = 0; x < GRID[0]; x++) {
      for (let y = 0; y < GRID[1]; y++) {
        for (let z = 0; z < GRID[2]; z++) {
          const inside = [x, y, z].every((place, axis) => place >= start[axis] && place < end[axis]);
          assertEquals(mask[at(x, y, z)], inside ? 0 : 1, `${[x, y, z]} of ${start} to ${end}`);
        }
      }
    }
  }
});

Deno.test("pieces: boxes around connected voxels of one class; around leaves a margin", () => {
  const labels = new Uint8Array(4 * 3 * 5);
  labels[at(1, 1, 1)] = labels[at(2, 2, 2)] = 4; // they touch at a corner
  labels[at(1, 1, 2)] = 5;
  labels[at(0, 0, 4)] = 4;
  const found = pieces(labels, GRID).sort((a, b) => a.label - b.label || b.voxels - a.voxels);
  assertEquals(found, [
    { label: 4, voxels: 2, box: { start: [1, 1, 1], end: [3, 3, 3] } },
    { label: 4, voxels: 1, box: { start: [0, 0, 4], end: [1, 1, 5] } },
    { label: 5, voxels: 1, box: { start: [1, 1, 2], end: [2, 2, 3] } },
  ]);
  assertEquals(around(found[0].box), { start: [0, 0, 0], end: [4, 4, 4] });
});

Deno.test("visibleFrom: a camera in an outer voxel sees its view like any other", () => {
  const grid: Grid = [3, 3, 4], labels = new Uint8Array(36);
  const camera = { position: [0.5, 1.5, 0.5], direction: [1, 0, 0], halfAngle: Math.PI } as const;
  assertEquals(visibleFrom(camera, labels, grid), new Uint8Array(36).fill(1));
});

Deno.test("visibleFrom: air and the first surface, nothing behind it or behind the camera", () => {
  const grid: Grid = [9, 3, 9], labels = new Uint8Array(9 * 3 * 9);
  const place = (x: number, y: number, z: number) => (x * 3 + y) * 9 + z;
  for (let y = 0; y < 3; y++) for (let z = 0; z < 9; z++) labels[place(6, y, z)] = 3; // a wall across x
  const camera = { position: [2.5, 1.5, 4.5], direction: [1, 0, 0], halfAngle: Math.PI / 4 } as const;
  const seen = visibleFrom(camera, labels, grid);
  assertEquals([3, 4, 5, 6, 7, 8].map((x) => seen[place(x, 1, 4)]), [1, 1, 1, 1, 0, 0]);
  assertEquals([0, 1].map((x) => seen[place(x, 1, 4)]), [0, 0]);
  assertEquals([seen[place(6, 1, 3)], seen[place(6, 1, 7)], seen[place(3, 1, 8)]], [1, 1, 0]);
  assert(seen.every((value, voxel) => value === 0 || Math.floor(voxel / 27) <= 6));
  const wide = visibleFrom({ ...camera, halfAngle: Math.PI }, labels, grid);
  assertEquals([wide[place(0, 1, 4)], wide[place(7, 1, 4)]], [1, 0]);
});

Deno.test("randomlyKnown: parts of rooms, all kinds of them, given by the dice alone", () => {
  const grid: Grid = [32, 16, 32], shares: number[] = [];
  for (let i = 0; i < 60; i++) {
    const room = makeRoom(grid, 3, i), mask = randomlyKnown(room, grid, dice(i));
    assertEquals(mask, randomlyKnown(room, grid, dice(i)));
    assert(mask.every((value) => value === 0 || value === 1));
    const known = mask.reduce((sum, value) => sum + value, 0) / mask.length;
    assert(known > 0 && known < 1, `mask ${i} knows ${known}`);
    shares.push(known);
    const scene = knownScene(room, mask);
    assert(scene.every((label, voxel) => label === (mask[voxel] ? room[voxel] : 0)));
  }
  assert(Math.min(...shares) < 0.3 && Math.max(...shares) > 0.9);
});

Deno.test("randomlyKnown: what is unknown stays so, and no ray passes it", () => {
  const grid: Grid = [16, 16, 16], half = 16 ** 3 / 2;
  for (let i = 0; i < 20; i++) {
    const room = makeRoom(grid, 3, i).fill(255, half), mask = randomlyKnown(room, grid, dice(i));
    assertEquals([mask.includes(1, half), knownScene(room, mask).includes(255)], [false, false]);
    assert(pieces(room, grid).every(({ label }) => label < 12));
  }
});

Deno.test("randomlyKnown: an empty scene has no objects and no place to stand, but boxes and halves", () => {
  const grid: Grid = [16, 16, 16], empty = new Uint8Array(16 ** 3);
  for (let i = 0; i < 20; i++) assert(randomlyKnown(empty, grid, dice(i)).includes(0));
});
