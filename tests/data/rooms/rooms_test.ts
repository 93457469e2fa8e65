import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { CLASS_COUNT, CLASS_NAMES, PAPER_OCCUPANCY_PERCENT } from "../../../data/classes.ts";
import { FULL_GRID, type Grid, voxelCount } from "../../../data/grid.ts";
import { LABEL } from "../../../data/rooms/label.ts";
import { planRoom } from "../../../data/rooms/make_room.ts";
import { makeRoom, roomSource, roomType } from "../../../data/rooms/mod.ts";
import { overlap } from "../../../data/rooms/plan.ts";
import { type Box, rasterise, voxelRange } from "../../../data/rooms/raster.ts";
import { ROOM_TYPES } from "../../../data/rooms/room_types.ts";

const GRIDS: readonly Grid[] = [FULL_GRID, [48, 32, 48], [32, 16, 32], [16, 16, 16], [64, 16, 32]];
const SHELL: ReadonlySet<number> = new Set([LABEL.empty, LABEL.ceiling, LABEL.floor, LABEL.wall, LABEL.window]);

/** Any room: a seed and an index. */
const room = fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(1_000_000));

Deno.test("makeRoom: the same seed and index give the same room, another seed or index gives another", () => {
  for (const grid of GRIDS) assertEquals(makeRoom(grid, 3, 5), makeRoom(grid, 3, 5));
  assertNotEquals(makeRoom(FULL_GRID, 3, 5), makeRoom(FULL_GRID, 4, 5));
  assertNotEquals(makeRoom(FULL_GRID, 3, 5), makeRoom(FULL_GRID, 3, 6));
});

Deno.test("makeRoom: rooms rarely repeat, so held-out rooms are new", () => {
  const keys = new Set<string>();
  for (let index = 0; index < 1000; index++) keys.add(makeRoom([32, 16, 32], 0, index).join(""));
  assert(keys.size >= 980, `${keys.size} of 1000 rooms are different`);
});

Deno.test("makeRoom: classes are as frequent as in the paper, within a quarter, over 1000 rooms", () => {
  for (const seed of [0, 1]) {
    const voxels = new Float64Array(CLASS_COUNT);
    for (let index = 0; index < 1000; index++) {
      for (const label of makeRoom(FULL_GRID, seed, index)) voxels[label]++;
    }
    for (let label = 0; label < CLASS_COUNT; label++) {
      const percent = 100 * voxels[label] / (1000 * voxelCount(FULL_GRID));
      const ratio = percent / PAPER_OCCUPANCY_PERCENT[label];
      assert(ratio > 0.75 && ratio < 1.25, `${CLASS_NAMES[label]}: ${percent} %, ${ratio} times the paper's`);
    }
  }
});

Deno.test("makeRoom: on every grid the labels are classes, floor lies under everything, nothing floats", () => {
  fc.assert(
    fc.property(room, fc.constantFrom(...GRIDS), ([seed, index], grid) => {
      const labels = makeRoom(grid, seed, index);
      assertEquals(labels.length, voxelCount(grid));
      assert(labels.every((label) => label < CLASS_COUNT));
      assertEquals(columnsWithoutFloor(labels, grid), 0);
      assertEquals(unsupportedParts(labels, grid), [], `${grid} seed ${seed} index ${index} ${roomType(seed, index)}`);
    }),
    { numRuns: 150 },
  );
});

Deno.test("makeRoom: every grid shows all classes that occur in metres", () => {
  fc.assert(
    fc.property(room, ([seed, index]) => {
      const classes = (grid: Grid) => [...new Set(makeRoom(grid, seed, index))].sort();
      for (const grid of GRIDS) assertEquals(classes(grid), classes(FULL_GRID));
    }),
    { numRuns: 100 },
  );
});

Deno.test("planRoom: no two things overlap, and all are inside the room", () => {
  fc.assert(
    fc.property(room, ([seed, index]) => {
      const { furniture, shell, height } = planRoom(seed, index);
      const floors = shell.filter((box) => box.label === LABEL.floor);
      const x = Math.max(...floors.map((box) => box.x[1])), z = Math.max(...floors.map((box) => box.z[1]));
      for (const [i, box] of furniture.entries()) {
        assert(box.y[0] >= 0 && box.y[1] <= height + 1e-6, describe(box));
        assert(box.x[0] >= -1e-6 && box.z[0] >= -1e-6 && box.x[1] < x && box.z[1] < z, describe(box));
        for (const other of furniture.slice(0, i)) {
          assert(!overlap(box, other), `seed ${seed} index ${index}: ${describe(box)} and ${describe(other)}`);
        }
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("planRoom: the parts of each piece of furniture hang together and stand on the floor or hang", () => {
  fc.assert(
    fc.property(room, ([seed, index]) => {
      const { furniture, shell } = planRoom(seed, index);
      for (const parts of Map.groupBy(furniture, (box) => box.footprint).values()) {
        const together = parts.splice(0, 1);
        for (const part of together) {
          const touching = parts.filter((other) => touch(part, other));
          together.push(...touching);
          for (const other of touching) parts.splice(parts.indexOf(other), 1);
        }
        assert(
          parts.length === 0,
          `seed ${seed} index ${index}: ${parts.map(describe)} apart from ${describe(together[0])}`,
        );
        assert(together.some((part) => shell.some((box) => touch(part, box))), describe(together[0]));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("planRoom: windows and doors are pieces of a wall and do not overlap", () => {
  fc.assert(
    fc.property(room, ([seed, index]) => {
      const { shell, openings } = planRoom(seed, index);
      const walls = shell.filter((box) => box.label === LABEL.wall);
      for (const [i, opening] of openings.entries()) {
        assert(walls.some((wall) => contains(wall, opening)), `seed ${seed} index ${index}: ${describe(opening)}`);
        assert(!openings.slice(0, i).some((other) => overlap(other, opening)));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("planRoom: chairs face their table, with the seat under it", () => {
  let chairs = 0;
  for (let index = 0; index < 200; index++) {
    const { furniture } = planRoom(9, index);
    const tables = furniture.filter((box) => box.label === LABEL.table);
    const seats = furniture.filter((box) => box.label === LABEL.chair && box.y[0] === 0.36);
    const backs = furniture.filter((box) => box.label === LABEL.chair && box.y[1] === 0.9);
    assertEquals(backs.length, seats.length);
    for (const [i, seat] of seats.entries()) {
      assert(tables.some((table) => overlap(flat(seat), flat(table))), describe(seat));
      assert(!tables.some((table) => overlap(flat(backs[i]), flat(table))), describe(backs[i]));
      chairs++;
    }
  }
  assert(chairs > 100);
});

Deno.test("roomType: all types occur about as often as their weights say", () => {
  const counts = new Map<string, number>();
  for (let index = 0; index < 2000; index++) {
    const type = roomType(2, index);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const types = Object.entries(ROOM_TYPES), sum = types.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const [type, { weight }] of types) {
    const ratio = (counts.get(type) ?? 0) / (2000 * weight / sum);
    assert(ratio > 0.75 && ratio < 1.25, `${type}: ${ratio}`);
  }
});

Deno.test("voxelRange: a sheet is one voxel thick on every grid, and thin parts stay within their whole", () => {
  for (const perMetre of [16 / 4.8, 10, 80 / 4.8, 320 / 4.8]) {
    const [first, end] = voxelRange([3.6, 3.61], perMetre, 1000);
    assertEquals([first, end], [1 + Math.round(3.6 * perMetre), 2 + Math.round(3.6 * perMetre)]);
    assertEquals(voxelRange([-0.01, 0], perMetre, 1000), [0, 1]);
  }
  assertEquals(voxelRange([1.35, 1.41], 10, 48), [14, 15]);
  assertEquals(voxelRange([1.35, 1.41], 10, 48, [1.35, 1.95]), [15, 16]);
});

Deno.test("rasterise: later boxes cover earlier ones, outside parts are cut off", () => {
  const floor: Box = { label: LABEL.floor, x: [-1, 9], y: [-0.01, 0], z: [-1, 9] };
  const post: Box = { label: LABEL.furn, x: [0.3, 0.6], y: [-0.18, 0.36], z: [0.3, 0.6] };
  const volume = rasterise([floor, post], [16, 16, 16]);
  const at = (x: number, y: number, z: number) => volume[(x * 16 + y) * 16 + z];
  assertEquals([at(2, 0, 2), at(2, 2, 2), at(2, 3, 2), at(0, 0, 0), at(15, 0, 15)], [10, 10, 0, 2, 2]);
  assertEquals(volume.reduce((count, label) => count + (label > 0 ? 1 : 0), 0), 256 + 2);
});

Deno.test("roomSource: names, scenes, provenance and errors", async () => {
  using source = roomSource({ seed: 7, grid: [32, 16, 32], count: 20 });
  assertEquals(new Set(source.sceneIds).size, 20);
  assertEquals(source.sceneIds[12], `room-000012-${roomType(7, 12)}`);
  assertEquals(await source.read(12), makeRoom([32, 16, 32], 7, 12));
  const { kind, options, files } = await source.provenance();
  assertEquals({ kind, files }, { kind: "rooms", files: [] });
  assertEquals([options.seed, options.count, options.grid], [7, 20, "32x16x32"]);
  await assertRejects(() => source.read(20), RangeError, "there is no room 20");
  assertThrows(() => roomSource({ seed: 7, grid: [32, 16, 30], count: 20 }), UserError, "multiple of 16");
  assertThrows(() => roomSource({ seed: -1, grid: FULL_GRID, count: 20 }), UserError, "seed is -1");
  assertThrows(() => roomSource({ seed: 0, grid: FULL_GRID, count: 0 }), UserError, "number of rooms is 0");
});

function describe(box: Box): string {
  return `${CLASS_NAMES[box.label]} x ${box.x} y ${box.y} z ${box.z}`;
}

/** Whether two boxes share a face, or a piece of one. */
function touch(a: Box, b: Box): boolean {
  const shared = (["x", "y", "z"] as const).map((axis) =>
    Math.min(a[axis][1], b[axis][1]) - Math.max(a[axis][0], b[axis][0])
  );
  return shared.every((length) => length > -1e-6) && shared.filter((length) => length > 1e-6).length >= 2;
}

/** The shadow of a box on the floor. */
function flat(box: Box): Box {
  return { ...box, y: [0, 1] };
}

function contains(outer: Box, inner: Box): boolean {
  return (["x", "y", "z"] as const).every((axis) =>
    outer[axis][0] <= inner[axis][0] + 1e-6 && outer[axis][1] >= inner[axis][1] - 1e-6
  );
}

/** Columns in which something stands, but not on floor. */
function columnsWithoutFloor(labels: Uint8Array, [X, Y, Z]: Grid): number {
  let count = 0;
  for (let x = 0; x < X; x++) {
    for (let z = 0; z < Z; z++) {
      let filled = false;
      for (let y = 1; y < Y; y++) filled ||= labels[(x * Y + y) * Z + z] !== LABEL.empty;
      if (filled && labels[x * Y * Z + z] !== LABEL.floor) count++;
    }
  }
  return count;
}

/** Classes at the start of connected parts of the furniture that touch neither floor, wall, window nor ceiling. */
function unsupportedParts(labels: Uint8Array, [X, Y, Z]: Grid): string[] {
  const seen = new Uint8Array(labels.length), parts: string[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (seen[start] || SHELL.has(labels[start])) continue;
    const queue = [start];
    let supported = false;
    seen[start] = 1;
    for (let voxel = queue.pop(); voxel !== undefined; voxel = queue.pop()) {
      const z = voxel % Z, y = Math.floor(voxel / Z) % Y, x = Math.floor(voxel / (Y * Z));
      const neighbours = [
        x > 0 && voxel - Y * Z,
        x < X - 1 && voxel + Y * Z,
        y > 0 && voxel - Z,
        y < Y - 1 && voxel + Z,
        z > 0 && voxel - 1,
        z < Z - 1 && voxel + 1,
      ];
      for (const next of neighbours) {
        if (next === false || labels[next] === LABEL.empty) continue;
        if (SHELL.has(labels[next])) supported = true;
        else if (!seen[next]) {
          seen[next] = 1;
          queue.push(next);
        }
      }
    }
    if (!supported) parts.push(CLASS_NAMES[labels[start]]);
  }
  return parts;
}
