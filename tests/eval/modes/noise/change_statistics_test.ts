import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Grid } from "../../../../data/grid.ts";
import { pairingTest, placeStatistics } from "../../../../eval/modes/noise/change_statistics.ts";
import { cellsOf, ownRegion, receptiveField } from "../../../../eval/modes/noise/places.ts";

const GRID: Grid = [32, 16, 48];
const CELLS = cellsOf([2, 1, 3]);
const REGIONS = CELLS.map(ownRegion);
const FIELDS = CELLS.map((cell) => receptiveField(cell, GRID, [5, 3, 5], false));

function change(share: (x: number, y: number, z: number) => number): Float32Array {
  const volume = new Float32Array(32 * 16 * 48);
  for (let i = 0; i < volume.length; i++) volume[i] = share(Math.floor(i / 768), Math.floor(i / 48) % 16, i % 48);
  return volume;
}

Deno.test("placeStatistics: cells that change their own voxels and nothing else", () => {
  const own = REGIONS.map(({ low, high }) =>
    change((x, y, z) => [x, y, z].every((at, axis) => at >= low[axis] && at < high[axis]) ? 0.5 : 0)
  );
  const statistics = placeStatistics(own, REGIONS, FIELDS, GRID);
  const { cells, own: found, chance, changing } = statistics, pValue = pairingTest([statistics]);
  assertEquals(changing, 6);
  assertEquals(found, { inRegion: 1, inField: 1, centreDistance: 0, meanDistance: 0 });
  assertEquals(chance.inRegion, 0);
  assert(chance.meanDistance > 8 && chance.centreDistance > 8);
  for (const { changedVoxels, own } of cells) assertEquals([changedVoxels, own.inRegion], [2048, 1]);
  assert(pValue < 0.01, `${pValue}`);
});

Deno.test("placeStatistics: cells that change everything alike are where chance puts them", () => {
  const everywhere = CELLS.map(() => change(() => 1));
  const { own, chance, cells, ...rest } = placeStatistics(everywhere, REGIONS, FIELDS, GRID);
  assertAlmostEquals(own.inRegion, 1 / 6, 1e-9);
  assertAlmostEquals(chance.inRegion, 1 / 6, 1e-9);
  assertEquals(pairingTest([rest]), 1);
  // The corner cell is farther from the middle of the grid, [16, 8, 24], than the middle one.
  assertEquals(cells[0].own.centreDistance, 8);
  assertEquals(cells[1].own.centreDistance, 0);
});

Deno.test("placeStatistics: a cell that changes nothing is left out; one cell has nothing to compare with", () => {
  const changes = CELLS.map((_, index) => change((x) => index === 0 ? 0 : x === 0 ? 1 : 0));
  const { changing, cells, own } = placeStatistics(changes, REGIONS, FIELDS, GRID);
  assertEquals([changing, cells[0].changedVoxels, cells[0].own.inRegion], [5, 0, NaN]);
  assert(Number.isFinite(own.meanDistance));
  const one = placeStatistics([changes[1]], [REGIONS[1]], [FIELDS[1]], GRID);
  assertEquals([pairingTest([one]), one.chance.inRegion], [NaN, NaN]);
});

Deno.test("receptiveField: 15 (k − 1) + 1 voxels around the region's corner, cut at the walls", () => {
  const grid: Grid = [160, 96, 160];
  assertEquals(receptiveField([4, 2, 4], grid, [5, 3, 5], false), { low: [34, 17, 34], high: [95, 48, 95] });
  assertEquals(receptiveField([0, 0, 9], grid, [5, 3, 5], false), { low: [0, 0, 114], high: [31, 16, 160] });
  // Reversing the volume and the code turns the one into the other.
  const mirrored = receptiveField([5, 3, 5], grid, [5, 3, 5], true);
  assertEquals(mirrored.low.map((low, axis) => grid[axis] - low), [95, 48, 95]);
});
