import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Grid } from "../../../data/grid.ts";
import { crowding } from "../../../viz/viewer/page/crowding.ts";
import { patternAt, patternUniform } from "../../../viz/viewer/page/patterns.ts";
import { pickVoxel } from "../../../viz/viewer/page/pick.ts";
import {
  agreement,
  countLabels,
  isWhole,
  shownLabels,
  UNCHANGED,
  wholeVolume,
} from "../../../viz/viewer/page/shown.ts";
import { closedRoom, labelOf } from "../draw/scenes.ts";

const GRID: Grid = [9, 6, 8];
const ROOM = closedRoom(GRID);
const NOTHING = { hidden: [], slices: wholeVolume(GRID), cutAwayFrom: null, comparedWith: null };
const at = (x: number, y: number, z: number) => (x * GRID[1] + y) * GRID[2] + z;

Deno.test("shownLabels: leaves out hidden classes and what is beyond the slices, and nothing else", () => {
  assertEquals(shownLabels(ROOM, GRID, NOTHING), ROOM);
  const hidden = [];
  hidden[labelOf("wall")] = true;
  const slices = { low: [2, 0, 1], high: [9, 3, 8] } as const;
  const shown = shownLabels(ROOM, GRID, { ...NOTHING, hidden, slices });
  for (let x = 0; x < GRID[0]; x++) {
    for (let y = 0; y < GRID[1]; y++) {
      for (let z = 0; z < GRID[2]; z++) {
        const out = x < 2 || y >= 3 || z < 1 || ROOM[at(x, y, z)] === labelOf("wall");
        assertEquals(shown[at(x, y, z)], out ? 0 : ROOM[at(x, y, z)]);
      }
    }
  }
  assert(isWhole(wholeVolume(GRID), GRID) && !isWhole(slices, GRID));
});

Deno.test("shownLabels: cut away from above the ceiling is gone and the floor is not", () => {
  const counts = countLabels(shownLabels(ROOM, GRID, { ...NOTHING, cutAwayFrom: [40, 30, 50] }));
  assertEquals(counts[labelOf("ceiling")], 0);
  assertEquals(counts[labelOf("floor")], countLabels(ROOM)[labelOf("floor")]);
  assert(counts[labelOf("wall")] < countLabels(ROOM)[labelOf("wall")]);
});

Deno.test("shownLabels and agreement: what is equal is marked and counted", () => {
  const other = ROOM.slice();
  other[at(0, 0, 0)] = labelOf("sofa");
  other[at(1, 1, 1)] = labelOf("bed"); // empty in the room
  const shown = shownLabels(other, GRID, { ...NOTHING, comparedWith: ROOM });
  assertEquals([shown[at(0, 0, 0)], shown[at(1, 1, 1)], shown[at(2, 0, 2)]], [
    labelOf("sofa"),
    labelOf("bed"),
    UNCHANGED,
  ]);
  const filled = ROOM.filter((label) => label !== 0).length;
  assertEquals(agreement(ROOM, other), (filled - 1) / (filled + 1));
  assertEquals(agreement(new Uint8Array(3), new Uint8Array(3)), 1);
});

Deno.test("crowding: the filled share of the 5³ voxels around each voxel", () => {
  const size = GRID.map((each) => each + 2);
  const found = crowding(ROOM, GRID);
  const filled = (x: number, y: number, z: number) =>
    x >= 0 && y >= 0 && z >= 0 && x < GRID[0] && y < GRID[1] && z < GRID[2] && ROOM[at(x, y, z)] !== 0 ? 1 : 0;
  for (const [x, y, z] of [[0, 0, 0], [1, 1, 1], [5, 3, 4], [10, 7, 9], [4, 1, 2]]) {
    let sum = 0;
    for (let dx = -2; dx <= 2; dx++) {
      for (let dy = -2; dy <= 2; dy++) {
        for (let dz = -2; dz <= 2; dz++) {
          // The margin itself, one voxel wide, ends the sums: nothing is filled there.
          sum += filled(x - 1 + dx, y - 1 + dy, z - 1 + dz);
        }
      }
    }
    assertEquals(found[(x * size[1] + y) * size[2] + z], Math.round(sum * 255 / 125), `${x} ${y} ${z}`);
  }
});

Deno.test("pickVoxel: finds the voxel that small steps along the ray reach first", () => {
  const coordinate = fc.double({ min: -20, max: 20, noNaN: true });
  const vector = fc.tuple(coordinate, coordinate, coordinate);
  const labels = Uint8Array.from(ROOM, (label, i) => i % 5 === 0 ? label : 0);
  fc.assert(
    fc.property(
      vector,
      fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 7 })),
      (origin, target) => {
        const direction = target.map((value, axis) => value + 0.5 - origin[axis]) as [number, number, number];
        const picked = pickVoxel(labels, GRID, origin, direction);
        const length = Math.hypot(...direction);
        fc.pre(length > 0.1);
        let found: { voxel: number[]; label: number } | null = null;
        let nearBorder = false;
        for (let t = 0; t < 60 && !found; t += 0.002) {
          const place = origin.map((value, axis) => value + direction[axis] / length * t);
          const voxel = place.map(Math.floor);
          if (voxel.some((value, axis) => value < 0 || value >= GRID[axis])) continue;
          const label = labels[at(voxel[0], voxel[1], voxel[2])];
          if (label !== 0) found = { voxel, label };
          nearBorder ||= place.filter((value) => Math.abs(value - Math.round(value)) < 0.004).length > 1;
        }
        fc.pre(!nearBorder); // steps may jump over the corner of a voxel
        assertEquals(picked && { voxel: [...picked.voxel], label: picked.label }, found);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("patterns: classes look different without their colours, and the legend repeats as the shader does", () => {
  const looks = Array.from({ length: 11 }, (_, i) => {
    let look = "";
    for (let v = 0; v < 9; v += 0.25) for (let u = 0; u < 9; u += 0.25) look += patternAt(i + 1, u, v) ? "#" : ".";
    return look;
  });
  assertEquals(new Set(looks).size, 11);
  const uniform = patternUniform(13);
  assertEquals(uniform.length, 4 * 13);
  // Class "wall": lines across v, 5 voxels apart.
  assertEquals([...uniform.subarray(12, 15)].map((value) => Math.fround(value)), [1, 0, Math.fround(0.2)]);
  assertEquals([patternAt(3, 0, 0.5), patternAt(3, 0, 3), patternAt(3, 2.2, 5.5)], [true, false, true]);
});
