/** Procedural homes: their plans, their crops, and that rooms stayed as they were. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { UserError } from "../../../base/errors.ts";
import { CLASS_COUNT, CLASS_NAMES, PAPER_OCCUPANCY_PERCENT } from "../../../data/classes.ts";
import { FULL_GRID, type Grid, voxelCount } from "../../../data/grid.ts";
import { interior } from "../../../data/rooms/homes/borders.ts";
import { homeCropType } from "../../../data/rooms/homes/home_scenes.ts";
import { homeRooms, planHome } from "../../../data/rooms/homes/plan_home.ts";
import { coveredRows, quarterTurned } from "../../../data/rooms/homes/turned_box.ts";
import { LABEL } from "../../../data/rooms/label.ts";
import {
  HOMES,
  makeHomeCrop,
  makeRoom,
  makeWholeHome,
  proceduralSource,
  scenesMeant,
  wholeHomes,
} from "../../../data/rooms/mod.ts";
import { overlap } from "../../../data/rooms/plan.ts";
import type { Box } from "../../../data/rooms/raster.ts";
import { readScene } from "../../../data/scenes/sources.ts";
import { openUnseenScenes } from "../../../eval/unseen_scenes.ts";
import { resolveOptions } from "../../../run/options.ts";

const GRIDS: readonly Grid[] = [FULL_GRID, [48, 32, 48], [32, 16, 32], [16, 16, 16], [64, 16, 32]];
const WALL = { x: 0.15, z: 0.15 };

/** Any home: a seed and an index. */
const home = fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(1_000_000));

Deno.test("makeRoom: the rooms of today are those of before there were homes, byte for byte", () => {
  const hash = createHash("sha256");
  for (let index = 0; index < 64; index++) {
    hash.update(makeRoom([32, 16, 32], 7, index));
    hash.update(makeRoom([48, 32, 48], 7, index));
  }
  assertEquals(hash.digest("hex"), "0fd003fa32d8b3d46d54a43e0fee2377bf3c1abf5654c9fe875344e16ee8b4cf");
});

Deno.test("makeHomeCrop: the same seed and index give the same crop, others others; they rarely repeat", () => {
  for (const grid of GRIDS) assertEquals(makeHomeCrop(grid, 3, 5), makeHomeCrop(grid, 3, 5));
  assertNotEquals(makeHomeCrop(FULL_GRID, 3, 5), makeHomeCrop(FULL_GRID, 4, 5));
  const keys = new Set(Array.from({ length: 300 }, (_, index) => makeHomeCrop([32, 16, 32], 0, index).join("")));
  assert(keys.size >= 298, `${keys.size} of 300 crops are different`);
});

Deno.test("makeHomeCrop: all classes occur, about as often as in the paper, over 500 crops", () => {
  const voxels = new Float64Array(CLASS_COUNT), count = 500;
  for (let index = 0; index < count; index++) {
    for (const label of makeHomeCrop(FULL_GRID, 1, index)) voxels[label]++;
  }
  voxels.forEach((sum, label) => {
    const percent = 100 * sum / (count * voxelCount(FULL_GRID)), ratio = percent / PAPER_OCCUPANCY_PERCENT[label];
    assert(ratio > 0.6 && ratio < 1.4, `${CLASS_NAMES[label]}: ${percent} %, ${ratio} times the paper's`);
  });
});

Deno.test("makeHomeCrop: on every grid the labels are classes and whatever is there stands over a floor", () => {
  fc.assert(
    fc.property(home, fc.constantFrom(...GRIDS), ([seed, index], grid) => {
      const labels = makeHomeCrop(grid, seed, index), [X, Y, Z] = grid;
      assertEquals(labels.length, voxelCount(grid));
      assert(labels.every((label) => label < CLASS_COUNT));
      assert(labels.some((label) => label !== LABEL.empty), `seed ${seed} index ${index} shows nothing`);
      for (let x = 0; x < X; x++) {
        for (let z = 0; z < Z; z++) {
          const column = Array.from({ length: Y }, (_, y) => labels[(x * Y + y) * Z + z]);
          if (column.some((label) => label !== LABEL.empty)) assertEquals(column[0], LABEL.floor);
        }
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("planHome: two to eight rooms that do not overlap, all to be reached; doors are free; furniture is apart", () => {
  const counts = new Set<number>();
  fc.assert(
    fc.property(home, ([seed, index]) => {
      const { rooms, doors, boxes } = planHome(seed, index, WALL);
      assertEquals(rooms, homeRooms(seed, index));
      counts.add(rooms.filter(({ type }) => type !== "corridor").length);
      const floors = rooms.map(({ x, z }): Box => ({ label: LABEL.floor, x, z, y: [0, 1] }));
      floors.forEach((floor, i) => assert(!floors.slice(0, i).some((other) => overlap(floor, other))));

      const reached = new Set([rooms[0]]);
      for (let before = 0; before < reached.size;) {
        before = reached.size;
        for (const door of doors) {
          if (door.rooms.some((room) => reached.has(room))) door.rooms.forEach((room) => reached.add(room));
        }
      }
      assertEquals(reached.size, rooms.length);

      const furniture = boxes.filter(({ label, footprint, turn }) => label > LABEL.window && (footprint || turn));
      for (const { clearance } of doors) assert(!furniture.some((box) => !box.turn && overlap(box, clearance)));
      const straight = furniture.filter(({ turn }) => !turn);
      straight.forEach((box, i) => {
        assert(
          rooms.some((room) => contains(interior(room, WALL), box)),
          `seed ${seed} index ${index} ${describe(box)}`,
        );
        const other = straight.slice(0, i).find((other) => overlap(box, other));
        assert(!other, `seed ${seed} index ${index}: ${describe(box)} and ${other && describe(other)}`);
      });
    }),
    { numRuns: 150 },
  );
  assertEquals([...counts].sort(), [2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("makeWholeHome: holds all of its rooms, in grids of multiples of 16; some furniture is turned, outlines have corners", () => {
  let turned = 0, ragged = 0;
  for (let index = 0; index < 30; index++) {
    const { grid, labels } = makeWholeHome([32, 16, 32], 2, index), { rooms, boxes } = planHome(2, index, WALL);
    assert(grid.every((size) => size % 16 === 0));
    const cells = rooms.reduce((sum, { x, z }) => sum + (x[1] - x[0]) * (z[1] - z[0]) / 0.15 ** 2, 0);
    const floor = columnsOf(labels, grid, LABEL.floor);
    assert(floor >= cells - 1e-3 && floor < cells * 1.2, `${floor} columns of floor, the plan has ${cells}`);
    turned += boxes.filter(({ turn }) => turn).length;
    if (floor < 0.95 * (extent(rooms, "x") / 0.15 + 1) * (extent(rooms, "z") / 0.15 + 1)) ragged++;
  }
  assert(turned > 100 && ragged > 10, `${turned} turned parts, ${ragged} of 30 homes are no rectangles`);
});

Deno.test("coveredRows, quarterTurned: a box askew keeps its area, four quarter turns bring it back", () => {
  const box = { label: LABEL.bed, x: [1, 3], y: [0, 1], z: [2, 3], turn: { x: 2, z: 2.5, angle: 0.5 } } as const;
  const covered = (each: Parameters<typeof coveredRows>[0]) => {
    let sum = 0;
    coveredRows(each, 20, 20, (_, first, end) => sum += end - first);
    return sum;
  };
  assert(Math.abs(covered(box) - 800) < 30, `${covered(box)} of 800 voxels`);
  assertEquals(covered({ ...box, turn: undefined }), 800);
  const { x, z } = quarterTurned(box, 1);
  assertEquals([x, z], [[-3, -2], [1, 3]]);
  const again = quarterTurned(box, 4);
  assertEquals([again.x, again.z, again.turn], [box.x, box.z, box.turn]);
});

Deno.test("proceduralSource of homes: names, types, jobs, provenance, errors; runs on homes are judged on new ones", async () => {
  const grid: Grid = [32, 16, 32];
  using source = proceduralSource(HOMES, { seed: 7, grid, count: 20 });
  assertEquals(source.sceneIds[12], `home-000012-${homeCropType(7, 12)}`);
  assertEquals(await source.read(12), makeHomeCrop(grid, 7, 12));
  assertEquals(await readScene(source.job!(12)), makeHomeCrop(grid, 7, 12));
  assertEquals((await source.provenance()).kind, "homes");
  await assertRejects(() => source.read(20), RangeError, "there is no home 20");
  assertThrows(() => proceduralSource(HOMES, { seed: 7, grid, count: 0 }), UserError, "number of homes is 0");
  assertEquals(scenesMeant("homes"), "homes");
  const options = resolveOptions([{ source: "a test", values: { preset: "small", data: HOMES, scenes: 30, seed: 7 } }]);
  using unseen = await openUnseenScenes("no/run", options, 2);
  assertEquals([unseen.description, await unseen.read(1)], [
    "2 procedural homes the run never saw",
    makeHomeCrop(grid, 7, 31),
  ]);
});

Deno.test("wholeHomes: as many homes, each as it is alone, in the middle of one grid", async () => {
  using source = wholeHomes({ seed: 3, grid: [32, 16, 32], count: 3 });
  for (let index = 0; index < 3; index++) {
    const alone = makeWholeHome([32, 16, 32], 3, index).labels, read = await source.read(index);
    assertEquals(read.length, voxelCount(source.grid));
    for (let label = 1; label < CLASS_COUNT; label++) assertEquals(count(read, label), count(alone, label));
  }
  await assertRejects(() => source.read(3), RangeError, "there is no home 3");
});

function describe({ label, x, y, z }: Box): string {
  return `${CLASS_NAMES[label]} x ${x} y ${y} z ${z}`;
}

function contains(floor: Pick<Box, "x" | "z">, box: Box): boolean {
  return (["x", "z"] as const).every((axis) =>
    floor[axis][0] <= box[axis][0] + 1e-6 && floor[axis][1] >= box[axis][1] - 1e-6
  );
}

function count(labels: Uint8Array, label: number): number {
  return labels.reduce((sum, each) => sum + (each === label ? 1 : 0), 0);
}

/** Columns of the lowest layer with a label. */
function columnsOf(labels: Uint8Array, [X, Y, Z]: Grid, label: number): number {
  let columns = 0;
  for (let x = 0; x < X; x++) {
    for (let z = 0; z < Z; z++) if (labels[x * Y * Z + z] === label) columns++;
  }
  return columns;
}

function extent(rooms: ReadonlyArray<ReturnType<typeof homeRooms>[number]>, axis: "x" | "z"): number {
  return Math.max(...rooms.map((room) => room[axis][1])) - Math.min(...rooms.map((room) => room[axis][0]));
}
